//! Platforms, as docker spells them: `linux/amd64`, `linux/arm/v7`.

use std::fmt;
use std::str::FromStr;

/// What an image runs on: `OS/ARCH` or `OS/ARCH/VARIANT`; one word is either of the first two and left to docker, as
/// is `local`. After the platform grammar of containerd, without its operating system versions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Platform(String);

/// Why a text is not a [`Platform`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlatformError(String);

impl Platform {
    /// The platform as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `OS/ARCH` without the variant; none where one of them is left to docker.
    pub fn os_and_architecture(&self) -> Option<&str> {
        let slash = self.0.find('/')?;
        let end = self.0.match_indices('/').map(|(at, _)| at).find(|at| *at > slash);
        self.0.get(..end.unwrap_or(self.0.len()))
    }
}

impl FromStr for Platform {
    type Err = PlatformError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_word = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
        };
        let fits = text.split('/').all(is_word) && text.split('/').count() <= 3 && !text.starts_with('-');
        if fits { Ok(Platform(text.to_owned())) } else { Err(PlatformError(text.to_owned())) }
    }
}

impl fmt::Display for PlatformError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}' is not a platform: OS/ARCH or OS/ARCH/VARIANT is expected, e.g. linux/arm64", self.0)
    }
}

impl std::error::Error for PlatformError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platforms_follow_their_grammar() {
        for text in ["linux/amd64", "linux/arm/v7", "arm64", "local", "windows/amd64"] {
            assert_eq!(text.parse::<Platform>().map(|platform| platform.0), Ok(text.to_owned()));
        }
        for text in ["", "/", "linux/", "linux//v7", "linux/arm/v7/x", "linux/arm64,linux/amd64", "-x", "a b"]
        {
            assert_eq!(text.parse::<Platform>(), Err(PlatformError(text.to_owned())));
        }
    }

    #[test]
    fn a_variant_is_not_part_of_the_architecture() {
        let base = |text: &str| {
            let platform: Platform = text.parse().unwrap();
            platform.os_and_architecture().map(ToOwned::to_owned)
        };
        assert_eq!(base("linux/arm/v7").as_deref(), Some("linux/arm"));
        assert_eq!(base("linux/arm64").as_deref(), Some("linux/arm64"));
        assert_eq!(base("arm64"), None);
    }
}
