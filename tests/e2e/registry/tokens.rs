//! A token server, as Docker's token authentication specification has it, whose tokens the real registry accepts.

use std::collections::{BTreeMap, BTreeSet};
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
use super::server::{PASSWORD, READER, USER};

/// A token server, which serves until the test program ends. [`USER`] gets all that is asked for; so does who has
/// [`TokenServer::IDENTITY`]. [`READER`] may pull. Anybody may pull what is below `public/`.
pub(super) struct TokenServer {
    address: String,
    signer: Arc<Signer>,
    existing: Arc<Mutex<BTreeSet<String>>>,
}

/// What a token server says about a repository that does not exist to those who do not want to push, or may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hiding {
    /// The same as about any other.
    Nothing,
    /// A token that allows nothing, as Docker Hub's does.
    Token,
    /// 403, as that of ghcr.io does.
    Denial,
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
        Self::hiding(Hiding::Nothing)
    }

    /// Starts one to which no repository exists that [`TokenServer::exists`] has not named.
    pub(super) fn hiding(hiding: Hiding) -> Self {
        let (signer, existing) = (Arc::new(Signer::new()), Arc::<Mutex<BTreeSet<String>>>::default());
        let own = (Arc::clone(&signer), Arc::clone(&existing));
        let address = serve(move |request| {
            let is_hidden = |name: &str| hiding != Hiding::Nothing && !own.1.lock().unwrap().contains(name);
            Reply::With(answer(&own.0, &request, hiding, is_hidden))
        });
        TokenServer { address, signer, existing }
    }

    /// Says that there is such a repository now.
    pub(super) fn exists(&self, repository: &str) {
        self.existing.lock().unwrap().insert(repository.to_owned());
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

fn answer(signer: &Signer, request: &Request, hiding: Hiding, is_hidden: impl Fn(&str) -> bool) -> Response {
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
    let is_exchange = value("grant_type").as_deref() == Some("refresh_token")
        && value("refresh_token").as_deref() == Some(TokenServer::IDENTITY);
    let basic = |user: &str| format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{PASSWORD}")));
    let user = match request.header("Authorization") {
        Some(authorization) => match [USER, READER].into_iter().find(|user| authorization == basic(user)) {
            Some(user) => user,
            None => return denied(401, "incorrect username or password"),
        },
        None if request.method == "GET" => "",
        None if is_exchange => USER,
        None => return denied(401, "incorrect username or password"),
    };
    let scope = value("scope").unwrap_or_default();
    let parts: Vec<&str> = scope.splitn(3, ':').collect();
    let ["repository", name, actions] = parts[..] else { return Response::new(400, "text/plain", scope) };
    let mut actions: Vec<&str> = actions.split(',').collect();
    let is_about_pushing = user == USER && actions.contains(&"push");
    if user != USER {
        actions.retain(|action| *action == "pull" && (user == READER || name.starts_with("public/")));
    }
    if is_hidden(name) && !is_about_pushing {
        actions.clear();
        if hiding == Hiding::Denial {
            return denied(403, "requested access to the resource is denied");
        }
    }
    // Without actions, as Docker Hub does: a token that allows nothing.
    let token = signer.token(user, &[(name, &actions)]);
    // Both names are in use.
    let name = if request.method == "POST" { "access_token" } else { "token" };
    Response::new(200, "application/json", json!({ name: token, "expires_in": 300 }).to_string())
}

fn denied(status: u16, message: &str) -> Response {
    let code = if status == 401 { "UNAUTHORIZED" } else { "DENIED" };
    let body = json!({ "errors": [{ "code": code, "message": message }] });
    Response::new(status, "application/json", body.to_string())
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
