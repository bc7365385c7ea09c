//! The digest of content in a registry.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use regex::Regex;
use sha2::{Digest as _, Sha256, Sha512};

use super::compile;

/// Both registered algorithms of the OCI image specification ("Descriptors", "Digests"), with as many digits as they have.
static DIGEST: LazyLock<Regex> = LazyLock::new(|| compile("^(?:sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128})$"));

/// What names content by what it is: `sha256:` and 64 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(String);

/// Why a text is not a digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigestError(String);

impl Digest {
    /// That of `content`.
    pub fn of(content: &[u8]) -> Self {
        Digest(format!("sha256:{}", hexadecimal(&Sha256::digest(content))))
    }

    /// Whether it is that of `content`, by its own algorithm.
    pub fn is_of(&self, content: &[u8]) -> bool {
        match self.0.strip_prefix("sha512:") {
            Some(digits) => digits == hexadecimal(&Sha512::digest(content)),
            None => *self == Digest::of(content),
        }
    }

    /// The digest as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if DIGEST.is_match(text) { Ok(Digest(text.to_owned())) } else { Err(DigestError(text.to_owned())) }
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for DigestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}' is not a digest such as sha256: and 64 hexadecimal digits", self.0)
    }
}

impl std::error::Error for DigestError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_has_a_digest() {
        // FIPS 180-2, appendix B.1.
        let abc = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(Digest::of(b"abc").as_str(), abc);
        assert_eq!(abc.parse(), Ok(Digest::of(b"abc")));
        assert!(Digest::of(b"abc").is_of(b"abc"));
        assert!(!Digest::of(b"abc").is_of(b"abd"));
    }

    #[test]
    fn content_has_a_digest_of_either_algorithm() {
        // FIPS 180-2, appendix C.1.
        let abc = concat!(
            "sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a",
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
        );
        let digest: Digest = abc.parse().unwrap();
        assert!(digest.is_of(b"abc"));
        assert!(!digest.is_of(b"abd"));
    }

    #[test]
    fn other_texts_are_refused() {
        let digits = "0".repeat(64);
        for text in [
            "",
            "sha256:",
            "sha256:00",
            &digits,
            &format!("sha256:{digits}0"),
            &format!("md5:{digits}"),
            &format!("sha256:{digits}\n"),
        ] {
            assert!(text.parse::<Digest>().is_err(), "{text:?}");
        }
        assert!("SHA256:".to_owned().parse::<Digest>().is_err());
        assert!(format!("sha256:{}", "A".repeat(64)).parse::<Digest>().is_err());
    }
}
