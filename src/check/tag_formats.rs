//! The tag formats that the configuration and workflows set.

use super::{CheckedService, Flows, Setup};
use crate::ci::github::Workflow;
use crate::domain::{TagFormat, TagFormats as Formats};

/// The variable that sets the formats; white space separates several.
pub(super) const VARIABLE: &str = "IMGVER_TAG_FORMAT";

/// The option that sets one of them.
pub(super) const OPTION: &str = "--tag-format";

/// The formats of release tags, as the configuration and workflows tell them.
#[derive(Debug, Clone, Default)]
pub struct TagFormats {
    /// Those for all; none if nothing sets any, or if workflows differ.
    pub common: Option<Formats>,
    /// If a workflow sets others: by file, those that it sets. None if it sets several, or what only a run knows.
    own: Vec<(String, Option<Formats>)>,
}

impl TagFormats {
    /// Those of all workflows that call imgver. One that sets none has those of the configuration, `configured`, or else leaves
    /// it to the others.
    pub fn of(flows: &Flows, configured: Option<Formats>) -> Self {
        let set = |workflow: &Workflow| Some((workflow.file().to_owned(), set_by(workflow, flows)?));
        let own: Vec<_> = flows.workflows().iter().filter_map(set).collect();
        if configured.is_some() {
            return TagFormats { common: configured, own };
        }
        let first = own.first().and_then(|(_, format)| format.clone());
        let common = first.filter(|first| own.iter().all(|(_, format)| format.as_ref() == Some(first)));
        let own = if common.is_some() { Vec::new() } else { own };
        TagFormats { common, own }
    }

    /// Those that were given, whatever workflows set.
    pub fn given(formats: Formats) -> Self {
        TagFormats { common: Some(formats), own: Vec::new() }
    }

    /// Whether any is set.
    pub fn is_set(&self) -> bool {
        self.common.is_some() || !self.own.is_empty()
    }

    /// The services with the tags that they have in `workflow`, if these are others than in `setup`; the error is that they
    /// are not known.
    pub(super) fn services<'s>(
        &self,
        workflow: &Workflow,
        setup: &Setup<'s>,
    ) -> Result<Option<Vec<CheckedService<'s>>>, Unknown> {
        let Some((_, format)) = self.own.iter().find(|(file, _)| file == workflow.file()) else {
            return Ok(None);
        };
        let format = format.as_ref().ok_or(Unknown)?;
        let checked = |checked: &CheckedService<'s>| CheckedService::new(checked.service, format);
        Ok(Some(setup.services.iter().map(checked).collect()))
    }
}

/// The tags of a workflow's services are not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unknown;

/// The formats that `workflow` sets, if it does: options take precedence over a variable.
fn set_by(workflow: &Workflow, flows: &Flows) -> Option<Option<Formats>> {
    let calls = flows.calls_of(workflow);
    let options = calls.iter().map(|call| call.options(OPTION));
    let mut settings: Vec<Vec<&str>> = options.filter(|formats| !formats.is_empty()).collect();
    if settings.is_empty() && !calls.is_empty() {
        let variables =
            workflow.env.iter().filter(|(name, value)| name == VARIABLE && !value.text.is_empty());
        settings.extend(variables.map(|(_, value)| value.text.split_whitespace().collect()));
    }
    let first = settings.first()?;
    Some(if settings.iter().all(|setting| setting == first) { parse(first) } else { None })
}

/// The formats that `texts` are; none if one of them is none, or is known to a run only.
pub(super) fn parse(texts: &[&str]) -> Option<Formats> {
    let format = |text: &&str| text.parse::<TagFormat>().ok().filter(|_| !text.contains('$'));
    Formats::new(texts.iter().map(format).collect::<Option<Vec<_>>>()?)
}
