//! Reads the additional contexts of a service: `build-contexts`.

use std::collections::BTreeMap;

use super::field::Field;
use super::path;
use super::service::within;
use super::{BuildContext, Placed};
use crate::domain::{ImageRepository, ImageTag, Reference};
use crate::yaml::YamlError;

/// What a build context begins with that is an image, for docker.
const IMAGE: &str = "docker-image://";

/// What begins a repository or archive elsewhere.
const REMOTES: [&str; 4] = ["https://", "http://", "git://", "ssh://"];

/// The contexts that `field` names, as docker buildx reads them
/// ([`--build-context`](https://docs.docker.com/reference/cli/docker/buildx/build/#build-context)).
pub(super) fn read(field: Field<'_>) -> Result<BTreeMap<String, Placed<BuildContext>>, YamlError> {
    let mut contexts = BTreeMap::new();
    for (key, node) in field.map("a map from names to directories, such as { shared: libs/shared }")? {
        let at_key = Field { node: key, ..field };
        let name = at_key.text("the name of a context, which the Dockerfile uses")?;
        let name = context_name(name).ok_or_else(|| {
            let why = "a name is like that of an image: lowercase letters and digits, separated by '.', '_', '-' or '/'";
            at_key.refused(name, why)
        })?;
        let value = Field { name: field.name, node };
        let context = Placed { value: context(value)?, place: node.place };
        if let Some(first) = contexts.insert(name, context) {
            let what = format!("the same context is named twice (first on line {})", first.place.line);
            return Err(at_key.error(&what));
        }
    }
    Ok(contexts)
}

/// `text` as BuildKit looks for it: an image without the tag `latest`.
fn context_name(text: &str) -> Option<String> {
    let (repository, tag) = match Reference::split(text) {
        (Some(repository), tag) => (repository, tag),
        (None, repository) => (repository?, None),
    };
    repository.parse::<ImageRepository>().ok()?;
    let is_tag = tag.is_none_or(|tag| tag.parse::<ImageTag>().is_ok());
    (is_tag && !text.contains('@')).then(|| text.strip_suffix(":latest").unwrap_or(text).to_owned())
}

fn context(field: Field<'_>) -> Result<BuildContext, YamlError> {
    let text = field.text("a directory of the repository, an image (docker-image://…) or a URL, as text")?;
    if path::has_variable(text) || text.contains(char::is_control) {
        return Err(field.refused(text, "variables are not expanded here: write the value itself"));
    }
    if let Some(image) = text.strip_prefix(IMAGE) {
        let named = image.split_once('@').map_or(image, |(named, _)| named);
        let repository = match Reference::split(named) {
            (Some(repository), _) => repository,
            (None, word) => word.unwrap_or_default(),
        };
        return match repository.parse::<ImageRepository>() {
            Ok(_) => Ok(BuildContext::Image(image.to_owned())),
            Err(error) => Err(field.refused(text, &error.to_string())),
        };
    }
    if REMOTES.iter().any(|begin| text.starts_with(begin)) || text.starts_with("git@") {
        return Ok(BuildContext::Remote(text.to_owned()));
    }
    if text.starts_with("target:") || text.contains("://") {
        let why =
            "expected a directory of the repository, an image (docker-image://…), or a URL with https or git";
        return Err(field.refused(text, why));
    }
    within(field, text).map(BuildContext::Directory)
}
