//! `imgver changed`: the services that a list of changes concerns.

use std::path::Path;

use serde::Serialize;

use super::answer::json;
use super::args::{ChangedArgs, FilterArgs, Output, QuantifierArg};
use super::subject::{self, Malformed};
use super::{Place, Reply, changes, explain};
use crate::domain::Changes;
use crate::error::{Context as _, Error, Kind, Result};
use crate::files;
use crate::filters::{FilterFile, Match, Quantifier, Records, Watch, assign, parse_changes, select};
use crate::world::World;

/// Where the filters are unless somebody says otherwise, from the root of the work tree.
const FILTERS: &str = ".github/utils/file-filters.yaml";
/// More than git lists for the largest of pushes.
const LIST_MAX: u64 = 1 << 30;

pub(super) fn changed(args: &ChangedArgs, place: &Place, world: &mut World<'_>) -> Result<Reply> {
    let (services, malformed) = subject::services(place)?;
    refuse_malformed(malformed)?;
    let services: Vec<&str> = services.iter().map(|service| &*service.path).collect();
    let filters = Filters::load(&args.filters, place, world)?;
    let mut explanation = Vec::new();
    let changes = match (&args.files_from, &args.base) {
        (Some(file), _) => listed(file, args.null, world)?,
        (None, base) => {
            let base = base.as_deref().unwrap_or_default();
            let compared = changes::between(place, base, &args.head, args.merge_base)?;
            explanation.extend(explain::comparison(&compared));
            compared.changes
        }
    };
    let selection = filters.select(&services, &changes)?;
    explanation.extend(explain::selection(&selection, changes.len()));
    let stdout = match args.output.output {
        Output::Json => json(&selection.changed())?,
        Output::Text => selection.paths().map(|path| format!("{path}\n")).collect(),
    };
    if !args.filters.explain {
        explanation.clear();
    }
    Ok(Reply { stdout, explanation, warnings: selection.warnings, ..Reply::default() })
}

/// A service that a broken Taskfile may define would be left out without a word.
pub(super) fn refuse_malformed(malformed: impl IntoIterator<Item = Malformed>) -> Result<()> {
    malformed.into_iter().next().map_or(Ok(()), |first| Err(first.error))
}

/// The changes that `file` lists, or standard input.
fn listed(file: &Path, null: bool, world: &mut World<'_>) -> Result<Changes> {
    let (name, bytes) = if file == Path::new("-") {
        ("standard input".to_owned(), files::read_all(world.stdin, LIST_MAX))
    } else {
        (file.display().to_string(), files::read_any(&world.directory.join(file), LIST_MAX))
    };
    let bytes = bytes.context(Kind::Input, || format!("{name} cannot be read"))?;
    let records = if null { Records::Nul } else { Records::Lines };
    parse_changes(&bytes, records).map_err(|error| {
        Error::new(Kind::Input, format!("{name}:{}: this is no changed path", error.number)).because(error)
    })
}

/// The filters that apply, and how.
pub(super) struct Filters {
    /// What errors call the file.
    name: String,
    file: FilterFile,
    quantifier: Quantifier,
}

/// Which services changed.
pub(super) struct Selection<'a> {
    /// Every service, what it watches, and the changed files that concern it.
    pub(super) services: Vec<(&'a str, Watch<'a>, Vec<Match<'a>>)>,
    pub(super) warnings: Vec<String>,
}

/// A service and why it counts as changed, as JSON prints it.
#[derive(Debug, Serialize)]
pub(super) struct Changed {
    service: String,
    files: Vec<String>,
}

impl Filters {
    /// Reads the filter file that `args` name, or the usual one if it is there.
    pub(super) fn load(args: &FilterArgs, place: &Place, world: &World<'_>) -> Result<Self> {
        let (name, path) = match (&args.filters, place.repository.workdir()) {
            (Some(file), _) => (file.display().to_string(), world.directory.join(file)),
            (None, Some(root)) => (FILTERS.to_owned(), root.join(FILTERS)),
            (None, None) => (FILTERS.to_owned(), world.directory.join(FILTERS)),
        };
        let quantifier = match args.quantifier {
            QuantifierArg::Some => Quantifier::Some,
            QuantifierArg::Every => Quantifier::Every,
            QuantifierArg::SomeWithExcludes => Quantifier::SomeWithExcludes,
        };
        let bytes = match files::read(&path, files::YAML_MAX) {
            Err(error) if args.filters.is_none() && files::is_absent(&error) => Ok(Vec::new()),
            read => read,
        };
        let bytes = bytes.context(Kind::Input, || format!("the filter file {name} cannot be read"))?;
        let text = String::from_utf8(bytes).context(Kind::Input, || format!("{name} is not UTF-8"))?;
        let file = FilterFile::parse(&text).map_err(|error| {
            let what = format!("{}: the filter file cannot be read", error.place(&name));
            // To YAML, `*.md` is the alias of something called `.md`.
            let is_alias = ["anchor", "alias"].iter().any(|word| error.message.contains(word));
            let error = Error::new(Kind::Input, what).because(error);
            if is_alias { error.hint("put quotes around patterns that begin with '*'") } else { error }
        })?;
        Ok(Filters { name, file, quantifier })
    }

    /// Which of `services` (sorted) are concerned by `changes`.
    pub(super) fn select<'a>(&'a self, services: &[&'a str], changes: &'a Changes) -> Result<Selection<'a>> {
        let (watches, warnings) = assign(&self.file, services)
            .map_err(|message| Error::new(Kind::Input, format!("{}: {message}", self.name)))?;
        let warnings = warnings.into_iter().map(|warning| format!("{}: {warning}", self.name)).collect();
        let matches = select(services, &watches, &self.file, changes, self.quantifier);
        let services = services.iter().zip(watches).zip(matches);
        let services = services.map(|((service, watch), matches)| (*service, watch, matches)).collect();
        Ok(Selection { services, warnings })
    }
}

impl<'a> Selection<'a> {
    /// The paths of the services that changed.
    pub(super) fn paths(&self) -> impl Iterator<Item = &'a str> {
        self.services.iter().filter(|(_, _, files)| !files.is_empty()).map(|(path, ..)| *path)
    }

    /// The services that changed and through which files.
    pub(super) fn changed(&self) -> Vec<Changed> {
        let changed = self.services.iter().filter(|(_, _, files)| !files.is_empty());
        let changed = changed.map(|(service, _, files)| Changed {
            service: (*service).to_owned(),
            files: files.iter().map(|file| String::from_utf8_lossy(file.path).into_owned()).collect(),
        });
        changed.collect()
    }
}
