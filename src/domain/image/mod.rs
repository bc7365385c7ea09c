//! Image references: `REPOSITORY:TAG`.
//!
//! The grammar is that of the OCI distribution project's
//! [`reference` package](https://github.com/distribution/reference/blob/main/regexp.go), which publishes it as regular
//! expressions; docker, buildx and containerd all parse references with it.

mod repository;
mod tag;
mod template;
mod version;

use std::fmt;

pub use repository::{ImageRepository, ImageRepositoryError, is_registry_name};
pub use tag::{ImageTag, ImageTagError};
pub use template::{ImageTemplate, ImageTemplateError};
pub use version::{ImageVersion, VersionMaker};

/// The label that names the commit that an image is built from (the OCI image specification's "Annotations").
pub const REVISION: &str = "org.opencontainers.image.revision";

/// One image of a repository. Displays as `REPOSITORY:TAG`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    /// Where the image is stored.
    pub repository: ImageRepository,
    /// Which image it is.
    pub tag: ImageTag,
}

impl Reference {
    /// Splits `text` at the colon of its tag into a repository and a tag, without checking either. A single word is a tag;
    /// there is no tag where only a repository is named.
    ///
    /// A digest (`@sha256:…`) is dropped: it says what the tag pointed at when somebody looked.
    pub fn split(text: &str) -> (Option<&str>, Option<&str>) {
        let named = text.split_once('@').map_or(text, |(named, _)| named);
        // A colon before the last slash belongs to the registry's port.
        let last = named.rfind('/').map_or(0, |slash| slash + 1);
        match named.get(last..).and_then(|last| last.rfind(':')).map(|colon| named.split_at(last + colon)) {
            Some((repository, tag)) => (Some(repository), tag.strip_prefix(':')),
            None if last > 0 => (Some(named), None),
            None => (None, Some(named)),
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.repository, self.tag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn references_are_split() {
        for (reference, repository, tag) in [
            ("1.0.9", None, Some("1.0.9")),
            ("api:1.0.9", Some("api"), Some("1.0.9")),
            ("team/api:1.0.9", Some("team/api"), Some("1.0.9")),
            ("localhost:5000/team/api:1.0.9", Some("localhost:5000/team/api"), Some("1.0.9")),
            ("localhost:5000/team/api", Some("localhost:5000/team/api"), None),
            ("team/api:1.0.9@sha256:00ff", Some("team/api"), Some("1.0.9")),
            ("team/api@sha256:00ff", Some("team/api"), None),
            ("", None, Some("")),
            ("team/api:", Some("team/api"), Some("")),
        ] {
            assert_eq!(Reference::split(reference), (repository, tag), "{reference}");
        }
    }

    proptest! {
        #[test]
        fn a_displayed_reference_is_split_again(
            repository in "([a-z]{1,3}(\\.[a-z]{1,3}|:[0-9]{1,4})/)?[a-z]{1,3}(/[a-z]{1,3}){0,2}", tag in "[a-z0-9_.-]{0,9}",
        ) {
            if let (Ok(repository), Ok(tag)) = (repository.parse(), tag.parse()) {
                let reference = Reference { repository, tag };
                let text = reference.to_string();
                let (repository, tag) = Reference::split(&text);
                prop_assert_eq!(repository.and_then(|text| text.parse().ok()), Some(reference.repository));
                prop_assert_eq!(tag.and_then(|text| text.parse().ok()), Some(reference.tag));
            }
        }

        #[test]
        fn no_text_panics(text in "(\\PC|[0-9]{1,5}|[-.:/@]|dirty){0,12}") {
            let _ = Reference::split(&text);
        }
    }
}
