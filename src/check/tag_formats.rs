//! The tag formats that workflows set.

use super::{CheckedService, Flows, Setup};
use crate::ci::github::Workflow;
use crate::domain::{TagFormat, TagFormats as Formats};

const VARIABLE: &str = "IMGVER_TAG_FORMAT";

/// The format of release tags, as workflows tell it.
#[derive(Debug, Clone, Default)]
pub struct TagFormats {
    /// The one for all; none if no workflow sets one, or if they differ.
    pub common: Option<Formats>,
    /// If there is none for all: by file, the one that a workflow sets. None if it sets several, or one that only a run knows.
    own: Vec<(String, Option<Formats>)>,
}

impl TagFormats {
    /// Those of all workflows that call imgver. One that sets none leaves it to the others.
    pub fn of(flows: &Flows) -> Self {
        let set = |workflow: &Workflow| Some((workflow.file().to_owned(), set_by(workflow, flows)?));
        let own: Vec<_> = flows.workflows().iter().filter_map(set).collect();
        let first = own.first().and_then(|(_, format)| format.clone());
        let common = first.filter(|first| own.iter().all(|(_, format)| format.as_ref() == Some(first)));
        let own = if common.is_some() { Vec::new() } else { own };
        TagFormats { common, own }
    }

    /// One that was given, whatever workflows set.
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

/// The format that `workflow` sets, if it does: an option takes precedence over a variable.
fn set_by(workflow: &Workflow, flows: &Flows) -> Option<Option<Formats>> {
    let calls = flows.calls_of(workflow);
    let mut texts: Vec<&str> = calls.iter().filter_map(|call| call.option("--tag-format")).collect();
    if texts.is_empty() && !calls.is_empty() {
        let variables = workflow.env.iter().filter(|(name, value)| name == VARIABLE && !value.is_empty());
        texts.extend(variables.map(|(_, value)| &**value));
    }
    let first = *texts.first()?;
    let is_known = !first.contains('$') && texts.iter().all(|text| *text == first);
    Some(first.parse::<TagFormat>().ok().filter(|_| is_known).map(Formats::from))
}
