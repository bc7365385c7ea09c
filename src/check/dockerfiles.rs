//! Services that are built, but have no Dockerfile.

use super::task_runs::UNKNOWN;
use super::{At, CheckedService, Finding, Rule, START, Setup};
use crate::ci::github::{Call, Step};
use crate::domain::short_name;
use crate::workspace::taskfile::{below, directory_of};

/// The names that BuildKit looks for: the second if the first is not there.
const NAMES: [&str; 2] = ["Dockerfile", "dockerfile"];

pub(super) fn check(setup: &Setup<'_>, findings: &mut Vec<Finding>) {
    let without = |checked: &&CheckedService<'_>| {
        let service = checked.service;
        let files = NAMES.map(|name| below(&service.directory, name));
        // What the configuration says about it is checked there.
        service.origin.entry.is_none() && !files.iter().any(|file| setup.files.binary_search(file).is_ok())
    };
    let mut without = setup.services.iter().filter(without).peekable();
    if without.peek().is_none() {
        return;
    }
    let builds = Builds::of(setup);
    for CheckedService { service, .. } in without {
        let taskfile = service.origin.taskfile.as_deref().unwrap_or_default();
        if builds.include(setup, taskfile, &service.path) {
            findings.push(finding(setup, taskfile, &service.path));
        }
    }
}

fn finding(setup: &Setup<'_>, taskfile: &str, service: &str) -> Finding {
    let is_near = |file: &&String| {
        let name = file.rsplit('/').next().unwrap_or(file).to_ascii_lowercase();
        directory_of(file) == service && (name.contains("dockerfile") || name == "containerfile")
    };
    let near = setup.files.iter().find(is_near);
    let expected = below(service, "Dockerfile");
    let (but, fix) = match near {
        Some(near) => (
            format!(", only {near}"),
            format!("git mv {near} {expected}; or name it where it is built: imgver build -- --file {near}"),
        ),
        None => (
            String::new(),
            format!("add {expected}; or name another one where it is built: imgver build -- --file FILE"),
        ),
    };
    Finding::error(Rule::Dockerfile, At::file(taskfile, START), format!("git tracks no {expected}{but}"))
        .why("the service is built with it, so every build fails")
        .fix(fix)
}

/// What workflows build for certain, by imgver or docker's action.
#[derive(Default)]
struct Builds<'s> {
    /// The steps that do.
    steps: Vec<&'s Step>,
    /// Whether one of them builds whatever a plan selects.
    are_planned: bool,
}

impl<'s> Builds<'s> {
    fn of(setup: &Setup<'s>) -> Self {
        let flows = setup.flows;
        let mut builds = Builds::default();
        for workflow in flows.workflows() {
            let steps: Vec<&Step> = workflow.steps().filter(|step| step.condition.is_none()).collect();
            let takes_any = steps.iter().any(|step| {
                context(step).is_some_and(|context| {
                    context.starts_with("${{ matrix.") || step.with("file").is_some_and(is_named_by_imgver)
                }) || step
                    .calls
                    .iter()
                    .any(|call| has_own_dockerfile(call) && call.args.iter().any(|arg| is_variable(arg)))
            });
            builds.are_planned |= takes_any && flows.calls(workflow, &["plan"]);
            builds.steps.extend(steps);
        }
        builds.steps.extend(flows.action_steps().filter(|step| step.condition.is_none()));
        builds
    }

    /// Whether `service` is certainly built, with the Dockerfile of its directory.
    fn include(&self, setup: &Setup<'_>, taskfile: &str, service: &str) -> bool {
        let text =
            setup.taskfiles.iter().find(|known| known.file == taskfile).map_or("", |known| &*known.text);
        if names_dockerfile(text) {
            return false;
        }
        let names = |call: &Call| {
            call.args.iter().any(|arg| arg == service || arg == short_name(service) || arg == "--all")
        };
        let by_task = |line: &str| line.contains("imgver build") && !line.trim_start().starts_with('#');
        self.are_planned
            || text.lines().any(by_task)
            || self.steps.iter().any(|step| {
                step.calls.iter().any(|call| has_own_dockerfile(call) && names(call))
                    || context(step) == Some(service)
            })
    }
}

/// Whether the Taskfile `text` may name a Dockerfile, or write it.
pub(super) fn names_dockerfile(text: &str) -> bool {
    ["ockerfile", "ontainerfile", "--file", " -f"].iter().any(|word| text.contains(word))
}

fn is_variable(arg: &str) -> bool {
    arg.contains('$') && !arg.contains(UNKNOWN)
}

/// Whether `call` builds services with the Dockerfiles of their directories.
fn has_own_dockerfile(call: &Call) -> bool {
    let names_file = || call.args.iter().any(|arg| arg.starts_with("--file") || arg.starts_with("-f"));
    call.command == "build" && !names_file()
}

/// The context of which docker's action builds an image, with the Dockerfile in there or the one that imgver names.
fn context(step: &Step) -> Option<&str> {
    let has_own = step.with("file").is_none_or(is_named_by_imgver);
    let is_build = step.runs_action("docker/build-push-action") && has_own;
    let context = step.with("context").filter(|_| is_build)?;
    Some(context.trim_start_matches("./").trim_end_matches('/'))
}

/// Whether `file` is an output `dockerfile` of `imgver tag`, or that of an entry of `imgver plan`'s matrix: empty unless a
/// service has another one than docker would find.
fn is_named_by_imgver(file: &str) -> bool {
    let inner = file.strip_prefix("${{").and_then(|rest| rest.strip_suffix("}}"));
    inner.is_some_and(|expression| {
        let expression = expression.trim();
        expression == "matrix.dockerfile"
            || expression.starts_with("steps.") && expression.ends_with(".outputs.dockerfile")
    })
}
