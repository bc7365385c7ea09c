//! What a pull request is compared with: histories as teams make them.

use crate::plan::shop::{ALL, Event, GO, MIGRATOR, NODE, Shop};

/// A pull request whose branch took over what main got since it was opened.
struct Updated {
    shop: Shop,
    /// Where main was when the pull request was opened, which its events go on to say.
    opened_at: String,
    /// Where main is.
    main: String,
    /// The head of the pull request: a merge of main, and a commit.
    head: String,
    /// What GitHub made of it.
    merge: String,
}

/// ```text
/// opened_at --- main1 --- main2 ------- merge
///          \         \        \        /
///           topic --- update1 - update2 --- head
/// ```
/// `topic` and `head` change api-node, main2 the migrator.
fn updated() -> Updated {
    let shop = Shop::new();
    let repo = &shop.repo;
    let opened_at = shop.main.clone();
    repo.git(["checkout", "-q", "-b", "long"]);
    repo.write(&format!("{NODE}/main.txt"), "long 1\n");
    repo.commit("long 1");
    for (number, file) in [(1, "README.md".to_owned()), (2, format!("{MIGRATOR}/main.txt"))] {
        repo.git(["checkout", "-q", "main"]);
        repo.write(&file, format!("main {number}\n"));
        repo.commit("main");
        repo.git(["checkout", "-q", "long"]);
        repo.git(["merge", "-q", "--no-ff", "-m", "update", "main"]);
    }
    let main = repo.git(["rev-parse", "main"]);
    repo.write(&format!("{NODE}/more.txt"), "long 2\n");
    let head = repo.commit("long 2");
    repo.git(["checkout", "-q", "--detach", "main"]);
    repo.git(["merge", "-q", "--no-ff", "-m", "merge", "long"]);
    let merge = repo.head();
    Updated { shop, opened_at, main, head, merge }
}

impl Updated {
    fn event(&self) -> Event<'_> {
        let event = self.shop.event("pull-request").with_field("/pull_request/base/sha", &*self.opened_at);
        event.with_field("/pull_request/head/sha", &*self.head).set("GITHUB_SHA", &self.merge)
    }
}

#[test]
fn what_main_gave_to_a_pull_request_is_not_its_own() {
    let pull = updated();
    let plan = pull.event().decided();
    assert_eq!((plan.services, plan.warnings), (vec![NODE.to_owned()], vec![]));
    // Without the merge, the event knows no better.
    let without = pull.event().unset("GITHUB_SHA");
    assert_eq!(without.clone().decided().services, ALL);
    // Whoever knows where main is says so.
    assert_eq!(without.base("main").decided().services, [NODE]);
    assert_eq!(pull.event().base("main").decided().services, [NODE]);
    // A base that is given is taken, whatever the merge says.
    assert_eq!(pull.event().base(&pull.opened_at).decided().services, ALL);
}

#[test]
fn the_head_of_a_pull_request_is_not_its_merge() {
    let pull = updated();
    let repo = &pull.shop.repo;
    // A head that is a merge of main itself: its first parent is the pull request's own.
    let update = repo.git(["rev-parse", "long~1"]);
    assert_eq!(repo.git(["rev-list", "--no-walk", "--parents", &update]).split(' ').count(), 3);
    let event = pull.event().with_field("/pull_request/head/sha", &*update);
    for sha in [&update, &pull.head, &pull.main] {
        let plan = event.clone().set("GITHUB_SHA", sha).decided();
        assert_eq!(plan.services, ALL, "by the merge base with {}", pull.opened_at);
    }
    // act gives the commit that is checked out, and a payload may say nothing about the head.
    let bare = pull.event().without_field("/pull_request/head/sha").set("GITHUB_SHA", &update);
    assert_eq!(bare.decided().services, ALL);
    // An older merge of a branch that went on.
    let older = pull.event().with_field("/pull_request/head/sha", &*update);
    assert_eq!(older.decided().services, ALL);
}

#[test]
fn a_merge_of_several_is_not_that_of_a_pull_request() {
    let pull = updated();
    let repo = &pull.shop.repo;
    repo.git(["checkout", "-q", "--detach", "main"]);
    repo.git(["checkout", "-q", "-b", "side"]);
    repo.write(&format!("{GO}/side.txt"), "");
    let side = repo.commit("side");
    let tree = repo.git(["rev-parse", &format!("{}^{{tree}}", pull.merge)]);
    let commit = |parents: &[&str]| {
        let parents = parents.iter().flat_map(|parent| ["-p", *parent]);
        repo.git(["commit-tree", "-m", "made", &tree].into_iter().chain(parents))
    };
    let event = pull.event().base("main");
    assert_eq!(event.clone().decided().services, [NODE]);
    for parents in [&[&*pull.main, &*pull.head, &*side][..], &[&*pull.head], &[&*pull.head, &*pull.main], &[]]
    {
        let sha = commit(parents);
        assert_eq!(pull.event().set("GITHUB_SHA", &sha).decided().services, ALL, "{parents:?}");
    }
    let sha = commit(&[&pull.main, &pull.head]);
    assert_eq!(pull.event().set("GITHUB_SHA", &sha.to_uppercase()).decided().services, [NODE]);
}

#[test]
fn what_a_clone_lacks_is_not_taken_for_nothing() {
    let pull = updated();
    let repo = &pull.shop.repo;
    repo.git(["branch", "-f", "made", &pull.merge]);
    for (depth, services, warnings) in [(1, &ALL[..], 1), (2, &[NODE], 0), (3, &[NODE], 0)] {
        let depth = format!("--depth={depth}");
        let clone = repo.cloned(&format!("clone{depth}"), &[&depth, "--branch", "made"]);
        let plan = pull.event().in_repository(&clone).decided();
        assert_eq!(
            (&*plan.services, plan.warnings.len()),
            (&services.iter().map(ToString::to_string).collect::<Vec<_>>()[..], warnings),
            "{depth}"
        );
    }
    // Whoever checks out the head has no merge.
    let clone = repo.cloned("head", &["--single-branch", "--branch", "long"]);
    let plan = pull.event().in_repository(&clone).decided();
    assert_eq!((plan.services, plan.warnings.len()), (ALL.map(str::to_owned).to_vec(), 0));
}

#[test]
fn the_same_change_on_both_sides_is_none() {
    let pull = updated();
    let repo = &pull.shop.repo;
    repo.git(["checkout", "-q", "main"]);
    repo.git(["cherry-pick", "-n", "long~3"]);
    repo.write(&format!("{NODE}/more.txt"), "long 2\n");
    let main = repo.commit("taken over");
    repo.git(["merge", "-q", "--no-ff", "-m", "merge", "long"]);
    let event = pull.event().set("GITHUB_SHA", &repo.head());
    let plan = event.with_field("/pull_request/base/sha", &*main).decided();
    assert_eq!(plan.services, [""; 0]);
}
