//! Settings that workflows and Taskfiles make differently from the configuration.
//!
//! What is set twice and equally is harmless, and not reported.

use std::collections::HashSet;

use super::tag_formats::{OPTION, VARIABLE, parse};
use super::{At, CheckedTaskfile, Finding, Rule, Setup};
use crate::ci::github::{Call, Step, commands};
use crate::config::FILE;
use crate::domain::TagFormats;
use crate::filters::Quantifier;
use crate::workspace::taskfile::below;
use crate::workspace::tasks::{Action, Tasks};
use crate::yaml::Place;

pub(super) fn check(setup: &Setup<'_>, findings: &mut Vec<Finding>) {
    let truth = Truth::of(setup);
    if truth.says_nothing() {
        return;
    }
    for workflow in setup.flows.calling(&[]) {
        for (_, value) in workflow.env.iter().filter(|(name, _)| name == VARIABLE) {
            let at = At::file(workflow.file(), value.place);
            findings.extend(truth.variable(&value.text).map(|differing| differing.finding(at)));
        }
        let own = workflow.steps().flat_map(|step| own_calls(step).map(|call| (step.place, call)));
        for (place, call) in own.collect::<Vec<_>>() {
            let at = || At::file(workflow.file(), place);
            findings.extend(truth.call(&call).into_iter().map(|differing| differing.finding(at())));
        }
    }
    for (directory, step) in setup.flows.steps_of_actions() {
        let names = ["action.yaml", "action.yml"].map(|name| below(directory, name));
        let Some(file) = names.iter().find(|file| setup.files.binary_search(file).is_ok()) else { continue };
        for call in own_calls(step) {
            let at = || At::file(file, step.place);
            findings.extend(truth.call(&call).into_iter().map(|differing| differing.finding(at())));
        }
    }
    setup.taskfiles.iter().for_each(|taskfile| in_taskfile(&truth, taskfile, findings));
}

/// The calls in the script of `step` itself, without those of the tasks that it runs.
fn own_calls(step: &Step) -> impl Iterator<Item = Call> {
    step.script.iter().flat_map(|script| script.commands.iter().filter_map(Call::of))
}

/// What the configuration sets.
struct Truth<'s> {
    formats: Option<TagFormats>,
    filters: Option<&'s str>,
    quantifier: Option<Quantifier>,
}

/// A setting that is made differently elsewhere.
struct Differing {
    /// As it is written there.
    written: String,
    /// What the configuration sets.
    truth: String,
    /// The text by which its line is found.
    sign: String,
}

impl Differing {
    fn finding(&self, at: At) -> Finding {
        let Differing { written, truth, .. } = self;
        Finding::warning(Rule::SettingDiffers, at, format!("{written}, but {FILE} sets {truth}"))
            .why("the same repository has other versions or selects other services here than elsewhere")
            .fix(format!("remove it here, so that {FILE} counts; or correct {FILE}"))
    }
}

impl<'s> Truth<'s> {
    fn of(setup: &Setup<'s>) -> Self {
        let config = setup.config.config;
        Truth {
            formats: config.formats(),
            filters: config.filters.as_ref().map(|filters| &*filters.value),
            quantifier: config.quantifier,
        }
    }

    fn says_nothing(&self) -> bool {
        self.formats.is_none() && self.filters.is_none() && self.quantifier.is_none()
    }

    /// Whether [`VARIABLE`] with this value differs.
    fn variable(&self, value: &str) -> Option<Differing> {
        let texts: Vec<&str> = value.split_whitespace().collect();
        let truth = self.other_formats(&texts)?;
        Some(Differing { written: format!("{VARIABLE} is {value}"), truth, sign: VARIABLE.to_owned() })
    }

    /// The formats of the configuration, if `texts` are others. An empty variable sets none.
    fn other_formats(&self, texts: &[&str]) -> Option<String> {
        let (truth, formats) = (self.formats.as_ref()?, parse(texts)?);
        let shown = format!("tag-format: {truth}");
        (*truth != formats).then_some(shown)
    }

    /// The options of `call` that differ.
    fn call(&self, call: &Call) -> Vec<Differing> {
        let mut differing = Vec::new();
        let mut add = |option: &str, value: &str, truth: String| {
            let written = format!("imgver {} has {option} {value}", call.command);
            differing.push(Differing { written, truth, sign: option.to_owned() });
        };
        let formats = call.options(OPTION);
        // The repository as a whole may have tags of its own.
        if let Some(truth) = self.other_formats(&formats).filter(|_| !call.has("--whole")) {
            add(OPTION, &formats.join(" "), truth);
        }
        // Which other changes a call of `changed` is about, is its own affair.
        if !matches!(&*call.command, "plan" | "check") {
            return differing;
        }
        let is_known = |value: &&str| !value.contains(['$', '{']);
        let filters = call.option("--filters");
        if let (Some(truth), Some(value)) = (self.filters, filters.filter(is_known))
            && value.trim_start_matches("./") != truth
        {
            add("--filters", value, format!("filters: {truth}"));
        }
        let name = |quantifier: Quantifier| {
            Quantifier::NAMES.iter().find(|(_, known)| *known == quantifier).map_or("", |(name, _)| name)
        };
        // Another filter file may need another one.
        if let (None, Some(truth), Some(value)) = (filters, self.quantifier, call.option("--quantifier"))
            && Quantifier::named(value).is_some_and(|quantifier| quantifier != truth)
        {
            add("--quantifier", value, format!("quantifier: {}", name(truth)));
        }
        differing
    }
}

/// What a Taskfile sets in its scripts, and in the variables of their environment.
fn in_taskfile(truth: &Truth<'_>, taskfile: &CheckedTaskfile, findings: &mut Vec<Finding>) {
    let text = &taskfile.text;
    let mut lines = HashSet::new();
    let mut report = |differing: Differing, place: Option<Place>| {
        let is_new = place.is_none_or(|place| lines.insert((place.line, differing.sign.clone())));
        findings.extend(is_new.then(|| differing.finding(At::file(&taskfile.file, place))));
    };
    for (at, line) in (1..).zip(text.lines()) {
        let Some((column, value)) = assigned(line) else { continue };
        let place = Place { line: at, column };
        truth.variable(value).into_iter().for_each(|differing| report(differing, Some(place)));
    }
    if !text.contains(OPTION) && !text.contains("--filters") && !text.contains("--quantifier") {
        return;
    }
    let tasks = Tasks::parse(text).unwrap_or_default();
    let actions = tasks.tasks.iter().flat_map(|task| &task.actions);
    let scripts = actions.filter_map(|action| match action {
        Action::Script(script) => Some(script),
        Action::Task { .. } => None,
    });
    for script in scripts.chain(&tasks.scripts) {
        for call in commands(script).iter().filter_map(Call::of) {
            for differing in truth.call(&call) {
                let place = place_of(text, &call.command, &differing.sign);
                report(differing, place);
            }
        }
    }
}

/// The value that `line` of a Taskfile gives [`VARIABLE`], and its column; none if it does not.
fn assigned(line: &str) -> Option<(usize, &str)> {
    let before = line.len() - line.trim_start().len();
    let rest = line.trim_start().strip_prefix(VARIABLE)?.strip_prefix(':')?.trim();
    let value = rest.split(" #").next()?.trim().trim_matches(['\'', '"']);
    Some((before + 1, value))
}

/// The first line of `text` that has a call of `command` with `sign`.
fn place_of(text: &str, command: &str, sign: &str) -> Option<Place> {
    let is_call = |line: &str| line.contains(sign) && line.contains(&format!("imgver {command}"));
    let found = |is_it: &dyn Fn(&str) -> bool| {
        let line =
            (1..).zip(text.lines()).find(|(_, line)| is_it(line) && !line.trim_start().starts_with('#'));
        line.map(|(at, line)| {
            let before = line.find(sign).and_then(|at| line.get(..at)).unwrap_or_default();
            Place { line: at, column: before.chars().count() + 1 }
        })
    };
    found(&is_call).or_else(|| found(&|line| line.contains(sign)))
}
