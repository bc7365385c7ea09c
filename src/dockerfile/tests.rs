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

/// What a build of a Dockerfile reads, as text, where the argument `OPEN` is open and the images `ours` leave triggers.
fn text(dockerfile: &str) -> Vec<String> {
    let file = match Dockerfile::parse(dockerfile.as_bytes()) {
        Ok(file) => file,
        Err(error) => return vec![format!("{} unreadable: {}", error.line, error.why)],
    };
    let args = BTreeMap::from([("GIVEN".to_owned(), "given".to_owned())]);
    let contexts = BTreeSet::from(["ctx", "ghcr.io/acme/base"]);
    let trigger = |text: &str| Trigger { text: text.to_owned() };
    let triggers = |image: &Expanded| match image.matches("ours") {
        true => vec![trigger("COPY src /x"), trigger("ONBUILD")],
        false => Vec::new(),
    };
    let reads = file.reads(&BuildOptions {
        target: None,
        args: &args,
        open_args: &["OPEN", "TARGETSTAGE"],
        platforms: &[],
        contexts: &contexts,
        triggers: &triggers,
    });
    let sources = reads.sources.iter().map(|source| {
        let context = source.context.as_deref().map(|context| format!("{context}: ")).unwrap_or_default();
        format!("{} {} {context}{}", source.line, source.instruction, source.paths)
    });
    let images =
        reads.images.iter().map(|used| format!("{} {} image {}", used.line, used.instruction, used.image));
    let unresolved =
        reads.unresolved.iter().map(|unresolved| format!("{} ? {}", unresolved.line, unresolved.why));
    let triggers = reads.triggers.iter().map(|trigger| format!("leaves {}", trigger.text));
    sources.chain(images).chain(unresolved).chain(triggers).collect()
}

#[test]
fn what_is_read_is_shown_as_it_is_written() {
    for (dockerfile, expected) in [
        (
            "FROM alpine:3\nCOPY ./src/*.go ${X:-a} /x\n",
            vec![
                "2 COPY ./src/*.go",
                "2 COPY ${X:-a}",
                "1 FROM image alpine:3",
                "2 ? the value of ${X:-a} is not known",
            ],
        ),
        ("FROM scratch\nADD --exclude=a . /x\nCOPY [\"a b\", \"/\"]", vec!["2 ADD .", "3 COPY a b"]),
        (
            "FROM a\nRUN --mount=target=/x --mount=src=y,target=/y z",
            vec!["2 RUN .", "2 RUN y", "1 FROM image a"],
        ),
        (
            "FROM a\nCOPY --from=b / /\nRUN --mount=from=c:1,target=/x y",
            vec!["1 FROM image a", "2 COPY image b", "3 RUN image c:1"],
        ),
        ("FROM ctx\nCOPY --from=ctx a b /x/", vec!["1 FROM ctx: .", "2 COPY ctx: a", "2 COPY ctx: b"]),
        ("FROM ghcr.io/acme/base:latest", vec!["1 FROM ghcr.io/acme/base: ."]),
        ("FROM ghcr.io/acme/base:1", vec!["1 FROM image ghcr.io/acme/base:1"]),
        ("FROM a AS unused\nCOPY x /\nFROM b", vec!["3 FROM image b"]),
        ("ARG T\nFROM a:$T", vec!["2 FROM image a:$T"]),
        ("ARG T=1\nFROM a:${T}", vec!["2 FROM image a:1"]),
        ("ARG GIVEN=1\nFROM a:${GIVEN}", vec!["2 FROM image a:given"]),
        ("ARG OPEN=1\nFROM a:$OPEN-x", vec!["2 FROM image a:${OPEN}-x"]),
        ("ARG R=acme/x:${OPEN}\nARG OPEN\nFROM $R", vec!["3 FROM image acme/x:"]),
        ("ARG OPEN\nARG R=acme/x:${OPEN:-1}\nFROM $R", vec!["3 FROM image acme/x:${OPEN}"]),
        ("FROM a-$TARGETARCH", vec!["1 FROM image a-$TARGETARCH"]),
        ("FROM a-${TARGETSTAGE%x}", vec!["1 FROM image a-${TARGETSTAGE%x}"]),
        ("FROM $BASE", vec!["1 ? '$BASE' is empty"]),
        // It may be a stage, a context or an image.
        (
            "ARG B\nFROM x AS dev\nCOPY dev /\nFROM y AS prod\nCOPY prod /\nFROM $B\nCOPY all /",
            vec![
                "3 COPY dev",
                "5 COPY prod",
                "6 FROM ctx: .",
                "6 FROM ghcr.io/acme/base: .",
                "6 COPY src",
                "7 COPY all",
                "2 FROM image x",
                "4 FROM image y",
                "6 FROM image $B",
                "6 ? the trigger 'ONBUILD' cannot be read: ONBUILD has no arguments",
            ],
        ),
        ("ARG B\nFROM x AS dev\nCOPY dev /\nFROM d$B:1\n", vec!["4 FROM image d$B:1"]),
        (
            "ARG B\nFROM x AS dev-a\nCOPY dev /\nFROM dev$B\n",
            vec!["3 COPY dev", "2 FROM image x", "4 FROM image dev$B"],
        ),
        (
            "FROM ours\nCOPY b /",
            vec![
                "1 COPY src",
                "2 COPY b",
                "1 FROM image ours",
                "1 ? the trigger 'ONBUILD' cannot be read: ONBUILD has no arguments",
            ],
        ),
        (
            "FROM node:20-onbuild",
            vec![
                "1 FROM image node:20-onbuild",
                "1 ? the image node:20-onbuild may have ONBUILD instructions",
            ],
        ),
        (
            "FROM x AS a\nCOPY --from=$X / /",
            vec!["1 FROM image x", "2 ? variables are not supported in --from=$X"],
        ),
        ("FROM x AS a\nCOPY --from=a / /", vec!["1 FROM image x", "2 ? 'a' is not a stage above this one"]),
        ("FROM x AS a\nCOPY --from=7 / /", vec!["1 FROM image x", "2 ? '7' is not a stage above this one"]),
        ("FROM scratch\nCOPY ${X /", vec!["2 ? '${X' cannot be evaluated: a '}' is missing"]),
        ("FROM scratch\nCOPY ${X:?no} /", vec!["2 ? '${X:?no}' cannot be evaluated: 'X' must have a value"]),
        ("FROM scratch\nCOPY a[ /", vec!["2 ? 'a[' is not a valid pattern"]),
        (
            "FROM x\nONBUILD COPY a \\\n /\nONBUILD RUN <<E\ny\nE\n",
            vec!["1 FROM image x", "leaves COPY a  /", "leaves RUN <<E\ny\nE"],
        ),
        ("FROM x AS a\nONBUILD COPY a /\nFROM a\n", vec!["3 COPY a", "1 FROM image x"]),
        (
            "#syntax=acme/x\nFROM a",
            vec!["1 unreadable: the frontend 'acme/x' reads it, which is not docker/dockerfile"],
        ),
        ("FROM a\n\nCOPY --new=1 a /", vec!["3 unreadable: '--new' is not a known flag of COPY"]),
        (
            "FROM a\nRUN --mount=type=bind,new=1 a",
            vec!["2 unreadable: 'new=1' is not a known option of a mount"],
        ),
    ] {
        assert_eq!(text(dockerfile), expected, "{dockerfile}");
    }
}

#[test]
fn what_is_not_known_may_be_any_text() {
    for (source, paths, others) in [
        ("$X", vec!["a", "b/c"], vec![]),
        ("src/$X", vec!["a", "src/b"], vec![]),
        ("$X/a.txt", vec!["a.txt", "b/a.txt", "c/b/a.txt", "b/a.txt/c"], vec!["xa.txt", "a.txt2", "b/c"]),
        ("src/$X.txt", vec!["src/a.txt", "other/b.txt", "c.txt/d", ".txt"], vec!["src/a.txt2", "src/a"]),
        ("app-${X}.jar", vec!["app-1.jar", "target/app-1.jar", "a/b.jar"], vec!["app-1.war"]),
        ("$X/../a", vec!["a", "b/a"], vec!["ab", "b/c"]),
        ("$X/b/../../a", vec!["a", "b/a"], vec!["ab"]),
        ("$X/..", vec!["a", "b/c"], vec![]),
        ("a$X..", vec!["a", "b/c"], vec![]),
        ("$X./b", vec!["b", "a/b", "a./b"], vec!["a/c"]),
        ("$X/*.go", vec!["a.go", "b/a.go"], vec!["b/a.c"]),
        ("$X/[ab].go", vec!["a.go", "b/c"], vec![]),
        ("$X\\\\a", vec!["b/c"], vec![]),
        ("bin/$TARGETARCH", vec!["bin/amd64", "bin/arm64/a"], vec!["a", "bin", "x/bin/amd64"]),
        ("bin/$TARGETOS-$TARGETARCH", vec!["bin/linux-amd64"], vec!["bin/a", "bin/a/b-c"]),
        ("$TARGETARCH/../a", vec!["a"], vec!["b/a"]),
        ("[$TARGETARCH", vec!["a"], vec![]),
        ("a$X/b$X/c", vec!["c", "a/b/c", "x/c/d"], vec!["a/b/d"]),
    ] {
        let dockerfile = format!("FROM scratch\nARG X TARGETARCH TARGETOS\nCOPY {source} /x");
        let file = Dockerfile::parse(dockerfile.as_bytes()).unwrap();
        let reads = file.reads(&BuildOptions {
            target: None,
            args: &BTreeMap::new(),
            open_args: &[],
            platforms: &[],
            contexts: &BTreeSet::new(),
            triggers: &|_| Vec::new(),
        });
        let [only] = reads.sources.as_slice() else { panic!("{source}: {reads:?}") };
        for path in paths {
            assert!(only.paths.has(path), "{source} {path}");
            assert!(only.paths.has(&format!("{path}/below")), "{source} {path}");
        }
        for path in others {
            assert!(!only.paths.has(path), "{source} {path}");
        }
    }
}

#[test]
fn a_source_may_go_through_links() {
    for (source, links, others) in [
        ("a/b/c", vec!["a", "a/b", "a/b/c"], vec!["b", "a/b/c/d", "a/c"]),
        ("a/*/c", vec!["a", "a/x", "a/x/c"], vec!["b", "a/x/d"]),
        ("*.txt", vec!["a.txt"], vec!["a"]),
        (".", vec![], vec!["a"]),
        ("--parents a/b", vec![], vec!["a"]),
    ] {
        let file = Dockerfile::parse(format!("FROM scratch\nCOPY {source} /x").as_bytes()).unwrap();
        let platforms = ["linux/amd64".parse().unwrap()];
        let reads = file.reads(&BuildOptions {
            target: None,
            args: &BTreeMap::new(),
            open_args: &[],
            platforms: &platforms,
            contexts: &BTreeSet::new(),
            triggers: &|_| Vec::new(),
        });
        let [only] = reads.sources.as_slice() else { panic!("{source}: {reads:?}") };
        for link in links {
            assert!(only.paths.goes_through(link), "{source} {link}");
        }
        for link in others {
            assert!(!only.paths.goes_through(link), "{source} {link}");
        }
    }
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
