//! Where docker finds what it builds, and what is said before it runs: what is not there, what is not checked out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::config::{self, FILE};
use crate::display::shell_word;
use crate::domain::did_you_mean;
use crate::error::{Context as _, Error, Kind, Result};
use crate::history::git::is_below;
use crate::images::{Dockerfile, Given};
use crate::ops::Checkout;
use crate::ops::context::{BuildContext, settings};
use crate::ops::subject::Subject;
use crate::workspace::taskfile::{below, directory_of};
use crate::workspace::{Service, is_called_dockerfile};

/// Where a build finds its files.
pub(super) struct Place {
    /// The context, as docker takes it.
    pub(super) context: String,
    /// The Dockerfile, where docker has to be told.
    pub(super) dockerfile: Option<Dockerfile>,
    /// Additional contexts, by name, as docker takes them.
    pub(super) contexts: BTreeMap<String, String>,
}

/// The place of the build of `subject`, which reads `context`: relative to the current directory if that is in the work tree.
///
/// # Errors
/// A context or Dockerfile that is not there, and a sparse checkout without what the build could read.
pub(super) fn place(
    subject: &Subject,
    context: &BuildContext,
    given: &Given,
    checkout: &Checkout,
) -> Result<Place> {
    let root = checkout.repository.workdir().unwrap_or(&checkout.directory);
    let unreadable = || format!("cannot read the root of the work tree, {}", root.display());
    let root = root.canonicalize().context(Kind::Repository, unreadable);
    let root = root.map_err(|error| error.hint("its path comes from GIT_WORK_TREE or core.worktree"))?;
    refuse_left_out(context, &root, checkout)?;
    if !root.join(&context.directory).is_dir() {
        return Err(no_context(subject, context, &root, checkout)?);
    }
    let is_named = given.dockerfile.is_some();
    let configured = subject.service.as_ref().filter(|service| service.origin.entry.is_some());
    if let Some(service) = configured.filter(|_| !is_named)
        && let Some(dockerfile) = context.dockerfile.as_ref().filter(|file| !root.join(file).is_file())
    {
        return Err(no_dockerfile(service, dockerfile, &root, checkout)?);
    }
    let seen = |path: &str| seen_from_here(path, &root, checkout);
    let told = settings(subject).filter(|settings| !is_named && !settings.has_default_dockerfile());
    let dockerfile = told.map(|settings| {
        let path = context.dockerfile.as_ref().unwrap_or(&settings.dockerfile);
        Ok(Dockerfile { from_here: seen(path)?, from_context: relative(&settings.context, path) })
    });
    let mut contexts = BTreeMap::new();
    for (name, context) in settings(subject).iter().flat_map(|settings| &settings.contexts) {
        let value = match &context.value {
            config::BuildContext::Directory(directory) if !root.join(directory).is_dir() => {
                return Err(Error::new(
                    Kind::Input,
                    format!("{FILE}:{}: the build context {name} is not there: {directory}", context.place),
                )
                .hint("build-contexts names directories from the root of the repository"));
            }
            config::BuildContext::Directory(directory) => seen(directory)?,
            config::BuildContext::Image(image) => format!("docker-image://{image}"),
            config::BuildContext::Remote(url) => url.clone(),
        };
        contexts.insert(name.clone(), value);
    }
    Ok(Place { context: seen(&context.directory)?, dockerfile: dockerfile.transpose()?, contexts })
}

/// The warning about services whose context is the whole repository, of which nothing is left out.
pub(super) fn whole_contexts(builds: &[(&Subject, &BuildContext)]) -> Option<String> {
    let is_whole = |(subject, context): &&(&Subject, &BuildContext)| {
        let service = subject.service.as_ref();
        context.directory.is_empty()
            && !context.has_ignore_file
            && service.is_some_and(|service| service.origin.entry.is_some())
    };
    let names: Vec<&str> = builds.iter().filter(is_whole).map(|(subject, _)| subject.name()).collect();
    let (_, context) = builds.iter().find(is_whole)?;
    Some(format!(
        "{}: the build context is the whole repository, with .git and all that nobody needs: {} would leave them out",
        names.join(", "),
        context.ignore_file
    ))
}

/// `path` from the root of the repository, as docker takes it where it runs.
fn seen_from_here(path: &str, root: &Path, checkout: &Checkout) -> Result<String> {
    if checkout.directory.starts_with(root) {
        return Ok(relative(&checkout.prefix, path));
    }
    let absolute = root.join(path).into_os_string().into_string();
    absolute.map_err(|path| Error::new(Kind::Input, format!("{} is not UTF-8", path.display())))
}

/// The relative path from `base` to `path`, both relative to the root of the work tree.
fn relative(base: &str, path: &str) -> String {
    let parts = |path| str::split(path, '/').filter(|part| !part.is_empty());
    let common = parts(base).zip(parts(path)).take_while(|(a, b)| a == b).count();
    let up = parts(base).skip(common).map(|_| "..");
    let down = parts(path).skip(common);
    let way: Vec<_> = up.chain(down).collect();
    match way.first() {
        Some(&"..") => way.join("/"),
        Some(_) => format!("./{}", way.join("/")),
        None => ".".to_owned(),
    }
}

/// Refuses a sparse checkout without files that the build could read: the image would be another one.
fn refuse_left_out(context: &BuildContext, root: &Path, checkout: &Checkout) -> Result<()> {
    let directory = &context.directory;
    let holds = |collapsed: &str| {
        context.directories().any(|directory| {
            is_below(collapsed.as_bytes(), directory) || format!("{directory}/").starts_with(collapsed)
        }) || context.outside().any(|file| file.starts_with(collapsed))
    };
    let left_out = checkout.repository.left_out(holds, |path| context.has(path.as_bytes()))?;
    // The flag also hides local changes from git (git-update-index(1)); then the file is there.
    let Some(file) = left_out.iter().find(|file| root.join(file).symlink_metadata().is_err()) else {
        return Ok(());
    };
    let outside = !is_below(file.as_bytes(), directory);
    let is_all = !outside && !root.join(directory).is_dir();
    let what = if is_all { directory } else { file };
    let error = Error::new(Kind::Repository, format!("{what} is not checked out"));
    Err(match if outside { directory_of(file) } else { directory } {
        "" => error.hint("git sparse-checkout disable").hint(format!(
            "if the build does not need it, list it in {}, so that no build reads it",
            context.ignore_file
        )),
        needed => error.hint(format!("git sparse-checkout add {}", shell_word(needed))),
    })
}

/// The error of a context that is not there.
fn no_context(subject: &Subject, context: &BuildContext, root: &Path, checkout: &Checkout) -> Result<Error> {
    let configured = subject.service.as_ref().filter(|service| service.origin.entry.is_some());
    let (Some(service), directory) = (configured, &context.directory) else {
        // Its Taskfile is tracked.
        let message = format!("{} is not checked out", subject.name());
        let restore = shell_word(&format!(":/{}", context.directory));
        return Ok(
            Error::new(Kind::Repository, message).hint(format!("git restore {restore} brings it back"))
        );
    };
    let place = place_of(service.build.context_place, service);
    let error = Error::new(
        Kind::Input,
        format!("{place}: the build context {directory} of {} is not there", service.path),
    );
    let from_directory = below(&service.directory, directory);
    if root.join(&from_directory).is_dir() {
        return Ok(error.hint(from_the_root(&from_directory)));
    }
    let files = checkout.repository.tracked_files(|_| true)?;
    let directories: BTreeSet<&str> = files.iter().flat_map(|file| directories_of(file)).collect();
    // The directories that it would be in are near, but not meant.
    let others = directories.into_iter().filter(|other| !is_below(directory.as_bytes(), other));
    let hint = did_you_mean(directory, others);
    Ok(error.hint(hint.unwrap_or_else(|| format!("context in {FILE} names another one"))))
}

/// The error of a configured Dockerfile that is not there.
pub(in crate::ops) fn no_dockerfile(
    service: &Service,
    dockerfile: &str,
    root: &Path,
    checkout: &Checkout,
) -> Result<Error> {
    let place = place_of(service.build.dockerfile_place, service);
    let is_directory = root.join(dockerfile).is_dir();
    let what = if is_directory { "is a directory" } else { "is not there" };
    let error =
        Error::new(Kind::Input, format!("{place}: the Dockerfile {dockerfile} of {} {what}", service.path));
    let bases = [&service.build.context, &service.directory].map(|base| below(base, dockerfile));
    if let Some(found) = bases.iter().find(|path| *path != dockerfile && root.join(path).is_file()) {
        return Ok(error.hint(from_the_root(found)));
    }
    if checkout.repository.is_tracked(dockerfile) {
        let file = shell_word(&format!(":/{dockerfile}"));
        return Ok(error.hint(format!("git restore {file} brings it back")));
    }
    // One that is not named can only be one of its own.
    let is_named = service.build.dockerfile_place.is_some();
    let may_be_it = |file: &str| is_named || directory_of(file) == service.directory;
    let files = checkout.repository.tracked_files(|file| is_called_dockerfile(file) && may_be_it(file))?;
    let near = did_you_mean(dockerfile, files.iter().map(String::as_str));
    Ok(error.hint(near.unwrap_or_else(|| format!("add it, or name another one with dockerfile in {FILE}"))))
}

fn place_of(place: Option<crate::yaml::Place>, service: &Service) -> String {
    place.map_or_else(|| service.place(), |place| format!("{FILE}:{place}"))
}

fn from_the_root(found: &str) -> String {
    format!("{found} is there: paths are from the root of the repository")
}

/// All directories that `file` is in, without the root.
fn directories_of(file: &str) -> impl Iterator<Item = &str> {
    file.match_indices('/').filter_map(|(slash, _)| file.get(..slash))
}

#[cfg(test)]
mod tests {
    use super::relative;

    #[test]
    fn paths_are_seen_from_another_directory() {
        for (base, path, way) in [
            ("", "services/go/api", "./services/go/api"),
            ("", "-x", "./-x"),
            ("", "", "."),
            ("services/go/api", "services/go/api", "."),
            ("services/go/api/cmd", "services/go/api", ".."),
            ("services/node", "services/go/api", "../go/api"),
            ("services/go/api-2", "services/go/api", "../api"),
            ("docs", "", ".."),
            ("a/b", "c", "../../c"),
            ("apps/web", "apps/web/Dockerfile.admin", "./Dockerfile.admin"),
            ("apps/web", "docker/web.Dockerfile", "../../docker/web.Dockerfile"),
            ("", "cwd:/Dockerfile", "./cwd:/Dockerfile"),
        ] {
            assert_eq!(relative(base, path), way, "{base} {path}");
        }
    }
}
