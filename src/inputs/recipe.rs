//! The Dockerfile of a service.

use std::collections::BTreeSet;

use super::Snapshot;
use super::links::{Way, follow};
use super::own::Gap;
use super::place::in_lower_case;
use crate::config::OWN_ARGS;
use crate::dockerfile::{BuildOptions, Dockerfile, Expanded, Trigger};
use crate::error::Result;
use crate::history::git::PathKind;
use crate::workspace::{BuildSettings, Service};

/// The Dockerfile of a service.
pub(super) enum Found {
    /// It is not there.
    Missing,
    /// It is there, and cannot be understood.
    Unreadable(Gap),
    Read(Dockerfile),
}

/// The Dockerfile of a service, and where it is.
pub(super) struct Recipe {
    /// Its path, as it is spelled there.
    pub(super) path: String,
    /// All files that decide what it says, and other names that BuildKit prefers.
    pub(super) files: Vec<String>,
    /// The links and submodules on the way to it.
    pub(super) way: Vec<String>,
    pub(super) found: Found,
}

impl Recipe {
    pub(super) fn of(service: &Service, snapshot: &dyn Snapshot) -> Result<Self> {
        let named = service.build.dockerfile.clone();
        let mut files = vec![named.clone()];
        let mut path = named.clone();
        if snapshot.kind_of(&named)?.is_none()
            && let Some(other) = in_lower_case(&named)
            && snapshot.kind_of(&other)?.is_some()
        {
            files.push(other.clone());
            path = other;
        }
        let Way { end, links: mut way } = follow(snapshot, "", &path, false)?;
        way.retain(|link| *link != path);
        let Some(end) = end else {
            let why = "it is a symbolic link that leads out of the repository".to_owned();
            let found = Found::Unreadable(Gap { line: None, instruction: None, why });
            return Ok(Recipe { path, files, way, found });
        };
        files.push(end.clone());
        // A new one need not be tracked yet.
        let is_file = match snapshot.kind_of(&end)? {
            Some(kind) => kind == PathKind::File,
            None => snapshot.below(&end)?.is_empty(),
        };
        let content = if is_file { snapshot.content(&end)? } else { None };
        let found = match content.as_deref().map(Dockerfile::parse) {
            None => Found::Missing,
            Some(Ok(dockerfile)) => Found::Read(dockerfile),
            Some(Err(error)) => {
                Found::Unreadable(Gap { line: Some(error.line), instruction: None, why: error.why })
            }
        };
        Ok(Recipe { path, files, way, found })
    }

    /// What it leaves to images that are built from its own.
    pub(super) fn triggers(&self, build: &BuildSettings) -> Vec<Trigger> {
        let Found::Read(dockerfile) = &self.found else { return Vec::new() };
        dockerfile.reads(&options(build, &contexts(build), &|_| Vec::new())).triggers
    }
}

/// The names of its additional contexts.
pub(super) fn contexts(build: &BuildSettings) -> BTreeSet<&str> {
    build.contexts.keys().map(String::as_str).collect()
}

/// How it is built.
pub(super) fn options<'a>(
    build: &'a BuildSettings,
    contexts: &'a BTreeSet<&'a str>,
    triggers: &'a dyn Fn(&Expanded) -> Vec<Trigger>,
) -> BuildOptions<'a> {
    BuildOptions {
        target: build.target.as_deref(),
        args: &build.args,
        open_args: &OWN_ARGS,
        platforms: &build.platforms,
        contexts,
        triggers,
    }
}
