//! How far long work has got, on one line of the terminal that is gone before anything else is printed.
//!
//! Work counts for itself, with an atomic; a thread of the meter's own looks at the counts. Nothing is painted in the first
//! second, nor in the second after anything else had the terminal. Whatever becomes of the terminal, the work goes on.

use std::fs::File;
use std::io::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

/// How long nothing is painted.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often the line is painted anew.
const TICK: Duration = Duration::from_millis(200);
/// To the beginning of the line, and nothing more on it: carriage return, EL (ECMA-48, 8.3.41).
const ERASE: &str = "\r\u{1b}[K";
/// The width of a terminal that does not say its own.
const WIDTH: u16 = 80;

/// Shows what takes long. A clone shows it on the same line; one that is off costs nothing.
#[derive(Debug, Clone, Default)]
pub struct Meter(Option<Arc<Shared>>);

/// What there is to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Nothing: it is one step, however long that takes.
    Nothing,
    /// Commits, nobody knows how many there will be.
    Commits,
    /// So many in all.
    Of(usize),
}

#[derive(Debug)]
struct Shared {
    terminal: File,
    line: Mutex<Line>,
}

#[derive(Debug)]
struct Line {
    /// The work that has begun and not ended. The last is shown.
    tasks: Vec<Arc<Task>>,
    /// What is on the terminal; empty where nothing is.
    shown: String,
    /// How many have the terminal to themselves.
    pauses: usize,
    /// Since when nothing else was printed.
    since: Instant,
}

#[derive(Debug)]
struct Task {
    what: &'static str,
    measure: Measure,
    count: AtomicU64,
}

impl Meter {
    /// Shows nothing.
    pub fn off() -> Self {
        Meter(None)
    }

    /// Shows what takes long on `terminal`, from a thread of its own.
    pub fn on(terminal: File) -> Self {
        let line = Line { tasks: Vec::new(), shown: String::new(), pauses: 0, since: Instant::now() };
        let shared = Arc::new(Shared { terminal, line: Mutex::new(line) });
        let watched = Arc::downgrade(&shared);
        // Where the system gives no thread, nothing is shown.
        let started = thread::Builder::new().name("meter".to_owned()).spawn(move || watch(&watched));
        Meter(started.is_ok().then_some(shared))
    }

    /// Begins work that may take long: `what` says which, such as `reading history`. It ends when the result is dropped.
    pub fn begin(&self, what: &'static str, measure: Measure) -> Progress {
        Progress(self.0.as_ref().map(|shared| {
            let task = Arc::new(Task { what, measure, count: AtomicU64::new(0) });
            shared.lock().tasks.push(Arc::clone(&task));
            (Arc::clone(shared), task)
        }))
    }

    /// Erases the line, and leaves the terminal alone until the result is dropped.
    pub fn pause(&self) -> Pause {
        if let Some(shared) = &self.0 {
            let mut line = shared.lock();
            line.pauses += 1;
            shared.show(&mut line, String::new());
        }
        Pause(self.0.clone())
    }
}

/// Work that is being done.
#[derive(Debug)]
pub struct Progress(Option<(Arc<Shared>, Arc<Task>)>);

impl Progress {
    /// So many more are done. Who counts fast adds many at once.
    pub fn add(&self, more: u32) {
        if let Some((_, task)) = &self.0 {
            task.count.fetch_add(u64::from(more), Ordering::Relaxed);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((shared, task)) = &self.0 {
            shared.lock().tasks.retain(|other| !Arc::ptr_eq(other, task));
        }
    }
}

/// The terminal is somebody else's.
#[derive(Debug)]
#[must_use = "the line may be painted again once this is dropped"]
pub struct Pause(Option<Arc<Shared>>);

impl Drop for Pause {
    fn drop(&mut self) {
        if let Some(shared) = &self.0 {
            let mut line = shared.lock();
            line.pauses -= 1;
            line.since = Instant::now();
        }
    }
}

/// Paints until the last meter is dropped.
fn watch(shared: &Weak<Shared>) {
    loop {
        thread::sleep(TICK);
        let Some(shared) = shared.upgrade() else { return };
        shared.tick();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tick(&self) {
        let mut line = self.lock();
        if line.pauses > 0 || (line.shown.is_empty() && line.since.elapsed() < PATIENCE) {
            return;
        }
        let width = || usize::from(self.width()).saturating_sub(1);
        let text = line.tasks.last().filter(|_| self.is_ours()).map(|task| task.text(width()));
        self.show(&mut line, text.unwrap_or_default());
    }

    /// Paints `text` in place of what is there.
    fn show(&self, line: &mut Line, text: String) {
        if line.shown == text {
            return;
        }
        let painted = if text.is_empty() { ERASE.to_owned() } else { format!("\r{text}\u{1b}[K") };
        // A terminal that is gone shows nothing.
        let _ = (&self.terminal).write_all(painted.as_bytes());
        line.shown = text;
    }

    /// Whether this process is in the foreground: a job in the background does not write over what somebody types.
    fn is_ours(&self) -> bool {
        let foreground = rustix::termios::tcgetpgrp(&self.terminal);
        foreground.is_ok_and(|group| group == rustix::process::getpgrp())
    }

    fn width(&self) -> u16 {
        let size = rustix::termios::tcgetwinsize(&self.terminal);
        size.ok().map(|size| size.ws_col).filter(|width| *width > 0).unwrap_or(WIDTH)
    }
}

impl Task {
    /// What it is and how far it has got, in so many columns.
    fn text(&self, width: usize) -> String {
        let count = self.count.load(Ordering::Relaxed);
        let text = match self.measure {
            Measure::Commits if count > 0 => format!("{}: {} commits", self.what, grouped(count)),
            Measure::Of(all) => format!("{}: {} of {}", self.what, grouped(count), grouped(all as u64)),
            Measure::Commits | Measure::Nothing => self.what.to_owned(),
        };
        text.chars().take(width).collect()
    }
}

/// `123,456`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (left, digit) in (0..digits.len()).rev().zip(digits.chars()) {
        text.push(digit);
        if left > 0 && left % 3 == 0 {
            text.push(',');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        for (number, text) in
            [(0, "0"), (999, "999"), (1_000, "1,000"), (123_456, "123,456"), (1_000_000, "1,000,000")]
        {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn a_line_says_what_and_how_far_and_fits() {
        let text = |measure, count, width| {
            Task { what: "reading history", measure, count: AtomicU64::new(count) }.text(width)
        };
        assert_eq!(text(Measure::Commits, 0, 79), "reading history");
        assert_eq!(text(Measure::Commits, 123_456, 79), "reading history: 123,456 commits");
        assert_eq!(text(Measure::Of(2000), 34, 79), "reading history: 34 of 2,000");
        assert_eq!(text(Measure::Nothing, 1, 79), "reading history");
        assert_eq!(text(Measure::Commits, 1, 7), "reading");
        assert_eq!(text(Measure::Commits, 1, 0), "");
    }

    #[test]
    fn what_is_shown_is_the_last_that_has_begun_and_nothing_in_a_pause() {
        let out = tempfile::NamedTempFile::new().unwrap();
        let meter = Meter::on(out.reopen().unwrap());
        let shared = Arc::clone(meter.0.as_ref().unwrap());
        let names = || shared.lock().tasks.iter().map(|task| task.what).collect::<Vec<_>>();
        let outer = meter.begin("outer", Measure::Nothing);
        let inner = meter.clone().begin("inner", Measure::Of(2));
        inner.add(2);
        assert_eq!(names(), ["outer", "inner"]);
        drop(outer);
        assert_eq!(names(), ["inner"]);
        shared.show(&mut shared.lock(), "inner: 2 of 2".to_owned());
        let (first, second) = (meter.pause(), meter.pause());
        drop(first);
        let paused = shared.lock();
        assert_eq!((paused.pauses, paused.shown.as_str()), (1, ""));
        drop(paused);
        drop((second, inner));
        assert_eq!(names(), [""; 0]);
        assert_eq!(std::fs::read_to_string(out.path()).unwrap(), "\rinner: 2 of 2\u{1b}[K\r\u{1b}[K");
    }

    #[test]
    fn one_that_is_off_has_nothing_to_show() {
        let meter = Meter::off();
        let progress = meter.begin("nothing", Measure::Commits);
        progress.add(1);
        assert!(progress.0.is_none() && meter.pause().0.is_none());
    }
}
