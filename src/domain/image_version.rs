//! What the tag of an image says of the commit it was made from.

use super::Version;

/// The version in an image's tag, in one of the forms that imgver makes: `1.0.9`, `1.0.9-0047-188f7a2`, either with
/// `-dirty` behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImageVersion<'t> {
    /// The version as it is written, without `-dirty`.
    pub text: &'t str,
    /// The release in it.
    pub base: Version,
    /// Distance and abbreviated commit, where it has them.
    pub position: Option<(u64, &'t str)>,
    /// Whether there were uncommitted changes.
    pub dirty: bool,
}

impl<'t> ImageVersion<'t> {
    /// `text` as such a version, if it is one.
    pub fn parse(text: &'t str) -> Option<Self> {
        let (text, dirty) = text.strip_suffix("-dirty").map_or((text, false), |clean| (clean, true));
        let mut parts = text.split('-');
        let base = Version::parse(parts.next()?)?;
        let position = match (parts.next(), parts.next(), parts.next()) {
            (None, ..) => None,
            (Some(distance), Some(commit), None) => Some((count(distance)?, commit_digits(commit)?)),
            _ => return None,
        };
        Some(ImageVersion { text, base, position, dirty })
    }
}

/// A distance, padded to four digits at least.
fn count(text: &str) -> Option<u64> {
    let is_padded = text.len() >= 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_padded)
}

/// The first digits of a commit, as git writes them: four at least, in lower case.
fn commit_digits(text: &str) -> Option<&str> {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    ((4..=64).contains(&text.len()) && text.bytes().all(is_digit)).then_some(text)
}

/// The repository and the tag of an image reference; no repository where `reference` is a tag alone, no tag where it has
/// none. A digest behind it (`@sha256:…`) is left out: it names what the tag was when somebody looked.
pub fn split_reference(reference: &str) -> (Option<&str>, Option<&str>) {
    let named = reference.split_once('@').map_or(reference, |(named, _)| named);
    let last = named.rfind('/').map_or(0, |slash| slash + 1);
    match named.get(last..).and_then(|last| last.rfind(':')).map(|colon| named.split_at(last + colon)) {
        Some((repository, tag)) => (Some(repository), tag.strip_prefix(':')),
        None if last > 0 => (Some(named), None),
        None => (None, Some(named)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_forms_that_imgver_makes_are_read() {
        let parsed = |text| {
            let ImageVersion { text, base, position, dirty } = ImageVersion::parse(text)?;
            Some((text, base.to_string(), position, dirty))
        };
        assert_eq!(parsed("1.0.9"), Some(("1.0.9", "1.0.9".to_owned(), None, false)));
        assert_eq!(parsed("1.0.9-dirty"), Some(("1.0.9", "1.0.9".to_owned(), None, true)));
        let long = "1.0.9-0047-188f7a2";
        assert_eq!(parsed(long), Some((long, "1.0.9".to_owned(), Some((47, "188f7a2")), false)));
        assert_eq!(parsed("1.0.9-12345-188f-dirty").map(|parsed| parsed.2), Some(Some((12345, "188f"))));
        for text in [
            "",
            "latest",
            "v1.0.9",
            "1.0",
            "1.0.9-",
            "1.0.9-0047",
            "1.0.9-47-188f7a2",
            "1.0.9-0047-188",
            "1.0.9-0047-188F7A2",
            "1.0.9-0047-188f7a2-dirty-dirty",
            "1.0.9-0047-188f7a2-x",
            "1.0.9-99999999999999999999999-188f7a2",
        ] {
            assert_eq!(parsed(text), None, "{text}");
        }
    }

    #[test]
    fn references_are_taken_apart() {
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
            assert_eq!(split_reference(reference), (repository, tag), "{reference}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(\\PC|[0-9]{1,5}|[-.:/@]|dirty){0,12}") {
            let _ = ImageVersion::parse(&text);
            let _ = split_reference(&text);
        }
    }
}
