//! `imgver changed`: the services that a set of changes affects.

use super::selection::FilterSet;
use super::subject::{self, NO_SERVICE, refuse_malformed};
use super::{Checkout, Compared, FilterRequest, Outcome, Selection, comparison};
use crate::domain::{ChangeKind, Changes};
use crate::error::Result;
use crate::filters::Detail;
use crate::workspace::Services;

/// The changes to look at, and how much detail to report.
#[derive(Debug, Clone)]
pub struct Request {
    /// Where the changes come from.
    pub changes: ChangeSource,
    /// The filters to apply.
    pub filters: FilterRequest,
    /// Whether to collect all files that affect a service, or only the first.
    pub detail: Detail,
}

/// Where changes come from.
#[derive(Debug, Clone)]
pub enum ChangeSource {
    /// The difference between two commits.
    Commits {
        /// The older one.
        base: String,
        /// The newer one.
        head: String,
        /// Whether to compare with the merge base of both instead of the older one.
        merge_base: bool,
    },
    /// A list.
    Listed(Changes),
}

/// Which services changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The services, and why.
    pub selection: Selection,
    /// The comparison; none if the changes came from a list.
    pub compared: Option<Compared>,
}

/// Finds the services that changed.
///
/// # Errors
/// Those of commits, filters and Taskfiles: a Taskfile that cannot be read may define a service, which would be missing.
pub fn changed(request: Request, checkout: &Checkout) -> Result<Outcome<Answer>> {
    let Services { services, malformed, unnameable } = subject::services(checkout)?;
    refuse_malformed(malformed)?;
    let filters = FilterSet::load(&request.filters, checkout)?;
    let mut warnings: Vec<String> = unnameable.iter().map(subject::left_aside).collect();
    let (compared, listed) = match request.changes {
        ChangeSource::Listed(changes) => {
            warnings.extend(nowhere(&changes, checkout));
            (None, changes)
        }
        ChangeSource::Commits { base, head, merge_base } => {
            (Some(comparison::between(checkout, &base, &head, merge_base)?), Changes::default())
        }
    };
    let changes = compared.as_ref().map_or(&listed, |compared| &compared.changes);
    let (selection, more) = filters.select(&services, changes, request.detail, checkout)?;
    warnings.extend(more);
    if services.is_empty() {
        warnings.push(NO_SERVICE.to_owned());
    }
    Ok(Outcome::of(Answer { selection, compared }, warnings))
}

/// The warning about a list none of whose paths is anywhere, apart from those that it says were deleted. They may have been,
/// and the list not say so; more likely they begin elsewhere than at the root, or are no paths.
fn nowhere(changes: &Changes, checkout: &Checkout) -> Option<String> {
    let present = || changes.iter().filter(|(_, kinds)| !kinds.meets(ChangeKind::Deleted.into()));
    let (first, _) = present().next()?;
    let known = checkout.repository.known_paths();
    if present().any(|(path, _)| known.contain(path.strip_suffix(b"/").unwrap_or(path))) {
        return None;
    }
    let first = String::from_utf8_lossy(first);
    let which = match present().count() {
        1 => format!("the path in the list, '{first}', is not"),
        count => format!("none of the {count} paths in the list (the first is '{first}') is"),
    };
    Some(format!(
        "{which} in the work tree or in HEAD: paths are from the root of the repository (git diff --name-only without --relative, git ls-files --full-name), and deleted files need their status (git diff --name-status)"
    ))
}
