//! How a registry wants to be told who asks (`WWW-Authenticate`, RFC 9110).

use http_auth::{ChallengeRef, parse_challenges};

/// A challenge that can be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Challenge {
    /// A token of a token server (Docker's token authentication specification).
    Bearer {
        /// The token server's URL.
        realm: String,
        /// What the token server knows the registry as.
        service: Option<String>,
        /// What the token must allow.
        scope: Option<String>,
    },
    /// A user name and a password.
    Basic,
}

impl Challenge {
    /// The best challenge of a response with these `WWW-Authenticate` headers; none if none of them can be answered.
    pub(super) fn best<'h>(headers: impl Iterator<Item = &'h str>) -> Option<Self> {
        let challenges: Vec<ChallengeRef<'_>> =
            headers.flat_map(|header| parse_challenges(header).unwrap_or_default()).collect();
        let bearer = challenges.iter().find_map(bearer);
        let is_basic = |challenge: &ChallengeRef<'_>| challenge.scheme.eq_ignore_ascii_case("Basic");
        bearer.or_else(|| challenges.iter().any(is_basic).then_some(Challenge::Basic))
    }
}

fn bearer(challenge: &ChallengeRef<'_>) -> Option<Challenge> {
    if !challenge.scheme.eq_ignore_ascii_case("Bearer") {
        return None;
    }
    let parameter = |name: &str| {
        let found = challenge.params.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.to_unescaped()).filter(|value| !value.is_empty())
    };
    Some(Challenge::Bearer {
        realm: parameter("realm")?,
        service: parameter("service"),
        scope: parameter("scope"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn best(headers: &[&str]) -> Option<Challenge> {
        Challenge::best(headers.iter().copied())
    }

    fn bearer(service: Option<&str>, scope: Option<&str>) -> Option<Challenge> {
        let owned = |value: Option<&str>| value.map(ToOwned::to_owned);
        let realm = "https://auth.example/token".to_owned();
        Some(Challenge::Bearer { realm, service: owned(service), scope: owned(scope) })
    }

    #[test]
    fn a_token_may_be_wanted() {
        for (header, expected) in [
            (
                r#"Bearer realm="https://auth.example/token",service="registry",scope="repository:a/b:pull,push""#,
                bearer(Some("registry"), Some("repository:a/b:pull,push")),
            ),
            (
                r#"bearer scope="x y", REALM="https://auth.example/token", error="invalid_token""#,
                bearer(None, Some("x y")),
            ),
            (r#"Bearer realm="https:\/\/auth.example/token",service="""#, bearer(None, None)),
            (r#"Bearer service="registry""#, None),
            ("Bearer", None),
        ] {
            assert_eq!(best(&[header]), expected, "{header}");
        }
    }

    #[test]
    fn a_token_is_better_than_a_password() {
        let (basic, token) = (r#"Basic realm="x""#, r#"Bearer realm="https://auth.example/token""#);
        assert_eq!(best(&[basic]), Some(Challenge::Basic));
        assert_eq!(best(&[basic, token]), bearer(None, None));
        assert_eq!(best(&[&format!("{basic}, {token}")]), bearer(None, None));
    }

    #[test]
    fn what_cannot_be_answered_is_no_challenge() {
        for headers in [&[][..], &[""], &["Digest realm=\"x\", nonce=\"y\""], &["Negotiate"], &["=,=\""]] {
            assert_eq!(best(headers), None, "{headers:?}");
        }
    }
}
