//! Pushes to branches: what changed between `before` and the pushed commit.

use imgver::error::Kind;
use imgver::filters::Quantifier;
use serde_json::json;

use crate::plan::shop::{ALL, GO, MIGRATOR, NODE, NOWHERE, Shop, TAG, ZEROS, lines};
use crate::support::taskfile;

#[test]
fn without_a_before_everything_is_built_and_why_is_said() {
    let shop = Shop::new();
    let event = shop.event("push-branch");
    let mut reasons = Vec::new();
    for event in [
        event.clone().with_field("/before", ZEROS),
        event.clone().without_field("/before"),
        event.clone().with_field("/before", NOWHERE),
    ] {
        let plan = event.decided();
        assert_eq!(plan.stdout, lines(&ALL, "staging", true, ""));
        assert_eq!(plan.warnings.len(), 1, "{:?}", plan.warnings);
        reasons.extend(plan.warnings);
    }
    assert!(reasons[2].contains(&NOWHERE[..7]), "{reasons:?}");
    assert_ne!(reasons[0], reasons[2], "no earlier commit is not a lost one");
}

#[test]
fn a_before_that_is_no_commit() {
    let shop = Shop::new();
    let event = shop.event("push-branch");
    for wrong in [json!(7), json!(true), json!([]), json!({}), json!([ZEROS])] {
        let error = event.clone().with_field("/before", wrong).refusal(Kind::Input);
        assert!(error.contains("before"), "{error}");
    }
    assert_eq!(event.clone().with_field("/before", json!(null)).decided().services, ALL);
    // Something else has that hash: no commit of this clone does.
    let tree = shop.repo.git(["rev-parse", "main^{tree}"]);
    let file = shop.repo.git(["rev-parse", "main:README.md"]);
    for hash in [tree, file] {
        let plan = event.clone().with_field("/before", hash).decided();
        assert_eq!((plan.services.len(), plan.warnings.len()), (3, 1), "{:?}", plan.warnings);
    }
}

#[test]
fn a_pushed_commit_that_is_not_there_is_not_guessed_at() {
    let shop = Shop::new();
    for event in [
        shop.event("push-branch").set("GITHUB_SHA", NOWHERE),
        shop.event("push-branch").with_field("/after", NOWHERE).unset("GITHUB_SHA"),
    ] {
        assert!(event.refusal(Kind::Repository).contains(&format!("{NOWHERE}, is not in this clone")));
    }
    let tree = shop.repo.git(["rev-parse", "main^{tree}"]);
    let error = shop.event("push-branch").set("GITHUB_SHA", &tree).with_field("/after", &*tree);
    assert!(error.refusal(Kind::Repository).contains(&format!("{tree}, is a tree, not a commit")));
}

#[test]
fn before_need_not_be_an_ancestor() {
    let shop = Shop::new();
    let rewritten = |before: &str, after: &str| {
        let event = shop.event("push-branch-force").with_field("/before", before);
        let plan = event.with_field("/after", after).set("GITHUB_SHA", after).decided();
        assert_eq!(plan.warnings, Vec::<String>::new());
        plan.services
    };
    // Another line of history: what one side has and what the other lacks, both are changes.
    assert_eq!(rewritten(&shop.main, &shop.topic), ALL);
    assert_eq!(rewritten(&shop.topic, &shop.main), ALL);
    // A branch set back.
    assert_eq!(rewritten(&shop.main, &shop.fork), [GO, MIGRATOR]);
    assert_eq!(rewritten(&shop.topic, &shop.fork), [NODE]);
    // A push of many commits, and of a merge.
    assert_eq!(rewritten(&shop.fork, &shop.merge), ALL);
    assert_eq!(rewritten(&shop.topic, &shop.merge), [GO, MIGRATOR]);
}

#[test]
fn nothing_changed_is_an_empty_list() {
    let shop = Shop::new();
    let previous = shop.repo.git(["rev-parse", "main~1"]);
    for before in [&previous, &shop.main] {
        let plan = shop.event("push-branch").with_field("/before", &**before).decided();
        assert_eq!(plan.stdout, lines(&[], "staging", true, ""));
        assert_eq!(plan.warnings, Vec::<String>::new());
    }
}

#[test]
fn a_base_given_by_hand() {
    let shop = Shop::new();
    shop.repo.git(["tag", "last-good", &shop.topic]);
    let event = shop.event("push-branch");
    let planned = |base: &str| event.clone().base(base).decided();
    for (base, expected) in [
        ("main", &[][..]),
        ("main~1", &[]),
        ("main~2", &[GO, MIGRATOR]),
        ("HEAD^^", &[GO, MIGRATOR]),
        ("last-good", &ALL),
        ("refs/tags/last-good", &ALL),
        (&shop.topic, &ALL),
        (&shop.main, &[]),
        (&shop.fork[..10], &[GO, MIGRATOR]),
    ] {
        let plan = planned(base);
        assert_eq!(plan.stdout, lines(expected, "staging", true, ""), "{base}");
        assert_eq!(plan.warnings, Vec::<String>::new(), "{base}");
    }
    // Tags and dispatches are compared with nothing.
    for fixture in ["push-tag", "dispatch"] {
        let event = shop.event(fixture);
        assert_eq!(event.clone().base("main~1").decided(), event.decided(), "{fixture}");
    }
    // What is there and no commit was not pushed away.
    let tree = shop.repo.git(["rev-parse", "HEAD^{tree}"]);
    let plan = event.clone().with_field("/before", &*tree).decided();
    assert!(plan.warnings[0].contains(&format!("{tree}, is a tree, not a commit")), "{:?}", plan.warnings);
    // It counts whatever `before` is.
    for before in [ZEROS, NOWHERE] {
        let plan = event.clone().with_field("/before", before).base("main~2").decided();
        assert_eq!((plan.services.len(), plan.warnings.len()), (2, 0), "{before}");
    }
    assert_eq!(event.clone().without_field("/before").base("main").decided().services.len(), 0);
    // The last good run's commit may be gone by now, but a name must be right.
    let gone = planned(NOWHERE);
    assert_eq!((gone.services.len(), gone.warnings.len()), (3, 1));
    for base in ["no-such", "main~99", "abcdef0123", "HEAD^{tree}"] {
        let error = event.clone().base(base).refusal(Kind::Repository);
        assert!(error.contains(base), "{error}");
    }
}

#[test]
fn the_commit_is_the_events_and_not_the_one_checked_out() {
    let shop = Shop::new();
    let event = shop.event("push-branch");
    let expected = event.decided().stdout;
    shop.repo.git(["checkout", "-q", "topic"]);
    assert_eq!(event.decided().stdout, expected);
    // Without the variable, the payload tells; without both, HEAD.
    let unset = event.clone().unset("GITHUB_SHA");
    assert_eq!(unset.decided().stdout, expected);
    let head = unset.without_field("/after");
    assert_eq!(head.decided().services, [NODE]);
    assert_eq!(head.set("GITHUB_SHA", "").decided().services, [NODE], "CI spells unset as empty");
}

#[test]
fn a_branch_is_a_branch_whatever_it_is_called() {
    let shop = Shop::new();
    let expected = lines(&[GO, MIGRATOR], "staging", true, "");
    for branch in [
        "services/go/api-golang@1.4.0",
        "refs/tags/services/go/api-golang@1.4.0",
        "tags/x",
        "production",
        "`id`$(id)|<b>;{}",
        "déploiement",
    ] {
        let event = shop.event("push-branch").set("GITHUB_REF", &format!("refs/heads/{branch}"));
        assert_eq!(event.clone().set("GITHUB_REF_NAME", branch).decided().stdout, expected, "{branch}");
        let by_name = event.unset("GITHUB_REF").set("GITHUB_REF_NAME", branch);
        assert_eq!(by_name.decided().stdout, expected, "{branch}");
    }
    // The full ref is what counts where the variables contradict each other.
    let event = shop.event("push-branch").set("GITHUB_REF_TYPE", "tag").set("GITHUB_REF_NAME", TAG);
    assert_eq!(event.decided().stdout, expected);
    shop.event("push-branch").set("GITHUB_REF", "refs/notes/commits").refusal(Kind::Input);
}

#[test]
fn services_come_and_go() {
    let shop = Shop::new();
    shop.repo.service("services/rust/new");
    shop.repo.git(["rm", "-q", "-r", "--", NODE]);
    let after = shop.repo.commit("one in, one out");
    let event = shop.event("push-branch").with_field("/before", &*shop.main).set("GITHUB_SHA", &after);
    let plan = event.decided();
    assert_eq!(plan.stdout, lines(&["services/rust/new"], "staging", true, ""));
    // A file that moves from one service to another changes both.
    shop.repo.git(["mv", &format!("{GO}/main.txt"), "services/rust/new/main.txt"]);
    let moved = shop.repo.commit("moved");
    let event = event.with_field("/before", &*after).set("GITHUB_SHA", &moved);
    assert_eq!(event.decided().services, [GO, "services/rust/new"]);
}

#[test]
fn filters_and_quantifiers_are_those_of_changed() {
    let shop = Shop::new();
    let event = shop.event("push-branch");
    shop.repo.write("ci/filters.yaml", "api-node:\n  - '**/*.txt'\n  - '!services/other/**'\n");
    let services =
        |quantifier| event.clone().filters("ci/filters.yaml").quantifier(quantifier).decided().services;
    assert_eq!(services(Quantifier::default()), [NODE, MIGRATOR], "api-golang has lost its filter");
    assert_eq!(services(Quantifier::Some), [NODE, MIGRATOR]);
    assert_eq!(services(Quantifier::Every), [MIGRATOR]);
    assert_eq!(services(Quantifier::SomeWithExcludes), [MIGRATOR]);

    shop.repo.write("ci/filters.yaml", "lists: ['x/**']\napi-golan: ['**']\n");
    let plan = event.clone().filters("ci/filters.yaml").decided();
    assert_eq!(plan.services, [MIGRATOR]);
    assert_eq!(plan.warnings.len(), 2, "{:?}", plan.warnings);
    assert!(plan.warnings.iter().any(|warning| warning.contains("api-golan") && warning.contains(GO)));

    shop.repo.write("ci/filters.yaml", "api-node:\n  addded: '**'\n");
    let error = event.clone().filters("ci/filters.yaml").refusal(Kind::Input);
    assert!(error.contains("ci/filters.yaml:2:3"), "{error}");
    event.clone().filters("ci/none.yaml").refusal(Kind::Input);
    shop.repo.write(".github/utils/file-filters.yaml", "a: [b");
    assert!(
        event.refusal(Kind::Input).contains(".github/utils/file-filters.yaml:"),
        "the default file is read, too"
    );
}

#[test]
fn a_taskfile_that_cannot_be_read_hides_no_service() {
    let shop = Shop::new();
    let malformed = "version: '3'\nvars:\n  IMAGE_REPO: [a\n  b: c\n";
    shop.repo.write(&format!("{NODE}/Taskfile.yaml"), malformed);
    for fixture in ["push-branch", "push-branch-first", "pull-request", "merge-group", "act-push"] {
        let error = shop.event(fixture).refusal(Kind::Input);
        assert!(error.contains(&format!("{NODE}/Taskfile.yaml:4:")), "{fixture}: {error}");
    }
    let error = shop.event("dispatch").refusal(Kind::Input);
    assert!(error.contains(&format!("{NODE}/Taskfile.yaml:4:")), "{error}");
    // What names another service does not need this one.
    let tag = shop.event("push-tag").decided();
    assert_eq!(tag.stdout, lines(&[GO], "production", true, "1.4.0"));
    assert_eq!(tag.warnings.len(), 1, "{:?}", tag.warnings);
    let dispatch = shop.event("dispatch").with_field("/inputs/service", GO).decided();
    assert_eq!(dispatch.stdout, lines(&[GO], "development", true, ""));
    assert_eq!(dispatch.warnings.len(), 1, "{:?}", dispatch.warnings);
    shop.repo.write(&format!("{NODE}/Taskfile.yaml"), taskfile("example/services-node-api-node"));
    assert_eq!(shop.event("dispatch").decided().warnings, Vec::<String>::new());
}
