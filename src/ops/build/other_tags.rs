//! What the arguments after `--` may push besides the images that imgver names.

use super::Request;
use super::existing::{IfExists, commit_of};
use crate::display::shell_word;
use crate::domain::{ImageTag, Reference};
use crate::error::{Error, Kind, Result};
use crate::images::{Pushes, Target};
use crate::ops::replacement::refuse_another;
use crate::registry::{Registries, RegistryError};

/// Refuses a bake file with releases among `targets`: what it pushes, and under which names, is not known.
pub(super) fn refuse_bake_file(targets: &[Target], pushes: &Pushes) -> Result<()> {
    let mut references = targets.iter().filter_map(|target| target.references.first());
    match references.find(|reference| pushes.has_bake_file && reference.tag.is_release()) {
        None => Ok(()),
        Some(reference) => Err(Error::new(
            Kind::Usage,
            format!("a bake file after -- may push other images than imgver knows of, so the release {reference} is not built with it"),
        )
        .hint("leave out --file: imgver.yaml, or --set after --, says how a service is built")),
    }
}

/// Refuses to push `target` with further tags of `pushes` that are written as releases and name images already.
///
/// # Errors
/// Such an image, unless it is of the same commit and to be overwritten; a tag that cannot be read; a registry that does not
/// answer.
pub(super) fn refuse_releases(
    pushes: &Pushes,
    target: &Target,
    request: &Request,
    registries: &Registries,
) -> Result<()> {
    let named = |reference: &Reference| (reference.repository.in_full(), reference.tag.clone());
    let mut releases = Vec::new();
    for text in pushes.tags.iter().filter(|_| pushes.is_possible) {
        let Some(reference) = release(text)? else { continue };
        if !target.references.iter().any(|own| named(own) == named(&reference)) {
            releases.push(reference);
        }
    }
    if releases.is_empty() {
        return Ok(());
    }
    let ours = commit_of(target);
    for (reference, answer) in releases.iter().zip(registries.images(&releases)) {
        let Some(image) = answer.map_err(RegistryError::into_error)? else { continue };
        refuse_another(ours, [(reference, &image)])?;
        if request.if_exists != IfExists::Overwrite {
            return Err(Error::new(
                Kind::VersionRule,
                format!("{reference}, a tag after --, is there already ({}), built of the same commit {ours}: this build would replace it", image.digest),
            )
            .hint("leave out this tag; --if-exists overwrite replaces it"));
        }
    }
    Ok(())
}

/// The tag after `--`, if it is written as a release.
fn release(text: &str) -> Result<Option<Reference>> {
    let (repository, tag) = Reference::split(text);
    let tag = tag.and_then(|tag| tag.parse::<ImageTag>().ok()).filter(ImageTag::is_release);
    let (Some(repository), Some(tag)) = (repository, tag) else { return Ok(None) };
    match repository.parse() {
        Ok(repository) if !text.contains('@') => Ok(Some(Reference { repository, tag })),
        _ => Err(Error::new(
            Kind::Usage,
            format!("--tag {} after -- is written as a release, but is no REPOSITORY:TAG", shell_word(text)),
        )
        .hint("no registry can be asked whether it is there already")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_that_are_written_as_releases_are_told_from_others() {
        let named = |text: &str| release(text).unwrap().map(|reference| reference.to_string());
        for text in ["a.example:5000/x:1.0.0", "x:1.0.0-rc.1", "team/x:0.0.0"] {
            assert_eq!(named(text).as_deref(), Some(text));
        }
        for text in
            ["x", "1.0.0", "a.example:5000/x", "x:latest", "x:1.0", "x:1.0.0-0001-188f7a2", "x:1.0.0+a", ""]
        {
            assert_eq!(named(text), None, "{text}");
        }
        for text in ["X:1.0.0", "x:1.0.0@sha256:00", "https://a.example/x:1.0.0"] {
            assert_eq!(release(text).unwrap_err().kind(), Kind::Usage, "{text}");
        }
    }
}
