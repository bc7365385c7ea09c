//! `release` of several services, of those that changed, and of pre-releases: what is decided, and what is left to do.

use imgver::domain::Bump;
use imgver::error::Kind;
use imgver::ops::release::{Answer, NewVersion, Request, Wanted};
use imgver::ops::{Effect, Scope};

use super::release::{of, pushed, releases, set};
use super::{refused, shown, tag_format};
use crate::support::Repo;

/// Three services, and the words of pre-releases. `api` and `web` are released and changed since; `worker` never was. In a clone,
/// and the repository that this pushes to.
pub(crate) fn shop() -> (Repo, Repo) {
    let origin = Repo::new();
    origin.write("imgver.yaml", "prereleases: [rc, beta]\n");
    for service in ["api", "web", "worker"] {
        origin.service(service);
    }
    origin.commit("Begin");
    origin.annotate("api@1.4.0");
    origin.annotate("web@2.0.0");
    change(&origin, "api/close.go", "Close connections");
    change(&origin, "web/page.html", "Add a page");
    change(&origin, "api/retry.go", "Retry once");
    let bare = origin.cloned("origin.git", &["--bare"]);
    (bare.cloned("clone", &[]), bare)
}

pub(crate) fn change(repo: &Repo, path: &str, what: &str) {
    repo.write(path, format!("{what}\n"));
    repo.commit(what);
}

/// The next patch of these services.
pub(super) fn several(names: &[&str]) -> Request {
    Request { wanted: Wanted::Services(names.iter().map(|name| (*name).to_owned()).collect()), ..of("") }
}

pub(super) fn changed(bump: Bump) -> Request {
    Request { wanted: Wanted::Changed, version: NewVersion::Bump(bump), ..of("") }
}

/// A pre-release of the next minor version.
fn candidate(service: &str) -> Request {
    Request { version: NewVersion::Bump(Bump::Minor), prerelease: Some("rc".to_owned()), ..of(service) }
}

/// The tags of the answers, and the effects in short.
#[track_caller]
pub(super) fn made(repo: &Repo, request: &Request) -> (Vec<String>, Vec<String>) {
    let outcome = releases(repo, request).unwrap_or_else(|error| panic!("{}", shown(&error)));
    let effects = outcome.effects.iter().map(|effect| match effect {
        Effect::SetTag(command) => format!("set {}", command.tag),
        Effect::PushTag(command) => format!("push {}", command.tag),
        Effect::Replace { .. } => "notes".to_owned(),
        other => panic!("a release does nothing else: {other:?}"),
    });
    let effects = effects.collect();
    (outcome.answer.into_iter().map(|answer| answer.tag).collect(), effects)
}

#[track_caller]
pub(super) fn made_tags(repo: &Repo, request: &Request) -> Vec<String> {
    made(repo, request).0
}

#[track_caller]
fn answers(repo: &Repo, request: &Request) -> Vec<Answer> {
    releases(repo, request).unwrap_or_else(|error| panic!("{}", shown(&error))).answer
}

#[track_caller]
fn warnings(repo: &Repo, request: &Request) -> Vec<String> {
    releases(repo, request).unwrap_or_else(|error| panic!("{}", shown(&error))).warnings
}

#[track_caller]
pub(super) fn refusal(repo: &Repo, request: &Request, kind: Kind) -> String {
    refused(releases(repo, request), kind)
}

#[test]
fn several_services_are_sorted_and_each_tag_goes_by_itself() {
    let (clone, _) = shop();
    let (tags, effects) = made(&clone, &pushed(several(&["web", "api", "./web"])));
    assert_eq!(tags, ["api@1.4.1", "web@2.0.1"]);
    assert_eq!(effects, ["set api@1.4.1", "push api@1.4.1", "set web@2.0.1", "push web@2.0.1"]);
    let message = &answers(&clone, &several(&["web", "api"]))[1].message;
    assert!(message.contains("Add a page") && !message.contains("Retry"), "{message}");
}

#[test]
fn one_service_that_cannot_be_released_holds_up_all() {
    let (clone, _) = shop();
    clone.write("web/.env", "secret");
    let untracked = refusal(&clone, &several(&["api", "web"]), Kind::VersionRule);
    assert!(untracked.contains("web/.env"), "{untracked}");
    assert_eq!(made_tags(&clone, &several(&["api", "worker"])), ["api@1.4.1", "worker@0.0.1"]);
    std::fs::remove_file(clone.path().join("web/.env")).unwrap();
    clone.git(["tag", "web@3.0.0", "HEAD~1"]);
    let given = Request { version: NewVersion::Given("3.0.0".parse().unwrap()), ..several(&["api", "web"]) };
    assert!(refusal(&clone, &given, Kind::VersionRule).contains("the tag web@3.0.0 already exists"));
    assert!(refusal(&clone, &several(&["api", "wep"]), Kind::Input).contains("did you mean web?"));
}

#[test]
fn what_changed_is_what_differs_from_its_release() {
    let (clone, _) = shop();
    let request = changed(Bump::Patch);
    assert_eq!(made_tags(&clone, &request), ["api@1.4.1", "web@2.0.1"]);
    let warnings = warnings(&clone, &request);
    assert!(warnings.len() == 1 && warnings[0].contains("never released: worker"), "{warnings:?}");
    // What was taken back is as it was released.
    clone.git(["rm", "-q", "web/page.html"]);
    clone.commit("Remove the page");
    assert_eq!(made_tags(&clone, &Request { any_branch: true, ..request.clone() }), ["api@1.4.1"]);
    // Filters decide, as for `imgver changed`.
    clone.write(".github/utils/file-filters.yaml", "web: [web/**, shared/**]\nno-such: [x]\n");
    change(&clone, "shared/a.js", "Share");
    let request = Request { any_branch: true, ..request };
    assert_eq!(made_tags(&clone, &request), ["api@1.4.1", "web@2.0.1"]);
    let outcome = releases(&clone, &request).unwrap();
    assert!(outcome.warnings.iter().any(|warning| warning.contains("no-such")), "{:?}", outcome.warnings);
    assert!(outcome.answer[1].message.contains("Share"));
    // By service, what is counted is what changed, taken back or not.
    let by_service = Request { scope: Some(Scope::Service), ..request };
    assert_eq!(made_tags(&clone, &by_service), ["api@1.4.1", "web@2.0.1"]);
}

#[test]
fn nothing_changed_is_nothing_to_release() {
    let (clone, _) = shop();
    clone.git(["tag", "api@1.5.0"]);
    clone.git(["tag", "web@2.1.0"]);
    for scope in [Scope::Repository, Scope::Service] {
        let request = Request { scope: Some(scope), ..changed(Bump::Patch) };
        let error = refusal(&clone, &request, Kind::VersionRule);
        assert!(
            error.contains("no service has changed since its release") && error.contains("worker"),
            "{error}"
        );
    }
    for tag in clone.git(["tag"]).lines() {
        clone.git(["tag", "-d", tag]);
    }
    let error = refusal(&clone, &changed(Bump::Patch), Kind::VersionRule);
    assert!(error.contains("no service was ever released"), "{error}");
    clone.git(["tag", "v1.0.0", "HEAD~1"]);
    let error = refusal(&clone, &changed(Bump::Patch), Kind::VersionRule);
    assert!(error.contains("v{version}"), "{error}");
}

/// Wherever an earlier run ended, the same request does what is left, and says what it would have said.
#[test]
fn the_same_request_goes_on_where_another_ended() {
    for wanted in [several(&["api", "web"]), changed(Bump::Patch)] {
        for scope in [Scope::Repository, Scope::Service] {
            let (clone, bare) = shop();
            let request = pushed(Request { scope: Some(scope), ..wanted.clone() });
            let first = answers(&clone, &request);
            let told = |answers: Vec<Answer>| -> Vec<(String, String, Option<String>)> {
                answers.into_iter().map(|it| (it.tag, it.message, it.previous)).collect()
            };
            let steps = ["set api@1.4.1", "push api@1.4.1", "set web@2.0.1", "push web@2.0.1"];
            for done in 0..steps.len() {
                assert_eq!(made(&clone, &request).1, steps[done..], "{request:?}");
                assert_eq!(told(answers(&clone, &request)), told(first.clone()), "{request:?}");
                match steps[done].split_once(' ').unwrap() {
                    ("set", tag) => clone.annotate(tag),
                    (_, tag) => drop(clone.git(["push", "-q", "origin", tag])),
                }
            }
            let error = refusal(&clone, &request, Kind::VersionRule);
            assert!(
                error.contains("already released as api@1.4.1, web@2.0.1, and origin has the same"),
                "{error}"
            );
            let unpushed = Request { push: false, ..request };
            assert!(refusal(&clone, &unpushed, Kind::VersionRule).contains("--push"));
            assert!(bare.git(["tag"]).contains("web@2.0.1"));
        }
    }
}

#[test]
fn a_tag_of_this_commit_that_only_the_remote_has_is_fetched_first() {
    let (clone, bare) = shop();
    bare.git(["tag", "web@2.0.1", &clone.head()]);
    let request = pushed(several(&["api", "web"]));
    let error = refusal(&clone, &request, Kind::VersionRule);
    assert!(error.contains("web@2.0.1 already exists on origin, for this commit"), "{error}");
    clone.git(["fetch", "-q", "--tags"]);
    assert_eq!(made(&clone, &request).1, ["set api@1.4.1", "push api@1.4.1"]);
    // The same name for another commit is nobody's to push over.
    clone.git(["tag", "api@1.4.1"]);
    bare.git(["tag", "api@1.4.1", "main~1"]);
    let error = refusal(&clone, &request, Kind::VersionRule);
    let [there, here] = ["main~1", "main"].map(|rev| bare.git(["rev-parse", rev])[..7].to_owned());
    assert!(error.contains(&format!("for another commit: {there}, not {here}")), "{error}");
}

#[test]
fn a_release_that_nobody_pushed_is_warned_about() {
    let (clone, _) = shop();
    clone.git(["tag", "api@1.4.1", "HEAD~1"]);
    let warnings = warnings(&clone, &pushed(of("api")));
    let [warning] = &*warnings else { panic!("{warnings:?}") };
    assert!(warning.contains("origin does not have api@1.4.1, the release before api@1.4.2"), "{warning}");
    let command = warning.split_once("api@1.4.2: ").unwrap().1.split(" pushes").next().unwrap();
    clone.program("sh").args(["-c", command]).run().text();
    assert_eq!(answers(&clone, &pushed(of("api")))[0].warnings, [""; 0]);
}

/// A push failed, and then somebody commits: what is not pushed is not forgotten, although its service is as it was released.
#[test]
fn a_release_that_nobody_pushed_is_not_forgotten() {
    let (clone, _) = shop();
    clone.git(["tag", "api@1.4.1"]);
    clone.git(["push", "-q", "origin", "api@1.4.1"]);
    clone.git(["tag", "web@2.0.1"]);
    change(&clone, "README.md", "Say what this is");
    clone.git(["push", "-q", "origin", "main"]);
    let said = "origin does not have web@2.0.1, the last release of web: git push";
    let nothing = refusal(&clone, &pushed(changed(Bump::Patch)), Kind::VersionRule);
    assert!(nothing.contains(said) && !nothing.contains("does not have api"), "{nothing}");
    change(&clone, "api/more.go", "Do more");
    clone.git(["push", "-q", "origin", "main"]);
    let warnings = warnings(&clone, &pushed(changed(Bump::Patch)));
    assert!(warnings.iter().any(|warning| warning.starts_with(said)), "{warnings:?}");
}

#[test]
fn another_bump_of_a_released_commit_comes_on_top_once() {
    let (clone, _) = shop();
    clone.git(["tag", "api@1.4.1"]);
    let minor = Request { version: NewVersion::Bump(Bump::Minor), ..of("api") };
    assert_eq!(made_tags(&clone, &minor), ["api@1.5.0"]);
    assert!(warnings(&clone, &minor)[0].contains("is already released as api@1.4.1"));
    clone.git(["tag", "api@1.5.0"]);
    for request in [of("api"), minor, set("api", "1.5.0"), set("api", "1.4.1")] {
        assert!(refusal(&clone, &request, Kind::VersionRule).contains("is already released as api@1."));
    }
    assert_eq!(made_tags(&clone, &set("api", "1.5.1")), ["api@1.5.1"]);
}

#[test]
fn pre_releases_are_numbered_by_all_tags_that_are_known() {
    let (clone, bare) = shop();
    assert_eq!(made_tags(&clone, &candidate("api")), ["api@1.5.0-rc.1"]);
    clone.git(["tag", "api@1.5.0-rc.1", "HEAD~1"]);
    let second = answers(&clone, &candidate("api")).remove(0);
    assert_eq!((&*second.tag, &*second.version), ("api@1.5.0-rc.2", "1.5.0-rc.2"));
    assert_eq!(second.previous.as_deref(), Some("api@1.4.0"), "a pre-release is never a base");
    assert!(second.message.contains("Close connections"), "{}", second.message);
    bare.git(["tag", "api@1.5.0-rc.7", "main~1"]);
    assert_eq!(made_tags(&clone, &candidate("api")), ["api@1.5.0-rc.2"]);
    assert_eq!(made_tags(&clone, &pushed(candidate("api"))), ["api@1.5.0-rc.8"]);
    for (request, expected) in [
        (Request { prerelease: Some("beta".to_owned()), ..of("api") }, "api@1.4.1-beta.1"),
        (Request { prerelease: Some("rc".to_owned()), ..set("api", "2.0.0") }, "api@2.0.0-rc.1"),
        (Request { prerelease: None, ..candidate("api") }, "api@1.5.0"),
        (candidate("worker"), "worker@0.1.0-rc.1"),
        (
            Request { tag_format: Some(tag_format("{name}/v{version}")), ..candidate("web") },
            "web/v0.1.0-rc.1",
        ),
    ] {
        assert_eq!(made_tags(&clone, &request), [expected]);
    }
    clone.git(["tag", &format!("api@1.5.0-rc.{}", u64::MAX), "HEAD~2"]);
    assert!(refusal(&clone, &candidate("api"), Kind::VersionRule).contains("no pre-release after 1.5.0-rc."));
}

#[test]
fn pre_releases_go_up_and_end_with_the_release() {
    let (clone, bare) = shop();
    clone.git(["tag", "api@1.5.0-rc.1", "HEAD~1"]);
    let beta = Request { prerelease: Some("beta".to_owned()), ..candidate("api") };
    let below = refusal(&clone, &beta, Kind::VersionRule);
    assert!(
        below.contains("1.5.0-beta.1 is not higher than 1.5.0-rc.1") && below.contains("--pre rc"),
        "{below}"
    );
    // What another branch has is not behind the commit.
    clone.git(["tag", "web@2.1.0-rc.1", &clone.git(["commit-tree", "HEAD^{tree}", "-m", "apart"])]);
    assert_eq!(
        made_tags(&clone, &Request { prerelease: beta.prerelease, ..candidate("web") }),
        ["web@2.1.0-beta.1"]
    );

    clone.git(["tag", "api@1.5.0", "HEAD~1"]);
    let given = Request { prerelease: Some("rc".to_owned()), ..set("api", "1.5.0") };
    assert!(refusal(&clone, &given, Kind::VersionRule).contains("1.5.0 is already released as api@1.5.0"));
    assert_eq!(made_tags(&clone, &candidate("api")), ["api@1.6.0-rc.1"]);
    // A release that only the remote has is known where that is asked.
    bare.git(["tag", "web@2.1.0", "main"]);
    assert!(
        refusal(&clone, &pushed(candidate("web")), Kind::VersionRule).contains("2.1.0 is already released")
    );
    // The commit that is released needs no pre-release of the same.
    clone.git(["tag", "web@2.1.0"]);
    assert!(refusal(&clone, &candidate("web"), Kind::VersionRule).contains("2.1.0 is already released"));
}

#[test]
fn a_pre_release_of_this_commit_is_not_made_again() {
    let (clone, bare) = shop();
    clone.git(["tag", "api@1.5.0-rc.1", "HEAD~1"]);
    clone.annotate("api@1.5.0-rc.2");
    assert!(
        refusal(&clone, &candidate("api"), Kind::VersionRule).contains("already released as api@1.5.0-rc.2")
    );
    assert_eq!(made(&clone, &pushed(candidate("api"))).1, ["push api@1.5.0-rc.2"]);
    clone.git(["push", "-q", "origin", "api@1.5.0-rc.2"]);
    refusal(&clone, &pushed(candidate("api")), Kind::VersionRule);
    clone.git(["tag", "-d", "api@1.5.0-rc.2"]);
    let there = refusal(&clone, &pushed(candidate("api")), Kind::VersionRule);
    assert!(there.contains("api@1.5.0-rc.2 already exists on origin, for this commit"), "{there}");
    assert!(bare.git(["tag"]).contains("api@1.5.0-rc.2"));
    // Another kind of it may be of the same commit.
    let beta = Request { prerelease: Some("beta".to_owned()), ..of("api") };
    assert_eq!(made_tags(&clone, &beta), ["api@1.4.1-beta.1"]);
}

#[test]
fn only_configured_words_make_pre_releases() {
    let (clone, _) = shop();
    let unknown = refusal(&clone, &Request { prerelease: Some("bata".to_owned()), ..of("api") }, Kind::Input);
    let words =
        ["--pre bata", "are beta, rc", "did you mean beta?", "prereleases: [bata, beta, rc] in imgver.yaml"];
    assert!(words.iter().all(|word| unknown.contains(word)), "{unknown}");
    clone.write("imgver.yaml", "{}\n");
    clone.commit("Configure nothing");
    let none = refusal(&clone, &candidate("api"), Kind::Input);
    assert!(none.contains("makes no pre-releases") && none.contains("prereleases: [rc]"), "{none}");
    let bad = refusal(&clone, &Request { prerelease: Some("r.c".to_owned()), ..of("api") }, Kind::Input);
    assert!(!bad.contains("prereleases: ["), "{bad}");
}

#[test]
fn changed_services_get_pre_releases_where_they_differ_from_the_last() {
    let (clone, _) = shop();
    let request = Request { prerelease: Some("rc".to_owned()), any_branch: true, ..changed(Bump::Minor) };
    assert_eq!(made_tags(&clone, &request), ["api@1.5.0-rc.1", "web@2.1.0-rc.1"]);
    clone.git(["tag", "api@1.5.0-rc.1"]);
    assert_eq!(made(&clone, &request).1, ["set web@2.1.0-rc.1"]);
    clone.git(["tag", "web@2.1.0-rc.1"]);
    assert!(refusal(&clone, &request, Kind::VersionRule).contains("already released"));
    change(&clone, "web/more.html", "Say more");
    assert_eq!(made_tags(&clone, &request), ["web@2.1.0-rc.2"]);
    // A full release takes all of them.
    let full = Request { prerelease: None, ..request };
    assert_eq!(made_tags(&clone, &full), ["api@1.5.0", "web@2.1.0"]);
}

#[test]
fn one_tag_for_all_is_one_release_whoever_is_named() {
    let (clone, _) = shop();
    clone.git(["tag", "v1.0.0", "HEAD~1"]);
    let spelled = |request: Request| Request { tag_format: Some(tag_format("v{version}")), ..request };
    for request in [several(&["web", "api"]), changed(Bump::Patch)] {
        let outcome = releases(&clone, &spelled(request.clone())).unwrap();
        let [answer] = &*outcome.answer else { panic!("{:?}", outcome.answer) };
        assert_eq!(answer.tag, "v1.0.1");
        assert!(answer.message.contains("Services: api, web, worker\n"), "{}", answer.message);
        assert!(answer.message.contains("Retry once"), "{}", answer.message);
        let what = if request.wanted == Wanted::Changed { "not api alone" } else { "not those 2 alone" };
        let warning = format!("v1.0.1 releases all 3 services, {what}: ");
        assert!(outcome.warnings.iter().any(|it| it.starts_with(&warning)), "{:?}", outcome.warnings);
    }
    assert_eq!(made_tags(&clone, &spelled(candidate("api"))), ["v1.1.0-rc.1"]);
    clone.git(["tag", "v1.0.1"]);
    assert!(
        refusal(&clone, &spelled(changed(Bump::Patch)), Kind::VersionRule)
            .contains("already released as v1.0.1")
    );
    assert_eq!(made(&clone, &pushed(spelled(changed(Bump::Patch)))).1, ["push v1.0.1"]);
}

#[test]
fn notes_are_written_before_the_first_tag() {
    let (clone, _) = shop();
    let file = clone.sandbox().join("notes.md");
    let request = Request { notes_file: Some(file.clone()), ..pushed(changed(Bump::Patch)) };
    assert_eq!(made(&clone, &request).1.first().map(String::as_str), Some("notes"));
    let content = |request: &Request| {
        let effects = releases(&clone, request).unwrap().effects;
        let Some(Effect::Replace { path, content }) = effects.first() else { panic!("{effects:?}") };
        assert_eq!(*path, file);
        String::from_utf8(content.clone()).unwrap()
    };
    let all = content(&request);
    let (api, web) = all.split_once("\n\n## web 2.0.1\n").expect("a heading for each");
    assert!(api.starts_with("## api 1.4.1\n\nChanges since api@1.4.0:\n\n- "), "{all}");
    assert!(api.contains(" Retry once (Ada)") && web.contains(" Add a page (Ada)"), "{all}");
    // Going on tells of all, too.
    clone.annotate("api@1.4.1");
    assert_eq!(content(&request), all);
    let one = content(&Request { wanted: Wanted::Services(vec!["web".to_owned()]), ..request.clone() });
    assert!(one.starts_with("Changes since web@2.0.0:\n"), "{one}");
}
