//! The labels of an image.

use std::collections::BTreeMap;

use jiff::Timestamp;

/// The commit that an image is built from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceCommit {
    hash: String,
    time: Timestamp,
}

impl SourceCommit {
    /// A commit made at `seconds` since 1970. What lies outside the years 1970 to 9999, which only a broken clock
    /// or a forged commit does, counts as the nearest second inside them.
    pub fn new(hash: String, seconds: i64) -> Self {
        let nearest = if seconds < 0 { Timestamp::UNIX_EPOCH } else { Timestamp::MAX };
        let time = Timestamp::from_second(seconds).unwrap_or(nearest).max(Timestamp::UNIX_EPOCH);
        SourceCommit { hash, time }
    }

    /// When it was committed (RFC 3339, UTC), in whole seconds, which is all that git keeps.
    pub fn created(&self) -> String {
        format!("{:.0}", self.time)
    }

    /// When it was committed, in seconds since 1970.
    pub fn seconds(&self) -> i64 {
        self.time.as_second()
    }
}

/// The labels of an image (the OCI image specification's "Annotations", under the names it predefines).
///
/// `source` is the URL of the source code, if known.
pub fn labels(
    title: &str,
    version: &str,
    commit: &SourceCommit,
    source: Option<&str>,
) -> BTreeMap<String, String> {
    let label = |name: &str, value: &str| (format!("org.opencontainers.image.{name}"), value.to_owned());
    let known = [
        label("title", title),
        label("version", version),
        label("revision", &commit.hash),
        label("created", &commit.created()),
    ];
    known.into_iter().chain(source.map(|source| label("source", source))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_those_of_the_commit() {
        let commit = SourceCommit::new("188f7a2".to_owned(), 1_700_000_000);
        let labels = labels("api", "1.0.9", &commit, Some("https://example.org/team/repo"));
        let lines: Vec<String> = labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(
            lines,
            [
                "org.opencontainers.image.created=2023-11-14T22:13:20Z",
                "org.opencontainers.image.revision=188f7a2",
                "org.opencontainers.image.source=https://example.org/team/repo",
                "org.opencontainers.image.title=api",
                "org.opencontainers.image.version=1.0.9",
            ]
        );
    }

    #[test]
    fn times_outside_the_calendar_are_the_nearest_inside() {
        let created = |seconds| {
            let labels = labels("", "", &SourceCommit::new(String::new(), seconds), None);
            labels.get("org.opencontainers.image.created").cloned().unwrap_or_default()
        };
        assert_eq!(created(i64::MIN), "1970-01-01T00:00:00Z");
        assert_eq!(created(-1), "1970-01-01T00:00:00Z");
        assert!(created(i64::MAX).starts_with("9999-12-3"), "{}", created(i64::MAX));
        assert!(!created(i64::MAX).contains('.'));
    }
}
