//! What a Taskfile includes, and what it sets besides `vars`: read as Task reads it, without Task.

use std::path::{Component, Path, PathBuf};

use super::taskfile::VARIABLE;
use crate::yaml::Place;
use crate::yaml::tree::{self, Node};

/// An entry of `includes`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Include {
    /// The name before the colon of its tasks.
    pub namespace: String,
    /// Where it is written.
    pub place: Place,
    /// The Taskfile, or its directory; none if only Task can work it out.
    pub taskfile: Option<String>,
    /// How it is included.
    pub form: IncludeForm,
    /// Further names that may stand before the colon.
    pub aliases: Vec<String>,
    /// Whether its `vars` set the variable.
    pub sets_variable: bool,
}

/// How a Taskfile is included. Task treats the two forms differently (`AdvancedImport` in its sources): only for a map do the
/// tasks get a directory and a copy of the variables of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IncludeForm {
    /// `name: path`: the tasks run in the directory of the Taskfile that Task was started with, and share its variables.
    Short,
    /// `name: {taskfile: path, …}`.
    Map {
        /// Where the tasks run, if it is written.
        dir: Dir,
        /// Whether the tasks have no name before theirs.
        flatten: bool,
    },
}

/// The `dir` of an include.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dir {
    /// It is not set, which means the directory of the including Taskfile.
    Unset,
    /// As written.
    Path(String),
    /// Only Task can work it out.
    Computed,
}

impl Include {
    /// Whether its tasks have no name before theirs.
    pub fn is_flat(&self) -> bool {
        matches!(self.form, IncludeForm::Map { flatten: true, .. })
    }
}

/// What a Taskfile says besides `vars` and its tasks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Layout {
    /// What it includes, in its order. Entries that Task would refuse are left out.
    pub includes: Vec<Include>,
    /// Where it sets the variable for what its tasks run.
    pub environment: Environment,
}

/// The layout of `text`, a Taskfile. One that is not YAML says nothing: it is reported where its service matters.
pub fn layout(text: &str) -> Layout {
    // `dotenv` contains the second.
    if !text.contains("includes") && !text.contains("env") {
        return Layout::default();
    }
    let Ok(Some(root)) = tree::parse(text) else { return Layout::default() };
    let entries = |key| root.get(key).and_then(|map| map.merged_entries().ok()).unwrap_or_default();
    let includes = entries("includes").into_iter().filter_map(|(key, value)| include(key, value)).collect();
    let variable = entries("env").into_iter().find(|(key, _)| key.text() == Some(VARIABLE));
    let files = root.get("dotenv").map(Node::items).unwrap_or_default();
    let files = files.iter().filter_map(|file| Some((literal(file.text()?)?, file.place)));
    let environment = Environment { variable: variable.map(|(key, _)| key.place), dotenv: files.collect() };
    Layout { includes, environment }
}

fn include(key: &Node, value: &Node) -> Option<Include> {
    let named = |taskfile: &str, form| {
        let namespace = key.text()?.to_owned();
        let sets_variable = value.get("vars").is_some_and(|vars| vars.get(VARIABLE).is_some());
        let aliases = value.get("aliases").map(Node::items).unwrap_or_default();
        let aliases = aliases.iter().filter_map(Node::text).map(ToOwned::to_owned).collect();
        let taskfile = literal(taskfile);
        Some(Include { namespace, place: key.place, taskfile, form, aliases, sets_variable })
    };
    if let Some(path) = value.text() {
        return named(path, IncludeForm::Short);
    }
    let text = |name| value.get(name).and_then(Node::text).filter(|text| !text.trim().is_empty());
    let dir = match text("dir") {
        None => Dir::Unset,
        Some(dir) => literal(dir).map_or(Dir::Computed, Dir::Path),
    };
    named(text("taskfile")?, IncludeForm::Map { dir, flatten: text("flatten") == Some("true") })
}

/// `path`, unless Task would replace something in it or take it for an address.
pub(super) fn literal(path: &str) -> Option<String> {
    let is_computed =
        path.contains("{{") || path.contains(['$', '`', '\\', '"', '\'']) || path.starts_with('~');
    let is_remote = path.contains("://") || path.starts_with("git@");
    (!is_computed && !is_remote).then(|| path.to_owned())
}

/// Where a Taskfile sets the variable outside of `vars`, in which it makes no service: in `env`, or else where it names
/// `dotenv` files.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Environment {
    /// Where `env` sets the variable.
    pub variable: Option<Place>,
    /// The paths that `dotenv` lists, as far as Task is not needed to know them, each with its place.
    pub dotenv: Vec<(String, Place)>,
}

/// Whether `text`, a file that `dotenv` lists, sets the variable.
pub fn dotenv_sets(text: &str) -> bool {
    let lines = text.lines().map(|line| line.trim_start().trim_start_matches("export ").trim_start());
    let mut rests = lines.filter_map(|line| line.strip_prefix(VARIABLE));
    rests.any(|rest| rest.trim_start().starts_with(['=', ':']))
}

/// `path` as seen from `directory`, without `.` and `..`, as Task joins paths: without a look at the file system.
pub fn joined(directory: &Path, path: &str) -> PathBuf {
    let mut joined = PathBuf::new();
    for component in directory.join(path).components() {
        match component {
            Component::CurDir => {}
            // What leads out of a relative path stays outside.
            Component::ParentDir if joined.file_name().is_none() && !joined.has_root() => joined.push(".."),
            Component::ParentDir if joined.ends_with("..") => joined.push(".."),
            Component::ParentDir => drop(joined.pop()),
            other => joined.push(other),
        }
    }
    joined
}

/// `path` as seen from the root of the repository, if it is in there; it is relative to `directory`.
pub fn seen_from(directory: &str, path: &str) -> Option<String> {
    let joined = joined(Path::new(directory), path);
    let path = joined.to_str()?;
    (!joined.has_root() && path != ".." && !path.starts_with("../")).then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read() {
        let text = "version: '3'\nincludes:\n  a: ./a\n  b:\n    taskfile: b/Taskfile.yml\n    dir: ./b/\n  c: {taskfile: c, flatten: true}\n  d: {dir: d}\n  e: [x]\n  f: {taskfile: '{{.X}}', dir: '$HOME'}\n  g: https://example.com/g.yml\n";
        let found = layout(text).includes;
        let brief: Vec<_> = found
            .iter()
            .map(|include| (&*include.namespace, include.taskfile.as_deref(), include.form.clone()))
            .collect();
        let map = |dir, flatten| IncludeForm::Map { dir, flatten };
        assert_eq!(
            brief,
            [
                ("a", Some("./a"), IncludeForm::Short),
                ("b", Some("b/Taskfile.yml"), map(Dir::Path("./b/".into()), false)),
                ("c", Some("c"), map(Dir::Unset, true)),
                ("f", None, map(Dir::Computed, false)),
                ("g", None, IncludeForm::Short),
            ]
        );
        assert_eq!(found.iter().map(|include| include.place.line).collect::<Vec<_>>(), [3, 4, 7, 10, 11]);
        for text in ["", "includes:\n", "includes: []\n", "x: 1\n", "# includes\n"] {
            assert_eq!(layout(text).includes, [], "{text}");
        }
    }

    #[test]
    fn the_variable_is_found_outside_of_vars() {
        let env = |text| layout(text).environment;
        assert_eq!(env("env:\n  IMAGE_REPO: a\n").variable, Some(Place { line: 2, column: 3 }));
        assert_eq!(env("vars:\n  IMAGE_REPO: a\nenv:\n  OTHER: b\n"), Environment::default());
        let listed = env("dotenv: ['.env', '{{.ENV}}.env']\n").dotenv;
        assert_eq!(listed, [(".env".to_owned(), Place { line: 1, column: 10 })]);
        for (text, sets) in [
            ("IMAGE_REPO=a\n", true),
            ("A=b\nexport IMAGE_REPO = a", true),
            ("IMAGE_REPO: a", true),
            ("MY_IMAGE_REPO=a\n", false),
            ("IMAGE_REPOSITORY=a\n", false),
            ("# IMAGE_REPO=a\n", false),
        ] {
            assert_eq!(dotenv_sets(text), sets, "{text}");
        }
    }

    #[test]
    fn paths_are_joined_without_dots() {
        for (directory, path, expected) in [
            ("", "./services/api/", "services/api"),
            ("services/api", "../../.github/utils/taskfile.yaml", ".github/utils/taskfile.yaml"),
            ("services/api", ".", "services/api"),
            ("services", "../../x", "../x"),
            ("", "../../x", "../../x"),
            ("/repo/a", "../b", "/repo/b"),
            ("/", "../b", "/b"),
            ("a", "/b", "/b"),
        ] {
            assert_eq!(joined(Path::new(directory), path), Path::new(expected), "{directory} {path}");
        }
    }
}
