//! This repository's Taskfiles under the real Task, in every version that `IMGVER_E2E_TASKS` lists.
//! `scripts/e2e` installs those and runs this.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::support::Repo;

/// Every service: its path, its name at the root and its image repository.
const SERVICES: [(&str, &str, &str); 5] = [
    ("services/node/api-node", "api-node", "sidpalas/demo-api-node"),
    ("services/go/api-golang", "api-golang", "sidpalas/demo-api-golang"),
    ("services/react/client-react", "client-react", "sidpalas/demo-client-react"),
    ("services/python/load-generator", "load-generator", "sidpalas/demo-load-generator"),
    ("services/other/migrator", "migrator", "sidpalas/demo-migrator"),
];

/// The service that most tests stand in, and one that they name.
pub(super) const NODE: &str = "services/node/api-node";
pub(super) const GO: &str = "services/go/api-golang";

/// Arguments that would do harm, or change, wherever a shell or a template got hold of them.
/// Task evaluates templates in what it is given, so those arrive as the last column says.
const HOSTILE: [(&str, &str); 17] = [
    ("; touch pwned", "; touch pwned"),
    ("&& touch pwned", "&& touch pwned"),
    ("$(touch pwned)", "$(touch pwned)"),
    ("`touch pwned`", "`touch pwned`"),
    ("'; touch pwned; '", "'; touch pwned; '"),
    ("\"; touch pwned; \"", "\"; touch pwned; \""),
    ("\\'; touch pwned #", "\\'; touch pwned #"),
    ("one\ntouch pwned", "one\ntouch pwned"),
    ("> pwned", "> pwned"),
    ("{{printf \"%c\" 39}}; touch pwned #", "'; touch pwned #"),
    ("{{`{{printf \"%c\" 39}}; touch pwned #`}}", "{{printf \"%c\" 39}}; touch pwned #"),
    ("two  words", "two  words"),
    ("$HOME", "$HOME"),
    ("*", "*"),
    ("~", "~"),
    ("", ""),
    ("é", "é"),
];

/// A repository with this one's services and Taskfiles, as a team would have it.
///
/// api-node is three commits past its release 1.0.9, api-golang carries 2.3.4.
pub(super) struct Checkout {
    pub(super) repo: Repo,
}

impl Checkout {
    pub(super) fn new() -> Self {
        Self::called("repo")
    }

    fn called(name: &str) -> Self {
        let repo = Repo::init(name, &[]);
        repo.copy_from_here(&["Taskfile.yaml", ".github", "services"]);
        repo.commit("services");
        repo.annotate("services/node/api-node@1.0.9");
        repo.commit("one");
        repo.commit("two");
        repo.commit("three");
        repo.tag("services/go/api-golang@2.3.4");
        Self { repo }
    }

    /// The first seven digits of the commit.
    fn short(&self) -> String {
        self.repo.head().chars().take(7).collect()
    }

    /// Replaces a text, which must be there, in a file.
    fn edit(&self, file: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.repo.path().join(file)).expect("read a file of the checkout");
        assert!(text.contains(from), "{file} has no {from:?}:\n{text}");
        self.repo.write(file, text.replace(from, to));
    }

    /// Puts a script in the place of imgver that prints its directory and its arguments, each line ended by `$`.
    fn recorder(&self) -> PathBuf {
        let bin = self.repo.sandbox().join("recorder");
        fs::create_dir_all(&bin).expect("create a directory for the script");
        let script = bin.join("imgver");
        fs::write(&script, "#!/bin/sh\nprintf '%s$\\n' \"$PWD\" \"$@\"\n").expect("write the script");
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("make the script executable");
        bin
    }

    /// What [`Checkout::recorder`] prints in `directory`, below the checkout, for these arguments.
    fn recorded(&self, directory: &str, args: &[&str]) -> String {
        let directory = self.repo.path().join(directory);
        let lines = [directory.to_str().expect("a path in UTF-8")].into_iter().chain(args.iter().copied());
        lines.map(|line| format!("{line}$\n")).collect()
    }

    fn assert_not_pwned(&self, done: &Done) {
        let mut directories = vec![self.repo.sandbox().to_path_buf()];
        while let Some(directory) = directories.pop() {
            for entry in
                fs::read_dir(&directory).expect("list a directory").map(|entry| entry.expect("read an entry"))
            {
                assert_ne!(entry.file_name(), "pwned", "an argument was run: {done}");
                if entry.file_type().expect("tell a file's type").is_dir() {
                    directories.push(entry.path());
                }
            }
        }
    }
}

/// One Task, run in a checkout.
pub(super) struct Task<'c> {
    program: &'c Path,
    checkout: &'c Checkout,
    directory: PathBuf,
    path: OsString,
    env: Vec<(&'static str, OsString)>,
}

impl<'c> Task<'c> {
    /// Task at the root of the checkout, with the built imgver first on PATH.
    pub(super) fn new(program: &'c Path, checkout: &'c Checkout) -> Self {
        let bin = Path::new(env!("CARGO_BIN_EXE_imgver")).parent().expect("a program is in a directory");
        let directory = checkout.repo.path().to_path_buf();
        Self { program, checkout, directory, path: path_with(bin), env: Vec::new() }
    }

    /// In a directory below the checkout.
    pub(super) fn within(mut self, directory: &str) -> Self {
        self.directory = self.checkout.repo.path().join(directory);
        self
    }

    /// With the programs of this directory in the place of imgver.
    fn with_programs(mut self, bin: &Path) -> Self {
        self.path = path_with(bin);
        self
    }

    pub(super) fn env(mut self, name: &'static str, value: impl Into<OsString>) -> Self {
        self.env.push((name, value.into()));
        self
    }

    pub(super) fn run(&self, args: &[&str]) -> Done {
        self.spawn(self.program.as_os_str(), args.iter().map(OsStr::new).collect())
    }

    /// A shell script in which `task` is this Task.
    fn shell(&self, script: &str) -> Done {
        let define = format!("task() {{ '{}' \"$@\"; }}\n{script}", self.program.display());
        self.spawn(OsStr::new("sh"), vec![OsStr::new("-euc"), OsStr::new(&define)])
    }

    fn spawn(&self, program: &OsStr, args: Vec<&OsStr>) -> Done {
        let output = Command::new(program)
            .args(&args)
            .current_dir(&self.directory)
            .env_clear()
            .env("PATH", &self.path)
            .env("HOME", self.checkout.repo.sandbox().join("home"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("LC_ALL", "C")
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .output()
            .unwrap_or_else(|error| panic!("cannot start {}: {error}", program.display()));
        Done {
            what: format!("{} {args:?} in {}", program.display(), self.directory.display()),
            stdout: String::from_utf8(output.stdout).expect("Task prints UTF-8"),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            code: output.status.code().unwrap_or(-1),
        }
    }
}

/// What a command printed and how it ended.
pub(super) struct Done {
    what: String,
    pub(super) stdout: String,
    pub(super) stderr: String,
    pub(super) code: i32,
}

impl Done {
    /// It succeeded, printed exactly this, and said nothing else, but that later commits are not the release whose image
    /// was asked for.
    #[track_caller]
    pub(super) fn printed(&self, stdout: &str) {
        assert_eq!(self.code, 0, "{self}");
        assert_eq!(self.stdout, stdout, "{self}");
        let of_release = |line: &&str| line.contains(" is named after the release ");
        assert_eq!(self.stderr.lines().find(|line| !of_release(line)), None, "{self}");
    }

    /// It ended so, printed nothing on stdout, and this on stderr among else.
    #[track_caller]
    pub(super) fn failed(&self, code: i32, stderr: &str) {
        assert_eq!(self.code, code, "{self}");
        assert_eq!(self.stdout, "", "{self}");
        assert!(self.stderr.contains(stderr), "no {stderr:?} in: {self}");
    }
}

impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, stdout, stderr, code } = self;
        write!(f, "{what} ended with {code}\n--- stdout\n{stdout}\n--- stderr\n{stderr}")
    }
}

/// The Tasks to try.
pub(super) fn tasks() -> Vec<PathBuf> {
    let list = env::var_os("IMGVER_E2E_TASKS").unwrap_or_default();
    let tasks: Vec<PathBuf> = env::split_paths(&list).filter(|path| !path.as_os_str().is_empty()).collect();
    assert!(
        !tasks.is_empty(),
        "IMGVER_E2E_TASKS lists no Task to try; scripts/e2e installs Task and sets it"
    );
    for task in &tasks {
        assert!(
            task.is_absolute() && task.is_file(),
            "IMGVER_E2E_TASKS: {} is no absolute path of a file",
            task.display()
        );
    }
    tasks
}

/// `bin`, then the caller's PATH without any other imgver on it.
fn path_with(bin: &Path) -> OsString {
    let inherited = env::var_os("PATH").unwrap_or_default();
    let others = env::split_paths(&inherited).filter(|directory| !directory.join("imgver").exists());
    env::join_paths([bin.to_path_buf()].into_iter().chain(others)).expect("no colon in a directory's name")
}

/// Copies a file, or a directory with all that is in it.
#[test]
#[ignore = "scripts/e2e runs it"]
fn each_task_prints_one_line_in_a_service() {
    let checkout = Checkout::new();
    let extended = format!("1.0.9-0003-{}", checkout.short());
    for program in tasks() {
        for (name, line) in [
            ("utils:generate-version", "1.0.9"),
            ("utils:generate-version-extended", &extended),
            ("utils:generate-version-tag", "sidpalas/demo-api-node:1.0.9"),
            ("utils:generate-version-tag-extended", &format!("sidpalas/demo-api-node:{extended}")),
        ] {
            let line = format!("{line}\n");
            Task::new(&program, &checkout).within(NODE).run(&[name]).printed(&line);
            Task::new(&program, &checkout).run(&["--dir", NODE, name]).printed(&line);
            Task::new(&program, &checkout)
                .run(&["--taskfile", &format!("{NODE}/Taskfile.yaml"), name])
                .printed(&line);
            Task::new(&program, &checkout).run(&[&format!("api-node:{name}")]).printed(&line);
            Task::new(&program, &checkout)
                .within("services")
                .run(&[&format!("api-node:{name}")])
                .printed(&line);
        }
    }
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn below_a_service_it_is_still_that_service() {
    let checkout = Checkout::new();
    checkout.repo.write(&format!("{NODE}/src/deep/index.js"), "");
    for program in tasks() {
        let task = Task::new(&program, &checkout).within(&format!("{NODE}/src/deep"));
        task.run(&["utils:generate-version-tag"]).printed("sidpalas/demo-api-node:1.0.9\n");
    }
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn at_the_root_every_service_has_its_own_image() {
    let checkout = Checkout::new();
    for (path, ..) in SERVICES {
        checkout.repo.tag(&format!("{path}@4.5.6"));
    }
    for program in tasks() {
        for (path, name, image) in SERVICES {
            let line = format!("{image}:4.5.6\n");
            Task::new(&program, &checkout)
                .run(&[&format!("{name}:utils:generate-version-tag")])
                .printed(&line);
            Task::new(&program, &checkout).within(path).run(&["utils:generate-version-tag"]).printed(&line);
        }
    }
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn a_service_that_is_named_is_the_one_that_is_meant() {
    let checkout = Checkout::new();
    for program in tasks() {
        for service in [GO, "api-golang"] {
            for (name, line) in [
                ("utils:generate-version", "2.3.4\n"),
                ("utils:generate-version-extended", &format!("2.3.4-0000-{}\n", checkout.short())),
                ("utils:generate-version-tag", "sidpalas/demo-api-golang:2.3.4\n"),
            ] {
                Task::new(&program, &checkout).within(NODE).run(&[name, "--", service]).printed(line);
                Task::new(&program, &checkout)
                    .run(&[&format!("api-node:{name}"), "--", service])
                    .printed(line);
            }
        }
    }
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn a_variable_of_the_including_taskfile_does_not_name_another_services_image() {
    let checkout = Checkout::new();
    checkout.edit(
        &format!("{NODE}/Taskfile.yaml"),
        "includes:",
        "env:\n  IMAGE_REPO: '{{.IMAGE_REPO}}'\n\nincludes:",
    );
    for program in tasks() {
        let task = Task::new(&program, &checkout).within(NODE);
        task.run(&["utils:generate-version-tag", "--", GO]).printed("sidpalas/demo-api-golang:2.3.4\n");
    }
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn the_callers_own_variable_wins() {
    let checkout = Checkout::new();
    for program in tasks() {
        let task = Task::new(&program, &checkout).within(NODE).env("IMAGE_REPO", "mirror/api");
        task.run(&["utils:generate-version-tag"]).printed("mirror/api:1.0.9\n");
    }
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn options_are_passed_on() {
    let checkout = Checkout::new();
    checkout.repo.write(&format!("{NODE}/README.md"), "changed\n");
    for program in tasks() {
        let task = Task::new(&program, &checkout).within(NODE);
        task.run(&["utils:generate-version"]).printed("1.0.9-dirty\n");
        task.run(&["utils:generate-version", "--"]).printed("1.0.9-dirty\n");
        task.run(&["utils:generate-version", "--", "--no-dirty"]).printed("1.0.9\n");
        task.run(&["utils:generate-version-tag", "--", "--rev", "HEAD~3"])
            .printed("sidpalas/demo-api-node:1.0.9\n");
        task.run(&["utils:generate-version", "--", "-C", "../../go/api-golang"]).printed("2.3.4\n");
        task.run(&["utils:generate-version", "--", "--tag-format", "{service}@{version}", GO])
            .printed("2.3.4\n");
    }
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn a_shell_captures_exactly_the_version() {
    let checkout = Checkout::new();
    let extended = format!("[1.0.9-0003-{}]", checkout.short());
    for program in tasks() {
        let capture = "VERSION=$(task utils:generate-version-extended); printf '[%s]' \"$VERSION\"";
        Task::new(&program, &checkout).within(NODE).shell(capture).printed(&extended);
        let failing = "VERSION=$(task utils:generate-version -- nowhere) && echo \"[$VERSION]\"";
        Task::new(&program, &checkout).within(NODE).shell(failing).failed(201, "error: ");
    }
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn no_output_style_decorates_the_line() {
    let checkout = Checkout::new();
    checkout.edit(
        "Taskfile.yaml",
        "includes:",
        "output:\n  group:\n    begin: '::group::{{.TASK}}'\n    end: '::endgroup::'\n\nincludes:",
    );
    for program in tasks() {
        let task = Task::new(&program, &checkout);
        task.run(&["api-node:utils:generate-version"]).printed("1.0.9\n");
        for style in ["prefixed", "group", "interleaved"] {
            task.run(&["--output", style, "api-node:utils:generate-version"]).printed("1.0.9\n");
        }
        for option in ["--silent", "--verbose"] {
            let done = task.run(&[option, "api-node:utils:generate-version"]);
            assert_eq!((done.stdout.as_str(), done.code), ("1.0.9\n", 0), "{done}");
        }
    }
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn the_exit_code_comes_back() {
    let checkout = Checkout::new();
    for program in tasks() {
        for (args, code) in [
            (["utils:generate-version", "--", "--nonsense"], 2),
            (["utils:generate-version", "--", "--exact"], 4),
            (["utils:generate-version-tag", "--", "nowhere"], 5),
        ] {
            let task = Task::new(&program, &checkout).within(NODE);
            task.run(&[&["--exit-code"], &args[..]].concat()).failed(code, "error: ");
            task.run(&args).failed(201, "error: ");
        }
    }
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn arguments_arrive_as_they_were_given() {
    let checkout = Checkout::new();
    let recorder = checkout.recorder();
    for program in tasks() {
        for (given, arrives) in HOSTILE {
            for (name, words) in [
                ("utils:generate-version", &["version"][..]),
                ("utils:generate-version-tag", &["version", "--image"]),
            ] {
                let task = Task::new(&program, &checkout).within(NODE).with_programs(&recorder);
                let done = task.run(&[name, "--", given, "last"]);
                done.printed(&checkout.recorded(NODE, &[words, &[arrives, "last"]].concat()));
                checkout.assert_not_pwned(&done);
            }
        }
    }
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn hostile_arguments_are_only_bad_input() {
    let checkout = Checkout::new();
    for program in tasks() {
        for (given, _) in HOSTILE {
            let done =
                Task::new(&program, &checkout).run(&["-x", "api-node:utils:generate-version", "--", given]);
            done.failed(5, "error: ");
            checkout.assert_not_pwned(&done);
        }
    }
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn a_checkout_may_lie_in_an_odd_place() {
    // A dollar, a backtick or a template is missing: Task itself expands those in the directory of an include.
    for name in ["two words", "it's here; touch pwned", "\"quoted\" && touch pwned", "*", "ünïcode"] {
        let checkout = Checkout::called(name);
        for program in tasks() {
            for done in [
                Task::new(&program, &checkout).run(&["api-node:utils:generate-version-tag"]),
                Task::new(&program, &checkout).within(NODE).run(&["utils:generate-version-tag"]),
            ] {
                done.printed("sidpalas/demo-api-node:1.0.9\n");
                checkout.assert_not_pwned(&done);
            }
        }
    }
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn task_resolves_the_repository_where_imgver_cannot() {
    for computed in [
        "OWNER: team\n  IMAGE_REPO: '{{.OWNER}}/api'",
        "IMAGE_REPO: '{{printf \"team/%s\" \"api\"}}'",
        "IMAGE_REPO:\n    sh: echo team/api",
    ] {
        let checkout = Checkout::new();
        checkout.edit(&format!("{NODE}/Taskfile.yaml"), "IMAGE_REPO: sidpalas/demo-api-node", computed);
        checkout.repo.commit("computed");
        for program in tasks() {
            for done in [
                Task::new(&program, &checkout).within(NODE).run(&["utils:generate-version-tag"]),
                Task::new(&program, &checkout).run(&["api-node:utils:generate-version-tag"]),
            ] {
                done.printed("team/api:1.0.9\n");
            }
            let task = Task::new(&program, &checkout).within(GO);
            task.run(&["utils:generate-version", "--", NODE]).printed("1.0.9\n");
            task.run(&["-x", "utils:generate-version-tag", "--", NODE]).failed(5, "error: ");
            let task = Task::new(&program, &checkout).within(NODE);
            let extended = format!("sidpalas/demo-api-golang:2.3.4-0001-{}\n", checkout.short());
            task.run(&["utils:generate-version-tag-extended", "--", GO]).printed(&extended);
        }
    }
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn imgver_reads_the_taskfile_that_task_reads() {
    const NAMES: [&str; 12] = [
        "taskfile.dist.yaml",
        "Taskfile.yaml",
        "Taskfile",
        "taskfile.yml",
        "Taskfile.dist.yml",
        "TASKFILE.yml",
        "Taskfile.yml",
        "Taskfile.json",
        "taskfile.yaml",
        ".taskfile.yml",
        "taskfile.dist.yml",
        "Taskfile.dist.yaml",
    ];
    let text = |image: &str| {
        format!(
            "version: '3'\nvars:\n  IMAGE_REPO: {image}\nincludes:\n  utils: ../.github/utils/taskfile.yaml\n\
             tasks:\n  image:\n    silent: true\n    cmds:\n      - echo {{{{.IMAGE_REPO}}}}\n"
        )
    };
    for program in tasks() {
        let checkout = Checkout::new();
        for (index, name) in NAMES.into_iter().enumerate() {
            checkout.repo.write(&format!("names/{name}"), text(&format!("example/{index}")));
        }
        // Task takes one file after another, as those before are removed, until none is left that it knows.
        let mut taken = 0;
        loop {
            let task = Task::new(&program, &checkout).within("names");
            let image = task.run(&["--dir", ".", "image"]);
            let imgver = checkout.repo.imgver(["version", "--image", "names"]).run();
            if image.code != 0 {
                imgver.fails(5);
                break;
            }
            let image = image.stdout.trim_end();
            assert_eq!(imgver.line(), format!("{image}:0.0.0"));
            task.run(&["utils:generate-version-tag", "--", "--output", "json"]).stdout.contains(image);
            let name = image.rsplit('/').next().and_then(|index| NAMES.get(index.parse::<usize>().ok()?));
            let name = name.unwrap_or_else(|| panic!("{image} is none of the test's"));
            fs::remove_file(checkout.repo.path().join("names").join(name))
                .expect("remove the Taskfile that was read");
            taken += 1;
        }
        assert_eq!(taken, 8, "Task knows other names for its file than it used to");
    }
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn build_tasks_are_calls_of_imgver_build() {
    let checkout = Checkout::new();
    let recorder = checkout.recorder();
    let platforms = ["build", "--platform", "linux/amd64,linux/arm64"];
    for program in tasks() {
        for (path, name, _) in SERVICES {
            let task = Task::new(&program, &checkout).with_programs(&recorder);
            task.run(&[&format!("{name}:build")]).printed(&checkout.recorded(path, &["build"]));
            let push = checkout.recorded(path, &[&platforms[..], &["--push"]].concat());
            task.run(&[&format!("{name}:build-multi"), "--", "--push"]).printed(&push);
            let task = Task::new(&program, &checkout).with_programs(&recorder).within(path);
            task.run(&["build", "--", "--dry-run"])
                .printed(&checkout.recorded(path, &["build", "--dry-run"]));
            task.run(&["build-multi"]).printed(&checkout.recorded(path, &platforms));
        }
    }
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn without_imgver_on_path_the_repositorys_own_is_run() {
    let checkout = Checkout::called("it's a checkout");
    let empty = checkout.repo.sandbox().join("empty");
    fs::create_dir(&empty).expect("create an empty directory");
    // A package of imgver's name that builds in a second and says how it was called.
    checkout
        .repo
        .write("Cargo.toml", "[package]\nname = \"imgver\"\nversion = \"0.1.0\"\nedition = \"2024\"\n");
    checkout.repo.write("Cargo.lock", "version = 4\n\n[[package]]\nname = \"imgver\"\nversion = \"0.1.0\"\n");
    checkout.repo.write(
        "src/main.rs",
        "fn main() {\n\
             println!(\"{}$\", std::env::current_dir().unwrap().display());\n\
             for arg in std::env::args().skip(1) { println!(\"{arg}$\"); }\n\
             if std::env::args().any(|arg| arg == \"fail\") { std::process::exit(4) }\n\
         }\n",
    );
    let notice = "imgver is not on PATH: building it from source, which can take minutes\n";
    for (built, program) in tasks().into_iter().enumerate() {
        let task = || cargo_env(Task::new(&program, &checkout).with_programs(&empty));
        let mut done = task().run(&["api-node:utils:generate-version"]);
        // It is said when it is built, and only then.
        if built == 0 {
            let said = done.stderr.strip_prefix(notice);
            done.stderr = said.unwrap_or_else(|| panic!("{done}")).to_owned();
        }
        done.printed(&checkout.recorded(NODE, &["version"]));
        for (given, arrives) in HOSTILE {
            let done = task().within(NODE).run(&["utils:generate-version-tag", "--", given]);
            done.printed(&checkout.recorded(NODE, &["version", "--image", arrives]));
            checkout.assert_not_pwned(&done);
        }
        let failing = task().within(NODE).run(&["-x", "utils:generate-version", "--", "fail"]);
        assert_eq!(failing.code, 4, "{failing}");
    }
    // What cannot be built is no silence.
    checkout.repo.write("src/main.rs", "fn main() { nothing() }\n");
    for program in tasks() {
        let task = cargo_env(Task::new(&program, &checkout).with_programs(&empty)).within(NODE);
        let done = task.run(&["-x", "utils:generate-version"]);
        done.failed(101, notice);
        assert!(done.stderr.contains("error[E0425]"), "{done}");
    }
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn the_release_build_of_this_repository_answers_for_another() {
    let checkout = Checkout::new();
    let empty = checkout.repo.sandbox().join("empty");
    fs::create_dir(&empty).expect("create an empty directory");
    let service = checkout.repo.path().join(NODE);
    let service = service.to_str().expect("a path in UTF-8");
    for program in tasks() {
        let task = cargo_env(Task::new(&program, &checkout).with_programs(&empty));
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/services/go/api-golang");
        task.run(&["--dir", directory, "utils:generate-version-tag", "--", "-C", service])
            .printed("sidpalas/demo-api-node:1.0.9\n");
        task.run(&["-x", "--dir", directory, "utils:generate-version", "--", "-C", service, "--exact"])
            .failed(4, "error: ");
    }
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn without_any_imgver_the_error_says_so() {
    let checkout = Checkout::new();
    let bin = checkout.repo.sandbox().join("bin");
    fs::create_dir(&bin).expect("create a directory");
    symlink(find("grep"), bin.join("grep")).expect("link grep");
    for package in [None, Some("theirs"), Some("imgver")] {
        if let Some(name) = package {
            checkout.repo.write("Cargo.toml", format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\n"));
        }
        for program in tasks() {
            // Where the package is imgver, only cargo is missing.
            let mut task = Task::new(&program, &checkout).within(NODE).with_programs(&bin);
            if package == Some("imgver") {
                task.path = bin.clone().into_os_string();
            }
            let done = task.run(&["-x", "utils:generate-version"]);
            done.failed(127, "error: imgver is not on PATH\nhint: install imgver");
        }
    }
}

/// Lets a task build with the toolchain that runs this test.
fn cargo_env(mut task: Task<'_>) -> Task<'_> {
    let cargo = Path::new(env!("CARGO")).parent().expect("cargo is in a directory");
    let present = env::split_paths(&task.path).chain([cargo.to_path_buf()]).collect::<Vec<_>>();
    task.path = env::join_paths(present).expect("no colon in a directory's name");
    for name in ["HOME", "CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN", "RUSTFLAGS"] {
        if let Some(value) = env::var_os(name) {
            task = task.env(name, value);
        }
    }
    task
}

/// Where a program is on PATH.
fn find(program: &str) -> PathBuf {
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path).map(|directory| directory.join(program)).find(|path| path.is_file());
    found.unwrap_or_else(|| panic!("{program} is not on PATH"))
}
