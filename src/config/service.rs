//! Reads an entry below `services`.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::field::Field;
use super::keys::{ServiceKey, fields};
use super::name::entry_name;
use super::{EntryName, Placed, ServiceEntry, ServiceSettings, build_contexts, path};
use crate::domain::{ImageTemplate, Platform};
use crate::filters::parse_at;
use crate::filters::pattern::Pattern;
use crate::yaml::YamlError;
use crate::yaml::tree::{Node, NodeKind, Scalar};

/// More than any team's file has in its patterns, in bytes; aliases could make billions.
const PATTERNS_MAX: usize = 4 << 20;

/// Build arguments that imgver gives itself.
pub const OWN_ARGS: [&str; 2] = ["VERSION", "SOURCE_DATE_EPOCH"];

/// Reads the entries of one file.
pub(super) struct Services<'t> {
    source: &'t str,
    patterns: HashMap<String, Pattern>,
    /// Bytes of all patterns read so far.
    pattern_bytes: usize,
}

impl<'t> Services<'t> {
    pub(super) fn new(source: &'t str) -> Self {
        Services { source, patterns: HashMap::new(), pattern_bytes: 0 }
    }

    /// The entries below `services`.
    pub(super) fn read(&mut self, services: Field<'_>) -> Result<Vec<ServiceEntry>, YamlError> {
        let expected = "a map from paths of services to what is set for them, such as `apps/orders: {}`";
        let (mut entries, mut known) = (Vec::new(), HashMap::new());
        for (key, value) in services.map(expected)? {
            let name = entry_name(self.source, key)?;
            let (written, place) = (key.text().unwrap_or_default(), key.place);
            let normal = match &name {
                EntryName::Exact(path) => (path.clone(), true),
                EntryName::Wildcard(pattern) => (pattern.as_str().to_owned(), false),
            };
            if let Some((first, line)) = known.insert(normal, (written, place.line)) {
                let what = format!("'{written}' is configured twice: first on line {line}, as '{first}'");
                return Err(YamlError::new(what, place));
            }
            let settings = self.settings(&name, written, value)?;
            entries.push(ServiceEntry { name, place, settings });
        }
        Ok(entries)
    }

    fn settings(
        &mut self,
        name: &EntryName,
        written: &str,
        node: &Node,
    ) -> Result<ServiceSettings, YamlError> {
        let mut settings = ServiceSettings::default();
        match &node.kind {
            NodeKind::Map(_) if !node.has_custom_tag() => {}
            _ if node.is_null() => return Ok(settings),
            _ => {
                let field = Field { name: written, node };
                return Err(field.unexpected("a map of settings such as image, or {} for the defaults"));
            }
        }
        for (key, field) in fields::<ServiceKey>(node)? {
            match key {
                ServiceKey::Image => settings.images = images(field, name)?,
                ServiceKey::Directory if matches!(name, EntryName::Wildcard(_)) => {
                    return Err(field.error(
                        "every service of a wildcard is in the directory that it matches: remove the key",
                    ));
                }
                ServiceKey::Directory => settings.directory = Some(directory(field)?),
                ServiceKey::Context => settings.context = Some(directory(field)?),
                ServiceKey::Dockerfile => settings.dockerfile = Some(file(field)?),
                ServiceKey::Target => settings.target = Some(target(field)?),
                ServiceKey::Platforms => settings.platforms = platforms(field)?,
                ServiceKey::BuildArgs => settings.build_args = build_args(field)?,
                ServiceKey::BuildContexts => settings.build_contexts = build_contexts::read(field)?,
                ServiceKey::Watch => self.watch(field, &mut settings.watch)?,
                ServiceKey::WatchInputs => settings.watch_inputs = field.boolean()?,
            }
        }
        Ok(settings)
    }

    /// Reads patterns; a list may contain lists, so that an alias can bring several.
    fn watch(&mut self, field: Field<'_>, watch: &mut Vec<Placed<Pattern>>) -> Result<(), YamlError> {
        for item in field.items() {
            match &item.node.kind {
                NodeKind::List(_) if !item.node.has_custom_tag() => self.watch(item, watch)?,
                _ => watch.push(Placed { value: self.pattern(item)?, place: item.node.place }),
            }
        }
        Ok(())
    }

    fn pattern(&mut self, field: Field<'_>) -> Result<Pattern, YamlError> {
        let adds_only =
            "`watch` only adds to what a service watches: remove the '!', or use a filter file to exclude";
        // Without quotes, an exclamation mark makes a tag.
        if field.node.has_custom_tag() && field.node.text().is_some() {
            return Err(field.error(adds_only));
        }
        let text = field.text("a pattern in quotes or a list of patterns")?;
        if text.starts_with('/') {
            return Err(field
                .refused(text, "patterns are from the root of the repository: remove the slash in front"));
        }
        if text.split('/').any(|part| part == "..") {
            return Err(field.refused(text, path::LEAVES));
        }
        self.pattern_bytes += text.len();
        if self.pattern_bytes > PATTERNS_MAX {
            return Err(field.error(
                "the file has too many patterns, including what aliases repeat: write fewer, broader ones",
            ));
        }
        if let Some(known) = self.patterns.get(text) {
            return Ok(known.clone());
        }
        let pattern = parse_at(self.source, text, field.node.place)?;
        if pattern.is_negated() {
            return Err(field.refused(text, adds_only));
        }
        self.patterns.insert(text.to_owned(), pattern.clone());
        Ok(pattern)
    }
}

/// A directory of the repository.
fn directory(field: Field<'_>) -> Result<Placed<String>, YamlError> {
    let text = field.text("the path of a directory, from the root of the repository")?;
    let value = within(field, text)?;
    Ok(Placed { value, place: field.node.place })
}

/// A file of the repository.
pub(super) fn file(field: Field<'_>) -> Result<Placed<String>, YamlError> {
    let text = field.text("the path of a file, from the root of the repository")?;
    let value = within(field, text)?;
    if value.is_empty() || text.ends_with(['/']) || text.ends_with("/.") {
        return Err(field.refused(text, "it is a directory: write the path of the file"));
    }
    Ok(Placed { value, place: field.node.place })
}

pub(super) fn within(field: Field<'_>, text: &str) -> Result<String, YamlError> {
    if let Some(fault) = path::backslash_fault(text) {
        return Err(field.refused(text, fault));
    }
    path::normal(text).map_err(|fault| field.refused(text, &fault))
}

/// One image template.
pub(super) fn image(field: Field<'_>) -> Result<Placed<ImageTemplate>, YamlError> {
    let text = field.text("an image in quotes, such as 'ghcr.io/acme/{name}'")?;
    if path::has_variable(text) {
        return Err(field.refused(
            text,
            "variables are not expanded here: the environment variable IMGVER_IMAGE sets another image for every service",
        ));
    }
    let value = text.parse().map_err(|error| no_image(field, text, &error))?;
    Ok(Placed { value, place: field.node.place })
}

/// An `error` of the image `text`, which may be about what the text makes of a service's path.
fn no_image(field: Field<'_>, text: &str, error: &dyn std::error::Error) -> YamlError {
    let error = error.to_string();
    if error.contains(text) { field.error(&error) } else { field.refused(text, &error) }
}

/// The images of the services that `name` is about.
fn images(field: Field<'_>, name: &EntryName) -> Result<Vec<Placed<ImageTemplate>>, YamlError> {
    let mut images: Vec<Placed<ImageTemplate>> = Vec::new();
    let mut known = HashMap::new();
    for item in field.some_items("an image or a list of images")? {
        let image = image(item)?;
        // For a wildcard, a path whose parts occur in no image that is written out.
        let path = if let EntryName::Exact(path) = name { path } else { "any-service/of-a-wildcard" };
        let text = item.node.text().unwrap_or_default();
        let resolved = image.value.resolve(path).map_err(|error| no_image(item, text, &error))?;
        if let Some(line) = known.insert(resolved.in_full(), image.place.line) {
            return Err(item.error(&format!("'{text}' is duplicated (first on line {line})")));
        }
        images.push(image);
    }
    Ok(images)
}

/// The stage of a Dockerfile: its name, or its number from 0.
fn target(field: Field<'_>) -> Result<String, YamlError> {
    let text = match (field.node.scalar(), field.node.text()) {
        (Some(Scalar::Number), Some(number)) if number.bytes().all(|byte| byte.is_ascii_digit()) => number,
        _ => field.text("the name of a stage of the Dockerfile")?,
    };
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if text.is_empty() || text.starts_with('-') || !text.chars().all(is_part) {
        let why = "a stage's name has letters, digits, '_', '-' and '.', as behind AS in the Dockerfile";
        return Err(field.refused(text, why));
    }
    Ok(text.to_owned())
}

/// A list of platforms, or one text in which commas separate them, as other tools take them.
fn platforms(field: Field<'_>) -> Result<Vec<Platform>, YamlError> {
    let expected = "a list of platforms, such as [linux/amd64, linux/arm64]";
    let (mut platforms, mut known) = (Vec::new(), HashSet::new());
    for item in field.items() {
        let text = item.text(expected)?;
        let is_list = matches!(field.node.kind, NodeKind::List(_));
        let parts: Vec<&str> = if is_list { vec![text] } else { text.split(',').map(str::trim).collect() };
        for part in parts {
            let platform: Platform = part.parse().map_err(|error| item.error(&format!("{error}")))?;
            if !known.insert(platform.clone()) {
                let normal = platform.as_str();
                let what = if normal == part {
                    format!("'{part}' is duplicated")
                } else {
                    format!("'{part}' is another spelling of {normal}, which is there already")
                };
                return Err(item.error(&what));
            }
            platforms.push(platform);
        }
    }
    Ok(platforms)
}

/// Values for the Dockerfile's `ARG`s, as they are written: `1.20` is no number that could become `1.2`.
fn build_args(field: Field<'_>) -> Result<BTreeMap<String, String>, YamlError> {
    let mut args = BTreeMap::new();
    for (key, node) in field.map("a map from names to values, such as { NODE_ENV: production }")? {
        let at_key = Field { node: key, ..field };
        let name = at_key.text("the name of a build argument")?;
        if OWN_ARGS.contains(&name) {
            return Err(at_key.refused(name, "imgver sets it for every image: remove it"));
        }
        let is_first = |c: char| c.is_ascii_alphabetic() || c == '_';
        if !name.starts_with(is_first) || !name.chars().all(|c| is_first(c) || c.is_ascii_digit()) {
            let why = "a name has letters, digits and '_', and begins with no digit, as behind ARG in the Dockerfile";
            return Err(at_key.refused(name, why));
        }
        args.insert(name.to_owned(), build_arg(Field { name, node })?);
    }
    Ok(args)
}

fn build_arg(value: Field<'_>) -> Result<String, YamlError> {
    match (value.node.scalar(), value.node.text()) {
        (Some(Scalar::Null), _) => Err(value.error(&format!(
            "a build argument needs a value: write '' for an empty one; \
             imgver build --build-arg {} takes it from the environment",
            value.name
        ))),
        (Some(_), Some(text)) if text.contains(['\n', '\r', '\0']) => {
            Err(value.error("the value of a build argument must be on one line"))
        }
        (Some(_), Some(text)) => Ok(text.to_owned()),
        _ => Err(value.unexpected("text, a number, true or false")),
    }
}
