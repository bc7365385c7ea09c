//! `imgver changed`.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use super::args::{ChangedArgs, OutputFormat};
use super::reply::{Reply, json};
use super::{explain, requests};
use crate::domain::Changes;
use crate::error::{Context as _, Error, Kind, Result};
use crate::filters::{Records, parse_changes};
use crate::ops::changed::{self as op, ChangeSource, Request};
use crate::ops::{Checkout, Selection};
use crate::world::World;

/// More than git lists for the largest of pushes.
const LIST_MAX: u64 = 1 << 30;

/// A changed service in the JSON output, with the files that made it count as changed.
#[derive(Serialize)]
struct ChangedService<'s> {
    service: &'s str,
    files: Vec<&'s str>,
    /// Why each file that an image is made of counts.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    why: BTreeMap<&'s str, Vec<String>>,
}

/// The changed services with the files that made them count as changed, for JSON.
pub(super) fn changed_services(selection: &Selection) -> impl Serialize {
    let changed = selection.changed().map(|service| ChangedService {
        service: &service.service,
        files: service.files.iter().map(|file| &*file.path).collect(),
        why: service
            .files
            .iter()
            .filter(|file| !file.inputs.is_empty())
            .map(|file| (&*file.path, file.inputs.iter().map(ToString::to_string).collect()))
            .collect(),
    });
    changed.collect::<Vec<_>>()
}

pub(super) fn changed(args: &ChangedArgs, checkout: &Checkout, world: &mut World<'_>) -> Result<Reply> {
    let changes = match (&args.files_from, &args.base) {
        (Some(file), _) => ChangeSource::Listed(listed(file, args.null, checkout, world)?),
        (None, base) => ChangeSource::Commits {
            base: base.clone().unwrap_or_default(),
            head: args.head.clone(),
            merge_base: args.merge_base,
        },
    };
    let detail = requests::detail(&args.reasons, Some(&args.output));
    let outcome = op::changed(Request { changes, filters: (&args.filters).into(), detail }, checkout)?;
    let selection = &outcome.answer.selection;
    let stdout = match args.output.output {
        OutputFormat::Json => json(&changed_services(selection))?,
        OutputFormat::Text => selection.paths().map(|path| format!("{path}\n")).collect(),
    };
    let (mut reply, answer) = Reply::of(stdout, outcome);
    if args.reasons.explain {
        reply.explanation = answer.compared.iter().flat_map(explain::comparison).collect();
        reply.explanation.extend(explain::selection(&answer.selection));
    }
    Ok(reply)
}

/// The changes that `file` lists, or standard input.
fn listed(file: &Path, null: bool, checkout: &Checkout, world: &mut World<'_>) -> Result<Changes> {
    let (name, bytes) = requests::given(file, LIST_MAX, world);
    let bytes = bytes.context(Kind::Input, || format!("cannot read the list of changes {name}"))?;
    let records = if null { Records::Nul } else { Records::Lines };
    let known = checkout.repository.known_paths();
    parse_changes(&bytes, records, &|path| known.contain(path)).map_err(|error| {
        let hints = error.hints.clone();
        let what = format!("{name}:{}: this entry is not a valid change", error.number);
        hints.into_iter().fold(Error::new(Kind::Input, what).because(error), Error::hint)
    })
}
