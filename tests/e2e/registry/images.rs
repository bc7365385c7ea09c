//! Made images: one layer, a configuration with labels, a manifest; and indexes of them, as BuildKit writes them.

use imgver::domain::Digest;
use serde_json::{Value, json};

pub(crate) const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
pub(crate) const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// The label that says of which commit an image is.
pub(crate) const REVISION: &str = "org.opencontainers.image.revision";

/// Content, and what it is called.
#[derive(Debug, Clone)]
pub(crate) struct Blob {
    pub(crate) media_type: &'static str,
    pub(crate) bytes: Vec<u8>,
}

impl Blob {
    fn json(media_type: &'static str, value: &Value) -> Self {
        Blob { media_type, bytes: value.to_string().into_bytes() }
    }

    pub(crate) fn digest(&self) -> String {
        Digest::of(&self.bytes).to_string()
    }

    fn descriptor(&self) -> Value {
        json!({ "mediaType": self.media_type, "digest": self.digest(), "size": self.bytes.len() })
    }
}

/// An image for one platform.
pub(crate) struct MadeImage {
    pub(crate) layer: Blob,
    pub(crate) configuration: Blob,
    pub(crate) manifest: Blob,
}

impl MadeImage {
    /// An image for linux on `architecture`. The same labels make the same bytes.
    pub(crate) fn new(architecture: &str, labels: &[(&str, &str)]) -> Self {
        let labels: serde_json::Map<String, Value> =
            labels.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        let layer = Blob {
            media_type: "application/vnd.oci.image.layer.v1.tar+gzip",
            bytes: b"not even an archive".to_vec(),
        };
        let configuration = Blob::json(
            "application/vnd.oci.image.config.v1+json",
            &json!({
                "architecture": architecture,
                "os": "linux",
                "config": { "Labels": labels },
                "rootfs": { "type": "layers", "diff_ids": [layer.digest()] },
            }),
        );
        let manifest = Blob::json(
            OCI_MANIFEST,
            &json!({
                "schemaVersion": 2,
                "mediaType": OCI_MANIFEST,
                "config": configuration.descriptor(),
                "layers": [layer.descriptor()],
            }),
        );
        MadeImage { layer, configuration, manifest }
    }
}

/// An index of `images`, each for its architecture and with an attestation.
pub(crate) fn index(images: &[(&str, MadeImage)], attestation: &MadeImage) -> Blob {
    let platforms = images.iter().map(|(architecture, image)| {
        let mut descriptor = image.manifest.descriptor();
        descriptor["platform"] = json!({ "os": "linux", "architecture": architecture });
        descriptor
    });
    let attestations = images.iter().map(|(_, image)| {
        let mut descriptor = attestation.manifest.descriptor();
        descriptor["platform"] = json!({ "os": "unknown", "architecture": "unknown" });
        descriptor["annotations"] = json!({
            "vnd.docker.reference.type": "attestation-manifest",
            "vnd.docker.reference.digest": image.manifest.digest(),
        });
        descriptor
    });
    let manifests: Vec<Value> = platforms.chain(attestations).collect();
    Blob::json(OCI_INDEX, &json!({ "schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": manifests }))
}
