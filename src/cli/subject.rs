//! Which service a command line means, and which tags release it.

use std::collections::HashMap;

use super::Place;
use super::args::TagFormatArgs;
use crate::domain::{TagFormat, TagPattern, nearest, short_name};
use crate::error::{Context as _, Error, Kind, Result};
use crate::workspace::{Finding, Service, Workspace};
use crate::world::World;

/// What to say where there is none.
pub(super) const NO_SERVICE: &str =
    "no service found: git tracks no Taskfile below the root that sets vars.IMAGE_REPO";

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

    /// Its name as a title.
    pub(super) fn title(&self) -> &str {
        self.service.as_ref().map_or("Release", |service| &service.path)
    }

    /// What to say where no release is reachable.
    pub(super) fn no_release(&self) -> String {
        format!("no release tag {} is reachable", self.tag_of("X.Y.Z"))
    }

    /// The tag that would release `version`, in its first spelling.
    pub(super) fn tag_of(&self, version: &str) -> String {
        self.patterns.first().map_or_else(|| version.to_owned(), |first| first.tag_of(version))
    }
}

/// The one subject that is meant: the service called `wanted`, else what the current directory is in. Its release tags are
/// `tag_prefix` and a version where that is given.
pub(super) fn one(
    wanted: Option<&str>,
    tag_prefix: Option<&str>,
    tags: &TagFormatArgs,
    place: &Place,
    world: &World<'_>,
) -> Result<Subject> {
    let workspace = Workspace::of(&place.repository);
    let service = match (wanted, &workspace) {
        (Some(wanted), Some(workspace)) => Some(named(wanted, workspace, &place.prefix)?),
        (Some(wanted), None) => {
            return Err(no_work_tree(&format!("no service '{wanted}' can be found"))
                .hint("leave the service out and name its tags, with --tag-prefix PREFIX"));
        }
        (None, Some(workspace)) => workspace.enclosing(&place.prefix)?,
        (None, None) => None,
    };
    let patterns = match (tag_prefix, &service, &workspace) {
        (Some(prefix), ..) => vec![TagPattern::from_prefix(prefix)],
        (None, Some(service), Some(workspace)) => {
            vec![pattern(service, workspace, tags, world)?]
        }
        (None, ..) => repository_patterns(tags, world)?,
    };
    Ok(Subject { service, patterns })
}

fn pattern(
    service: &Service,
    workspace: &Workspace<'_>,
    args: &TagFormatArgs,
    world: &World<'_>,
) -> Result<TagPattern> {
    let format = tag_format(args, world)?.unwrap_or_default();
    if format.is_by_short_name() {
        let findings = workspace.services()?;
        let paths = findings.iter().filter_map(Finding::service).map(|other| &*other.path);
        let namesakes =
            paths.filter(|path| short_name(path) == short_name(&service.path) && *path != service.path);
        refuse_shared_patterns(&format, namesakes.chain([&*service.path]))?;
    }
    Ok(format.pattern(&service.path))
}

/// How the repository as a whole is released: by a format that names no service, else by `X.Y.Z` or `vX.Y.Z`.
fn repository_patterns(args: &TagFormatArgs, world: &World<'_>) -> Result<Vec<TagPattern>> {
    match tag_format(args, world)? {
        Some(format) if !format.names_service() => Ok(vec![format.pattern("")]),
        Some(_) if args.tag_format.is_some() => {
            Err(Error::new(Kind::Usage, "--tag-format names a service, and no service is meant here")
                .hint("name a service, or use a format like v{version}"))
        }
        _ => Ok(vec![TagPattern::from_prefix(""), TagPattern::from_prefix("v")]),
    }
}

/// The service that the current directory is in; where it is in none, every service, and the repository as a whole unless
/// the tag format is one for services.
pub(super) fn here_or_any(tags: &TagFormatArgs, place: &Place, world: &World<'_>) -> Result<Vec<Subject>> {
    let workspace = Workspace::of(&place.repository);
    let enclosing = workspace.as_ref().map(|workspace| workspace.enclosing(&place.prefix)).transpose()?;
    if enclosing.flatten().is_some() {
        return Ok(vec![one(None, None, tags, place, world)?]);
    }
    let mut subjects = if workspace.is_some() { all(tags, place, world)?.subjects } else { Vec::new() };
    if !tag_format(tags, world)?.is_some_and(|format| format.names_service()) {
        subjects.push(Subject { service: None, patterns: repository_patterns(tags, world)? });
    }
    Ok(subjects)
}

/// The services called `wanted`, sorted by path, each once; where nothing is wanted, the one subject of the current
/// directory.
pub(super) fn several(
    wanted: &[String],
    tags: &TagFormatArgs,
    place: &Place,
    world: &World<'_>,
) -> Result<Vec<Subject>> {
    let workspace = Workspace::of(&place.repository).ok_or_else(|| no_work_tree("nothing can be built"))?;
    let mut services = wanted
        .iter()
        .map(|wanted| named(wanted, &workspace, &place.prefix))
        .collect::<Result<Vec<Service>>>()?;
    if wanted.is_empty() {
        match workspace.enclosing(&place.prefix)? {
            Some(service) => services.push(service),
            None => {
                let patterns = repository_patterns(tags, world)?;
                return Ok(vec![Subject { service: None, patterns }]);
            }
        }
    }
    services.sort_by(|a, b| a.path.cmp(&b.path));
    services.dedup();
    let subject = |service: Service| {
        let patterns = vec![pattern(&service, &workspace, tags, world)?];
        Ok(Subject { service: Some(service), patterns })
    };
    services.into_iter().map(subject).collect()
}

/// A directory whose Taskfile may make it a service, and what is wrong with that.
pub(super) struct Malformed {
    pub(super) path: String,
    pub(super) error: Error,
}

/// What is released in the repository.
pub(super) struct All {
    /// Its services, sorted by path.
    pub(super) subjects: Vec<Subject>,
    /// What could be more of them, each with what its release tags would be.
    pub(super) malformed: Vec<(TagPattern, Malformed)>,
}

/// All services with their release tags.
pub(super) fn all(args: &TagFormatArgs, place: &Place, world: &World<'_>) -> Result<All> {
    let format = tag_format(args, world)?.unwrap_or_default();
    let (services, malformed) = services(place)?;
    if format.is_by_short_name() {
        refuse_shared_patterns(&format, services.iter().map(|service| &*service.path))?;
    }
    let subject = |service: Service| {
        let patterns = vec![format.pattern(&service.path)];
        Subject { service: Some(service), patterns }
    };
    let malformed = malformed.into_iter().map(|found| (format.pattern(&found.path), found)).collect();
    Ok(All { subjects: services.into_iter().map(subject).collect(), malformed })
}

/// All services, sorted by path, and what could be more of them.
pub(super) fn services(place: &Place) -> Result<(Vec<Service>, Vec<Malformed>)> {
    let workspace = Workspace::of(&place.repository);
    let workspace = workspace.ok_or_else(|| no_work_tree("no services can be found"))?;
    let (mut services, mut malformed) = (Vec::new(), Vec::new());
    for finding in workspace.services()? {
        match finding {
            Finding::Service(service) => services.push(service),
            Finding::Malformed { path, error } => malformed.push(Malformed { path, error }),
        }
    }
    Ok((services, malformed))
}

/// The tag format that is asked for, if one is.
pub(super) fn tag_format(args: &TagFormatArgs, world: &World<'_>) -> Result<Option<TagFormat>> {
    let (format, source) = match (&args.tag_format, world.var("IMGVER_TAG_FORMAT")) {
        (Some(format), _) => (format.clone(), "--tag-format"),
        (None, Some(format)) => (format.to_string_lossy().into_owned(), "IMGVER_TAG_FORMAT"),
        (None, None) => return Ok(None),
    };
    let parsed = format.parse().context(Kind::Usage, || format!("{source} '{format}' is no tag format"));
    parsed.map(Some).map_err(|error| {
        error.hint("a tag format is {service}@{version}, {name}-v{version}, v{version} or the like")
    })
}

/// The service called `wanted`: a path from the root, a path from the current directory (`.`, `./x`, `../x`), an
/// absolute path, or a short name.
fn named(wanted: &str, workspace: &Workspace<'_>, prefix: &str) -> Result<Service> {
    let path = match wanted.split('/').next() {
        Some("." | "..") => normal(prefix, wanted),
        Some("") => workspace.below_root(wanted).and_then(|path| normal("", &path)),
        _ => normal("", wanted),
    };
    let found = path.as_deref().map(|path| workspace.service_at(path)).transpose()?;
    if let Some(service) = found.flatten() {
        return Ok(service);
    }
    let name = wanted.trim_end_matches('/');
    let mut same_name = Vec::new();
    let mut known = Vec::new();
    for finding in workspace.services()? {
        match finding {
            // A sparse checkout leaves out what would have been found at the path.
            Finding::Service(service) if path.as_ref() == Some(&service.path) => return Ok(service),
            Finding::Service(service) if short_name(&service.path) == name => same_name.push(service),
            Finding::Service(service) => known.push(service.path),
            Finding::Malformed { path, error } if short_name(&path) == name => return Err(error),
            Finding::Malformed { .. } => {}
        }
    }
    if same_name.len() > 1 {
        let paths: Vec<_> = same_name.iter().map(|service| &*service.path).collect();
        return Err(Error::new(Kind::Input, format!("'{name}' is the short name of several services"))
            .hint(format!("name one by its path: {}", paths.join(", "))));
    }
    same_name.pop().ok_or_else(|| unknown(wanted, &known))
}

/// `path` as seen from `prefix`, without `.`, `..` and empty components; none if it leaves the work tree.
fn normal(prefix: &str, path: &str) -> Option<String> {
    let mut parts = Vec::new();
    for part in prefix.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

fn unknown(wanted: &str, known: &[String]) -> Error {
    let near = nearest(wanted, known.iter().map(String::as_str));
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
fn refuse_shared_patterns<'s>(format: &TagFormat, services: impl Iterator<Item = &'s str>) -> Result<()> {
    let mut owners: HashMap<TagPattern, &str> = HashMap::new();
    for service in services {
        if let Some(other) = owners.insert(format.pattern(service), service) {
            let name = short_name(service);
            return Err(Error::new(
                Kind::Input,
                format!("the tag format cannot tell {other} from {service}: both are called {name}"),
            )
            .hint("in --tag-format or IMGVER_TAG_FORMAT, write {service}, the whole path, for {name}"));
        }
    }
    Ok(())
}

fn no_work_tree(what: &str) -> Error {
    Error::new(Kind::Repository, format!("{what}: a bare repository has no work tree"))
        .hint("run imgver in a clone with a work tree")
}
