//! What to write instead of an argument that is refused.

use std::ffi::OsStr;

use super::{FLAGS, Flag, Form, is_off};
use crate::display::shell_word;
use crate::domain::nearest;
use crate::error::{Error, Kind, Result};
use crate::images::VERSION;

/// The options that imgver has and buildx has not.
const OWN: [&str; 17] = [
    "abbrev",
    "all",
    "cache",
    "color",
    "dry-run",
    "environment",
    "first-parent",
    "if-exists",
    "images-file",
    "insecure-registry",
    "keep-going",
    "missing",
    "next",
    "scope",
    "set-version",
    "tag-format",
    "whole",
];

/// Whether `shown`, which is no flag of buildx's, is an option of imgver's.
pub(super) fn is_own(shown: &str) -> bool {
    let long = |shown: &str| OWN.contains(&shown.split('=').next().unwrap_or_default());
    shown.strip_prefix("--").map_or_else(|| shown.starts_with("-C"), long)
}

pub(super) fn own_option(shown: &str) -> Error {
    refused(shown, "is an option of imgver's, not of docker's").hint("put it before --")
}

fn other_version(shown: &str) -> Error {
    refused(shown, "would differ from the image's tag").hint("--set-version V before -- sets both")
}

/// The attribute that an override of bake's sets: `tags` of `*.tags=a:b` and of `api.tags+=…`.
pub(super) fn attribute(set: &str) -> Option<&str> {
    key(set).split('.').nth(1)
}

/// The build argument that an override of bake's sets.
fn argument(set: &str) -> Option<&str> {
    key(set).splitn(3, '.').nth(2).filter(|_| attribute(set) == Some("args"))
}

fn key(set: &str) -> &str {
    set.split('=').next().unwrap_or_default().trim_end_matches('+')
}

fn no_output(form: Form) -> String {
    match form {
        Form::Build => "--output type=cacheonly".to_owned(),
        Form::Bake => override_hint("output", "type=cacheonly"),
    }
}

pub(super) fn refused(shown: &str, why: &str) -> Error {
    Error::new(Kind::Usage, format!("{shown} after -- {why}"))
}

pub(super) fn word(shown: &str, form: Form) -> Error {
    let shown = if shown.is_empty() { "''" } else { shown };
    match form {
        Form::Build => Error::new(Kind::Usage, format!("{shown} after -- would be a second build context"))
            .hint("imgver passes the service's directory; name services before --"),
        Form::Bake => {
            Error::new(Kind::Usage, format!("{shown} after -- would be the only target to be built"))
                .hint("name services before --; the value of a flag can be written as --flag=value")
        }
    }
}

pub(super) fn unknown_to_bake(shown: &str) -> Error {
    let error = refused(shown, "is not an option of docker buildx bake, which builds several services");
    let name = shown.trim_start_matches('-').split('=').next().unwrap_or_default();
    let known = FLAGS.iter().filter(|flag| flag.bake).map(|flag| flag.name);
    match nearest(name, known).first() {
        Some(near) => error.hint(format!("did you mean --{near}?")),
        None => error.hint("docker buildx bake --help lists its options"),
    }
}

/// Refuses a flag that `form` does not take, or that imgver sets itself.
pub(super) fn refuse(flag: &Flag, value: Option<&OsStr>, shown: &str, form: Form) -> Result<()> {
    let is_off = is_off(value);
    let value = value.map(|value| value.to_string_lossy()).unwrap_or_default();
    match (flag.name, form) {
        ("push" | "load", _) => {
            let error = Error::new(
                Kind::Usage,
                format!("{shown} after -- would conflict with the options that imgver passes to docker"),
            );
            Err(error.hint(match (flag.name, is_off) {
                (name, false) => format!("put --{name} before --"),
                ("push", true) => "leave out --push: then the images are loaded".to_owned(),
                (_, true) => format!("to keep the images nowhere, write {}", no_output(form)),
            }))
        }
        ("build-arg", _) if value.split('=').next() == Some(VERSION) => Err(other_version(shown)),
        ("set", _) if argument(&value) == Some(VERSION) => Err(other_version(shown)),
        ("set", Form::Bake) if attribute(&value) == Some("tags") => Err(refused(
            shown,
            "would give the images other names than imgver",
        )
        .hint(
            "IMAGE_REPO in a service's Taskfile names the repository, and --set-version V before -- the tag",
        )
        .hint("an additional tag: build the services one at a time, each with --tag REF after --")),
        ("metadata-file", _) => Err(Error::new(
            Kind::Usage,
            format!("{shown} after -- would conflict with what imgver writes itself"),
        )
        .hint(format!("put it before --: --metadata-file {}", shell_word(&value)))),
        ("file", Form::Bake) if !is_bake_file(&value) => Err(refused(
            shown,
            "would be read as a bake file: several services are built by docker buildx bake",
        )
        .hint(override_hint("dockerfile", &value))),
        ("print", Form::Build) => {
            Err(refused(shown, "is an option of docker buildx bake, but one service is built")
                .hint("--dry-run prints the command"))
        }
        _ if form == Form::Build && !flag.build => {
            let error = refused(shown, "is an option of docker buildx bake, but one service is built");
            Err(error.hint(instead_of_bake(flag.name, &value)))
        }
        _ if form == Form::Bake && !flag.bake => {
            let error =
                refused(shown, "is not an option of docker buildx bake, which builds several services");
            Err(error.hint(instead_of_build(flag.name, &value)))
        }
        _ => Ok(()),
    }
}

fn is_bake_file(value: &str) -> bool {
    [".hcl", ".json", ".yaml", ".yml"].iter().any(|end| value.ends_with(end))
}

/// What to write for several services instead of a flag that only `build` has.
fn instead_of_build(name: &str, value: &str) -> String {
    match name {
        "secret" | "ssh" | "target" | "platform" | "build-arg" | "label" => {
            format!("put it before --: --{name} {}", shell_word(value))
        }
        "cache-from" | "cache-to" => {
            format!(
                "put --cache registry=REF or another before --, or {} after it",
                override_hint(name, value)
            )
        }
        "annotation" => override_hint("annotations", value),
        "attest" | "no-cache-filter" | "output" | "shm-size" => override_hint(name, value),
        "ulimit" => override_hint("ulimits", value),
        "build-context" => {
            let (context, source) = value.split_once('=').unwrap_or((value, "…"));
            override_hint(&format!("contexts.{context}"), source)
        }
        "quiet" => "--progress quiet".to_owned(),
        "iidfile" => "put --metadata-file FILE before --".to_owned(),
        _ => "build the services one at a time".to_owned(),
    }
}

/// What to write for one service instead of a flag that only `bake` has.
fn instead_of_bake(name: &str, value: &str) -> String {
    let (key, set) = value.split_once('=').unwrap_or((value, ""));
    match (name, key.split('.').nth(1)) {
        ("set", Some(attribute)) => {
            let flag = match attribute {
                "dockerfile" => "file",
                "args" => "build-arg",
                "labels" => "label",
                "contexts" => "build-context",
                "tags" => "tag",
                "secrets" => "secret",
                "annotations" => "annotation",
                "ulimits" => "ulimit",
                other => other,
            };
            let named = key.splitn(3, '.').nth(2).map(|name| format!("{name}=")).unwrap_or_default();
            format!("--{flag} {}", shell_word(&format!("{named}{set}")))
        }
        _ => "docker buildx build --help lists its options".to_owned(),
    }
}

fn override_hint(attribute: &str, value: &str) -> String {
    format!("--set {}", shell_word(&format!("*.{attribute}={value}")))
}
