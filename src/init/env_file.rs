//! `.env` files, which give the variables of the compose files beside them their values.

use std::collections::BTreeMap;

use super::Sources;
use super::value::{Value, with_variables};
use crate::workspace::taskfile::directory_of;

/// The variables of all `.env` files, by the directory of the file and by name.
pub(super) struct DotEnvs(BTreeMap<String, BTreeMap<String, String>>);

impl DotEnvs {
    /// Those that git tracks.
    pub(super) fn of(sources: &Sources) -> Self {
        let files = sources.files(|file| file.rsplit('/').next() == Some(".env"));
        DotEnvs(files.map(|(file, text)| (directory_of(file).to_owned(), variables(text))).collect())
    }

    /// The value of `name` for the files in `directory`, if it is known.
    pub(super) fn get(&self, directory: &str, name: &str) -> Option<String> {
        self.0.get(directory)?.get(name).cloned()
    }
}

/// The variables whose values are known. As compose does it, each line sees what is set above it, so that every line is
/// expanded once, whatever they refer to.
fn variables(text: &str) -> BTreeMap<String, String> {
    let mut variables: BTreeMap<String, String> = BTreeMap::new();
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
        let pair = line.strip_prefix("export ").unwrap_or(line).split_once('=');
        let Some((name, written)) = pair.map(|(name, written)| (name.trim(), written.trim())) else {
            continue;
        };
        match value(written, &variables) {
            Some(value) => drop(variables.insert(name.to_owned(), value)),
            None => drop(variables.remove(name)),
        }
    }
    variables
}

/// What `written` is, without its quotes and the comment behind it.
fn value(written: &str, above: &BTreeMap<String, String>) -> Option<String> {
    if let Some((literal, _)) = written.strip_prefix('\'').and_then(|rest| rest.split_once('\'')) {
        return Some(literal.to_owned());
    }
    let quoted = written.strip_prefix('"').and_then(|rest| rest.split_once('"')).map(|(value, _)| value);
    let value = quoted.unwrap_or_else(|| written.split(" #").next().unwrap_or(written).trim_end());
    let known = |name: &str| above.get(name).cloned();
    with_variables(&Value::literal(value), &known).known().map(ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_what_compose_makes_of_them() {
        let text = "# A=0\nexport A=a\nB = \"${A}/b\" # ours\nC='$A'\nD=$LATER\nLATER=1\nA=$A-2 # again\nE=${NONE:-e}\nF=x\nF=$NONE\nG\n";
        let pair = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        let expected = [("A", "a-2"), ("B", "a/b"), ("C", "$A"), ("E", "e"), ("LATER", "1")].map(pair);
        assert_eq!(variables(text), expected.into());
    }

    #[test]
    fn values_that_multiply_end() {
        let doubled = (1..=40).map(|at| format!("A{at}={}\n", format!("${{A{}}}", at - 1).repeat(10)));
        for first in ["A0=x\n", "A0=\n", "A0=$A40\n", ""] {
            let text = format!("{first}{}", doubled.clone().collect::<String>());
            let found = variables(&text);
            assert_eq!(found.contains_key("A40"), first == "A0=\n", "{first}");
            assert!(found.values().all(|value| value.len() < 50_000));
        }
    }
}
