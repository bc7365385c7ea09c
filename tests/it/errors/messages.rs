//! The messages in the sources, found by looking at their text.
//!
//! Only string literals are found, where one of [`CALLS`] or a closure without parameters begins with it; what a variable
//! or a function brings into a message is not. Of a literal, the longest piece between placeholders is looked for.

use std::fs;
use std::path::{Path, PathBuf};

/// What takes a message as its first literal.
const CALLS: [&str; 6] = ["Error::new(", ".hint(", "|| \"", "|| format!(", "warnings.push(", "Impossible("];

/// What writes the texts of causes, in the files where errors are written so.
const WRITES: [&str; 2] = ["write!(", "write_str("];
const CAUSES: [&str; 5] =
    ["pattern/error.rs", "tag_format.rs", "image/repository.rs", "image/tag.rs", "platform.rs"];

/// Pieces that are shorter occur anywhere.
const LENGTH_MIN: usize = 7;

/// Messages that no test can provoke, and text that is none.
const UNSEEN: &[&str] = &[
    // What is wrong with a Taskfile of an old commit is a change, and no error.
    "this is a symbolic link",
    // Nothing that imgver writes is beyond JSON.
    "cannot write the answer as JSON",
    "cannot write the bake definition as JSON",
    // Whoever stops imgver between two runs of docker: the unit tests of src/images/progress.rs.
    "stopped{}",
    "the plan cannot be written as JSON",
    // A page is rendered in memory.
    "cannot write the manual page of",
    // A process is always let to watch these.
    "signals cannot be watched",
    // Only a directory that may not be entered, which root may always.
    "cannot read the ref",
    "cannot list the loose refs in",
    // The list was checked when the repository was opened.
    "cannot read where this shallow clone ends",
    // One service has one version.
    "the service has no version",
    // Registries come with the effects that need them.
    "no registry was to be asked",
    // Text that is valid as it is written down.
    "cannot read git's configuration",
    // The version is refused before.
    "this clone is too shallow to determine whether",
    // Only damaged packs cannot be looked through.
    "cannot look up objects whose hash begins with",
    // What git says besides differs between its versions: tests/it/release.rs and tests/it/releases.
    "cannot list the tags of",
    "cannot create the tag",
    "if no git runs in this repository, one was killed: remove its lock file",
    "pushes to",
    "git remote get-url --push --all",
    "shows where that is",
    "is in this clone, but was not pushed: git push",
    "to try again: the same imgver release, or",
    "to undo this: git tag --delete",
    // Only root can give a repository away, and only others are kept out: tests/it/repositories/environment.rs.
    "belongs to another user",
    "if you trust it: git config --global --add safe.directory",
    "make it readable: chmod u+r",
    // Only those who may not read a directory see these, or who take one away meanwhile.
    "cannot determine the untracked files in",
    "git status --untracked-files=all shows what git says",
    // What registries have, and others who write to them: tests/it/promote.rs, tests/e2e/registry/.
    "cannot promote the image",
    "a release is never replaced; if the image there is wrong, delete it in the registry, or release another version",
    "--push builds it; --optional makes this no error",
    "something else sets them, too: another pipeline, or an imgver that sees other release tags",
    // Characters, not words.
    "._/-+,@",
    // A request is about one subject at least.
    "there is nothing to release",
    // In an answer.
    "and earlier ones",
    "none: counted from 0.0.0",
    // In the table of imgver init: tests/it/init/.
    "the context",
    ", which is not in this repository",
    ", which git does not track",
    "without a Dockerfile in it that git tracks",
    "no compose file and no workflow builds it",
    "its name says that it is for development",
    // What imgver inputs --explain says: tests/it/inputs/.
    "' has no value",
    // What only a registry provokes, or a docker that copies from one to another: tests/e2e/registry/ and tests/e2e/docker/.
    ", but the registry says that",
    "the same command failed for",
    ": none of its releases has an image in",
    "somebody else may have written this tag at the same time: run this again",
    "cannot set the tag ",
    " in the registry ",
    "it was set to ",
    ", and right afterwards it names ",
    "the registry may keep tags immutable: then one that is there cannot be set again",
    "something else may set this tag at the same time: run the same command again",
    "no image was to be copied",
    "should be there by now, but its registry has no such image",
    "somebody else may have deleted it: run this again",
    "cannot copy",
    "buildx 0.15 and newer copy an image as it is (https://docs.docker.com/go/buildx/)",
    "docker login REGISTRY gives docker the credentials that it needs for both registries",
    ": a release is never replaced by another",
    "), built of the same commit",
    ", a tag after --, is there already (",
    "leave out this tag; --if-exists overwrite replaces it",
    "release the change under a new version: imgver release SERVICE --bump patch",
    "if nobody uses that image, delete it in the registry and run this again",
    "--if-exists keep, the default, leaves it as it is; --if-exists overwrite builds it anew",
    "a release is pushed only once its registries say that it is not there; if the repository does not exist yet, its first push can be another tag: imgver build SERVICE --push",
    // Whoever carries out what asks no registry, or reads fewer answers than were asked for.
    "no registry was to be asked",
    "is there was not asked",
    // A permission in a workflow.
    "packages:",
    // In a step's summary.
    "set by Task",
];

/// The messages that `text` lacks, each with its file. Those of [`UNSEEN`] are expected to be.
pub(crate) fn missing(text: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    files.sort();
    let mut missing = Vec::new();
    let mut found = 0;
    for file in files {
        let source = fs::read_to_string(&file).unwrap();
        let name = file.strip_prefix(&root).unwrap().display().to_string();
        for message in messages(&name, &source) {
            found += 1;
            if text.contains(&message) == UNSEEN.contains(&&*message) {
                missing.push(format!("{name}: {message}"));
            }
        }
    }
    assert!(found > 150, "only {found} messages: the sources are written in another way now");
    missing
}

fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
            found.push(path);
        }
    }
}

/// The messages of a source file, its tests left out.
fn messages(name: &str, source: &str) -> Vec<String> {
    let code = source.split("#[cfg(test)]").next().unwrap_or_default();
    let writes = CAUSES.iter().any(|file| name.ends_with(file)).then_some(WRITES);
    let calls = CALLS.into_iter().chain(writes.into_iter().flatten());
    let literals = calls.flat_map(|call| {
        code.match_indices(call).filter_map(move |(at, _)| first_literal(&code[at..], call.ends_with('"')))
    });
    let pieces = literals.map(|literal| longest_piece(&literal));
    pieces.filter(|piece| piece.len() >= LENGTH_MIN).collect()
}

/// The first string literal of the call at the start of `code`, before any other one begins.
fn first_literal(code: &str, is_begun: bool) -> Option<String> {
    let begin = code.find('"')?;
    let before = &code[..begin];
    let depth = before.matches('(').count().checked_sub(before.matches(')').count());
    // Where the parentheses are closed, or a statement ends, the literal is another one's.
    if !is_begun
        && (depth.is_none_or(|depth| depth == 0) || before.contains(';') || before.contains("|| unreadable"))
    {
        return None;
    }
    let mut text = String::new();
    let mut rest = code[begin + 1..].chars();
    while let Some(character) = rest.next() {
        match character {
            '"' => return Some(text),
            '\\' => match rest.next()? {
                '\n' => rest = rest.as_str().trim_start().chars(),
                'n' => text.push('\n'),
                other => text.push(other),
            },
            other => text.push(other),
        }
    }
    None
}

/// The longest of the pieces that placeholders leave of `literal`. Doubled braces are one.
fn longest_piece(literal: &str) -> String {
    let plain = literal.replace("{{", "\u{1}").replace("}}", "\u{2}");
    let pieces =
        plain.split('{').flat_map(|part| part.split_once('}').map_or([part, ""], |(_, text)| [text, ""]));
    let longest = pieces.max_by_key(|piece| piece.len()).unwrap_or_default();
    longest.trim().replace('\u{1}', "{").replace('\u{2}', "}")
}
