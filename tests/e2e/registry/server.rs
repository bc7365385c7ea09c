//! The real registry (Debian's docker-registry), at a port of its own, with its own storage.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use tempfile::TempDir;

use super::http::{Request, Response};
use super::images::{self, Blob, MadeImage};
use super::tokens::TokenServer;

/// The user of registries that have one.
pub(crate) const USER: &str = "ada";
/// Its password.
pub(crate) const PASSWORD: &str = "s3cret";
/// A user of token servers who may read, and push nowhere.
pub(super) const READER: &str = "bob";
/// [`USER`] and the password as bcrypt has them, which is what the registry reads.
const HTPASSWD: &str = "ada:$2y$05$abcdefghijklmnopqrstuuLK7U1u6pVRmL7L1BBM2aS35PSZnDXlK\n";

type Authorize = Box<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// A registry, which ends with its last use.
pub(crate) struct Registry {
    process: Child,
    address: String,
    /// The header `Authorization` of the test's own requests about a repository.
    authorization: Authorize,
    _directory: TempDir,
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Registry {
    /// A registry that anybody may read and write.
    pub(crate) fn start() -> Self {
        Self::with(|_| String::new(), |_| None)
    }

    /// A registry that is reached by HTTPS, with this certificate and key: a test has no requests of its own.
    pub(crate) fn with_certificate(certificate: &Path, key: &Path) -> Self {
        // What goes on with the settings of HTTP.
        let tls = format!("  tls:\n    certificate: {}\n    key: {}\n", certificate.display(), key.display());
        Self::with(move |_| tls.clone(), |_| None)
    }

    /// A registry for [`USER`] with [`PASSWORD`] alone (`Basic`).
    pub(crate) fn with_password() -> Self {
        let auth = |directory: &Path| {
            let file = directory.join("htpasswd");
            fs::write(&file, HTPASSWD).expect("write the password");
            format!("auth:\n  htpasswd:\n    realm: test\n    path: {}\n", file.display())
        };
        let basic = format!("Basic {}", BASE64_STANDARD.encode(format!("{USER}:{PASSWORD}")));
        Self::with(auth, move |_| Some(basic.clone()))
    }

    /// A registry that wants tokens of `server`, whose address clients are told is `realm` (a proxy in front of it, or itself).
    pub(super) fn with_tokens(server: &TokenServer, realm: &str) -> Self {
        let auth = |_: &Path| {
            format!(
                "auth:\n  token:\n    realm: http://{realm}/token\n    service: {}\n    issuer: {}\n    rootcertbundle: {}\n",
                TokenServer::SERVICE,
                TokenServer::ISSUER,
                server.certificate().display()
            )
        };
        let signer = server.signer();
        Self::with(auth, move |repository| {
            Some(format!("Bearer {}", signer.token("test", &[(repository, &["pull", "push", "delete"])])))
        })
    }

    fn with(
        auth: impl Fn(&Path) -> String,
        authorization: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        let program = std::env::var("IMGVER_E2E_REGISTRY_PROGRAM")
            .expect("IMGVER_E2E_REGISTRY_PROGRAM: scripts/e2e --only registry sets it");
        let directory = TempDir::new().expect("create a temporary directory");
        let configuration = directory.path().join("registry.yml");
        let text = format!(
            "version: 0.1\nlog:\n  level: info\n  accesslog:\n    disabled: true\nstorage:\n  filesystem:\n    rootdirectory: \
             {}\n  delete:\n    enabled: true\nhttp:\n  addr: 127.0.0.1:0\n{}",
            directory.path().join("storage").display(),
            auth(directory.path())
        );
        fs::write(&configuration, text).expect("write the configuration");
        let mut process = Command::new(program)
            .arg("serve")
            .arg(&configuration)
            .env("OTEL_TRACES_EXPORTER", "none")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("start the registry");
        let mut lines = BufReader::new(process.stderr.take().expect("stderr is piped")).lines();
        let mut seen = Vec::new();
        let address = loop {
            let Some(Ok(line)) = lines.next() else { panic!("the registry ended: {seen:#?}") };
            if let Some((_, rest)) = line.split_once("listening on 127.0.0.1:") {
                let port: String = rest.chars().take_while(char::is_ascii_digit).collect();
                break format!("127.0.0.1:{port}");
            }
            seen.push(line);
        };
        // It must not wait for somebody to read what else it says.
        thread::spawn(move || lines.for_each(drop));
        Registry { process, address, authorization: Box::new(authorization), _directory: directory }
    }

    /// Its host and port, which references to its images begin with.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Pushes an image with `labels` as `repository:tag`, and returns its digest.
    pub(crate) fn push_image(&self, repository: &str, tag: &str, labels: &[(&str, &str)]) -> String {
        let image = MadeImage::new("amd64", labels);
        self.push_parts(repository, &image);
        self.put(repository, tag, &image.manifest)
    }

    /// Pushes an index of images for these architectures, each with its labels and an attestation, as `repository:tag`, and
    /// returns its digest.
    pub(crate) fn push_index(
        &self,
        repository: &str,
        tag: &str,
        platforms: &[(&str, &[(&str, &str)])],
    ) -> String {
        let attestation = MadeImage::new("unknown", &[("of", "an attestation")]);
        let images: Vec<(&str, MadeImage)> = platforms
            .iter()
            .map(|(architecture, labels)| (*architecture, MadeImage::new(architecture, labels)))
            .collect();
        for image in images.iter().map(|(_, image)| image).chain([&attestation]) {
            self.push_parts(repository, image);
            self.put(repository, &image.manifest.digest(), &image.manifest);
        }
        self.put(repository, tag, &images::index(&images, &attestation))
    }

    /// Puts `manifest` under `reference`, a tag or its own digest, and returns its digest.
    pub(crate) fn put(&self, repository: &str, reference: &str, manifest: &Blob) -> String {
        let put = || {
            let path = format!("/v2/{repository}/manifests/{reference}");
            let request = Request { body: manifest.bytes.clone(), ..Request::new("PUT", &path) };
            self.send(repository, request.with("Content-Type", manifest.media_type))
        };
        let mut answer = put();
        // The registry does not find content while somebody else writes the same.
        for _ in 0..20 {
            if !String::from_utf8_lossy(&answer.body).contains("MANIFEST_BLOB_UNKNOWN") {
                break;
            }
            answer = put();
        }
        assert_eq!(answer.status, 201, "{}", String::from_utf8_lossy(&answer.body));
        manifest.digest()
    }

    fn push_parts(&self, repository: &str, image: &MadeImage) {
        for blob in [&image.layer, &image.configuration] {
            let upload =
                self.send(repository, Request::new("POST", &format!("/v2/{repository}/blobs/uploads/")));
            let location = upload.header("Location").expect("an upload has a location").to_owned();
            let path =
                location.split_once("/v2/").map_or(location.clone(), |(_, rest)| format!("/v2/{rest}"));
            let request = Request {
                body: blob.bytes.clone(),
                ..Request::new("PUT", &format!("{path}&digest={}", blob.digest()))
            };
            let answer = self.send(repository, request.with("Content-Type", "application/octet-stream"));
            assert_eq!(answer.status, 201, "{}", String::from_utf8_lossy(&answer.body));
        }
    }

    /// Deletes what `repository:tag` names, under all its tags.
    pub(crate) fn delete(&self, repository: &str, tag: &str) {
        let digest = self.digest(repository, tag).expect("there is such an image");
        let request = Request::new("DELETE", &format!("/v2/{repository}/manifests/{digest}"));
        assert_eq!(self.send(repository, request).status, 202);
    }

    /// The digest that `repository:tag` names.
    pub(crate) fn digest(&self, repository: &str, tag: &str) -> Option<String> {
        let request = Request::new("HEAD", &format!("/v2/{repository}/manifests/{tag}"));
        let accept = format!("{}, {}", images::OCI_INDEX, images::OCI_MANIFEST);
        let answer = self.send(repository, request.with("Accept", &accept));
        answer.header("Docker-Content-Digest").filter(|_| answer.status == 200).map(ToOwned::to_owned)
    }

    /// The tags of `repository`, sorted.
    pub(crate) fn tags(&self, repository: &str) -> Vec<String> {
        let answer = self.send(repository, Request::new("GET", &format!("/v2/{repository}/tags/list")));
        let read: Value = serde_json::from_slice(&answer.body).expect("a list of tags");
        let mut tags: Vec<String> = serde_json::from_value(read["tags"].clone()).unwrap_or_default();
        tags.sort();
        tags
    }

    /// The digest of every tag of `repositories`: what two runs that end alike have in common.
    pub(crate) fn state(&self, repositories: &[&str]) -> BTreeMap<String, String> {
        let named = repositories.iter().flat_map(|repository| {
            let tags = self.tags(repository).into_iter();
            tags.map(move |tag| {
                let digest = self.digest(repository, &tag).expect("a tag has a digest");
                (format!("{repository}:{tag}"), digest)
            })
        });
        named.collect()
    }

    fn send(&self, repository: &str, request: Request) -> Response {
        let authorization = (self.authorization)(repository);
        let request =
            authorization.iter().fold(request, |request, value| request.with("Authorization", value));
        request.send(&self.address)
    }
}
