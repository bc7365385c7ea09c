//! A build of a step, and the fact that it is.

use std::collections::BTreeMap;

use super::Reader;
use super::expression::Scope;
use crate::init::command::{BuildCommand, argument, platforms};
use crate::init::fact::{BuildFact, FactSource, Spot};
use crate::init::value::Value;
use crate::init::{Discovery, Sureness};
use crate::workspace::includes::seen_from;
use crate::yaml::tree::Node;

/// What a build is told.
pub(super) struct Settings {
    context: Option<Value>,
    file: Option<Value>,
    target: Option<Value>,
    args: BTreeMap<String, Value>,
    platforms: Vec<String>,
    images: Vec<Value>,
    /// Whether the image goes to a registry, as far as that is known.
    is_pushed: bool,
    /// Where it runs, from the root; none if that is not known.
    directory: Option<String>,
}

impl Settings {
    /// Those of docker/build-push-action, or one with its inputs.
    pub(super) fn of_action(step: &Node, scope: &Scope<'_>) -> Self {
        let with = |key: &str| Some(scope.value(step.get("with")?.get(key)?));
        let non_empty = |key: &str| with(key).filter(|value| value.known() != Some(""));
        let list = |key: &str, separators: &[char]| {
            with(key).map(|value| value.parts(separators)).unwrap_or_default()
        };
        let tags = step.get("with").and_then(|with| with.get("tags")).and_then(Node::text);
        let mut images = list("tags", &['\n', ',']);
        images.extend(tags.iter().flat_map(|tags| named_by_steps(tags, scope)));
        images.extend(with("outputs").iter().flat_map(named_by_outputs));
        Settings {
            context: non_empty("context"),
            file: non_empty("file"),
            target: non_empty("target"),
            args: list("build-args", &['\n']).iter().filter_map(argument).collect(),
            platforms: platforms(&list("platforms", &['\n', ','])),
            images,
            // Without any of these inputs it stays on the runner.
            is_pushed: with("push").is_some_and(|push| push.known() != Some("false"))
                || with("outputs").is_some_and(|outputs| !outputs.raw().contains("type=docker")),
            directory: Some(String::new()),
        }
    }

    /// Those of an action or a workflow that is not known, by what such inputs are usually called; none if it has no such.
    pub(super) fn of_foreign(call: &Node, scope: &Scope<'_>) -> Option<Self> {
        let with = call.get("with")?;
        let value = |key: &str| with.get(key).map(|node| scope.value(node));
        let first =
            |keys: &[&str]| keys.iter().find_map(|key| value(key)).filter(|value| value.known() != Some(""));
        let context = first(&CONTEXT_INPUTS);
        let file = first(&FILE_INPUTS);
        // A context alone is a word that many tools use.
        file.as_ref().or(context.as_ref())?;
        let owner = value("docker-image-owner").and_then(|owner| owner.known().map(ToOwned::to_owned));
        let images =
            IMAGE_INPUTS.iter().filter_map(|key| value(key)).flat_map(|value| value.parts(&['\n', ',']));
        let qualified = images.map(|image| match (&owner, image.known()) {
            (Some(owner), Some(name)) if !name.contains('/') => Value::literal(format!("{owner}/{name}")),
            _ => image,
        });
        let platforms = value("platforms").map(|value| value.parts(&['\n', ','])).unwrap_or_default();
        Some(Settings {
            context,
            file,
            target: value("target"),
            args: BTreeMap::new(),
            platforms: self::platforms(&platforms),
            images: qualified.collect(),
            is_pushed: value("push").is_none_or(|push| push.known() != Some("false")),
            directory: Some(String::new()),
        })
    }

    /// Those of a command that runs in `directory`.
    pub(super) fn of_command(build: BuildCommand, directory: Option<String>) -> Self {
        let BuildCommand { context, file, target, tags, platforms: listed, args } = build;
        // Without a context there is nothing that docker would build.
        let context = context.or_else(|| Some(Value::open("no context")));
        Settings {
            context,
            file,
            target,
            args,
            platforms: platforms(&listed),
            images: tags,
            is_pushed: true,
            directory,
        }
    }
}

/// What actions and workflows call the context.
const CONTEXT_INPUTS: [&str; 6] =
    ["context", "build-context", "build_context", "docker-context", "docker_context", "docker-build-context"];

/// What they call the Dockerfile.
const FILE_INPUTS: [&str; 9] = [
    "file",
    "dockerfile",
    "dockerfile-path",
    "dockerfile_path",
    "docker-file",
    "docker_file",
    "containerfile",
    "containerfiles",
    "path-to-dockerfile",
];

/// What they call the image.
const IMAGE_INPUTS: [&str; 8] = [
    "images",
    "image-names",
    "image_names",
    "image",
    "image-name",
    "image_name",
    "docker-image-name",
    "tags",
];

/// The images of the steps whose outputs `tags` refers to.
fn named_by_steps(tags: &str, scope: &Scope<'_>) -> Vec<Value> {
    let references = tags.split("steps.").skip(1);
    let ids = references.filter_map(|rest| rest.split('.').next());
    ids.filter_map(|id| scope.images.get(id)).flatten().cloned().collect()
}

/// The images that an exporter names: `type=image,name=ghcr.io/acme/web,push-by-digest=true`.
fn named_by_outputs(outputs: &Value) -> Vec<Value> {
    let raw = outputs.parts(&[',', '"', '\n']);
    let mut parts = raw.iter().skip_while(|part| !part.marked().starts_with("name="));
    let first = parts.next().map(Value::behind_equals);
    // Several names are in quotes, separated by commas.
    first.into_iter().chain(parts.take_while(|part| !part.marked().contains('=')).cloned()).collect()
}

impl Reader<'_> {
    /// Adds the fact that `settings` make, or the finding that they cannot be followed.
    pub(super) fn build(&mut self, spot: Spot, source: FactSource, settings: &Settings, scope: &Scope<'_>) {
        match self.place(settings, scope) {
            Ok((context, dockerfile)) => {
                let target = settings.target.as_ref().and_then(Value::known).map(ToOwned::to_owned);
                self.facts.push(BuildFact {
                    spot,
                    source,
                    is_pushed: settings.is_pushed,
                    dockerfile,
                    context,
                    target: target.filter(|target| !target.is_empty()),
                    args: settings.args.clone(),
                    platforms: settings.platforms.clone(),
                    images: settings.images.clone(),
                    label: None,
                });
            }
            Err(why) => {
                let what = format!("an image is built of {why}");
                self.discoveries.push(Discovery::new(spot, what, "nothing", Sureness::Unsure));
            }
        }
    }

    /// The context and the Dockerfile, or why they are not known.
    pub(super) fn place(&self, settings: &Settings, scope: &Scope<'_>) -> Result<(String, String), String> {
        let directory = settings.directory.as_deref().ok_or("what only a run knows")?;
        let context = settings.context.clone().unwrap_or_else(|| Value::literal("."));
        let known = context.known().ok_or_else(|| format!("the context {}", context.raw()))?;
        let inner = known.strip_prefix("{{defaultContext}}");
        let is_default = inner.is_some();
        let known = inner.map_or(known, |inner| inner.trim_start_matches(':'));
        let within = |path: &str| {
            let path = seen_from(directory, path)?;
            let checkout = scope.checkout.as_deref();
            let below = checkout.and_then(|checkout| path.strip_prefix(checkout));
            Some(below.map_or(path.clone(), |below| below.trim_start_matches('/').to_owned()))
        };
        let is_remote = known.contains("://") || known.starts_with("git@");
        let context = within(known).filter(|_| !is_remote);
        let context =
            context.ok_or_else(|| format!("the context {known}, which is not in this repository"))?;
        let Some(file) = &settings.file else {
            let found = self.sources.dockerfile("Dockerfile", &[&context]);
            let found = found.ok_or_else(|| format!("{known} without a Dockerfile in it that git tracks"))?;
            return Ok((context, found));
        };
        let name = file.known().ok_or_else(|| format!("the Dockerfile {}", file.raw()))?;
        let from_here = within(name).filter(|path| !is_default && self.sources.has(path));
        let found = from_here.or_else(|| self.sources.dockerfile(name, &[&context, ""]));
        let found = found.ok_or_else(|| format!("{name}, which git does not track"))?;
        Ok((context, found))
    }
}
