//! A closed world for black-box tests: repositories in a temporary directory, `git` and `imgver` run with nothing of
//! the caller's environment but `PATH`.

pub(crate) mod absent;
pub(crate) mod history;
pub(crate) mod input_cases;
pub(crate) mod json_schema;
pub(crate) mod terminal;

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Write as _;
use std::ops::Range;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use serde_json::Value;
use tempfile::TempDir;

/// What git is told in every test; `imgver` itself runs without any configuration but the repository's own.
const GIT_CONFIG: &str = "\
[init]
	defaultBranch = main
[gc]
	auto = 0
[maintenance]
	auto = false
[advice]
	detachedHead = false
[protocol \"file\"]
	allow = always
[uploadpack]
	allowFilter = true
	allowAnySHA1InWant = true
";

/// First second of the tests' own clock.
const EPOCH: i64 = 1_700_000_000;

/// A repository (or any directory) inside a temporary directory that lives as long as its last handle.
pub(crate) struct Repo {
    sandbox: Arc<Sandbox>,
    root: PathBuf,
    clock: AtomicI64,
}

struct Sandbox {
    root: PathBuf,
    _dir: TempDir,
}

impl Repo {
    /// A new, empty repository on the unborn branch `main`.
    pub(crate) fn new() -> Self {
        Self::init("repo", &[])
    }

    /// A new repository in a directory called `name`, made by `git init` with further `options`.
    pub(crate) fn init(name: &str, options: &[&str]) -> Self {
        let repo = Self::directory(name);
        fs::create_dir_all(&repo.root).expect("create the repository's directory");
        repo.git(["init", "-q"].iter().chain(options));
        repo
    }

    /// A path called `name` in a new temporary directory; nothing is made there.
    pub(crate) fn directory(name: &str) -> Self {
        let dir = TempDir::new().expect("create a temporary directory");
        let root = dir.path().canonicalize().expect("resolve the temporary directory");
        fs::create_dir(root.join("home")).expect("create the home directory");
        fs::write(root.join("home/gitconfig"), GIT_CONFIG).expect("write git's configuration");
        let path = root.join(name);
        Self { sandbox: Arc::new(Sandbox { root, _dir: dir }), root: path, clock: AtomicI64::new(EPOCH) }
    }

    /// A handle for the path `name` beside this repository, in the same temporary directory; nothing is made there.
    pub(crate) fn beside(&self, name: impl AsRef<Path>) -> Self {
        let root = self.sandbox.root.join(name);
        let clock = AtomicI64::new(self.clock.load(Ordering::Relaxed));
        Self { sandbox: Arc::clone(&self.sandbox), root, clock }
    }

    /// A clone called `name` beside this repository, made over `file://` so that git copies no files.
    pub(crate) fn cloned(&self, name: &str, options: &[&str]) -> Self {
        self.try_cloned(name, options).unwrap_or_else(|output| panic!("{output}"))
    }

    /// As [`Repo::cloned`], where git may refuse.
    pub(crate) fn try_cloned(&self, name: &str, options: &[&str]) -> Result<Self, Output> {
        let clone = self.beside(name);
        let run = Run::git(&self.sandbox, &self.sandbox.root, &["clone", "-q"])
            .args(options)
            .args([self.url().as_ref(), clone.root.as_os_str()])
            .run();
        if run.code == 0 { Ok(clone) } else { Err(run) }
    }

    /// Where the repository is.
    pub(crate) fn path(&self) -> &Path {
        &self.root
    }

    /// The temporary directory around it.
    pub(crate) fn sandbox(&self) -> &Path {
        &self.sandbox.root
    }

    /// Its address as a remote.
    pub(crate) fn url(&self) -> String {
        format!("file://{}", self.root.display())
    }

    /// What `git` prints, without the last newline; it must succeed.
    #[track_caller]
    pub(crate) fn git(&self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> String {
        self.git_run(args).run().text()
    }

    /// `git`, not yet run.
    pub(crate) fn git_run(&self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Run {
        let seconds = self.clock.load(Ordering::Relaxed);
        Run::git(&self.sandbox, &self.root, &[] as &[&str])
            .args(args)
            .env("GIT_AUTHOR_DATE", format!("{seconds} +0000"))
            .env("GIT_COMMITTER_DATE", format!("{seconds} +0000"))
    }

    /// `imgver`, not yet run, in the repository's directory.
    pub(crate) fn imgver(&self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Run {
        Run::new(env!("CARGO_BIN_EXE_imgver").as_ref(), &self.sandbox, &self.root)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .args(args)
    }

    /// Any other program, not yet run, in the repository's directory.
    pub(crate) fn program(&self, program: impl AsRef<OsStr>) -> Run {
        Run::new(program.as_ref(), &self.sandbox, &self.root)
    }

    /// The object of `imgver extended SERVICE --output json` with further `options`.
    #[track_caller]
    pub(crate) fn extended(&self, service: &str, options: &[&str]) -> Value {
        self.imgver(["extended", service, "--output", "json"]).args(options).run().json()
    }

    /// The objects of `imgver list --output json`.
    #[track_caller]
    pub(crate) fn list(&self) -> Vec<Value> {
        let printed = self.imgver(["list", "--output", "json"]).run().json();
        printed.as_array().unwrap_or_else(|| panic!("not a list: {printed}")).clone()
    }

    /// Writes a file, making its directories.
    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().expect("a file has a directory")).expect("create directories");
        fs::write(&path, text).unwrap_or_else(|error| panic!("write {}: {error}", path.display()));
    }

    /// Writes the Taskfile that makes `directory` a service, with [`image_of`] as its repository.
    pub(crate) fn service(&self, directory: &str) {
        self.write(&format!("{directory}/Taskfile.yaml"), taskfile(&image_of(directory)));
    }

    /// Copies these files and directories of imgver's own repository, as they are now, but nothing that git ignores.
    pub(crate) fn copy_from_here(&self, parts: &[&str]) {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let list = ["ls-files", "--cached", "--others", "--exclude-standard", "-z", "--"];
        let listed = Command::new("git").args(list).args(parts).current_dir(here).output();
        let listed = listed.expect("git lists this repository's files").stdout;
        let files = listed.split(|byte| *byte == 0).filter(|file| !file.is_empty());
        for file in
            files.map(|file| Path::new(OsStr::from_bytes(file))).filter(|file| here.join(file).exists())
        {
            let copy = self.root.join(file);
            fs::create_dir_all(copy.parent().expect("a file has a directory")).expect("create directories");
            fs::copy(here.join(file), &copy)
                .unwrap_or_else(|error| panic!("copy {}: {error}", file.display()));
        }
    }

    /// Commits the whole work tree, changed or not, a minute later than the last commit, and returns the commit's id.
    pub(crate) fn commit(&self, message: &str) -> String {
        self.clock.fetch_add(60, Ordering::Relaxed);
        self.git(["add", "-A"]);
        self.git(["commit", "-q", "--allow-empty", "-m", message]);
        self.head()
    }

    /// The id of the commit at `HEAD`.
    pub(crate) fn head(&self) -> String {
        self.git(["rev-parse", "HEAD"])
    }

    /// Sets a lightweight tag at `HEAD`.
    pub(crate) fn tag(&self, name: &str) {
        self.git(["tag", name]);
    }

    /// Sets an annotated tag at `HEAD`.
    pub(crate) fn annotate(&self, name: &str) {
        self.git(["tag", "-a", "-m", "release", name]);
    }
}

/// The image repository that [`Repo::service`] and [`history::History::import`] give a service.
pub(crate) fn image_of(service: &str) -> String {
    format!("example/{}", service.replace('/', "-").to_lowercase())
}

/// The names that Task accepts, in its order.
pub(crate) const TASKFILES: [&str; 8] = [
    "Taskfile.yml",
    "taskfile.yml",
    "Taskfile.yaml",
    "taskfile.yaml",
    "Taskfile.dist.yml",
    "taskfile.dist.yml",
    "Taskfile.dist.yaml",
    "taskfile.dist.yaml",
];

/// The text of a service's Taskfile.
pub(crate) fn taskfile(image: &str) -> String {
    format!("version: '3'\n\nvars:\n  IMAGE_REPO: {image}\n")
}

/// A command line that has not run yet.
pub(crate) struct Run {
    command: Command,
    input: Vec<u8>,
}

impl Run {
    fn new(program: &OsStr, sandbox: &Sandbox, directory: &Path) -> Self {
        let mut command = Command::new(program);
        command
            .current_dir(directory)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", sandbox.root.join("home"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CEILING_DIRECTORIES", &sandbox.root)
            .env("LC_ALL", "C")
            .env("TZ", "UTC");
        Self { command, input: Vec::new() }
    }

    fn git(sandbox: &Sandbox, directory: &Path, args: &[impl AsRef<OsStr>]) -> Self {
        Self::new("git".as_ref(), sandbox, directory)
            .env("GIT_CONFIG_GLOBAL", sandbox.root.join("home/gitconfig"))
            .env("GIT_AUTHOR_NAME", "Ada")
            .env("GIT_AUTHOR_EMAIL", "ada@example.com")
            .env("GIT_AUTHOR_DATE", format!("{EPOCH} +0000"))
            .env("GIT_COMMITTER_NAME", "Ada")
            .env("GIT_COMMITTER_EMAIL", "ada@example.com")
            .env("GIT_COMMITTER_DATE", format!("{EPOCH} +0000"))
            .args(args)
    }

    /// Adds arguments.
    pub(crate) fn args(mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.command.args(args);
        self
    }

    /// Sets a variable.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Removes a variable that the harness sets.
    pub(crate) fn without_env(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    /// Runs in another directory, absolute or below the present one.
    pub(crate) fn cwd(mut self, directory: impl AsRef<Path>) -> Self {
        let present = self.command.get_current_dir().map(Path::to_path_buf).unwrap_or_default();
        self.command.current_dir(present.join(directory));
        self
    }

    /// What it reads from stdin; nothing otherwise.
    pub(crate) fn input(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.input = bytes.into();
        self
    }

    /// Runs to the end, whatever comes of it.
    pub(crate) fn run(mut self) -> Output {
        let what = self.shown();
        let mut child = self
            .command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {what}: {error}"));
        let mut stdin = child.stdin.take().expect("stdin is piped");
        // A program that ends without reading its input closes the pipe: not for the harness to judge.
        let _ = stdin.write_all(&self.input);
        drop(stdin);
        let output =
            child.wait_with_output().unwrap_or_else(|error| panic!("cannot wait for {what}: {error}"));
        Output {
            what,
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            code: output.status.code().unwrap_or(-1),
        }
    }

    fn shown(&self) -> String {
        let program = Path::new(self.command.get_program()).file_name().unwrap_or_default().to_os_string();
        let words: Vec<OsString> =
            std::iter::once(program).chain(self.command.get_args().map(OsStr::to_os_string)).collect();
        let directory = self.command.get_current_dir().unwrap_or(Path::new(".")).display();
        format!("`{}` in {directory}", words.join(OsStr::new(" ")).to_string_lossy())
    }
}

/// What a command printed and how it ended.
pub(crate) struct Output {
    what: String,
    /// Standard output as text.
    pub(crate) stdout: String,
    /// Standard error as text.
    pub(crate) stderr: String,
    /// Exit code; -1 for a signal.
    pub(crate) code: i32,
}

impl std::fmt::Display for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { what, stdout, stderr, code } = self;
        write!(f, "{what} ended with {code}\n--- stdout\n{stdout}\n--- stderr\n{stderr}")
    }
}

impl Output {
    /// Standard output without its last newline; the command must have succeeded.
    #[track_caller]
    pub(crate) fn text(&self) -> String {
        assert_eq!(self.code, 0, "{self}");
        self.stdout.strip_suffix('\n').unwrap_or(&self.stdout).to_string()
    }

    /// The one line printed; the command must have succeeded and printed nothing else.
    #[track_caller]
    pub(crate) fn line(&self) -> String {
        let text = self.text();
        assert!(
            self.stdout.ends_with('\n') && !text.is_empty() && !text.contains('\n'),
            "not one line: {self}"
        );
        text
    }

    /// The JSON printed; the command must have succeeded.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text()).unwrap_or_else(|error| panic!("not JSON ({error}): {self}"))
    }

    /// Standard error; the command must have failed with `code`, printed nothing on stdout and named the error.
    #[track_caller]
    pub(crate) fn fails(&self, code: i32) -> &str {
        assert_eq!(self.code, code, "{self}");
        assert_eq!(self.stdout, "", "a failing command printed on stdout: {self}");
        assert!(self.stderr.lines().any(|line| line.starts_with("error: ")), "no `error:` line: {self}");
        &self.stderr
    }
}

/// SplitMix64: small, fast, and the same everywhere.
pub(crate) struct Rng(u64);

impl Rng {
    /// The sequence of this seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number in a range that is not empty.
    pub(crate) fn within(&mut self, range: Range<usize>) -> usize {
        let width = u64::try_from(range.len()).expect("a width fits");
        assert!(width > 0, "an empty range");
        range.start + usize::try_from(self.bits() % width).expect("below the width")
    }

    /// True in so many of a hundred cases.
    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.within(0..100) < percent
    }

    /// One of the items.
    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.within(0..items.len())]
    }
}

/// Runs a case for every seed on all cores; a failing case names its seed. `IMGVER_TEST_ROUNDS=N` tries N times as many.
pub(crate) fn for_seeds(seeds: Range<u64>, case: impl Fn(u64) + Sync) {
    let rounds: u64 =
        std::env::var("IMGVER_TEST_ROUNDS").map_or(1, |n| n.parse().expect("a number of rounds"));
    let seeds: Vec<u64> = (seeds.start..seeds.start + rounds * (seeds.end - seeds.start)).collect();
    in_parallel(&seeds, |seed| {
        let named = NameOnPanic(*seed);
        case(*seed);
        drop(named);
    });
}

/// Calls a function on every item, on all cores.
pub(crate) fn in_parallel<T: Sync>(items: &[T], work: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    let workers = std::thread::available_parallelism().map_or(2, usize::from).min(items.len());
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                    work(item);
                }
            });
        }
    });
}

struct NameOnPanic(u64);

impl Drop for NameOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("this was seed {}", self.0);
        }
    }
}
