//! What BuildKit reads, recorded in `tests/dockerfile/answers.json` by `record.go` there.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection;
use proptest::prelude::*;
use proptest::sample::select;
use serde::Deserialize;

use super::reads::{BuildOptions, Dockerfile, Trigger};
use super::text::Expanded;
use crate::domain::Platform;

#[derive(Deserialize)]
struct Table {
    files: Vec<String>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    dockerfile: String,
    target: Option<String>,
    #[serde(default)]
    args: BTreeMap<String, String>,
    #[serde(default)]
    platforms: Vec<String>,
    #[serde(default)]
    contexts: Vec<String>,
    #[serde(default)]
    triggers: BTreeMap<String, Vec<String>>,
    /// Why more is named than is read.
    wide: Option<String>,
    /// Whether there is no build.
    #[serde(default)]
    error: bool,
    /// The files of each context; the main one has no name.
    #[serde(default)]
    reads: BTreeMap<String, BTreeSet<String>>,
}

fn table() -> Table {
    serde_json::from_str(include_str!("../../tests/dockerfile/answers.json")).expect("read the answers")
}

/// The files that are named of each context; none where that cannot be told.
fn named(case: &Case, files: &[String]) -> Option<BTreeMap<String, BTreeSet<String>>> {
    let platforms: Vec<Platform> = case.platforms.iter().map(|text| text.parse().unwrap()).collect();
    let contexts = case.contexts.iter().map(String::as_str).collect();
    let triggers = |image: &Expanded| {
        let name = image.text().unwrap_or_default();
        let texts = case.triggers.get(name).cloned().unwrap_or_default();
        texts.into_iter().map(|text| Trigger { text }).collect()
    };
    let reads = Dockerfile::parse(case.dockerfile.as_bytes()).ok()?.reads(&BuildOptions {
        target: case.target.as_deref(),
        args: &case.args,
        open_args: &[],
        platforms: &platforms,
        contexts: &contexts,
        triggers: &triggers,
    });
    let mut named: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for source in &reads.sources {
        let found = files.iter().filter(|file| source.paths.has(file));
        let context = source.context.clone().unwrap_or_default();
        named.entry(context).or_default().extend(found.cloned());
    }
    named.retain(|_, files| !files.is_empty());
    reads.unresolved.is_empty().then_some(named)
}

#[test]
fn a_build_reads_what_buildkit_reads() {
    let Table { files, cases } = table();
    let (mut wrong, mut errors) = (Vec::new(), 0);
    for case in &cases {
        errors += usize::from(case.error);
        let named = named(case, &files);
        let is_right = match &named {
            _ if case.error => continue,
            None => case.wide.is_some(),
            Some(named) if case.wide.is_some() => case
                .reads
                .iter()
                .all(|(context, files)| named.get(context).is_some_and(|named| named.is_superset(files))),
            Some(named) => *named == case.reads,
        };
        if !is_right {
            wrong.push(format!("{:?}: {named:?}, but BuildKit reads {:?}", case.dockerfile, case.reads));
        }
    }
    assert!(cases.len() > 400 && errors > 40, "{} cases, {errors} errors", cases.len());
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// Pieces of which a Dockerfile may be made.
const PIECES: [&str; 44] = [
    "FROM ",
    "COPY ",
    "ADD ",
    "RUN ",
    "ARG ",
    "ENV ",
    "ONBUILD ",
    "LABEL ",
    "\n",
    "\\\n",
    "\r\n",
    " ",
    "\t",
    "a",
    "b=",
    "AS a",
    "--from=",
    "--mount=type=bind,source=",
    "--exclude=",
    "--parents ",
    "--",
    "$a",
    "${a",
    ":-",
    "##",
    "%",
    "//",
    "}",
    "\"",
    "'",
    "\\",
    "`",
    "<<",
    "<<-A",
    "A\n",
    "[",
    "]",
    "[\"a\", \"b\"]",
    "*",
    "/",
    "..",
    "# escape=`\n",
    "scratch\n",
    "\u{e9}",
];

proptest! {
    #[test]
    fn any_text_is_read_or_refused(pieces in collection::vec(select(&PIECES[..]), 0..60), path in "[ab./*é-]{0,12}") {
        let text = format!("FROM scratch AS a\n{}", pieces.concat());
        check(text.as_bytes(), &path)?;
        check(pieces.concat().as_bytes(), &path)?;
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in collection::vec(any::<u8>(), 0..200)) {
        check(&bytes, "a")?;
    }
}

fn check(content: &[u8], path: &str) -> Result<(), TestCaseError> {
    let args = BTreeMap::from([("a".to_owned(), "x/*".to_owned())]);
    let Ok(file) = Dockerfile::parse(content) else { return Ok(()) };
    let triggers = |_: &Expanded| vec![Trigger { text: String::from_utf8_lossy(content).into_owned() }];
    let contexts = BTreeSet::from(["a"]);
    let options = BuildOptions {
        target: None,
        args: &args,
        open_args: &["b"],
        platforms: &[],
        contexts: &contexts,
        triggers: &triggers,
    };
    let lines = content.split(|byte| *byte == b'\n').count();
    let reads = file.reads(&options);
    prop_assert_eq!(&reads, &file.reads(&options));
    for source in &reads.sources {
        prop_assert!((1..=lines).contains(&source.line));
        // A directory that is named means all that is below it, unless something is left out.
        let below = format!("{path}/x");
        let text = String::from_utf8_lossy(content);
        if source.paths.has(path) && !text.contains("--exclude") && !text.contains("--parents") {
            prop_assert!(source.paths.has(&below), "{} {below}", source.paths);
        }
    }
    Ok(())
}
