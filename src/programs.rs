//! The one file that runs other programs, through duct: no shell, ever.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output};
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use duct::unix::HandleExt as _;
use duct::{Expression, Handle};
use rustix::process::{Pid, Signal};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::SignalsInfo;
use signal_hook::iterator::exfiltrator::WithOrigin;
use signal_hook::low_level::siginfo::Cause;
use signal_hook::low_level::signal_name;

use crate::display::without_credentials;
use crate::meter::Meter;

/// The environment that other programs are found and run in.
#[derive(Debug, Clone)]
pub struct Programs {
    directory: PathBuf,
    env: BTreeMap<OsString, OsString>,
    meter: Meter,
}

impl Programs {
    /// Programs on the `PATH` of `env`, which run in `directory` with the variables of `env`.
    pub fn new(directory: &Path, env: &BTreeMap<OsString, OsString>) -> Self {
        Programs { directory: directory.to_owned(), env: env.clone(), meter: Meter::off() }
    }

    /// The same, and `meter` shows what takes long while none of them runs.
    #[must_use]
    pub fn with_meter(self, meter: Meter) -> Self {
        Programs { meter, ..self }
    }

    /// What shows how far long work has got.
    pub fn meter(&self) -> &Meter {
        &self.meter
    }

    /// The variable `name`, which may be empty.
    pub fn var(&self, name: &str) -> Option<&OsStr> {
        self.env.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    /// The directory that they run in.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Finds the program `name`.
    ///
    /// # Errors
    /// It is not on `PATH`.
    pub fn find(&self, name: &str) -> Result<Program, which::Error> {
        let path = which::which_in(name, self.env.get(OsStr::new("PATH")), &self.directory)?;
        Ok(Program { path, world: self.clone() })
    }
}

/// A program that was found on `PATH`.
#[derive(Debug, Clone)]
pub struct Program {
    path: PathBuf,
    world: Programs,
}

impl Program {
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The same program with further variables.
    #[must_use]
    pub fn with_env(mut self, env: &[(&str, &str)]) -> Self {
        self.world.env.extend(env.iter().map(|(name, value)| (name.into(), value.into())));
        self
    }

    /// Runs a quick query or a small task and captures its output; `input` is its standard input. Whoever ends this process
    /// meanwhile ends it as well, with all that it started.
    ///
    /// # Errors
    /// It cannot be run, or signals cannot be watched. The caller checks the exit status.
    pub fn ask(&self, args: &[impl AsRef<OsStr>], input: Option<&str>) -> io::Result<Output> {
        let expression = match input {
            Some(text) => self.expression(args).stdin_bytes(text.as_bytes()),
            None => self.expression(args).stdin_null(),
        };
        let run = self.start(expression.stdout_capture().stderr_capture(), Audience::Nobody)?;
        if let Some(signal) = run.signal {
            // Nobody waits for the answer any more.
            signal_hook::low_level::emulate_default_handler(signal)?;
        }
        Ok(run.output)
    }

    /// Runs it with the terminal to itself, unless it reads `input`. An interrupt or a request to end reaches it, and it has
    /// the time it takes to clean up, also what it has started itself.
    ///
    /// # Errors
    /// It cannot be run, or signals cannot be watched. The caller checks the exit status.
    pub fn run(&self, args: &[impl AsRef<OsStr>], input: Option<&str>) -> io::Result<Ran> {
        let expression = self.expression(args);
        let expression = input.into_iter().fold(expression, |expression, text| expression.stdin_bytes(text));
        self.start(expression, Audience::Program)
            .map(|run| Ran { status: run.output.status, signal: run.signal })
    }

    /// As [`Program::run`], with all its output on standard error, and signals reach all that it has started, too.
    ///
    /// # Errors
    /// As there.
    pub fn run_aside(&self, args: &[impl AsRef<OsStr>]) -> io::Result<ExitStatus> {
        self.start(self.expression(args).stdout_to_stderr(), Audience::Descendants)
            .map(|run| run.output.status)
    }

    /// Runs it to its end. Whatever it is asked, it may ask somebody at the terminal in its turn.
    fn start(&self, expression: Expression, audience: Audience) -> io::Result<Ended> {
        let _alone = self.world.meter.pause();
        run(expression, audience)
    }

    fn expression(&self, args: &[impl AsRef<OsStr>]) -> Expression {
        let args = args.iter().map(|arg| arg.as_ref().to_owned());
        duct::cmd(&self.path, args).dir(&self.world.directory).full_env(&self.world.env)
    }
}

/// How a program ended that had the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ran {
    /// Its exit status.
    pub status: ExitStatus,
    /// The last signal that came while it ran, and asked to end.
    pub signal: Option<i32>,
}

impl Ran {
    /// How it ended, and whether this process was asked to end: `was interrupted by SIGINT and failed with status 1`.
    pub fn end(&self) -> String {
        let named = self.signal.and_then(signal_name);
        match named.filter(|_| self.status.signal().is_none()) {
            Some(signal) => format!("was interrupted by {signal} and {}", end(self.status)),
            None => end(self.status),
        }
    }

    /// Whether somebody wanted it to end, so that nothing else should be started in its place: this process was asked to, or a
    /// signal ended the program, which a status above 128 stands for.
    pub fn was_stopped(&self) -> bool {
        let is_signal = |code: i32| watched_by_default().iter().any(|signal| code == 128 + signal);
        self.signal.is_some() || self.status.signal().is_some() || self.status.code().is_some_and(is_signal)
    }
}

/// Who hears of a signal to this process, and has the time to end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Audience {
    /// The program, which sees to what it has started.
    Program,
    /// The program and all that it has started: git leaves ssh and other transports running.
    Descendants,
    /// The same, but nobody waits for long.
    Nobody,
}

/// A program that has ended.
struct Ended {
    output: Output,
    /// The last signal that came while it ran.
    signal: Option<i32>,
}

fn run(expression: Expression, audience: Audience) -> io::Result<Ended> {
    let idle = idle()?;
    let mut signals = SignalsInfo::<WithOrigin>::new(watched())?;
    idle.store(false, Ordering::SeqCst);
    let ended = expression.unchecked().start().and_then(|handle| wait(&handle, &mut signals, audience));
    idle.store(true, Ordering::SeqCst);
    let mut ended = ended?;
    // One that came too late to be passed on.
    ended.signal = signals.pending().last().map(|origin| origin.signal).or(ended.signal);
    Ok(ended)
}

/// Whether no other program runs. Then the signals do what they do by default, which a handler alone would prevent from its
/// first use to the end of the process.
fn idle() -> io::Result<Arc<AtomicBool>> {
    static IDLE: Mutex<Option<Arc<AtomicBool>>> = Mutex::new(None);
    let mut known = IDLE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(idle) = &*known {
        return Ok(Arc::clone(idle));
    }
    let idle = Arc::new(AtomicBool::new(true));
    for signal in watched() {
        signal_hook::flag::register_conditional_default(signal, Arc::clone(&idle))?;
    }
    *known = Some(Arc::clone(&idle));
    Ok(idle)
}

/// The signals that ask a process to end, but for those that were to be ignored from the start, as nohup(1) has it.
fn watched() -> Vec<i32> {
    // Before the first handler takes its place.
    static IGNORED: OnceLock<u64> = OnceLock::new();
    let status = || std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = *IGNORED.get_or_init(|| ignored(&status()));
    watched_by_default().into_iter().filter(|signal| ignored >> (signal - 1) & 1 == 0).collect()
}

fn watched_by_default() -> [i32; 3] {
    [SIGHUP, SIGINT, SIGTERM]
}

/// The mask of ignored signals in `/proc/PID/status` (proc_pid_status(5)); none elsewhere than on Linux.
fn ignored(status: &str) -> u64 {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

/// Waits for the program's end, passing on signals from other processes. It gets those of the terminal itself.
fn wait(handle: &Handle, signals: &mut SignalsInfo<WithOrigin>, audience: Audience) -> io::Result<Ended> {
    let watch = signals.handle();
    let (last, has_ended) = (AtomicI32::new(0), AtomicBool::new(false));
    let left = Mutex::new(Vec::new());
    let output = std::thread::scope(|scope| {
        scope.spawn(|| {
            for origin in signals.forever() {
                last.store(origin.signal, Ordering::SeqCst);
                // Before the program ends: what it leaves behind has no parent any more.
                let started =
                    if audience == Audience::Program { Vec::new() } else { descendants(&handle.pids()) };
                let is_terminals = origin.signal == SIGINT && !matches!(origin.cause, Cause::Sent(_));
                if !is_terminals {
                    // It may have ended meanwhile.
                    let _ = handle.send_signal(origin.signal);
                    // A shell makes what it starts in the background ignore interrupts.
                    started.iter().for_each(|process| process.send(Signal::TERM));
                }
                left.lock().unwrap_or_else(PoisonError::into_inner).extend(started);
                if audience == Audience::Nobody {
                    leave(&left, &has_ended, origin.signal);
                }
            }
        });
        let output = handle.wait().cloned();
        has_ended.store(true, Ordering::SeqCst);
        watch.close();
        output
    });
    let left = left.into_inner().unwrap_or_else(PoisonError::into_inner);
    left.iter().for_each(|process| process.send(Signal::KILL));
    let signal = Some(last.into_inner()).filter(|signal| *signal != 0);
    output.map(|output| Ended { output, signal })
}

/// Ends this process as `signal` does by default, once the program has had the time to end.
fn leave(left: &Mutex<Vec<Process>>, has_ended: &AtomicBool, signal: i32) {
    const STEPS: u32 = 100;
    for _ in 0..STEPS {
        if has_ended.load(Ordering::SeqCst) {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    left.lock().unwrap_or_else(PoisonError::into_inner).iter().for_each(|process| process.send(Signal::KILL));
    let _ = signal_hook::low_level::emulate_default_handler(signal);
}

/// A process, which no later one with the same number is taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Process {
    pid: i32,
    parent: i32,
    /// When it was started.
    start: u64,
}

impl Process {
    /// Reads `/proc/PID/stat` (proc_pid_stat(5)); none elsewhere than on Linux.
    fn read(pid: i32) -> Option<Self> {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The program's name is in parentheses, and may contain some.
        let (_, fields) = stat.rsplit_once(") ")?;
        let mut fields = fields.split(' ').skip(1);
        Some(Process { pid, parent: fields.next()?.parse().ok()?, start: fields.nth(17)?.parse().ok()? })
    }

    /// Sends it a signal, if it is still there.
    fn send(&self, signal: Signal) {
        let is_same = Process::read(self.pid).is_some_and(|now| now.start == self.start);
        if let Some(pid) = Pid::from_raw(self.pid).filter(|_| is_same) {
            let _ = rustix::process::kill_process(pid, signal);
        }
    }
}

/// All processes that `roots` have started, and these, and so on.
fn descendants(roots: &[u32]) -> Vec<Process> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let all: Vec<Process> = pids.filter_map(Process::read).collect();
    let mut found: Vec<Process> = Vec::new();
    let mut waiting: Vec<i32> = roots.iter().filter_map(|pid| i32::try_from(*pid).ok()).collect();
    while let Some(parent) = waiting.pop() {
        let children = all.iter().filter(|process| process.parent == parent);
        found.extend(children.clone());
        waiting.extend(children.map(|process| process.pid));
    }
    found
}

/// How a process ended: `failed with status 1`, `was killed by SIGKILL`.
pub fn end(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("failed with status {code}"),
        (None, Some(signal)) => {
            let name = signal_name(signal).map_or_else(|| format!("signal {signal}"), ToOwned::to_owned);
            format!("was killed by {name}")
        }
        (None, None) => "ended in an unknown way".to_owned(),
    }
}

/// How a program failed, and the first line of what it printed.
pub struct ProgramFailure<'a> {
    /// The command, in short.
    pub what: &'a str,
    /// Its output and exit status.
    pub output: &'a Output,
}

impl fmt::Display for ProgramFailure<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stderr = String::from_utf8_lossy(&self.output.stderr);
        let mut lines = stderr.lines().map(str::trim).filter(|line| !line.is_empty());
        write!(f, "{} {}", self.what, end(self.output.status))?;
        // Enough for a sentence; a broken program may print anything. git prints the URLs of remotes.
        let shown = |line| without_credentials(line).chars().take(500).collect::<String>();
        lines.next().map_or(Ok(()), |line| write!(f, ": {}", shown(line)))
    }
}

impl From<ProgramFailure<'_>> for anyhow::Error {
    fn from(failure: ProgramFailure<'_>) -> Self {
        anyhow::Error::msg(failure.to_string())
    }
}
