//! `imgver build`: images of one service or many, through docker buildx.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::PathBuf;

use super::answer::Answer;
use super::args::BuildArgs;
use super::description::{Description, VERSION};
use super::gather::{self, Question};
use super::image::{image, reference, refuse_no_tag};
use super::rules::{is_production, refuse_inexact, refuse_unreleased};
use super::subject::{self, All, Subject};
use super::{Place, Reply};
use crate::build::docker::Docker;
use crate::build::{Cache, Command, Options, Output, Platform, Target};
use crate::domain::ImageRepository;
use crate::error::{Context as _, Error, Kind, Result};
use crate::history::git::CommitId;
use crate::world::World;

pub(super) fn build(args: &BuildArgs, place: &Place, world: &World<'_>) -> Result<Reply> {
    let options = options(args)?;
    refuse_contradictions(args, &options, world)?;
    let (targets, mut warnings) = targets(args, place, world)?;
    let command = Command::new(&targets, &options)?;
    if args.dry_run {
        let elsewhere = place.is_elsewhere.then_some(&*world.directory);
        return Ok(Reply { stdout: command.to_shell(elsewhere)?, warnings, ..Reply::default() });
    }
    let docker = Docker::find(&world.directory, &world.env)?;
    warnings.extend(check(&docker, &options)?);
    let explanation = targets.iter().map(|target| format!("building {}", target.reference)).collect();
    Ok(Reply { explanation, warnings, run: Some((docker, command)), ..Reply::default() })
}

/// What is to be built, and what the reader should know of it.
fn targets(args: &BuildArgs, place: &Place, world: &World<'_>) -> Result<(Vec<Target>, Vec<String>)> {
    let subjects = subjects(args, place, world)?;
    let repositories = repositories(&subjects, place, world)?;
    let commit = place.repository.head()?;
    let (versions, warnings) = versions(args, commit, place, &subjects)?;
    let description = Description::of(commit, place)?;
    let mut targets = Vec::with_capacity(subjects.len());
    for ((subject, repository), version) in subjects.iter().zip(&repositories).zip(&versions) {
        let mut labels = description.labels(subject, repository, version);
        labels.extend(args.labels.iter().cloned());
        let mut build_args = description.build_args(version);
        build_args.extend(args.build_args.iter().cloned());
        targets.push(Target {
            service: subject.directory().to_owned(),
            context: context(subject, place, world)?,
            reference: reference(repository, version)?,
            args: build_args,
            labels,
        });
    }
    refuse_shared_references(&targets)?;
    Ok((targets, warnings))
}

/// Of two images with one reference, the one that is ready first would be lost.
fn refuse_shared_references(targets: &[Target]) -> Result<()> {
    let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
    for target in targets {
        if let Some(other) = owners.insert(&target.reference, &target.service) {
            return Err(Error::new(
                Kind::Input,
                format!("{other} and {} would both become {}", target.service, target.reference),
            )
            .hint("give each service an IMAGE_REPO of its own, or build them one after another"));
        }
    }
    Ok(())
}

/// The image repository of each of `subjects`.
fn repositories(subjects: &[Subject], place: &Place, world: &World<'_>) -> Result<Vec<ImageRepository>> {
    if subjects.len() > 1 && world.var("IMAGE_REPO").is_some() {
        return Err(Error::new(
            Kind::Usage,
            "the environment variable IMAGE_REPO names one image, and several services are to be built",
        )
        .hint("unset it: each service's Taskfile names its image"));
    }
    let nothing_to_build = || {
        Error::new(Kind::Input, "no service is named, and the current directory is in none")
            .hint("name services, or build all of them with --all")
    };
    let repository = |subject| image(None, place, subject, world)?.ok_or_else(nothing_to_build);
    subjects.iter().map(repository).collect()
}

/// What `args` say, in the words of a build. CI systems spell "not given" as an empty string.
fn options(args: &BuildArgs) -> Result<Options> {
    let platforms =
        args.platform.iter().map(|platform| platform.trim()).filter(|platform| !platform.is_empty());
    let mut distinct: Vec<Platform> = Vec::new();
    for platform in platforms {
        let platform: Platform = platform.parse().context(Kind::Usage, || "--platform names no platform")?;
        if !distinct.contains(&platform) {
            distinct.push(platform);
        }
    }
    let cache = match &*args.cache {
        "" => Cache::None,
        cache => cache.parse().context(Kind::Usage, || "--cache names no cache")?,
    };
    let output = match (args.push, args.load) {
        (true, _) => Output::Push,
        (_, true) => Output::Load,
        // As docker's own drivers do: what is sent elsewhere is not loaded as well.
        _ if args.extra.iter().any(|arg| names_output(arg)) => Output::AsGiven,
        _ => Output::Load,
    };
    Ok(Options {
        platforms: distinct,
        output,
        cache,
        builder: args.builder.clone().filter(|builder| !builder.is_empty()),
        metadata_file: args.metadata_file.clone().filter(|file| !file.is_empty()).map(PathBuf::from),
        extra: args.extra.clone(),
    })
}

/// Whether a further argument for buildx says where the images go: `--output`, `-o`, or bake's `--set TARGET.output=`.
fn names_output(arg: &OsStr) -> bool {
    let arg = arg.to_string_lossy();
    let set = arg.strip_prefix("--set=").unwrap_or(&arg);
    let key = set.split('=').next().unwrap_or_default();
    arg == "--output" || arg.starts_with("--output=") || arg.starts_with("-o") || key.ends_with(".output")
}

/// Refuses what cannot be built whatever docker can do.
fn refuse_contradictions(args: &BuildArgs, options: &Options, world: &World<'_>) -> Result<()> {
    if args.build_args.iter().any(|(key, _)| key == VERSION) {
        return Err(Error::new(Kind::Usage, "--build-arg VERSION would differ from the image's tag")
            .hint("--set-version V sets both"));
    }
    if let Some(arg) = args.extra.iter().find(|arg| *arg == "--push" || *arg == "--load") {
        let arg = arg.display();
        return Err(Error::new(
            Kind::Usage,
            format!("{arg} behind -- would go against what imgver tells docker"),
        )
        .hint(format!("put {arg} before --")));
    }
    let has = |name| world.var(name).is_some();
    let has_cache = has("ACTIONS_RUNTIME_TOKEN") && (has("ACTIONS_RESULTS_URL") || has("ACTIONS_CACHE_URL"));
    if options.cache == Cache::Gha && !has_cache {
        return Err(Error::new(
            Kind::Usage,
            "--cache gha needs ACTIONS_RUNTIME_TOKEN and ACTIONS_RESULTS_URL, which GitHub gives to actions only",
        )
        .hint("in a workflow, a step before this one can pass them on: crazy-max/ghaction-github-runtime")
        .hint("elsewhere, use --cache registry=REF or --cache local=DIR"));
    }
    Ok(())
}

fn subjects(args: &BuildArgs, place: &Place, world: &World<'_>) -> Result<Vec<Subject>> {
    if !args.all {
        return subject::several(&args.services, &args.tags, place, world);
    }
    let All { subjects, malformed } = subject::all(&args.tags, place, world)?;
    // What is built must not depend on what happens to be readable.
    match malformed.into_iter().next() {
        Some((_, malformed)) => Err(malformed.error),
        None if subjects.is_empty() => Err(Error::new(Kind::Input, subject::NO_SERVICE)
            .hint("git add the Taskfile of a new service, or build it by its path")),
        None => Ok(subjects),
    }
}

/// The version of each of `subjects`, and what the reader should know of them.
fn versions(
    args: &BuildArgs,
    commit: CommitId,
    place: &Place,
    subjects: &[Subject],
) -> Result<(Vec<String>, Vec<String>)> {
    let production = is_production(&args.environment);
    let given = args.set_version.as_deref().filter(|version| !version.is_empty());
    if let Some(version) = given {
        refuse_no_tag(version)?;
        if !production {
            // Which needs no history, so that a shallow clone will do.
            return Ok((vec![version.to_owned(); subjects.len()], Vec::new()));
        }
        subjects.iter().try_for_each(|subject| refuse_unreleased(commit, place, subject, version))?;
    }
    let question = Question { rev: None, first_parent: args.version.first_parent, dirty: true, only: None };
    let facts = gather::facts(place, subjects, &question)?;
    let (mut versions, mut warnings) = (Vec::new(), Vec::new());
    for (subject, facts) in subjects.iter().zip(&facts) {
        if production {
            refuse_inexact(subject, facts)?;
        }
        let answer = Answer::new(subject, facts, &args.version)?;
        let own = if production { answer.version } else { answer.extended };
        versions.push(given.map_or(own, ToOwned::to_owned));
        warnings.extend(answer.warnings);
    }
    Ok((versions, warnings))
}

/// The directory that is built, as seen from the current one where that is in the work tree too.
fn context(subject: &Subject, place: &Place, world: &World<'_>) -> Result<String> {
    let root = place.repository.workdir().unwrap_or(&world.directory);
    let unreadable = || format!("the root of the work tree, {}, cannot be read", root.display());
    let root = root.canonicalize().context(Kind::Repository, unreadable);
    let root = root.map_err(|error| error.hint("GIT_WORK_TREE or core.worktree names it"))?;
    let directory = root.join(subject.directory());
    if !directory.is_dir() {
        return Err(not_checked_out(format!("{} is not checked out", subject.name()), subject));
    }
    if let Some(file) = place.repository.first_left_out(subject.directory())? {
        return Err(not_checked_out(format!("{file} is not checked out"), subject));
    }
    if world.directory.starts_with(&root) {
        return Ok(relative(&place.prefix, subject.directory()));
    }
    let absolute = directory.into_os_string().into_string();
    absolute.map_err(|path| Error::new(Kind::Input, format!("{} is not UTF-8", path.display())))
}

fn not_checked_out(message: String, subject: &Subject) -> Error {
    let hint = match subject.directory() {
        "" => "git sparse-checkout disable".to_owned(),
        directory => format!("git sparse-checkout add {directory}"),
    };
    Error::new(Kind::Repository, message).hint(hint)
}

/// The way from `base` to `path`, both from the root of the work tree.
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

/// Asks docker whether it can do what `options` want, before it begins, and gives what the reader should know.
fn check(docker: &Docker, options: &Options) -> Result<Vec<String>> {
    docker.require_buildx()?;
    let builder = docker.builder(options.builder.as_deref())?;
    // The driver `docker` builds inside of the daemon. Where that is away, buildx cannot tell the driver.
    let is_local = matches!(&*builder.driver, "docker" | "");
    let needs_daemon = is_local || options.output == Output::Load;
    if needs_daemon && !docker.daemon()?.has_image_store && options.platforms.len() > 1 {
        let error = Error::new(
            Kind::Usage,
            "the local docker cannot hold an image of several platforms: it has no containerd image store",
        );
        let elsewhere =
            "docker buildx create --driver docker-container --use makes a builder that can push one";
        return Err(match options.output {
            Output::Load | Output::AsGiven if !is_local => {
                error.hint("--push sends it to its registry instead")
            }
            Output::Load | Output::AsGiven => {
                error.hint(format!("push it instead, with --push; {elsewhere}"))
            }
            Output::Push => error.hint(elsewhere),
        }
        .hint("or turn the image store on: https://docs.docker.com/go/containerd-image-store/"));
    }
    let mut warnings: Vec<String> =
        builder.errors.iter().map(|error| format!("the builder {}: {error}", builder.name)).collect();
    let foreign = options.platforms.iter().filter(|platform| !builder.runs(platform));
    warnings.extend(foreign.map(|platform| {
        format!(
            "the builder {} does not run {}: a RUN step for that platform will fail (docker run --privileged --rm tonistiigi/binfmt --install all adds emulation)",
            builder.name, platform.as_str()
        )
    }));
    Ok(warnings)
}

#[cfg(test)]
mod tests {
    use super::relative;

    #[test]
    fn contexts_are_seen_from_the_current_directory() {
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
        ] {
            assert_eq!(relative(base, path), way, "{base} {path}");
        }
    }
}
