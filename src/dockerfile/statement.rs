//! Instructions, as far as they decide what a build reads, by the rules of BuildKit's package `instructions`.

use super::heredoc;
use super::lines::{self, Command, is_blank};
use super::mount::Mount;
use super::reads::{Instruction, Trigger};

/// An instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Statement {
    From {
        base: String,
        /// In small letters.
        name: Option<String>,
    },
    /// Names, and default values.
    Arg(Vec<(String, Option<String>)>),
    Env(Vec<(String, String)>),
    Copy(Copy),
    Run(Vec<Mount>),
    OnBuild(Trigger),
    /// One that reads nothing and changes no variable.
    Other,
}

/// `COPY` or `ADD`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Copy {
    pub instruction: Instruction,
    pub from: Option<String>,
    /// Without heredocs.
    pub sources: Vec<String>,
    pub excludes: Vec<String>,
    pub has_parents: bool,
}

impl Statement {
    /// Reads a command.
    ///
    /// # Errors
    /// The builder does not accept it, or it has a flag that is not known.
    pub(super) fn parse(command: &Command, escape: char) -> Result<Self, String> {
        let rest = &*command.rest;
        let needs_arguments =
            || if rest.is_empty() { Err(format!("{} has no arguments", command.keyword)) } else { Ok(()) };
        match &*command.keyword {
            "FROM" => {
                Flags::parse(command, &["platform"], &[])?;
                from(rest)
            }
            "COPY" | "ADD" => copy(command).map(Statement::Copy),
            "RUN" => {
                let flags = Flags::parse(command, &["mount", "network", "security", "device"], &[])?;
                json_words(rest)?;
                flags.all("mount").map(Mount::parse).collect::<Result<_, _>>().map(Statement::Run)
            }
            "ARG" => {
                needs_arguments()?;
                Ok(Statement::Arg(args(rest, escape)?))
            }
            "ENV" => {
                Flags::parse(command, &[], &[])?;
                needs_arguments()?;
                pairs(rest, escape).map(Statement::Env)
            }
            "LABEL" => {
                Flags::parse(command, &[], &[])?;
                needs_arguments()?;
                pairs(rest, escape).map(|_| Statement::Other)
            }
            "ONBUILD" => {
                Flags::parse(command, &[], &[])?;
                needs_arguments()?;
                on_build(command, escape).map(Statement::OnBuild)
            }
            "HEALTHCHECK" => {
                let flags = ["interval", "timeout", "start-period", "start-interval", "retries"];
                Flags::parse(command, &flags, &[])?;
                needs_arguments()?;
                Ok(Statement::Other)
            }
            "CMD" | "ENTRYPOINT" | "SHELL" => {
                Flags::parse(command, &[], &[])?;
                let words = json_words(rest)?;
                match words {
                    None if command.keyword == "SHELL" => Err("SHELL must be in JSON form".to_owned()),
                    _ => Ok(Statement::Other),
                }
            }
            "EXPOSE" | "MAINTAINER" | "USER" | "VOLUME" | "WORKDIR" => {
                Flags::parse(command, &[], &[])?;
                needs_arguments().map(|()| Statement::Other)
            }
            "STOPSIGNAL" => needs_arguments().map(|()| Statement::Other),
            keyword => Err(format!("'{keyword}' is not an instruction")),
        }
    }
}

impl Trigger {
    /// The instruction that is run.
    pub(super) fn statement(&self) -> Result<Statement, String> {
        let (commands, escape) = lines::read(self.text.as_bytes()).map_err(|error| error.why)?;
        match commands.as_slice() {
            [command] => Statement::parse(command, escape),
            _ => Err("it is not a single instruction".to_owned()),
        }
    }
}

/// The flags of a command.
struct Flags<'a>(Vec<(&'a str, Option<&'a str>)>);

impl<'a> Flags<'a> {
    /// Those with a value that may be `named`, and those that are `switches`.
    fn parse(command: &'a Command, named: &[&str], switches: &[&str]) -> Result<Self, String> {
        let mut flags = Flags(Vec::new());
        for text in &command.flags {
            // What the reader has put in place of a character that is not UTF-8, byte by byte.
            if text.contains("\u{ef}\u{bf}\u{bd}") {
                return Err(format!("a flag of {} is not UTF-8", command.keyword));
            }
            let (flag, value) =
                text.split_once('=').map_or((&**text, None), |(flag, value)| (flag, Some(value)));
            let name = flag.strip_prefix("--").unwrap_or(flag);
            let is_fine = if switches.contains(&name) {
                value.is_none_or(|value| {
                    value.eq_ignore_ascii_case("true") || value.eq_ignore_ascii_case("false")
                })
            } else if named.contains(&name) {
                value.is_some()
            } else {
                return Err(format!("'{flag}' is not a known flag of {}", command.keyword));
            };
            if !is_fine {
                return Err(format!("'{text}' has no valid value"));
            }
            if flags.all(name).next().is_some() && !matches!(name, "mount" | "exclude" | "device") {
                return Err(format!("'{flag}' is duplicated"));
            }
            flags.0.push((name, value));
        }
        Ok(flags)
    }

    fn all(&self, name: &str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(other, _)| *other == name).map(|(_, value)| value.unwrap_or("true"))
    }
}

fn from(rest: &str) -> Result<Statement, String> {
    let words: Vec<&str> = rest.split(is_blank).filter(|word| !word.is_empty()).collect();
    match words.as_slice() {
        [base] => Ok(Statement::From { base: (*base).to_owned(), name: None }),
        [base, keyword, name] if keyword.eq_ignore_ascii_case("as") => {
            let name = name.to_lowercase();
            let is_valid = name.starts_with(|first: char| first.is_ascii_lowercase())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
            if !is_valid {
                return Err(format!("'{name}' is not a valid name of a stage"));
            }
            Ok(Statement::From { base: (*base).to_owned(), name: Some(name) })
        }
        _ => Err("FROM takes an image, or an image, AS and a name".to_owned()),
    }
}

fn copy(command: &Command) -> Result<Copy, String> {
    let is_copy = command.keyword == "COPY";
    let flags = if is_copy {
        Flags::parse(command, &["chown", "from", "chmod", "exclude"], &["link", "parents"])?
    } else {
        let switches = ["link", "keep-git-dir", "unpack"];
        Flags::parse(command, &["chown", "chmod", "checksum", "exclude"], &switches)?
    };
    let mut words = match json_words(&command.rest)? {
        Some(words) => words,
        None => command.rest.split(is_blank).filter(|word| !word.is_empty()).map(ToOwned::to_owned).collect(),
    };
    let has_target = words.pop().is_some_and(|target| !matches!(heredoc::parse(&target), Ok(Some(_))));
    if !has_target || words.is_empty() {
        return Err(format!("{} needs a source and a target", command.keyword));
    }
    words.retain(|word| !matches!(heredoc::parse(word), Ok(Some(_))));
    Ok(Copy {
        instruction: if is_copy { Instruction::Copy } else { Instruction::Add },
        from: flags.all("from").next().filter(|from| !from.is_empty()).map(ToOwned::to_owned),
        sources: words,
        excludes: flags.all("exclude").map(ToOwned::to_owned).collect(),
        has_parents: flags.all("parents").any(|value| value.eq_ignore_ascii_case("true")),
    })
}

fn args(rest: &str, escape: char) -> Result<Vec<(String, Option<String>)>, String> {
    let pair = |word: String| match word.split_once('=') {
        Some(("", _)) => Err("ARG has a value without a name".to_owned()),
        Some((name, value)) => Ok((name.to_owned(), Some(value.to_owned()))),
        None => Ok((word, None)),
    };
    words(rest, escape).into_iter().map(pair).collect()
}

/// `NAME=VALUE …`, or in the old form `NAME VALUE`.
fn pairs(rest: &str, escape: char) -> Result<Vec<(String, String)>, String> {
    let words = words(rest, escape);
    if words.first().is_some_and(|word| !word.contains('=')) {
        let Some((name, value)) = rest.split_once(is_blank) else {
            return Err(format!("'{rest}' has no value"));
        };
        return Ok(vec![(name.to_owned(), value.trim_start_matches(is_blank).to_owned())]);
    }
    let pair = |word: &String| match word.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err(format!("'{word}' is not in the form NAME=VALUE")),
    };
    words.iter().map(pair).collect()
}

/// The words of `text`, with their quotes and escapes.
fn words(text: &str, escape: char) -> Vec<String> {
    let mut words = Vec::new();
    let (mut word, mut quote) = (String::new(), None);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match quote {
            None if character.is_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                continue;
            }
            None if matches!(character, '\'' | '"') => quote = Some(character),
            Some(end) if character == end => quote = None,
            _ => {}
        }
        if character == escape && quote != Some('\'') {
            // At the end it escapes nothing.
            let Some(escaped) = characters.next() else { break };
            word.push(character);
            word.push(escaped);
        } else {
            word.push(character);
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

fn on_build(command: &Command, escape: char) -> Result<Trigger, String> {
    let inner = lines::split(&command.rest, command.line, escape);
    match &*inner.keyword {
        "ONBUILD" | "MAINTAINER" | "FROM" => {
            return Err(format!("{} is not allowed in ONBUILD", inner.keyword));
        }
        "ADD" | "COPY" | "RUN" | "CMD" | "ENTRYPOINT" | "SHELL" | "VOLUME" => drop(json_words(&inner.rest)?),
        "ENV" | "LABEL" => drop(pairs(&inner.rest, escape)?),
        _ => {}
    }
    let start = command.text.trim_start();
    let text = start.get("ONBUILD".len()..).unwrap_or_default();
    let mut text = text.trim_start_matches(['\t', '\n', '\x0c', '\r', ' ']).to_owned();
    for heredoc in &command.heredocs {
        text.push('\n');
        text.push_str(&heredoc.content);
        text.push_str(&heredoc.name);
    }
    Ok(Trigger { text })
}

/// The words of a JSON array; none where `text` is not one.
///
/// # Errors
/// It is one, but not of texts.
pub(super) fn json_words(text: &str) -> Result<Option<Vec<String>>, String> {
    let text = text.trim_start();
    if !text.starts_with('[') {
        return Ok(None);
    }
    // Go reads halves of surrogate pairs, and arrays as deep as that.
    let is_odd = text.contains("\\ud") || text.contains("\\uD");
    if is_odd || text.matches(['[', '{']).count() > 100 && serde_json::from_str::<Vec<String>>(text).is_err()
    {
        return Err("its JSON is not understood".to_owned());
    }
    match serde_json::from_str::<Vec<serde_json::Value>>(text) {
        Err(_) => Ok(None),
        Ok(values) => values
            .into_iter()
            .map(|value| match value {
                serde_json::Value::String(text) => Ok(text),
                _ => Err("an array in JSON form must have texts only".to_owned()),
            })
            .collect::<Result<_, _>>()
            .map(Some),
    }
}
