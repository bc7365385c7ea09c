//! Release tags in another format than the default, where no release was found and no format was given.

use std::collections::BTreeSet;

use super::Checkout;
use super::facts::Facts;
use super::subject::Subject;
use crate::domain::{FormatProposal, TagSpellings};
use crate::error::{Error, Result};
use crate::history::git::Repository;

/// The format that the tags of the repository fit, if `facts` have no release of `subject`, no format was given for it, and no
/// tag fits the default.
pub(super) fn proposal(
    subject: &Subject,
    facts: &Facts,
    checkout: &Checkout,
) -> Result<Option<FormatProposal>> {
    if facts.base.is_some() { Ok(None) } else { any_proposal([subject], checkout) }
}

/// As [`proposal`], for the first of `subjects`, all without a release, that has one.
pub(super) fn any_proposal<'s>(
    subjects: impl IntoIterator<Item = &'s Subject>,
    checkout: &Checkout,
) -> Result<Option<FormatProposal>> {
    let mut subjects = subjects.into_iter().filter(|subject| !subject.is_format_given()).peekable();
    if subjects.peek().is_none() {
        return Ok(None);
    }
    proposal_among(&tag_names(&checkout.repository)?, subjects, checkout)
}

/// As [`any_proposal`], by the tags called `names`.
pub(super) fn proposal_among<'s>(
    names: &BTreeSet<String>,
    subjects: impl IntoIterator<Item = &'s Subject>,
    checkout: &Checkout,
) -> Result<Option<FormatProposal>> {
    let subjects: Vec<&Subject> = subjects.into_iter().filter(|subject| !subject.is_format_given()).collect();
    let mut paths = match checkout.workspace()? {
        // Nobody needs other services to ask for a version.
        Some(workspace) if !names.is_empty() => {
            let services = workspace.services().map(|found| found.services).unwrap_or_default();
            services.into_iter().map(|service| service.path).collect()
        }
        _ => Vec::new(),
    };
    // A new service counts even if git does not track it yet.
    paths.extend(subjects.iter().filter_map(|subject| subject.path().map(ToOwned::to_owned)));
    paths.sort_unstable();
    paths.dedup();
    let spellings = TagSpellings::new(paths.iter().map(String::as_str));
    let survey = spellings.survey(names.iter().map(String::as_str));
    let proposal = |subject: &&Subject| match subject.path() {
        None => survey.proposal(None),
        Some(path) => {
            let service = paths.binary_search_by(|service| (**service).cmp(path)).ok()?;
            survey.proposal(Some(service))
        }
    };
    Ok(subjects.iter().find_map(proposal))
}

/// The warning about it.
pub(super) fn warning(proposal: &FormatProposal) -> String {
    format!("{}: {}", description(proposal), hint(proposal))
}

/// `error`, with `proposal` as a hint if there is one.
pub(super) fn hinted(error: Error, proposal: Option<&FormatProposal>) -> Error {
    proposal.map(warning).into_iter().fold(error, Error::hint)
}

/// What the tags look like.
pub(super) fn description(proposal: &FormatProposal) -> String {
    format!("{} the tag format {}", proposal.fit(), proposal.format)
}

/// The setting that reads the tags.
pub(super) fn hint(proposal: &FormatProposal) -> String {
    format!("{} reads such tags as releases", proposal.setting())
}

/// The names of all tags, without reading what they point at.
pub(super) fn tag_names(repository: &Repository) -> Result<BTreeSet<String>> {
    Ok(repository.tag_names("")?.into_iter().collect())
}
