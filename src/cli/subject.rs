//! Which service a command line means, and which tags release it.

use super::Place;
use super::args::{HistoryArgs, SubjectArgs};
use crate::domain::{TagFormat, TagPattern};
use crate::error::{Context as _, Error, Kind, Result};
use crate::workspace::{Finding, Service, Workspace, short_name};
use crate::world::World;

/// A service, or the repository as a whole.
pub(super) struct Subject {
    /// None at repository level.
    pub(super) service: Option<Service>,
    /// The spellings of its release tags.
    pub(super) patterns: Vec<TagPattern>,
}

impl Subject {
    /// The directory whose changes make it dirty; empty for the whole work tree.
    pub(super) fn directory(&self) -> &str {
        self.service.as_ref().map_or("", |service| &service.path)
    }

    /// Its name in messages.
    pub(super) fn name(&self) -> &str {
        self.service.as_ref().map_or("this repository", |service| &service.path)
    }

    /// What to say where no release is reachable.
    pub(super) fn no_release(&self) -> String {
        format!("no release tag {} is reachable", self.tag_of("X.Y.Z"))
    }

    /// The tag that would release `version`, in its first spelling.
    pub(super) fn tag_of(&self, version: &str) -> String {
        let (prefix, suffix) =
            self.patterns.first().map_or(("", ""), |first| (first.prefix(), first.suffix()));
        format!("{prefix}{version}{suffix}")
    }
}

/// The one subject that `args` mean.
pub(super) fn one(args: &SubjectArgs, place: &Place, world: &World<'_>) -> Result<Subject> {
    let format = tag_format(&args.history, world)?;
    let workspace = Workspace::of(&place.repository);
    let service = match (&args.service, &workspace) {
        (Some(wanted), Some(workspace)) => Some(named(wanted, workspace, &place.prefix)?),
        (Some(wanted), None) => return Err(no_work_tree(&format!("no service '{wanted}' can be found"))),
        (None, Some(workspace)) => workspace.enclosing(&place.prefix)?,
        (None, None) => None,
    };
    let patterns = match (&args.tag_prefix, &service) {
        (Some(prefix), _) => vec![TagPattern::from_prefix(prefix)],
        (None, Some(service)) => {
            if let Some(workspace) = workspace.filter(|_| format.is_by_short_name()) {
                refuse_shared_name(service, &workspace)?;
            }
            vec![format.pattern(&service.path)]
        }
        (None, None) if args.history.tag_format.is_some() && !format.names_service() => {
            vec![format.pattern("")]
        }
        (None, None) => vec![TagPattern::from_prefix(""), TagPattern::from_prefix("v")],
    };
    Ok(Subject { service, patterns })
}

/// All services, and what could not be read.
pub(super) fn all(
    args: &HistoryArgs,
    place: &Place,
    world: &World<'_>,
) -> Result<(Vec<Subject>, Vec<String>)> {
    let format = tag_format(args, world)?;
    let workspace =
        Workspace::of(&place.repository).ok_or_else(|| no_work_tree("no services can be found"))?;
    let mut warnings = Vec::new();
    let mut subjects: Vec<Subject> = Vec::new();
    for finding in workspace.services()? {
        match finding {
            Finding::Service(service) => {
                let patterns = vec![format.pattern(&service.path)];
                subjects.push(Subject { service: Some(service), patterns });
            }
            Finding::Malformed { error, .. } => warnings.push(error.to_string()),
        }
    }
    if format.is_by_short_name() {
        let mut patterns: Vec<_> =
            subjects.iter().map(|subject| (subject.patterns.first(), subject)).collect();
        patterns.sort_by_key(|(pattern, _)| pattern.map(TagPattern::prefix));
        for pair in patterns.windows(2) {
            if let [(one, first), (other, second)] = pair
                && one == other
            {
                return Err(shared_name(first.name(), second.name()));
            }
        }
    }
    Ok((subjects, warnings))
}

fn tag_format(args: &HistoryArgs, world: &World<'_>) -> Result<TagFormat> {
    let (format, source) = match (&args.tag_format, world.var("IMGVER_TAG_FORMAT")) {
        (Some(format), _) => (format.clone(), "--tag-format"),
        (None, Some(format)) => (format.to_string_lossy().into_owned(), "IMGVER_TAG_FORMAT"),
        (None, None) => return Ok(TagFormat::default()),
    };
    format.parse().context(Kind::Usage, || format!("{source} '{format}' is no tag format"))
}

/// The service called `wanted`: a path from the root, a path from the current directory (`.`, `./x`, `../x`), or a
/// short name.
fn named(wanted: &str, workspace: &Workspace<'_>, prefix: &str) -> Result<Service> {
    let path = wanted.trim_end_matches('/');
    let from_here = path.split('/').next().is_some_and(|first| matches!(first, "." | ".."));
    let path = if from_here { resolve(prefix, path) } else { Some(path.to_owned()) };
    if let Some(service) = path.as_deref().map(|path| workspace.service_at(path)).transpose()?.flatten() {
        return Ok(service);
    }
    let findings = workspace.services()?;
    let mut same_name = Vec::new();
    let mut known = Vec::new();
    for finding in findings {
        match finding {
            Finding::Service(service) if short_name(&service.path) == wanted => same_name.push(service),
            Finding::Service(service) => known.push(service.path),
            Finding::Malformed { path, error } if short_name(&path) == wanted => return Err(error),
            Finding::Malformed { .. } => {}
        }
    }
    match (same_name.pop(), same_name.is_empty()) {
        (Some(service), true) => Ok(service),
        (Some(last), false) => {
            let paths: Vec<_> = same_name.iter().chain([&last]).map(|service| &*service.path).collect();
            Err(Error::new(Kind::Input, format!("'{wanted}' is the short name of several services"))
                .hint(format!("name one by its path: {}", paths.join(", "))))
        }
        (None, _) => Err(unknown(wanted, &known)),
    }
}

/// `path` as seen from `prefix`; none if it leaves the work tree.
fn resolve(prefix: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = prefix.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

fn unknown(wanted: &str, known: &[String]) -> Error {
    // Far-fetched suggestions are worse than none.
    const LIKENESS_MIN: f64 = 0.7;
    let likeness = |path: &str| {
        strsim::jaro_winkler(path, wanted).max(strsim::jaro_winkler(short_name(path), short_name(wanted)))
    };
    let mut near: Vec<(&str, f64)> = known.iter().map(|path| (&**path, likeness(path))).collect();
    near.retain(|(_, likeness)| *likeness >= LIKENESS_MIN);
    near.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(b.0)));
    let near: Vec<&str> = near.iter().take(3).map(|(path, _)| *path).collect();
    let error = Error::new(Kind::Input, format!("there is no service '{wanted}'"));
    if near.is_empty() {
        error.hint(
            "imgver list shows all services; a new one is found by name once git tracks its Taskfile with vars.IMAGE_REPO",
        )
    } else {
        error.hint(format!("did you mean {}?", near.join(" or ")))
    }
}

/// Tags by short name cannot tell two services of one short name apart.
fn refuse_shared_name(service: &Service, workspace: &Workspace<'_>) -> Result<()> {
    for finding in workspace.services()? {
        if let Finding::Service(other) = finding
            && other.path != service.path
            && short_name(&other.path) == short_name(&service.path)
        {
            return Err(shared_name(&service.path, &other.path));
        }
    }
    Ok(())
}

fn shared_name(one: &str, other: &str) -> Error {
    Error::new(
        Kind::Input,
        format!("the tag format cannot tell {one} from {other}: both are called {}", short_name(one)),
    )
    .hint("use {service} in the tag format, which is the whole path")
}

fn no_work_tree(what: &str) -> Error {
    Error::new(Kind::Repository, format!("{what}: a bare repository has no work tree"))
        .hint("name the tags instead, with --tag-prefix PREFIX, or run imgver in a clone with a work tree")
}
