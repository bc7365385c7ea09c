//! Whether imgver, and the actions of the repository, are there when a job uses them.
//!
//! All that may bring them counts as bringing them: a job is at fault only if every step before is known to do something else.

use std::collections::HashSet;

use super::{At, Finding, Flows, Rule, Setup};
use crate::ci::github::{Call, Command, Job, Step, Workflow};
use crate::domain::nearest;
use crate::workspace::includes::seen_from;
use crate::workspace::taskfile::below;

/// Actions that bring no program but those of their names.
const OTHER_ACTIONS: [&str; 20] = [
    "actions/checkout",
    "actions/github-script",
    "actions/setup-dotnet",
    "actions/setup-go",
    "actions/setup-java",
    "actions/setup-node",
    "actions/setup-python",
    "actions/upload-artifact",
    "arduino/setup-task",
    "docker/build-push-action",
    "docker/login-action",
    "docker/metadata-action",
    "docker/setup-buildx-action",
    "docker/setup-qemu-action",
    "dorny/paths-filter",
    "dtolnay/rust-toolchain",
    "go-task/setup-task",
    "hadolint/hadolint-action",
    "oven-sh/setup-bun",
    "pnpm/action-setup",
];

/// Programs that install nothing.
const OTHER_PROGRAMS: [&str; 49] = [
    ":", "[", "[[", "break", "case", "cat", "chmod", "continue", "corepack", "cut", "date", "docker", "done",
    "dotnet", "echo", "else", "esac", "exit", "export", "false", "fi", "find", "for", "git", "grep", "head",
    "helm", "jq", "kubectl", "local", "ls", "mkdir", "printf", "pwd", "read", "return", "rm", "rustup",
    "sed", "set", "shift", "sleep", "sort", "tail", "test", "touch", "true", "wc", "}",
];

/// What programs do besides that: nothing of a repository's own runs, and imgver is not among their packages.
const OTHER_COMMANDS: [(&str, &[&str]); 5] = [
    ("cargo", &["build", "check", "clippy", "doc", "fetch", "fmt", "test"]),
    ("go", &["build", "env", "fmt", "get", "install", "list", "mod", "test", "version", "vet"]),
    ("npm", &["ci", "i", "install", "t", "test"]),
    ("pnpm", &["i", "install", "test"]),
    ("yarn", &["install", "test"]),
];

/// Programs that install what their arguments name.
const INSTALLERS: [&str; 9] = ["apt", "apt-get", "brew", "cargo", "choco", "pip", "pip3", "pipx", "snap"];

/// Words that stand for a revision in a reference to an action, in this project's documentation and in others'.
const PLACEHOLDERS: [&str; 4] = ["COMMIT", "HASH", "SHA", "VERSION"];

/// Programs that only write text: nothing is in the work tree afterwards that was not there before.
const WRITING_NOTHING: [&str; 12] =
    [":", "[", "[[", "cat", "date", "echo", "exit", "export", "ls", "printf", "set", "true"];

pub(super) fn check(setup: &Setup<'_>, findings: &mut Vec<Finding>) {
    for workflow in setup.flows.calling(&[]) {
        for job in &workflow.jobs {
            local_actions(workflow, job, setup, findings);
            findings.extend(job.steps.iter().filter_map(|step| placeholder(workflow, step)));
            if job.is_on_fresh_machine {
                findings.extend(missing_imgver(workflow, job, setup.flows));
            }
        }
    }
}

/// An action whose reference nobody has filled in yet, as `imgver init` writes it where it does not know imgver's repository.
fn placeholder(workflow: &Workflow, step: &Step) -> Option<Finding> {
    let uses = step.uses.as_deref()?;
    let (action, revision) = uses.split_once('@')?;
    let is_placeholder = action.starts_with("OWNER/") || PLACEHOLDERS.contains(&revision);
    is_placeholder.then(|| {
        Finding::warning(
            Rule::ActionFile,
            At::file(workflow.file(), step.place),
            format!("the action {uses} is a placeholder"),
        )
        .why("GitHub finds no such action, so each run of this job fails before its first step")
        .fix("write the owner of the action's repository, and the full hash of a commit")
    })
}

/// What is in the work tree of a job.
#[derive(Clone, Copy, PartialEq, Eq)]
enum WorkTree {
    Nothing,
    Checkout,
    /// More or less than the repository.
    Anything,
}

/// Actions of the repository that are not there when they are used.
fn local_actions(workflow: &Workflow, job: &Job, setup: &Setup<'_>, findings: &mut Vec<Finding>) {
    let mut tree = if job.is_on_fresh_machine { WorkTree::Nothing } else { WorkTree::Anything };
    for step in &job.steps {
        let Some(directory) = step.local_action() else {
            tree = after(step, tree, setup.files);
            continue;
        };
        let at = At::file(workflow.file(), step.place);
        match tree {
            WorkTree::Anything => {}
            WorkTree::Nothing => {
                let message =
                    format!("the job '{}' uses ./{directory} before it checks the repository out", job.name);
                findings.push(
                    Finding::error(Rule::ActionBeforeCheckout, at, message)
                        .why("the action is a file of the repository, so the step fails: it is not there yet")
                        .fix("put a step with actions/checkout before it"),
                );
                tree = WorkTree::Anything;
            }
            WorkTree::Checkout if is_action(directory, setup.files) => {}
            WorkTree::Checkout => {
                let near: Vec<String> = nearest(directory, setup.flows.action_directories())
                    .into_iter()
                    .map(|near| format!("./{near}"))
                    .collect();
                let fix = if near.is_empty() {
                    "add the action, with an action.yaml; or use the one of another repository: OWNER/REPOSITORY/PATH@VERSION".to_owned()
                } else {
                    format!("write {}", near.join(" or "))
                };
                findings.push(
                    Finding::error(Rule::ActionFile, at, format!("git tracks no action in ./{directory}"))
                        .why("the step fails, and with it the job")
                        .fix(fix),
                );
            }
        }
    }
}

fn is_action(directory: &str, files: &[String]) -> bool {
    let Some(directory) = seen_from("", directory) else { return true };
    let names = ["action.yml", "action.yaml", "Dockerfile"].map(|name| below(&directory, name));
    files.iter().any(|file| names.contains(file))
}

/// The work tree after `step`, which does not use an action of the repository.
fn after(step: &Step, tree: WorkTree, files: &[String]) -> WorkTree {
    let Some(uses) = step.uses.as_deref() else {
        let writes =
            |command: &Command| !WRITING_NOTHING.contains(&command.program()) && Call::of(command).is_none();
        let is_harmless =
            step.script.as_ref().is_none_or(|script| script.is_plain && !script.commands.iter().any(writes));
        return if is_harmless { tree } else { WorkTree::Anything };
    };
    if step.runs_action("actions/checkout") {
        let is_set = |name| step.with(name).is_some_and(|value| !value.is_empty() && value != ".");
        let has_submodules = files.iter().any(|file| file == ".gitmodules");
        let is_plain =
            !["repository", "ref", "path", "sparse-checkout"].into_iter().any(is_set) && !has_submodules;
        return if is_plain && tree != WorkTree::Anything { WorkTree::Checkout } else { WorkTree::Anything };
    }
    if is_other_action(uses) { tree } else { WorkTree::Anything }
}

fn is_other_action(uses: &str) -> bool {
    let name = uses.split_once('@').map_or(uses, |(name, _)| name);
    OTHER_ACTIONS.iter().any(|other| name.eq_ignore_ascii_case(other))
}

/// The first call of imgver in a job that has nothing before that may have installed it.
fn missing_imgver(workflow: &Workflow, job: &Job, flows: &Flows) -> Option<Finding> {
    let (mut installs_not, mut seen) = (Vec::new(), HashSet::new());
    for step in &job.steps {
        match role(step, flows, &mut seen) {
            Role::MayInstall => return None,
            Role::Calls(call) => return Some(finding(workflow, job, step, call, &installs_not)),
            Role::Neither => installs_not.extend(step.local_action()),
        }
    }
    None
}

fn finding(workflow: &Workflow, job: &Job, step: &Step, call: &Call, installs_not: &[&str]) -> Finding {
    let actions: Vec<String> = installs_not.iter().map(|directory| format!("./{directory}")).collect();
    let nor = if actions.is_empty() { String::new() } else { format!(", not even {}", actions.join(" or ")) };
    let message = format!(
        "the job '{}' calls imgver {}, but no step before installs imgver{nor}",
        job.name, call.command
    );
    Finding::error(Rule::MissingImgver, At::file(workflow.file(), step.place), message)
        .why("GitHub's machines do not have it, and a job does not see what another one installed: the step fails")
        .fix("put a step before it that installs it: imgver's action setup-dependencies, or cargo install, cargo binstall or pipx")
}

/// What a step is to a job that needs imgver.
enum Role<'f> {
    MayInstall,
    Calls(&'f Call),
    Neither,
}

/// The role of `step`. An action that is in `seen` was looked at before, and found to be neither.
fn role<'f>(step: &'f Step, flows: &'f Flows, seen: &mut HashSet<&'f str>) -> Role<'f> {
    if let Some(uses) = step.uses.as_deref() {
        let leaves_it_out = step.with("install-imgver").is_some_and(|value| value == "false");
        return match step.local_action() {
            _ if leaves_it_out || is_other_action(uses) => Role::Neither,
            Some(directory) => role_of_action(directory, flows, seen),
            None => Role::MayInstall,
        };
    }
    let Some(script) = &step.script else { return Role::Neither };
    if !script.is_plain || script.text.contains("PATH") || script.commands.iter().any(may_install) {
        return Role::MayInstall;
    }
    step.calls.iter().find(|call| call.is_on_path).map_or(Role::Neither, Role::Calls)
}

fn role_of_action<'f>(directory: &'f str, flows: &'f Flows, seen: &mut HashSet<&'f str>) -> Role<'f> {
    let Some(action) = flows.action(directory).filter(|action| action.is_composite) else {
        return Role::MayInstall;
    };
    if !seen.insert(directory) {
        return Role::Neither;
    }
    let mut roles = action.steps.iter().map(|step| role(step, flows, seen));
    roles.find(|role| !matches!(role, Role::Neither)).unwrap_or(Role::Neither)
}

/// Whether `command`, which does not mention imgver, installs what it names: a path, a file of requirements or a variable may
/// stand for anything.
fn installs_others(command: &Command) -> bool {
    let mut args = command.args().iter();
    let is_installing = args.any(|arg| matches!(&**arg, "install" | "binstall" | "update" | "upgrade"));
    let may_be_anything = |arg: &String| {
        arg == "."
            || arg.contains(['$', '/'])
            || ["-r", "-e", "--req", "--path", "--git"].iter().any(|flag| arg.starts_with(flag))
    };
    is_installing && !command.args().iter().any(may_be_anything)
}

fn is_other_command(command: &Command) -> bool {
    let verb = command.args().iter().find(|arg| !arg.starts_with(['-', '+'])).map(String::as_str);
    let verbs = OTHER_COMMANDS.iter().filter(|(program, _)| *program == command.program());
    verb.is_some_and(|verb| verbs.into_iter().any(|(_, verbs)| verbs.contains(&verb)))
}

fn may_install(command: &Command) -> bool {
    if Call::of(command).is_some() {
        return false;
    }
    let program = command.program();
    match program {
        "echo" | "printf" | "grep" => false,
        _ if command.words.iter().any(|word| word.contains("imgver")) => true,
        _ if is_other_command(command) => false,
        _ if INSTALLERS.contains(&program) => !installs_others(command),
        _ => {
            !OTHER_PROGRAMS.contains(&program) || command.words.first().is_some_and(|word| word.contains('/'))
        }
    }
}
