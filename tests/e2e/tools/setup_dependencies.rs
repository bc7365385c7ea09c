//! The script behind the action `setup-dependencies`, as its steps run it, with a server of our own in place of GitHub and
//! a compiler that only pretends. It needs curl and tar.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use crate::support::{Repo, Run};

const SCRIPT: &str = ".github/actions/setup-dependencies/imgver.sh";

/// The release that most tests install, where it is, and a checksum that nothing has.
const VERSION: &str = "v1.2.3";
const RELEASE: &str = "/team/imgver/releases/download/v1.2.3";
const OTHER: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// A compiler that says what the file beside it says.
const RUSTC: &str = r#"#!/bin/sh
echo "$*" >>"$(dirname "$0")/rustc.args"
cat "$(dirname "$0")/rustc.version"
"#;

/// A cargo that installs a program which prints a version, and writes down its arguments and what it might obey.
const CARGO: &str = r#"#!/bin/sh
echo "$* RUSTFLAGS=$RUSTFLAGS CARGO_BUILD_TARGET=$CARGO_BUILD_TARGET" >>"$(dirname "$0")/cargo.args"
[ ! -e "$(dirname "$0")/cargo.fails" ] || exit 101
while [ "$1" != --root ]; do shift; done
mkdir -p "$2/bin"
printf '#!/bin/sh\necho imgver 0.0.1\n' >"$2/bin/imgver"
chmod +x "$2/bin/imgver"
"#;

/// A server that has these files and no others.
struct Server {
    address: String,
    asked: Arc<Mutex<Vec<String>>>,
}

/// What it has: a path, and either content or the address of another place.
enum Entry {
    File(String, Vec<u8>),
    Moved(String, String),
}

impl Server {
    fn with(entries: Vec<Entry>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let server = Self { address, asked: Arc::clone(&asked) };
        // It ends with the test's process.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                answer(&stream.unwrap(), &entries, &asked);
            }
        });
        server
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn answer(mut stream: &TcpStream, entries: &[Entry], asked: &Mutex<Vec<String>>) {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let Some(request) = lines.next() else { return };
    // Read to the end: closing before that would break the connection.
    lines.by_ref().take_while(|line| !line.is_empty()).for_each(drop);
    let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
    let entry = entries.iter().find_map(|entry| match entry {
        Entry::File(at, content) if *at == path => Some(("200 OK", String::new(), content.as_slice())),
        Entry::Moved(at, to) if *at == path => Some(("302 Found", format!("Location: {to}\r\n"), &[][..])),
        _ => None,
    });
    let (status, header, content) = entry.unwrap_or(("404 Not Found", String::new(), b"no\n"));
    asked.lock().unwrap().push(path);
    let length = content.len();
    let head = format!("HTTP/1.1 {status}\r\n{header}Content-Length: {length}\r\nConnection: close\r\n\r\n");
    // A client that has seen enough is not the server's affair.
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(content));
}

/// A runner: a checkout of imgver's repository, cut down to what the script looks at.
struct Runner {
    checkout: Repo,
    bin: PathBuf,
}

impl Runner {
    fn new() -> Self {
        let runner = Self::at("checkout");
        runner.checkout.write("Cargo.toml", "[package]\nname = \"imgver\"\n");
        runner.checkout.write("Cargo.lock", "version = 4\n");
        runner.checkout.write("src/main.rs", "fn main() {}\n");
        runner.checkout.write("src/deep/mod.rs", "");
        runner.checkout.write("README.md", "imgver\n");
        runner
    }

    /// One whose checkout, called `name`, holds the action and nothing else.
    fn at(name: &str) -> Self {
        let checkout = Repo::directory(name);
        let script = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(SCRIPT)).unwrap();
        checkout.write(SCRIPT, script);
        for directory in ["bin", "temp", "tools"] {
            fs::create_dir(checkout.sandbox().join(directory)).unwrap();
        }
        fs::write(checkout.sandbox().join("path"), "").unwrap();
        let runner = Self { bin: checkout.sandbox().join("bin"), checkout };
        runner.has("rustc", RUSTC);
        runner.has("cargo", CARGO);
        fs::write(runner.bin.join("rustc.version"), "rustc 1.99.0\nhost: here\n").unwrap();
        runner
    }

    /// Puts a program first on `PATH`.
    fn has(&self, name: &str, program: &str) {
        program_at(&self.bin.join(name), program);
    }

    /// Makes it one of another platform, as `uname` names it.
    fn is_a(&self, system: &str, machine: &str) {
        let uname = format!("#!/bin/sh\ncase $1 in -s) echo {system} ;; *) echo {machine} ;; esac\n");
        self.has("uname", &uname);
    }

    /// A step that runs the script with `args`, with the inputs' defaults, not yet run.
    fn step(&self, args: &[&str]) -> Run {
        let sandbox = self.checkout.sandbox();
        let mut path = vec![self.bin.clone()];
        path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
        self.checkout
            .program("bash")
            .args([SCRIPT])
            .args(args)
            .env("PATH", std::env::join_paths(path).unwrap())
            .env("RUNNER_TEMP", sandbox.join("temp"))
            .env("RUNNER_TOOL_CACHE", sandbox.join("tools"))
            .env("GITHUB_PATH", sandbox.join("path"))
            .env("GITHUB_REPOSITORY", "caller/shop")
            .env("INSTALL_TASK", "true")
            .env("TASK_VERSION", "v3.44.1")
            .env("INSTALL_IMGVER", "true")
            .env("IMGVER_VERSION", "source")
            .env("IMGVER_REPOSITORY", "")
            .env("IMGVER_CHECKSUM", "")
            .env("ACTION_REPOSITORY", "")
    }

    /// The step that downloads [`VERSION`] of team/imgver.
    fn download(&self, server: &Server) -> Run {
        self.step(&["download"])
            .env("GITHUB_SERVER_URL", &server.address)
            .env("IMGVER_VERSION", VERSION)
            .env("IMGVER_REPOSITORY", "team/imgver")
    }

    fn key(&self) -> String {
        let printed = self.step(&["key"]).run().text();
        let key = printed.lines().find_map(|line| line.strip_prefix("key=")).expect("a key");
        let directory = self.checkout.sandbox().join("tools/imgver").join(key.rsplit('-').next().unwrap());
        let directory = directory.display();
        assert_eq!(printed, format!("key={key}\ndirectory={directory}\narchive={directory}/imgver.gz"));
        key.to_owned()
    }

    /// What later steps find on `PATH` before everything else.
    fn added(&self) -> Vec<PathBuf> {
        let text = fs::read_to_string(self.checkout.sandbox().join("path")).unwrap();
        text.lines().map(PathBuf::from).collect()
    }

    /// What the one directory added to `PATH` has as `imgver` says of itself.
    #[track_caller]
    fn installed(&self) -> String {
        let added = self.added();
        assert_eq!(added.len(), 1, "{added:?}");
        assert!(added[0].starts_with(self.checkout.sandbox()), "{added:?}");
        self.checkout.program(added[0].join("imgver")).args(["--version"]).run().line()
    }

    /// Nothing was installed, nothing was left, and nothing that a value asked for was run.
    #[track_caller]
    fn is_untouched(&self) {
        assert_eq!(self.added(), Vec::<PathBuf>::new());
        assert_eq!(names_in(&self.checkout.sandbox().join("temp")), Vec::<String>::new());
        assert!(!self.checkout.path().join("pwned").exists());
    }

    /// An archive of `imgver`, a shell script, and a text.
    fn archive(&self, imgver: &str) -> Vec<u8> {
        program_at(&self.stage().join("imgver"), imgver);
        self.pack(&["README.md", "imgver"])
    }

    fn stage(&self) -> PathBuf {
        let stage = self.checkout.sandbox().join("stage");
        fs::create_dir_all(&stage).unwrap();
        fs::write(stage.join("README.md"), "read me\n").unwrap();
        stage
    }

    fn pack(&self, files: &[&str]) -> Vec<u8> {
        let archive = self.checkout.sandbox().join("archive");
        let stage = self.stage();
        let tar = self.checkout.program("tar").args(["-czf"]).args([&archive]);
        tar.args(["-C"]).args([&stage]).args(files).run().text();
        fs::read(archive).unwrap()
    }

    fn sha256(&self, content: &[u8]) -> String {
        let command = "sha256sum 2>/dev/null || shasum -a 256";
        let printed = self.checkout.program("sh").args(["-c", command]).input(content).run().text();
        printed.split(' ').next().unwrap().to_owned()
    }

    /// A server with a release of this archive, and a right SHA256SUMS.
    fn serve(&self, archive: Vec<u8>) -> Server {
        let sums =
            format!("{OTHER}  imgver-v1.2.3-plan9-mips.tar.gz\n{}  {}\n", self.sha256(&archive), name());
        Server::with(vec![file("SHA256SUMS", sums), file(&name(), archive)])
    }
}

fn program_at(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn names_in(directory: &Path) -> Vec<String> {
    let names = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name());
    names.map(|name| name.to_string_lossy().into_owned()).collect()
}

/// The archive for this machine.
fn name() -> String {
    let os = if cfg!(target_os = "macos") { "darwin" } else { "linux" };
    let arch = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
    format!("imgver-{VERSION}-{os}-{arch}.tar.gz")
}

fn at(name: &str) -> String {
    format!("{RELEASE}/{name}")
}

fn file(name: &str, content: impl Into<Vec<u8>>) -> Entry {
    Entry::File(at(name), content.into())
}

fn saying(version: &str) -> String {
    format!("#!/bin/sh\necho 'imgver {version}'\n")
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn a_release_is_installed() {
    let runner = Runner::new();
    let server = runner.serve(runner.archive(&saying("1.2.3")));
    assert_eq!(runner.download(&server).run().line(), "imgver 1.2.3");
    assert_eq!(runner.installed(), "imgver 1.2.3");
    assert_eq!(names_in(&runner.added()[0]), ["imgver"]);
    assert_eq!(names_in(&runner.checkout.sandbox().join("temp")), ["imgver"]);
    assert_eq!(server.asked(), [at("SHA256SUMS"), at(&name())]);
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn a_second_installation_replaces_the_first() {
    let runner = Runner::new();
    let server = runner.serve(runner.archive(&saying("1.2.3")));
    runner.download(&server).run().line();
    runner.download(&server).run().line();
    assert_eq!(runner.added()[0], runner.added()[1]);
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn the_repository_is_the_actions_own_and_else_the_callers() {
    for (action, repository) in [("fork/imgver", "fork/imgver"), ("", "caller/shop")] {
        let runner = Runner::new();
        let server = Server::with(Vec::new());
        let step = runner.download(&server).env("IMGVER_REPOSITORY", "").env("ACTION_REPOSITORY", action);
        step.run().fails(1);
        assert_eq!(server.asked(), [format!("/{repository}/releases/download/v1.2.3/SHA256SUMS")]);
    }
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn an_archive_with_another_checksum_is_refused() {
    let runner = Runner::new();
    let marker = runner.checkout.path().join("pwned");
    let archive = runner.archive(&format!("#!/bin/sh\ntouch '{}'\necho 'imgver 1.2.3'\n", marker.display()));
    let has = runner.sha256(&archive);
    let sums = format!("{OTHER}  {}\n", name());
    let server = Server::with(vec![file("SHA256SUMS", sums), file(&name(), archive)]);
    let output = runner.download(&server).run();
    let error = output.fails(1);
    assert!(error.contains(OTHER) && error.contains(&has), "{error}");
    runner.is_untouched();
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn the_callers_own_checksum_counts_more_than_the_releases() {
    let runner = Runner::new();
    let archive = runner.archive(&saying("1.2.3"));
    let has = runner.sha256(&archive);
    let server = runner.serve(archive);
    let output = runner.download(&server).env("IMGVER_CHECKSUM", OTHER).run();
    let error = output.fails(1);
    assert!(error.contains(OTHER) && error.contains(&has), "{error}");
    runner.is_untouched();
    assert_eq!(server.asked(), [at(&name())]);

    runner.download(&server).env("IMGVER_CHECKSUM", has.to_uppercase()).run().line();
    assert_eq!(runner.installed(), "imgver 1.2.3");
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn a_release_that_is_not_there_is_named() {
    let runner = Runner::new();
    let server = Server::with(Vec::new());
    let output = runner.download(&server).run();
    let error = output.fails(1);
    assert!(error.contains(&format!("error: not found: {}{RELEASE}/SHA256SUMS", server.address)), "{error}");
    assert!(error.contains("hint: "), "{error}");
    runner.is_untouched();
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn checksums_that_leave_the_archive_out_are_refused() {
    let sums = [
        String::new(),
        format!("{OTHER}  other-{}\n", name()),
        format!("{OTHER}  {}.sig\n", name()),
        format!("0000  {}\n", name()),
        format!("{}\n", name()),
    ];
    for sums in sums {
        let runner = Runner::new();
        let server =
            Server::with(vec![file("SHA256SUMS", sums), file(&name(), runner.archive("#!/bin/sh\n"))]);
        let output = runner.download(&server).run();
        assert!(output.fails(1).contains(&format!("does not name {}", name())), "{output}");
        runner.is_untouched();
        assert_eq!(server.asked(), [at("SHA256SUMS")]);
    }
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn a_redirect_may_not_leave_tls() {
    let runner = Runner::new();
    let elsewhere = Server::with(Vec::new());
    let moved = Entry::Moved(at("SHA256SUMS"), format!("{}/SHA256SUMS", elsewhere.address));
    let server = Server::with(vec![moved]);
    let output = runner.download(&server).run();
    assert!(output.fails(1).contains("cannot download"), "{output}");
    runner.is_untouched();
    assert_eq!(elsewhere.asked(), Vec::<String>::new());
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn hostile_values_never_reach_a_server_or_a_shell() {
    let hostile = [
        ("IMGVER_VERSION", "v1.0.0;touch pwned"),
        ("IMGVER_VERSION", "v1.0.0\ntouch pwned"),
        ("IMGVER_VERSION", "v1.0.0\n"),
        ("IMGVER_VERSION", "$(touch pwned)"),
        ("IMGVER_VERSION", "x[$(touch pwned)]"),
        ("IMGVER_VERSION", "v1.2.3/../../../../evil/imgver/releases/download/v1.2.3"),
        ("IMGVER_VERSION", "v1.2.3-rc.1"),
        ("IMGVER_VERSION", "v1.2.03"),
        ("IMGVER_VERSION", "1.2.3"),
        ("IMGVER_VERSION", "latest"),
        ("IMGVER_VERSION", ""),
        ("IMGVER_REPOSITORY", "../../x"),
        ("IMGVER_REPOSITORY", "team/.."),
        ("IMGVER_REPOSITORY", "team/."),
        ("IMGVER_REPOSITORY", "team/imgver/x"),
        ("IMGVER_REPOSITORY", "team"),
        ("IMGVER_REPOSITORY", "team/imgver?x"),
        ("IMGVER_REPOSITORY", "team/imgver;touch pwned"),
        ("IMGVER_REPOSITORY", "user:password@host/imgver"),
        ("IMGVER_REPOSITORY", "team/{imgver,evil}"),
        ("IMGVER_REPOSITORY", "team/imgver\n"),
        ("IMGVER_REPOSITORY", "téam/imgver"),
        ("ACTION_REPOSITORY", "../../x"),
        ("IMGVER_CHECKSUM", "0"),
        ("IMGVER_CHECKSUM", "$(touch pwned)"),
        ("IMGVER_CHECKSUM", &format!("{OTHER}\n{OTHER}")),
    ];
    let runner = Runner::new();
    let server = Server::with(Vec::new());
    for (variable, value) in hostile {
        let defaults = if variable == "ACTION_REPOSITORY" { "" } else { "team/imgver" };
        for command in ["download", "inputs"] {
            let step = runner.step(&[command]).env("GITHUB_SERVER_URL", &server.address);
            let step = step.env("IMGVER_VERSION", VERSION).env("IMGVER_REPOSITORY", defaults);
            let output = step.env(variable, value).run();
            // Two lines of our own, whatever the value has: a runner obeys lines that begin with two colons.
            let error = output.fails(1);
            assert_eq!(error.lines().count(), 2, "{output}");
            assert!(error.starts_with("error: imgver-"), "{output}");
            runner.is_untouched();
        }
    }
    assert_eq!(server.asked(), Vec::<String>::new());
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn archives_that_are_not_what_they_should_be_are_refused() {
    let runner = Runner::new();
    let another = runner.archive(&saying("1.2.4"));
    let broken = runner.archive("#!/bin/sh\nexit 1\n");
    fs::remove_file(runner.stage().join("imgver")).unwrap();
    let empty = runner.pack(&["README.md"]);
    symlink("/bin/echo", runner.stage().join("imgver")).unwrap();
    let link = runner.pack(&["imgver"]);
    for (archive, error) in [
        (another, "says that it is imgver\\ 1.2.4"),
        (broken, "does not run here"),
        (empty, "cannot unpack imgver from"),
        (link, "is no file"),
        (b"no archive".to_vec(), "cannot unpack imgver from"),
    ] {
        let output = runner.download(&runner.serve(archive)).run();
        assert!(output.fails(1).contains(error), "{error}: {output}");
        runner.is_untouched();
    }
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn platforms_without_archives_are_named() {
    for (system, machine, error) in [
        ("FreeBSD", "amd64", "imgver does not run on FreeBSD"),
        ("Linux", "riscv64", "no release of imgver is for riscv64"),
    ] {
        let runner = Runner::new();
        runner.is_a(system, machine);
        let server = Server::with(Vec::new());
        let output = runner.download(&server).run();
        assert!(output.fails(1).contains(error), "{output}");
        assert_eq!(server.asked(), Vec::<String>::new());
    }
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn each_platform_has_its_archive() {
    for (system, machine, platform) in [
        ("Linux", "x86_64", "linux-amd64"),
        ("Linux", "aarch64", "linux-arm64"),
        ("Darwin", "x86_64", "darwin-amd64"),
        ("Darwin", "arm64", "darwin-arm64"),
    ] {
        let runner = Runner::new();
        runner.is_a(system, machine);
        let server = Server::with(Vec::new());
        runner.download(&server).env("IMGVER_CHECKSUM", OTHER).run().fails(1);
        assert_eq!(server.asked(), [at(&format!("imgver-v1.2.3-{platform}.tar.gz"))]);
    }
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn inputs_become_outputs() {
    let outputs = |variables: &[(&str, &str)]| {
        let runner = Runner::new();
        variables.iter().fold(runner.step(&["inputs"]), |step, (name, value)| step.env(name, value)).run()
    };
    assert_eq!(outputs(&[]).text(), "task=3.44.1\nimgver=source");
    assert_eq!(outputs(&[("TASK_VERSION", "3.44.1")]).text(), "task=3.44.1\nimgver=source");
    assert_eq!(outputs(&[("INSTALL_TASK", "False"), ("TASK_VERSION", "")]).text(), "imgver=source");
    assert_eq!(outputs(&[("INSTALL_IMGVER", "false"), ("IMGVER_VERSION", "")]).text(), "task=3.44.1");
    assert_eq!(outputs(&[("INSTALL_TASK", "false"), ("INSTALL_IMGVER", "FALSE")]).text(), "");
    let release = outputs(&[("IMGVER_VERSION", VERSION), ("ACTION_REPOSITORY", "team/imgver")]);
    assert_eq!(release.text(), "task=3.44.1\nimgver=release\nrepository=team/imgver");

    for (variable, value) in [
        ("INSTALL_TASK", "yes"),
        ("INSTALL_TASK", ""),
        ("INSTALL_IMGVER", "true\ntask=evil"),
        ("TASK_VERSION", "3.x"),
        ("TASK_VERSION", "vv3.44.1"),
        ("TASK_VERSION", "3.44.1\nimgver=evil"),
        ("IMGVER_VERSION", "Source"),
        ("IMGVER_CHECKSUM", OTHER),
        ("IMGVER_REPOSITORY", "team/imgver"),
    ] {
        let output = outputs(&[(variable, value)]);
        assert_eq!(output.fails(1).lines().count(), 2, "{output}");
    }
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn the_key_changes_with_what_makes_the_program_and_nothing_else() {
    let runner = Runner::new();
    let first = runner.key();
    assert!(first.starts_with("imgver-"), "{first}");
    let checkout = &runner.checkout;

    // The same text at another time, other files, another place.
    checkout.write("src/main.rs", "fn main() {}\n");
    fs::File::open(checkout.path().join("src/main.rs")).unwrap().set_modified(std::time::UNIX_EPOCH).unwrap();
    checkout.write("README.md", "changed\n");
    checkout.write("tests/new.rs", "");
    checkout.write("target/release/imgver", "");
    assert_eq!(runner.key(), first);
    assert_eq!(Runner::new().key(), first);

    let mut seen = vec![first];
    let mut changes = |what: &str| {
        let key = runner.key();
        assert!(!seen.contains(&key), "{what}");
        seen.push(key);
    };
    checkout.write("src/main.rs", "fn main() {  }\n");
    changes("a file changed");
    checkout.write("src/deep/new.rs", "");
    changes("a file was added");
    fs::rename(checkout.path().join("src/deep/new.rs"), checkout.path().join("src/new.rs")).unwrap();
    changes("a file was renamed");
    checkout.write("Cargo.lock", "version = 3\n");
    changes("the lock file changed");
    checkout.write("Cargo.toml", "[package]\nname = \"imgver\"\nversion = \"2.0.0\"\n");
    changes("the manifest changed");
    checkout.write("rust-toolchain.toml", "[toolchain]\n");
    changes("a toolchain is named");
    fs::write(runner.bin.join("rustc.version"), "rustc 2.0.0\nhost: here\n").unwrap();
    changes("the compiler changed");
    runner.has("getconf", "#!/bin/sh\necho glibc 1.0\n");
    changes("the C library changed");
}

/// A place for imgver built from source, and the steps that use it.
struct Source {
    runner: Runner,
    directory: PathBuf,
}

impl Source {
    fn new() -> Self {
        let runner = Runner::new();
        Self { directory: runner.checkout.sandbox().join("tools/imgver/abc"), runner }
    }

    #[track_caller]
    fn build(&self) {
        let step = self.runner.step(&["build", self.directory.to_str().unwrap()]);
        let step = step.env("RUSTFLAGS", "-Cinstrument-coverage").env("CARGO_BUILD_TARGET", "elsewhere");
        assert_eq!(step.run().line(), "imgver 0.0.1");
        assert_eq!(self.runner.added().last().unwrap(), &self.directory.join("bin"));
        // Nothing half-done is left.
        let mut names = names_in(&self.directory);
        names.sort();
        assert_eq!(names, ["bin", "imgver.gz"]);
        assert_eq!(names_in(&self.directory.join("bin")), ["imgver"]);
    }

    /// How often it was compiled.
    fn compilations(&self) -> usize {
        let root = self.runner.checkout.path().display().to_string();
        let calls = fs::read_to_string(self.runner.bin.join("cargo.args")).unwrap_or_default();
        for call in calls.lines() {
            let args = format!("install --locked --force --path {root} --root {}/", self.directory.display());
            assert!(call.starts_with(&args) && call.ends_with(" RUSTFLAGS= CARGO_BUILD_TARGET="), "{call}");
        }
        calls.lines().count()
    }
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn a_build_is_installed_and_used_again() {
    let source = Source::new();
    source.build();
    assert_eq!(source.runner.installed(), "imgver 0.0.1");
    source.build();
    assert_eq!(source.compilations(), 1, "built again");

    // What the cache restores is the archive alone.
    fs::remove_dir_all(source.directory.join("bin")).unwrap();
    source.build();
    assert_eq!(source.compilations(), 1, "the archive was not used");

    program_at(&source.directory.join("bin/imgver"), "#!/bin/sh\nexit 1\n");
    source.build();
    assert_eq!(source.compilations(), 1, "the archive was not used");

    // Another job is writing it, or it is not what it should be.
    let archive = fs::read(source.directory.join("imgver.gz")).unwrap();
    for archive in [&archive[..archive.len() - 1], &archive[..20], b"", b"no archive"] {
        let before = source.compilations();
        fs::remove_dir_all(source.directory.join("bin")).unwrap();
        fs::write(source.directory.join("imgver.gz"), archive).unwrap();
        source.build();
        assert_eq!(source.compilations(), before + 1, "a broken archive was used");
    }
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn jobs_at_the_same_time_do_not_get_in_each_others_way() {
    let source = Source::new();
    std::thread::scope(|scope| {
        let step = || source.runner.step(&["build", source.directory.to_str().unwrap()]).run().line();
        let jobs: Vec<_> = (0..4).map(|_| scope.spawn(step)).collect();
        for job in jobs {
            assert_eq!(job.join().unwrap(), "imgver 0.0.1");
        }
    });
    source.build();
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn the_cache_is_asked_only_for_what_is_not_there() {
    let runner = Runner::new();
    let hash = runner.key().rsplit('-').next().unwrap().to_owned();
    let sandbox = runner.checkout.sandbox();
    let printed = |place: &Path| {
        let step = runner.step(&["key"]).env("RUNNER_TOOL_CACHE", place);
        let text = step.run().text();
        let lines: Vec<_> = text.lines().skip(1).map(ToOwned::to_owned).collect();
        lines
    };
    let expected = |place: &str, archive: bool| {
        let directory = sandbox.join(place).join("imgver").join(&hash);
        let archive = if archive { directory.join("imgver.gz") } else { PathBuf::new() };
        [format!("directory={}", directory.display()), format!("archive={}", archive.display())]
    };
    let tools = sandbox.join("tools");
    let bin = tools.join("imgver").join(&hash).join("bin");
    fs::create_dir_all(&bin).unwrap();
    program_at(&bin.join("imgver"), &saying("0.0.1"));
    assert_eq!(printed(&tools), expected("tools", false));
    program_at(&bin.join("imgver"), "#!/bin/sh\nexit 1\n");
    assert_eq!(printed(&tools), expected("tools", true));
    // Without a place for tools, or with one that nothing can be put into, there is the job's own.
    assert_eq!(printed(Path::new("")), expected("temp", true));
    fs::write(sandbox.join("file"), "").unwrap();
    assert_eq!(printed(&sandbox.join("file")), expected("temp", true));
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn a_failed_build_is_not_installed() {
    let source = Source::new();
    source.runner.has("cargo.fails", "");
    let step = source.runner.step(&["build", source.directory.to_str().unwrap()]);
    assert_eq!(step.run().code, 101);
    assert_eq!(source.runner.added(), Vec::<PathBuf>::new());
    assert_eq!(names_in(&source.directory), ["bin"]);
    assert_eq!(names_in(&source.directory.join("bin")), Vec::<String>::new());
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn only_imgver_is_built() {
    let runner = Runner::at("alone");
    for manifest in [None, Some("[package]\nname = \"shop\"\n"), Some("# name = \"imgver\"\n")] {
        if let Some(manifest) = manifest {
            runner.checkout.write("Cargo.toml", manifest);
        }
        for args in [&["key"][..], &["build", "/nowhere"]] {
            let output = runner.step(args).run();
            assert!(output.fails(1).contains("error: no source of imgver in "), "{output}");
            runner.is_untouched();
        }
    }
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn anything_else_is_a_usage_error() {
    for args in [&[][..], &["need_source"], &["build"], &["download", "v1.2.3"], &["fail", "x"]] {
        let output = Runner::new().step(args).run();
        assert_eq!((output.code, &*output.stdout), (2, ""), "{output}");
        assert!(output.stderr.starts_with("usage: imgver.sh "), "{output}");
    }
}
