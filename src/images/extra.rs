//! Arguments that are handed on to `docker buildx build` or `docker buildx bake`.
//!
//! Both have flags of their own. Source: the references of the two commands in docker's documentation, from buildx 0.13 to
//! 0.32, with those that their help hides; the grammar is that of pflag, which takes no abbreviation.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

use self::refusals::{attribute, is_own, own_option, refuse, refused, unknown_to_bake, word};
use crate::error::Result;

mod pushes;
mod refusals;

pub use pushes::Pushes;

/// Which of buildx's commands takes the arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `docker buildx build`, for one image.
    Build,
    /// `docker buildx bake`, for several.
    Bake,
}

/// A flag of buildx's.
#[derive(Debug, PartialEq, Eq)]
struct Flag {
    name: &'static str,
    short: Option<u8>,
    /// Whether `build` has it.
    build: bool,
    /// Whether `bake` has it.
    bake: bool,
    /// Whether it is followed by a value, rather than a switch.
    has_value: bool,
}

const fn flag(name: &'static str, build: bool, bake: bool, has_value: bool) -> Flag {
    Flag { name, short: None, build, bake, has_value }
}

const fn short(short: u8, flag: Flag) -> Flag {
    Flag { short: Some(short), ..flag }
}

const fn shared(name: &'static str) -> Flag {
    flag(name, true, true, true)
}

const fn shared_switch(name: &'static str) -> Flag {
    flag(name, true, true, false)
}

const fn build(name: &'static str) -> Flag {
    flag(name, true, false, true)
}

const fn build_switch(name: &'static str) -> Flag {
    flag(name, true, false, false)
}

const fn bake(name: &'static str) -> Flag {
    flag(name, false, true, true)
}

const fn bake_switch(name: &'static str) -> Flag {
    flag(name, false, true, false)
}

const FLAGS: &[Flag] = &[
    shared("allow"),
    shared("builder"),
    shared("call"),
    shared_switch("check"),
    short(b'D', shared_switch("debug")),
    short(b'f', shared("file")),
    short(b'h', shared_switch("help")),
    shared_switch("load"),
    shared("metadata-file"),
    shared_switch("no-cache"),
    shared("policy"),
    shared("progress"),
    shared("provenance"),
    shared_switch("pull"),
    shared_switch("push"),
    shared("sbom"),
    shared("timeout"),
    bake("list"),
    bake_switch("list-targets"),
    bake_switch("list-variables"),
    bake_switch("print"),
    bake("set"),
    bake("var"),
    build("add-host"),
    build("annotation"),
    build("attest"),
    build("build-arg"),
    build("build-context"),
    build("cache-from"),
    build("cache-to"),
    build("cgroup-parent"),
    build_switch("compress"),
    build("cpu-period"),
    build("cpu-quota"),
    short(b'c', build("cpu-shares")),
    build("cpuset-cpus"),
    build("cpuset-mems"),
    build_switch("detach"),
    build_switch("force-rm"),
    build("iidfile"),
    build("invoke"),
    build("isolation"),
    build("label"),
    short(b'm', build("memory")),
    build("memory-swap"),
    build("network"),
    build("no-cache-filter"),
    build("on"),
    short(b'o', build("output")),
    build("platform"),
    short(b'q', build_switch("quiet")),
    build("resource"),
    build_switch("rm"),
    build("root"),
    build("secret"),
    build("security-opt"),
    build("server-config"),
    build("shm-size"),
    build_switch("squash"),
    build("ssh"),
    short(b't', build("tag")),
    build("target"),
    build("ulimit"),
];

/// An argument, with its value if that is another one.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ExtraArg {
    words: Vec<OsString>,
    /// The flags in it, of which only several short ones share an argument, and their values.
    flags: Vec<(&'static Flag, Option<OsString>)>,
    /// What stands for no flag known here.
    unknown: Option<Unknown>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unknown {
    /// `--flag`, of which it is not known whether the next argument is its value.
    Flag,
    /// A word, or `--`, after which all are words.
    Word,
    /// A flag whose value is missing.
    NoValue,
}

/// Arguments for one of buildx's commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ExtraArgs(Vec<ExtraArg>);

impl ExtraArgs {
    /// Reads the arguments, of which the command takes all as far as is known here.
    ///
    /// # Errors
    /// One that the command does not take, or that imgver itself decides.
    pub(super) fn of(args: &[OsString], form: Form) -> Result<Self> {
        let extra = ExtraArgs::read(args);
        let mut after_unknown = false;
        for arg in &extra.0 {
            let shown = || arg.words.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ");
            match arg.unknown {
                Some(Unknown::Word) if !after_unknown => return Err(word(&shown(), form)),
                Some(Unknown::NoValue) => {
                    return Err(refused(&shown(), "needs a value").hint("write it as --flag=value"));
                }
                Some(Unknown::Flag) if is_own(&shown()) => return Err(own_option(&shown())),
                Some(Unknown::Flag) if form == Form::Bake => return Err(unknown_to_bake(&shown())),
                _ => {}
            }
            after_unknown = arg.unknown == Some(Unknown::Flag);
            for (flag, value) in &arg.flags {
                refuse(flag, value.as_deref(), &shown(), form)?;
            }
        }
        Ok(extra)
    }

    fn read(args: &[OsString]) -> Self {
        let mut rest = args.iter();
        let mut read = Vec::new();
        let mut are_words = false;
        while let Some(arg) = rest.next() {
            let bytes = arg.as_bytes();
            let unknown =
                |kind| ExtraArg { words: vec![arg.clone()], flags: Vec::new(), unknown: Some(kind) };
            read.push(if are_words || !bytes.starts_with(b"-") || bytes == b"-" {
                unknown(Unknown::Word)
            } else if bytes == b"--" {
                are_words = true;
                unknown(Unknown::Word)
            } else if let Some(long) = bytes.strip_prefix(b"--") {
                let (name, value) = split(long);
                match FLAGS.iter().find(|flag| flag.name.as_bytes() == name) {
                    None => unknown(Unknown::Flag),
                    Some(flag) => with_value(arg, Vec::new(), flag, value, &mut rest),
                }
            } else {
                short_flags(arg, &mut rest).unwrap_or_else(|| unknown(Unknown::Flag))
            });
        }
        ExtraArgs(read)
    }

    fn flags(&self) -> impl Iterator<Item = (&'static str, Option<&OsStr>)> {
        let flags = self.0.iter().flat_map(|arg| &arg.flags);
        flags.map(|(flag, value)| (flag.name, value.as_deref()))
    }

    /// Whether an output is set: `--output`, `-o`, or bake's `--set TARGET.output=`.
    fn set_output(&self) -> bool {
        self.flags().any(|(name, value)| match name {
            "output" => true,
            "set" => matches!(&*overridden(value), "output" | "push" | "load"),
            _ => false,
        })
    }

    /// Whether they may decide what happens to the images, so that imgver does not know: another output, another bake file, a
    /// look at the build instead of the build.
    pub(super) fn decide_outcome(&self, form: Form) -> bool {
        let looks = |name: &str| {
            matches!(name, "call" | "check" | "print" | "list" | "list-targets" | "list-variables" | "help")
                || matches!(name, "invoke" | "on" | "detach")
                || (name == "file" && form == Form::Bake)
        };
        self.set_output() || self.flags().any(|(name, _)| looks(name))
    }

    /// Whether a cache is written.
    pub(super) fn write_cache(&self) -> bool {
        self.flags()
            .any(|(name, value)| name == "cache-to" || (name == "set" && overridden(value) == "cache-to"))
    }

    /// Whether they give further tags.
    pub(super) fn give_tags(&self) -> bool {
        self.flags().any(|(name, _)| name == "tag")
    }

    /// The builder that they name, of which the last counts.
    pub(super) fn builder(&self) -> Option<String> {
        let named = self.flags().filter(|(name, _)| *name == "builder").filter_map(|(_, value)| value);
        named.last().map(|builder| builder.to_string_lossy().into_owned())
    }

    /// Whether no cache is read.
    pub(super) fn ignore_cache(&self) -> bool {
        self.flags().any(|(name, value)| name == "no-cache" && !is_off(value))
    }

    /// All of them.
    pub(super) fn all(&self) -> impl Iterator<Item = &OsString> {
        self.0.iter().flat_map(|arg| &arg.words)
    }

    /// Those for a build of which nothing is kept but the cache.
    pub(super) fn without_results(&self) -> impl Iterator<Item = &OsString> {
        self.without(|name, _| name == "iidfile")
    }

    /// Those for a second run that takes all from the builder's cache: it builds nothing anew and writes no cache.
    pub(super) fn for_cached_run(&self) -> impl Iterator<Item = &OsString> {
        let is_first = |name: &str| matches!(name, "no-cache" | "no-cache-filter" | "cache-to");
        self.without(move |name, value| is_first(name) || (name == "set" && is_first(&overridden(value))))
    }

    fn without(&self, is_left_out: impl Fn(&str, Option<&OsStr>) -> bool) -> impl Iterator<Item = &OsString> {
        let is_left_out = move |arg: &&ExtraArg| {
            arg.flags.iter().any(|(flag, value)| is_left_out(flag.name, value.as_deref()))
        };
        self.0.iter().filter(move |arg| !is_left_out(arg)).flat_map(|arg| &arg.words)
    }
}

/// Whether extra arguments set an output of their own: `--output`, `-o`, or bake's `--set TARGET.output=`.
pub fn name_output(args: &[OsString]) -> bool {
    ExtraArgs::read(args).set_output()
}

/// What extra arguments say in place of a service's settings, as its flags do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Given {
    /// Another Dockerfile.
    pub dockerfile: Option<GivenDockerfile>,
    /// Platforms.
    pub platforms: Option<GivenPlatforms>,
}

/// What docker does with platforms that extra arguments name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GivenPlatforms {
    /// It adds them to others: `--platform`.
    Added,
    /// It takes them in place of others: `--set TARGET.platform=`.
    Replacing,
}

/// A Dockerfile that extra arguments name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GivenDockerfile {
    /// Its path from the current directory: `--file PATH`.
    FromHere(OsString),
    /// Its path from the context: `--set TARGET.dockerfile=PATH`.
    FromContext(String),
}

impl Given {
    /// What `args` say for a build of one image, or of several.
    pub fn of(args: &[OsString], is_one: bool) -> Self {
        let mut given = Given::default();
        for (name, value) in ExtraArgs::read(args).flags() {
            match (name, &*overridden(value)) {
                ("file", _) if is_one => {
                    given.dockerfile = value.map(|file| GivenDockerfile::FromHere(file.to_owned()));
                }
                ("set", "dockerfile") => {
                    let text = value.unwrap_or_default().to_string_lossy();
                    let path = text.split_once('=').map_or("", |(_, path)| path).to_owned();
                    given.dockerfile = Some(GivenDockerfile::FromContext(path));
                }
                ("platform", _) => given.platforms = Some(GivenPlatforms::Added),
                ("set", "platform") => given.platforms = Some(GivenPlatforms::Replacing),
                _ => {}
            }
        }
        given
    }
}

fn split(word: &[u8]) -> (&[u8], Option<&[u8]>) {
    match word.iter().position(|byte| *byte == b'=') {
        Some(at) => (word.get(..at).unwrap_or_default(), word.get(at + 1..)),
        None => (word, None),
    }
}

/// `arg` with the flag that ends it, whose value may be the next argument.
fn with_value<'a>(
    arg: &OsString,
    mut flags: Vec<(&'static Flag, Option<OsString>)>,
    flag: &'static Flag,
    value: Option<&[u8]>,
    rest: &mut impl Iterator<Item = &'a OsString>,
) -> ExtraArg {
    let mut words = vec![arg.clone()];
    let mut value = value.map(|value| OsString::from_vec(value.to_vec()));
    if flag.has_value && value.is_none() {
        value = rest.next().cloned();
        words.extend(value.clone());
    }
    let unknown = (flag.has_value && value.is_none()).then_some(Unknown::NoValue);
    flags.push((flag, value));
    ExtraArg { words, flags, unknown }
}

/// `-q`, `-fFILE`, `-f FILE`, `-qf=FILE`; none if one of them is not known.
fn short_flags<'a>(arg: &OsString, rest: &mut impl Iterator<Item = &'a OsString>) -> Option<ExtraArg> {
    let mut flags: Vec<(&'static Flag, Option<OsString>)> = Vec::new();
    let mut letters = arg.as_bytes().get(1..)?;
    while let Some((letter, after)) = letters.split_first() {
        let flag = FLAGS.iter().find(|flag| flag.short == Some(*letter))?;
        if flag.has_value {
            let value = after.strip_prefix(b"=").unwrap_or(after);
            return Some(with_value(arg, flags, flag, (!after.is_empty()).then_some(value), rest));
        }
        if let Some(value) = after.strip_prefix(b"=") {
            return Some(with_value(arg, flags, flag, Some(value), rest));
        }
        flags.push((flag, None));
        letters = after;
    }
    Some(ExtraArg { words: vec![arg.clone()], flags, unknown: None })
}

/// Whether a switch is set to false, in one of the spellings that Go takes.
fn is_off(value: Option<&OsStr>) -> bool {
    value.is_some_and(|value| ["0", "f", "F", "false", "False", "FALSE"].iter().any(|off| value == *off))
}

/// What an override of bake's sets: `output` of `*.output=type=oci` and of `api.output+=…`.
fn overridden(value: Option<&OsStr>) -> String {
    let text = value.unwrap_or_default().to_string_lossy();
    attribute(&text).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests;
