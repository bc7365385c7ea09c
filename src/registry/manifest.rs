//! What manifests, indexes and configurations say (OCI image specification, and Docker's image manifests version 2, schema 2).

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Revision;
use crate::domain::{Digest, REVISION};

const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const DOCKER_INDEX: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";

/// The forms that are understood, as the header `Accept` lists them.
pub(super) const ACCEPTED: &str = "application/vnd.oci.image.index.v1+json, \
    application/vnd.oci.image.manifest.v1+json, \
    application/vnd.docker.distribution.manifest.list.v2+json, \
    application/vnd.docker.distribution.manifest.v2+json";

/// The annotation of what is about an image rather than an image (BuildKit's "Attestation storage").
const REFERENCE_TYPE: &str = "vnd.docker.reference.type";

/// What a tag or a digest names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    /// One image, whose configuration has this digest.
    Image(Digest),
    /// Images for several platforms: the manifest of each, without attestations.
    Index(Vec<Digest>),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    media_type: Option<String>,
    config: Option<Descriptor>,
    manifests: Option<Vec<Descriptor>>,
}

#[derive(Deserialize)]
struct Descriptor {
    digest: String,
    platform: Option<Platform>,
    #[serde(default)]
    annotations: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
struct Platform {
    #[serde(default)]
    architecture: String,
    #[serde(default)]
    os: String,
}

impl Descriptor {
    fn digest(&self) -> Result<Digest, String> {
        self.digest.parse().map_err(|error| format!("a manifest in which {error}"))
    }

    fn is_attestation(&self) -> bool {
        let is_annotated = self.annotations.as_ref().is_some_and(|all| all.contains_key(REFERENCE_TYPE));
        let is_unknown = |platform: &Platform| platform.os == "unknown" && platform.architecture == "unknown";
        is_annotated || self.platform.as_ref().is_some_and(is_unknown)
    }
}

/// Reads a manifest or an index; `content_type` is that of the response.
///
/// # Errors
/// It is neither, or of a form that nobody asked for.
pub(super) fn content(body: &[u8], content_type: Option<&str>) -> Result<Content, String> {
    let (manifest, media_type) = parse(body, content_type)?;
    match &*media_type {
        OCI_INDEX | DOCKER_INDEX => {
            let images = manifest.manifests.unwrap_or_default();
            let images = images.iter().filter(|image| !image.is_attestation());
            images.map(Descriptor::digest).collect::<Result<_, _>>().map(Content::Index)
        }
        _ => match manifest.config {
            Some(config) => config.digest().map(Content::Image),
            None => Err("a manifest without a configuration".to_owned()),
        },
    }
}

/// The media type that a manifest has to be written with again: its own, else that of the response.
///
/// # Errors
/// As [`content`].
pub(super) fn media_type(body: &[u8], content_type: Option<&str>) -> Result<String, String> {
    parse(body, content_type).map(|(_, media_type)| media_type)
}

/// Whether a header `Content-Type` is that of a manifest or index.
pub(super) fn is_manifest(content_type: &str) -> bool {
    let media_type = essence(content_type).to_ascii_lowercase();
    matches!(&*media_type, OCI_INDEX | DOCKER_INDEX | OCI_MANIFEST | DOCKER_MANIFEST)
}

/// A header `Content-Type` without its parameters.
fn essence(content_type: &str) -> &str {
    content_type.split(';').next().unwrap_or_default().trim()
}

fn parse(body: &[u8], content_type: Option<&str>) -> Result<(Manifest, String), String> {
    let header = content_type.map(essence).unwrap_or_default();
    let manifest: Manifest = serde_json::from_slice(body).map_err(|error| {
        let what = if header.is_empty() { String::new() } else { format!(", but {header}") };
        format!("something that is not a manifest{what}: {error}")
    })?;
    let media_type = manifest.media_type.clone().unwrap_or_else(|| header.to_ascii_lowercase());
    match &*media_type {
        OCI_INDEX | DOCKER_INDEX | OCI_MANIFEST | DOCKER_MANIFEST => Ok((manifest, media_type)),
        "" => Err("a manifest without a media type".to_owned()),
        other => Err(format!("a manifest of the unknown type {other}")),
    }
}

#[derive(Deserialize)]
struct Configuration {
    config: Option<RunConfiguration>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RunConfiguration {
    labels: Option<BTreeMap<String, Option<String>>>,
}

/// The label of the revision in an image's configuration; empty if there is none.
///
/// # Errors
/// It is no configuration.
pub(super) fn revision(configuration: &[u8]) -> Result<String, String> {
    let read: Configuration = serde_json::from_slice(configuration)
        .map_err(|error| format!("something that is not the configuration of an image: {error}"))?;
    let mut labels = read.config.and_then(|config| config.labels).unwrap_or_default();
    Ok(labels.remove(REVISION).flatten().unwrap_or_default())
}

/// What the labels of all platforms of an image say together.
pub(super) fn agreed(mut revisions: Vec<String>) -> Revision {
    revisions.sort();
    revisions.dedup();
    match revisions.as_slice() {
        [] => Revision::Unlabelled,
        [only] if only.is_empty() => Revision::Unlabelled,
        [only] => Revision::Commit(only.clone()),
        _ => Revision::Different(revisions),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(digit: char) -> Digest {
        format!("sha256:{}", digit.to_string().repeat(64)).parse().unwrap()
    }

    #[test]
    fn a_manifest_names_its_configuration() {
        for media_type in [OCI_MANIFEST, DOCKER_MANIFEST] {
            let body =
                format!(r#"{{"schemaVersion":2,"config":{{"digest":"{}"}},"layers":[]}}"#, digest('a'));
            let typed = format!("{media_type}; charset=utf-8");
            assert_eq!(content(body.as_bytes(), Some(&typed)), Ok(Content::Image(digest('a'))));
            assert_eq!(self::media_type(body.as_bytes(), Some(&typed)).as_deref(), Ok(media_type));
            let own = body.replacen('{', &format!(r#"{{"mediaType":"{media_type}","#), 1);
            // What the manifest says of itself is covered by its digest.
            for header in [None, Some("text/plain"), Some(media_type)] {
                assert_eq!(content(own.as_bytes(), header), Ok(Content::Image(digest('a'))), "{header:?}");
            }
        }
    }

    #[test]
    fn an_index_names_its_platforms_and_no_attestation() {
        let body = format!(
            r#"{{"mediaType":"{OCI_INDEX}","manifests":[
                {{"digest":"{}","platform":{{"os":"linux","architecture":"amd64"}}}},
                {{"digest":"{}","platform":{{"os":"linux","architecture":"arm64","variant":"v8"}},"annotations":{{}}}},
                {{"digest":"{}","platform":{{"os":"unknown","architecture":"unknown"}}}},
                {{"digest":"{}","annotations":{{"{REFERENCE_TYPE}":"attestation-manifest"}}}}]}}"#,
            digest('a'),
            digest('b'),
            digest('c'),
            digest('d')
        );
        assert_eq!(content(body.as_bytes(), None), Ok(Content::Index(vec![digest('a'), digest('b')])));
    }

    #[test]
    fn anything_else_is_refused() {
        for (body, content_type, expected) in [
            ("<html>", Some("text/html"), "something that is not a manifest, but text/html"),
            ("", None, "something that is not a manifest"),
            ("[]", Some(OCI_MANIFEST), "something that is not a manifest"),
            ("{}", Some(OCI_MANIFEST), "a manifest without a configuration"),
            ("{}", None, "a manifest without a media type"),
            ("{}", Some("application/json"), "a manifest of the unknown type application/json"),
            (
                r#"{"config":{"digest":"md5:0"}}"#,
                Some(OCI_MANIFEST),
                "a manifest in which 'md5:0' is not a digest",
            ),
        ] {
            let error = content(body.as_bytes(), content_type).unwrap_err();
            assert!(error.starts_with(expected), "{body}: {error}");
        }
    }

    #[test]
    fn a_configuration_has_labels() {
        for (configuration, expected) in [
            (format!(r#"{{"config":{{"Labels":{{"{REVISION}":"0f"}}}}}}"#), "0f"),
            (r#"{"config":{"Labels":{"a":"b"}}}"#.to_owned(), ""),
            (r#"{"config":{"Labels":null}}"#.to_owned(), ""),
            (r#"{"config":{}}"#.to_owned(), ""),
            (r#"{"config":null,"os":"linux"}"#.to_owned(), ""),
            ("{}".to_owned(), ""),
        ] {
            assert_eq!(revision(configuration.as_bytes()).as_deref(), Ok(expected), "{configuration}");
        }
        assert!(revision(b"<html>").is_err());
    }

    #[test]
    fn all_platforms_must_agree() {
        let of = |revisions: &[&str]| agreed(revisions.iter().map(|&text| text.to_owned()).collect());
        assert_eq!(of(&[]), Revision::Unlabelled);
        assert_eq!(of(&["", ""]), Revision::Unlabelled);
        assert_eq!(of(&["a", "a"]), Revision::Commit("a".to_owned()));
        assert_eq!(of(&["b", "a", "b"]), Revision::Different(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(of(&["b", ""]), Revision::Different(vec![String::new(), "b".to_owned()]));
    }

    #[test]
    fn a_header_says_whether_it_is_a_manifest() {
        assert!(
            is_manifest(OCI_INDEX)
                && is_manifest("Application/vnd.oci.image.manifest.v1+json; charset=utf-8")
        );
        assert!(!is_manifest("text/html") && !is_manifest("application/json") && !is_manifest(""));
    }
}
