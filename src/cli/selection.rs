//! Which services changed, by the filters that apply: what `changed` and `plan` share.

use serde::Serialize;

use super::Place;
use super::args::{FilterArgs, QuantifierArg};
use super::subject::Malformed;
use crate::domain::Changes;
use crate::error::{Context as _, Error, Kind, Result};
use crate::files;
use crate::filters::{DEFAULT_FILE, Detail, FilterFile, NameProblem, Quantifier, ServiceMatches, YAML_HINT};
use crate::world::World;
use crate::yaml::{self, YamlError};

/// What to do about two filters of one service.
const ONE_NAME: &str = "write all patterns of a service below one name";

/// A service that a broken Taskfile may define would be left out without a word.
pub(super) fn refuse_malformed(malformed: impl IntoIterator<Item = Malformed>) -> Result<()> {
    malformed.into_iter().next().map_or(Ok(()), |first| Err(first.error))
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
    pub(super) services: Vec<ServiceMatches<'a>>,
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
            (None, Some(root)) => (DEFAULT_FILE.to_owned(), root.join(DEFAULT_FILE)),
            (None, None) => (DEFAULT_FILE.to_owned(), world.directory.join(DEFAULT_FILE)),
        };
        let quantifier = args.quantifier.into();
        let bytes = match files::read(&path, files::YAML_MAX) {
            Err(error) if args.filters.is_none() && files::is_absent(&error) => Ok(Vec::new()),
            read => read,
        };
        let bytes = bytes.context(Kind::Input, || format!("the filter file {name} cannot be read"))?;
        let malformed = |error: YamlError| {
            let what = format!("{}: the filter file cannot be used", error.place(&name));
            Error::new(Kind::Input, what).because(error)
        };
        let text = yaml::text(bytes).map_err(malformed)?;
        let file = FilterFile::parse(&text).map_err(|error| {
            let is_syntax = error.is_syntax();
            let error = malformed(error);
            if is_syntax { error.hint(YAML_HINT) } else { error }
        })?;
        Ok(Filters { name, file, quantifier })
    }

    /// Which of `services` (sorted) are concerned by `changes`.
    pub(super) fn select<'a>(
        &'a self,
        services: &[&'a str],
        changes: &'a Changes,
        detail: Detail,
    ) -> Result<Selection<'a>> {
        let (watches, problems) = self.file.assign(services);
        let mut warnings = Vec::new();
        for problem in problems {
            let what = format!("{}: {problem}", self.name);
            match problem {
                NameProblem::Duplicate { .. } => return Err(Error::new(Kind::Input, what).hint(ONE_NAME)),
                NameProblem::Unknown { .. } | NameProblem::Ambiguous { .. } => warnings.push(what),
            }
        }
        let services = watches.select(changes, self.quantifier, detail);
        Ok(Selection { services, warnings })
    }
}

impl From<QuantifierArg> for Quantifier {
    fn from(quantifier: QuantifierArg) -> Self {
        match quantifier {
            QuantifierArg::Some => Quantifier::Some,
            QuantifierArg::Every => Quantifier::Every,
            QuantifierArg::SomeWithExcludes => Quantifier::SomeWithExcludes,
        }
    }
}

impl<'a> Selection<'a> {
    /// The paths of the services that changed.
    pub(super) fn paths(&self) -> impl Iterator<Item = &'a str> {
        self.services.iter().filter(|found| found.is_changed()).map(|found| found.service)
    }

    /// The services that changed and through which files.
    pub(super) fn changed(&self) -> Vec<Changed> {
        let changed = self.services.iter().filter(|found| found.is_changed());
        let changed = changed.map(|found| Changed {
            service: found.service.to_owned(),
            files: found.files.iter().map(|file| String::from_utf8_lossy(file.path).into_owned()).collect(),
        });
        changed.collect()
    }
}
