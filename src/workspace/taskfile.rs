//! What a Taskfile says about its directory's image.

use crate::yaml::tree::{self, Node, NodeKind, Scalar};
use crate::yaml::{self, Place, YamlError};

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

/// Whether Task takes `file`, a path with `/`, for the Taskfile of its directory.
pub fn is_named_so(file: &str) -> bool {
    NAMES.contains(&file.rsplit('/').next().unwrap_or(file))
}

/// The directory of `file`, a path with `/`; empty for the root.
pub fn directory_of(file: &str) -> &str {
    file.rsplit_once('/').map_or("", |(directory, _)| directory)
}

/// The path of `name` in `directory`, which is empty for the root.
pub fn below(directory: &str, name: &str) -> String {
    if directory.is_empty() { name.to_owned() } else { format!("{directory}/{name}") }
}

/// The variable that names the image repository of a service.
pub const VARIABLE: &str = "IMAGE_REPO";

/// The value of `vars.IMAGE_REPO`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImageRepo {
    /// A plain string.
    Plain {
        /// The string.
        text: String,
        /// Where the variable is set.
        place: Place,
    },
    /// Something that only Task can work out: a template, a command, a reference.
    Computed {
        /// What it is, e.g. `a template`.
        kind: &'static str,
        /// What it ends with, whatever Task works out.
        end: String,
        /// Where the variable is set.
        place: Place,
    },
}

/// What `text`, a Taskfile, sets `vars.IMAGE_REPO` to; none if it does not, or to nothing.
///
/// # Errors
/// Text that is not YAML, a Taskfile or `vars` that are not maps, and a value that cannot be a string.
pub fn image_repo(text: &str) -> Result<Option<ImageRepo>, YamlError> {
    // Most files in the world that are called so set no such variable, and need no parser to say it.
    if !text.contains(VARIABLE) {
        return Ok(None);
    }
    let Some(root) = tree::parse(text)? else { return Ok(None) };
    let root = map(&root, "", "with version, vars, tasks and the like")?;
    let Some((_, vars)) =
        root.into_iter().find(|(key, value)| key.text() == Some("vars") && !value.is_null())
    else {
        return Ok(None);
    };
    let vars = map(vars, "vars: ", "from names to values")?;
    let variable = vars.into_iter().find(|(key, _)| key.text() == Some(VARIABLE));
    variable.map_or(Ok(None), |(key, value)| image(key.place, value))
}

/// As [`image_repo`], of the content of a Taskfile.
///
/// # Errors
/// As there; what is not UTF-8.
pub fn image_in(content: Vec<u8>) -> Result<Option<ImageRepo>, YamlError> {
    yaml::text(content).and_then(|text| image_repo(&text))
}

/// The entries of a map. If it is none, the error begins with `context` and says what `kind` of map is expected.
fn map<'n>(node: &'n Node, context: &str, kind: &str) -> Result<Vec<(&'n Node, &'n Node)>, YamlError> {
    if node.has_custom_tag() || !matches!(node.kind, NodeKind::Map(_)) {
        let message = format!("{context}expected a map {kind}, but found {}", node.describe());
        return Err(YamlError::new(message, node.place));
    }
    node.merged_entries()
}

/// What the variable that is set at `place` is set to.
fn image(place: Place, value: &Node) -> Result<Option<ImageRepo>, YamlError> {
    let computed =
        |kind, end: &str| Ok(Some(ImageRepo::Computed { kind, end: end.trim().to_owned(), place }));
    match value.scalar() {
        Some(Scalar::Null | Scalar::Text("")) => Ok(None),
        Some(Scalar::Text(text)) if text.contains("{{") => computed("a template", certain_end(text)),
        Some(Scalar::Text(text)) => Ok(Some(ImageRepo::Plain { text: text.to_owned(), place })),
        None if value.get("sh").is_some() => computed("the output of a command (sh:)", ""),
        None if value.get("ref").is_some() => computed("a reference (ref:)", ""),
        _ => Err(YamlError::new("vars.IMAGE_REPO: expected a string, e.g. team/api", place)),
    }
}

/// What is behind the last action of a template, unless an action may leave it out.
fn certain_end(template: &str) -> &str {
    const CONTROL: [&str; 8] = ["if", "range", "with", "end", "define", "block", "break", "continue"];
    let Some((before, end)) = template.rsplit_once("}}") else { return "" };
    let is_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '.';
    let mut words = before.split(|letter| !is_word(letter));
    if words.any(|word| CONTROL.contains(&word)) { "" } else { end }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The text and the place of a plain string.
    #[track_caller]
    fn plain(text: &str) -> (String, Place) {
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
        for (text, (line, column)) in [
            ("version: '3'\nvars:\n  MY_IMAGE_REPO: b\n  # IMAGE_REPO: c\n  IMAGE_REPO: a\n", (5, 3)),
            ("vars: {OTHER: 1, 'IMAGE_REPO': a}", (1, 18)),
            ("env:\n  IMAGE_REPO: b\nvars:\n    \"IMAGE_REPO\" : a\n", (4, 5)),
            ("x: &x {IMAGE_REPO: a}\nvars:\n  <<: *x\nenv:\n  IMAGE_REPO: b\n", (1, 8)),
            ("{vars: {IMAGE_REPO: a}}", (1, 9)),
        ] {
            assert_eq!(plain(text), ("a".to_owned(), Place { line, column }), "{text}");
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
            Ok(Some(ImageRepo::Computed { place, .. })) => place.line,
            other => panic!("{other:?}"),
        };
        assert_eq!(line_of("version: '3'\nvars:\n  IMAGE_REPO: '{{.REGISTRY}}/api'\n"), 3);
        assert_eq!(line_of("vars:\n  IMAGE_REPO:\n    sh: echo team/api\n"), 2);
        assert_eq!(line_of("vars:\n  IMAGE_REPO: {ref: .OTHER}\n"), 2);
    }

    #[test]
    fn a_template_says_how_its_value_ends() {
        for (template, expected) in [
            ("{{.REGISTRY}}/orders", "/orders"),
            ("{{.REGISTRY}}/{{.NAME}}", ""),
            ("ghcr.io/{{.ORG}}/orders-{{.X | default \"a}}b\"}}-end", "-end"),
            ("{{.A -}} /orders", "/orders"),
            ("{{if .A}}a{{else}}b{{end}}/orders", ""),
            ("{{if .A}}a/orders", ""),
            ("{{with .A}}a{{end}}{{.B}}/orders", ""),
            ("{{.end}}/orders", "/orders"),
        ] {
            match image_repo(&format!("vars:\n  IMAGE_REPO: '{template}'\n")) {
                Ok(Some(ImageRepo::Computed { end, .. })) => assert_eq!(end, expected, "{template}"),
                other => panic!("{template}: {other:?}"),
            }
        }
    }

    #[test]
    fn malformed_files_say_where() {
        let error = image_repo("version: '3'\nvars:\n  IMAGE_REPO: [a\n  b: c\n").unwrap_err();
        assert!(error.location.is_some_and(|place| place.line >= 3), "{error:?}");
        assert_eq!(
            image_repo("vars:\n  IMAGE_REPO: [a]\n").unwrap_err().location,
            Some(Place { line: 2, column: 3 })
        );
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
