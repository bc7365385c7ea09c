use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::ops::presence::{Found, Place};
use crate::registry::Revision;

const OURS: &str = "1111111111111111111111111111111111111111";
const THEIRS: &str = "2222222222222222222222222222222222222222";
const NAMES: [&str; 3] = ["a.example/x:1.0.0", "b.example/x:1.0.0", "c.example/x:1.0.0"];

fn reference(text: &str) -> Reference {
    let (repository, tag) = Reference::split(text);
    Reference { repository: repository.unwrap().parse().unwrap(), tag: tag.unwrap().parse().unwrap() }
}

fn target() -> Target {
    Target {
        service: "x".to_owned(),
        context: "./x".to_owned(),
        dockerfile: None,
        contexts: BTreeMap::new(),
        stage: None,
        platforms: Vec::new(),
        references: NAMES.map(reference).to_vec(),
        args: BTreeMap::new(),
        inherited_args: BTreeSet::new(),
        labels: BTreeMap::from([(REVISION.to_owned(), OURS.to_owned())]),
    }
}

fn presence(revisions: &[Option<Revision>]) -> Presence<Image> {
    let place = |(name, revision): (&&str, &Option<Revision>)| Place {
        reference: reference(name),
        found: revision.clone().map_or(Found::Absent, |revision| {
            Found::There(Image { digest: Digest::of(name.as_bytes()), revision })
        }),
    };
    Presence { service: "x".to_owned(), places: NAMES.iter().zip(revisions).map(place).collect() }
}

fn ours() -> Revision {
    Revision::Commit(OURS.to_owned())
}

#[test]
fn an_image_of_another_commit_is_refused_whatever_is_asked_for() {
    let mixed = vec![String::new(), OURS.to_owned()];
    for (revision, named) in [
        (Revision::Commit(THEIRS.to_owned()), THEIRS),
        (Revision::Unlabelled, REVISION),
        (Revision::Different(mixed), "none, 1111"),
    ] {
        for if_exists in [IfExists::Keep, IfExists::Fail, IfExists::Overwrite] {
            // Also if only one of the registries has it.
            let there = presence(&[None, Some(revision.clone()), Some(ours())]);
            let error = refuse_replacement(&target(), &there, if_exists).unwrap_err();
            assert_eq!(error.kind(), Kind::VersionRule);
            let error = error.to_string();
            for word in [NAMES[1], named, OURS] {
                assert!(error.contains(word), "{error}");
            }
        }
    }
}

#[test]
fn an_image_of_this_commit_is_what_the_flag_says() {
    let there = presence(&[Some(ours()), None, None]);
    assert!(refuse_replacement(&target(), &there, IfExists::Keep).is_ok());
    assert!(refuse_replacement(&target(), &there, IfExists::Overwrite).is_ok());
    let error = refuse_replacement(&target(), &there, IfExists::Fail).unwrap_err();
    assert_eq!(error.kind(), Kind::VersionRule);
    assert!(error.to_string().contains(OURS), "{error}");
    let nowhere = presence(&[None, None, None]);
    for if_exists in [IfExists::Keep, IfExists::Fail, IfExists::Overwrite] {
        assert!(refuse_replacement(&target(), &nowhere, if_exists).is_ok());
    }
}

#[test]
fn a_label_given_by_hand_is_what_counts() {
    let mut target = target();
    target.labels.insert(REVISION.to_owned(), THEIRS.to_owned());
    let there = presence(&[Some(Revision::Commit(THEIRS.to_owned()))]);
    assert!(refuse_replacement(&target, &there, IfExists::Keep).is_ok());
    assert!(refuse_replacement(&target, &presence(&[Some(ours())]), IfExists::Keep).is_err());
}

proptest! {
    /// Nothing that is there is built or written over, and with a push nothing stays missing.
    #[test]
    fn what_is_somewhere_is_everywhere_afterwards(found in proptest::collection::vec(any::<bool>(), 1..4), is_pushed: bool) {
        let revisions: Vec<_> = found.iter().map(|is_there| is_there.then(ours)).collect();
        let there = presence(&revisions).digests();
        let mut existing = Existing::default();
        existing.add(&there, is_pushed, None);
        let is_anywhere = found.contains(&true);
        prop_assert_eq!(existing.is_built(&target()), !is_anywhere);
        let kept: Vec<_> = existing.kept.iter().map(|kept| &kept.reference).collect();
        let has: Vec<_> = there.there().map(|(reference, _)| reference).collect();
        prop_assert_eq!(&kept, &has);
        let copied: Vec<_> = existing.copies.iter().map(|copy| &copy.target).collect();
        prop_assert!(copied.iter().all(|target| !kept.contains(target)));
        let expected = if is_anywhere && is_pushed { found.len() - kept.len() } else { 0 };
        prop_assert_eq!(copied.len(), expected);
        for copy in &existing.copies {
            let source = existing.kept.iter().find(|kept| kept.reference.repository == copy.source);
            prop_assert_eq!(source.map(|kept| &kept.digest), Some(&copy.digest));
        }
    }
}
