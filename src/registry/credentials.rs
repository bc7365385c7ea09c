//! The credentials that `docker login` and credential helpers keep.
//!
//! Docker's order, which no crate has: the helper of a registry, else the helper of all registries, else the file itself ("Credential
//! stores" in Docker's documentation; `config/configfile/file.go` and `config/credentials/` of docker/cli).

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;

use crate::display::on_one_line;
use crate::files;
use crate::programs::{Programs, end};

/// Many registries with long tokens fit into it.
const SIZE_MAX: u64 = 4 << 20;

/// What a helper says if it has none (`credentials.errCredentialsNotFoundMessage` of docker-credential-helpers).
const NOT_FOUND: &str = "credentials not found in native keychain";

/// The user name that stands for an identity token (`tokenUsername` of docker/cli).
const TOKEN_USER: &str = "<token>";

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Who asks.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Credentials {
    /// A user, or a token that is used as a password.
    Password {
        /// The user name.
        user: String,
        /// The password.
        password: String,
    },
    /// A token that a token server exchanges for others (RFC 6749, 6).
    IdentityToken(String),
}

/// Without any secret.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Credentials::Password { .. } => "Password",
            Credentials::IdentityToken(_) => "IdentityToken",
        })
    }
}

impl Credentials {
    /// The value of the header `Authorization` (RFC 7617); none for a token, which only a token server understands.
    pub(super) fn basic(&self) -> Option<String> {
        match self {
            Credentials::Password { user, password } => {
                Some(format!("Basic {}", BASE64.encode(format!("{user}:{password}"))))
            }
            Credentials::IdentityToken(_) => None,
        }
    }
}

/// The credentials for the registry that docker calls `key`, from `directory`, docker's configuration; none if there are none.
///
/// # Errors
/// The file cannot be read or is not docker's, or a helper fails. Nothing secret is in the text.
pub(super) fn find(
    key: &str,
    directory: Option<&Path>,
    programs: &Programs,
) -> Result<Option<Credentials>, String> {
    let Some(directory) = directory else { return Ok(None) };
    let path = programs.directory().join(directory).join("config.json");
    let bytes = match files::read_any(&path, SIZE_MAX) {
        Ok(bytes) => bytes,
        Err(error) if files::is_absent(&error) => return Ok(None),
        Err(error) => return Err(format!("cannot read {}: {error}", path.display())),
    };
    let config = Config::parse(&bytes).map_err(|error| format!("{}: {error}", path.display()))?;
    match config.helper(key) {
        Some(helper) => ask(helper, key, programs),
        None => config.entry(key).map_err(|error| format!("{}: {error}", path.display())),
    }
}

/// The part of docker's `config.json` that is about credentials.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Config {
    auths: Option<BTreeMap<String, Option<Entry>>>,
    creds_store: Option<String>,
    cred_helpers: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Entry {
    auth: Option<String>,
    username: Option<String>,
    password: Option<String>,
    identitytoken: Option<String>,
}

impl Config {
    fn parse(bytes: &[u8]) -> Result<Self, String> {
        // What the parser says may quote a secret.
        serde_json::from_slice(bytes).map_err(|error| {
            format!(
                "it is not a configuration of docker's (line {}, column {})",
                error.line(),
                error.column()
            )
        })
    }

    /// The helper that knows the registry `key`.
    fn helper(&self, key: &str) -> Option<&str> {
        let own = self.cred_helpers.as_ref().and_then(|helpers| helpers.get(key));
        own.or(self.creds_store.as_ref()).map(String::as_str).filter(|name| !name.is_empty())
    }

    /// What the file itself has about the registry `key`.
    fn entry(&self, key: &str) -> Result<Option<Credentials>, String> {
        let Some(auths) = &self.auths else { return Ok(None) };
        let names_it = |(named, _): &(&String, &Option<Entry>)| names(named, key);
        let found = auths.get_key_value(key).or_else(|| auths.iter().find(names_it));
        let Some((named, Some(entry))) = found else { return Ok(None) };
        entry.credentials().map_err(|why| format!("the entry of {} {why}", on_one_line(named)))
    }
}

/// Whether the key of an entry stands for the registry `key`: older versions of docker wrote URLs (`ConvertToHostname` of
/// docker/cli).
fn names(entry: &str, key: &str) -> bool {
    let rest = entry.strip_prefix("https://").or_else(|| entry.strip_prefix("http://")).unwrap_or(entry);
    let host = rest.split('/').next().unwrap_or(rest);
    if key.contains("://") {
        // Docker Hub.
        return ["docker.io", "index.docker.io", "registry-1.docker.io"].contains(&host);
    }
    host.eq_ignore_ascii_case(key)
}

impl Entry {
    fn credentials(&self) -> Result<Option<Credentials>, &'static str> {
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        if let Some(token) = given(&self.identitytoken) {
            return Ok(Some(Credentials::IdentityToken(token)));
        }
        if let Some(auth) = given(&self.auth) {
            return decode(&auth).map(Some).ok_or("is not base64 of USER:PASSWORD");
        }
        let user = given(&self.username);
        let password = self.password.clone().unwrap_or_default();
        Ok(user.map(|user| Credentials::Password { user, password }))
    }
}

fn decode(auth: &str) -> Option<Credentials> {
    let text = String::from_utf8(BASE64.decode(auth.trim()).ok()?).ok()?;
    let (user, password) = text.split_once(':').filter(|(user, _)| !user.is_empty())?;
    let password = password.trim_matches('\0').to_owned();
    Some(Credentials::Password { user: user.to_owned(), password })
}

/// Asks a credential helper (the protocol of docker-credential-helpers: the key on standard input, JSON on standard output).
fn ask(helper: &str, key: &str, programs: &Programs) -> Result<Option<Credentials>, String> {
    let name = on_one_line(&format!("docker-credential-{helper}"));
    let program =
        programs.find(&name).map_err(|error| format!("the credential helper {name} is not here: {error}"))?;
    let output = program
        .ask(&["get"], Some(key))
        .map_err(|error| format!("the credential helper {name} cannot be run: {error}"))?;
    if !output.status.success() {
        let says = |bytes: &[u8]| String::from_utf8_lossy(bytes).contains(NOT_FOUND);
        return match says(&output.stdout) || says(&output.stderr) {
            true => Ok(None),
            // Its output may have secrets in it.
            false => Err(format!("the credential helper {name} {}", end(output.status))),
        };
    }
    let answer: HelperAnswer = serde_json::from_slice(&output.stdout)
        .map_err(|_| format!("the credential helper {name} does not answer with credentials"))?;
    Ok(answer.credentials())
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct HelperAnswer {
    username: String,
    secret: String,
}

impl HelperAnswer {
    fn credentials(self) -> Option<Credentials> {
        match &*self.username {
            TOKEN_USER => Some(Credentials::IdentityToken(self.secret)),
            "" => None,
            _ => Some(Credentials::Password { user: self.username, password: self.secret }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HUB: &str = "https://index.docker.io/v1/";

    fn entry(config: &str, key: &str) -> Result<Option<Credentials>, String> {
        Config::parse(config.as_bytes()).and_then(|config| config.entry(key))
    }

    fn password(user: &str, password: &str) -> Credentials {
        Credentials::Password { user: user.to_owned(), password: password.to_owned() }
    }

    #[test]
    fn an_entry_is_found_by_what_docker_calls_the_registry() {
        for (named, key, is_found) in [
            ("registry.example", "registry.example", true),
            ("https://registry.example", "registry.example", true),
            ("https://registry.example/v1/", "registry.example", true),
            ("http://registry.example/v2/", "registry.example", true),
            ("Registry.Example", "registry.example", true),
            ("registry.example:5000", "registry.example:5000", true),
            ("https://registry.example:5000/v1/", "registry.example:5000", true),
            ("registry.example", "registry.example:5000", false),
            ("registry.example:5000", "registry.example", false),
            ("other.registry.example", "registry.example", false),
            (HUB, HUB, true),
            ("docker.io", HUB, true),
            ("index.docker.io", HUB, true),
            ("registry.example", HUB, false),
        ] {
            // ada:s3:cret
            let config = format!(r#"{{"auths": {{"{named}": {{"auth": "YWRhOnMzOmNyZXQ="}}}}}}"#);
            let expected = is_found.then(|| password("ada", "s3:cret"));
            assert_eq!(entry(&config, key), Ok(expected), "{named} {key}");
        }
    }

    #[test]
    fn an_entry_has_several_forms() {
        for (form, expected) in [
            (r#"{"auth": "YWRhOnMzOmNyZXQ"}"#, Some(password("ada", "s3:cret"))),
            (r#"{"username": "ada", "password": "x"}"#, Some(password("ada", "x"))),
            (r#"{"auth": "", "username": "ada", "password": "x"}"#, Some(password("ada", "x"))),
            (
                r#"{"auth": "YWRhOg==", "identitytoken": "t"}"#,
                Some(Credentials::IdentityToken("t".to_owned())),
            ),
            (r#"{"auth": null, "email": "a@b.example"}"#, None),
            ("{}", None),
            ("null", None),
        ] {
            let config = format!(r#"{{"auths": {{"x.example": {form}}}, "proxies": {{}}, "psFormat": ""}}"#);
            assert_eq!(entry(&config, "x.example"), Ok(expected), "{form}");
        }
        for config in ["{}", r#"{"auths": null}"#, r#"{"auths": {}}"#] {
            assert_eq!(entry(config, "x.example"), Ok(None), "{config}");
        }
    }

    #[test]
    fn no_error_tells_a_secret() {
        for (config, expected) in [
            (r#"{"auths": "s3cret"}"#, "it is not a configuration of docker's (line 1, column 18)"),
            ("s3cret", "it is not a configuration of docker's (line 1, column 1)"),
            ("", "it is not a configuration of docker's (line 1, column 0)"),
            (
                r#"{"auths": {"x.example": {"auth": "s3cret"}}}"#,
                "the entry of x.example is not base64 of USER:PASSWORD",
            ),
            (
                r#"{"auths": {"x.example": {"auth": "czNjcmV0"}}}"#,
                "the entry of x.example is not base64 of USER:PASSWORD",
            ),
        ] {
            assert_eq!(entry(config, "x.example"), Err(expected.to_owned()), "{config}");
        }
        assert_eq!(format!("{:?}", password("ada", "s3cret")), "Password");
    }

    #[test]
    fn a_registry_has_its_helper_and_all_others_have_theirs() {
        let config =
            br#"{"credsStore": "all", "credHelpers": {"x.example": "own", "none.example": ""}, "auths": {}}"#;
        let config = Config::parse(config).unwrap();
        assert_eq!(config.helper("x.example"), Some("own"));
        assert_eq!(config.helper("y.example"), Some("all"));
        assert_eq!(config.helper("none.example"), None);
        assert_eq!(Config::default().helper("x.example"), None);
    }

    #[test]
    fn a_password_is_sent_as_rfc_7617_says() {
        assert_eq!(
            password("Aladdin", "open sesame").basic().as_deref(),
            Some("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")
        );
        assert_eq!(Credentials::IdentityToken("t".to_owned()).basic(), None);
    }
}
