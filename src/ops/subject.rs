//! Resolves which service a command is about, and which tags release it.

use super::Checkout;
use super::requested_tags::{
    self, RequestedFormat, TagsBy, formats_of, patterns, refuse_shared_patterns, repository_patterns,
    requested,
};
use crate::display::shell_word;
use crate::domain::{TagFormat, TagFormats, TagPattern, did_you_mean, normal_path, short_name};
use crate::error::{Error, Kind, Result};
use crate::history::git;
use crate::workspace::{MalformedTaskfile, NoService, Service, Services, UnnameableService, Workspace};

/// The message if the repository has no service.
pub const NO_SERVICE: &str = "no service found: imgver.yaml has none, and git tracks no Taskfile with vars.IMAGE_REPO below the root (imgver init finds what can be built)";

/// Which service to use, and the format of its release tags.
#[derive(Debug, Clone, Default)]
pub struct SubjectRequest {
    /// Which service.
    pub choice: SubjectChoice,
    /// The prefix of release tags, which replaces the tag format.
    pub tag_prefix: Option<String>,
    /// The format of release tags; none means the default.
    pub tag_format: Option<RequestedFormat>,
}

/// A service, or the repository as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum SubjectChoice {
    /// The service that the current directory is in; outside of services, the repository as a whole.
    #[default]
    Here,
    /// The service with this path or unique short name.
    Service(String),
    /// The repository as a whole, wherever the current directory is.
    Whole,
}

impl From<Option<String>> for SubjectChoice {
    fn from(service: Option<String>) -> Self {
        service.map_or(SubjectChoice::Here, SubjectChoice::Service)
    }
}

/// A service, or the repository as a whole.
pub(super) struct Subject {
    /// None at repository level.
    pub(super) service: Option<Service>,
    /// The patterns of its release tags; the first one is used for new tags.
    pub(super) patterns: Vec<TagPattern>,
    /// Who says so.
    pub(super) tags_by: TagsBy,
}

impl Subject {
    fn of_service(service: Service, formats: &TagFormats, tags_by: TagsBy) -> Self {
        Subject { patterns: formats.patterns(&service.path), tags_by, service: Some(service) }
    }

    /// Whether somebody asked for its tags. Otherwise, they are the default.
    pub(super) fn is_format_given(&self) -> bool {
        self.tags_by != TagsBy::Default
    }

    /// The `imgver release` that releases `what` (`--bump patch`, `--set 1.0.0`) of it; none where only git sets such a tag.
    pub(super) fn release_command(&self, what: &str) -> Option<String> {
        let format = match &self.tags_by {
            TagsBy::Default | TagsBy::Setting => String::new(),
            TagsBy::Format(formats) => {
                let option =
                    |format: &TagFormat| format!(" --tag-format {}", shell_word(&format.to_string()));
                formats.iter().map(option).collect()
            }
            TagsBy::Prefix => return None,
        };
        let subject = self.path().map_or_else(|| "--whole".to_owned(), shell_word);
        Some(format!("imgver release {subject} {what}{format}"))
    }

    /// The path of its service; none at repository level.
    pub(super) fn path(&self) -> Option<&str> {
        self.service.as_ref().map(|service| &*service.path)
    }

    /// The path of its service; empty at repository level.
    pub(super) fn key(&self) -> &str {
        self.path().unwrap_or_default()
    }

    /// Its directory; empty for the whole work tree.
    pub(super) fn directory(&self) -> &str {
        self.service.as_ref().map_or("", |service| &service.directory)
    }

    /// Its name in messages.
    pub(super) fn name(&self) -> &str {
        self.path().unwrap_or("this repository")
    }

    /// Its name as a title.
    pub(super) fn title(&self) -> &str {
        self.path().unwrap_or("Release")
    }

    /// The message if no release is reachable.
    pub(super) fn no_release(&self) -> String {
        format!("no release tag {} is reachable", self.tag_of("X.Y.Z"))
    }

    /// The tag that would release `version`, in its first format.
    pub(super) fn tag_of(&self, version: &str) -> String {
        self.patterns.first().map_or_else(|| version.to_owned(), |first| first.tag_of(version))
    }
}

/// The subject of `request`.
pub(super) fn one(request: &SubjectRequest, checkout: &Checkout) -> Result<Subject> {
    // None of the commands that come here has --tag-prefix.
    if let (SubjectChoice::Service(wanted), None) = (&request.choice, checkout.workspace()?) {
        return Err(no_service(wanted));
    }
    of(chosen(&request.choice, checkout)?, request, checkout)
}

/// The service of `choice`; none for the repository as a whole.
pub(super) fn chosen(choice: &SubjectChoice, checkout: &Checkout) -> Result<Option<Service>> {
    match (choice, checkout.workspace()?) {
        (SubjectChoice::Service(wanted), Some(workspace)) => {
            named(wanted, &workspace, &checkout.prefix).map(Some)
        }
        (SubjectChoice::Service(wanted), None) => Err(no_service(wanted)
            .hint("or leave out the service and give the prefix of its tags: --tag-prefix PREFIX")),
        (SubjectChoice::Here, Some(workspace)) => workspace.enclosing(&checkout.prefix),
        (SubjectChoice::Here, None) | (SubjectChoice::Whole, _) => Ok(None),
    }
}

/// `service`, or the repository as a whole, with the tags that `request` asks for.
pub(super) fn of(service: Option<Service>, request: &SubjectRequest, checkout: &Checkout) -> Result<Subject> {
    if let Some(prefix) = &request.tag_prefix {
        let patterns = vec![TagPattern::from_prefix(prefix)];
        return Ok(Subject { service, patterns, tags_by: TagsBy::Prefix });
    }
    let format = requested(request.tag_format.as_ref(), checkout)?;
    let format = format.as_deref();
    let patterns = match &service {
        Some(service) => patterns(service, checkout, format)?,
        None => repository_patterns(format)?,
    };
    Ok(Subject { service, patterns, tags_by: TagsBy::of(format) })
}

/// The repository as a whole.
fn whole(requested: Option<&RequestedFormat>) -> Result<Subject> {
    let patterns = repository_patterns(requested)?;
    Ok(Subject { service: None, patterns, tags_by: TagsBy::of(requested) })
}

/// The service that the current directory is in; where it is in none, every service, and the repository as a whole unless
/// the tag format is one for services.
pub(super) fn here_or_any(requested: Option<&RequestedFormat>, checkout: &Checkout) -> Result<Vec<Subject>> {
    let workspace = checkout.workspace()?;
    let enclosing = workspace.as_ref().map(|workspace| workspace.enclosing(&checkout.prefix)).transpose()?;
    if enclosing.flatten().is_some() {
        let request = SubjectRequest { tag_format: requested.cloned(), ..SubjectRequest::default() };
        return Ok(vec![one(&request, checkout)?]);
    }
    let mut subjects = match workspace {
        Some(_) => all(requested, checkout)?.subjects,
        None => Vec::new(),
    };
    let format = requested_tags::requested(requested, checkout)?;
    let format = format.as_deref();
    if format.is_none_or(|format| format.formats.of_repository().next().is_some()) {
        subjects.push(whole(format)?);
    }
    Ok(subjects)
}

/// The services called `wanted`, sorted by path, each once.
pub(super) fn several(
    wanted: &[String],
    requested: Option<&RequestedFormat>,
    checkout: &Checkout,
) -> Result<Vec<Subject>> {
    let workspace = workspace(checkout)?;
    let mut services = wanted
        .iter()
        .map(|wanted| named(wanted, &workspace, &checkout.prefix))
        .collect::<Result<Vec<Service>>>()?;
    services.sort_by(|a, b| a.path.cmp(&b.path));
    services.dedup();
    let format = requested_tags::requested(requested, checkout)?;
    let subject = |service: Service| {
        let patterns = patterns(&service, checkout, format.as_deref())?;
        Ok(Subject { service: Some(service), patterns, tags_by: TagsBy::of(format.as_deref()) })
    };
    services.into_iter().map(subject).collect()
}

/// Everything that is released in the repository.
pub(super) struct All {
    /// Its services, sorted by path.
    pub(super) subjects: Vec<Subject>,
    /// Malformed Taskfiles that may define more of them, each with the patterns of its release tags.
    pub(super) malformed: Vec<(Vec<TagPattern>, MalformedTaskfile)>,
    /// Directories that would be services if their paths could name one.
    pub(super) unnameable: Vec<UnnameableService>,
}

/// All services with their release tags.
pub(super) fn all(requested: Option<&RequestedFormat>, checkout: &Checkout) -> Result<All> {
    let requested = requested_tags::requested(requested, checkout)?;
    let requested = requested.as_deref();
    let formats = formats_of(requested);
    let Services { services, malformed, unnameable } = services(checkout)?;
    refuse_shared_patterns(&formats, services.iter().map(|service| &*service.path))?;
    Ok(All {
        malformed: malformed.into_iter().map(|found| (formats.patterns(&found.path), found)).collect(),
        subjects: services
            .into_iter()
            .map(|service| Subject::of_service(service, &formats, TagsBy::of(requested)))
            .collect(),
        unnameable,
    })
}

/// All services with the tags that `formats` give them, shared or not.
pub(super) fn with_formats(services: &[Service], formats: &TagFormats) -> Vec<Subject> {
    let tags_by =
        if *formats == TagFormats::default() { TagsBy::Default } else { TagsBy::Format(formats.clone()) };
    services.iter().map(|service| Subject::of_service(service.clone(), formats, tags_by.clone())).collect()
}

/// All services, sorted by path, and the Taskfiles that may define more of them.
pub(super) fn services(checkout: &Checkout) -> Result<Services> {
    checkout.refuse_deleted_config()?;
    workspace(checkout)?.services()
}

/// The work tree that services are in.
pub(super) fn workspace(checkout: &Checkout) -> Result<Workspace<'_>> {
    checkout.workspace()?.ok_or_else(|| no_work_tree("cannot find any service"))
}

/// The paths of all services, sorted.
///
/// # Errors
/// There is no work tree, or its index cannot be read.
pub fn service_paths(checkout: &Checkout) -> Result<Vec<String>> {
    Ok(services(checkout)?.services.into_iter().map(|service| service.path).collect())
}

/// The warning about a directory that would be a service if its path could name one.
pub(super) fn left_aside(UnnameableService { taskfile, reason }: &UnnameableService) -> String {
    format!("{taskfile} does not make a service: the path of its directory {reason}")
}

/// Refuses malformed Taskfiles: a service that one defines would be silently missing.
pub(super) fn refuse_malformed(malformed: impl IntoIterator<Item = MalformedTaskfile>) -> Result<()> {
    malformed.into_iter().next().map_or(Ok(()), |first| Err(first.error))
}

/// The service called `wanted`: a path from the root, a path from the current directory (`.`, `./x`, `../x`), an
/// absolute path, or a short name.
fn named(wanted: &str, workspace: &Workspace<'_>, prefix: &str) -> Result<Service> {
    let path = match wanted.split('/').next() {
        Some("." | "..") => normal_path(prefix, wanted),
        Some("") => workspace.below_root(wanted).and_then(|path| normal_path("", &path)),
        _ => normal_path("", wanted),
    };
    let found = path.as_deref().map(|path| workspace.service_at(path)).transpose()?;
    if let Some(service) = found.flatten() {
        return Ok(service);
    }
    let is_path = wanted.starts_with(['.', '/']);
    let found =
        path.as_deref().filter(|_| is_path).map(|path| workspace.service_in_directory(path)).transpose()?;
    if let Some(service) = found.flatten() {
        return Ok(service);
    }
    let Services { services, malformed, unnameable } = workspace.services()?;
    // A sparse checkout leaves out what would have been found at the path.
    if let Some(service) = services.iter().find(|service| path.as_ref() == Some(&service.path)) {
        return Ok(service.clone());
    }
    let name = wanted.trim_end_matches('/');
    let called = |path: &str| short_name(path) == name;
    let is_it = |found: &MalformedTaskfile| called(&found.path) || path.as_ref() == Some(&found.path);
    if let Some(found) = malformed.into_iter().find(is_it) {
        return Err(found.error);
    }
    let same_name: Vec<&Service> = services.iter().filter(|service| called(&service.path)).collect();
    match same_name.as_slice() {
        [only] => Ok((*only).clone()),
        [] => {
            let is_there = |found: &UnnameableService| path.as_deref() == Some(found.directory());
            match unnameable.into_iter().find(is_there) {
                Some(found) => Err(Error::new(
                    Kind::Input,
                    format!("'{wanted}' is not a service: its path {}", found.reason),
                )
                .hint("rename the directory")),
                None => Err(unknown(wanted, path.as_deref(), &services, workspace)?),
            }
        }
        several => {
            let paths: Vec<_> = several.iter().map(|service| &*service.path).collect();
            Err(Error::new(Kind::Input, format!("'{name}' is the short name of several services"))
                .hint(format!("use the path of one of them: {}", paths.join(", "))))
        }
    }
}

/// The error of a service called `wanted`, which would be at `path`.
fn unknown(
    wanted: &str,
    path: Option<&str>,
    services: &[Service],
    workspace: &Workspace<'_>,
) -> Result<Error> {
    let known = || services.iter().map(|service| &*service.path);
    let around = path.and_then(|path| {
        let around = known().filter(|service| path != *service && git::is_below(path.as_bytes(), service));
        around.max_by_key(|service| service.len())
    });
    if let Some(service) = around {
        let what = format!("'{wanted}' is not a service, but a path in the service {service}");
        return Ok(Error::new(Kind::Input, what).hint(format!("did you mean {service}?")));
    }
    let called = |path: &str| short_name(path) == wanted.trim_end_matches('/');
    if let Some(found) = workspace.no_service(path, called)? {
        let (reason, hint) = match found {
            NoService::NoImage(taskfile) => (
                format!("{taskfile} sets no vars.IMAGE_REPO"),
                "that variable makes its directory a service, e.g. IMAGE_REPO: team/api".to_owned(),
            ),
            NoService::Deleted(taskfile) => (
                format!("{taskfile} was deleted from the work tree"),
                format!("git restore {} brings it back", shell_word(&format!(":/{taskfile}"))),
            ),
        };
        return Ok(Error::new(Kind::Input, format!("'{wanted}' is not a service: {reason}")).hint(hint));
    }
    let error = Error::new(Kind::Input, format!("unknown service '{wanted}'"));
    if services.is_empty() {
        return Ok(error.hint(
            "the repository has no service yet: imgver init finds what can be built, and writes imgver.yaml",
        ));
    }
    let hint = did_you_mean(path.unwrap_or(wanted), known());
    Ok(error.hint(hint.unwrap_or_else(|| {
        "imgver list shows all services; a new one needs an entry in imgver.yaml, or a Taskfile with vars.IMAGE_REPO that git tracks"
            .to_owned()
    })))
}

fn no_service(wanted: &str) -> Error {
    no_work_tree(&format!("cannot find the service '{wanted}'"))
}

/// The error of what needs a work tree, in a repository that has none.
pub(super) fn no_work_tree(what: &str) -> Error {
    Error::new(Kind::Repository, format!("{what}: a bare repository has no work tree"))
        .hint("run imgver in a clone with a work tree")
}
