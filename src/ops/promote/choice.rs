//! Which image is promoted: a decision on what registries have.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{Digest, ImageRepository, ImageTag, REVISION, Reference};
use crate::error::{Error, Kind, Result};
use crate::images::ImageCopy;
use crate::ops::replacement::is_of;
use crate::registry::{Image, Revision};

/// What is looked for.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    /// The service's path.
    pub(super) service: String,
    /// The commit that the image must be labelled with.
    pub(super) commit: String,
    /// The tag that it gets.
    pub(super) tag: ImageTag,
    /// The tags that it may have, the likeliest first.
    pub(super) earlier: Vec<ImageTag>,
    /// The repositories that are searched, in order.
    pub(super) searched: Vec<ImageRepository>,
    /// The repositories in which it gets its tag, which are searched as well.
    pub(super) targets: Vec<ImageRepository>,
    /// The only image that is accepted.
    pub(super) digest: Option<Digest>,
}

/// What is promoted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chosen {
    /// The image.
    pub(super) digest: Digest,
    /// Under which name it was found.
    pub(super) found: Reference,
    /// The names that it gets.
    pub(super) copies: Vec<ImageCopy>,
    /// The names that it has already.
    pub(super) kept: Vec<Reference>,
    /// The names that a different image of the same commit has.
    pub(super) others: Vec<(Reference, Digest)>,
}

/// What was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Choice {
    /// This image.
    Chosen(Box<Chosen>),
    /// There is none; with why others were passed over, a sentence each.
    None(Vec<String>),
}

impl Wanted {
    /// Everything that registries are asked about, in the order in which images are preferred.
    pub(super) fn references(&self) -> Vec<Reference> {
        let everywhere = |tag: &ImageTag| -> Vec<Reference> {
            let reference =
                |repository: &ImageRepository| Reference { repository: repository.clone(), tag: tag.clone() };
            self.searched.iter().map(reference).collect()
        };
        self.tags().flat_map(everywhere).collect()
    }

    /// All tags that are looked for, each once.
    pub(super) fn tags(&self) -> impl Iterator<Item = &ImageTag> {
        std::iter::once(&self.tag).chain(self.earlier.iter().filter(|tag| **tag != self.tag))
    }

    /// Decides, where registries have `images`.
    ///
    /// # Errors
    /// The tag is a release or pre-release, is there, and names what is not accepted: a release is never replaced.
    pub(super) fn choose(&self, images: &BTreeMap<Reference, Image>) -> Result<Choice> {
        let mut passed_over = Vec::new();
        let mut found: Option<(Reference, &Digest)> = None;
        for reference in self.references() {
            let Some(image) = images.get(&reference) else { continue };
            match self.refusal(image) {
                None => found = found.or(Some((reference, &image.digest))),
                Some(reason) if reference.tag == self.tag && self.tag.is_release() => {
                    return Err(self.taken(&reference, &reason));
                }
                Some(reason) => passed_over.push(format!("{reference} {reason}")),
            }
        }
        let Some((found, digest)) = found else { return Ok(Choice::None(passed_over)) };
        let having = images.iter().filter(|(_, image)| image.digest == *digest);
        let holders: BTreeSet<&ImageRepository> =
            having.map(|(reference, _)| &reference.repository).collect();
        let mut chosen = Chosen {
            digest: digest.clone(),
            copies: Vec::new(),
            kept: Vec::new(),
            others: Vec::new(),
            found: found.clone(),
        };
        for repository in &self.targets {
            let target = Reference { repository: repository.clone(), tag: self.tag.clone() };
            // What is not accepted there is replaced, since the tag is no release's.
            let there = images.get(&target).filter(|image| self.refusal(image).is_none());
            match there.map(|image| &image.digest) {
                Some(there) if there == digest => chosen.kept.push(target),
                Some(there) => chosen.others.push((target, there.clone())),
                None => {
                    // Within a repository, nothing has to be copied.
                    let source = if holders.contains(repository) { repository } else { &found.repository };
                    let (source, digest) = (source.clone(), digest.clone());
                    chosen.copies.push(ImageCopy { source, digest, target, builder: None });
                }
            }
        }
        Ok(Choice::Chosen(Box::new(chosen)))
    }

    /// Why `image` is not accepted, as the end of a sentence.
    fn refusal(&self, image: &Image) -> Option<String> {
        if is_of(image, &self.commit) {
            let is_other = self.digest.as_ref().is_some_and(|digest| *digest != image.digest);
            return is_other.then(|| format!("is {}", image.digest));
        }
        Some(match &image.revision {
            Revision::Commit(commit) => format!("is an image of {commit}"),
            Revision::Unlabelled => format!("has no label {REVISION}, so its commit is unknown"),
            Revision::Different(_) => "has platforms that were built of different commits".to_owned(),
        })
    }

    /// The image that is looked for, as a part of a sentence: `of COMMIT`, `sha256:… of COMMIT`.
    pub(super) fn named(&self) -> String {
        match &self.digest {
            Some(digest) => format!("{digest} of {}", self.commit),
            None => format!("of {}", self.commit),
        }
    }

    fn taken(&self, reference: &Reference, reason: &str) -> Error {
        let wanted = self.named();
        Error::new(
            Kind::VersionRule,
            format!("cannot promote the image {wanted}: {reference} is there and {reason}"),
        )
            .hint("a release is never replaced; if the image there is wrong, delete it in the registry, or release another version")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMIT: &str = "1111111111111111111111111111111111111111";
    const OTHER: &str = "2222222222222222222222222222222222222222";

    fn reference(text: &str) -> Reference {
        let (repository, tag) = Reference::split(text);
        Reference { repository: repository.unwrap().parse().unwrap(), tag: tag.unwrap().parse().unwrap() }
    }

    fn wanted() -> Wanted {
        let repositories: Vec<ImageRepository> = ["a/x", "b/x"].map(|text| text.parse().unwrap()).to_vec();
        Wanted {
            service: "x".to_owned(),
            commit: COMMIT.to_owned(),
            tag: "1.0.1".parse().unwrap(),
            earlier: ["1.0.0-0002-1111111", "0.0.0-0009-1111111"].map(|tag| tag.parse().unwrap()).to_vec(),
            searched: repositories.clone(),
            targets: repositories,
            digest: None,
        }
    }

    fn image(content: &str, commit: &str) -> Image {
        Image { digest: Digest::of(content.as_bytes()), revision: Revision::Commit(commit.to_owned()) }
    }

    fn images<const N: usize>(images: [(&str, Image); N]) -> BTreeMap<Reference, Image> {
        images.into_iter().map(|(name, image)| (reference(name), image)).collect()
    }

    fn chosen(choice: Result<Choice>) -> Chosen {
        match choice {
            Ok(Choice::Chosen(chosen)) => *chosen,
            other => panic!("{other:?}"),
        }
    }

    fn copies(chosen: &Chosen) -> Vec<(String, String)> {
        chosen.copies.iter().map(|copy| (copy.source.to_string(), copy.target.to_string())).collect()
    }

    fn copy(source: &str, target: &str) -> (String, String) {
        (source.to_owned(), target.to_owned())
    }

    #[test]
    fn everything_is_asked_about_in_order() {
        let references: Vec<String> = wanted().references().iter().map(ToString::to_string).collect();
        assert_eq!(
            references,
            [
                "a/x:1.0.1",
                "b/x:1.0.1",
                "a/x:1.0.0-0002-1111111",
                "b/x:1.0.0-0002-1111111",
                "a/x:0.0.0-0009-1111111",
                "b/x:0.0.0-0009-1111111",
            ]
        );
    }

    #[test]
    fn the_first_image_of_the_commit_gets_the_tag_everywhere() {
        let found = images([
            ("a/x:1.0.0-0002-1111111", image("other", OTHER)),
            ("b/x:1.0.0-0002-1111111", image("one", COMMIT)),
            ("a/x:0.0.0-0009-1111111", image("two", COMMIT)),
        ]);
        let chosen = chosen(wanted().choose(&found));
        assert_eq!(chosen.digest, Digest::of(b"one"));
        assert_eq!(copies(&chosen), [copy("b/x", "a/x:1.0.1"), copy("b/x", "b/x:1.0.1")]);
    }

    #[test]
    fn a_repository_that_has_it_needs_no_copy() {
        let one = || image("one", COMMIT);
        let found = images([("a/x:1.0.0-0002-1111111", one()), ("b/x:0.0.0-0009-1111111", one())]);
        let chosen = chosen(wanted().choose(&found));
        assert_eq!(copies(&chosen), [copy("a/x", "a/x:1.0.1"), copy("b/x", "b/x:1.0.1")]);
    }

    #[test]
    fn the_tag_is_completed_from_where_it_is() {
        let found = images([
            ("b/x:1.0.1", image("released", COMMIT)),
            ("a/x:1.0.0-0002-1111111", image("one", COMMIT)),
        ]);
        let chosen = chosen(wanted().choose(&found));
        assert_eq!(chosen.kept, [reference("b/x:1.0.1")]);
        assert_eq!(copies(&chosen), [copy("b/x", "a/x:1.0.1")]);
        let both = images([("a/x:1.0.1", image("one", COMMIT)), ("b/x:1.0.1", image("two", COMMIT))]);
        let chosen = super::tests::chosen(wanted().choose(&both));
        assert_eq!((chosen.copies.len(), chosen.others.len()), (0, 1));
    }

    #[test]
    fn a_tag_of_something_else_is_never_replaced() {
        let unlabelled = Image { digest: Digest::of(b""), revision: Revision::Unlabelled };
        let mixed = Image { digest: Digest::of(b""), revision: Revision::Different(vec![COMMIT.to_owned()]) };
        for there in [image("one", OTHER), unlabelled, mixed] {
            let found = images([("b/x:1.0.1", there), ("a/x:1.0.0-0002-1111111", image("one", COMMIT))]);
            let error = wanted().choose(&found).unwrap_err();
            assert_eq!(error.kind(), Kind::VersionRule);
            assert!(error.to_string().contains("b/x:1.0.1 is there and"), "{error}");
        }
        let digest = Some(Digest::of(b"two"));
        let found = images([("a/x:1.0.1", image("one", COMMIT))]);
        assert!(Wanted { digest, ..wanted() }.choose(&found).is_err());
    }

    #[test]
    fn another_tag_is_replaced_by_the_image_of_the_commit() {
        let wanted = Wanted { tag: "try-1".parse().unwrap(), ..wanted() };
        let there = || ("b/x:try-1", image("theirs", OTHER));
        let Ok(Choice::None(passed_over)) = wanted.choose(&images([there()])) else { panic!("an image") };
        assert_eq!(passed_over, [format!("b/x:try-1 is an image of {OTHER}")]);
        let found = images([there(), ("a/x:1.0.0-0002-1111111", image("one", COMMIT))]);
        let chosen = super::tests::chosen(wanted.choose(&found));
        assert_eq!(chosen.digest, Digest::of(b"one"));
        assert_eq!(copies(&chosen), [copy("a/x", "a/x:try-1"), copy("a/x", "b/x:try-1")]);
        // A different image of the same commit stays, as that of a release does.
        let found = images([("a/x:try-1", image("one", COMMIT)), ("b/x:try-1", image("two", COMMIT))]);
        let chosen = super::tests::chosen(wanted.choose(&found));
        assert_eq!((chosen.copies.len(), chosen.others.len()), (0, 1));
        // Unless it is not the one that was asked for.
        let wanted = Wanted { digest: Some(Digest::of(b"two")), ..wanted };
        let chosen = super::tests::chosen(wanted.choose(&found));
        assert_eq!(copies(&chosen), [copy("b/x", "a/x:try-1")]);
    }

    #[test]
    fn no_other_digest_is_accepted() {
        let found = images([
            ("a/x:1.0.0-0002-1111111", image("one", COMMIT)),
            ("a/x:0.0.0-0009-1111111", image("two", COMMIT)),
        ]);
        let chosen = chosen(Wanted { digest: Some(Digest::of(b"two")), ..wanted() }.choose(&found));
        assert_eq!(chosen.found, reference("a/x:0.0.0-0009-1111111"));
        let none = Wanted { digest: Some(Digest::of(b"three")), ..wanted() }.choose(&found).unwrap();
        let Choice::None(passed_over) = none else { panic!("{none:?}") };
        assert_eq!(passed_over.len(), 2);
    }
}
