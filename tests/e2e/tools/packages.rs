//! What a release consists of, made by `scripts/package` and cargo and then installed as a person would: the archive in an empty
//! root, the wheel by pip, pipx and uv, the crate by cargo. It needs maturin, pipx and uv, which `scripts/e2e` installs.

use std::env;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use tempfile::TempDir;

use crate::support::{Output, Repo, Run};

/// What the release is made of, and how to make more of it without compiling everything again.
struct Release {
    archive: PathBuf,
    wheel: PathBuf,
    sums: PathBuf,
}

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Where all of it is compiled: a static program needs everything once more.
fn target() -> PathBuf {
    here().join("target/packages")
}

/// A program in this checkout that compiles there. Quickly: what is tried is the packages, not how fast imgver is. With the time
/// that scripts/package sets for itself, or C would be compiled again.
fn compiling(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    let time = printed(Command::new("git").args(["log", "-1", "--format=%ct"]).current_dir(here()));
    command.env("SOURCE_DATE_EPOCH", time.trim_end());
    command.current_dir(here()).env("CARGO_TARGET_DIR", target()).env("CARGO_INCREMENTAL", "0");
    for (setting, value) in [("LTO", "off"), ("OPT_LEVEL", "0"), ("CODEGEN_UNITS", "16")] {
        command.env(format!("CARGO_PROFILE_RELEASE_{setting}"), value);
    }
    command
}

/// What it prints; it must succeed.
#[track_caller]
fn printed(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}\n{stderr}");
    String::from_utf8(output.stdout).unwrap()
}

fn make(output: &Path) -> Release {
    let paths = printed(compiling(here().join("scripts/package")).arg("--output").arg(output));
    let paths: Vec<PathBuf> = paths.lines().map(|path| here().join(path)).collect();
    let [archive, wheel, sums] = <[PathBuf; 3]>::try_from(paths).expect("three paths");
    Release { archive, wheel, sums }
}

/// Made once for all tests.
fn release() -> &'static Release {
    static RELEASE: OnceLock<Release> = OnceLock::new();
    RELEASE.get_or_init(|| {
        let output = target().join("dist");
        // Of an earlier version.
        let _ = fs::remove_dir_all(&output);
        make(&output)
    })
}

/// A repository with a service and a release of it.
fn repository() -> Repo {
    let repo = Repo::new();
    repo.service("apps/web");
    // What a test puts there is not part of it.
    repo.write(".gitignore", "/installed/\n");
    repo.commit("one");
    repo.tag("apps/web@1.2.3");
    repo.commit("two");
    repo
}

fn version() -> String {
    format!("imgver {}", env!("CARGO_PKG_VERSION"))
}

/// Runs what was installed in a repository: it says its version, and lists what our own build lists.
#[track_caller]
fn is_imgver(repo: &Repo, run: impl Fn(&[&str]) -> Output) {
    assert_eq!(run(&["--version"]).line(), version());
    let listed = run(&["list"]);
    assert_eq!(listed.text(), repo.imgver(["list"]).run().text());
    assert!(listed.stdout.contains("1.2.3-0001-"), "{listed}");
}

/// With its own HOME, and what the tools that install need to reach a mirror.
fn installing(repo: &Repo, program: impl AsRef<std::ffi::OsStr>) -> Run {
    let passed = env::vars_os().filter(|(name, _)| {
        let name = name.to_string_lossy().to_uppercase();
        ["PIP_", "UV_", "SSL_"].iter().any(|start| name.starts_with(start)) || name.ends_with("_PROXY")
    });
    passed.fold(repo.program(program), |run, (name, value)| run.env(&name.to_string_lossy(), value))
}

fn tool(variable: &str) -> PathBuf {
    env::var_os(variable).unwrap_or_else(|| panic!("no {variable}; scripts/e2e sets it")).into()
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn the_archive_runs_in_an_empty_root() {
    let release = release();
    let repo = repository();
    // The repository is the whole file system: there is neither git nor a C library.
    let installed = repo.path().join("installed");
    fs::create_dir(&installed).unwrap();
    printed(Command::new("tar").arg("-xzf").arg(&release.archive).arg("-C").arg(&installed));
    let program = installed.join("imgver");
    let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
    is_imgver(&repo, |arguments| {
        let run = if is_root {
            repo.program("chroot").args([repo.path().as_os_str(), "/installed/imgver".as_ref()])
        } else {
            repo.program(&program).env("PATH", "")
        };
        run.without_env("HOME").args(arguments).run()
    });
    for file in ["LICENSE-APACHE", "LICENSE-MIT", "README.md"] {
        assert_eq!(fs::read(installed.join(file)).unwrap(), fs::read(here().join(file)).unwrap(), "{file}");
    }
    let script = fs::read_to_string(installed.join("completions/_imgver")).unwrap();
    assert_eq!(script, repo.imgver(["completions", "zsh"]).run().stdout);
    assert!(installed.join("man1/imgver.1").is_file());
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn the_checksums_are_of_both_and_the_files_the_same_next_time() {
    let first = release();
    let directory = first.archive.parent().unwrap();
    let check = |directory: &Path| {
        let sums = first.sums.file_name().unwrap();
        Command::new("sha256sum")
            .args(["--check", "--strict"])
            .arg(sums)
            .current_dir(directory)
            .output()
            .unwrap()
    };
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    let expected = format!("{}: OK\n{}: OK\n", name(&first.wheel), name(&first.archive));
    let checked = check(directory);
    assert_eq!(String::from_utf8(checked.stdout).unwrap(), expected);
    assert!(checked.status.success());

    // Elsewhere, at another time, by somebody with other settings.
    let again = TempDir::new().unwrap();
    let mut command = compiling("bash");
    command.args(["-c", "umask 077 && exec scripts/package --output \"$1\"", "-"]).arg(again.path());
    printed(command.env("TZ", "Asia/Tokyo").env("SOURCE_DATE_EPOCH", "1"));
    fs::remove_file(again.path().join(name(&first.sums))).unwrap();
    fs::copy(&first.sums, again.path().join(name(&first.sums))).unwrap();
    assert_eq!(String::from_utf8(check(again.path()).stdout).unwrap(), expected);

    // A file that is not whole.
    let archive = again.path().join(name(&first.archive));
    fs::write(&archive, &fs::read(&archive).unwrap()[1..]).unwrap();
    assert!(!check(again.path()).status.success());
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn pip_installs_the_wheel_and_removes_it() {
    let repo = repository();
    let environment = repo.sandbox().join("environment");
    repo.program("python3").args(["-m", "venv"]).args([&environment]).run().text();
    let pip =
        || repo.program(environment.join("bin/python")).args(["-m", "pip", "--disable-pip-version-check"]);
    // Nothing from elsewhere: neither an index nor a compiler.
    pip().args(["install", "--quiet", "--no-index", "--no-cache-dir"]).args([&release().wheel]).run().text();
    let program = environment.join("bin/imgver");
    is_imgver(&repo, |arguments| repo.program(&program).args(arguments).run());

    let metadata = "import importlib.metadata as it; print(it.metadata('imgver'))";
    let about = repo.program(environment.join("bin/python")).args(["-c", metadata]).run().text();
    for line in [
        concat!("Version: ", env!("CARGO_PKG_VERSION")),
        concat!("Summary: ", env!("CARGO_PKG_DESCRIPTION")),
        concat!("License-Expression: ", env!("CARGO_PKG_LICENSE")),
        concat!("Project-URL: Source Code, ", env!("CARGO_PKG_REPOSITORY")),
    ] {
        assert!(about.lines().any(|it| it == line), "no {line:?} in {about}");
    }
    pip().args(["uninstall", "--quiet", "--yes", "imgver"]).run().text();
    assert!(!program.exists());
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn pipx_and_uvx_run_the_wheel() {
    let repo = repository();
    let wheel = release().wheel.as_os_str();
    let pipx = tool("IMGVER_E2E_PIPX");
    is_imgver(&repo, |arguments| {
        let run =
            installing(&repo, &pipx).args(["run".as_ref(), "--spec".as_ref(), wheel, "imgver".as_ref()]);
        run.args(arguments).run()
    });
    let uvx = tool("IMGVER_E2E_UVX");
    is_imgver(&repo, |arguments| {
        let run =
            installing(&repo, &uvx).args(["--offline".as_ref(), "--from".as_ref(), wheel, "imgver".as_ref()]);
        run.args(arguments).run()
    });
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn cargo_installs_the_packed_crate_and_removes_it() {
    // Compiled by then: the dependencies.
    release();
    let repo = repository();
    printed(compiling("cargo").args(["package", "--quiet", "--locked", "--no-verify", "--allow-dirty"]));
    let name = concat!(env!("CARGO_PKG_NAME"), "-", env!("CARGO_PKG_VERSION"));
    let packed = target().join("package").join(format!("{name}.crate"));
    printed(Command::new("tar").arg("-xzf").arg(packed).arg("-C").arg(repo.sandbox()));
    // There, nothing else of this repository is near.
    let source = repo.sandbox().join(name);
    for left_out in [".ci", "services", "scripts", "pyproject.toml", "tests/e2e"] {
        assert!(here().join(left_out).exists() && !source.join(left_out).exists(), "{left_out}");
    }

    let root = repo.sandbox().join("root");
    let mut install = compiling("cargo");
    install.args(["install", "--quiet", "--locked", "--offline", "--path"]).arg(&source);
    printed(
        install
            .current_dir(repo.sandbox())
            .arg("--root")
            .arg(&root)
            .args(["--target", &host()])
            .env("CARGO_ENCODED_RUSTFLAGS", flags()),
    );
    let program = root.join("bin/imgver");
    is_imgver(&repo, |arguments| repo.program(&program).args(arguments).run());
    printed(Command::new("cargo").args(["uninstall", "--quiet", "--root"]).arg(&root).arg("imgver"));
    assert!(!program.exists());
}

/// The script of a step of release.yaml, by the job and the step's name.
fn step(job: &str, name: &str) -> String {
    let workflow = fs::read_to_string(here().join(".github/workflows/release.yaml")).unwrap();
    let workflow: serde_yaml::Value = serde_yaml::from_str(&workflow).unwrap();
    let steps = workflow["jobs"][job]["steps"].as_sequence().unwrap().iter();
    let script =
        steps.filter(|step| step["name"].as_str() == Some(name)).find_map(|step| step["run"].as_str());
    script.unwrap_or_else(|| panic!("no step {name:?} in {job}")).to_owned()
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn a_release_in_a_repository_with_another_address_stops() {
    let script = step("verify", "Compare the address with this repository");
    let run = |repository: &str| {
        let mut command = Command::new("bash");
        command.args(["-e", "-c", &script]).current_dir(here());
        command.env("GITHUB_SERVER_URL", "https://github.com").env("GITHUB_REPOSITORY", repository);
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let address = env!("CARGO_PKG_REPOSITORY");
    assert_eq!(run(address.strip_prefix("https://github.com/").unwrap()), (Some(0), String::new()));
    let expected = format!(
        "error: this is https://github.com/somebody/fork, but Cargo.toml has repository = \"{address}\"\n\
         hint: set repository in Cargo.toml to where releases are published, and tag that commit\n"
    );
    assert_eq!(run("somebody/fork"), (Some(1), expected));
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn a_release_has_a_checksum_for_each_file() {
    let script = step("publish", "Collect and verify the checksums");
    let repo = Repo::directory("dist");
    let run = || repo.program("bash").args(["-e", "-c", &script]).run();
    let sum = |text: &str, file: &str| {
        let printed = repo.program("sha256sum").input(text).run().line();
        printed.replace("  -", &format!("  {file}"))
    };
    let mut expected = Vec::new();
    for platform in ["linux-arm64", "darwin-amd64"] {
        let files = [format!("imgver-0.1.0-{platform}.whl"), format!("imgver-v0.1.0-{platform}.tar.gz")];
        let sums = files.each_ref().map(|file| {
            repo.write(file, file);
            sum(file, file) + "\n"
        });
        repo.write(&format!("imgver-v0.1.0-{platform}.sha256"), sums.concat());
        expected.extend(sums);
    }
    // By name: all wheels, then all archives.
    let expected = [2, 0, 3, 1].map(|index: usize| expected[index].as_str()).concat();
    run().text();
    assert_eq!(fs::read_to_string(repo.path().join("SHA256SUMS")).unwrap(), expected);

    repo.write("imgver-v0.1.0-linux-amd64.tar.gz", "nobody knows what this is");
    let refused = run();
    assert_eq!(refused.code, 1, "{refused}");
    assert!(refused.stderr.starts_with("error: not every file has a checksum"), "{refused}");
    fs::remove_file(repo.path().join("imgver-v0.1.0-linux-amd64.tar.gz")).unwrap();
    run().text();
    repo.write("imgver-v0.1.0-linux-arm64.tar.gz", "something else");
    assert_eq!(run().code, 1);
}

/// The compiler's own platform.
fn host() -> String {
    let about = printed(Command::new("rustc").args(["--version", "--verbose"]));
    about.lines().find_map(|line| line.strip_prefix("host: ")).unwrap().to_owned()
}

/// Those of scripts/package, with which it has compiled the dependencies. With others it would only take longer.
fn flags() -> String {
    let cargo = env::var_os("CARGO_HOME")
        .map_or_else(|| Path::new(&env::var_os("HOME").unwrap()).join(".cargo"), PathBuf::from);
    let remap = |from: &Path, to: &str| format!("--remap-path-prefix={}={to}", from.display());
    [remap(here(), "imgver"), remap(&cargo, "cargo"), "-Ctarget-feature=+crt-static".to_owned()].join("\x1f")
}
