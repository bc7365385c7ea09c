//! The version of buildx, as far as it decides how images are copied.

/// The buildx that docker has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Buildx {
    /// Its major and minor version; none if it does not say.
    version: Option<(u64, u64)>,
}

/// The first that puts what an index refers to under digests, and the tag on nothing but the index
/// (<https://github.com/docker/buildx/pull/2955>).
const TAGS_LAST: (u64, u64) = (0, 22);

impl Buildx {
    /// Reads the answer of `docker buildx version`: `github.com/docker/buildx v0.30.1 9e66234`, or `0.13.1+ds1` where Debian built
    /// it.
    pub(super) fn parse(answer: &str) -> Self {
        let version = |word: &str| {
            let mut numbers = word.strip_prefix('v').unwrap_or(word).split('.');
            let major = numbers.next()?.parse().ok()?;
            let minor = numbers.next()?.parse().ok()?;
            numbers.next().map(|_| (major, minor))
        };
        Buildx { version: answer.split_whitespace().find_map(version) }
    }

    /// Whether `imagetools create` sets the tag of a copy once, when all of it is there. Others, and those that do not say which
    /// version they are, may put each image of an index under the tag before the index itself.
    pub fn tags_last(self) -> bool {
        self.version.is_some_and(|version| version >= TAGS_LAST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_left_to_a_buildx_that_sets_it_last() {
        for (answer, expected) in [
            ("github.com/docker/buildx v0.30.1 9e66234aa13328a5e75b75aa5574e1ca6d6d9c01\n", true),
            ("github.com/docker/buildx v0.22.0 18ccba072076ddbfb0aeedd6746d7719b0729b58\n", true),
            ("github.com/docker/buildx v0.29.1-desktop.1 2f4e1e6", true),
            ("github.com/docker/buildx 0.30.1+ds1 0.30.1+ds1-1", true),
            ("github.com/docker/buildx v1.0.0 abc", true),
            ("github.com/docker/buildx v0.21.3 abc", false),
            ("github.com/docker/buildx v0.9.1 abc", false),
            ("github.com/docker/buildx 0.13.1+ds1 0.13.1+ds1-3\n", false),
            ("github.com/docker/buildx 0.0.0+unknown ", false),
            ("github.com/docker/buildx 9e66234", false),
            ("github.com/docker/buildx v0.x.y", false),
            ("buildx", false),
            ("", false),
        ] {
            assert_eq!(Buildx::parse(answer).tags_last(), expected, "{answer}");
        }
    }
}
