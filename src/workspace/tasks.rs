//! What the tasks of a Taskfile run, without Task: their scripts and the tasks that they call, as written.

use super::includes::{Dir, literal};
use crate::yaml::tree::{self, Node, NodeKind, Scalar};

/// The tasks of a Taskfile, and the variables that it sets for them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tasks {
    /// In the order of the file.
    pub tasks: Vec<Task>,
    /// Its variables.
    pub vars: Vec<Variable>,
    /// The scripts that the variables of all tasks come from.
    pub scripts: Vec<String>,
}

/// A task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// Its name, then its aliases.
    pub names: Vec<String>,
    /// Where it runs, as seen from where the tasks of its Taskfile run.
    pub dir: Dir,
    /// Its variables.
    pub vars: Vec<Variable>,
    /// What it runs, the tasks that it depends on first.
    pub actions: Vec<Action>,
}

/// A variable, and its value as written; none if it is more than text.
pub type Variable = (String, Option<String>);

/// What a task runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// A script, which may contain templates.
    Script(String),
    /// Another task, by a name that may contain templates.
    Task {
        /// As written; with a colon at its start, it is seen from the Taskfile that Task was started with.
        name: String,
        /// The variables that it gets.
        vars: Vec<Variable>,
    },
}

impl Tasks {
    /// The tasks of `text`, a Taskfile; none if it cannot be read.
    pub fn parse(text: &str) -> Option<Self> {
        let Some(root) = tree::parse(text).ok()? else { return Some(Tasks::default()) };
        let mut tasks = Tasks { vars: variables(root.get("vars")), ..Tasks::default() };
        tasks.scripts.extend(["vars", "env"].into_iter().flat_map(|key| shells(root.get(key))));
        tasks.tasks = entries(root.get("tasks")).filter_map(|(key, value)| task(key, value)).collect();
        Some(tasks)
    }

    /// The task of this name.
    pub fn get(&self, name: &str) -> Option<&Task> {
        self.tasks.iter().find(|task| task.names.iter().any(|known| known == name))
    }
}

fn entries(map: Option<&Node>) -> impl Iterator<Item = (&Node, &Node)> {
    map.and_then(|map| map.merged_entries().ok()).unwrap_or_default().into_iter()
}

/// A node, or the items of a list.
fn each(node: Option<&Node>) -> Vec<&Node> {
    match node.map(|node| &node.kind) {
        None => Vec::new(),
        Some(NodeKind::List(items)) => items.iter().collect(),
        Some(_) => node.into_iter().collect(),
    }
}

fn variables(map: Option<&Node>) -> Vec<Variable> {
    let value = |node: &Node| match node.scalar() {
        Some(Scalar::Null) => Some(String::new()),
        Some(_) => node.text().map(ToOwned::to_owned),
        None => None,
    };
    entries(map).filter_map(|(key, node)| Some((key.text()?.to_owned(), value(node)))).collect()
}

/// The scripts that variables come from.
fn shells(map: Option<&Node>) -> impl Iterator<Item = String> {
    entries(map).filter_map(|(_, value)| Some(value.get("sh")?.text()?.to_owned()))
}

/// A task in any of its forms: a command, a list of commands, a map.
fn task(key: &Node, value: &Node) -> Option<Task> {
    let mut names = vec![key.text()?.to_owned()];
    names.extend(each(value.get("aliases")).into_iter().filter_map(Node::text).map(ToOwned::to_owned));
    let dir = match value.get("dir").and_then(Node::text).filter(|dir| !dir.trim().is_empty()) {
        None => Dir::Unset,
        Some(dir) => literal(dir).map_or(Dir::Computed, Dir::Path),
    };
    let mut actions = Vec::new();
    if matches!(value.kind, NodeKind::Map(_)) {
        for key in ["vars", "env"] {
            actions.extend(shells(value.get(key)).map(Action::Script));
        }
        actions.extend(each(value.get("deps")).into_iter().filter_map(dependency));
        for key in ["preconditions", "status", "cmds", "cmd"] {
            each(value.get(key)).into_iter().for_each(|node| actions.extend(command(node)));
        }
    } else {
        each(Some(value)).into_iter().for_each(|node| actions.extend(command(node)));
    }
    Some(Task { names, dir, vars: variables(value.get("vars")), actions })
}

fn dependency(node: &Node) -> Option<Action> {
    let name = node.text().or_else(|| node.get("task")?.text())?.to_owned();
    Some(Action::Task { name, vars: variables(node.get("vars")) })
}

/// What an entry of `cmds` runs, or of the like.
fn command(node: &Node) -> Option<Action> {
    if node.is_null() {
        return None;
    }
    if let Some(script) = node.text() {
        return Some(Action::Script(script.to_owned()));
    }
    if let Some(deferred) = node.get("defer") {
        return command(deferred);
    }
    if node.get("task").is_some() {
        return dependency(node);
    }
    let script = ["cmd", "sh"].into_iter().find_map(|key| node.get(key));
    Some(Action::Script(script?.text()?.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn brief(actions: &[Action]) -> Vec<String> {
        let brief = |action: &Action| match action {
            Action::Script(text) => text.clone(),
            Action::Task { name, vars } => {
                let vars =
                    vars.iter().map(|(name, value)| format!(" {name}={}", value.as_deref().unwrap_or("?")));
                format!(":{name}{}", vars.collect::<String>())
            }
        };
        actions.iter().map(brief).collect()
    }

    #[test]
    fn all_forms_of_tasks_are_read() {
        let text = "\
version: '3'
vars: {A: a, B: {sh: get-b}, C: ~}
tasks:
  one: run one
  two: [run two, {task: one}]
  three: {cmd: run three, aliases: [t, tt], dir: x}
  four:
    deps: [one, {task: two, vars: {X: 1}}]
    vars: {Y: '{{.A}}', Z: {sh: get-z}}
    env: {E: {sh: get-e}}
    status: [test -f x]
    preconditions: [{sh: test -f y, msg: no}, test -f z]
    dir: '{{.ROOT_DIR}}'
    cmds:
      - cmd: run four
        silent: true
      - {task: ':three', vars: {COMMAND: '{{.Y}}'}}
      - defer: clean
      - defer: {task: two}
      - for: [a, b]
        cmd: run {{.ITEM}}
  five:
";
        let tasks = Tasks::parse(text).unwrap();
        let found = |name: &str| brief(&tasks.get(name).unwrap().actions);
        assert_eq!(found("one"), ["run one"]);
        assert_eq!(found("two"), ["run two", ":one"]);
        assert_eq!(found("tt"), ["run three"]);
        assert_eq!(
            found("four"),
            [
                "get-z",
                "get-e",
                ":one",
                ":two X=1",
                "test -f y",
                "test -f z",
                "test -f x",
                "run four",
                "::three COMMAND={{.Y}}",
                "clean",
                ":two",
                "run {{.ITEM}}",
            ]
        );
        assert_eq!(found("five"), [""; 0]);
        assert_eq!(tasks.get("t").unwrap().dir, Dir::Path("x".to_owned()));
        assert_eq!(tasks.get("four").unwrap().dir, Dir::Computed);
        let var = |name: &str, value: Option<&str>| (name.to_owned(), value.map(ToOwned::to_owned));
        assert_eq!(tasks.vars, [var("A", Some("a")), var("B", None), var("C", Some(""))]);
        assert_eq!(tasks.scripts, ["get-b"]);
        assert!(tasks.get("six").is_none());
        assert_eq!(Tasks::parse(""), Some(Tasks::default()));
        assert_eq!(Tasks::parse("a: ["), None);
    }
}
