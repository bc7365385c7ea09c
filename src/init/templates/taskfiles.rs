//! Taskfiles: the shared tasks, that of a service, and the one at the root.

use std::collections::{BTreeMap, BTreeSet};

use super::lines;
use super::scalar::scalar;
use crate::domain::{ImageRepository, short_name};

/// Where the shared tasks are, from the root of the repository.
pub const UTILS_TASKFILE: &str = ".github/utils/taskfile.yaml";

/// Characters besides letters and digits that mean themselves in a path that Task expands.
const LITERAL: &str = "._/@+,=-";

const SERVICE: &str = include_str!("service-taskfile.yaml");

/// What the Taskfile of a service depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceTaskfile<'s> {
    /// The directory that it is in, from the root of the repository, with `/`; empty for the root. It must be that of one
    /// service only, or of the one that is named after it: the tasks mean the service of the directory.
    pub directory: &'s str,
    /// The image; none if the configuration names it.
    pub image: Option<&'s ImageRepository>,
}

/// The shared tasks, for [`UTILS_TASKFILE`].
pub fn utils_taskfile() -> &'static str {
    include_str!("../../../.github/utils/taskfile.yaml")
}

/// The Taskfile of a service: its image, the shared tasks, and the tasks that build it.
///
/// The shared tasks are included without a directory, so Task runs them in that of the service.
pub fn service_taskfile(facts: &ServiceTaskfile<'_>) -> String {
    let vars = facts.image.map(|image| {
        vec!["vars:".to_owned(), format!("  IMAGE_REPO: {}", scalar(image.as_str())), String::new()]
    });
    let up = "../".repeat(facts.directory.split('/').filter(|part| !part.is_empty()).count());
    let utils = vec![format!("utils: {up}{UTILS_TASKFILE}")];
    lines::fill(SERVICE, &[("vars", vars.unwrap_or_default()), ("utils", utils)])
}

/// `directory` as an include can name it; none if Task would take it for a template, a pattern or several words.
///
/// Task expands the paths of includes as a shell does, after templating.
fn taskfile_dir(directory: &str) -> Option<&str> {
    let is_literal = |c: char| c.is_alphanumeric() || LITERAL.contains(c);
    let is_taken = !directory.is_empty() && directory.chars().all(is_literal) && !directory.starts_with('-');
    is_taken.then_some(directory)
}

/// The Taskfile at the root: it includes those in `directories`, each with its directory, under its last component, or its path
/// with dashes where that is another's as well. One that Task would not
/// take as it is is left out, and a comment says so.
pub fn root_taskfile(directories: &[&str]) -> String {
    let mut lines = vec!["version: '3'".to_owned(), String::new()];
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    directories.iter().for_each(|directory| *counts.entry(short_name(directory)).or_default() += 1);
    let (mut includes, mut used) = (Vec::new(), BTreeSet::new());
    for directory in directories {
        let Some(path) = taskfile_dir(directory) else {
            lines.push(format!(
                "# Not included, since Task would not take its path as it is: {}",
                scalar(directory)
            ));
            continue;
        };
        let short = short_name(path);
        let name = if counts.get(short) == Some(&1) { short.to_owned() } else { path.replace('/', "-") };
        let numbered = (2..).map(|number| format!("{name}-{number}"));
        let mut names = std::iter::once(name.clone()).chain(numbered);
        let name = names.find(|name| used.insert(name.clone())).unwrap_or(name);
        let path = scalar(path);
        includes.extend([
            format!("  {}:", scalar(&name)),
            format!("    taskfile: {path}"),
            format!("    dir: {path}"),
        ]);
    }
    if !includes.is_empty() {
        lines.push("includes:".to_owned());
        lines.extend(includes);
    }
    lines.into_iter().map(|line| line + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_finds_the_shared_tasks() {
        let utils = |directory: &str| {
            let text = service_taskfile(&ServiceTaskfile { directory, image: None });
            assert!(!text.contains("IMAGE_REPO") && !text.contains('<'), "{text}");
            text.lines().find_map(|line| line.strip_prefix("  utils: ").map(ToOwned::to_owned))
        };
        for (directory, expected) in [
            ("", ".github/utils/taskfile.yaml"),
            ("api", "../.github/utils/taskfile.yaml"),
            ("apps/{{.X}} y", "../../.github/utils/taskfile.yaml"),
        ] {
            assert_eq!(utils(directory).as_deref(), Some(expected));
        }
    }

    #[test]
    fn includes_have_names_of_their_own() {
        let text = root_taskfile(&[
            "apps/web",
            "libs/web",
            "apps/api",
            "x/apps-web",
            "a b/x",
            "apps/$HOME",
            "{{.X}}",
        ]);
        let names = text
            .lines()
            .filter(|line| line.starts_with("  ") && line.ends_with(':') && !line.starts_with("   "));
        assert_eq!(names.collect::<Vec<_>>(), ["  apps-web:", "  libs-web:", "  api:", "  apps-web-2:"]);
        assert_eq!(text.matches("# Not included").count(), 3, "{text}");
    }
}
