//! `imgver changed`: the services that a set of changes affects.

use super::selection::FilterSet;
use super::subject::{self, NO_SERVICE, refuse_malformed};
use super::{Checkout, Compared, FilterRequest, Outcome, Selection, comparison};
use crate::domain::Changes;
use crate::error::Result;
use crate::filters::Detail;

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
    let services = subject::services(checkout)?;
    refuse_malformed(services.malformed)?;
    let services: Vec<&str> = services.services.iter().map(|service| &*service.path).collect();
    let filters = FilterSet::load(&request.filters, checkout)?;
    let (compared, listed) = match request.changes {
        ChangeSource::Listed(changes) => (None, changes),
        ChangeSource::Commits { base, head, merge_base } => {
            (Some(comparison::between(checkout, &base, &head, merge_base)?), Changes::default())
        }
    };
    let changes = compared.as_ref().map_or(&listed, |compared| &compared.changes);
    let (selection, mut warnings) = filters.select(&services, changes, request.detail)?;
    if services.is_empty() {
        warnings.push(NO_SERVICE.to_owned());
    }
    Ok(Outcome::of(Answer { selection, compared }, warnings))
}
