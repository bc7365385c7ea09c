use proptest::prelude::*;

use super::*;

const ALL: [Floating; 3] = [Floating::Latest, Floating::Minor, Floating::Major];

/// Six releases, with backports to three lines, one of them before 1.0.0.
const RELEASES: [&str; 6] = ["0.9.1", "1.2.3", "1.2.4", "1.3.0", "2.0.0", "2.0.1"];

fn version(text: &str) -> Version {
    text.parse().unwrap()
}

fn digest(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

/// A remote and a registry with one repository.
#[derive(Clone, Default)]
struct Place {
    released: BTreeSet<Version>,
    images: BTreeMap<Version, Digest>,
    floating: BTreeMap<ImageTag, Digest>,
}

impl Place {
    /// What would be set, and how many releases were asked about.
    fn moves(&self) -> (Vec<(ImageTag, Digest)>, usize) {
        let mut lines = ReleaseLines::new(&ALL, self.released.iter().copied());
        let (mut width, mut asked) = (1, 0);
        loop {
            let open = lines.open(width);
            if open.is_empty() {
                break;
            }
            asked += open.len();
            open.into_iter().for_each(|release| lines.note(release, self.images.get(&release).cloned()));
            width *= 2;
        }
        let targets = lines.targets().filter_map(|(tag, target)| Some((tag, target?.1)));
        let moves = targets.filter(|(tag, digest)| self.floating.get(*tag) != Some(digest));
        (moves.map(|(tag, digest)| (tag.clone(), digest.clone())).collect(), asked)
    }

    fn run(&mut self) {
        self.floating.extend(self.moves().0);
        assert!(self.moves().0.is_empty(), "one run is enough where nobody else writes");
    }

    fn release(&mut self, text: &str) {
        self.released.insert(version(text));
        self.images.insert(version(text), digest(text));
    }

    /// By floating tag, what it must be by brute force.
    fn expected(&self) -> BTreeMap<ImageTag, Digest> {
        let mut expected = BTreeMap::new();
        for (release, image) in self.images.iter().filter(|(release, _)| self.released.contains(release)) {
            for tag in [
                "latest".to_owned(),
                release.major.to_string(),
                format!("{}.{}", release.major, release.minor),
            ] {
                if tag != "0" {
                    expected.insert(tag.parse().unwrap(), image.clone());
                }
            }
        }
        expected
    }
}

fn orders<T: Copy>(all: &[T]) -> Vec<Vec<T>> {
    if all.is_empty() {
        return vec![Vec::new()];
    }
    let mut found = Vec::new();
    for at in 0..all.len() {
        let mut rest = all.to_vec();
        let first = rest.remove(at);
        found.extend(orders(&rest).into_iter().map(|order| [vec![first], order].concat()));
    }
    found
}

#[test]
fn every_order_of_releases_ends_alike() {
    let orders = orders(&RELEASES);
    assert_eq!(orders.len(), 720);
    for order in &orders {
        let mut place = Place::default();
        for release in order {
            place.release(release);
            place.run();
            assert_eq!(place.floating, place.expected(), "{order:?} after {release}");
        }
        let tags: Vec<&str> = place.floating.keys().map(ImageTag::as_str).collect();
        assert_eq!(tags, ["0.9", "1", "1.2", "1.3", "2", "2.0", "latest"]);
    }
}

#[test]
fn runs_that_are_late_or_missing_change_nothing_in_the_end() {
    for order in orders(&RELEASES) {
        let mut place = Place::default();
        for (number, release) in order.iter().enumerate() {
            place.release(release);
            if number % 3 == 1 {
                place.run();
            }
        }
        place.run();
        assert_eq!(place.floating, place.expected(), "{order:?}");
    }
}

#[test]
fn a_yanked_release_gives_way_to_the_one_below() {
    for yanked in RELEASES {
        let mut place = Place::default();
        RELEASES.iter().for_each(|release| place.release(release));
        place.run();
        let before = place.floating.clone();
        place.images.remove(&version(yanked));
        place.run();
        for (tag, image) in &place.floating {
            // Of a line without any image, the tag stays.
            let expected = place.expected().remove(tag).unwrap_or_else(|| before[tag].clone());
            assert_eq!(*image, expected, "{yanked}: {tag}");
        }
    }
}

#[test]
fn a_line_without_an_image_has_no_target() {
    let mut lines = ReleaseLines::new(&[Floating::Minor], ["1.2.3", "1.2.4"].map(version));
    lines.note(version("1.2.3"), None);
    assert_eq!(lines.open(9), BTreeSet::from([version("1.2.4")]));
    lines.note(version("1.2.4"), None);
    assert!(lines.open(9).is_empty());
    assert_eq!(
        lines.targets().map(|(tag, target)| (tag.as_str(), target)).collect::<Vec<_>>(),
        [("1.2", None)]
    );
}

#[test]
fn where_the_highest_are_there_a_line_takes_one_question() {
    let mut place = Place::default();
    for minor in 0..30 {
        (0..10).for_each(|patch| place.release(&format!("1.{minor}.{patch}")));
    }
    assert_eq!(place.moves().1, 30);
    // With none at all, each is asked about once.
    place.images.clear();
    assert_eq!(place.moves().1, 300);
}

/// One run of several at once: it looks, sets one tag after another, and looks again, until nothing is left.
#[derive(Clone)]
enum Run {
    Looks,
    Sets(Vec<(ImageTag, Digest)>),
    Ended,
}

proptest! {
    /// Whatever is between two steps of a run, the last writer leaves the right state.
    #[test]
    fn runs_at_once_leave_what_a_last_run_would(
        steps in proptest::collection::vec((0_usize..9, 0_usize..5), 0..200),
        yanked in proptest::sample::subsequence(RELEASES.to_vec(), 0..3),
    ) {
        let mut place = Place::default();
        let mut runs: Vec<Run> = Vec::new();
        let mut waiting = RELEASES.to_vec();
        let mut leaving = yanked;
        let step = |place: &mut Place, run: &mut Run| match run {
            Run::Looks => {
                let moves = place.moves().0;
                *run = if moves.is_empty() { Run::Ended } else { Run::Sets(moves) };
            }
            Run::Sets(moves) => match moves.pop() {
                Some((tag, image)) => drop(place.floating.insert(tag, image)),
                None => *run = Run::Looks,
            },
            Run::Ended => {}
        };
        for (what, which) in steps {
            match what {
                0 if !waiting.is_empty() => {
                    let release = waiting.remove(which % waiting.len());
                    place.release(release);
                    // As the build of a release does.
                    runs.push(Run::Looks);
                }
                1 if waiting.is_empty() && !leaving.is_empty() => {
                    let release = leaving.remove(0);
                    place.images.remove(&version(release));
                    runs.push(Run::Looks);
                }
                _ if !runs.is_empty() => {
                    let at = which % runs.len();
                    step(&mut place, &mut runs[at]);
                }
                _ => {}
            }
        }
        let mut rounds = 0;
        while runs.iter().any(|run| !matches!(run, Run::Ended)) {
            for run in &mut runs {
                step(&mut place, run);
            }
            rounds += 1;
            prop_assert!(rounds < 200, "they end");
        }
        for (tag, image) in place.expected() {
            prop_assert_eq!(place.floating.get(&tag), Some(&image), "{}", tag);
        }
    }
}
