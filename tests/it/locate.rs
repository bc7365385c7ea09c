//! `imgver locate`: from an image's tag back to the commit.

use serde_json::json;

use crate::support::{Repo, image_of};
use crate::two_services::{GO, NODE, short, two_services};

fn located(repo: &Repo, args: &[&str]) -> serde_json::Value {
    repo.imgver(["locate", "--output", "json"]).args(args).run().json()
}

/// Asserts that nothing is found, for a reason.
#[track_caller]
fn lost(repo: &Repo, args: &[&str], code: i32, words: &[&str]) {
    let output = repo.imgver(["locate"]).args(args).run();
    let error = output.fails(code);
    words.iter().for_each(|word| assert!(error.contains(word), "'{word}' is missing: {output}"));
}

#[test]
fn a_tag_leads_to_its_commit() {
    let repo = two_services();
    let image = repo.imgver(["tag", NODE]).run().line();
    assert_eq!(
        repo.imgver(["locate", &image]).run().text(),
        format!(
            "commit    {}\nauthor    Ada <ada@example.com>\ndate      2023-11-14T22:16:20Z\nsubject   Run\n\
             service   {NODE}\nrelease   {NODE}@1.0.9\ndistance  2",
            repo.head()
        )
    );
    assert_eq!(
        located(&repo, &[&image]),
        json!({
            "image_tag": image, "commit": repo.head(), "author": "Ada", "email": "ada@example.com",
            "date": "2023-11-14T22:16:20Z", "subject": "Run", "dirty": false,
            "services": [{"service": NODE, "base": "1.0.9", "base_tag": format!("{NODE}@1.0.9"), "distance": 2}],
            "warnings": [],
        })
    );
}

#[test]
fn every_form_that_imgver_makes_is_found() {
    let repo = two_services();
    let (head, released) = (repo.head(), repo.git(["rev-parse", "HEAD~2"]));
    let before = repo.git(["rev-parse", "HEAD~1"]);
    repo.commit("later");
    let (node, go) = (image_of(NODE), image_of(GO));
    for (tag, commit, service) in [
        (format!("{node}:1.0.9-0002-{}", &head[..7]), &head, NODE),
        (format!("docker.io/{node}:1.0.9-0002-{}", &head[..7]), &head, NODE),
        (format!("{node}:1.0.9-0002-{}@sha256:00ff", &head[..7]), &head, NODE),
        (format!("{node}:1.0.9-0001-{}", &before[..4]), &before, NODE),
        (format!("{node}:1.0.9-0001-{before}"), &before, NODE),
        (format!("{node}:1.0.10-0002-{}", &head[..7]), &head, NODE),
        (format!("{node}:1.1.0-0002-{}", &head[..7]), &head, NODE),
        (format!("{node}:1.0.9-0000-{}", &released[..7]), &released, NODE),
        (format!("{node}:1.0.9"), &released, NODE),
        (format!("1.0.9-0002-{}", &head[..7]), &head, NODE),
        ("1.0.9".to_owned(), &released, NODE),
        (format!("{go}:0.0.0-0003-{}", &head[..7]), &head, GO),
        (format!("0.0.1-0003-{}", &head[..7]), &head, GO),
    ] {
        let found = located(&repo, &[&tag, "--service", service]);
        assert_eq!(
            (&found["commit"], &found["services"][0]["service"]),
            (&json!(commit), &json!(service)),
            "{tag}"
        );
        let found = located(&repo, &[&tag]);
        assert_eq!(found["commit"], json!(commit), "{tag}");
        assert!(found["services"].to_string().contains(service), "{tag}: {found}");
    }
    let dirty = repo.imgver(["locate", &format!("{node}:1.0.9-0002-{}-dirty", &head[..7])]).run();
    assert!(
        dirty.text().contains(&head)
            && dirty.stderr.contains("warning: the image was built with uncommitted"),
        "{dirty}"
    );
}

#[test]
fn a_version_alone_is_that_of_the_service_one_is_in() {
    let repo = two_services();
    repo.git(["tag", &format!("{GO}@1.0.9"), "HEAD"]);
    let at = |directory: &str| repo.imgver(["locate", "1.0.9"]).cwd(directory).run();
    assert!(at(GO).text().contains(&repo.head()));
    assert!(at(NODE).text().contains(&repo.git(["rev-parse", "HEAD~2"])));
    let both = [format!("{GO}@1.0.9"), format!("{NODE}@1.0.9")];
    lost(&repo, &["1.0.9"], 5, &["1.0.9 is ambiguous", &both[0], &both[1], "--service"]);
    // A version that several services have at one commit tells the commit all the same.
    repo.git(["tag", &format!("{NODE}@2.0.0")]);
    repo.git(["tag", &format!("{GO}@2.0.0")]);
    let shared = located(&repo, &[&format!("2.0.0-0000-{}", short(&repo))]);
    assert_eq!(shared["services"].as_array().map(Vec::len), Some(2));
    repo.git(["tag", "api-node-v6.0.0"]);
    let formatted = located(&repo, &["6.0.0", "--tag-format", "{name}-v{version}"]);
    assert_eq!(formatted["services"][0]["service"], json!(NODE));
    repo.git(["tag", "v7.0.0"]);
    let bare = repo.cloned("bare.git", &["--bare"]);
    assert_eq!(located(&bare, &["7.0.0"])["commit"], json!(repo.head()));
    assert_eq!(located(&repo, &["7.0.0"])["services"][0]["service"], json!(null));
}

#[test]
fn a_version_that_does_not_follow_is_not_passed_off() {
    let repo = two_services();
    let (commit, image) = (short(&repo), image_of(NODE));
    lost(
        &repo,
        &[&format!("{image}:1.0.9-0047-{commit}")],
        4,
        &["but its version is not", &format!("1.0.9-0002-{commit} for {NODE}")],
    );
    lost(
        &repo,
        &[&format!("{image}:1.0.8-0002-{commit}")],
        4,
        &["but its version is not", "git fetch --tags"],
    );
    lost(&repo, &[&format!("{image}:1.0.9-00002-{commit}")], 4, &["but its version is not"]);
    lost(
        &repo,
        &[&format!("{}:1.0.9-0002-{commit}", image_of(GO))],
        4,
        &["but its version is not", &format!("for {GO}")],
    );

    // What was tagged since is named.
    let made = format!("{image}:1.0.9-0002-{commit}");
    repo.git(["tag", &format!("{NODE}@1.1.0"), "HEAD~1"]);
    lost(
        &repo,
        &[&made],
        4,
        &[&format!("1.1.0-0001-{commit}"), &format!("it had that version until {NODE}@1.1.0 was tagged")],
    );
}

#[test]
fn first_parents_are_followed_on_request() {
    let repo = two_services();
    repo.git(["checkout", "-q", "-b", "side", "HEAD~1"]);
    repo.commit("On the side");
    repo.git(["checkout", "-q", "main"]);
    repo.git(["merge", "-q", "--no-ff", "-m", "Merge side", "side"]);
    let tag = |args: &[&str]| repo.imgver(["tag", NODE]).args(args).run().line();
    let (all, first) = (tag(&[]), tag(&["--first-parent"]));
    assert_ne!(all, first);
    assert_eq!(located(&repo, &[&first, "--first-parent"])["commit"], json!(repo.head()));
    lost(&repo, &[&first], 4, &["it has that version with --first-parent"]);
    lost(&repo, &[&all, "--first-parent"], 4, &["it has that version without --first-parent"]);
}

#[test]
fn what_the_clone_lacks_is_said() {
    let repo = two_services();
    let image = image_of(NODE);
    lost(
        &repo,
        &[&format!("{image}:1.0.9-0047-0000000")],
        3,
        &["no commit in this clone begins with 0000000", "git fetch --all"],
    );
    lost(
        &repo,
        &[&format!("{image}:1.0.8")],
        3,
        &[&format!("no release 1.0.8 of {NODE}"), "git fetch --tags"],
    );
    lost(&repo, &["9.9.9"], 3, &["no release 9.9.9 of any service"]);
    let before = repo.git(["rev-parse", "--short=7", "HEAD~1"]);
    let shallow = repo.cloned("shallow", &["--depth", "1"]);
    lost(&shallow, &[&format!("{image}:1.0.9-0001-{before}")], 3, &["git fetch --unshallow"]);
    lost(&shallow, &[&format!("{image}:1.0.9-0002-{}", short(&repo))], 3, &["too shallow"]);
    // Blobs and trees have hashes, too.
    let tree = repo.git(["rev-parse", "HEAD^{tree}"]);
    lost(&repo, &[&format!("{image}:1.0.9-0002-{}", &tree[..7])], 3, &["no commit in this clone begins"]);
}

#[test]
fn what_tells_no_commit_is_refused() {
    let repo = two_services();
    let image = image_of(NODE);
    lost(
        &repo,
        &[&format!("{image}:latest")],
        5,
        &["'latest' is not a version that identifies a commit", "org.opencontainers.image.revision"],
    );
    lost(&repo, &[&image], 5, &["has no tag"]);
    lost(&repo, &[""], 5, &["'' is not a version"]);
    lost(&repo, &["Team/api:1.0.9"], 5, &["uppercase"]);
    lost(
        &repo,
        &["example/services-node-api-nod:1.0.9"],
        5,
        &["no service of this repository builds", &format!("did you mean {image}?")],
    );
    lost(&repo, &["1.0.9", "--service", "nowhere"], 5, &["unknown service 'nowhere'"]);
    repo.write(&format!("{GO}/Taskfile.yaml"), "version: '3'\nvars:\n  IMAGE_REPO: '{{.REGISTRY}}/api'\n");
    repo.git(["tag", &format!("{GO}@3.0.0")]);
    // Only Task knows the image, and it may be this one.
    assert_eq!(located(&repo, &["registry.example/api:3.0.0"])["services"][0]["service"], json!(GO));
}

#[test]
fn an_ambiguous_hash_is_decided_by_the_version() {
    let repo = two_services();
    // Four digits repeat soon among some hundred commits.
    let mut seen = std::collections::HashMap::new();
    let twins = (0..2000).find_map(|_| {
        let commit = repo
            .git_run(["commit-tree", "HEAD^{tree}", "-p", "HEAD", "-m", &seen.len().to_string()])
            .run()
            .text();
        let other = seen.insert(commit[..4].to_owned(), commit.clone());
        other.map(|other| (other, commit))
    });
    let (one, other) = twins.expect("two hashes that begin alike");
    let tag = format!("{}:1.0.9-0003-{}", image_of(NODE), &one[..4]);
    lost(&repo, &[&tag], 5, &["is ambiguous", &one, &other]);
    lost(&repo, &[&tag.replace("0003", "0004")], 5, &["none of these commits has the version", &one]);
    // One of them gets a release, and the other's version stays.
    repo.git(["tag", &format!("{NODE}@1.0.10"), &one]);
    assert_eq!(located(&repo, &[&tag])["commit"], json!(other));
}
