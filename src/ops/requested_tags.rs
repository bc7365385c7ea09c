//! Which formats of release tags count for a call, and the patterns that they make.

use std::borrow::Cow;
use std::collections::HashMap;

use super::Checkout;
use super::subject::services;
use crate::domain::{TagFormat, TagFormats, TagPattern, short_name};
use crate::error::{Error, Kind, Result};
use crate::workspace::Service;

/// Tag formats with their source.
#[derive(Debug, Clone)]
pub struct RequestedFormat {
    /// The formats.
    pub formats: TagFormats,
    /// Decides whether a format that does not fit the subject is an error or is ignored.
    pub source: FormatSource,
}

/// Where a tag format comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormatSource {
    /// `--tag-format`, which is meant for this call.
    Flag,
    /// `IMGVER_TAG_FORMAT`, which may be meant for other calls.
    Environment,
    /// The configuration, which is for all calls.
    Config,
}

/// Where the spelling of release tags comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TagsBy {
    /// Nobody asked for any: the default format.
    Default,
    /// `IMGVER_TAG_FORMAT` or the configuration, which count for the next call as well.
    Setting,
    /// `--tag-format`.
    Format(TagFormats),
    /// `--tag-prefix`.
    Prefix,
}

impl TagsBy {
    pub(super) fn of(requested: Option<&RequestedFormat>) -> Self {
        match requested {
            None => TagsBy::Default,
            Some(RequestedFormat { source: FormatSource::Environment | FormatSource::Config, .. }) => {
                TagsBy::Setting
            }
            Some(RequestedFormat { formats, source: FormatSource::Flag }) => TagsBy::Format(formats.clone()),
        }
    }
}

/// The tag formats that count: those `given` to this call, else those of the configuration, if it has any.
pub(super) fn requested<'r>(
    given: Option<&'r RequestedFormat>,
    checkout: &Checkout,
) -> Result<Option<Cow<'r, RequestedFormat>>> {
    if let Some(given) = given {
        return Ok(Some(Cow::Borrowed(given)));
    }
    Ok(checkout
        .config()?
        .formats()
        .map(|formats| Cow::Owned(RequestedFormat { formats, source: FormatSource::Config })))
}

pub(super) fn patterns(
    service: &Service,
    checkout: &Checkout,
    requested: Option<&RequestedFormat>,
) -> Result<Vec<TagPattern>> {
    let formats = formats_of(requested);
    if formats.iter().any(TagFormat::is_by_short_name) {
        let services = services(checkout)?.services;
        let paths = services.iter().map(|other| &*other.path);
        let namesakes =
            paths.filter(|path| short_name(path) == short_name(&service.path) && *path != service.path);
        refuse_shared_patterns(&formats, namesakes.chain([&*service.path]))?;
    }
    Ok(formats.patterns(&service.path))
}

pub(super) fn formats_of(requested: Option<&RequestedFormat>) -> TagFormats {
    requested.map(|requested| requested.formats.clone()).unwrap_or_default()
}

/// The release tags of the repository as a whole: the formats that contain no service, else by `X.Y.Z` or `vX.Y.Z`.
pub(super) fn repository_patterns(requested: Option<&RequestedFormat>) -> Result<Vec<TagPattern>> {
    let formats = requested.into_iter().flat_map(|requested| requested.formats.of_repository());
    let patterns: Vec<TagPattern> = formats.map(|format| format.pattern("")).collect();
    match requested {
        _ if !patterns.is_empty() => Ok(patterns),
        Some(RequestedFormat { source: FormatSource::Flag, .. }) => Err(Error::new(
            Kind::Usage,
            "--tag-format contains {service} or {name}, but the version is for the repository as a whole",
        )
        .hint("pass a service, or use a format such as v{version}")),
        _ => Ok(vec![TagPattern::from_prefix(""), TagPattern::from_prefix("v")]),
    }
}

/// Refuses services whose tags would be the same: a format by short name cannot distinguish equal short names.
pub(super) fn refuse_shared_patterns<'s>(
    formats: &TagFormats,
    services: impl Iterator<Item = &'s str>,
) -> Result<()> {
    let by_name: Vec<&TagFormat> = formats.iter().filter(|format| format.is_by_short_name()).collect();
    if by_name.is_empty() {
        return Ok(());
    }
    let mut owners: HashMap<TagPattern, &str> = HashMap::new();
    for (service, format) in services.flat_map(|service| by_name.iter().map(move |format| (service, format)))
    {
        if let Some(other) = owners.insert(format.pattern(service), service).filter(|other| *other != service)
        {
            let name = short_name(service);
            return Err(Error::new(
                Kind::Input,
                format!("the tag format cannot distinguish {other} from {service}: both have the short name {name}"),
            )
            .hint("in --tag-format, IMGVER_TAG_FORMAT or tag-format in imgver.yaml, use {service}, the full path, instead of {name}"));
        }
    }
    Ok(())
}
