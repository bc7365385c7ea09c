//! What scripts of steps hand on: variables of the job (`GITHUB_ENV`) and outputs (`GITHUB_OUTPUT`).
//!
//! Only plain lines count: `NAME=value`, and `echo "NAME=value" >> "$GITHUB_ENV"`. A name with several values, as under
//! conditions, stays open.

use std::collections::BTreeMap;

use crate::init::value::{Value, with_variables};

/// Values by their names.
pub(super) type Values = BTreeMap<String, Value>;

/// What a script writes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Written {
    /// To `GITHUB_ENV`.
    pub(super) env: Values,
    /// To `GITHUB_OUTPUT`.
    pub(super) outputs: Values,
}

/// What `script`, whose expressions are evaluated, writes, with the variables of `env`.
pub(super) fn written(script: &Value, env: &Values) -> Written {
    let (mut variables, mut written) = (Values::new(), Written::default());
    for line in script.marked().replace("\\\n", " ").lines().map(str::trim) {
        let lookup = |name: &str| {
            let value = variables.get(name).or_else(|| env.get(name))?;
            value.known().map(ToOwned::to_owned)
        };
        if let Some((file, pair)) = redirected(line) {
            let value = with_variables(&Value::literal(pair), &lookup);
            let target = if file == "GITHUB_ENV" { &mut written.env } else { &mut written.outputs };
            if let Some((name, value)) = pair_of(&value) {
                set(target, name, value);
            }
        } else if let Some((name, text)) = assigned(line) {
            let is_change = text.contains(&format!("${name}")) || text.contains(&format!("${{{name}"));
            let value = assigned_value(text, &lookup);
            if is_change {
                variables.insert(name.to_owned(), value);
            } else {
                set(&mut variables, name.to_owned(), value);
            }
        }
    }
    written
}

/// Sets `name`, which stays open if it had another value.
fn set(values: &mut Values, name: String, value: Value) {
    let is_other = values.get(&name).is_some_and(|known| known.known() != value.known());
    let value = if is_other { Value::open(format!("${name}")) } else { value };
    values.insert(name, value);
}

/// The file and the text of `echo "NAME=value" >> "$GITHUB_ENV"`.
fn redirected(line: &str) -> Option<(&'static str, &str)> {
    let (echo, target) = line.rsplit_once(">>")?;
    let target = target.trim().trim_matches(['"', '\'', '$', '{', '}']);
    let file = ["GITHUB_ENV", "GITHUB_OUTPUT"].into_iter().find(|file| *file == target)?;
    let text = echo.trim().strip_prefix("echo")?.trim();
    Some((file, text.strip_prefix("-n").unwrap_or(text).trim().trim_matches(['"', '\''])))
}

fn pair_of(value: &Value) -> Option<(String, Value)> {
    let (name, _) = value.marked().split_once('=')?;
    is_name(name).then(|| (name.to_owned(), value.behind_equals()))
}

/// The name and the text of `NAME=text`.
fn assigned(line: &str) -> Option<(&str, &str)> {
    let (name, text) = line.strip_prefix("export ").unwrap_or(line).split_once('=')?;
    let is_alone = text.starts_with(['"', '\'', '$']) || !text.contains(char::is_whitespace);
    (is_name(name) && is_alone).then_some((name, text.trim()))
}

fn is_name(name: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.chars().all(is_part)
}

/// The value of an assignment: a text, or one that is made lowercase on the way, as images must be.
fn assigned_value(text: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Value {
    let plain = |text: &str| {
        let text = text.trim();
        match text.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')) {
            Some(literal) => Value::literal(literal),
            None => with_variables(&Value::literal(text.trim_matches('"')), lookup),
        }
    };
    let call = text.trim_matches('"').strip_prefix("$(echo ").and_then(|call| call.strip_suffix(')'));
    match call.and_then(|call| call.split_once('|')) {
        Some((echoed, filter)) if is_lowering(filter) => plain(echoed).in_lowercase(),
        _ => plain(text),
    }
}

/// Whether `filter` is `tr '[A-Z]' '[a-z]'` in one of its spellings.
fn is_lowering(filter: &str) -> bool {
    let words: Vec<&str> =
        filter.split_whitespace().map(|word| word.trim_matches(['"', '\'', '[', ']'])).collect();
    matches!(words.as_slice(), ["tr", "A-Z" | ":upper:", "a-z" | ":lower:"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_lines_hand_on_values() {
        let script = "IMAGE=acme/$NAME\nIMAGE=$(echo $IMAGE | tr '[A-Z]' '[a-z]')\nVERSION=$(git describe)\nif [ x ]; then\n  TAG=a\nelse\n  TAG=b\nfi\necho IMAGE=$IMAGE >> $GITHUB_ENV\necho \"TAG=$TAG\" >> \"$GITHUB_ENV\"\necho \"web=shop-web\" >> ${GITHUB_OUTPUT}\necho v=$VERSION >> $GITHUB_OUTPUT\necho nothing >> $GITHUB_OUTPUT\n";
        let env = [("NAME".to_owned(), Value::literal("Web"))].into();
        let found = written(&Value::literal(script), &env);
        let known = |values: &Values| -> Vec<(String, Option<String>)> {
            values.iter().map(|(name, value)| (name.clone(), value.known().map(ToOwned::to_owned))).collect()
        };
        let pair = |name: &str, value: Option<&str>| (name.to_owned(), value.map(ToOwned::to_owned));
        assert_eq!(known(&found.env), [pair("IMAGE", Some("acme/web")), pair("TAG", None)]);
        assert_eq!(known(&found.outputs), [pair("v", None), pair("web", Some("shop-web"))]);
    }
}
