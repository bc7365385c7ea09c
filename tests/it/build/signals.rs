//! Whoever ends imgver ends docker, and docker has the time to clean up.

use std::fs;
use std::io::Write as _;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::fake::Shop;

/// Says when it is there, writes down each signal as it comes, and takes its time to end.
const PATIENT: &str = r#"
status=0
trap 'echo HUP >>"$here/signals"; status=129' HUP
trap 'echo INT >>"$here/signals"; status=130' INT
trap 'echo TERM >>"$here/signals"; status=143' TERM
sleep 60 >/dev/null 2>&1 </dev/null &
sleeper=$!
echo ready >"$here/ready"
wait
# Cleaning up takes a while, and imgver waits for it.
for _ in 1 2 3 4 5; do sleep 0.1; done
kill $sleeper
echo cleaned >>"$here/signals"
exit $status"#;

/// Starts imgver, and waits until docker is there.
fn start(shop: &Shop, args: &[&str]) -> Child {
    let mut child = Command::new(env!("CARGO_BIN_EXE_imgver"));
    child.args(args).current_dir(shop.repo.path()).env("PATH", shop.path());
    // A group of its own, as a shell gives to what it starts.
    child.process_group(0).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let child = child.spawn().unwrap();
    wait_for(&shop.bin().join("ready"));
    child
}

/// Starts the build of one service.
fn start_one(shop: &Shop) -> Child {
    shop.on("buildx-build", PATIENT);
    start(shop, &["build", "web"])
}

pub(crate) fn wait_for(file: &Path) {
    let start = Instant::now();
    while !file.exists() {
        assert!(start.elapsed() < Duration::from_secs(30), "docker was not started");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Sends `signal` to `whom`, a process, or a group as a negative number.
pub(crate) fn kill(signal: &str, whom: &str) {
    assert!(Command::new("kill").args([signal, "--", whom]).status().unwrap().success());
}

#[track_caller]
fn ends(shop: &Shop, child: Child, received: &str, status: i32) {
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), output.status.signal()), (Some(7), None), "{stderr}");
    assert!(stderr.ends_with(&format!("failed with status {status}\n")), "{stderr}");
    let signals = fs::read_to_string(shop.bin().join("signals")).unwrap();
    assert_eq!(signals, format!("{received}\ncleaned\n"));
}

#[test]
fn a_request_to_end_is_passed_on() {
    for (signal, received, status) in [("-TERM", "TERM", 143), ("-INT", "INT", 130), ("-HUP", "HUP", 129)] {
        let shop = Shop::new();
        let child = start_one(&shop);
        kill(signal, &child.id().to_string());
        ends(&shop, child, received, status);
    }
}

#[test]
fn what_was_pushed_when_it_was_stopped_is_not_known() {
    let shop = Shop::new();
    shop.on("buildx-bake", &format!("cat >/dev/null\ncase \"$*\" in *cacheonly*) exit 0 ;; esac\n{PATIENT}"));
    let child = start(&shop, &["build", "api", "web", "--push", "--keep-going", "--metadata-file", "m.json"]);
    kill("-TERM", &child.id().to_string());
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(7), "{stderr}");
    assert!(
        stderr.contains("failed with status 143; not known whether pushed: example/services-api:1.2.3-0000-"),
        "{stderr}"
    );
    assert_eq!(fs::read_to_string(shop.bin().join("signals")).unwrap(), "TERM\ncleaned\n");
    // Nothing was started in its place.
    assert_eq!(shop.builds().len(), 2);
    let text = fs::read_to_string(shop.repo.path().join("m.json")).unwrap();
    let metadata: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(metadata["api"]["imgver.pushed"], serde_json::Value::Null);
    assert!(metadata["web"]["image.name"].is_string(), "{metadata}");
}

#[test]
fn docker_has_the_terminal_and_hears_its_interrupt() {
    let shop = Shop::new();
    shop.on("buildx-build", &format!("[ -t 0 ] && [ -t 1 ] && [ -t 2 ] || exit 8\n{PATIENT}"));
    // `script` makes a terminal and gives it what it reads itself. The interrupt would end a shell as well, so there is none.
    let command = format!("exec {} build web", env!("CARGO_BIN_EXE_imgver"));
    let mut terminal = Command::new("script");
    terminal.args(["-qec", &command, "/dev/null"]).current_dir(shop.repo.path()).env("PATH", shop.path());
    terminal.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
    let mut terminal = terminal.spawn().unwrap();
    let mut keyboard = terminal.stdin.take().unwrap();
    wait_for(&shop.bin().join("ready"));
    keyboard.write_all(b"\x03").unwrap();
    let output = terminal.wait_with_output().unwrap();
    let screen = String::from_utf8_lossy(&output.stdout);
    assert!(screen.ends_with("failed with status 130\r\n"), "{screen}");
    // With `-e`, how the command ended.
    assert_eq!(output.status.code(), Some(7), "{screen}");
    assert_eq!(fs::read_to_string(shop.bin().join("signals")).unwrap(), "INT\ncleaned\n");
}

#[test]
fn an_interrupted_build_is_called_so() {
    let shop = Shop::new();
    // As buildx ends: with a status like that of any failure.
    let script = PATIENT.replace("exit $status", "exit 1");
    shop.on("buildx-bake", &format!("cat >/dev/null\n{script}"));
    let child = start(&shop, &["build", "api", "web", "--push"]);
    kill("-TERM", &child.id().to_string());
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    let message = "was interrupted by SIGTERM and failed with status 1; nothing was pushed\n";
    assert!(output.status.code() == Some(7) && stderr.ends_with(message), "{stderr}");
    assert_eq!(shop.builds().len(), 1);
}

/// A question that is never answered, and what it started.
const DEAF: &str = r#"
sleep 600 &
echo $$ $! >"$here/pids"
wait"#;

#[test]
fn a_question_ends_with_who_asked() {
    for (signal, number) in [("-TERM", 15), ("-INT", 2), ("-HUP", 1)] {
        let shop = Shop::new();
        shop.on("buildx-inspect", DEAF);
        let mut child = Command::new(env!("CARGO_BIN_EXE_imgver"));
        child.args(["build", "web"]).current_dir(shop.repo.path()).env("PATH", shop.path()).process_group(0);
        let child = child.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let pids = pids(&shop.bin().join("pids"));
        kill(signal, &child.id().to_string());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.signal(), Some(number), "{output:?}");
        pids.iter().for_each(|pid| wait_for_end(pid));
        assert!(!shop.has_built());
    }
}

/// The ids of processes, once `file` has them.
pub(crate) fn pids(file: &Path) -> Vec<String> {
    wait_for(file);
    loop {
        let text = fs::read_to_string(file).unwrap();
        if text.ends_with('\n') {
            return text.split_whitespace().map(ToOwned::to_owned).collect();
        }
    }
}

/// Waits until the process is gone, or has ended and is still on the list.
pub(crate) fn wait_for_end(pid: &str) {
    let runs = || {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.rsplit_once(") ").is_some_and(|(_, state)| !state.starts_with('Z'))
    };
    let start = Instant::now();
    while runs() {
        assert!(start.elapsed() < Duration::from_secs(30), "{pid} still runs");
        std::thread::sleep(Duration::from_millis(10));
    }
}
