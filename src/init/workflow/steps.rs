//! What the steps of a job build.

use super::Reader;
use super::builds::Settings;
use super::expression::Scope;
use super::script::{Written, written};
use crate::ci::github::Language;
use crate::init::command::{PROGRAMS, build_command};
use crate::init::dockerfiles;
use crate::init::fact::{FactSource, Spot};
use crate::init::value::{OPEN, Value, with_variables};
use crate::workspace::includes::seen_from;
use crate::workspace::taskfile::below;
use crate::yaml::tree::Node;

/// More bytes than a person's `$(…)` has.
const SUBSTITUTION_MAX: usize = 1024;

/// More scripts within each other than a person's has.
const SUBSTITUTIONS_MAX: usize = 100;

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
        let mut lines = build_lines(run).into_iter();
        let mut line = run.place.line;
        for command in scripts(evaluated.marked()).iter().flat_map(|it| Language::Shell.commands(it)) {
            let lookup = |name: &str| scope.env.get(name)?.known().map(ToOwned::to_owned);
            let word = |word: &String| with_variables(&Value::literal(word), &lookup);
            let words: Vec<Value> = command.words.iter().map(word).collect();
            let Some(build) = build_command(&words) else { continue };
            let below = command.directory.and_then(|below| seen_from(&directory, &below));
            let settings = Settings::of_command(build, below);
            line = lines.next().unwrap_or(line);
            self.build(Spot::line(file, line), FactSource::Script, &settings, scope);
        }
    }
}

/// The lines on which `script` seems to build, in their order: those that are no comment, and have a program and `build` in it.
fn build_lines(run: &Node) -> Vec<usize> {
    let text = run.text().unwrap_or_default();
    let is_build = |line: &str| {
        let names_program = PROGRAMS.iter().any(|program| line.contains(program));
        names_program
            && (line.contains("build") || line.contains("bud"))
            && !line.trim_start().starts_with('#')
    };
    let numbered = text.lines().enumerate().filter(|(_, line)| is_build(line));
    numbered.map(|(at, _)| run.place.line + at).collect()
}

/// `script` with a mark for what only a run knows in place of each `$(…)`, so that a word with one in it is one
/// word; and the scripts within those, which build as well.
fn scripts(script: &str) -> Vec<String> {
    let (mut found, mut waiting) = (Vec::new(), vec![script.to_owned()]);
    while let Some(script) = waiting.pop() {
        let (mut outer, mut rest) = (String::new(), script.as_str());
        while let Some((before, after)) = rest.split_once("$(") {
            outer.push_str(before);
            let Some(end) = closing(after) else {
                // Without an end it is no substitution.
                outer.push_str("$(");
                rest = after;
                continue;
            };
            outer.push(OPEN);
            let inner = after.get(..end).unwrap_or_default();
            if inner.contains("build") && found.len() < SUBSTITUTIONS_MAX {
                waiting.push(inner.to_owned());
            }
            rest = after.get(end + 1..).unwrap_or_default();
        }
        outer.push_str(rest);
        found.push(outer);
    }
    found
}

/// Where the parenthesis closes that was opened before `text`, if that is near enough.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, letter) in text.char_indices().take_while(|(at, _)| *at < SUBSTITUTION_MAX) {
        match letter {
            '(' => depth += 1,
            ')' if depth == 0 => return Some(at),
            ')' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// The image in a line of docker/metadata-action's `images`: `ghcr.io/acme/web`, or `name=ghcr.io/acme/web,enable=true`.
fn metadata_image(line: &Value) -> Option<Value> {
    let parts = line.parts(&[',']);
    let named = parts.iter().find(|part| part.marked().starts_with("name="));
    let image = named.map(Value::behind_equals).or_else(|| parts.first().cloned());
    // The action writes names in lowercase.
    image.map(Value::in_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn substitutions_are_parts_of_words() {
        for (script, expected) in [
            ("docker build -t x:$(git rev-parse HEAD) dir", &["docker build -t x:\0 dir"][..]),
            ("a \"$(b $(c))\" $((1 + (2)))", &["a \"\0\" \0"]),
            ("id=$(docker build -q $(pwd)/api)", &["id=\0", "docker build -q \0/api"]),
            ("a $(b", &["a $(b"]),
            ("a $(b $(c)", &["a $(b \0"]),
            ("a )", &["a )"]),
        ] {
            assert_eq!(scripts(script), expected, "{script}");
        }
        assert_eq!(scripts(&"$(build ".repeat(10_000)).len(), 1);
        assert!(
            scripts(&format!("{}{}", "$(build".repeat(150), ")".repeat(150))).len() <= SUBSTITUTIONS_MAX + 1
        );
    }
}
