use proptest::prelude::*;

use super::*;
use crate::registry::RegistryError;

fn reference(text: &str) -> Reference {
    let (repository, tag) = Reference::split(text);
    Reference { repository: repository.unwrap().parse().unwrap(), tag: tag.unwrap().parse().unwrap() }
}

fn asked(references: &[&str]) -> Asked {
    Asked { service: "a".to_owned(), references: references.iter().map(|text| reference(text)).collect() }
}

fn error(fault: RegistryFault) -> RegistryError {
    RegistryError { registry: "r.example".to_owned(), subject: "a:1".to_owned(), is_write: false, fault }
}

fn denied_with(status: u16) -> Answer<Digest> {
    Err(error(RegistryFault::Denied(status, String::new())))
}

const TWO: [&str; 2] = ["r.example/a:1", "s.example/a:1"];

#[test]
fn an_image_is_where_its_registries_say() {
    let (one, other) = (Digest::of(b"1"), Digest::of(b"2"));
    let known = |answers: [Option<&Digest>; 2]| {
        let answers = answers.map(|digest| Ok(digest.cloned())).to_vec();
        read(vec![asked(&TWO)], answers, |_| false).unwrap().presences.remove(0)
    };
    assert_eq!(known([None, None]).state(), State::Nowhere);
    assert_eq!(known([Some(&one), Some(&one)]).state(), State::Everywhere);
    let [first, second] = TWO.map(reference);
    assert_eq!(
        known([Some(&one), None]).state(),
        State::Somewhere { source: &first.repository, digest: &one, lacking: vec![&second] }
    );
    assert_eq!(
        known([None, Some(&other)]).state(),
        State::Somewhere { source: &second.repository, digest: &other, lacking: vec![&first] }
    );
    assert_eq!(known([Some(&one), Some(&one)]).difference(), None);
    let warning = known([Some(&one), Some(&other)]).difference().unwrap();
    assert!(warning.contains(one.as_str()) && warning.contains(other.as_str()), "{warning}");
}

#[test]
fn denial_is_absence_only_where_the_credentials_are_known_to_count() {
    for status in [401, 403] {
        let answers = || vec![denied_with(status), Ok(None)];
        let known = read(vec![asked(&TWO)], answers(), |_| true).unwrap();
        assert_eq!(known.presences[0].state(), State::Nowhere);
        let [warning] = &*known.warnings else { panic!("{known:?}") };
        for word in ["r.example", &status.to_string(), "r.example/a"] {
            assert!(warning.contains(word), "{warning}");
        }
        let refused = read(vec![asked(&TWO)], answers(), |_| false).unwrap_err();
        assert_eq!(refused.kind(), Kind::Registry);
    }
}

#[test]
fn a_denied_repository_is_warned_of_once() {
    let asked = vec![asked(&["r.example/a:1"]), asked(&["r.example/a:2"]), asked(&["r.example/b:2"])];
    let known = read(asked, vec![denied_with(403), denied_with(403), denied_with(403)], |_| true).unwrap();
    assert_eq!(known.warnings.len(), 2, "{:?}", known.warnings);
}

/// Everything but an answer.
fn faults() -> impl Strategy<Value = RegistryFault> {
    prop_oneof![
        (400_u16..600).prop_map(|status| RegistryFault::Status(status, String::new())),
        Just(RegistryFault::Unreachable("timeout".to_owned())),
        Just(RegistryFault::Broken("garbage".to_owned())),
        Just(RegistryFault::Credentials("no file".to_owned())),
    ]
}

proptest! {
    /// Whatever else is there, and whatever counts as absence: what is not known is never taken for anything.
    #[test]
    fn a_question_without_an_answer_is_an_error(
        before in proptest::collection::vec(any::<bool>(), 0..6),
        fault in faults(),
        after in proptest::collection::vec(any::<bool>(), 0..6),
        is_absence in any::<bool>(),
    ) {
        let answer = |is_there: bool| Ok(is_there.then(|| Digest::of(b"1")));
        let (first, last) = (before.into_iter().map(answer), after.into_iter().map(answer));
        let answers: Vec<_> = first.chain([Err(error(fault))]).chain(last).collect();
        let asked = answers.iter().map(|_| asked(&["r.example/a:1"])).collect();
        let refused = read(asked, answers, |_| is_absence).unwrap_err();
        prop_assert_eq!(refused.kind(), Kind::Registry);
    }

    /// Also if fewer answers came than questions were asked.
    #[test]
    fn every_image_is_somewhere_nowhere_or_everywhere(
        found in proptest::collection::vec(proptest::collection::vec(any::<Option<u8>>(), 1..4), 0..6),
        left_out in 0_usize..2,
    ) {
        let names = |of: &[Option<u8>]| (0..of.len()).map(|at| format!("r{at}.example/a:1")).collect::<Vec<_>>();
        let asked = found.iter().map(|of| asked(&names(of).iter().map(String::as_str).collect::<Vec<_>>()));
        let all = found.iter().flatten();
        let answers: Vec<Answer<Digest>> = all.map(|of| Ok(of.map(|byte| Digest::of(&[byte])))).collect();
        let count = answers.len().saturating_sub(left_out);
        let is_short = count < answers.len();
        let known = read(asked.collect(), answers.into_iter().take(count).collect(), |_| true);
        prop_assert_eq!(known.is_err(), is_short);
        let Ok(known) = known else { return Ok(()) };
        for (presence, found) in known.presences.iter().zip(&found) {
            let there = found.iter().flatten().count();
            match presence.state() {
                State::Nowhere => prop_assert_eq!(there, 0),
                State::Everywhere => prop_assert_eq!(there, found.len()),
                State::Somewhere { digest, lacking, .. } => {
                    prop_assert_eq!(there + lacking.len(), found.len());
                    let first = found.iter().flatten().next().map(|byte| Digest::of(&[*byte]));
                    prop_assert_eq!(Some(digest), first.as_ref());
                }
            }
        }
    }
}
