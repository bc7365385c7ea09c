//! A registry behind HTTPS. It has a name that does not exist, since loopback is plain HTTP, and is reached through a proxy.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::http::tunnel;
use super::server::Registry;
use super::services;

const HOST: &str = "registry.invalid";

/// The certificate of an authority, and that of a server and its key, which the authority has signed.
struct Certificates {
    directory: TempDir,
}

impl Certificates {
    fn new() -> Self {
        let certificates = Certificates { directory: TempDir::new().expect("create a temporary directory") };
        certificates.make("-subj /CN=authority -keyout authority.key -out authority.pem");
        certificates.make(&format!(
            "-subj /CN={HOST} -addext subjectAltName=DNS:{HOST} -addext basicConstraints=critical,CA:FALSE \
             -CA authority.pem -CAkey authority.key -keyout server.key -out server.pem"
        ));
        certificates
    }

    fn make(&self, arguments: &str) {
        let made = Command::new("openssl")
            .args("req -x509 -newkey rsa:2048 -nodes -days 2".split(' ').chain(arguments.split(' ')))
            .current_dir(self.directory.path())
            .output()
            .expect("run openssl");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn a_certificate_must_be_trusted_and_of_the_registry() {
    let certificates = Certificates::new();
    let registry =
        Registry::with_certificate(&certificates.path("server.pem"), &certificates.path("server.key"));
    let proxy = format!("http://{}", tunnel(registry.address()));
    let list = |host: &str, trusted: Option<&Path>| {
        let repo = services(host, &["api"]);
        let run = repo.imgver(["list", "--registry"]).env("HTTPS_PROXY", &proxy);
        trusted.into_iter().fold(run, |run, file| run.env("SSL_CERT_FILE", file)).run()
    };
    let authority = certificates.path("authority.pem");
    assert!(list(HOST, Some(&authority)).text().contains("missing"));

    let unknown = list(HOST, None).fails(8).to_owned();
    for part in [HOST, "its certificate is of an authority that this system does not trust", "SSL_CERT_FILE"]
    {
        assert!(unknown.contains(part), "{unknown}");
    }
    let other = list("other.invalid", Some(&authority)).fails(8).to_owned();
    for part in ["other.invalid", "certificate", "check the registry's name"] {
        assert!(other.contains(part), "{other}");
    }
}
