//! The orders that `docs/ordering.md` claims for our versions.

use std::cmp::Ordering;
use std::fs;
use std::path::Path;

use regex::Regex;

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
fn every_pattern_of_the_page_selects_builds_only() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/ordering.md");
    let page = fs::read_to_string(page).expect("the page is there");
    let patterns = Regex::new(r"\^[^`'\x22]+\[0-9a-f\]\{7\}\$").expect("a pattern");
    // JSON needs each backslash twice.
    let patterns: Vec<String> =
        patterns.find_iter(&page).map(|found| found.as_str().replace(r"\\", r"\")).collect();
    assert!(patterns.len() > 5, "{patterns:?}");
    for pattern in patterns {
        let selects = Regex::new(&pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
        let selects = |tag: &str| selects.is_match(tag);
        assert!(selects("1.0.9-0047-188f7a2"), "{pattern}");
        for other in ["1.0.9", "1.0.9-0047-188f7a2-dirty", "1.0.9-47-g188f7a2", "latest", "try-1"] {
            assert!(!selects(other), "{pattern} selects {other}");
        }
    }
}

#[test]
fn tags_of_git_describe_come_after_all_of_ours() {
    let ours = ["1.2.6-0009-93c86de", "1.2.6-0010-93c86de", "1.2.6-0047-188f7a2"];
    let old = ["1.2.6-9-g93c86de", "1.2.6-10-g93c86de"];
    for (ours, old) in ours.iter().flat_map(|ours| old.iter().map(move |old| (ours, old))) {
        assert!(ours < old && precedence(ours, old).is_lt(), "{ours} and {old}");
    }
    // They are in the wrong order among themselves as well.
    assert!(old[1] < old[0] && precedence(old[1], old[0]).is_lt());
    let both = "1.2.6-9-g93c86de\n1.2.6-0010-93c86de\n1.2.6-0009-93c86de\n1.2.6-10-g93c86de\n";
    let sort = Repo::new().program("sort").args(["-V"]).input(both).run();
    let right = ["1.2.6-0009-93c86de", "1.2.6-9-g93c86de", "1.2.6-0010-93c86de", "1.2.6-10-g93c86de"];
    assert_eq!(sort.text().lines().collect::<Vec<_>>(), right);
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
