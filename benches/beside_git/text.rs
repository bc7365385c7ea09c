//! Text of realistic length and entropy: names, commit messages, file contents.
//!
//! This affects the measurements: without a commit-graph most of the time goes into inflating commits, which depends on
//! how long they are and how well they compress.

use std::fmt::Write as _;

use super::rng::Rng;

const SYLLABLES: &[&str] = &[
    "an", "ar", "ba", "be", "ca", "ce", "con", "cu", "da", "de", "di", "en", "er", "fa", "fi", "ga", "ge",
    "ha", "il", "in", "ja", "ke", "la", "le", "li", "lo", "ma", "men", "mi", "na", "ne", "ni", "no", "or",
    "pa", "per", "po", "qua", "ra", "re", "ri", "ro", "sa", "se", "si", "so", "ta", "te", "ti", "to", "tra",
    "u", "un", "va", "ve", "vi", "wa", "xi", "ya", "zo",
];

const COMMON: &[&str] = &[
    "the",
    "a",
    "to",
    "of",
    "and",
    "for",
    "in",
    "when",
    "is",
    "not",
    "with",
    "from",
    "on",
    "request",
    "error",
    "config",
    "client",
    "handler",
    "test",
    "cache",
    "build",
    "update",
    "deployment",
    "timeout",
    "retry",
    "missing",
    "wrong",
    "default",
    "value",
    "database",
    "query",
    "image",
    "version",
    "dependency",
    "connection",
    "now",
];

const KINDS: &[&str] = &["feat", "fix", "fix", "chore", "chore", "docs", "refactor", "test", "perf", "build"];

const ZONES: &[&str] = &["+0000", "+0100", "+0200", "-0500", "-0700", "+0530", "+1100", "-0300", "+0900"];

pub(crate) fn word(rng: &mut Rng) -> String {
    if rng.percent(45) {
        return rng.pick(COMMON).to_owned();
    }
    (0..rng.between(2, 4)).map(|_| rng.pick(SYLLABLES)).collect()
}

fn phrase(rng: &mut Rng, words: usize) -> String {
    let words: Vec<String> = (0..words).map(|_| word(rng)).collect();
    words.join(" ")
}

/// `Name Surname <mail>`, to which a signature adds the seconds and the zone.
pub(crate) fn person(rng: &mut Rng) -> String {
    let mut name =
        |longest| -> String { (0..rng.between(2, longest)).map(|_| rng.pick(SYLLABLES)).collect() };
    let (first, last) = (name(3), name(4));
    let number = rng.below(100_000_000);
    match rng.below(3) {
        0 => format!("{first} {last} <{number}+{first}{last}@users.noreply.example.com>"),
        1 => format!("{first} {last} <{first}.{last}@example.com>"),
        _ => format!("{first}{last} <{first}@{last}.example.org>"),
    }
}

pub(crate) fn zone(rng: &mut Rng) -> &'static str {
    rng.pick(ZONES)
}

/// A commit message: always a subject, often a body, sometimes trailers.
pub(crate) fn message(rng: &mut Rng, scope: &str, people: &[String]) -> String {
    let words = rng.between(3, 9);
    let mut text = format!("{}({scope}): {}", rng.pick(KINDS), phrase(rng, words));
    if rng.percent(70) {
        let _ = write!(text, " (#{})", rng.between(1, 9_999));
    }
    text.push('\n');
    if rng.percent(45) {
        for _ in 0..rng.between(1, 3) {
            let words = rng.between(8, 40);
            let _ = write!(text, "\n{}.\n", phrase(rng, words));
        }
    }
    if rng.percent(35) {
        // Like a signature or a change ID in a real commit: bytes that do not compress.
        let _ =
            write!(text, "\nChange-Id: I{:016x}{:016x}{:08x}\n", rng.next(), rng.next(), rng.next() as u32);
    }
    if rng.percent(30)
        && let Some(person) = people.get(rng.below(people.len()))
    {
        let _ = write!(text, "\nCo-authored-by: {person}\n");
    }
    text
}

/// The contents of a source file after `revision` edits, each of which replaced one line.
pub(crate) fn source(file: &str, length: usize, revision: usize) -> String {
    let mut text = format!("// {file}\n\n");
    for line in 0..length {
        // The last edit that touched this line: the newest `r <= revision` with `r % length == line`.
        let edit = revision.checked_sub(line).map_or(0, |past| line + past / length * length);
        let seed = file.bytes().fold((line * 131 + edit * 7919) as u64, |hash, byte| {
            hash.wrapping_mul(0x0100_0000_01B3) ^ u64::from(byte)
        });
        let mut rng = Rng::new(seed);
        let words = rng.between(3, 8);
        let _ = writeln!(text, "    {}({});", word(&mut rng), phrase(&mut rng, words).replace(' ', ", "));
    }
    text
}

pub(crate) fn taskfile(image: &str, revision: usize) -> String {
    format!(
        "version: '3'\n\
         \n\
         # Edited {revision} times.\n\
         includes:\n  \
           utils:\n    \
             taskfile: ../../../.github/utils/taskfile.yaml\n    \
             dir: .\n\
         \n\
         vars:\n  \
           IMAGE_REPO: {image}\n\
         \n\
         tasks:\n  \
           build:\n    \
             desc: Build the container image\n    \
             cmds:\n      \
               - imgver build\n\n  \
           build-multi:\n    \
             desc: Build and push for every platform\n    \
             cmds:\n      \
               - imgver build --platform linux/amd64,linux/arm64 --push\n\n  \
           test:\n    \
             desc: Run the tests\n    \
             cmds:\n      \
               - make test\n"
    )
}
