//! `imgver changed`: the services that a list of changes concerns.

use std::path::Path;

use super::answer::json;
use super::args::{ChangedArgs, Output};
use super::comparison;
use super::selection::{Filters, refuse_malformed};
use super::{Place, Reply, explain, subject};
use crate::domain::Changes;
use crate::error::{Context as _, Error, Kind, Result};
use crate::files;
use crate::filters::{Detail, Records, parse_changes};
use crate::world::World;

/// More than git lists for the largest of pushes.
const LIST_MAX: u64 = 1 << 30;

pub(super) fn changed(args: &ChangedArgs, place: &Place, world: &mut World<'_>) -> Result<Reply> {
    let (services, malformed) = subject::services(place)?;
    refuse_malformed(malformed)?;
    let services: Vec<&str> = services.iter().map(|service| &*service.path).collect();
    let filters = Filters::load(&args.filters, place, world)?;
    let (compared, changes) = match (&args.files_from, &args.base) {
        (Some(file), _) => (Vec::new(), listed(file, args.null, world)?),
        (None, base) => {
            let base = base.as_deref().unwrap_or_default();
            let compared = comparison::between(place, base, &args.head, args.merge_base)?;
            (explain::comparison(&compared), compared.changes)
        }
    };
    let is_json = args.output.output == Output::Json;
    let detail = if is_json || args.reasons.explain { Detail::All } else { Detail::First };
    let selection = filters.select(&services, &changes, detail)?;
    let stdout = if is_json {
        json(&selection.changed())?
    } else {
        selection.paths().map(|path| format!("{path}\n")).collect()
    };
    let explanation = if args.reasons.explain {
        [compared, explain::selection(&selection, changes.len())].concat()
    } else {
        Vec::new()
    };
    let mut warnings = selection.warnings;
    if services.is_empty() {
        warnings.push(subject::NO_SERVICE.to_owned());
    }
    Ok(Reply { stdout: stdout.into_bytes(), explanation, warnings, ..Reply::default() })
}

/// The changes that `file` lists, or standard input.
fn listed(file: &Path, null: bool, world: &mut World<'_>) -> Result<Changes> {
    let (name, bytes) = if file == Path::new("-") {
        ("standard input".to_owned(), files::read_all(world.stdin, LIST_MAX))
    } else {
        (file.display().to_string(), files::read_any(&world.directory.join(file), LIST_MAX))
    };
    let bytes = bytes.context(Kind::Input, || format!("the list of changes {name} cannot be read"))?;
    let records = if null { Records::Nul } else { Records::Lines };
    parse_changes(&bytes, records).map_err(|error| {
        Error::new(Kind::Input, format!("{name}:{}: this is no changed path", error.number)).because(error)
    })
}
