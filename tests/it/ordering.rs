//! The orders that `docs/ordering.md` claims for our versions.

use std::cmp::Ordering;
use std::fs;
use std::path::Path;

use crate::support::Repo;

/// The lines of the page's list for an order.
fn list(order: &str) -> Vec<String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/ordering.md");
    let page = fs::read_to_string(page).expect("the page is there");
    let begin = format!("```order-{order}");
    let lines = page.lines().skip_while(|line| *line != begin).skip(1).take_while(|line| *line != "```");
    let lines: Vec<String> = lines.map(String::from).collect();
    assert!(lines.len() > 5, "no list for {order}: {lines:?}");
    lines
}

/// `versions` in another order than the page's, whatever that is.
fn shuffled(versions: &[String]) -> Vec<String> {
    let mut shuffled = versions.to_vec();
    shuffled.reverse();
    shuffled.rotate_left(3);
    shuffled
}

/// Item 11 of SemVer 2.0, for versions without build metadata.
fn precedence(a: &str, b: &str) -> Ordering {
    fn parts(version: &str) -> (Vec<u64>, Option<&str>) {
        let (core, pre) = version.split_once('-').map_or((version, None), |(core, pre)| (core, Some(pre)));
        (core.split('.').map(|number| number.parse().expect("a number")).collect(), pre)
    }
    let identifiers = |a: &str, b: &str| {
        let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u64>());
        let each = |(a, b): (&str, &str)| match (number(a), number(b)) {
            (Some(a), Some(b)) => a.expect("a number").cmp(&b.expect("a number")),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => a.cmp(b),
        };
        let differing = a.split('.').zip(b.split('.')).map(each).find(|order| order.is_ne());
        differing.unwrap_or_else(|| a.split('.').count().cmp(&b.split('.').count()))
    };
    let ((core_a, pre_a), (core_b, pre_b)) = (parts(a), parts(b));
    core_a.cmp(&core_b).then_with(|| match (pre_a, pre_b) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(a), Some(b)) => identifiers(a, b),
    })
}

#[test]
fn precedence_is_that_of_the_specification() {
    // The example of item 11.
    let example = [
        "1.0.0-alpha",
        "1.0.0-alpha.1",
        "1.0.0-alpha.beta",
        "1.0.0-beta",
        "1.0.0-beta.2",
        "1.0.0-beta.11",
        "1.0.0-rc.1",
        "1.0.0",
        "2.0.0",
        "2.1.0",
        "2.1.1",
    ];
    assert!(example.is_sorted_by(|a, b| precedence(a, b).is_lt()));
}

#[test]
fn the_lists_are_in_their_orders() {
    let text = list("text");
    let mut sorted = shuffled(&text);
    sorted.sort();
    assert_eq!(sorted, text);

    let semver = list("semver");
    let mut sorted = shuffled(&semver);
    sorted.sort_by(|a, b| precedence(a, b));
    assert_eq!(sorted, semver);

    let version = list("version");
    let sort = Repo::new().program("sort").args(["-V"]).input(shuffled(&version).join("\n") + "\n").run();
    assert_eq!(sort.text().lines().collect::<Vec<_>>(), version);
}

#[test]
fn builds_in_the_order_of_their_commits_are_sorted_in_every_way() {
    let repo = Repo::new();
    repo.service("api");
    repo.commit("first");
    let mut builds = Vec::new();
    for release in ["api@1.0.8", "api@1.0.9"] {
        repo.tag(release);
        for _ in 0..12 {
            builds.push(repo.imgver(["extended", "api"]).run().line());
            repo.commit("next");
        }
    }
    assert_eq!(builds.len(), 24);
    assert!(builds.is_sorted(), "{builds:?}");
    assert!(builds.is_sorted_by(|a, b| precedence(a, b).is_lt()), "{builds:?}");
}
