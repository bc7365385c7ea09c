//! The keys of `imgver.yaml`: the one list of them, which the reader, its errors and the schema's test share.

use super::field::Field;
use crate::domain::did_you_mean;
use crate::yaml::tree::Node;
use crate::yaml::{YamlError, shown};

/// A key at the top level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TopKey {
    /// `tag-format`
    TagFormat,
    /// `image`
    Image,
    /// `prereleases`
    Prereleases,
    /// `floating`
    Floating,
    /// `scope`
    Scope,
    /// `next`
    Next,
    /// `first-parent`
    FirstParent,
    /// `filters`
    Filters,
    /// `quantifier`
    Quantifier,
    /// `services`
    Services,
}

/// A key of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceKey {
    /// `image`
    Image,
    /// `directory`
    Directory,
    /// `context`
    Context,
    /// `dockerfile`
    Dockerfile,
    /// `target`
    Target,
    /// `platforms`
    Platforms,
    /// `build-args`
    BuildArgs,
    /// `build-contexts`
    BuildContexts,
    /// `watch`
    Watch,
    /// `watch-inputs`
    WatchInputs,
}

/// A level of the file, by its keys.
pub(super) trait Key: Copy + 'static {
    /// All of them, as they are spelled.
    const NAMES: &'static [(&'static str, Self)];
    /// The keys of the other level, and the hint for one that is written in this one.
    const ELSEWHERE: (&'static [&'static str], &'static str);
}

impl TopKey {
    /// All of them, as they are spelled, in the order of the documentation.
    pub const NAMES: [(&'static str, TopKey); 10] = [
        ("tag-format", TopKey::TagFormat),
        ("image", TopKey::Image),
        ("prereleases", TopKey::Prereleases),
        ("floating", TopKey::Floating),
        ("scope", TopKey::Scope),
        ("next", TopKey::Next),
        ("first-parent", TopKey::FirstParent),
        ("filters", TopKey::Filters),
        ("quantifier", TopKey::Quantifier),
        ("services", TopKey::Services),
    ];
}

impl ServiceKey {
    /// All of them, as they are spelled, in the order of the documentation.
    pub const NAMES: [(&'static str, ServiceKey); 10] = [
        ("image", ServiceKey::Image),
        ("directory", ServiceKey::Directory),
        ("context", ServiceKey::Context),
        ("dockerfile", ServiceKey::Dockerfile),
        ("target", ServiceKey::Target),
        ("platforms", ServiceKey::Platforms),
        ("build-args", ServiceKey::BuildArgs),
        ("build-contexts", ServiceKey::BuildContexts),
        ("watch", ServiceKey::Watch),
        ("watch-inputs", ServiceKey::WatchInputs),
    ];
}

impl Key for TopKey {
    const NAMES: &'static [(&'static str, Self)] = &TopKey::NAMES;
    const ELSEWHERE: (&'static [&'static str], &'static str) = (
        &[
            "directory",
            "context",
            "dockerfile",
            "target",
            "platforms",
            "build-args",
            "build-contexts",
            "watch",
            "watch-inputs",
        ],
        "is a key of a service: write it below `services` and the path of the service",
    );
}

impl Key for ServiceKey {
    const NAMES: &'static [(&'static str, Self)] = &ServiceKey::NAMES;
    const ELSEWHERE: (&'static [&'static str], &'static str) = (
        &[
            "tag-format",
            "prereleases",
            "floating",
            "scope",
            "next",
            "first-parent",
            "filters",
            "quantifier",
            "services",
        ],
        "is the same for all services: write it at the top level of the file, beside `services`",
    );
}

/// The entries of `map`, whose keys must be `K`'s.
pub(super) fn fields<'n, K: Key>(map: &'n Node) -> Result<Vec<(K, Field<'n>)>, YamlError> {
    let known = |(key, value): (&'n Node, &'n Node)| {
        let Some(name) = key.text().filter(|_| !key.has_custom_tag() && !key.is_null()) else {
            return Err(YamlError::new(
                format!("expected the name of a key, but found {}", key.describe()),
                key.place,
            ));
        };
        match K::NAMES.iter().find(|(known, _)| *known == name) {
            Some((name, known)) => Ok((*known, Field { name, node: value })),
            None => Err(YamlError::new(unknown::<K>(name), key.place)),
        }
    };
    map.merged_entries()?.into_iter().map(known).collect()
}

/// What an error says of the key `name`, which is none of `K`'s.
fn unknown<K: Key>(name: &str) -> String {
    let here = || K::NAMES.iter().map(|(known, _)| *known);
    let (elsewhere, hint) = K::ELSEWHERE;
    let what = format!("unknown key '{}'", shown(name));
    match elsewhere.iter().find(|key| plain(key) == plain(name)) {
        Some(key) => format!("{what}: `{key}` {hint}"),
        None if name.contains('/') => format!("{what}: a path of a service belongs below `services`"),
        None => match did_you_mean(name, here()) {
            Some(hint) => format!("{what}: {hint}"),
            None => format!("{what}: use one of {}", here().collect::<Vec<_>>().join(", ")),
        },
    }
}

/// `name` without what people mix up in keys.
fn plain(name: &str) -> String {
    name.replace(['-', '_', ' '], "").to_lowercase().trim_end_matches('s').to_owned()
}
