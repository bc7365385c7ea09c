//! A token server, as Docker's token authentication specification has it, whose tokens the real registry accepts.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde_json::json;
use tempfile::TempDir;

use super::http::{Reply, Request, Response, serve};
use super::server::{PASSWORD, USER};

/// A token server, which serves until the test program ends. [`USER`] gets all that is asked for; so does who has
/// [`TokenServer::IDENTITY`]. Anybody may pull what is below `public/`.
pub(super) struct TokenServer {
    address: String,
    signer: Arc<Signer>,
}

/// What signs tokens, and keeps them: openssl takes longer than any token server.
pub(super) struct Signer {
    directory: TempDir,
    signed: Mutex<BTreeMap<String, String>>,
}

impl TokenServer {
    /// What it knows the registry as.
    pub(super) const SERVICE: &str = "registry of a test";
    /// Who it is.
    pub(super) const ISSUER: &str = "token server of a test";
    /// A token that others are given for.
    pub(super) const IDENTITY: &str = "an identity token & more";

    /// Starts it.
    pub(super) fn start() -> Self {
        let signer = Arc::new(Signer::new());
        let own = Arc::clone(&signer);
        let address = serve(move |request| Reply::With(answer(&own, &request)));
        TokenServer { address, signer }
    }

    /// Its host and port.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// The certificate that registries check tokens with.
    pub(super) fn certificate(&self) -> PathBuf {
        self.signer.path("certificate.pem")
    }

    /// What signs its tokens.
    pub(super) fn signer(&self) -> Arc<Signer> {
        Arc::clone(&self.signer)
    }
}

impl Signer {
    fn new() -> Self {
        let signer = Signer {
            directory: TempDir::new().expect("create a temporary directory"),
            signed: Mutex::default(),
        };
        let (key, certificate) = (signer.path("key.pem"), signer.path("certificate.pem"));
        let arguments = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=test -keyout";
        let made = Command::new("openssl")
            .args(arguments.split(' '))
            .arg(&key)
            .arg("-out")
            .arg(&certificate)
            .output()
            .expect("run openssl");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        signer
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// A token for `subject` that allows these actions of these repositories: a JSON web token with its certificate (RFC 7515, 7519).
    pub(super) fn token(&self, subject: &str, access: &[(&str, &[&str])]) -> String {
        let key = format!("{subject} {access:?}");
        if let Some(signed) = self.signed.lock().unwrap().get(&key) {
            return signed.clone();
        }
        let signed = self.sign(subject, access);
        self.signed.lock().unwrap().insert(key, signed.clone());
        signed
    }

    fn sign(&self, subject: &str, access: &[(&str, &[&str])]) -> String {
        let pem = fs::read_to_string(self.path("certificate.pem")).expect("read the certificate");
        let certificate: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
        let access: Vec<_> = access
            .iter()
            .map(|(name, actions)| json!({ "type": "repository", "name": name, "actions": actions }))
            .collect();
        let header = json!({ "typ": "JWT", "alg": "RS256", "x5c": [certificate] });
        let claims = json!({
            "iss": TokenServer::ISSUER,
            "aud": TokenServer::SERVICE,
            "sub": subject,
            "iat": now,
            "nbf": now - 10,
            "exp": now + 300,
            "jti": format!("{now}"),
            "access": access,
        });
        let part = |text: String| BASE64_URL_SAFE_NO_PAD.encode(text);
        let signed = format!("{}.{}", part(header.to_string()), part(claims.to_string()));
        let signature = sign(&self.path("key.pem"), signed.as_bytes());
        format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
    }
}

fn sign(key: &Path, bytes: &[u8]) -> Vec<u8> {
    let mut openssl = Command::new("openssl")
        .args(["dgst", "-sha256", "-sign"])
        .arg(key)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("run openssl");
    openssl.stdin.take().expect("stdin is piped").write_all(bytes).expect("give openssl the token");
    openssl.wait_with_output().expect("openssl ends").stdout
}

fn answer(signer: &Signer, request: &Request) -> Response {
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    let form = match &*request.method {
        "GET" => query.to_owned(),
        "POST" => String::from_utf8_lossy(&request.body).into_owned(),
        _ => return Response::new(405, "text/plain", ""),
    };
    let value = |name: &str| {
        let pairs = form.split('&').filter_map(|pair| pair.split_once('='));
        pairs.into_iter().find(|(known, _)| *known == name).map(|(_, value)| decoded(value))
    };
    if path != "/token" || value("service").as_deref() != Some(TokenServer::SERVICE) {
        return Response::new(400, "application/json", r#"{"details":"no such service"}"#);
    }
    let basic = format!("Basic {}", BASE64_STANDARD.encode(format!("{USER}:{PASSWORD}")));
    let is_known = match request.header("Authorization") {
        Some(authorization) if authorization == basic => true,
        None if request.method == "POST" => {
            value("grant_type").as_deref() == Some("refresh_token")
                && value("refresh_token").as_deref() == Some(TokenServer::IDENTITY)
        }
        None => false,
        Some(_) => return denied(),
    };
    if request.method == "POST" && !is_known {
        return denied();
    }
    let scope = value("scope").unwrap_or_default();
    let parts: Vec<&str> = scope.splitn(3, ':').collect();
    let ["repository", name, actions] = parts[..] else { return Response::new(400, "text/plain", scope) };
    let actions: Vec<&str> = match (is_known, name.starts_with("public/")) {
        (true, _) => actions.split(',').collect(),
        (false, true) => actions.split(',').filter(|action| *action == "pull").collect(),
        // As Docker Hub does: a token that allows nothing.
        (false, false) => Vec::new(),
    };
    let token = signer.token(if is_known { USER } else { "" }, &[(name, &actions)]);
    // Both names are in use.
    let name = if request.method == "POST" { "access_token" } else { "token" };
    Response::new(200, "application/json", json!({ name: token, "expires_in": 300 }).to_string())
}

fn denied() -> Response {
    let body = r#"{"errors":[{"code":"UNAUTHORIZED","message":"incorrect username or password"}]}"#;
    Response::new(401, "application/json", body)
}

/// `text` without percent-encoding.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next(), rest.next()].map(|digit| char::from(digit.expect("two digits")));
                u8::from_str_radix(&digits.iter().collect::<String>(), 16).expect("hexadecimal digits")
            }
            other => other,
        });
    }
    String::from_utf8(bytes).expect("UTF-8")
}
