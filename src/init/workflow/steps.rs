//! What the steps of a job build.

use super::Reader;
use super::builds::Settings;
use super::expression::Scope;
use super::script::{Written, written};
use crate::ci::github::Language;
use crate::init::command::build_command;
use crate::init::dockerfiles;
use crate::init::fact::{FactSource, Spot};
use crate::init::value::{Value, with_variables};
use crate::workspace::includes::seen_from;
use crate::workspace::taskfile::below;
use crate::yaml::tree::Node;

impl<'s> Reader<'s> {
    /// Reads a step that uses nothing of this repository: what it names goes to `scope`.
    pub(super) fn step(
        &mut self,
        file: &'s str,
        step: &'s Node,
        uses: &str,
        inner: &Scope<'s>,
        scope: &mut Scope<'s>,
    ) {
        let action = uses.split('@').next().unwrap_or(uses);
        let name = action.rsplit('/').next().unwrap_or(action);
        let with = |key: &str| Some(inner.value(step.get("with")?.get(key)?));
        match name {
            "checkout" if with("repository").is_none() => {
                let path = with("path").and_then(|path| seen_from("", path.known()?));
                scope.checkout = path.filter(|path| !path.is_empty());
            }
            "metadata-action" => {
                let images = with("images").map(|images| images.parts(&['\n'])).unwrap_or_default();
                if let Some(id) = step.get("id").and_then(Node::text) {
                    scope.images.insert(id.to_owned(), images.iter().flat_map(metadata_image).collect());
                }
            }
            "build-push-action" => {
                for scope in self.assumptions(step, inner) {
                    let settings = Settings::of_action(step, &scope);
                    self.build(Spot::at(file, step.place), FactSource::Action, &settings, &scope);
                }
            }
            "" => self.script(file, step, inner, scope),
            _ => self.foreign(file, step, inner),
        }
    }

    /// `scope`, once for each value that an expression in the name of the Dockerfile can have, where only a run knows it: there
    /// must be a Dockerfile of that name.
    fn assumptions(&self, step: &Node, scope: &Scope<'s>) -> Vec<Scope<'s>> {
        let with = |key: &str| Some(scope.value(step.get("with")?.get(key)?));
        let file = with("file").or_else(|| with("context"));
        let Some((expression, before, behind)) = file.as_ref().and_then(Value::only_open) else {
            return vec![scope.clone()];
        };
        let before = before.strip_prefix("./").unwrap_or(before);
        let behind = if with("file").is_some() {
            behind.to_owned()
        } else {
            below(behind.trim_end_matches('/'), "Dockerfile")
        };
        let tracked = self.sources.tracked.iter().filter(|file| dockerfiles::is_named_so(file));
        let values = tracked.filter_map(|file| file.strip_prefix(before)?.strip_suffix(behind.as_str()));
        let assumed = values
            .filter(|value| !value.is_empty() && dockerfiles::aside(value).is_none())
            .map(|value| Scope { assumed: Some((expression.to_owned(), value.to_owned())), ..scope.clone() });
        let assumed: Vec<Scope<'s>> = assumed.collect();
        if assumed.is_empty() { vec![scope.clone()] } else { assumed }
    }

    /// Reads what somebody else's action or workflow is told, where that is as plain as a Dockerfile of this repository.
    pub(super) fn foreign(&mut self, file: &'s str, call: &'s Node, scope: &Scope<'s>) {
        if let Some(settings) = Settings::of_foreign(call, scope)
            && self.place(&settings, scope).is_ok()
        {
            self.build(Spot::at(file, call.place), FactSource::Action, &settings, scope);
        }
    }

    /// The builds of a script, and what it hands on to the steps behind it.
    fn script(&mut self, file: &'s str, step: &'s Node, scope: &Scope<'s>, next: &mut Scope<'s>) {
        let Some((_, run)) = step.entry("run") else { return };
        let Some(text) = run.text() else { return };
        let Written { env, outputs } = written(&scope.text(text), &scope.env);
        next.env.extend(env);
        if let Some(id) = step.get("id").and_then(Node::text) {
            next.outputs.insert(id.to_owned(), outputs);
        }
        if !text.contains("build") {
            return;
        }
        let directory = step.get("working-directory").map(|node| scope.value(node));
        let directory = directory.and_then(|value| value.known().map(ToOwned::to_owned));
        let directory = directory.or_else(|| scope.directory.clone()).unwrap_or_default();
        let evaluated = scope.text(text);
        for command in Language::Shell.commands(evaluated.marked()) {
            let lookup = |name: &str| scope.env.get(name)?.known().map(ToOwned::to_owned);
            let word = |word: &String| with_variables(&Value::literal(word), &lookup);
            let words: Vec<Value> = command.words.iter().map(word).collect();
            let Some(build) = build_command(&words) else { continue };
            let below = command.directory.and_then(|below| seen_from(&directory, &below));
            let settings = Settings::of_command(build, below);
            let spot = Spot::line(file, line_of(run, command.words.first()));
            self.build(spot, FactSource::Script, &settings, scope);
        }
    }
}

/// The first line of a script that has `docker` in it, or that the script begins on.
fn line_of(run: &Node, program: Option<&String>) -> usize {
    let lines = run.text().unwrap_or_default().lines();
    let is_block = run.text().unwrap_or_default().contains('\n');
    let program = program.map_or("docker", String::as_str);
    let is_build = |line: &str| line.contains(program) && line.contains("build");
    let offset = lines.clone().position(is_build).unwrap_or(0);
    run.place.line + offset + usize::from(is_block)
}

/// The image in a line of docker/metadata-action's `images`: `ghcr.io/acme/web`, or `name=ghcr.io/acme/web,enable=true`.
fn metadata_image(line: &Value) -> Option<Value> {
    let parts = line.parts(&[',']);
    let named = parts.iter().find(|part| part.marked().starts_with("name="));
    let image = named.map(Value::behind_equals).or_else(|| parts.first().cloned());
    // The action writes names in lowercase.
    image.map(Value::in_lowercase)
}
