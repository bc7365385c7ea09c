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
    Plain(String),
    /// Something that only Task can work out: a template, a command, a reference.
    Computed {
        /// What it is, e.g. `a template`.
        kind: &'static str,
        /// The line of the Taskfile, from 1.
        line: usize,
    },
}

/// The parts that matter here. All else is Task's.
#[derive(Deserialize)]
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
    let line = line_of_variable(text);
    let taskfile = Option::<Taskfile>::deserialize(document)?;
    let mut vars = taskfile.and_then(|taskfile| taskfile.vars).unwrap_or_default();
    let invalid = |message: &str| YamlError { message: message.to_owned(), location: Some((line, 1)) };
    vars.apply_merge().map_err(|error| invalid(&error.to_string()))?;
    let value = match vars {
        Value::Null => return Ok(None),
        Value::Mapping(mut vars) => vars.remove(VARIABLE),
        _ => return Err(invalid("vars: a mapping of names to values is expected")),
    };
    let computed = |kind| Ok(Some(ImageRepo::Computed { kind, line }));
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.is_empty() => Ok(None),
        Some(Value::String(text)) if text.contains("{{") => computed("a template"),
        Some(Value::String(text)) => Ok(Some(ImageRepo::Plain(text))),
        Some(Value::Mapping(dynamic)) if dynamic.contains_key("sh") => {
            computed("the output of a command (sh:)")
        }
        Some(Value::Mapping(dynamic)) if dynamic.contains_key("ref") => computed("a reference (ref:)"),
        Some(_) => Err(invalid("vars.IMAGE_REPO: a string is expected")),
    }
}

/// The line, from 1, that sets the variable below `vars:`, as far as a look at the text can tell.
fn line_of_variable(text: &str) -> usize {
    let lines = text.trim_start_matches('\u{feff}').lines().zip(1..);
    let mut lines = lines.skip_while(|(line, _)| !line.starts_with("vars:"));
    let is_variable = |line: &str| line.trim_start().trim_start_matches(['"', '\'']).starts_with(VARIABLE);
    lines.find(|(line, _)| is_variable(line)).map_or(1, |(_, number)| number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plain(text: &str) -> Result<Option<ImageRepo>, YamlError> {
        Ok(Some(ImageRepo::Plain(text.to_owned())))
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
            assert_eq!(image_repo(text), plain("team/api"), "{text}");
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
            Ok(Some(ImageRepo::Computed { line, .. })) => line,
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
        assert_eq!(image_repo("vars:\n  IMAGE_REPO: [a]\n").unwrap_err().location, Some((2, 1)));
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
