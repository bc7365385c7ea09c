//! Dockerfiles: which files are, what they are for, and what their builds read.

use std::collections::BTreeSet;

use super::Sources;
use crate::workspace::includes::seen_from;
use crate::workspace::taskfile::directory_of;

/// Directories whose Dockerfiles are rarely images that a team releases.
const ASIDE: [&str; 26] = [
    ".cursor",
    ".devcontainer",
    ".github",
    ".gitpod",
    ".vscode",
    "e2e",
    "example",
    "examples",
    "fixture",
    "fixtures",
    "integration-tests",
    "node_modules",
    "playground",
    "sample",
    "samples",
    "template",
    "templates",
    "test",
    "testdata",
    "testing",
    "tests",
    "third-party",
    "third_party",
    "vendor",
    "benchmarks",
    "__tests__",
];

/// What the name of a Dockerfile says when it is for development, or for tests.
const FOR_DEVELOPMENT: [&str; 11] =
    ["dev", "devel", "development", "local", "debug", "test", "tests", "testing", "e2e", "ci", "gitpod"];

/// Whether `file` has the name of a Dockerfile: `Dockerfile`, `Dockerfile.api`, `api.Dockerfile`, `Containerfile`.
pub(super) fn is_named_so(file: &str) -> bool {
    suffix(file).is_some()
}

/// What the name of a Dockerfile says besides being one: `api` of `Dockerfile.api`; empty if nothing, none if `file` is not one.
pub(super) fn suffix(file: &str) -> Option<String> {
    let name = file.rsplit('/').next().unwrap_or(file);
    let lower = name.to_ascii_lowercase();
    let word = ["dockerfile", "containerfile"].into_iter().find(|word| lower.contains(word))?;
    let (before, after) = lower.split_once(word)?;
    let is_code = [
        "dockerignore",
        "md",
        "mdx",
        "sh",
        "tmpl",
        "tpl",
        "j2",
        "template",
        "erb",
        "bak",
        "orig",
        "in",
        "txt",
        "js",
        "ts",
        "tsx",
        "jsx",
        "py",
        "go",
        "rs",
        "rb",
        "yml",
        "yaml",
        "json",
        "toml",
        "lock",
        "vim",
        "svg",
        "png",
        "html",
    ];
    let end = after.rsplit('.').next().unwrap_or(after);
    if after.contains('.') && is_code.contains(&end) {
        return None;
    }
    let is_part = |text: &str, at_end: bool| {
        let separators = ['.', '-', '_'];
        text.is_empty() || if at_end { text.ends_with(separators) } else { text.starts_with(separators) }
    };
    // `dockerfile.go` is a program, `Dockerfile.go` may be one of these.
    (is_part(before, true) && is_part(after, false)).then(|| {
        let parts = [before.trim_matches(['.', '-', '_']), after.trim_matches(['.', '-', '_'])];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
    })
}

/// The directory on the way to `file` that says that its image is not released, if there is one.
pub(super) fn aside(file: &str) -> Option<&str> {
    directory_of(file).split('/').find(|part| ASIDE.contains(&part.to_ascii_lowercase().as_str()))
}

/// Whether the name of `file` says that it is for development.
pub(super) fn is_for_development(file: &str) -> bool {
    suffix(file).is_some_and(|suffix| is_development_word(&suffix))
}

/// Whether `word`, a stage or the rest of a name, speaks of development.
pub(super) fn is_development_word(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    lower.split(['.', '-', '_']).any(|part| FOR_DEVELOPMENT.contains(&part))
}

/// The directory that a build of the Dockerfile `file` must read: the nearest, from its own up, that has most of the files which
/// the text copies. Others are artefacts, which no directory has before a build.
pub(super) fn needed_context(file: &str, text: &str, sources: &Sources) -> String {
    let copied = copied(text);
    let count = |directory: &str| copied.iter().filter(|path| has(sources, directory, path)).count();
    let (mut directory, mut best) = (directory_of(file), (count(directory_of(file)), directory_of(file)));
    while !directory.is_empty() {
        directory = directory_of(directory);
        let there = count(directory);
        if there > best.0 {
            best = (there, directory);
        }
    }
    best.1.to_owned()
}

/// Whether `inner` is `outer` or in it; everything is in the root.
pub(super) fn is_within(inner: &str, outer: &str) -> bool {
    let rest = inner.strip_prefix(outer);
    outer.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether git tracks what `path`, as a `COPY` writes it, names in `directory`.
fn has(sources: &Sources, directory: &str, path: &str) -> bool {
    let glob = path.find(['*', '?', '[']);
    let literal = glob.and_then(|at| path.get(..at)).unwrap_or(path);
    let Some(found) = seen_from(directory, literal.trim_start_matches('/')) else { return false };
    match glob {
        None => sources.has(&found) || sources.has_directory(&found),
        Some(_) if literal.is_empty() || literal.ends_with('/') => sources.has_directory(&found),
        Some(_) => sources.tracked.range(found.clone()..).next().is_some_and(|file| file.starts_with(&found)),
    }
}

/// What the `COPY` and `ADD` instructions of `text` take from the context, as far as they are plain.
fn copied(text: &str) -> BTreeSet<String> {
    let joined = text.replace("\r\n", "\n").replace("\\\n", " ");
    let mut copied = BTreeSet::new();
    for line in joined.lines().map(str::trim) {
        let Some((instruction, rest)) = line.split_once(char::is_whitespace) else { continue };
        if !instruction.eq_ignore_ascii_case("COPY") && !instruction.eq_ignore_ascii_case("ADD") {
            continue;
        }
        let rest = rest.trim();
        let list = rest
            .find('[')
            .and_then(|at| rest.get(at..))
            .filter(|_| rest.contains("\"]") || rest.ends_with(']'));
        let words: Vec<String> = match list.and_then(|list| serde_json::from_str(list).ok()) {
            Some(words) => words,
            None => rest
                .split_whitespace()
                .filter(|word| !word.starts_with("--"))
                .map(ToOwned::to_owned)
                .collect(),
        };
        if rest.contains("--from=") || words.iter().any(|word| word.starts_with("<<")) {
            continue;
        }
        let sources = words.split_last().map(|(_, sources)| sources).unwrap_or_default();
        let is_plain =
            |word: &&String| !word.contains(['$', '"', '\'']) && !word.contains("://") && !word.contains('@');
        copied.extend(sources.iter().filter(is_plain).cloned());
    }
    copied
}

/// The names that the `ARG` instructions of `text` declare.
pub(super) fn declared_args(text: &str) -> BTreeSet<String> {
    let joined = text.replace("\r\n", "\n").replace("\\\n", " ");
    let lines = joined.lines().filter_map(|line| line.trim().split_once(char::is_whitespace));
    let args = lines.filter(|(instruction, _)| instruction.eq_ignore_ascii_case("ARG"));
    let names = args.flat_map(|(_, rest)| rest.split_whitespace());
    names.filter_map(|name| name.split('=').next()).map(ToOwned::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_dockerfiles() {
        for (file, expected) in [
            ("Dockerfile", Some("")),
            ("a/Containerfile", Some("")),
            ("a/Dockerfile.admin", Some("admin")),
            ("a/api.Dockerfile", Some("api")),
            ("a/worker.dockerfile", Some("worker")),
            ("a/Dockerfile_tei", Some("tei")),
            ("a/Dockerfile-web", Some("web")),
            ("a/prod.Dockerfile.web", Some("prod-web")),
            ("Dockerfile.dockerignore", None),
            ("a/dockerfile-settings.tsx", None),
            ("a/mydockerfile", None),
            ("a/Dockerfiles", None),
            ("dockerfile.md", None),
            ("a/dockerfile/x", None),
        ] {
            assert_eq!(suffix(file).as_deref(), expected, "{file}");
        }
    }

    #[test]
    fn a_context_has_what_is_copied() {
        let sources = Sources {
            tracked: ["apps/web/Dockerfile", "apps/web/src/x.js", "package.json", "libs/a/b"]
                .map(String::from)
                .into(),
            ..Sources::default()
        };
        let of = |text: &str| needed_context("apps/web/Dockerfile", text, &sources);
        assert_eq!(of("FROM x\nCOPY src ./\n"), "apps/web");
        assert_eq!(of("COPY package.json \\\n  ./\nCOPY --from=a /x /y\n"), "");
        assert_eq!(of("COPY [\"web/src\", \"/x\"]"), "apps");
        assert_eq!(of("COPY --chown=a libs/* ./\n"), "");
        assert_eq!(of("COPY $X ./\nADD https://example.com/x /\nCOPY . .\n"), "apps/web");
        assert_eq!(of("COPY dist /x\n"), "apps/web", "an artefact that is nowhere");
        assert_eq!(of("COPY dist /x\nCOPY package.json /x\n"), "");
    }
}
