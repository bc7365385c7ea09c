//! What a Taskfile says about its directory's image.

use serde::Deserialize;
use serde_yaml::Value;

use crate::yaml::{self, YamlError};

/// The file names that Task looks for, in its order: the first one that exists is the directory's Taskfile.
pub const NAMES: [&str; 8] = [
    "Taskfile.yml",
    "taskfile.yml",
    "Taskfile.yaml",
    "taskfile.yaml",
    "Taskfile.dist.yml",
    "taskfile.dist.yml",
    "Taskfile.dist.yaml",
    "taskfile.dist.yaml",
];

/// The variable that names the image repository of a service.
pub const VARIABLE: &str = "IMAGE_REPO";

/// The value of `vars.IMAGE_REPO`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImageRepo {
    /// A plain string.
    Plain {
        /// The string.
        text: String,
        /// Line and column of the Taskfile, from 1.
        place: (usize, usize),
    },
    /// Something that only Task can work out: a template, a command, a reference.
    Computed {
        /// What it is, e.g. `a template`.
        kind: &'static str,
        /// Line and column of the Taskfile, from 1.
        place: (usize, usize),
    },
}

/// The parts that matter here. All else is Task's.
#[derive(Deserialize)]
#[serde(expecting = "a mapping: version, vars, tasks and the like")]
struct Taskfile {
    #[serde(default)]
    vars: Option<Value>,
}

/// What `text`, a Taskfile, sets `vars.IMAGE_REPO` to; none if it does not, or to nothing.
///
/// # Errors
/// Text that is no YAML, or whose `vars` are no mapping.
pub fn image_repo(text: &str) -> Result<Option<ImageRepo>, YamlError> {
    // Most files in the world that are called so set no such variable, and need no parser to say it.
    if !text.contains(VARIABLE) {
        return Ok(None);
    }
    let Some(document) = yaml::documents(text)?.next() else {
        return Ok(None);
    };
    let (vars_place, place) = places(text);
    let taskfile = Option::<Taskfile>::deserialize(document)?;
    let mut vars = taskfile.and_then(|taskfile| taskfile.vars).unwrap_or_default();
    let invalid = |place, message: &str| YamlError { message: message.to_owned(), location: Some(place) };
    vars.apply_merge().map_err(|error| invalid(vars_place, &format!("vars: {error}")))?;
    let value = match vars {
        Value::Null => return Ok(None),
        Value::Mapping(mut vars) => vars.remove(VARIABLE),
        _ => return Err(invalid(vars_place, "vars: a mapping of names to values is expected")),
    };
    let computed = |kind| Ok(Some(ImageRepo::Computed { kind, place }));
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.is_empty() => Ok(None),
        Some(Value::String(text)) if text.contains("{{") => computed("a template"),
        Some(Value::String(text)) => Ok(Some(ImageRepo::Plain { text, place })),
        Some(Value::Mapping(dynamic)) if dynamic.contains_key("sh") => {
            computed("the output of a command (sh:)")
        }
        Some(Value::Mapping(dynamic)) if dynamic.contains_key("ref") => computed("a reference (ref:)"),
        Some(_) => Err(invalid(place, "vars.IMAGE_REPO: a string is expected, e.g. team/api")),
    }
}

/// Line and column, from 1, of `vars:` and of the variable below it, as far as a look at the text can tell.
fn places(text: &str) -> ((usize, usize), (usize, usize)) {
    let is_name = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let column_of_variable = |line: &str| {
        let mut found = line.match_indices(VARIABLE).map(|(at, _)| line.split_at(at));
        let is_key = |(before, from): &(&str, &str)| {
            let after = from.trim_start_matches(VARIABLE).trim_start_matches(['"', '\'']);
            !before.ends_with(is_name) && !before.contains('#') && after.trim_start().starts_with(':')
        };
        found.find(is_key).map(|(before, _)| before.chars().count() + 1)
    };
    let mut lines = text.trim_start_matches('\u{feff}').lines().zip(1..);
    let lines = lines.by_ref().skip_while(|(line, _)| !line.starts_with("vars:"));
    let is_another_key = |line: &str| line.starts_with(is_name) && !line.starts_with("vars:");
    let mut lines = lines.take_while(|(line, _)| !is_another_key(line)).peekable();
    let vars = (lines.peek().map_or(1, |(_, number)| *number), 1);
    let variable = lines.find_map(|(line, number)| Some((number, column_of_variable(line)?)));
    (vars, variable.unwrap_or(vars))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The text and the place of a plain string.
    #[track_caller]
    fn plain(text: &str) -> (String, (usize, usize)) {
        match image_repo(text) {
            Ok(Some(ImageRepo::Plain { text, place })) => (text, place),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn a_plain_string_is_taken_however_it_is_spelled() {
        for text in [
            "version: '3'\nvars:\n  IMAGE_REPO: team/api\n",
            "vars: {IMAGE_REPO: 'team/api'}",
            "vars:\n  \"IMAGE_REPO\": \"team/api\"\ntasks:\n  build:\n    cmds:\n      - echo '{{.IMAGE_REPO}}'\n",
            "x: &image team/api\nvars:\n  IMAGE_REPO: *image\n",
            "x: &base {IMAGE_REPO: team/api}\nvars:\n  <<: *base\n  OTHER: 1\n",
            "---\nvars:\n  IMAGE_REPO: >-\n    team/api\n---\nsecond: document\n",
        ] {
            assert_eq!(plain(text).0, "team/api", "{text}");
        }
    }

    #[test]
    fn where_it_stands_is_known() {
        for (text, place) in [
            ("version: '3'\nvars:\n  MY_IMAGE_REPO: b\n  # IMAGE_REPO: c\n  IMAGE_REPO: a\n", (5, 3)),
            ("vars: {OTHER: 1, 'IMAGE_REPO': a}", (1, 19)),
            ("env:\n  IMAGE_REPO: b\nvars:\n    \"IMAGE_REPO\" : a\n", (4, 6)),
            // Elsewhere, the line of `vars:` has to do.
            ("x: &x {IMAGE_REPO: a}\nvars:\n  <<: *x\nenv:\n  IMAGE_REPO: b\n", (2, 1)),
            ("{vars: {IMAGE_REPO: a}}", (1, 1)),
        ] {
            assert_eq!(plain(text), ("a".to_owned(), place), "{text}");
        }
    }

    #[test]
    fn unset_is_no_service() {
        for text in [
            "",
            "# IMAGE_REPO\n",
            "version: '3'\n",
            "vars:\n",
            "vars:\n  IMAGE_REPO:\n",
            "vars:\n  IMAGE_REPO: ''\n",
            "vars:\n  MY_IMAGE_REPO: a\n",
            "env:\n  IMAGE_REPO: team/api\n",
            "tasks:\n  build:\n    vars:\n      IMAGE_REPO: team/api\n",
            "includes:\n  api:\n    taskfile: ./api\n    vars: {IMAGE_REPO: team/api}\n",
        ] {
            assert_eq!(image_repo(text), Ok(None), "{text}");
        }
    }

    #[test]
    fn what_only_task_can_know_is_said_so() {
        let line_of = |text: &str| match image_repo(text) {
            Ok(Some(ImageRepo::Computed { place: (line, _), .. })) => line,
            other => panic!("{other:?}"),
        };
        assert_eq!(line_of("version: '3'\nvars:\n  IMAGE_REPO: '{{.REGISTRY}}/api'\n"), 3);
        assert_eq!(line_of("vars:\n  IMAGE_REPO:\n    sh: echo team/api\n"), 2);
        assert_eq!(line_of("vars:\n  IMAGE_REPO: {ref: .OTHER}\n"), 2);
    }

    #[test]
    fn malformed_files_say_where() {
        let error = image_repo("version: '3'\nvars:\n  IMAGE_REPO: [a\n  b: c\n").unwrap_err();
        assert!(error.location.is_some_and(|(line, _)| line >= 3), "{error:?}");
        assert_eq!(image_repo("vars:\n  IMAGE_REPO: [a]\n").unwrap_err().location, Some((2, 3)));
        assert!(image_repo("vars: IMAGE_REPO\n").is_err());
        assert!(image_repo("vars:\n\tIMAGE_REPO: a\n").is_err());
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(\\PC|\n|  |: |- |[&*{}\\[\\]]|IMAGE_REPO|vars:|<<: ){0,40}") {
            let _ = image_repo(&text);
        }
    }
}
