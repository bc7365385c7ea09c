//! `imgver completions`: the scripts that complete the command line in a shell, and the candidates that they ask for.
//!
//! A script runs `imgver -- WORD…` with [`REQUEST_VARIABLE`] set to the shell's name: the words up to the cursor, the program's name
//! first, the last one unfinished. The answer is a line for each candidate: what the word may become, a tab, and what that
//! means. On any failure there are fewer candidates and no message: someone is typing.

use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use clap::builder::{Str, StyledStr};
use clap::{Arg, Command, CommandFactory as _, ValueHint};
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate, complete};

use super::args::{Cli, CompletionsArgs, Shell};
use super::reply::Reply;
use crate::ci::github::PLANNED_EVENTS;
use crate::display::on_one_line;
use crate::domain::short_name;
use crate::ops::{self, Checkout};
use crate::programs::Programs;
use crate::world::World;

/// The variable that marks a run as a completion request.
const REQUEST_VARIABLE: &str = "IMGVER_COMPLETE";

/// Suggested environments; any other name behaves like development.
const ENVIRONMENTS: [&str; 4] = ["production", "candidate", "staging", "development"];

/// Caches that take no parameter.
const CACHES: [&str; 2] = ["none", "gha"];

/// The script for a shell.
pub(super) fn script(args: &CompletionsArgs) -> Reply {
    let script = match args.shell {
        Shell::Bash => include_str!("completions/imgver.bash"),
        Shell::Zsh => include_str!("completions/imgver.zsh"),
        Shell::Fish => include_str!("completions/imgver.fish"),
        Shell::Powershell => include_str!("completions/imgver.ps1"),
    };
    Reply::text(script)
}

/// The candidates, one a line, if this run is a completion request.
pub(super) fn answer(world: &mut World<'_>) -> Option<String> {
    let typed = match (world.var(REQUEST_VARIABLE)?.to_str(), world.args.as_slice()) {
        (shell, [_, separator, words @ ..]) if separator == "--" => Typed::by(shell, words),
        _ => return None,
    };
    let candidates = typed.candidates(|source| names(source, &typed, world).unwrap_or_default());
    Some(candidates.iter().fold(String::new(), |mut lines, candidate| {
        let value = candidate.get_value().to_string_lossy();
        let meaning = candidate.get_help().map(ToString::to_string).unwrap_or_default();
        let meaning = on_one_line(meaning.lines().next().unwrap_or_default());
        let _ = writeln!(lines, "{}\t{meaning}", value.get(typed.settled..).unwrap_or_default());
        lines
    }))
}

/// What is on the command line before the cursor.
struct Typed {
    /// The program's name, and at least one more.
    words: Vec<OsString>,
    /// How much of the last word the shell itself puts before what it completes.
    settled: usize,
}

impl Typed {
    fn by(shell: Option<&str>, words: &[OsString]) -> Self {
        let mut typed = match shell {
            Some("bash") => Self::by_bash(words),
            _ => Typed { words: words.to_vec(), settled: 0 },
        };
        if let (Some("powershell"), Some(last)) = (shell, typed.words.last_mut()) {
            // The script's own mark: see there.
            *last = last.to_str().and_then(|last| last.strip_prefix(':')).unwrap_or_default().into();
        }
        typed.words.resize(typed.words.len().max(2), OsString::new());
        typed
    }

    /// Bash makes words of their own of `=`, `:` and `@` (its variable COMP_WORDBREAKS), leaves quotes in, and replaces only
    /// what follows the last such character.
    fn by_bash(pieces: &[OsString]) -> Self {
        let is_break = |piece: &OsStr| {
            let bytes = piece.as_encoded_bytes();
            !bytes.is_empty() && bytes.iter().all(|byte| b"=:@".contains(byte))
        };
        let mut words: Vec<OsString> = Vec::new();
        let mut settled = 0;
        let mut is_glued = false;
        for piece in pieces {
            // The program's name is a word of its own in any case.
            let breaks = is_break(piece) && words.len() > 1;
            match words.last_mut() {
                Some(word) if breaks || is_glued => {
                    settled = word.len();
                    word.push(piece);
                    if breaks {
                        settled = word.len();
                    }
                }
                _ => {
                    settled = 0;
                    words.push(piece.clone());
                }
            }
            is_glued = breaks;
        }
        if let Some((last, before)) = words.split_last_mut() {
            before.iter_mut().for_each(|word| *word = unquoted(word));
            let bare = last.to_str().map(|last| last.trim_start_matches(['"', '\'']).into());
            *last = bare.filter(|_| settled == 0).unwrap_or_else(|| last.clone());
        }
        Typed { words, settled }
    }

    /// Candidates for the last word. Options are offered once begun, or if there is nothing else. `names` is asked for names in
    /// the repository only if the last word may be one.
    fn candidates(&self, names: impl FnOnce(Source) -> Vec<Value>) -> Vec<CompletionCandidate> {
        let asked = Arc::new(OnceLock::new());
        let note = |source: Source| {
            let asked = Arc::clone(&asked);
            ArgValueCandidates::new(move || {
                // One word has one source.
                let _ = asked.set(source);
                Vec::new()
            })
        };
        let mut found = self.complete(&note);
        if let Some(source) = asked.get().copied() {
            let values = Arc::new(names(source));
            found = self.complete(&|of| {
                let values = Arc::clone(&values);
                ArgValueCandidates::new(move || {
                    let values = values.iter().filter(|_| of == source);
                    values.map(Value::candidate).collect()
                })
            });
        }
        let is_option =
            |candidate: &CompletionCandidate| candidate.get_value().as_encoded_bytes().starts_with(b"-");
        let is_empty = self.words.last().is_some_and(|word| word.is_empty());
        if is_empty && found.iter().any(|candidate| !is_option(candidate)) {
            found.retain(|candidate| !is_option(candidate));
        }
        found
    }

    /// What clap makes of the words, with `names` for those in the repository.
    fn complete(&self, names: &dyn Fn(Source) -> ArgValueCandidates) -> Vec<CompletionCandidate> {
        let command = Cli::command();
        let commands: Vec<String> =
            command.get_subcommands().map(|command| command.get_name().to_owned()).collect();
        let mut command = with_candidates(command, &commands, names);
        let last = self.words.len().saturating_sub(1);
        complete(&mut command, self.words.clone(), last, None).unwrap_or_default()
    }

    /// The part of the last word that is a value: all of it, or what follows `--option=`.
    fn value(&self) -> &str {
        let last = self.words.last().and_then(|word| word.to_str()).unwrap_or_default();
        match last.split_once('=') {
            Some((option, value)) if option.starts_with("--") => value,
            _ => last,
        }
    }
}

/// `word` as a shell would hand it to a program, as far as that can be known without running anything.
fn unquoted(word: &OsStr) -> OsString {
    let parts = word.to_str().and_then(shlex::split);
    match parts.as_deref() {
        Some([only]) => only.into(),
        _ => word.to_owned(),
    }
}

/// `command` with candidates for values that its grammar does not list. Files are left to the shell, which knows its own
/// quoting.
fn with_candidates(
    command: Command,
    commands: &[String],
    names: &dyn Fn(Source) -> ArgValueCandidates,
) -> Command {
    let complete_arg = |arg: Arg| {
        let values: Vec<Value> = match (arg.get_id().as_str(), value_name(&arg)) {
            (_, Some("SERVICE")) => return arg.add(names(Source::Services)),
            (_, Some("REV")) => return arg.add(names(Source::Revisions)),
            (_, Some("IMAGE_TAG")) => return arg.add(names(Source::Images)),
            (_, Some("COMMAND")) => commands.iter().map(Value::from).collect(),
            (_, Some("EVENT")) => PLANNED_EVENTS.iter().map(Value::from).collect(),
            ("environment", _) => ENVIRONMENTS.iter().map(Value::from).collect(),
            ("cache", _) => CACHES.iter().map(Value::from).collect(),
            _ if arg.get_action().takes_values() => return arg.value_hint(ValueHint::Other),
            _ => return arg,
        };
        arg.add(ArgValueCandidates::new(move || values.iter().map(Value::candidate).collect()))
    };
    command.mut_args(complete_arg).mut_subcommands(|command| with_candidates(command, commands, names))
}

/// Where names come from that only the repository knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    /// The paths and short names of services.
    Services,
    /// Branches and tags.
    Revisions,
    /// The images of services, up to the colon before a tag.
    Images,
}

/// What a word may become, and what that means.
struct Value {
    text: String,
    meaning: Option<String>,
}

impl Value {
    fn from(text: impl ToString) -> Self {
        Value { text: text.to_string(), meaning: None }
    }

    fn candidate(&self) -> CompletionCandidate {
        CompletionCandidate::new(&self.text).help(self.meaning.clone().map(StyledStr::from))
    }
}

fn value_name(arg: &Arg) -> Option<&str> {
    arg.get_value_names().and_then(|names| names.first()).map(Str::as_str)
}

/// The paths of `services`, and the short names that mean one of them only.
fn names_of(services: &[String]) -> Vec<Value> {
    let is_unique =
        |name: &str| services.iter().filter(|path| short_name(path) == name || *path == name).count() == 1;
    let short = services.iter().filter(|path| path.contains('/') && is_unique(short_name(path)));
    let short = short.map(|path| Value { meaning: Some(path.clone()), ..Value::from(short_name(path)) });
    services.iter().map(Value::from).chain(short).filter(|value| is_plain(&value.text)).collect()
}

/// Whether a shell takes `name` for nothing but itself. Some shells insert candidates verbatim, and anyone may have chosen a name.
fn is_plain(name: &str) -> bool {
    !name.starts_with('-')
        && name.chars().all(|character| character.is_alphanumeric() || "._/-+,@".contains(character))
}

/// The names of `source` where the words lead, by `-C`; none without a repository.
fn names(source: Source, typed: &Typed, world: &mut World<'_>) -> Option<Vec<Value>> {
    for directory in directories(&typed.words) {
        let directory = match (directory.strip_prefix("~"), world.var("HOME")) {
            (Ok(below), Some(home)) => Path::new(home).join(below),
            _ => directory,
        };
        world.enter(&directory).ok()?;
    }
    let checkout = Checkout::open(&world.directory, &Programs::new(&world.directory, &world.env)).ok()?;
    let names = match source {
        Source::Services => return ops::service_paths(&checkout).ok().map(|services| names_of(&services)),
        Source::Revisions => ops::revision_names(&checkout, typed.value()).ok()?,
        Source::Images => {
            let images = ops::image_repositories(&checkout).ok()?;
            images.into_iter().map(|image| image + ":").collect()
        }
    };
    // The grammar of images allows nothing else.
    let is_plain = |name: &&String| source == Source::Images || is_plain(name);
    Some(names.iter().filter(is_plain).map(Value::from).collect())
}

/// The directories given by `-C` in `words`, without the program's name and the unfinished last word.
fn directories(words: &[OsString]) -> Vec<PathBuf> {
    let finished = words.split_last().map_or(words, |(_, before)| before);
    let mut options = finished.iter().skip(1).take_while(|word| *word != "--");
    let mut directories = Vec::new();
    while let Some(word) = options.next() {
        match word.to_str().and_then(|word| word.strip_prefix("-C")) {
            Some("") => directories.extend(options.next().map(PathBuf::from)),
            Some(directory) => directories.push(directory.strip_prefix('=').unwrap_or(directory).into()),
            None => {}
        }
    }
    directories
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(words: &[&str]) -> Vec<OsString> {
        words.iter().map(OsString::from).collect()
    }

    fn found(shell: &str, typed: &[&str]) -> Vec<String> {
        let services = ["a/api", "b/api", "go/web", "top", "x/$(reboot)", "x/-f"].map(String::from);
        let typed = Typed::by(Some(shell), &words(typed));
        let found = typed.candidates(|source| match source {
            Source::Services => names_of(&services),
            Source::Revisions => vec![Value::from("main")],
            Source::Images => vec![Value::from("localhost:5000/api:")],
        });
        found.iter().map(|one| one.get_value().to_string_lossy()[typed.settled..].to_owned()).collect()
    }

    #[test]
    fn only_names_that_mean_one_service_and_no_command_are_offered() {
        let all = ["a/api", "b/api", "go/web", "top", "x/-f", "web"];
        assert_eq!(found("zsh", &["imgver", "version", ""]), all);
        assert_eq!(found("zsh", &["imgver", "build", "top", ""]), all);
        assert_eq!(found("zsh", &["imgver", "version", "x/$"]), [""; 0]);
    }

    #[test]
    fn every_service_on_the_command_line_is_completed() {
        let mut completed = 0;
        for command in Cli::command().get_subcommands() {
            let is_service = |arg: &Arg| arg.is_positional() && value_name(arg) == Some("SERVICE");
            if command.get_arguments().any(is_service) {
                let name = command.get_name();
                assert_eq!(found("fish", &["imgver", name, "go/"]), ["go/web"], "{name}");
                completed += 1;
            }
        }
        assert!(completed >= 4, "{completed}");
    }

    #[test]
    fn only_a_word_that_may_be_a_name_is_looked_up() {
        let asked = |typed: &[&str]| {
            let mut asked = None;
            Typed::by(Some("zsh"), &words(typed)).candidates(|source| {
                asked = Some(source);
                Vec::new()
            });
            asked
        };
        assert_eq!(asked(&["imgver", "ex"]), None);
        assert_eq!(asked(&["imgver", "tag", "--environment", "st"]), None);
        assert_eq!(asked(&["imgver", "plan", "--event-name", "pu"]), None);
        assert_eq!(asked(&["imgver", "tag", "ap"]), Some(Source::Services));
        assert_eq!(asked(&["imgver", "locate", "1.0"]), Some(Source::Images));
        for (command, option) in [
            ("changed", "--base"),
            ("changed", "--head"),
            ("plan", "--base"),
            ("tag", "--rev"),
            ("list", "--changed-since"),
            ("release", "--rev"),
        ] {
            assert_eq!(asked(&["imgver", command, option, "m"]), Some(Source::Revisions), "{option}");
            assert_eq!(found("zsh", &["imgver", command, option, ""]), ["main"], "{option}");
        }
    }

    #[test]
    fn what_bash_takes_apart_is_put_together() {
        assert_eq!(found("bash", &["imgver", "tag", "--environment", "=", "st"]), ["staging"]);
        assert_eq!(found("bash", &["imgver", "tag", "--environment", "="]), ENVIRONMENTS);
        assert_eq!(found("bash", &["imgver", "tag", "--environment=st"]), ["--environment=staging"]);
        assert_eq!(found("bash", &["imgver", "tag", "--repo", "localhost", ":", "5000/x", "to"]), ["top"]);
        assert_eq!(found("bash", &["imgver", "version", "\"to"]), ["top"]);
        assert_eq!(found("bash", &["imgver", "changed", "--base", "=", "ma"]), ["main"]);
        assert_eq!(found("bash", &["imgver", "locate", "localhost", ":", "50"]), ["5000/api:"]);
        assert_eq!(found("bash", &["imgver", "="]), [""; 0]);
        assert_eq!(
            directories(&Typed::by_bash(&words(&["imgver", "-C", "\"a b\"", ""])).words),
            [Path::new("a b")]
        );
    }

    #[test]
    fn directories_are_those_that_git_would_take() {
        let ask = |typed: &[&str]| directories(&words(typed));
        assert_eq!(ask(&["imgver", "-C", "a", "tag", "-Cb", "-C=c", ""]), ["a", "b", "c"].map(PathBuf::from));
        assert_eq!(ask(&["imgver", "build", "--", "-C", "a", ""]), Vec::<PathBuf>::new());
        assert_eq!(ask(&["imgver", "-C", "a"]), Vec::<PathBuf>::new());
    }

    proptest! {
        #[test]
        fn nothing_that_is_typed_is_too_odd(
            shell in "bash|zsh|powershell",
            typed in prop::collection::vec("-{0,3}(build|tag|C|repo|cache|environment|=|:|x|\"|é|)=?", 0..7),
        ) {
            let typed: Vec<OsString> = typed.into_iter().map(OsString::from).collect();
            let typed = Typed::by(Some(&shell), &typed);
            for candidate in typed.candidates(|_| vec![Value::from("a/b")]) {
                prop_assert!(candidate.get_value().to_str().unwrap().is_char_boundary(typed.settled));
            }
            directories(&typed.words);
        }
    }
}
