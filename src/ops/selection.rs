//! Which services changed, by the filters that apply.

use std::cell::OnceCell;
use std::path::PathBuf;

use super::Checkout;
use super::input_sets::InputSets;
use crate::config;
use crate::domain::{ChangeKinds, Changes};
use crate::error::{Context as _, Error, Kind, Result};
use crate::files;
use crate::filters::{
    DEFAULT_FILE, Detail, FilterFile, NameProblem, Quantifier, ServiceMatches, Watch, Watcher, YAML_HINT,
};
use crate::inputs::{Inputs, Why};
use crate::workspace::Service;
use crate::workspace::taskfile::directory_of;
use crate::yaml::{self, Placed, YamlError};

/// The hint about two filters for the same service.
const ONE_NAME: &str = "put all patterns of a service under one name";

/// The filters to apply.
#[derive(Debug, Clone, Default)]
pub struct FilterRequest {
    /// The filter file, as seen from the current directory; none means the one that the configuration names, else the default
    /// one, if it exists.
    pub file: Option<PathBuf>,
    /// How to combine the rules of a filter; none means as the configuration says.
    pub quantifier: Option<Quantifier>,
}

/// The filters of a file, and how they are combined.
#[derive(Default)]
pub(super) struct FilterSet {
    /// The file's name in messages.
    name: String,
    file: FilterFile,
    quantifier: Quantifier,
    /// About files beside it.
    warnings: Vec<String>,
    /// What the images of services are made of, read once.
    inputs: OnceCell<InputSets>,
}

/// The services that a set of changes affects.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selection {
    /// Every service, sorted by path.
    pub services: Vec<ServiceSelection>,
    /// How many paths changed.
    pub changed_paths: usize,
}

/// A service, and why it counts as changed, if it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceSelection {
    /// Its path.
    pub service: String,
    /// The name of its filter; none if it has none.
    pub filter: Option<String>,
    /// Whether it watches what its image is made of, in place of its directory.
    pub watches_inputs: bool,
    /// The changed files that affect it; only the first unless all were requested.
    pub files: Vec<MatchedFile>,
}

/// A changed file that affects a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatchedFile {
    /// Its path, as far as it is UTF-8.
    pub path: String,
    /// How it changed.
    pub kinds: ChangeKinds,
    /// The patterns that made it count; none if the service watches its own directory.
    pub patterns: Vec<String>,
    /// What it is to the image, if the service watches what that is made of.
    pub inputs: Vec<Why>,
}

impl Selection {
    /// The services that changed.
    pub fn changed(&self) -> impl Iterator<Item = &ServiceSelection> {
        self.services.iter().filter(|service| !service.files.is_empty())
    }

    /// The paths of the services that changed.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.changed().map(|service| &*service.service)
    }
}

impl ServiceSelection {
    /// What `matches` say of a service, and `inputs` if it watches them.
    fn of(matches: &ServiceMatches<'_>, inputs: Option<&Inputs>) -> Self {
        let files = matches.files.iter().map(|file| {
            let path = String::from_utf8_lossy(file.path).into_owned();
            MatchedFile {
                kinds: file.kinds,
                patterns: file.patterns.iter().map(ToString::to_string).collect(),
                inputs: inputs.map(|inputs| inputs.why(&path)).unwrap_or_default(),
                path,
            }
        });
        ServiceSelection {
            watches_inputs: inputs.is_some(),
            service: matches.service.to_owned(),
            filter: match matches.watch {
                Watch::OwnDirectory => None,
                Watch::Filter { name, .. } => Some(name.to_owned()),
            },
            files: files.collect(),
        }
    }
}

impl FilterSet {
    /// Reads the filter file that `request` or else the configuration names, or the default one if it exists.
    pub(super) fn load(request: &FilterRequest, checkout: &Checkout) -> Result<Self> {
        let config = checkout.config()?;
        let mut warnings = Vec::new();
        let (name, bytes) = match (&request.file, &config.filters) {
            (Some(file), _) => {
                let bytes = files::read(&checkout.directory.join(file), files::YAML_MAX);
                let name = file.display().to_string();
                let bytes = bytes.context(Kind::Input, || format!("cannot read the filter file {name}"))?;
                (name, bytes)
            }
            (None, Some(configured)) => (configured.value.clone(), configured_file(configured, checkout)?),
            (None, None) => (DEFAULT_FILE.to_owned(), default_file(checkout, &mut warnings)?),
        };
        let malformed = |error: YamlError| {
            let what = format!("{}: cannot use the filter file", error.place(&name));
            Error::new(Kind::Input, what).because(error)
        };
        let text = yaml::text(bytes).map_err(malformed)?;
        let file = FilterFile::parse(&text).map_err(|error| {
            let is_syntax = error.is_syntax();
            let error = malformed(error);
            if is_syntax { error.hint(YAML_HINT) } else { error }
        })?;
        let quantifier = request.quantifier.or(config.quantifier).unwrap_or_default();
        Ok(FilterSet { name, file, quantifier, warnings, inputs: OnceCell::new() })
    }

    /// Whether it has none.
    pub(super) fn is_empty(&self) -> bool {
        self.file.names().next().is_none()
    }

    /// Which of `services` (sorted) of `checkout` are affected by `changes`, and warnings about the filters.
    pub(super) fn select<'s>(
        &self,
        services: impl IntoIterator<Item = &'s Service>,
        changes: &Changes,
        detail: Detail,
        checkout: &Checkout,
    ) -> Result<(Selection, Vec<String>)> {
        let services: Vec<&Service> = services.into_iter().collect();
        let inputs = self.inputs(&services, checkout)?;
        let watcher = |service: &&'s Service| service.watcher(inputs.set(&service.path));
        let watchers: Vec<Watcher<'_>> = services.iter().map(watcher).collect();
        let (watches, problems) = self.file.assign(&watchers);
        for (service, (_, watch)) in services.iter().zip(watches.iter()) {
            self.refuse_second_watch(service, watch)?;
        }
        let mut warnings = self.warnings.clone();
        for problem in problems {
            let what = format!("{}: {problem}", self.name);
            match problem {
                NameProblem::Duplicate { .. } => return Err(Error::new(Kind::Input, what).hint(ONE_NAME)),
                NameProblem::Unknown { .. } | NameProblem::Ambiguous { .. } => warnings.push(what),
            }
        }
        let matches = watches.select(changes, self.quantifier, detail);
        let services = matches.iter().map(|it| ServiceSelection::of(it, inputs.get(it.service))).collect();
        Ok((Selection { services, changed_paths: changes.len() }, warnings))
    }
}

impl FilterSet {
    fn inputs(&self, services: &[&Service], checkout: &Checkout) -> Result<&InputSets> {
        if let Some(inputs) = self.inputs.get() {
            return Ok(inputs);
        }
        let inputs = InputSets::watched(services, checkout)?;
        Ok(self.inputs.get_or_init(|| inputs))
    }

    /// Refuses a service that both a filter and the configuration say something about.
    fn refuse_second_watch(&self, service: &Service, watch: Watch<'_>) -> Result<()> {
        let Watch::Filter { name, place, .. } = watch else { return Ok(()) };
        let (watch, what) = match service.watch.first() {
            Some(pattern) => (format!("{}:{}", config::FILE, pattern.place), "watch"),
            None if service.watches_inputs => (service.place(), "watch-inputs"),
            None => return Ok(()),
        };
        let path = &service.path;
        Err(Error::new(
            Kind::Input,
            format!("{watch}: {path} has both {what} and the filter '{name}' ({}:{place})", self.name),
        )
        .hint("say what it watches in one of the two files, and remove it from the other"))
    }
}

/// The content of the filter file that the configuration names.
fn configured_file(file: &Placed<String>, checkout: &Checkout) -> Result<Vec<u8>> {
    let name = &file.value;
    let unreadable = || format!("{}:{}: cannot read the filter file {name}", config::FILE, file.place);
    let read = match checkout.workspace()? {
        Some(workspace) => workspace.read_meant_file(name).context(Kind::Input, unreadable)?,
        None => checkout.repository.file_at_head(name)?,
    };
    read.ok_or_else(|| {
        Error::new(Kind::Input, unreadable())
            .because(anyhow::Error::msg("there is no such file"))
            .hint("correct `filters`, or remove it if there are no filters")
    })
}

/// The content of the default filter file; empty if there is none.
///
/// # Errors
/// It cannot be read; or there is none, but one that is spelled almost like it. On another system they may be the same file.
fn default_file(checkout: &Checkout, warnings: &mut Vec<String>) -> Result<Vec<u8>> {
    let Some(workspace) = checkout.workspace()? else { return Ok(Vec::new()) };
    let read = workspace.read_meant_file(DEFAULT_FILE);
    let read = read.context(Kind::Input, || format!("cannot read the filter file {DEFAULT_FILE}"))?;
    let others = workspace.other_spellings(DEFAULT_FILE)?;
    match (read, others.first()) {
        (Some(bytes), _) => {
            warnings.extend(
                others.iter().map(|other| format!("{other} is not read: the filter file is {DEFAULT_FILE}")),
            );
            Ok(bytes)
        }
        (None, Some(other)) => Err(misspelled(other, checkout)),
        (None, None) => {
            warnings.extend(checkout.repository.is_tracked(DEFAULT_FILE).then(|| {
                format!("{DEFAULT_FILE} is deleted in the work tree, so that there are no filters and each service watches its own directory only: git checkout -- {DEFAULT_FILE} restores it")
            }));
            Ok(Vec::new())
        }
    }
}

/// The error about `other`, the only filter file, with what repairs it in the directory that the command runs in.
fn misspelled(other: &str, checkout: &Checkout) -> Error {
    let up = "../".repeat(checkout.prefix.split_terminator('/').count());
    let (from, to) = (format!("{up}{other}"), format!("{up}{DEFAULT_FILE}"));
    let is_there = directory_of(other) == directory_of(DEFAULT_FILE);
    let mkdir = if is_there { String::new() } else { format!("mkdir -p {}; ", directory_of(&to)) };
    let mv = if checkout.repository.is_tracked(other) { "git mv" } else { "mv" };
    Error::new(Kind::Input, format!("{other} is not read: the filter file is called {DEFAULT_FILE}"))
        .hint(format!("rename it: {mkdir}{mv} {from} {to}"))
        .hint(format!("or read it as it is called: --filters {from}"))
}
