//! What a run of Task leads to: calls of imgver among it, through as many tasks and Taskfiles as it takes.
//!
//! Only what is certain without Task counts: a template that needs more than variables with a plain value stands for unknown text,
//! and a task that is not found makes the answer incomplete.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;
use std::sync::LazyLock;

use regex::Regex;

use super::taskfiles::{CheckedTaskfile, resolve};
use crate::ci::github::{Call, Command, commands};
use crate::domain::compile;
use crate::workspace::includes::{Dir, Include, IncludeForm, seen_from};
use crate::workspace::task_command::TaskCommand;
use crate::workspace::taskfile::{NAMES, below, directory_of};
use crate::workspace::tasks::{Action, Task, Tasks, Variable};

/// More tasks than anybody's command runs.
const TASKS_MAX: usize = 1_000;

/// A deeper chain of includes, or of tasks that call others, is nobody's.
const DEPTH_MAX: usize = 32;

/// What stands for text that only Task knows: to a script, a variable without a value that is known.
pub(super) const UNKNOWN: &str = "$unknown";

/// What a run of Task leads to.
#[derive(Debug, Default)]
pub(super) struct Reached {
    /// The calls of imgver.
    pub(super) calls: Vec<Call>,
    /// All other commands.
    pub(super) commands: Vec<Command>,
    /// Whether something remains unknown: a task, a Taskfile.
    pub(super) is_incomplete: bool,
}

/// The Taskfiles of a repository, to look up what their tasks run.
pub(super) struct TaskRuns<'t> {
    /// All files that git tracks, sorted.
    files: &'t [String],
    taskfiles: HashMap<&'t str, &'t CheckedTaskfile>,
    /// Those that were needed so far; none if a file cannot be read.
    tasks: HashMap<&'t str, Option<Rc<Tasks>>>,
}

/// The shared tasks that print a version, in whatever namespace; the group is there if it is the extended one.
static VERSION_TASK: LazyLock<Regex> =
    LazyLock::new(|| compile(r"\A(?:.*:)?generate-version(?:-tag)?(-extended)?\z"));

/// The calls that `command` makes if its tasks are the shared ones, by their names.
pub(super) fn calls_by_name(command: &TaskCommand) -> Vec<Call> {
    let call = |task: &String| {
        let extended = VERSION_TASK.captures(task)?.get(1);
        let command = if extended.is_some() { "extended" } else { "version" };
        // Where imgver comes from is up to the tasks.
        Some(Call { command: command.to_owned(), args: Vec::new(), is_on_path: false, directory: None })
    };
    command.tasks.iter().filter_map(call).collect()
}

type Vars = BTreeMap<String, Option<String>>;

/// A Taskfile as Task sees it when it is included.
#[derive(Clone)]
struct Scope<'t> {
    taskfile: &'t CheckedTaskfile,
    tasks: Rc<Tasks>,
    /// Where its tasks run; none if only Task knows.
    directory: Option<String>,
    vars: Vars,
}

impl<'t> TaskRuns<'t> {
    pub(super) fn new(taskfiles: &'t [CheckedTaskfile], files: &'t [String]) -> Self {
        TaskRuns {
            files,
            taskfiles: taskfiles.iter().map(|taskfile| (&*taskfile.file, taskfile)).collect(),
            tasks: HashMap::new(),
        }
    }

    /// What `command` leads to, which runs in `directory`, as seen from the root of the repository; none if that is unknown.
    pub(super) fn reach(&mut self, command: &TaskCommand, directory: Option<&str>) -> Reached {
        let mut run = Run { runs: self, reached: Reached::default(), seen: HashSet::new() };
        run.start(command, directory, 0);
        run.reached
    }

    /// Whether the shared tasks in `taskfile` have nothing but the imgver on PATH: there is none to compile beside them.
    fn need_path(&self, taskfile: &CheckedTaskfile) -> bool {
        let manifest = seen_from(directory_of(&taskfile.file), "../../Cargo.toml");
        manifest.is_none_or(|manifest| self.files.binary_search(&manifest).is_err())
    }

    fn tasks(&mut self, taskfile: &'t CheckedTaskfile) -> Option<Rc<Tasks>> {
        let parse = || Tasks::parse(&taskfile.text).map(Rc::new);
        self.tasks.entry(&*taskfile.file).or_insert_with(parse).clone()
    }

    /// The Taskfile that Task finds from `directory`, going up.
    fn nearest(&self, directory: &str) -> Option<&'t CheckedTaskfile> {
        let mut directory = directory;
        loop {
            let named = |name: &&str| self.taskfiles.get(&*below(directory, name)).copied();
            if let Some(found) = NAMES.iter().find_map(named) {
                return Some(found);
            }
            if directory.is_empty() {
                return None;
            }
            directory = directory_of(directory);
        }
    }

    /// The Taskfile that Task starts with, and where its tasks run.
    fn entry(&mut self, command: &TaskCommand, directory: &str) -> Option<Scope<'t>> {
        let dir = match &command.directory {
            None => directory.to_owned(),
            Some(dir) => seen_from(directory, dir)?,
        };
        let taskfile = match &command.taskfile {
            None => self.nearest(&dir)?,
            Some(path) => self.taskfiles.get(&*resolve(&self.taskfiles, directory, path)?).copied()?,
        };
        let directory = match (&command.directory, &command.taskfile) {
            (Some(_), Some(_)) => dir,
            _ => directory_of(&taskfile.file).to_owned(),
        };
        let tasks = self.tasks(taskfile)?;
        let given = command.vars.iter().map(|(name, value)| (name.clone(), Some(value.clone())));
        let args = ("CLI_ARGS".to_owned(), Some(command.args.join(" ")));
        let given: Vars = given.chain([args]).collect();
        let mut vars = with(&given, &tasks.vars);
        vars.extend(given);
        Some(Scope { taskfile, tasks, directory: Some(directory), vars })
    }

    fn included(&mut self, scope: &Scope<'t>, include: &Include) -> Option<Scope<'t>> {
        let from = directory_of(&scope.taskfile.file);
        let path = resolve(&self.taskfiles, from, include.taskfile.as_deref()?)?;
        let taskfile = self.taskfiles.get(&*path).copied()?;
        let tasks = self.tasks(taskfile)?;
        let directory = match &include.form {
            IncludeForm::Short => scope.directory.clone(),
            IncludeForm::Map { dir: Dir::Unset, .. } => Some(from.to_owned()),
            IncludeForm::Map { dir: Dir::Path(dir), .. } => seen_from(from, dir),
            IncludeForm::Map { dir: Dir::Computed, .. } => None,
        };
        let vars = with(&scope.vars, &tasks.vars);
        Some(Scope { taskfile, tasks, directory, vars })
    }

    /// The task that `scope` knows by `name`, and the Taskfile that it is in.
    fn find(&mut self, scope: &Scope<'t>, name: &str, depth: usize) -> Option<(Scope<'t>, Task)> {
        if let Some(task) = scope.tasks.get(name) {
            return Some((scope.clone(), task.clone()));
        }
        if depth > DEPTH_MAX {
            return None;
        }
        let taskfile = scope.taskfile;
        taskfile.layout.includes.iter().find_map(|include| {
            let inner = if include.is_flat() { Some(name) } else { inner_name(include, name) }?;
            let included = self.included(scope, include)?;
            self.find(&included, inner, depth + 1)
        })
    }
}

/// What the included Taskfile calls the task `name`; none if it is not one of its tasks.
fn inner_name<'n>(include: &Include, name: &'n str) -> Option<&'n str> {
    let mut namespaces = std::iter::once(&include.namespace).chain(&include.aliases);
    namespaces.find_map(|namespace| match name.strip_prefix(&**namespace)? {
        "" => Some("default"),
        rest => rest.strip_prefix(':'),
    })
}

/// `vars` with these over them.
fn with(vars: &Vars, own: &[Variable]) -> Vars {
    let mut all = vars.clone();
    for (name, value) in own {
        let value = value.as_deref().map(|value| render(value, &all));
        all.insert(name.clone(), value.filter(|value| !value.contains(UNKNOWN)));
    }
    all
}

/// One run of Task.
struct Run<'r, 't> {
    runs: &'r mut TaskRuns<'t>,
    reached: Reached,
    /// The tasks that were looked at, each with its variables.
    seen: HashSet<String>,
}

impl<'t> Run<'_, 't> {
    fn start(&mut self, command: &TaskCommand, directory: Option<&str>, depth: usize) {
        let entry = directory.and_then(|directory| self.runs.entry(command, directory));
        let Some(entry) = entry.filter(|_| depth < DEPTH_MAX) else {
            self.reached.is_incomplete = true;
            return;
        };
        for name in &command.tasks {
            self.task(&entry, &entry, name, &Vars::new(), depth + 1);
        }
    }

    /// Follows the task that `scope` knows by `name`, called with `given`.
    fn task(&mut self, entry: &Scope<'t>, scope: &Scope<'t>, name: &str, given: &Vars, depth: usize) {
        let (from, name) = name.strip_prefix(':').map_or((scope, name), |name| (entry, name));
        let found = if depth < DEPTH_MAX { self.runs.find(from, name, 0) } else { None };
        let Some((scope, task)) = found else {
            self.reached.is_incomplete = true;
            return;
        };
        if !self.seen.insert(format!("{}\n{name}\n{given:?}", scope.taskfile.file)) {
            return;
        }
        if self.seen.len() > TASKS_MAX {
            self.reached.is_incomplete = true;
            return;
        }
        let mut vars = scope.vars.clone();
        vars.extend(given.iter().map(|(name, value)| (name.clone(), value.clone())));
        let vars = with(&vars, &task.vars);
        let directory = match &task.dir {
            Dir::Unset => scope.directory.clone(),
            Dir::Path(dir) => scope.directory.as_deref().and_then(|directory| seen_from(directory, dir)),
            Dir::Computed => None,
        };
        for script in &scope.tasks.scripts {
            self.script(&render(script, &vars), &scope, scope.directory.as_deref(), depth);
        }
        for action in &task.actions {
            match action {
                Action::Script(text) => {
                    self.script(&render(text, &vars), &scope, directory.as_deref(), depth);
                }
                Action::Task { name, vars: given } => {
                    let value = |value: &Option<String>| {
                        let value = value.as_deref().map(|value| render(value, &vars));
                        value.filter(|value| !value.contains(UNKNOWN))
                    };
                    let given = given.iter().map(|(name, given)| (name.clone(), value(given))).collect();
                    self.task(entry, &scope, &render(name, &vars), &given, depth + 1);
                }
            }
        }
    }

    /// Follows a script of a task of `scope`.
    fn script(&mut self, text: &str, scope: &Scope<'t>, directory: Option<&str>, depth: usize) {
        let is_shared = scope.taskfile.has_shared_tasks();
        for command in commands(text) {
            if let Some(mut call) = Call::of(&command) {
                call.is_on_path &= !is_shared || self.runs.need_path(scope.taskfile);
                // Seen from where the task runs, not the script that calls it.
                call.directory = None;
                self.reached.calls.push(call);
            } else if let Some(run) = TaskCommand::parse(command.program(), command.args()) {
                let directory = directory.zip(command.directory.as_deref());
                let directory = directory.and_then(|(from, path)| seen_from(from, path));
                self.start(&run, directory.as_deref(), depth + 1);
            } else if !is_shared {
                // Besides the calls, the shared tasks only look where imgver is.
                self.reached.commands.push(command);
            }
        }
    }
}

/// `text` with the values of variables in place of its templates, and [`UNKNOWN`] in place of all other ones that make text.
fn render(text: &str, vars: &Vars) -> String {
    let mut rendered = String::new();
    let mut rest = text;
    while let Some((before, template)) = rest.split_once("{{") {
        let (template, after) = template.split_once("}}").unwrap_or((template, ""));
        rendered.push_str(before);
        rendered.push_str(&value(template.trim_matches('-').trim(), vars));
        rest = after;
    }
    rendered.push_str(rest);
    rendered
}

fn value(template: &str, vars: &Vars) -> String {
    const CONTROL: [&str; 8] = ["if", "else", "end", "range", "with", "break", "continue", "define"];
    let first = template.split_whitespace().next().unwrap_or_default();
    if CONTROL.contains(&first) || template.starts_with("/*") || template.contains(":=") {
        return String::new();
    }
    let known = template.strip_prefix('.').and_then(|name| vars.get(name)).cloned().flatten();
    known.unwrap_or_else(|| UNKNOWN.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::includes::layout;

    /// The calls of imgver that `line` leads to from `directory`, and whether something remains unknown.
    fn reached(files: &[(&str, &str)], directory: &str, line: &str) -> (Vec<String>, bool) {
        let taskfile = |(file, text): &(&str, &str)| {
            CheckedTaskfile::new((*file).to_owned(), layout(text), (*text).to_owned())
        };
        let taskfiles: Vec<CheckedTaskfile> = files.iter().map(taskfile).collect();
        let command = &commands(line)[0];
        let run = TaskCommand::parse(command.program(), command.args()).unwrap();
        let reached = TaskRuns::new(&taskfiles, &[]).reach(&run, Some(directory));
        let call = |call: Call| format!("{} {}", call.command, call.args.join(" ")).trim().to_owned();
        (reached.calls.into_iter().map(call).collect(), reached.is_incomplete)
    }

    const SHARED: &str = include_str!("../../.github/utils/taskfile.yaml");

    const ROOT: &str = "\
includes:
  api: {taskfile: services/api, dir: services/api, aliases: [a]}
  flat: {taskfile: ci, flatten: true}
tasks:
  default: {deps: [api:build]}
  all: [{task: ':api:build'}, 'task api:utils:generate-version', 'cd services && task -d api build']
  loop: [{task: loop}, task loop]
  gone: [{task: nothing}]
  computed: [{task: 'api:{{.NAME}}'}]
  given: [{task: 'api:{{.NAME}}', vars: {X: 1}}]
";

    const API: &str = "\
vars: {IMAGE_REPO: team/api, PROGRAM: imgver}
includes: {utils: ../../.github/utils/taskfile.yaml}
tasks:
  build:
    aliases: [b]
    cmds: [{task: 'utils:run', vars: {COMMAND: imgver build}}]
  list: ['{{.PROGRAM}} list {{.CLI_ARGS}}']
  other: ['{{.PROGRAM}} {{.COMMAND}}', '{{.RUN}} imgver plan', 'echo imgver plan']
  version:
    vars: {V: {sh: imgver extended}}
    cmds: ['echo {{.V}}']
";

    fn files() -> Vec<(&'static str, &'static str)> {
        vec![
            ("Taskfile.yml", ROOT),
            ("services/api/Taskfile.yaml", API),
            (".github/utils/taskfile.yaml", SHARED),
            ("ci/Taskfile.yml", "tasks: {plan: '{{if .CI}}imgver plan{{end}} --base {{.BASE}}'}"),
        ]
    }

    #[test]
    fn tasks_are_followed_to_calls() {
        for (directory, line, expected) in [
            ("services/api", "task utils:generate-version", vec!["version $unknown"]),
            ("", "task api:utils:generate-version-tag-extended", vec!["extended --image $unknown"]),
            ("services/api", "task build", vec!["build $unknown"]),
            ("services/api/src/deep", "task b", vec!["build $unknown"]),
            ("", "task a:b", vec!["build $unknown"]),
            ("", "task", vec!["build $unknown"]),
            ("", "task -d services/api build", vec!["build $unknown"]),
            ("docs", "task -t ../services/api/Taskfile.yaml list -- -q", vec!["list -q"]),
            ("docs", "task --taskfile=../services/api list", vec!["list"]),
            ("", "task all", vec!["build $unknown", "version $unknown"]),
            ("", "task plan", vec!["plan --base $unknown"]),
            ("", "task plan BASE=main", vec!["plan --base main"]),
            ("", "task given NAME=version", vec!["extended"]),
            ("", "task loop", vec![]),
            ("services/api", "task other", vec![]),
            ("services/api", "task other COMMAND=plan", vec!["plan"]),
        ] {
            let (calls, is_incomplete) = reached(&files(), directory, line);
            assert_eq!(calls, expected, "{directory} {line}");
            assert!(!is_incomplete, "{directory} {line}");
        }
    }

    #[test]
    fn what_is_not_found_is_known_to_be_missing() {
        for (directory, line) in [
            ("", "task gone"),
            ("", "task computed"),
            ("", "task nothing"),
            ("", "task -d ../elsewhere build"),
            ("", "task -t other.yml build"),
            ("", "task api:utils"),
        ] {
            assert_eq!(reached(&files(), directory, line), (vec![], true), "{directory} {line}");
        }
        assert!(reached(&[], "", "task build").1);
        assert!(reached(&[("Taskfile.yml", "tasks: [")], "", "task build").1);
    }
}
