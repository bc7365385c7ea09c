//! `release`: what would stop it half-way, or be a release of something else, is refused before the first tag.

use imgver::domain::Bump;
use imgver::error::Kind;
use imgver::ops::SubjectChoice;
use imgver::ops::release::{NewVersion, Request, Wanted};

use super::release::{at, of, pushed, set};
use super::releases::{change, changed, made, made_tags, refusal, several, shop};
use super::tag_format;

#[test]
fn a_shared_release_that_an_earlier_run_did_not_push_is_said() {
    let (clone, bare) = shop();
    let request = Request { tag_format: Some(tag_format("v{version}")), ..pushed(changed(Bump::Patch)) };
    clone.git(["tag", "v1.0.0"]);
    change(&clone, "README.md", "Say more");
    clone.git(["push", "-q", "origin", "main"]);
    let refused = refusal(&clone, &request, Kind::VersionRule);
    let hint = "origin does not have v1.0.0, the last release: git push --no-follow-tags -- origin";
    assert!(refused.contains("nothing to release"), "{refused}");
    assert_eq!(refused.matches(hint).count(), 1, "{refused}");
    bare.git(["tag", "v1.0.0", "main~1"]);
    assert!(!refusal(&clone, &request, Kind::VersionRule).contains("does not have"));
}

/// Else the same command would refuse what it has itself written.
#[test]
fn notes_that_a_release_would_have_to_contain_are_refused() {
    let (clone, _) = shop();
    clone.write(".gitignore", "*.txt\n");
    clone.commit("Ignore texts");
    clone.git(["push", "-q", "origin", "main"]);
    let request =
        |file: &str| Request { notes_file: Some(clone.path().join(file)), ..several(&["api", "web"]) };
    for (file, said) in [
        ("imgver.yaml", "imgver.yaml is a file that git tracks"),
        ("web/../api/close.go", "api/close.go is a file that git tracks"),
        ("api/notes.md", "a build of api could read api/notes.md"),
        (".git/HEAD", ".git/HEAD belongs to git itself"),
    ] {
        let refused = refusal(&clone, &request(file), Kind::VersionRule);
        assert!(refused.contains(said), "{refused}");
        assert!(refused.contains("hint: "), "{refused}");
    }
    // Ignored; of a service that is not released; read by no build; outside of the repository.
    for file in ["api/notes.txt", "worker/notes.md", "notes.md", "../notes.md"] {
        assert_eq!(made(&clone, &request(file)).1, ["notes", "set api@1.4.1", "set web@2.0.1"], "{file}");
    }
    // The commit alone is released, whatever is in the work tree.
    let of_commit = at("HEAD", request("api/notes.md"));
    assert_eq!(made_tags(&clone, &of_commit), ["api@1.4.1", "web@2.0.1"]);
}

/// git keeps a ref either as a file or as a directory of others.
#[test]
fn tags_that_git_cannot_have_together_are_refused_before_the_first() {
    let (clone, bare) = shop();
    let given = |format: &str| Request {
        tag_format: Some(tag_format(format)),
        version: NewVersion::Given("3.0.0".parse().unwrap()),
        ..pushed(several(&["api", "web"]))
    };
    // A tag above, one below, here and there.
    for (repo, tag, format, place) in [
        (&clone, "web", "{name}/v{version}", ""),
        (&clone, "web@3.0.0/old", "{name}@{version}", ""),
        (&bare, "web", "{name}/v{version}", " on origin"),
        (&bare, "web@3.0.0/old", "{name}@{version}", " on origin"),
    ] {
        repo.git(["tag", tag, "main"]);
        let refused = refusal(&clone, &given(format), Kind::VersionRule);
        let ours = format.replace("{name}", "web").replace("{version}", "3.0.0");
        assert!(refused.contains(&format!("the tags {ours} and {tag} cannot both be{place}")), "{refused}");
        repo.git(["tag", "-d", tag]);
    }
    // What begins alike is in no way.
    for tag in ["we", "web-v3", "web-v3.0.0-old"] {
        clone.git(["tag", tag]);
    }
    assert_eq!(made_tags(&clone, &given("{name}-v{version}")), ["api-v3.0.0", "web-v3.0.0"]);
    // Those of one command.
    clone.service("web/admin");
    clone.commit("Add an admin");
    clone.git(["push", "-q", "origin", "main"]);
    let both = Request { wanted: several(&["web", "web/admin"]).wanted, ..given("{version}/{service}") };
    let refused = refusal(&clone, &both, Kind::VersionRule);
    assert!(refused.contains("the tags 3.0.0/web and 3.0.0/web/admin cannot both be"), "{refused}");
}

#[test]
fn a_commit_is_not_released_as_a_service_that_it_does_not_have() {
    let (clone, _) = shop();
    clone.service("shop/cart");
    clone.commit("Add a cart");
    clone.git(["push", "-q", "origin", "main"]);
    let before = |request| at("HEAD~1", request);
    let refused = refusal(&clone, &before(set("shop/cart", "1.0.0")), Kind::VersionRule);
    assert!(
        refused.contains("has no directory shop/cart, so it cannot be released as shop/cart"),
        "{refused}"
    );
    refusal(&clone, &before(several(&["api", "shop/cart"])), Kind::VersionRule);
    assert_eq!(made_tags(&clone, &before(several(&["api", "web"]))), ["api@1.4.1", "web@2.0.1"]);
    // The repository as a whole is wherever it is, and one tag of all is of those that the commit has.
    let whole = Request { wanted: Wanted::Subject(SubjectChoice::Whole), ..of("") };
    assert_eq!(made_tags(&clone, &before(whole)), ["0.0.1"]);
    let shared = Request { tag_format: Some(tag_format("v{version}")), ..several(&["shop/cart"]) };
    assert_eq!(made_tags(&clone, &before(shared)), ["v0.0.1"]);
}
