//! Uncommitted changes among what services watch.

use super::Checkout;
use super::selection::FilterSet;
use super::subject::{self, Subject};
use super::{FilterRequest, Selection};
use crate::config::{FILE, Scope};
use crate::domain::{ChangeKind, Changes};
use crate::error::Result;
use crate::files;
use crate::filters::{DEFAULT_FILE, Detail};
use crate::history::git;
use crate::workspace::taskfile::directory_of;

/// Which of `subjects` have uncommitted changes: in their directories, or in what their images are made of if they watch that
/// instead; and, if the repository is configured, in anything else that they watch. The repository as a whole has them anywhere.
///
/// With versions by service, what says who watches what is part of the answer: a change to the configuration or to the filter
/// file that applies is one of all services.
pub(super) fn dirty(subjects: &[Subject], scope: Scope, checkout: &Checkout) -> Result<Vec<bool>> {
    let is_by_service = scope == Scope::Service;
    let filters = match (is_by_service || checkout.has_config()?)
        && subjects.iter().any(|subject| subject.service.is_some())
    {
        true => {
            Some(FilterSet::load(&FilterRequest::default(), checkout)?).filter(|filters| !filters.is_empty())
        }
        false => None,
    };
    checkout.refuse_deleted_config()?;
    let directories = match filters {
        None if !is_by_service => directories(subjects),
        _ => vec![String::new()],
    };
    let directories: Vec<&str> = directories.iter().map(String::as_str).collect();
    let changed = checkout.repository.changed_files(&directories)?;
    if is_by_service && has_changed_settings(&changed, checkout)? {
        return Ok(vec![true; subjects.len()]);
    }
    // What contradicts itself is refused whatever changed.
    if changed.is_empty() && filters.is_none() {
        return Ok(vec![false; subjects.len()]);
    }
    let selection = selection(subjects, &changed, filters, checkout)?;
    let is_dirty = |subject: &Subject| {
        let watches_inputs = subject.service.as_ref().is_some_and(|service| service.watches_inputs);
        selection.paths().any(|path| subject.path() == Some(path))
            || !watches_inputs && changed.iter().any(|file| git::is_below(file, subject.directory()))
    };
    Ok(subjects.iter().map(is_dirty).collect())
}

/// Whether the configuration or the filter file is among the `changed` files, or is in no commit at all; behind symbolic links,
/// so is each of these.
fn has_changed_settings(changed: &[Vec<u8>], checkout: &Checkout) -> Result<bool> {
    let filters = checkout.config()?.filters.as_ref().map_or(DEFAULT_FILE, |filters| &*filters.value);
    let Some(root) = checkout.repository.workdir() else { return Ok(false) };
    let is_new =
        |path: &str| root.join(path).symlink_metadata().is_ok() && !checkout.repository.is_tracked(path);
    // A link to a directory may itself be what was deleted.
    let is_changed = |path: &str| {
        let above =
            |end: usize| path.get(..end).is_some_and(|above| changed.iter().any(|it| it == above.as_bytes()));
        path.match_indices('/').any(|(end, _)| above(end)) || above(path.len())
    };
    let mut way = [FILE, filters].into_iter().flat_map(|file| files::way_to(root, file));
    Ok(way.any(|path| is_changed(&path) || is_new(&path)))
}

/// All directories that have what `subjects` watch without filters, sorted.
fn directories(subjects: &[Subject]) -> Vec<String> {
    let mut directories = Vec::new();
    for subject in subjects {
        directories.push(subject.directory().to_owned());
        let Some(service) = &subject.service else { continue };
        // Its image may be made of anything.
        if service.watches_inputs {
            return vec![String::new()];
        }
        let watcher = service.watcher(None);
        directories.extend(watcher.directories.iter().map(|directory| (*directory).to_owned()));
        directories.extend(watcher.files.iter().map(|file| directory_of(file).to_owned()));
        directories.extend(watcher.patterns.iter().map(|pattern| pattern.value.directory()));
    }
    directories.sort_unstable();
    directories.dedup();
    directories
}

/// Which services watch any of the `changed` files.
fn selection(
    subjects: &[Subject],
    changed: &[Vec<u8>],
    filters: Option<FilterSet>,
    checkout: &Checkout,
) -> Result<Selection> {
    let mut changes = Changes::default();
    changed.iter().for_each(|file| changes.add(file.clone(), ChangeKind::Modified));
    let (selection, _) = match filters {
        // A filter may go by a short name, which depends on all services.
        Some(filters) => {
            filters.select(&subject::services(checkout)?.services, &changes, Detail::First, checkout)?
        }
        None => {
            let services = subjects.iter().filter_map(|subject| subject.service.as_ref());
            FilterSet::default().select(services, &changes, Detail::First, checkout)?
        }
    };
    Ok(selection)
}
