//! Base release and distance on histories made at random, against brute force over the same graph and against git.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::history::{
    Answer, Clock, Commit, Graph, History, Kind, Refs, Shape, Tag, Target, similar_services,
};
use crate::support::{Repo, Rng, for_seeds, image_of, in_parallel};
use serde_json::{Value, json};

const REFS: [Refs; 3] = [Refs::Loose, Refs::Packed, Refs::Mixed];
const GRAPHS: [Graph; 6] =
    [Graph::Without, Graph::Full, Graph::FirstGeneration, Graph::Stale, Graph::Chain, Graph::StaleChain];

/// The object must say exactly what follows from the answer.
#[track_caller]
fn assert_answers(object: &Value, service: &str, commit: &str, expected: &Answer, case: &str) {
    let extended = format!("{}-{:04}-{}", expected.base, expected.distance, &commit[..7]);
    let wanted = [
        ("service", json!(service)),
        ("image", json!(image_of(service))),
        ("base", json!(expected.base)),
        ("base_tag", json!(expected.base_tag)),
        ("distance", json!(expected.distance)),
        ("commit", json!(commit)),
        ("scope", json!("repository")),
        ("last_change", json!(commit)),
        ("dirty", json!(false)),
        ("version", json!(expected.base)),
        ("extended", json!(extended)),
    ];
    for (field, value) in wanted {
        assert_eq!(
            object[field], value,
            "`{field}` of {service} in {case}\nwanted {expected:?}\ngot {object:#}"
        );
    }
}

/// Detaches `HEAD` at a commit; the tree of all commits is the same.
fn set_head(repo: &Repo, commit: &str) {
    fs::write(repo.path().join(".git/HEAD"), format!("{commit}\n")).expect("write HEAD");
}

/// Asks for every service at a commit, in one go.
fn ask_list(repo: &Repo, history: &History, ids: &[String], commit: usize) -> usize {
    set_head(repo, &ids[commit]);
    let mut services = history.services.clone();
    services.sort();
    let objects = repo.list();
    let listed: Vec<&str> = objects.iter().filter_map(|object| object["service"].as_str()).collect();
    assert_eq!(listed, services, "services listed");
    for (object, service) in objects.iter().zip(&services) {
        let case = format!("list at commit {commit}");
        assert_answers(object, service, &ids[commit], &history.answer(commit, service), &case);
    }
    services.len()
}

/// Asks for one service at a commit that is not checked out.
fn ask_rev(repo: &Repo, history: &History, ids: &[String], commit: usize, service: &str) {
    let case = format!("extended --rev, commit {commit}");
    let object = repo.extended(service, &["--rev", &ids[commit]]);
    assert_answers(&object, service, &ids[commit], &history.answer(commit, service), &case);
}

/// As [`ask_rev`], along first parents.
fn ask_first_parent(repo: &Repo, history: &History, ids: &[String], commit: usize, service: &str) {
    let case = format!("extended --first-parent --rev, commit {commit}");
    let object = repo.extended(service, &["--first-parent", "--rev", &ids[commit]]);
    assert_answers(&object, service, &ids[commit], &history.first_parent_answer(commit, service), &case);
}

/// Number of commits git reaches from one revision and not from another, each list made on its own.
fn commits_without(repo: &Repo, rev: &str, without: &str) -> usize {
    let [all, excluded] = [rev, without].map(|rev| repo.git(["rev-list", rev]));
    let excluded: BTreeSet<&str> = excluded.lines().collect();
    all.lines().filter(|id| !excluded.contains(id)).count()
}

/// Git must see the graph that the brute force reckons with.
fn assert_git_agrees(repo: &Repo, history: &History, ids: &[String], rng: &mut Rng) {
    let commit = rng.within(0..ids.len());
    let merged =
        repo.git(["for-each-ref", "--format=%(refname:strip=2)", "--merged", &ids[commit], "refs/tags"]);
    for tag in &history.tags {
        let Target::Commit(tagged) = tag.target else {
            continue;
        };
        assert_eq!(
            merged.lines().any(|name| name == tag.name),
            history.reaches(commit, tagged),
            "git's reach of {} from commit {commit}",
            tag.name
        );
    }
    let tagged = history.tags.iter().filter_map(|tag| match tag.target {
        Target::Commit(at) => Some((format!("refs/tags/{}", tag.name), at)),
        Target::Tree | Target::Blob => None,
    });
    for (tag, at) in tagged.filter(|_| rng.chance(10)).take(3) {
        let distance = history.distance(commit, Some(at));
        let missing = commits_without(repo, &ids[commit], &tag);
        assert_eq!(missing, distance, "git's commits of commit {commit} without those of {tag}");
        // Where a commit is older than its parents, git's own count of a range can be too high.
        if history.clocks_are_right() {
            let counted = repo.git(["rev-list", "--count", &format!("{tag}..{}", ids[commit])]);
            assert_eq!(counted, distance.to_string(), "git's count from {tag} to commit {commit}");
        }
    }
    let path = repo.git(["rev-list", "--first-parent", "--count", &ids[commit]]);
    assert_eq!(
        path,
        history.first_parents(commit).len().to_string(),
        "git's first parents of commit {commit}"
    );
}

#[test]
fn random_histories_agree_with_brute_force() {
    let questions = AtomicUsize::new(0);
    for_seeds(0..40, |seed| {
        let rng = &mut Rng::new(seed);
        let commits = rng.pick(&[1..4, 5..30, 5..30, 30..120]).clone();
        let shape = Shape {
            clock: *rng.pick(&Clock::ALL),
            commits: rng.within(commits),
            tags: *rng.pick(&[0, 10, 40, 100]),
            merges: *rng.pick(&[0, 20, 40, 70]),
            roots: *rng.pick(&[0, 3, 15]),
            services: similar_services(),
        };
        let history = History::random(rng, &shape);
        let repo = Repo::new();
        let (refs, graph) = (*rng.pick(&REFS), *rng.pick(&GRAPHS));
        let ids = history.import(&repo, refs, graph);
        eprintln!("seed {seed}: {} commits, {} tags, {refs:?}, {graph:?}", ids.len(), history.tags.len());
        assert_git_agrees(&repo, &history, &ids, rng);

        let mut asked = 0;
        for _ in 0..ids.len().min(25) {
            asked += ask_list(&repo, &history, &ids, rng.within(0..ids.len()));
        }
        for _ in 0..10 {
            ask_rev(&repo, &history, &ids, rng.within(0..ids.len()), rng.pick::<String>(&history.services));
            ask_first_parent(
                &repo,
                &history,
                &ids,
                rng.within(0..ids.len()),
                rng.pick::<String>(&history.services),
            );
            asked += 2;
        }
        questions.fetch_add(asked, Ordering::Relaxed);
    });
    let questions = questions.into_inner();
    eprintln!("{questions} questions");
    assert!(questions > 3000, "only {questions} questions");
}

#[test]
fn clocks_that_lie_change_nothing() {
    let (questions, git_was_wrong) = (AtomicUsize::new(0), AtomicUsize::new(0));
    for_seeds(1000..1024, |seed| {
        let rng = &mut Rng::new(seed);
        let shape = Shape {
            clock: *rng.pick(&[Clock::Backwards, Clock::Random, Clock::Skewed, Clock::Extreme]),
            commits: rng.within(60..160),
            // Few and far between, so that much history lies between a commit and its release.
            tags: 0,
            merges: *rng.pick(&[10, 30]),
            roots: 0,
            services: vec!["app".to_string()],
        };
        let mut history = History::random(rng, &shape);
        for version in 0..3 {
            history.tags.push(Tag::at(rng.within(0..shape.commits / 2), &format!("app@{version}.0.0")));
        }
        let repo = Repo::new();
        let ids = history.import(&repo, Refs::Packed, *rng.pick(&GRAPHS));
        for commit in (shape.commits / 2..ids.len()).filter(|_| rng.chance(25)) {
            ask_rev(&repo, &history, &ids, commit, "app");
            questions.fetch_add(1, Ordering::Relaxed);
            if let Answer { base_tag: Some(tag), distance, .. } = history.answer(commit, "app") {
                let counted = repo.git(["rev-list", "--count", &format!("{tag}..{}", ids[commit])]);
                if counted != distance.to_string() {
                    assert_eq!(
                        commits_without(&repo, &ids[commit], &tag),
                        distance,
                        "{tag} to commit {commit}"
                    );
                    git_was_wrong.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
    });
    let (questions, git_was_wrong) = (questions.into_inner(), git_was_wrong.into_inner());
    eprintln!("{questions} questions, git's own count was wrong {git_was_wrong} times");
}

#[test]
fn sixty_services_with_a_thousand_tags() {
    let services: Vec<String> =
        (0..60).map(|i| format!("services/{}/app-{i}", ["go", "node"][i % 2])).collect();
    for_seeds(0..3, |seed| {
        let rng = &mut Rng::new(seed);
        let shape = Shape {
            clock: *rng.pick(&Clock::ALL),
            commits: 400,
            tags: 1500,
            merges: 30,
            roots: 1,
            services: services.clone(),
        };
        let mut history = History::random(rng, &shape);
        // Few tags leave releases far behind, so that many of them stay undecided at once.
        if seed > 0 {
            history.tags.retain(|tag| matches!(tag.target, Target::Commit(at) if at < 150));
        }
        let repo = Repo::new();
        let ids = history.import(&repo, Refs::Mixed, *rng.pick(&GRAPHS));
        for _ in 0..12 {
            ask_list(&repo, &history, &ids, rng.within(0..ids.len()));
        }
        ask_list(&repo, &history, &ids, ids.len() - 1);
    });
}

#[test]
fn a_release_thousands_of_commits_back() {
    let services = ["deep", "deeper", "near", "side", "unreleased"].map(String::from).to_vec();
    // A trunk; every tenth commit merges a branch that left the trunk up to thirty commits before. Clocks of the branches
    // run an hour fast.
    let rng = &mut Rng::new(7);
    let (mut commits, mut trunk, mut sides) = (vec![Commit { parents: vec![], date: 0 }], vec![0], vec![]);
    while commits.len() < 5000 {
        let date = 1_600_000_000 + 10 * i64::try_from(commits.len()).expect("small");
        let mut parents = vec![trunk[trunk.len() - 1]];
        if trunk.len().is_multiple_of(10) {
            let start = trunk[trunk.len() - rng.within(1..trunk.len().min(30))];
            commits.push(Commit { parents: vec![start], date: date + 3600 });
            sides.push(commits.len() - 1);
            parents.push(commits.len() - 1);
        }
        commits.push(Commit { parents, date });
        trunk.push(commits.len() - 1);
    }
    let last = commits.len() - 1;
    let tags = vec![
        Tag::at(trunk[2], "deeper@0.9.0"),
        Tag::at(trunk[40], "deep@1.0.0"),
        Tag::at(trunk[12], "deep@3.0.0"),
        Tag { kind: Kind::Annotated, ..Tag::at(sides[3], "side@1.1.0") },
        Tag::at(sides[4], "side@1.0.0"),
        Tag::at(trunk[trunk.len() - 3], "near@1.2.3"),
    ];
    let history = History::new(commits, tags, services);
    in_parallel(&[Graph::Without, Graph::Full, Graph::StaleChain], |graph| {
        let repo = Repo::new();
        let ids = history.import(&repo, Refs::Packed, *graph);
        for commit in [last, last - 1, last / 2] {
            ask_list(&repo, &history, &ids, commit);
        }
        for service in &history.services {
            ask_rev(&repo, &history, &ids, last, service);
            ask_first_parent(&repo, &history, &ids, last, service);
        }
    });
}

#[test]
fn on_one_line_git_describe_agrees() {
    for_seeds(0..4, |seed| {
        let rng = &mut Rng::new(seed);
        let services = ["services/go/api-golang", "services/go/api-golang2", "go/api-golang"];
        let mut history = History::linear(80, &services, &[]);
        for (index, service) in services.iter().enumerate() {
            // Versions fall as often as they rise: the nearest counts, not the highest.
            let places: Vec<usize> =
                (0..80).filter(|at| at % 5 == index + rng.within(0..2) || at % 31 == index).collect();
            for at in places {
                let kind = *rng.pick(&[Kind::Lightweight, Kind::Annotated]);
                let name = format!("{service}@{}.{at}.{}", rng.within(0..4), rng.within(0..20));
                history.tags.push(Tag { kind, ..Tag::at(at, &name) });
            }
        }
        let repo = Repo::new();
        let ids = history.import(&repo, *rng.pick(&REFS), *rng.pick(&GRAPHS));
        let asked: Vec<usize> = (3..80).filter(|_| rng.chance(40)).collect();
        for service in services {
            let pattern = format!("{service}@*");
            let describe = ["describe", "--tags", "--long", "--abbrev=7", "--match", &pattern];
            let described = repo.git(describe.into_iter().chain(asked.iter().map(|at| ids[*at].as_str())));
            for (line, at) in described.lines().zip(&asked) {
                let parts: Vec<&str> = line.rsplitn(3, '-').collect();
                let [hash, distance, tag] = parts[..] else { panic!("git described {line}") };
                let base = tag.rsplit('@').next().expect("a version");
                let distance: usize = distance.parse().expect("a distance");
                let expected = format!("{base}-{distance:04}-{}", &hash[1..8]);
                let extended = repo.imgver(["extended", service, "--rev", &ids[*at]]).run().line();
                assert_eq!(extended, expected, "{service} at commit {at}, {line}");
                assert_eq!(repo.imgver(["version", service, "--rev", &ids[*at]]).run().line(), base);
            }
        }
    });
}

#[test]
fn the_nearest_release_wins_and_ties_go_to_the_highest() {
    let root = || Commit { parents: vec![], date: 1_600_000_000 };
    let child = |parents: &[usize]| Commit { parents: parents.to_vec(), date: 1_600_000_000 };
    // What the history is, its commits, its tags, and the answer at the last commit.
    type Case = (&'static str, Vec<Commit>, Vec<(usize, &'static str)>, (&'static str, usize));
    let fork = || vec![root(), child(&[0]), child(&[0]), child(&[1, 2])];
    let cases: Vec<Case> = vec![
        ("no release", fork(), vec![], ("0.0.0", 4)),
        ("a release of another service", fork(), vec![(0, "app2@1.0.0"), (0, "x/app@1.0.0")], ("0.0.0", 4)),
        (
            "several on one commit",
            fork(),
            vec![(1, "app@1.9.0"), (1, "app@1.10.0"), (1, "app@1.2.0")],
            ("1.10.0", 2),
        ),
        ("at the commit itself", fork(), vec![(3, "app@0.1.0"), (2, "app@9.0.0")], ("0.1.0", 0)),
        ("0.0.0 is a release", fork(), vec![(3, "app@0.0.0"), (1, "app@9.0.0")], ("0.0.0", 0)),
        ("a tie of branches", fork(), vec![(1, "app@2.9.0"), (2, "app@2.10.0")], ("2.10.0", 2)),
        (
            "a tie of branches, other way round",
            fork(),
            vec![(1, "app@2.10.0"), (2, "app@2.9.0")],
            ("2.10.0", 2),
        ),
        ("older but of two branches", fork(), vec![(0, "app@5.0.0"), (2, "app@0.5.0")], ("0.5.0", 2)),
        (
            "a short branch does not hide a long one",
            vec![root(), child(&[0]), child(&[1]), child(&[2]), child(&[0]), child(&[3, 4])],
            // From the short branch's end four commits are missing, from the long one's second commit three.
            vec![(4, "app@2.0.0"), (2, "app@1.0.0")],
            ("1.0.0", 3),
        ),
        (
            "separate roots joined",
            vec![root(), root(), child(&[1]), child(&[0, 2])],
            vec![(0, "app@1.0.0"), (1, "app@2.0.0")],
            ("2.0.0", 3),
        ),
        ("not reachable", vec![root(), child(&[0]), child(&[0])], vec![(1, "app@1.0.0")], ("0.0.0", 2)),
    ];
    for (case, commits, tags, (base, distance)) in cases {
        let last = commits.len() - 1;
        let tags: Vec<Tag> = tags.iter().map(|(at, name)| Tag::at(*at, name)).collect();
        let released = tags.iter().any(|tag| tag.name == format!("app@{base}"));
        let history = History::new(commits, tags, vec!["app".to_string()]);
        let repo = Repo::new();
        let ids = history.import(&repo, Refs::Loose, Graph::Without);
        let base_tag = released.then(|| format!("app@{base}"));
        let expected = Answer { base: base.to_string(), base_tag, distance };
        assert_eq!(history.answer(last, "app"), expected, "{case}: the brute force itself");
        assert_answers(&repo.extended("app", &[]), "app", &ids[last], &expected, case);
    }
}

#[test]
fn no_release_draws_a_warning() {
    let repo = Repo::new();
    History::linear(3, &["app", "web"], &[("web@1.0.0", 1)]).import(&repo, Refs::Loose, Graph::Without);
    let output = repo.imgver(["extended", "app"]).run();
    assert!(output.line().starts_with("0.0.0-0003-"), "{output}");
    assert!(output.stderr.contains("warning: "), "{output}");
    let output = repo.imgver(["extended", "web"]).run();
    assert!(output.line().starts_with("1.0.0-0001-") && output.stderr.is_empty(), "{output}");
    for (service, warned) in [("app", true), ("web", false)] {
        let object = repo.extended(service, &[]);
        let warnings = object["warnings"].as_array().map(|warnings| !warnings.is_empty());
        assert_eq!(warnings, Some(warned), "{object:#}");
    }
    repo.imgver(["extended", "app", "--require-release"]).run().fails(4);
}

#[test]
fn a_list_carries_the_warnings_of_its_services() {
    let repo = Repo::new();
    History::linear(3, &["app", "web"], &[("web@1.0.0", 1)]).import(&repo, Refs::Loose, Graph::Without);
    for object in repo.list() {
        let warnings = object["warnings"].as_array().map(|warnings| !warnings.is_empty());
        assert_eq!(warnings, Some(object["service"] == json!("app")), "{object:#}");
    }
}

#[test]
fn other_tag_formats() {
    let repo = Repo::new();
    let tags = [
        ("app-v1.2.3", 1),
        ("services/go/app/v2.3.4", 2),
        ("v3.4.5", 3),
        ("services/go/app@4.5.6", 4),
        ("rel/5.6.7-app", 5),
        ("xapp-v9.9.9", 6),
        ("app-v9.9.9-x", 6),
        ("V9.9.9", 6),
        ("x/services/go/app/v9.9.9", 6),
    ];
    History::linear(8, &["services/go/app"], &tags).import(&repo, Refs::Mixed, Graph::Without);
    let cases = [
        ("{service}@{version}", "4.5.6", 3),
        ("{name}-v{version}", "1.2.3", 6),
        ("{service}/v{version}", "2.3.4", 5),
        ("v{version}", "3.4.5", 4),
        ("rel/{version}-{name}", "5.6.7", 2),
    ];
    for (format, base, distance) in cases {
        let by_flag = repo.extended("services/go/app", &["--tag-format", format]);
        assert_eq!((&by_flag["base"], &by_flag["distance"]), (&json!(base), &json!(distance)), "{format}");
        let asked = repo.imgver(["extended", "services/go/app", "--output", "json"]);
        let by_env = asked.env("IMGVER_TAG_FORMAT", format).run().json();
        assert_eq!(by_env, by_flag, "{format} by variable");
    }
    let prefixes =
        [("app-v", "1.2.3"), ("services/go/app/v", "2.3.4"), ("v", "3.4.5"), ("services/go/app@", "4.5.6")];
    for (prefix, base) in prefixes {
        let object = repo.extended("services/go/app", &["--tag-prefix", prefix]);
        assert_eq!(object["base"], json!(base), "{prefix}");
    }
}

#[test]
fn repository_level_counts_plain_and_v_tags() {
    let repo = Repo::new();
    let tags =
        [("1.0.0", 1), ("v2.0.0", 3), ("v1.9.0", 3), ("release-3.0.0", 4), ("app@4.0.0", 4), ("v5.0", 4)];
    let history = History::linear(6, &["app"], &tags);
    let ids = history.import(&repo, Refs::Loose, Graph::Without);
    let cases = [(5, "2.0.0", "v2.0.0", 2), (3, "2.0.0", "v2.0.0", 0), (2, "1.0.0", "1.0.0", 1)];
    for (at, base, tag, distance) in cases {
        set_head(&repo, &ids[at]);
        let object = repo.imgver(["extended", "--output", "json"]).run().json();
        assert_eq!(object["service"], Value::Null);
        assert_eq!(object["image"], Value::Null);
        assert_eq!((&object["base"], &object["base_tag"]), (&json!(base), &json!(tag)), "at commit {at}");
        assert_eq!(object["distance"], json!(distance), "at commit {at}");
    }
    set_head(&repo, &ids[5]);
    let inside = repo.imgver(["version"]).cwd("app").run().line();
    assert_eq!(inside, "4.0.0", "inside a service its own releases count");
}

#[test]
fn the_ref_names_the_release_whatever_the_tag_object_says() {
    let repo = Repo::new();
    History::linear(3, &["app"], &[]).import(&repo, Refs::Loose, Graph::Without);
    repo.annotate("app@9.9.9");
    repo.git(["update-ref", "refs/tags/app@1.0.0", "refs/tags/app@9.9.9"]);
    repo.git(["tag", "-d", "app@9.9.9"]);
    assert_eq!(repo.imgver(["version", "app"]).run().line(), "1.0.0");
    repo.git(["pack-refs", "--all"]);
    assert_eq!(repo.imgver(["version", "app"]).run().line(), "1.0.0");
}

#[test]
fn only_tags_are_releases() {
    let repo = Repo::new();
    let history = History::linear(4, &["app"], &[("app@1.0.0", 1)]);
    let ids = history.import(&repo, Refs::Loose, Graph::Without);
    for place in ["heads", "remotes/origin", "notes", "tags/heads", "tags/tags", "odd", "bisect"] {
        repo.git(["update-ref", &format!("refs/{place}/app@9.9.9"), "HEAD"]);
    }
    // Names need not be text.
    let odd = OsStr::from_bytes(b"refs/tags/app\xff@9.9.9");
    repo.git([OsStr::new("update-ref"), odd, OsStr::new("HEAD")]);
    repo.git([OsStr::new("update-ref"), OsStr::from_bytes(b"refs/tags/app@9.9.9\xff"), OsStr::new("HEAD")]);
    for packed in [false, true] {
        if packed {
            repo.git(["pack-refs", "--all"]);
        }
        ask_list(&repo, &history, &ids, 3);
        ask_rev(&repo, &history, &ids, 2, "app");
    }
}

#[test]
fn more_than_9999_commits_take_more_digits() {
    let repo = Repo::new();
    let history = History::linear(10_050, &["app"], &[("app@1.0.0", 40)]);
    let ids = history.import(&repo, Refs::Packed, Graph::Full);
    for (at, padded) in
        [(10_049, "10009"), (10_040, "10000"), (10_039, "9999"), (1_039, "0999"), (49, "0009")]
    {
        let line = repo.imgver(["extended", "app", "--rev", &ids[at]]).run().line();
        assert_eq!(line, format!("1.0.0-{padded}-{}", &ids[at][..7]));
    }
}

#[test]
fn a_number_beyond_64_bits_is_no_release() {
    let largest = "app@1.18446744073709551615.0";
    let repo = Repo::new();
    let tags = [(largest, 2), ("app@1.18446744073709551616.0", 2), ("app@0.1.0", 2)];
    History::linear(4, &["app"], &tags).import(&repo, Refs::Loose, Graph::Without);
    assert_eq!(repo.extended("app", &[])["base_tag"], json!(largest));
}

#[test]
fn packed_refs_in_any_shape_that_git_reads() {
    let repo = Repo::new();
    let tags = [("app@1.0.0", 1), ("app@1.1.0", 2), ("app2@2.0.0", 3), ("ap@3.0.0", 3), ("app@0.9.0", 0)];
    let mut history = History::linear(5, &["app", "app2", "ap"], &tags);
    history.tags[1].kind = Kind::Nested;
    history.tags[4].kind = Kind::Annotated;
    let ids = history.import(&repo, Refs::Packed, Graph::Without);
    let path = repo.path().join(".git/packed-refs");
    let sorted = fs::read_to_string(&path).expect("read packed-refs");
    let records: Vec<&str> = sorted.lines().filter(|line| !line.starts_with('#')).collect();
    let plain: Vec<&str> = records.iter().filter(|line| !line.starts_with('^')).copied().collect();
    let backwards: Vec<&str> = plain.iter().rev().copied().collect();
    let peeled = "# pack-refs with: peeled \n";
    let cases = [
        ("no header, no peeled objects, out of order", format!("{}\n", backwards.join("\n"))),
        ("no header, in order", format!("{}\n", plain.join("\n"))),
        ("a header that promises no order", format!("{peeled}{}\n", records.join("\n"))),
    ];
    for (case, text) in cases {
        fs::write(&path, text).expect("write packed-refs");
        let seen = repo.git(["for-each-ref", "--format=%(refname)", "refs/tags"]);
        assert_eq!(seen.lines().count(), 6, "{case}: git reads it");
        ask_list(&repo, &history, &ids, 4);
        for service in &history.services {
            ask_rev(&repo, &history, &ids, 4, service);
        }
    }
}

#[test]
fn a_symbolic_tag_counts_where_it_leads() {
    let repo = Repo::new();
    History::linear(4, &["app"], &[("app@1.0.0", 1), ("stable", 2)]).import(
        &repo,
        Refs::Loose,
        Graph::Without,
    );
    repo.git(["symbolic-ref", "refs/tags/app@2.0.0", "refs/tags/stable"]);
    let object = repo.extended("app", &[]);
    assert_eq!((&object["base_tag"], &object["distance"]), (&json!("app@2.0.0"), &json!(1)));
}

#[test]
fn dates_that_are_no_dates_change_nothing() {
    let repo = Repo::new();
    History::linear(1, &["app"], &[("app@1.0.0", 0)]).import(&repo, Refs::Loose, Graph::Without);
    let tree = repo.git(["rev-parse", "HEAD^{tree}"]);
    let root = repo.head();
    let who = "A <a@example.com>";
    let cases = [
        ("negative", format!("author {who} -1 +0000\ncommitter {who} -1 +0000\n")),
        ("enormous", format!("author {who} 99999999999999999999999 +0000\ncommitter {who} 1 +0000\n")),
        ("a word", format!("author {who} 1 +0000\ncommitter {who} soon\n")),
        ("none", format!("author {who}\ncommitter {who}\n")),
        ("an odd time zone", format!("author {who} 1 +051800\ncommitter {who} 1 -9999999\n")),
        ("no time zone", format!("author {who} 1\ncommitter {who} 1\n")),
        ("an odd name", "author A < <a@example.com>> 1 +0000\ncommitter <> 1 +0000\n".to_string()),
        ("extra headers", format!("author {who} 1 +0000\ncommitter {who} 1 +0000\nparent {root}\nx y\n z\n")),
    ];
    let mut wrong = Vec::new();
    for (case, people) in cases {
        let commit = format!("tree {tree}\nparent {root}\n{people}\nparent {root}\n");
        let write = ["hash-object", "-t", "commit", "-w", "--stdin", "--literally"];
        let id = repo.git_run(write).input(commit).run().text();
        assert_eq!(repo.git(["rev-list", "--count", &format!("app@1.0.0..{id}")]), "1", "{case}: git");
        set_head(&repo, &id);
        let output = repo.imgver(["extended", "app"]).run();
        if output.stdout != format!("1.0.0-0001-{}\n", &id[..7]) {
            wrong.push(format!("{case}: {output}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
