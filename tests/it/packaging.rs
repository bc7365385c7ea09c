//! What Cargo.toml, pyproject.toml, scripts/package, release.yaml and the setup action say of one release: the same.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use regex::Regex;
use serde_json::Value;
use serde_yaml::Value as Yaml;

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path))
        .unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The package as cargo understands Cargo.toml.
fn package() -> Value {
    let arguments = ["metadata", "--no-deps", "--offline", "--locked", "--format-version", "1"];
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("start cargo");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"][0].take()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("no {key}: {value}"))
}

fn job(name: &str) -> Yaml {
    let workflow: Yaml = serde_yaml::from_str(&read(".github/workflows/release.yaml")).unwrap();
    workflow["jobs"][name].clone()
}

/// The step that uses an action, of those that do the one with `index`.
fn step(job: &Yaml, action: &str, index: usize) -> Yaml {
    let steps = job["steps"].as_sequence().unwrap().iter();
    let uses = |step: &&Yaml| step["uses"].as_str().is_some_and(|uses| uses.starts_with(action));
    steps.filter(uses).nth(index).unwrap_or_else(|| panic!("no step {index} with {action}")).clone()
}

/// scripts/package, as far as it decides on names.
struct Script {
    /// A pattern of platforms, and what follows from it: `os` or `arch`, and its name.
    arms: Vec<(String, String, String)>,
    text: String,
}

impl Script {
    fn read() -> Self {
        let text = read("scripts/package");
        let arm = Regex::new(r"(?m)^  (\S+)\) (os|arch)=(\w+) ;;$").unwrap();
        let arms = arm.captures_iter(&text).map(|arm| (arm[1].into(), arm[2].into(), arm[3].into()));
        let arms: Vec<_> = arms.collect();
        assert_eq!(arms.len(), 4, "{arms:?}");
        Self { arms, text }
    }

    /// What it calls a platform of the compiler's.
    fn platform(&self, triple: &str) -> String {
        let found = |what: &str| {
            let fits = |pattern: &str| match pattern.strip_prefix('*') {
                Some(end) => triple.ends_with(end),
                None => triple.starts_with(pattern.strip_suffix('*').unwrap()),
            };
            let arm = self.arms.iter().find(|(pattern, kind, _)| kind == what && fits(pattern));
            &arm.unwrap_or_else(|| panic!("scripts/package knows no {what} of {triple}")).2
        };
        format!("{}-{}", found("os"), found("arch"))
    }

    /// The name of the file whose path it keeps in this variable.
    fn file(&self, variable: &str, tag: &str, platform: &str) -> String {
        let line = Regex::new(&format!(r"(?m)^{variable}=\$output/(\S+)$")).unwrap();
        let name = &line.captures(&self.text).unwrap_or_else(|| panic!("no {variable}="))[1];
        let name = name.replace("$tag", tag).replace("$os-$arch", platform);
        assert!(!name.contains('$'), "{name}");
        name
    }
}

/// The platforms that release.yaml packages for.
fn platforms() -> BTreeSet<String> {
    let rows = job("package")["strategy"]["matrix"]["include"].clone();
    rows.as_sequence().unwrap().iter().map(|row| row["platform"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_crate_has_what_crates_io_shows() {
    let package = package();
    for key in ["description", "license", "readme", "rust_version"] {
        assert!(!text(&package, key).is_empty(), "{key}");
    }
    for (key, most) in [("keywords", 5), ("categories", 5)] {
        assert!((1..=most).contains(&package[key].as_array().unwrap().len()), "{key}");
    }
    let address = Regex::new(r"^https://github\.com/[A-Za-z0-9-]+/[A-Za-z0-9_-]+$").unwrap();
    assert!(address.is_match(text(&package, "repository")), "{}", package["repository"]);
    let licenses = ["LICENSE-APACHE", "LICENSE-MIT"].map(|file| read(file).is_empty());
    assert_eq!((text(&package, "license"), licenses), ("MIT OR Apache-2.0", [false, false]));
}

/// https://github.com/cargo-bins/cargo-binstall/blob/main/SUPPORT.md
#[test]
fn cargo_binstall_finds_the_archive_of_every_platform() {
    let (package, script) = (package(), Script::read());
    let binstall = &package["metadata"]["binstall"];
    let version = text(&package, "version");
    let mut found: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for (triple, settings) in binstall["overrides"].as_object().unwrap() {
        // A static program of the one C library is a program for the other.
        let built_as = triple.replace("-linux-musl", "-linux-gnu");
        let platform = script.platform(&built_as);
        let url = text(settings, "pkg-url")
            .replace("{ repo }", text(&package, "repository"))
            .replace("{ name }", text(&package, "name"))
            .replace("{ version }", version);
        let archive = script.file("archive", &format!("v{version}"), &platform);
        let expected = format!("{}/releases/download/v{version}/{archive}", text(&package, "repository"));
        assert_eq!(url, expected, "{triple}");
        found.entry(platform).or_default().insert(triple.rsplit('-').next().unwrap());
    }
    assert_eq!(found.keys().cloned().collect::<BTreeSet<_>>(), platforms());
    for (platform, libraries) in found {
        let expected: &[&str] = if platform.starts_with("linux") { &["gnu", "musl"] } else { &["darwin"] };
        assert_eq!(libraries, expected.iter().copied().collect(), "{platform}");
    }
    assert!(binstall.get("pkg-url").is_none(), "a platform without an archive has none");

    let unpacked = text(binstall, "bin-dir").replace("{ bin }", "imgver").replace("{ binary-ext }", "");
    let files = script.text.lines().find(|line| line.starts_with("files+=(")).unwrap();
    assert_eq!(files, format!("files+=({unpacked})"), "where the program is in the archive");
    assert_eq!(text(binstall, "pkg-fmt"), "tgz");
    assert!(script.text.contains("| gzip "));
}

#[test]
fn the_setup_action_downloads_what_is_published() {
    let (action, script) = (read(".github/actions/setup-dependencies/imgver.sh"), Script::read());
    let line = Regex::new(r"(?m)^  local archive=(\S+) ").unwrap();
    let name = &line.captures(&action).expect("the name of the archive")[1];
    let platform = Regex::new(r"(?m)^    \S+(?: \| \S+)*\) (?:os|arch)=(\w+) ;;$").unwrap();
    let known: Vec<String> = platform.captures_iter(&action).map(|found| found[1].to_owned()).collect();
    for platform in platforms() {
        let (os, arch) = platform.split_once('-').unwrap();
        let asked = name.replace("$version", "v1.2.3").replace("$os", os).replace("$arch", arch);
        assert_eq!(asked, script.file("archive", "v1.2.3", &platform));
        assert!([os, arch].iter().all(|part| known.iter().any(|it| it == part)), "{platform}: {known:?}");
    }
    assert!(action.contains("/releases/download/$version\n"));
}

#[test]
fn release_yaml_passes_on_what_the_script_makes() {
    let (script, packaging, publishing, pypi) = (Script::read(), job("package"), job("publish"), job("pypi"));
    let [files, wheels] = [0, 1].map(|index| step(&packaging, "actions/upload-artifact@", index));
    let run = packaging["steps"].as_sequence().unwrap();
    let run: Vec<&str> = run.iter().filter_map(|step| step["run"].as_str()).collect();
    assert_eq!(run.last(), Some(&"scripts/package --output dist \"$GITHUB_REF_NAME\""));

    for platform in platforms() {
        let here = |text: &str| {
            let text = text.replace("${{ github.ref_name }}", "v1.2.3");
            text.replace("${{ matrix.platform }}", &platform)
        };
        let paths = here(files["with"]["path"].as_str().unwrap());
        let made = ["archive", "sums"].map(|it| format!("dist/{}", script.file(it, "v1.2.3", &platform)));
        assert_eq!(paths.lines().collect::<Vec<_>>(), made);
        // The release takes both artifacts, PyPI the wheels and nothing else.
        let names = [&files, &wheels].map(|step| here(step["with"]["name"].as_str().unwrap()));
        assert_eq!(names, [format!("imgver-{platform}"), format!("imgver-wheel-{platform}")]);
    }
    assert_eq!(wheels["with"]["path"].as_str(), Some("dist/*.whl"));
    for (job, pattern) in [(&publishing, "imgver-*"), (&pypi, "imgver-wheel-*")] {
        let download = step(job, "actions/download-artifact@", 0);
        assert_eq!(download["with"]["pattern"].as_str(), Some(pattern));
        assert_eq!(download["with"]["path"].as_str(), Some("dist"));
    }
    assert!(platforms().iter().all(|platform| !platform.starts_with("wheel-")));
    assert_eq!(step(&pypi, "pypa/", 0)["with"]["packages-dir"].as_str(), Some("dist"));

    // Provenance is for all that has a checksum, which is all that is attached.
    let provenance = step(&publishing, "actions/attest-build-provenance@", 0);
    assert_eq!(provenance["with"]["subject-checksums"].as_str(), Some("dist/SHA256SUMS"));
    let steps = publishing["steps"].as_sequence().unwrap().iter();
    let create =
        steps.filter_map(|step| step["run"].as_str()).find(|run| run.starts_with("gh release create"));
    assert!(create.unwrap().ends_with("SHA256SUMS imgver-*.tar.gz imgver-*.whl\n"), "{create:?}");
}

/// What cannot be taken back comes after what can be, by a token for this run only.
#[test]
fn registries_come_last() {
    for (name, environment, address) in [
        ("crates", "crates.io", "https://crates.io/crates/imgver"),
        ("pypi", "pypi", "https://pypi.org/project/imgver/"),
    ] {
        let job = job(name);
        assert_eq!(job["needs"].as_str(), Some("publish"), "{name}");
        assert_eq!(job["environment"]["name"].as_str(), Some(environment));
        assert_eq!(job["environment"]["url"].as_str(), Some(address));
        assert_eq!(job["permissions"]["id-token"].as_str(), Some("write"));
        let contributing = read("CONTRIBUTING.md");
        assert!(contributing.contains(&format!("environment `{environment}`")), "CONTRIBUTING.md: {name}");
    }
    assert!(!read(".github/workflows/release.yaml").contains("secrets."));
}

#[test]
fn the_wheel_is_of_this_crate() {
    let (pyproject, package, script) = (read("pyproject.toml"), package(), Script::read());
    let has = |line: &str| pyproject.lines().any(|it| it == line);
    assert!(has(&format!("name = \"{}\"", text(&package, "name"))));
    assert!(has("dynamic = [\"description\", \"keywords\", \"urls\", \"version\"]"), "of Cargo.toml");
    assert!(has(&format!("license = \"{}\"", text(&package, "license"))));
    assert!(has("bindings = \"bin\"") && has("build-backend = \"maturin\""));
    let pinned =
        Regex::new(r"install-tool maturin (\d+\.\d+)\.\d+ maturin \\\n((?:  [0-9a-f]{64}(?: \\\n|\)))+)");
    let pinned = pinned.unwrap();
    let pinned = pinned.captures(&script.text).expect("maturin in one version, with checksums");
    assert!(has(&format!("requires = [\"maturin>={},<2\"]", &pinned[1])), "maturin {}", &pinned[1]);
    let checksums: BTreeSet<&str> =
        pinned[2].split(['\n', ' ', '\\', ')']).filter(|it| !it.is_empty()).collect();
    assert_eq!(checksums.len(), platforms().len(), "a wheel of maturin for every platform");
    assert_eq!(package["version"].as_str(), Some(env!("CARGO_PKG_VERSION")));
}

#[test]
fn the_page_on_installing_says_the_same() {
    let (page, package, script) = (read("docs/install.md"), package(), Script::read());
    let repository = text(&package, "repository");
    let address = Regex::new(r"https://github\.com/[^/ \n]+/imgver").unwrap();
    let named: Vec<&str> = address.find_iter(&page).map(|found| found.as_str()).collect();
    assert!(!named.is_empty() && named.iter().all(|it| *it == repository), "{named:?}");
    let owner = repository.trim_start_matches("https://github.com/");
    for line in page.lines().filter(|line| line.contains("--repo ") || line.contains("/setup-dependencies@"))
    {
        assert!(line.contains(owner), "{line}");
    }
    for platform in platforms() {
        let name = script.file("archive", "vX.Y.Z", &platform);
        assert!(page.contains(&format!("`{name}`")), "{name}");
    }
    let oldest = text(&package, "rust_version").trim_end_matches(".0").to_owned();
    assert!(page.contains(&format!("Rust {oldest} or newer")), "{oldest}");
    for command in ["cargo install --locked imgver", "cargo binstall imgver", "pipx run imgver", "uvx imgver"]
    {
        assert!(page.contains(command), "{command}");
    }
}
