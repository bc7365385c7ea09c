//! Turns arguments and variables into requests to the operations. A flag overrides its variable.

use std::io;
use std::path::Path;

use super::args::{
    BumpArg, ExplainArgs, FilterArgs, HistoryArgs, NextArg, OutputArgs, OutputFormat, QuantifierArg,
    RegistryArgs, ScopeArg, ScopeArgs, SubjectArgs, TagFormatArgs, VersioningArgs,
};
use crate::domain::{Bump, ImageTemplate, TagFormat, TagFormats};
use crate::error::{Context as _, Kind, Result};
use crate::files;
use crate::filters::{Detail, Quantifier};
use crate::ops::version::Demands;
use crate::ops::{
    Checkout, FilterRequest, FormatSource, HistoryRequest, RequestedFormat, ResolvedCall, Rev, Scope,
    SubjectChoice, SubjectRequest, TaskCall, VersionForm,
};
use crate::programs::Programs;
use crate::registry::Registries;
use crate::world::World;

impl SubjectArgs {
    /// The subject; without a service, the one of the task that calls.
    pub(super) fn request(&self, call: &ResolvedCall, world: &World<'_>) -> Result<SubjectRequest> {
        Ok(SubjectRequest {
            choice: choice(self.service.as_ref().or(call.service.as_ref()), self.whole),
            tag_prefix: self.tag_prefix.clone(),
            // A prefix takes the place of any format, also of a malformed one in the environment.
            tag_format: match self.tag_prefix {
                Some(_) => None,
                None => self.history.tags.request(world)?,
            },
        })
    }

    pub(super) fn demands(&self) -> Demands {
        Demands { exact: self.exact, release: self.require_release }
    }
}

/// What a command with a `SERVICE` and `--whole` is about; clap refuses both.
pub(super) fn choice(service: Option<&String>, whole: bool) -> SubjectChoice {
    if whole { SubjectChoice::Whole } else { service.cloned().into() }
}

impl TagFormatArgs {
    /// The tag formats given by flags, else by the variable.
    pub(super) fn request(&self, world: &World<'_>) -> Result<Option<RequestedFormat>> {
        let variable = world.var("IMGVER_TAG_FORMAT").map(|formats| formats.to_string_lossy());
        let (texts, source, name) = match &variable {
            _ if !self.tag_format.is_empty() => {
                (self.tag_format.iter().map(String::as_str).collect(), FormatSource::Flag, "--tag-format")
            }
            // No tag has white space in its name.
            Some(formats) => {
                (formats.split_whitespace().collect(), FormatSource::Environment, "IMGVER_TAG_FORMAT")
            }
            None => (Vec::new(), FormatSource::Flag, ""),
        };
        let parse = |text: &str| -> Result<TagFormat> {
            let parsed =
                text.parse().context(Kind::Usage, || format!("{name} '{text}' is not a valid tag format"));
            parsed.map_err(|error| {
                error.hint("a tag format looks like {service}@{version}, {name}-v{version} or v{version}")
            })
        };
        let formats = texts.into_iter().map(parse).collect::<Result<Vec<_>>>()?;
        Ok(TagFormats::new(formats).map(|formats| RequestedFormat { formats, source }))
    }
}

impl HistoryArgs {
    /// The commit to version; `last_change`: whether the answer names the last change, whatever its version names.
    pub(super) fn request(&self, last_change: bool) -> HistoryRequest {
        HistoryRequest {
            rev: self.rev.as_ref().map_or(Rev::Head, |rev| Rev::Named(rev.clone())),
            first_parent: self.version.first_parent,
            scope: self.version.scope.requested(),
            last_change,
            dirty: !self.no_dirty,
        }
    }
}

/// The programs of this run, with what shows how far it has got.
pub(super) fn programs(world: &World<'_>) -> Programs {
    Programs::new(&world.directory, &world.env).with_meter(world.meter.clone())
}

impl RegistryArgs {
    /// The registries of this run, none of which is asked yet.
    pub(super) fn registries(&self, programs: &Programs) -> Registries {
        Registries::new(self.insecure_registry.clone(), programs)
    }
}

impl ScopeArgs {
    /// What distances count, if the flag says so.
    pub(super) fn requested(&self) -> Option<Scope> {
        self.scope.map(|scope| match scope {
            ScopeArg::Repository => Scope::Repository,
            ScopeArg::Service => Scope::Service,
        })
    }
}

impl From<&VersioningArgs> for VersionForm {
    fn from(args: &VersioningArgs) -> Self {
        VersionForm { abbrev: args.abbrev, next: args.next.map(Bump::from) }
    }
}

impl From<&FilterArgs> for FilterRequest {
    fn from(args: &FilterArgs) -> Self {
        FilterRequest { file: args.filters.clone(), quantifier: args.quantifier.map(Quantifier::from) }
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

impl From<BumpArg> for Bump {
    fn from(bump: BumpArg) -> Self {
        match bump {
            BumpArg::Major => Bump::Major,
            BumpArg::Minor => Bump::Minor,
            BumpArg::Patch => Bump::Patch,
        }
    }
}

impl From<NextArg> for Bump {
    fn from(next: NextArg) -> Self {
        match next {
            NextArg::Patch => Bump::Patch,
            NextArg::Minor => Bump::Minor,
        }
    }
}

/// The image that takes the place of every service's: the environment variable `IMGVER_IMAGE`.
pub(super) fn replacement(world: &World<'_>) -> Result<Option<ImageTemplate>> {
    let Some(text) = world.var("IMGVER_IMAGE").map(|text| text.to_string_lossy()) else { return Ok(None) };
    let parsed = text.parse().context(Kind::Usage, || format!("IMGVER_IMAGE '{text}' is not a valid image"));
    parsed.map(Some).map_err(|error| error.hint("an image looks like ghcr.io/acme/{name}, without a tag"))
}

/// The variable in which the shared utils tasks say what they know about a call.
const TASK_VARIABLE: &str = "IMGVER_TASK";

/// What the environment says about the subject: the environment variable `IMAGE_REPO`, and under Task the service whose tasks
/// run. `is_named`: the arguments name a subject.
pub(super) fn called(is_named: bool, checkout: &Checkout, world: &World<'_>) -> Result<ResolvedCall> {
    let variable = world.var("IMAGE_REPO").map(|value| value.to_string_lossy().into_owned());
    let Some(call) = world.var(TASK_VARIABLE) else { return Ok(ResolvedCall { service: None, variable }) };
    let unknown =
        || format!("the environment variable {TASK_VARIABLE} is not what this imgver's shared tasks set");
    let call = call.to_string_lossy().parse::<TaskCall>().context(Kind::Usage, unknown);
    let call =
        call.map_err(|error| error.hint("copy .github/utils/taskfile.yaml from this version of imgver"))?;
    call.resolve(is_named, variable, checkout)
}

/// How much detail about changes to collect: all of it if it is printed.
pub(super) fn detail(reasons: &ExplainArgs, output: Option<&OutputArgs>) -> Detail {
    let is_json = output.is_some_and(|args| args.output == OutputFormat::Json);
    if reasons.explain || is_json { Detail::All } else { Detail::First }
}

/// What a file on the command line holds, or standard input for `-`: its name in messages, and its content if it can be read
/// and is not larger than `size_max` bytes.
pub(super) fn given(file: &Path, size_max: u64, world: &mut World<'_>) -> (String, io::Result<Vec<u8>>) {
    if file == Path::new("-") {
        return ("standard input".to_owned(), files::read_all(world.stdin, size_max));
    }
    (file.display().to_string(), files::read_any(&world.directory.join(file), size_max))
}
