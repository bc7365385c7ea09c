//! Steps of docker's action that build what the directory of a service has, where the configuration says otherwise.

use std::collections::BTreeMap;

use super::{At, Finding, Flows, Rule, Setup};
use crate::ci::github::{Step, Workflow};
use crate::config::FILE;
use crate::display::count;
use crate::workspace::taskfile::below;
use crate::workspace::{DOCKERFILE, Service};

/// The service of a job, as the matrix of a plan's output `services` names it.
const SERVICE: &str = "matrix.service";

pub(super) fn check(setup: &Setup<'_>, findings: &mut Vec<Finding>) {
    let configured = setup.services.iter().map(|checked| checked.service);
    let configured: Vec<&Service> = configured.filter(|service| service.origin.entry.is_some()).collect();
    if configured.is_empty() {
        return;
    }
    for workflow in planned(setup.flows) {
        let steps = workflow.steps().filter(|step| step.runs_action("docker/build-push-action"));
        findings.extend(steps.filter_map(|step| finding(step, workflow.file(), &configured)));
    }
}

fn planned(flows: &Flows) -> impl Iterator<Item = &Workflow> {
    flows.calling(&["plan"])
}

/// What a step gives docker in place of a setting.
enum Given<'s> {
    /// The setting itself, by an output of imgver.
    Told,
    /// Something below the directory that is named as the service is: nothing, or a path.
    Below(&'s str),
    /// Something else.
    Other,
}

/// What the input `text` is, where `outputs` are the names by which imgver outputs it.
fn given<'s>(text: &'s str, outputs: [&str; 2]) -> Given<'s> {
    let text = text.strip_prefix("./").unwrap_or(text);
    let Some((expression, rest)) = text.strip_prefix("${{").and_then(|inner| inner.split_once("}}")) else {
        return Given::Other;
    };
    let expression = expression.trim();
    let is_output = expression.rsplit('.').next().is_some_and(|name| outputs.contains(&name));
    match rest.trim_end_matches('/') {
        "" if expression == SERVICE => Given::Below(""),
        "" if is_output => Given::Told,
        rest if expression == SERVICE => rest.strip_prefix('/').map_or(Given::Other, Given::Below),
        _ => Given::Other,
    }
}

/// An input that does not say what the configuration does.
struct Wrong<'s> {
    /// Its name, and that of imgver's output for it.
    input: &'static str,
    output: &'static str,
    /// What it should be, by service.
    should: Vec<(&'s str, String)>,
}

fn finding(step: &Step, file: &str, services: &[&Service]) -> Option<Finding> {
    let context = given(step.with("context")?, ["context", "context"]);
    if let Given::Other = context {
        return None;
    }
    let wrong: Vec<Wrong<'_>> = inputs(step, &context, services);
    let first = wrong.first()?;
    let message = format!("this step does not build what {FILE} says: {}", described(&wrong));
    let outputs: Vec<String> = wrong
        .iter()
        .map(|wrong| format!("{}: ${{{{ steps.ID.outputs.{} }}}}", wrong.input, wrong.output))
        .collect();
    let why = if first.input == "tags" {
        "only the first image is pushed, and nothing reports that the others are missing"
    } else {
        "the image is another than the one that imgver build makes, or the step fails"
    };
    Some(Finding::error(Rule::BuildSettings, At::file(file, step.place), message).why(why).fix(format!(
        "write {}, with the id of the step that runs imgver tag --output github",
        outputs.join(", ")
    )))
}

/// What services should have: all of the first two, and how many more there are.
fn described(wrong: &[Wrong<'_>]) -> String {
    /// More would be no help.
    const SHOWN_MAX: usize = 2;
    let mut by_service: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (service, what) in wrong.iter().flat_map(|wrong| &wrong.should) {
        by_service.entry(service).or_default().push(what);
    }
    let more = by_service.len().saturating_sub(SHOWN_MAX);
    let shown = by_service.iter().take(SHOWN_MAX);
    let mut parts: Vec<String> =
        shown.map(|(service, what)| format!("{service} has {}", what.join(" and "))).collect();
    parts.extend((more > 0).then(|| format!("and {}", count(more, "other service"))));
    parts.join("; ")
}

/// The inputs of `step` that say something else for any of `services`.
fn inputs<'s>(step: &Step, context: &Given<'_>, services: &[&'s Service]) -> Vec<Wrong<'s>> {
    let dockerfile = step.with("file").map(|file| given(file, ["dockerfile", "file"]));
    let has = |input: &str| step.with(input).is_some();
    // Another step may make the list of all tags, and an image that is only tried needs one.
    let is_pushed = step.with("push").is_some_and(|push| push != "false");
    let has_one_tag = is_pushed && step.with("tags").is_some_and(|tags| is_output(tags, "image_tag"));
    let is_loaded = step.with("load") == Some("true");
    let shown = |path: &str| if path.is_empty() { ".".to_owned() } else { path.to_owned() };
    let context_of = |service: &Service| match context {
        Given::Told => service.build.context.clone(),
        Given::Below(rest) => joined(&service.path, rest),
        Given::Other => String::new(),
    };
    let wrong = |input, output, what: &dyn Fn(&Service) -> Option<String>| {
        let should: Vec<_> =
            services.iter().filter_map(|service| Some((&*service.path, what(service)?))).collect();
        (!should.is_empty()).then_some(Wrong { input, output, should })
    };
    let differs = |is_it: bool, what: String| is_it.then_some(what);
    [
        wrong("context", "context", &|service| {
            let build = &service.build;
            differs(build.context != context_of(service), format!("the context {}", shown(&build.context)))
        }),
        wrong("file", "dockerfile", &|service| {
            let build = &service.build;
            let file = match &dockerfile {
                None => below(&context_of(service), DOCKERFILE),
                Some(Given::Below(rest)) => joined(&service.path, rest),
                Some(Given::Told | Given::Other) => return None,
            };
            differs(build.dockerfile != file, format!("the Dockerfile {}", build.dockerfile))
        }),
        wrong("target", "target", &|service| {
            let target = service.build.target.as_ref().filter(|_| !has("target"))?;
            Some(format!("the target {target}"))
        }),
        wrong("platforms", "platforms", &|service| {
            let first = service.build.platforms.first().filter(|_| !has("platforms") && !is_loaded)?;
            Some(format!("platforms, e.g. {}", first.as_str()))
        }),
        wrong("build-args", "build_args", &|service| {
            let (name, _) = service.build.args.first_key_value().filter(|_| !has("build-args"))?;
            Some(format!("the build argument {name}"))
        }),
        wrong("build-contexts", "build_contexts", &|service| {
            let (name, _) = service.build.contexts.first_key_value().filter(|_| !has("build-contexts"))?;
            Some(format!("the build context {name}"))
        }),
        wrong("tags", "tags", &|service| {
            let images = service.images.len();
            differs(has_one_tag && images > 1, format!("{images} images"))
        }),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn joined(directory: &str, rest: &str) -> String {
    if rest.is_empty() { directory.to_owned() } else { below(directory, rest) }
}

/// Whether `text` is the output `name` of a step, and nothing else.
fn is_output(text: &str, name: &str) -> bool {
    let inner = text.trim().strip_prefix("${{").and_then(|inner| inner.strip_suffix("}}"));
    inner.is_some_and(|inner| inner.trim().ends_with(&format!(".outputs.{name}")))
}
