//! Services that are built, but have no Dockerfile.

use super::{At, CheckedService, Finding, Rule, START, Setup};
use crate::ci::github::{Call, Step, Workflow};
use crate::domain::short_name;
use crate::workspace::taskfile::{below, directory_of};

/// The names that BuildKit looks for: the second if the first is not there.
const NAMES: [&str; 2] = ["Dockerfile", "dockerfile"];

pub(super) fn check(setup: &Setup<'_>, findings: &mut Vec<Finding>) {
    let without = |checked: &&CheckedService<'_>| {
        let files = NAMES.map(|name| below(checked.path(), name));
        !files.iter().any(|file| setup.files.binary_search(file).is_ok())
    };
    let mut without = setup.services.iter().filter(without).peekable();
    if without.peek().is_none() {
        return;
    }
    let steps: Vec<&Step> = built_in(setup);
    for CheckedService { service, .. } in without {
        if is_built(setup, &steps, &service.taskfile, &service.path) {
            findings.push(finding(setup, &service.taskfile, &service.path));
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

/// The steps of workflows that build images, by imgver or docker's action.
fn built_in<'s>(setup: &Setup<'s>) -> Vec<&'s Step> {
    let steps = setup.flows.workflows().iter().flat_map(Workflow::steps);
    steps.chain(setup.flows.action_steps()).filter(|step| step.condition.is_none()).collect()
}

/// Whether `service` is certainly built with the Dockerfile of its directory.
fn is_built(setup: &Setup<'_>, steps: &[&Step], taskfile: &str, service: &str) -> bool {
    let text = setup.taskfiles.iter().find(|known| known.file == taskfile).map_or("", |known| &*known.text);
    // It may name another one, or write it.
    if ["ockerfile", "ontainerfile", "--file", " -f"].iter().any(|word| text.contains(word)) {
        return false;
    }
    let names = |call: &Call| {
        call.args.iter().any(|arg| arg == service || arg == short_name(service) || arg == "--all")
    };
    let by_imgver = |call: &Call| {
        let names_file = call.args.iter().any(|arg| arg.starts_with("--file") || arg.starts_with("-f"));
        call.command == "build" && names(call) && !names_file
    };
    let by_action = |step: &Step| {
        let context =
            step.with("context").map(|context| context.trim_start_matches("./").trim_end_matches('/'));
        step.runs_action("docker/build-push-action")
            && context == Some(service)
            && step.with("file").is_none()
    };
    text.contains("imgver build")
        || steps.iter().any(|step| step.calls.iter().any(by_imgver) || by_action(step))
}
