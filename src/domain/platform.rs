//! Platforms, as docker spells them: `linux/amd64`, `linux/arm/v7`.

use std::fmt;
use std::str::FromStr;

/// A target platform: `OS/ARCH` or `OS/ARCH/VARIANT`, in containerd's normal spelling; one word may be either of the
/// first two, which docker decides, and so is `local`. After containerd's grammar of platforms, without its operating system
/// versions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Platform(String);

/// Why a text is not a [`Platform`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlatformError(String);

impl Platform {
    /// The platform in its normal spelling.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `platforms` as docker takes a list: separated by commas.
    pub fn list(platforms: &[Platform]) -> String {
        platforms.iter().map(Platform::as_str).collect::<Vec<_>>().join(",")
    }

    /// `OS/ARCH` without the variant; none if docker decides one of them.
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
        let lower = text.to_ascii_lowercase();
        let parts: Vec<&str> = lower.split('/').collect();
        match parts.as_slice() {
            parts if !parts.iter().copied().all(is_word) || text.starts_with('-') => {
                Err(PlatformError(text.to_owned()))
            }
            [word] => Ok(Platform((*word).to_owned())),
            [os, architecture] => Ok(normal(os, architecture, "")),
            [os, architecture, variant] => Ok(normal(os, architecture, variant)),
            _ => Err(PlatformError(text.to_owned())),
        }
    }
}

/// The one spelling of a platform, after containerd's `platforms.Normalize`.
fn normal(os: &str, architecture: &str, variant: &str) -> Platform {
    let os = if os == "macos" { "darwin" } else { os };
    let (architecture, variant) = match (architecture, variant) {
        ("i386", _) => ("386", ""),
        ("amd64" | "x86_64" | "x86-64", "" | "v1") => ("amd64", ""),
        ("x86_64" | "x86-64", variant) => ("amd64", variant),
        ("arm64" | "aarch64", "" | "8" | "v8") => ("arm64", ""),
        ("aarch64", variant) => ("arm64", variant),
        ("armhf", _) | ("arm", "" | "7") => ("arm", "v7"),
        ("armel", _) | ("arm", "6") => ("arm", "v6"),
        ("arm", "5") => ("arm", "v5"),
        ("arm", "8") => ("arm", "v8"),
        other => other,
    };
    let parts = [os, architecture, variant];
    Platform(parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/"))
}

impl fmt::Display for PlatformError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "'{}' is not a valid platform: expected OS/ARCH or OS/ARCH/VARIANT, e.g. linux/arm64",
            self.0
        )
    }
}

impl std::error::Error for PlatformError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn platform(text: &str) -> Platform {
        text.parse().unwrap()
    }

    #[test]
    fn platforms_follow_their_grammar() {
        for text in ["linux/amd64", "linux/arm/v7", "arm64", "local", "windows/amd64", "linux/amd64/v3"] {
            assert_eq!(platform(text).as_str(), text);
        }
        for text in ["", "/", "linux/", "linux//v7", "linux/arm/v7/x", "linux/arm64,linux/amd64", "-x", "a b"]
        {
            assert_eq!(text.parse::<Platform>(), Err(PlatformError(text.to_owned())));
        }
    }

    #[test]
    fn each_platform_has_one_spelling() {
        for (text, normal) in [
            ("Linux/AMD64", "linux/amd64"),
            ("linux/x86_64", "linux/amd64"),
            ("linux/amd64/v1", "linux/amd64"),
            ("linux/x86-64/v2", "linux/amd64/v2"),
            ("linux/aarch64", "linux/arm64"),
            ("linux/arm64/v8", "linux/arm64"),
            ("linux/arm64/v9", "linux/arm64/v9"),
            ("linux/arm", "linux/arm/v7"),
            ("linux/arm/6", "linux/arm/v6"),
            ("linux/armhf", "linux/arm/v7"),
            ("linux/armel", "linux/arm/v6"),
            ("linux/i386", "linux/386"),
            ("macos/arm64", "darwin/arm64"),
        ] {
            assert_eq!(platform(text).as_str(), normal, "{text}");
            assert_eq!(platform(normal).as_str(), normal, "{normal}");
        }
    }

    #[test]
    fn a_variant_is_not_part_of_the_architecture() {
        assert_eq!(platform("linux/arm/v7").os_and_architecture(), Some("linux/arm"));
        assert_eq!(platform("linux/arm64").os_and_architecture(), Some("linux/arm64"));
        assert_eq!(platform("arm64").os_and_architecture(), None);
    }
}
