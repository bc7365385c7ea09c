//! The runs of docker that make images, as data.
//!
//! What is pushed must be known whatever fails, and docker says nothing but whether all went well. So several images are
//! built before any of them is pushed, and a run that pushes does nothing else that could fail: it takes all from the
//! builder's cache, and writes no cache itself, since an image is pushed by then.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::cache::Entries;
use super::command::Args;
use super::extra::{ExtraArgs, Form};
use super::{DockerCommand, Options, Output, Target, bake};
use crate::display::shell_quoted;
use crate::domain::Platform;
use crate::error::Result;
use std::os::unix::ffi::OsStrExt as _;

/// Images to build, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Build {
    /// The images.
    pub images: Vec<PlannedImage>,
    /// The runs of docker, each after the one before it.
    pub stages: Vec<Stage>,
    /// Whether the other images go on if one fails.
    pub keep_going: bool,
    /// The file for the metadata of the images.
    pub metadata_file: Option<PathBuf>,
    /// The builder, by whose settings registries are reached; none means the selected one.
    pub builder: Option<String>,
    /// Whether the extra arguments give the image further tags, of which imgver knows nothing.
    pub has_other_tags: bool,
    /// Whether bake builds them, which names them in its metadata.
    pub is_baked: bool,
}

/// An image to build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedImage {
    /// The service's path; empty for the repository as a whole.
    pub service: String,
    /// What bake calls it.
    pub target: String,
    /// The repositories and tags, the main one first.
    pub references: Vec<String>,
}

/// A run of docker for all images at once, which can be repeated for some of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// The run.
    pub command: DockerCommand,
    /// What it is for.
    pub aim: Aim,
}

/// What a run of docker does with the images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aim {
    /// It builds them into the builder's cache.
    Cache,
    /// It pushes them.
    Push,
    /// It loads them into the local docker.
    Load,
    /// Whatever the extra arguments say.
    AsGiven,
}

impl Build {
    /// The build of `targets`: one by `docker buildx build`, several by `docker buildx bake`, so that BuildKit schedules
    /// all of them on one graph.
    ///
    /// # Errors
    /// Text that bake would change, and extra arguments that the command does not take.
    pub fn new(targets: &[Target], options: &Options) -> Result<Self> {
        Self::of_some(targets, |_| true, options)
    }

    /// The build of those of `targets` that `is_built` chooses, in the way in which all of them are built: what docker takes
    /// and writes does not depend on the choice.
    ///
    /// # Errors
    /// As [`Build::new`].
    pub fn of_some(
        targets: &[Target],
        is_built: impl Fn(&Target) -> bool,
        options: &Options,
    ) -> Result<Self> {
        let form = if targets.len() == 1 { Form::Build } else { Form::Bake };
        let extra = ExtraArgs::of(&options.extra, form)?;
        let named = targets.iter().zip(bake::names(targets)).filter(|(target, _)| is_built(target));
        let (targets, names): (Vec<Target>, Vec<String>) =
            named.map(|(target, name)| (target.clone(), name)).unzip();
        let targets = &*targets;
        let plan = Plan { targets, names: &names, options, extra: &extra, form };
        let image = |(target, name): (&Target, &String)| PlannedImage {
            service: target.service.clone(),
            target: name.clone(),
            references: target.references.iter().map(ToString::to_string).collect(),
        };
        Ok(Build {
            images: targets.iter().zip(&names).map(image).collect(),
            stages: plan.aims().iter().map(|aim| plan.stage(*aim)).collect::<Result<_>>()?,
            keep_going: options.keep_going && targets.len() > 1,
            metadata_file: options.metadata_file.clone(),
            builder: extra.builder().or_else(|| options.builder.clone()),
            has_other_tags: extra.give_tags(),
            is_baked: form == Form::Bake,
        })
    }

    /// What happens to the images in the end.
    pub fn aim(&self) -> Aim {
        self.stages.last().map_or(Aim::AsGiven, |stage| stage.aim)
    }

    /// The runs as a shell takes them: POSIX command lines, each only if the one before it succeeded, in `directory` if one
    /// is given.
    pub fn to_shell(&self, directory: Option<&Path>) -> Vec<u8> {
        let mut text = Vec::new();
        if let Some(directory) = directory {
            // In a subshell, so that pasting it does not change the directory.
            text.extend_from_slice(b"(cd ");
            text.extend(shell_quoted(directory.as_os_str().as_bytes()));
            text.extend_from_slice(b" && ");
        }
        let mut is_line = false;
        for (number, stage) in self.stages.iter().enumerate() {
            text.extend(stage.command.to_shell());
            if number + 1 < self.stages.len() {
                text.extend_from_slice(b" &&");
            }
            let document = stage.command.here_document();
            is_line = document.is_some() || number + 1 < self.stages.len();
            text.extend_from_slice(if is_line { b"\n" } else { b"" });
            text.extend(document.unwrap_or_default().into_bytes());
        }
        if directory.is_some() {
            text.push(b')');
            is_line = false;
        }
        if !is_line {
            text.push(b'\n');
        }
        text
    }
}

impl Stage {
    /// The same run for `images` alone, some of those of a bake definition.
    pub(super) fn only(&self, images: &[&PlannedImage]) -> DockerCommand {
        let mut command = self.command.clone();
        command.args.extend(images.iter().map(|image| OsString::from(&image.target)));
        command.title = title(Form::Bake, &images.iter().map(|image| &*image.service).collect::<Vec<_>>());
        command
    }
}

/// What the runs of one build have in common.
struct Plan<'a> {
    targets: &'a [Target],
    names: &'a [String],
    options: &'a Options,
    extra: &'a ExtraArgs,
    form: Form,
}

impl Plan<'_> {
    fn aims(&self) -> &'static [Aim] {
        if self.extra.decide_outcome(self.form) {
            return &[Aim::AsGiven];
        }
        let entries = |target: &Target| self.options.cache.entries(&target.service, self.options.output);
        let writes_cache = || self.targets.iter().any(|target| entries(target).to.is_some());
        match self.options.output {
            Output::Push if self.targets.len() > 1 || writes_cache() || self.extra.write_cache() => {
                &[Aim::Cache, Aim::Push]
            }
            Output::Push => &[Aim::Push],
            Output::Load => &[Aim::Load],
            Output::AsGiven => &[Aim::AsGiven],
        }
    }

    fn stage(&self, aim: Aim) -> Result<Stage> {
        // Everything that was built by an earlier run is taken from there. `--pull` is repeated: without it, docker's own
        // builder prefers a base image that the local docker has, which may be older.
        let is_second = aim == Aim::Push && self.aims().len() > 1;
        let command = match (self.targets, self.form) {
            ([target], Form::Build) => self.build(target, aim, is_second),
            _ => self.bake(aim, is_second)?,
        };
        Ok(Stage { command, aim })
    }

    fn build(&self, target: &Target, aim: Aim, is_second: bool) -> DockerCommand {
        let options = self.options;
        let mut args = self.args("build", aim, is_second);
        if aim == Aim::Cache {
            args.option("--output", "type=cacheonly");
        }
        // The last of several counts, except for platforms, which add up: the caller has left them out of the target.
        args.options("--file", target.dockerfile.as_ref().map(|dockerfile| &dockerfile.from_here));
        if !target.platforms.is_empty() {
            args.option("--platform", Platform::list(&target.platforms));
        }
        let contexts = target.contexts.iter().map(|(name, context)| format!("{name}={context}"));
        args.options("--build-context", contexts);
        args.options("--target", target.stage.as_ref());
        args.options("--tag", target.references.iter().map(ToString::to_string));
        for (name, value) in &target.args {
            args.option("--build-arg", format!("{name}={value}"));
        }
        // The last one counts, unless there is no such variable.
        args.options("--build-arg", &target.inherited_args);
        for (name, value) in &target.labels {
            args.option("--label", format!("{name}={value}"));
        }
        args.options("--secret", &options.secrets);
        args.options("--ssh", &options.ssh);
        let Entries { from, to } = self.entries(target, is_second);
        args.options("--cache-from", from);
        args.options("--cache-to", to);
        args.0.extend(self.extra_for(aim, is_second));
        args.0.push(target.context.clone().into());
        DockerCommand {
            title: title(self.form, &[&target.service]),
            args: args.0,
            env: Vec::new(),
            stdin: None,
        }
    }

    fn bake(&self, aim: Aim, is_second: bool) -> Result<DockerCommand> {
        let mut args = self.args("bake", aim, is_second);
        if aim == Aim::Cache {
            args.option("--set", "*.output=type=cacheonly");
        }
        let inherited = self.targets.first().map(|target| &target.inherited_args).into_iter().flatten();
        args.options("--set", inherited.map(|name| format!("*.args.{name}")));
        args.option("--file", "-");
        args.0.extend(self.extra_for(aim, is_second));
        let entries = |target: &Target| self.entries(target, is_second);
        let definition = bake::definition(self.targets, self.names, self.options, entries)?;
        // Newer buildx asks before it reads files outside the current directory for a definition from elsewhere. This
        // definition contains only paths that the user gave.
        let env = vec![("BUILDX_BAKE_ENTITLEMENTS_FS", "0")];
        let services: Vec<&str> = self.targets.iter().map(|target| &*target.service).collect();
        Ok(DockerCommand { title: title(self.form, &services), args: args.0, env, stdin: Some(definition) })
    }

    fn args(&self, command: &str, aim: Aim, is_second: bool) -> Args {
        let mut args = Args::new(command, self.options);
        args.switch("--no-cache", self.options.no_cache && !is_second);
        if aim != Aim::Cache {
            args.options("--metadata-file", self.options.metadata_file.as_ref());
        }
        match self.options.output {
            _ if aim == Aim::Cache => {}
            Output::Load => args.switch("--load", true),
            Output::Push => args.switch("--push", true),
            Output::AsGiven => {}
        }
        args
    }

    /// The caches that a run reads and writes.
    ///
    /// The second run still names where the first one read: of layers that nobody needed yet, the builder knows no more than
    /// the place. After `--no-cache` there are none, and what is older must not come back.
    fn entries(&self, target: &Target, is_second: bool) -> Entries {
        let entries = self.options.cache.entries(&target.service, self.options.output);
        let is_built_anew = self.options.no_cache || self.extra.ignore_cache();
        match is_second {
            true => Entries { from: entries.from.filter(|_| !is_built_anew), to: None },
            false => entries,
        }
    }

    fn extra_for(&self, aim: Aim, is_second: bool) -> Vec<OsString> {
        match aim {
            Aim::Cache => self.extra.without_results().cloned().collect(),
            _ if is_second => self.extra.for_cached_run().cloned().collect(),
            _ => self.extra.all().cloned().collect(),
        }
    }
}

/// What a run of docker for `services` is called in messages.
fn title(form: Form, services: &[&str]) -> String {
    const NAMED: usize = 8;
    match (form, services) {
        (Form::Build, [service]) => {
            let what = if service.is_empty() { "this repository" } else { service };
            format!("docker buildx build of {what}")
        }
        (_, [service]) => format!("docker buildx bake of {service}"),
        (_, services) => {
            let mut named: Vec<_> = services.iter().copied().take(NAMED).collect();
            if services.len() > NAMED {
                named.push("…");
            }
            format!("docker buildx bake of {} services ({})", services.len(), named.join(", "))
        }
    }
}
