//! What expressions of workflows are, as far as the files of a repository say it.
//!
//! Source: "Contexts reference" and "Evaluate expressions" of GitHub's documentation of Actions. Only references, literals,
//! `||` and `format` count; all else is left open.

use std::collections::BTreeMap;

use super::script::Values;
use crate::init::RepositoryFacts;
use crate::init::value::{GROWTH_MAX, Value, with_expressions};
use crate::yaml::tree::{Node, NodeKind};

/// Variables refer to each other, but no deeper than this.
const DEPTH_MAX: usize = 8;

/// What a step can refer to.
#[derive(Clone)]
pub(super) struct Scope<'n> {
    pub(super) repository: &'n RepositoryFacts,
    /// Variables, as they are evaluated.
    pub(super) env: BTreeMap<String, Value>,
    /// Inputs of the workflow or the action.
    pub(super) inputs: BTreeMap<String, Value>,
    /// What the matrix sets.
    pub(super) matrix: BTreeMap<&'n str, &'n Node>,
    /// The images that steps with an id gave their names to.
    pub(super) images: BTreeMap<String, Vec<Value>>,
    /// The outputs of steps, by their ids.
    pub(super) outputs: BTreeMap<String, Values>,
    /// The outputs of jobs, by their names.
    pub(super) jobs: BTreeMap<String, Values>,
    /// What an expression is taken for that only a run knows.
    pub(super) assumed: Option<(String, String)>,
    /// Where scripts run, from the root; none where that is not said.
    pub(super) directory: Option<String>,
    /// Below which directory the repository is checked out.
    pub(super) checkout: Option<String>,
}

impl<'n> Scope<'n> {
    pub(super) fn new(repository: &'n RepositoryFacts) -> Self {
        Scope {
            repository,
            env: BTreeMap::new(),
            inputs: BTreeMap::new(),
            matrix: BTreeMap::new(),
            images: BTreeMap::new(),
            outputs: BTreeMap::new(),
            jobs: BTreeMap::new(),
            assumed: None,
            directory: None,
            checkout: None,
        }
    }

    /// Adds the inputs of `declared`: what is `given`, else their defaults, else nothing.
    pub(super) fn add_inputs(&mut self, declared: Option<&'n Node>, given: &BTreeMap<String, Value>) {
        for (name, input) in declared.map(Node::entries).unwrap_or_default() {
            let Some(name) = name.text() else { continue };
            let default = || input.get("default").map(|default| self.value(default));
            let value = given.get(name).cloned().or_else(default);
            let is_required = input.get("required").and_then(Node::text) == Some("true");
            let missing = if is_required {
                Value::open(format!("${{{{ inputs.{name} }}}}"))
            } else {
                Value::literal("")
            };
            let value = value.unwrap_or(missing);
            self.inputs.insert(name.to_owned(), value);
        }
    }

    /// Adds the variables of `env`.
    pub(super) fn add_env(&mut self, env: Option<&'n Node>) {
        for (name, value) in self.evaluated(env) {
            self.env.insert(name, value);
        }
    }

    /// The values of a map.
    pub(super) fn evaluated(&self, map: Option<&'n Node>) -> BTreeMap<String, Value> {
        let entries = map.map(Node::entries).unwrap_or_default().iter();
        entries.filter_map(|(key, value)| Some((key.text()?.to_owned(), self.value(value)))).collect()
    }

    /// The text of `node`, evaluated.
    pub(super) fn value(&self, node: &Node) -> Value {
        match &node.kind {
            NodeKind::Scalar { text, .. } => self.text(text),
            NodeKind::List(_) | NodeKind::Map(_) => Value::open("…"),
        }
    }

    /// `text`, evaluated.
    pub(super) fn text(&self, text: &str) -> Value {
        self.text_within(text, 0)
    }

    fn text_within(&self, text: &str, depth: usize) -> Value {
        with_expressions(text, &|expression| self.expression(expression, depth))
    }

    /// The value of an expression, if it is known.
    fn expression(&self, expression: &str, depth: usize) -> Option<String> {
        if depth > DEPTH_MAX {
            return None;
        }
        if let Some((_, value)) = self.assumed.as_ref().filter(|(assumed, _)| assumed == expression) {
            return Some(value.clone());
        }
        let operands = split(expression, "||");
        let (last, before) = operands.split_last()?;
        for operand in before {
            // What is not empty counts; what is not known might be.
            match self.operand(operand, depth)? {
                value if value.is_empty() || value == "false" => {}
                value => return Some(value),
            }
        }
        self.operand(last, depth)
    }

    fn operand(&self, operand: &str, depth: usize) -> Option<String> {
        let operand = operand.trim();
        let call = |name: &str| operand.strip_prefix(name)?.trim_start().strip_prefix('(')?.strip_suffix(')');
        if let Some(literal) = literal(operand) {
            return Some(literal);
        }
        if let Some(arguments) = call("format") {
            let values = split(arguments, ",");
            let values: Option<Vec<String>> =
                values.iter().map(|value| self.expression(value, depth + 1)).collect();
            let values = values?;
            let (format, values) = values.split_first()?;
            return values.iter().enumerate().try_fold(format.clone(), |text, (at, value)| {
                Some(text.replace(&format!("{{{at}}}"), value)).filter(|text| text.len() <= GROWTH_MAX)
            });
        }
        if let Some(inner) = call("") {
            return self.expression(inner, depth + 1);
        }
        let path: Vec<String> = path(operand)?;
        let names: Vec<&str> = path.iter().map(String::as_str).collect();
        let known = |value: Option<&Value>| value?.known().map(ToOwned::to_owned);
        match names.as_slice() {
            ["github", rest @ ..] => self.github(rest),
            ["env", name] => known(self.env.get(*name)),
            ["steps", id, "outputs", name] => known(self.outputs.get(*id)?.get(*name)),
            ["needs", job, "outputs", name] => known(self.jobs.get(*job)?.get(*name)),
            ["inputs", name] => known(self.inputs.get(*name)),
            ["matrix", name, rest @ ..] => {
                let mut node = *self.matrix.get(name)?;
                for key in rest {
                    node = node.get(key)?;
                }
                // A matrix cannot refer to itself; if it did, its values could multiply.
                let depth = depth.max(DEPTH_MAX - 1) + 1;
                self.text_within(node.text()?, depth).known().map(ToOwned::to_owned)
            }
            _ => None,
        }
    }

    fn github(&self, rest: &[&str]) -> Option<String> {
        let slug = self.repository.slug.as_deref();
        let (owner, name) = slug.and_then(|slug| slug.split_once('/')).unzip();
        let found = match rest {
            ["workspace"] => Some("."),
            ["repository"] | ["event", "repository", "full_name"] => slug,
            ["repository_owner"] | ["event", "repository", "owner", "login"] => owner,
            ["event", "repository", "name"] => name,
            ["event", "inputs", name] => return self.inputs.get(*name)?.known().map(ToOwned::to_owned),
            _ => None,
        };
        found.map(ToOwned::to_owned)
    }
}

/// The text of a literal.
fn literal(operand: &str) -> Option<String> {
    let quoted = operand.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    let is_one = |text: &&str| !text.replace("''", "").contains('\'');
    let text = quoted.filter(is_one).map(|text| text.replace("''", "'"));
    let is_plain = matches!(operand, "true" | "false") || operand.parse::<u32>().is_ok();
    text.or_else(|| is_plain.then(|| operand.to_owned()))
}

/// The parts of `matrix.image.name` or `matrix['image']`.
fn path(operand: &str) -> Option<Vec<String>> {
    let plain = operand.replace("['", ".").replace("']", "");
    let is_part =
        |part: &str| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
    plain.split('.').all(is_part).then(|| plain.split('.').map(ToOwned::to_owned).collect())
}

/// `text` between `separator`s that are in no quotes and no parentheses.
fn split<'t>(text: &'t str, separator: &str) -> Vec<&'t str> {
    let (mut parts, mut start, mut depth, mut is_quoted) = (Vec::new(), 0, 0_usize, false);
    for (at, letter) in text.char_indices() {
        match letter {
            '\'' => is_quoted = !is_quoted,
            '(' if !is_quoted => depth += 1,
            ')' if !is_quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        let is_here = text.get(at..).is_some_and(|rest| rest.starts_with(separator));
        if is_here && !is_quoted && depth == 0 && at >= start {
            parts.push(text.get(start..at).unwrap_or_default());
            start = at + separator.len();
        }
    }
    parts.push(text.get(start..).unwrap_or_default());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::tree;

    #[test]
    fn what_files_say_is_known() {
        let root = tree::parse(
            "env: {A: a, B: 'b-${{ env.A }}', C: '${{ secrets.X }}'}\nm: {x: {file: f, 'image-name': i}, y: '${{ github.repository }}'}\n",
        );
        let root = root.unwrap().unwrap();
        let facts = RepositoryFacts { slug: Some("acme/shop".to_owned()), ..RepositoryFacts::default() };
        let mut scope = Scope::new(&facts);
        scope.add_env(root.get("env"));
        for (key, node) in root.get("m").unwrap().entries() {
            scope.matrix.insert(key.text().unwrap(), node);
        }
        for (text, expected) in [
            ("${{ env.A }}/x", Some("a/x")),
            ("${{env.C}}", None),
            ("${{ matrix.x.file }}${{ matrix.x['image-name'] }}", Some("fi")),
            ("${{ matrix.y }}", Some("acme/shop")),
            ("${{ github.repository_owner }}", Some("acme")),
            ("${{ github.event.repository.name }}", Some("shop")),
            ("${{ format('{0}/{1}', env.A, 'it''s') }}", Some("a/it's")),
            ("${{ '' || 'x || y' }}", Some("x || y")),
            ("${{ inputs.x || 'x' }}", None),
            ("${{ env.A == 'a' && 'x' }}", None),
            ("${{ matrix.none }}", None),
            ("${{", None),
            ("${{ }}", None),
            ("plain }}", Some("plain }}")),
        ] {
            assert_eq!(scope.text(text).known(), expected, "{text}");
        }
    }
}
