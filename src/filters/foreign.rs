//! Lines that are not paths, but output of commands that are easily taken for those that list paths.

use std::sync::LazyLock;

use regex::Regex;

use crate::domain::compile;

/// Says whether there is a file or a directory at a path from the root of the repository.
pub(super) type Exists<'e> = &'e dyn Fn(&[u8]) -> bool;

/// What a line is instead of a path, and how to get paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Foreign {
    /// The end of a sentence that begins with the line.
    pub(super) what: &'static str,
    /// What to do instead.
    pub(super) hint: &'static str,
}

const STATUS: &str = "git diff --name-status HEAD lists uncommitted changes; git ls-files --others --exclude-standard lists untracked files";
const DIFF: &str = "git diff --name-status lists the changes";
const LOG: &str =
    "git diff --name-status BASE HEAD lists the changes; git log --format= --name-status omits the headers";
const COMMIT: &str = "git diff-tree --no-commit-id -r --name-status omits it";
const TREE: &str = "git ls-files lists tracked files, git ls-tree -r --name-only HEAD those of a commit";
const TAB: &str = "git diff --name-status separates status and path by a tab; text copied from a terminal may have blanks instead";
const JSON: &str = "list one path per line; jq -r '.[]' prints an array that way";
const ALONE: &str = "list one path per line and nothing else, as git diff --name-only does";
const SLASHES: &str = "separate directories by /, as git diff --name-only does";
const COLOUR: &str = "turn colours off: git -c color.ui=false diff --name-status has none";
/// The hint for paths that begin elsewhere.
pub(super) const FROM_ROOT: &str =
    "git diff --name-only and git ls-files --full-name print paths from the root of the repository";

const ERRORS: &str = "pass on what git writes to standard output alone: without 2>&1";
const ADDED: &str = "git diff --name-only --cached lists what is staged";
const CLEANED: &str = "git ls-files --others --exclude-standard lists untracked files";
const COMMA: &str = "git diff --name-status separates status and path by a tab";

const ONE_LINE: Foreign = Foreign { what: "from git log --oneline", hint: LOG };

/// What lines look like, and what they are: of several rows that match, the first counts.
const FORMS: [(&str, &str, &str); 24] = [
    (r"\x1b\[[0-9;]*m", "coloured", COLOUR),
    (
        r"^(?:fatal|error|warning|hint|usage|remote): |^git: '|: (?:command )?not found$",
        "a message, of git or of the shell",
        ERRORS,
    ),
    (r"^[+$]+ git ", "a command", ERRORS),
    (r"^(?:add|rm) '.*'$", "from git add or git rm", ADDED),
    (r"^(?:Would remove|Would skip repository|Removing|Skipping repository) [^ ]", "from git clean", CLEANED),
    (r"^[12u] [.MTADRCU]{2} [NS]|^# (?:branch\.|stash )", "from git status --porcelain=v2", STATUS),
    (r"^(?: [MTDRC]|[MTARCD][ MTDRCAU]|U[ADU]|\?\?|!!) [^ ]|^## [^ ]", "from git status --porcelain", STATUS),
    (
        r"^(?:On branch |HEAD detached (?:at|from) |Not currently on any branch|No commits yet|Changes (?:to be committed|not staged)|Unmerged paths:|Untracked files:|Your branch (?:is|and) |nothing (?:to commit|added)|no changes added)",
        "from git status",
        STATUS,
    ),
    (
        r"^(?:\t| *)(?:modified|new file|deleted|renamed|copied|typechange|both [a-z]+|(?:added|deleted) by [a-z]+): ",
        "from git status",
        STATUS,
    ),
    (
        r" \| +(?:[0-9]+(?: [+-]+)?|Bin(?: .*)?|Unmerged)$|^ ?[0-9]+ files? changed",
        "from git diff --stat",
        DIFF,
    ),
    (
        r"^ (?:(?:create|delete) mode [0-7]{6} |mode change [0-7]{6} => |(?:rename|copy|rewrite) .+ \([0-9]+%\)$)",
        "from git diff --summary",
        DIFF,
    ),
    (r"^ *[0-9]{1,3}\.[0-9]% ", "from git diff --dirstat", DIFF),
    (r"^(?:[0-9]+|-)\t(?:[0-9]+|-)\t", "from git diff --numstat", DIFF),
    (r"^:+[0-7]{6} ", "from git diff --raw", DIFF),
    (
        r"^[*|/\\ ]*commit [0-9a-f]{7,64}(?:[^0-9a-z]|$)|^(?:Author|AuthorDate|Commit|CommitDate|Date|Merge): |^[*|] ",
        "from git log",
        LOG,
    ),
    (r"^[0-9a-f]{40}(?:[0-9a-f]{24})?$", "a commit", COMMIT),
    (
        r"^(?:diff -|--- |\+\+\+ |@@ -|index [0-9a-f]+\.\.[0-9a-f]|Index: |Binary files |Only in |(?:old|new|new file|deleted file) mode [0-7]{6}|(?:dis)?similarity index [0-9])",
        "from a patch",
        DIFF,
    ),
    (r"^total [0-9]+$|^[-bcdlps][-rwxsStT]{9}[.+@]? ", "from ls -l", TREE),
    (
        r"^[0-7]{6} (?:(?:blob|tree|commit) )?[0-9a-f]{4,64}[ \t]",
        "from git ls-files or git ls-tree with modes",
        TREE,
    ),
    (
        r#"^(?:[ \t]*[\[\]{}],?|\[\]|\{\})$|^[ \t]*[\[{][ \t]*["\[{]|^[ \t]*".*"[ \t]*[,:]|^[ \t]+".*"$"#,
        "JSON",
        JSON,
    ),
    (r"^[-#>] [^ ]", "an item of a list or a comment", ALONE),
    (r"^(?:[ABDHIKMSTUX?!]|[MRC][0-9]{0,3}) +[^ ]", "a status without a tab behind it", TAB),
    (r"^(?:[ABDMTUX]|[MRC][0-9]{1,3})[,;] *[^ ]", "a status without a tab behind it", COMMA),
    (r"^[A-Za-z]:[/\\]|^\\\\", "an absolute path", FROM_ROOT),
];

static COMPILED: LazyLock<Vec<(Regex, Foreign)>> = LazyLock::new(|| {
    let compiled =
        FORMS.iter().map(|&(expression, what, hint)| (compile(expression), Foreign { what, hint }));
    compiled.collect()
});

/// What `record` is if it looks like anything but a path. A few paths look like that, too.
pub(super) fn foreign(record: &[u8]) -> Option<Foreign> {
    // What is looked for stands at the beginning or the end of a line, which may be one of a huge patch.
    const LENGTH_MAX: usize = 4096;
    // Hardly a path has anything of this in it.
    let may_be = record.iter().any(|byte| matches!(byte, b' ' | b'\t' | 0x1b))
        || record.iter().take(5).any(|byte| matches!(byte, b',' | b';'))
        || matches!(record, [b'[' | b']' | b'{' | b'}' | b'"' | b'\\', ..] | [_, b':', b'/' | b'\\', ..])
        || matches!(record.len(), 40 | 64);
    if !may_be {
        return None;
    }
    let text = String::from_utf8_lossy(record.get(..LENGTH_MAX).unwrap_or(record));
    let found = COMPILED.iter().find(|(expression, _)| expression.is_match(&text));
    let found = found.map(|(_, foreign)| *foreign);
    found.or_else(|| begins_with_hash(&text).then_some(ONE_LINE))
}

/// Whether a commit's hash and a blank begin `text`. Digits alone may be a date, letters alone a word.
fn begins_with_hash(text: &str) -> bool {
    let Some((word, _)) = text.split_once(' ') else { return false };
    let is_in = |range: std::ops::RangeInclusive<u8>| word.bytes().any(|byte| range.contains(&byte));
    let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    (7..=64).contains(&word.len()) && word.bytes().all(is_hex) && is_in(b'0'..=b'9') && is_in(b'a'..=b'f')
}

/// Whether `path`, which `exists` does not know, is one with the separators of Windows. A file that was deleted is known by
/// its directory.
pub(super) fn backslashed(path: &[u8], exists: Exists<'_>) -> Option<Foreign> {
    if !path.contains(&b'\\') || path.contains(&b'/') || exists(path) {
        return None;
    }
    let slashes: Vec<u8> = path.iter().map(|byte| if *byte == b'\\' { b'/' } else { *byte }).collect();
    let is_known = exists(&slashes) || parent(&slashes).is_some_and(exists);
    is_known.then_some(Foreign { what: "a path with backslashes", hint: SLASHES })
}

/// Whether `path`, which `exists` does not know, is several paths.
pub(super) fn several(path: &[u8], exists: Exists<'_>) -> Option<Foreign> {
    let words = path.split(|byte| matches!(byte, b' ' | b',')).filter(|word| !word.is_empty());
    let words: Vec<&[u8]> = words.collect();
    if words == [path] || words.is_empty() || exists(path) {
        return None;
    }
    let in_known_directory = |path: &[u8]| parent(path).is_some_and(exists);
    let is_known = |word: &&[u8]| exists(word) || in_known_directory(word);
    let are_several = words.iter().all(|word| exists(word))
        || words.len() > 1 && !in_known_directory(path) && words.iter().all(is_known);
    let what = if words.len() > 1 { "several paths on one line" } else { "a path with something around it" };
    are_several.then_some(Foreign { what, hint: ALONE })
}

/// The directory that `path` is in, unless that is the root.
fn parent(path: &[u8]) -> Option<&[u8]> {
    path.iter().rposition(|byte| *byte == b'/').and_then(|at| path.get(..at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn what(line: &str) -> Option<&'static str> {
        foreign(line.as_bytes()).map(|foreign| foreign.what)
    }

    #[test]
    fn what_other_commands_print_is_known() {
        for (line, expected) in [
            (" M a", "from git status --porcelain"),
            ("MM a b", "from git status --porcelain"),
            ("?? a/", "from git status --porcelain"),
            ("UU a", "from git status --porcelain"),
            ("## main...origin/main", "from git status --porcelain"),
            ("u UU N... 100644 100644 100644 100644 a b c d", "from git status --porcelain=v2"),
            ("\tnew file:   a", "from git status"),
            (" a => b | Bin 0 -> 3 bytes", "from git diff --stat"),
            (" 2 files changed, 1 insertion(+)", "from git diff --stat"),
            (" rewrite a (90%)", "from git diff --summary"),
            ("-\t-\ta", "from git diff --numstat"),
            ("::100644 100644 100644 a b c MM\ta", "from git diff --raw"),
            ("Merge: 1234567 89abcde", "from git log"),
            ("488b740 Add a thing", "from git log --oneline"),
            ("488b7400d4c92cdde875caea87ca2e72b87344ff", "a commit"),
            ("{\"a\": 1}", "JSON"),
            ("[", "JSON"),
            ("  \"a\",", "JSON"),
            ("- a", "an item of a list or a comment"),
            ("fatal: ambiguous argument 'x': unknown revision", "a message, of git or of the shell"),
            ("warning: inexact rename detection was skipped", "a message, of git or of the shell"),
            ("hint: use --", "a message, of git or of the shell"),
            ("usage: git diff [<options>]", "a message, of git or of the shell"),
            ("git: 'dif' is not a git command. See 'git --help'.", "a message, of git or of the shell"),
            ("sh: 1: git: not found", "a message, of git or of the shell"),
            ("+ git diff --name-only", "a command"),
            ("$ git diff", "a command"),
            ("add 'a b'", "from git add or git rm"),
            ("rm 'a'", "from git add or git rm"),
            ("Would remove a/", "from git clean"),
            ("modified:   a", "from git status"),
            ("        new file:   a", "from git status"),
            ("both modified:   a", "from git status"),
            ("M,a", "a status without a tab behind it"),
            ("R100,a,b", "a status without a tab behind it"),
            ("D; a", "a status without a tab behind it"),
            ("R100 a b", "a status without a tab behind it"),
            ("M       a", "a status without a tab behind it"),
            ("C:\\a", "an absolute path"),
            ("\u{1b}[31mM\u{1b}[m\ta", "coloured"),
        ] {
            assert_eq!(what(line), Some(expected), "{line:?}");
        }
    }

    #[test]
    fn paths_are_nothing_else() {
        for path in [
            "a",
            " a",
            "-a",
            "#a",
            "a b/c d",
            "M",
            "R100",
            "MAKE it so",
            "Main file.txt",
            "[id].tsx",
            "app/[id]/{x} y.tsx",
            "20240101 report.pdf",
            "facade and more",
            "commit message.txt",
            "index of all.txt",
            "diff viewer/a",
            "total 12 files",
            "Date palms.md",
            "a | b",
            "x:y",
            "error:x",
            "fatal errors.md",
            "add 'quotes",
            "modified:x",
            "m,a",
            "Would you.txt",
            "removing a",
            "été",
        ] {
            assert_eq!(what(path), None, "{path:?}");
        }
    }

    #[test]
    fn a_line_is_several_paths_if_they_are_there() {
        let exists = |path: &[u8]| matches!(path, b"a" | b"d" | b"d/x" | b"d/x y" | b"e" | b"e/x");
        let what = |line: &str| several(line.as_bytes(), &exists).map(|foreign| foreign.what);
        for line in ["a d/x", "a,d/x", "d/x, e/x", "d/gone e/gone", " a  d/x "] {
            assert_eq!(what(line), Some("several paths on one line"), "{line:?}");
        }
        assert_eq!(what("d/x "), Some("a path with something around it"));
        for line in ["a", "d/x y", "d/new name", "d/my a.txt", "a b", "a copy of d/x", " ", ",", ""] {
            assert_eq!(what(line), None, "{line:?}");
        }
        assert!(backslashed(b"d\\gone", &exists).is_some());
        assert!(backslashed(b"f\\gone", &exists).is_none());
    }
}
