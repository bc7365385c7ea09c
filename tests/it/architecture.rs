//! Which module may use which, and the rules that only one place does a thing.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Every module below `src`, each with those it may use besides itself. One that is used stands above those that use it, so
/// there are no circles. CONTRIBUTING.md has the same table, with what each module holds.
const MODULES: [(&str, &[&str]); 25] = [
    ("domain", &[]),
    ("meter", &[]),
    ("world", &["meter"]),
    ("files", &[]),
    ("display", &[]),
    ("paint", &[]),
    ("programs", &["meter", "display"]),
    ("yaml", &[]),
    ("error", &["display", "paint"]),
    ("history", &["domain"]),
    ("history/git", &["domain", "meter", "programs", "display", "error", "history"]),
    ("filters", &["domain", "yaml"]),
    ("config", &["domain", "yaml", "filters"]),
    ("workspace", &["domain", "files", "yaml", "error", "history/git", "filters", "config"]),
    ("dockerfile", &["domain"]),
    ("inputs", &["domain", "files", "error", "history/git", "config", "workspace", "dockerfile"]),
    ("ci", &["domain", "error"]),
    ("ci/github", &["domain", "display", "yaml", "error", "ci"]),
    ("images", &["domain", "programs", "display", "error"]),
    ("registry", &["domain", "meter", "programs", "files", "display", "error"]),
    ("release", &["programs", "display", "error"]),
    (
        "check",
        &[
            "domain",
            "display",
            "paint",
            "yaml",
            "history/git",
            "filters",
            "config",
            "workspace",
            "inputs",
            "ci/github",
        ],
    ),
    ("init", &["domain", "display", "yaml", "filters", "config", "workspace", "ci/github"]),
    (
        "ops",
        &[
            "domain",
            "meter",
            "programs",
            "files",
            "display",
            "yaml",
            "error",
            "history",
            "history/git",
            "filters",
            "config",
            "workspace",
            "dockerfile",
            "inputs",
            "ci",
            "ci/github",
            "images",
            "registry",
            "release",
            "check",
            "init",
        ],
    ),
    (
        "cli",
        &[
            "domain",
            "meter",
            "world",
            "programs",
            "files",
            "display",
            "paint",
            "error",
            "filters",
            "config",
            "inputs",
            "ci/github",
            "images",
            "registry",
            "release",
            "check",
            "init",
            "ops",
        ],
    ),
];

/// The crate's root: it declares the modules and re-exports what the program needs.
const ROOT: [&str; 2] = ["lib.rs", "main.rs"];

/// A source file: its path below `src`, and its code without comments and without its unit tests.
struct Source {
    file: String,
    code: String,
}

impl Source {
    /// The path of its module from the crate's root.
    fn path(&self) -> Vec<&str> {
        let mut path: Vec<&str> = self.file.trim_end_matches(".rs").split('/').collect();
        if path.last() == Some(&"mod") {
            path.pop();
        }
        path
    }

    fn has_word(&self, word: &str) -> bool {
        self.code.contains(word)
    }
}

fn rust_files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("the sources are there") {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// All sources, sorted by path.
fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&root, &mut files);
    let mut sources: Vec<Source> = files
        .iter()
        .filter(|path| path.file_name().is_some_and(|name| name != "tests.rs"))
        .map(|path| {
            let text = fs::read_to_string(path).unwrap();
            let code = text.split("\nmod tests {").next().unwrap_or_default();
            let lines = code.lines().map(|line| line.split("//").next().unwrap_or_default());
            let file = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
            Source { file, code: lines.collect::<Vec<_>>().join("\n") }
        })
        .collect();
    sources.sort_by(|a, b| a.file.cmp(&b.file));
    assert!(sources.len() > 10, "only {} sources", sources.len());
    sources
}

/// The files in which `word` stands.
fn files_with(word: &str) -> Vec<String> {
    sources().into_iter().filter(|source| source.has_word(word)).map(|source| source.file).collect()
}

/// The module of the table that a path from the crate's root lies in.
fn module_of(path: &[&str]) -> Option<&'static str> {
    let path = path.join("/");
    let within = |name: &str| path == name || path.starts_with(&format!("{name}/"));
    let modules = MODULES.iter().map(|(name, _)| *name).filter(|name| within(name));
    modules.max_by_key(|name| name.len())
}

/// The paths that a path with groups names: `a::{b, c::d}` is `a/b` and `a/c/d`. It ends where no path goes on.
fn expand<'a>(text: &'a str, before: &[&'a str], found: &mut Vec<Vec<&'a str>>) -> &'a str {
    let text = text.trim_start();
    if let Some(mut rest) = text.strip_prefix('{') {
        loop {
            rest = expand(rest, before, found).trim_start();
            if let Some(end) = rest.strip_prefix('}') {
                return end;
            }
            match rest.split_once(',') {
                // `name as other,`
                Some((skipped, next)) if !skipped.contains('}') => rest = next,
                _ => return rest.split_once('}').map_or("", |(_, end)| end),
            }
        }
    }
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    if name.is_empty() {
        return rest;
    }
    let path = [before, &[name]].concat();
    match rest.strip_prefix("::") {
        Some(rest) => expand(rest, &path, found),
        None => {
            found.push(path);
            rest
        }
    }
}

/// Where `word` begins, as a word of its own.
fn words<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let is_part = |c: char| c.is_alphanumeric() || "_:$".contains(c);
    code.match_indices(word).map(|(at, _)| at).filter(move |at| !code[..*at].ends_with(is_part))
}

/// The paths from the crate's root that a source names.
fn named(source: &Source) -> Vec<Vec<&str>> {
    let (code, own) = (source.code.as_str(), source.path());
    let mut found = Vec::new();
    for at in words(code, "crate::") {
        expand(&code[at + "crate::".len()..], &[], &mut found);
    }
    for at in words(code, "super::") {
        let (mut rest, mut base) = (&code[at..], own.as_slice());
        while let Some(next) = rest.strip_prefix("super::") {
            (rest, base) = (next, base.split_last().map_or(base, |(_, parents)| parents));
        }
        expand(rest, base, &mut found);
    }
    // A module names its children without a prefix.
    for (module, _) in MODULES {
        let path: Vec<&str> = module.split('/').collect();
        let (name, parents) = path.split_last().expect("a module has a name");
        if !parents.is_empty() && parents == own && words(code, &format!("{name}::")).next().is_some() {
            found.push(path);
        }
    }
    found
}

/// The arrows between modules, each with the files that draw it.
fn arrows() -> BTreeMap<(&'static str, &'static str), BTreeSet<String>> {
    let mut arrows = BTreeMap::<_, BTreeSet<String>>::new();
    for source in sources().iter().filter(|source| !ROOT.contains(&&*source.file)) {
        let from = module_of(&source.path()).unwrap_or_else(|| panic!("{} is in no module", source.file));
        for to in named(source).iter().filter_map(|path| module_of(path)).filter(|to| *to != from) {
            arrows.entry((from, to)).or_default().insert(source.file.clone());
        }
    }
    arrows
}

#[test]
fn every_module_is_in_the_table_and_nothing_else_is() {
    let sources = sources();
    let inside: BTreeSet<&str> = sources.iter().filter_map(|source| module_of(&source.path())).collect();
    assert_eq!(inside, MODULES.iter().map(|(name, _)| *name).collect());
    let outside = sources.iter().filter(|source| module_of(&source.path()).is_none());
    assert_eq!(outside.map(|source| &*source.file).collect::<Vec<_>>(), ROOT, "missing from the table");
}

#[test]
fn modules_use_only_those_that_the_table_allows() {
    let allowed: BTreeMap<&str, &[&str]> = MODULES.into();
    let wrong: Vec<String> = arrows()
        .into_iter()
        .filter(|((from, to), _)| !allowed[from].contains(to))
        .map(|((from, to), files)| {
            format!("{from} uses {to}: {}", files.into_iter().collect::<Vec<_>>().join(", "))
        })
        .collect();
    assert!(wrong.is_empty(), "not in the table:\n{}", wrong.join("\n"));
}

#[test]
fn every_arrow_of_the_table_is_used() {
    let arrows = arrows();
    for (from, targets) in MODULES {
        for to in targets {
            assert!(arrows.contains_key(&(from, *to)), "{from} no longer uses {to}");
        }
    }
}

#[test]
fn a_module_stands_below_those_it_uses() {
    for (index, (from, targets)) in MODULES.iter().enumerate() {
        for to in *targets {
            assert!(MODULES[..index].iter().any(|(name, _)| name == to), "{from} stands above {to}");
        }
    }
}

/// Rows such as ``| `src/ci/` | events to plans | domain, yaml |``.
#[test]
fn contributing_has_the_same_table() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("CONTRIBUTING.md")).unwrap();
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `src/")).map(|row| {
        let (name, rest) = row.split_once('`').unwrap();
        let uses = rest.trim_end_matches(" |").rsplit_once("| ").unwrap().1;
        format!("{}: {uses}", name.trim_end_matches('/').trim_end_matches(".rs"))
    });
    let wanted = MODULES.map(|(name, uses)| {
        format!("{name}: {}", if uses.is_empty() { "nothing".to_owned() } else { uses.join(", ") })
    });
    assert_eq!(rows.collect::<Vec<_>>().join("\n"), wanted.join("\n"));
}

#[test]
fn one_place_uses_gix() {
    let files = files_with("gix::");
    assert!(files.contains(&"history/git/mod.rs".to_owned()), "{files:?}");
    assert!(files.iter().all(|file| file.starts_with("history/git/")), "{files:?}");
}

#[test]
fn one_file_uses_ureq() {
    assert_eq!(files_with("ureq::"), ["registry/http.rs"]);
}

#[test]
fn one_file_runs_programs() {
    for word in ["duct::", "which::", "signal_hook::"] {
        assert_eq!(files_with(word), ["programs.rs"], "{word}");
    }
    assert_eq!(files_with("process::Command"), Vec::<String>::new());
}

#[test]
fn one_file_reads_the_environment() {
    assert_eq!(files_with("env::"), ["world.rs"]);
}

#[test]
fn no_library_code_prints() {
    for word in ["io::stdout", "io::stderr"] {
        assert_eq!(files_with(word), ["main.rs"], "{word}");
    }
    for word in ["println!", "eprintln!", "eprint!", " print!"] {
        assert_eq!(files_with(word), Vec::<String>::new(), "{word}");
    }
}

#[test]
fn nothing_but_cli_uses_clap() {
    let files: Vec<String> =
        ["clap::", "clap_complete::", "clap_mangen::"].iter().flat_map(|word| files_with(word)).collect();
    assert!(!files.is_empty());
    assert!(files.iter().all(|file| file.starts_with("cli/")), "{files:?}");
}
