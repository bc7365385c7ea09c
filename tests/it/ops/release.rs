//! `release`: what is released, how it is spelled, what is refused, and the effects in their order.

use std::collections::BTreeMap;

use imgver::domain::Bump;
use imgver::error::{Kind, Result};
use imgver::ops::release::{self as op, Answer, NewVersion, Request, StartedWorkflow, Wanted};
use imgver::ops::{Effect, FilterRequest, Outcome, Rev, SubjectChoice};
use imgver::programs::Programs;

use super::{checkout, checkout_in, refused, shown, tag_format};
use crate::release::{clone, tags};
use crate::support::Repo;
use crate::two_services::{GO, NODE, two_services};

/// A release of `service` as the next patch, of the commit at `HEAD`, and not pushed.
pub(super) fn of(service: &str) -> Request {
    Request {
        wanted: Wanted::Subject(SubjectChoice::Service(service.to_owned())),
        tag_format: None,
        scope: None,
        version: NewVersion::Bump(Bump::Patch),
        prerelease: None,
        rev: Rev::Head,
        push: false,
        any_branch: false,
        filters: FilterRequest::default(),
        notes_file: None,
        dry_run: false,
    }
}

fn bumped(service: &str, bump: Bump) -> Request {
    Request { version: NewVersion::Bump(bump), ..of(service) }
}

pub(super) fn set(service: &str, version: &str) -> Request {
    Request { version: NewVersion::Given(version.parse().unwrap()), ..of(service) }
}

pub(super) fn pushed(request: Request) -> Request {
    Request { push: true, ..request }
}

pub(super) fn at(rev: &str, request: Request) -> Request {
    Request { rev: Rev::Named(rev.to_owned()), ..request }
}

pub(super) fn any_branch(request: Request) -> Request {
    Request { any_branch: true, ..request }
}

/// The only release of `request`.
pub(super) fn release(repo: &Repo, request: &Request) -> Result<Outcome<Answer>> {
    releases(repo, request).map(the_only)
}

#[track_caller]
fn the_only(outcome: Outcome<Vec<Answer>>) -> Outcome<Answer> {
    let Outcome { answer, warnings, effects } = outcome;
    let [answer] = <[Answer; 1]>::try_from(answer).expect("one release");
    Outcome { answer, warnings, effects }
}

pub(super) fn releases(repo: &Repo, request: &Request) -> Result<Outcome<Vec<Answer>>> {
    let config = repo.sandbox().join("home/gitconfig").into();
    let env = [("PATH", std::env::var_os("PATH").unwrap_or_default()), ("GIT_CONFIG_GLOBAL", config)];
    let env: BTreeMap<_, _> = env.into_iter().map(|(name, value)| (name.into(), value)).collect();
    let before = tags(repo);
    let outcome = op::release(request, &checkout(repo), &Programs::new(repo.path(), &env));
    assert_eq!(tags(repo), before, "the operation itself sets no tag");
    outcome
}

#[track_caller]
fn released(repo: &Repo, request: &Request) -> Outcome<Answer> {
    release(repo, request).unwrap_or_else(|error| panic!("{}", shown(&error)))
}

/// The tag of a release that may be made.
#[track_caller]
fn tag(repo: &Repo, request: &Request) -> String {
    released(repo, request).answer.tag
}

/// The reason for which a release is refused, whether it would be made or not.
#[track_caller]
fn refusal(repo: &Repo, request: &Request, kind: Kind) -> String {
    let rehearsed = refused(release(repo, &Request { dry_run: true, ..request.clone() }), kind);
    let error = refused(release(repo, request), kind);
    assert_eq!(error, rehearsed);
    error
}

/// What an effect does, in short.
fn brief(effect: &Effect) -> String {
    match effect {
        Effect::SetTag(command) => format!("set {}", command.tag),
        Effect::PushTag(command) => format!("push {}", command.tag),
        other => panic!("a release does nothing else: {other:?}"),
    }
}

#[test]
fn a_tag_is_set_and_then_pushed() {
    let (clone, bare) = clone();
    let theirs = tags(&bare);
    let next = format!("{NODE}@1.0.10");
    for (request, expected) in [
        (of(NODE), vec![format!("set {next}")]),
        (pushed(of(NODE)), vec![format!("set {next}"), format!("push {next}")]),
    ] {
        let Outcome { answer, effects, .. } = released(&clone, &request);
        assert_eq!(effects.iter().map(brief).collect::<Vec<_>>(), expected);
        assert_eq!(answer.pushed_to.as_deref(), request.push.then_some("origin"));
        let [Effect::SetTag(set), push @ ..] = &*effects else { panic!("{effects:?}") };
        assert_eq!(set.args.last(), Some(&clone.head()));
        assert_eq!(set.input.as_ref(), Some(&answer.message));
        // What is pushed now is what an answer without a push tells how to push later.
        for effect in push {
            assert_eq!(*effect, Effect::PushTag(answer.push_command.clone()));
        }
        let dry = released(&clone, &Request { dry_run: true, ..request });
        assert!(dry.answer.dry_run);
        assert_eq!(dry.effects, effects, "a dry run shows exactly what would be done");
    }
    assert_eq!(tags(&bare), theirs);
}

#[test]
fn an_answer_says_what_is_new_and_what_starts() {
    let (clone, _) = clone();
    let Outcome { answer, warnings, .. } = released(&clone, &of("api-node"));
    let commit = &clone.git(["rev-parse", "HEAD~1"])[..7];
    assert_eq!(
        answer.message.trim_end(),
        format!("{NODE} 1.0.10\n\nChanges since {NODE}@1.0.9:\n\n- {commit} Run (Ada)")
    );
    let build = StartedWorkflow { name: "Build".to_owned(), file: ".github/workflows/build.yaml".to_owned() };
    assert_eq!(answer.workflows, [build]);
    assert_eq!(answer.service.as_deref(), Some(NODE));
    assert_eq!((&*answer.version, answer.commit), ("1.0.10", clone.head()));
    assert_eq!(answer.previous, Some(format!("{NODE}@1.0.9")));
    assert_eq!((&answer.warnings, &*warnings), (&warnings, &[][..]));
}

#[test]
fn versions_are_bumped_or_set() {
    let (clone, _) = clone();
    let whole = |version| Request { wanted: Wanted::Subject(SubjectChoice::Here), version, ..of("") };
    let spelled = |format, request| Request { tag_format: Some(tag_format(format)), ..request };
    for (request, expected) in [
        (of("api-node"), format!("{NODE}@1.0.10")),
        (bumped("api-node", Bump::Minor), format!("{NODE}@1.1.0")),
        (bumped("api-node", Bump::Major), format!("{NODE}@2.0.0")),
        (set("api-node", "1.0.10"), format!("{NODE}@1.0.10")),
        (of("api-golang"), format!("{GO}@0.0.1")),
        (spelled("{name}-v{version}", bumped("api-golang", Bump::Minor)), "api-golang-v0.1.0".to_owned()),
        (whole(NewVersion::Bump(Bump::Minor)), "0.1.0".to_owned()),
        (spelled("v{version}", whole(NewVersion::Given("3.0.0".parse().unwrap()))), "v3.0.0".to_owned()),
    ] {
        assert_eq!(tag(&clone, &request), expected, "{request:?}");
    }
    let here = Request { wanted: Wanted::Subject(SubjectChoice::Here), ..of("") };
    let programs = Programs::new(clone.path(), &std::env::vars_os().collect());
    let here = op::release(&here, &checkout_in(&clone, NODE), &programs);
    assert_eq!(the_only(here.unwrap()).answer.tag, format!("{NODE}@1.0.10"));
    // The repository's own tags go on as they were spelled.
    clone.git(["tag", "v1.4.9", "HEAD~1"]);
    assert_eq!(tag(&clone, &whole(NewVersion::Bump(Bump::Patch))), "v1.4.10");
}

#[test]
fn a_release_of_the_whole_is_warned_about_unless_it_is_asked_for() {
    let (clone, _) = clone();
    let programs = Programs::new(clone.path(), &std::env::vars_os().collect());
    let ask = |directory: &str, subject| {
        let request = Request { wanted: Wanted::Subject(subject), ..of("") };
        let outcome = the_only(op::release(&request, &checkout_in(&clone, directory), &programs).unwrap());
        assert_eq!(outcome.answer.warnings, outcome.warnings);
        let warned = outcome.warnings.iter().any(|warning| warning.contains("repository as a whole"));
        (outcome.answer.service, warned)
    };
    assert_eq!(ask("", SubjectChoice::Here), (None, true));
    assert_eq!(ask("", SubjectChoice::Whole), (None, false));
    assert_eq!(ask(NODE, SubjectChoice::Here), (Some(NODE.to_owned()), false));
    assert_eq!(ask(NODE, SubjectChoice::Whole), (None, false));
}

#[test]
fn what_is_there_is_never_moved() {
    let (clone, bare) = clone();
    let next = format!("{NODE}@1.0.10");
    assert!(
        refusal(&clone, &set(NODE, "1.0.9"), Kind::VersionRule).contains(&format!("git show {NODE}@1.0.9"))
    );
    clone.git(["tag", &next, "HEAD^{tree}"]);
    assert!(refusal(&clone, &of(NODE), Kind::VersionRule).contains(&next));
    clone.git(["tag", "-d", &next]);
    // What only the remote has is asked for where something is pushed.
    bare.git(["tag", &next, "main~1"]);
    let taken = refusal(&clone, &pushed(of(NODE)), Kind::VersionRule);
    assert!(taken.contains(&next) && taken.contains("git fetch --tags"), "{taken}");
    let unknown = refusal(&clone, &pushed(set(NODE, "1.0.11")), Kind::Repository);
    assert!(unknown.contains(&next) && unknown.contains("git fetch --tags"), "{unknown}");
    clone.git(["fetch", "-q", "--tags"]);
    assert_eq!(tag(&clone, &pushed(of(NODE))), format!("{NODE}@1.0.11"));
}

#[test]
fn a_release_is_above_what_is_behind_it() {
    let (clone, _) = clone();
    assert!(refusal(&clone, &set(NODE, "1.0.8"), Kind::VersionRule).contains("--bump patch"));
    assert!(refusal(&clone, &set(NODE, "0.9.0"), Kind::VersionRule).contains("@1.0.9"));
    // The nearest release is the lower one, and the higher one is behind it.
    clone.git(["tag", &format!("{NODE}@3.0.0"), "HEAD~3"]);
    clone.git(["tag", &format!("{NODE}@2.0.0"), "HEAD~1"]);
    let below = refusal(&clone, &bumped(NODE, Bump::Minor), Kind::VersionRule);
    assert!(["2.1.0", "3.0.0", "--set X.Y.Z"].iter().all(|word| below.contains(word)), "{below}");
    assert_eq!(tag(&clone, &set(NODE, "3.0.1")), format!("{NODE}@3.0.1"));
    // What comes after the commit does not count: a release of an older line.
    clone.git(["tag", "-d", &format!("{NODE}@2.0.0"), &format!("{NODE}@3.0.0")]);
    clone.git(["tag", &format!("{NODE}@2.0.0")]);
    let fix = released(&clone, &at("HEAD~1", set(NODE, "1.0.10"))).answer;
    assert_eq!((fix.tag, fix.commit), (format!("{NODE}@1.0.10"), clone.git(["rev-parse", "HEAD~1"])));
}

#[test]
fn uncommitted_changes_are_not_released() {
    let (clone, _) = clone();
    clone.write("README.md", "changed\n");
    let error = refusal(&clone, &of(NODE), Kind::VersionRule);
    assert!(error.contains("README.md") && error.contains("--rev HEAD"), "{error}");
    clone.write("untracked", "");
    assert_eq!(tag(&clone, &at("HEAD", of(NODE))), format!("{NODE}@1.0.10"));
}

#[test]
fn what_is_not_merged_is_not_released() {
    let (clone, _) = clone();
    clone.git(["checkout", "-q", "-b", "topic"]);
    clone.write(&format!("{NODE}/main.js"), "try();\n");
    clone.commit("Try");
    let error = refusal(&clone, &of(NODE), Kind::VersionRule);
    assert!(error.contains("origin/main") && error.contains("--any-branch"), "{error}");
    // What is behind the branch is on main.
    assert_eq!(tag(&clone, &at("HEAD~1", of(NODE))), format!("{NODE}@1.0.10"));
    assert_eq!(tag(&clone, &any_branch(of(NODE))), format!("{NODE}@1.0.10"));

    clone.git(["checkout", "-q", "main"]);
    clone.commit("Not pushed");
    let error = refusal(&clone, &pushed(of(GO)), Kind::VersionRule);
    assert!(error.contains("origin/main") && error.contains("git push"), "{error}");
    let ahead = released(&clone, &of(GO));
    assert_eq!(ahead.answer.tag, format!("{GO}@0.0.1"));
    assert_eq!(ahead.warnings.len(), 1, "{:?}", ahead.warnings);
    assert!(ahead.warnings[0].contains("origin/main"), "{:?}", ahead.warnings);
}

#[test]
fn the_default_branch_is_what_the_remote_says() {
    let (clone, bare) = clone();
    bare.git(["branch", "-q", "develop", "main~1"]);
    bare.git(["symbolic-ref", "HEAD", "refs/heads/develop"]);
    clone.git(["fetch", "-q"]);
    clone.git(["remote", "set-head", "origin", "--auto"]);
    assert!(refusal(&clone, &of(NODE), Kind::VersionRule).contains("origin/develop"));

    let alone = two_services();
    assert_eq!(tag(&alone, &of(NODE)), format!("{NODE}@1.0.10"));
    alone.git(["branch", "-q", "-m", "work"]);
    assert!(refusal(&alone, &of(NODE), Kind::VersionRule).contains("--any-branch"));
    let nowhere = refusal(&alone, &pushed(any_branch(bumped(NODE, Bump::Minor))), Kind::Repository);
    assert!(nowhere.contains("git remote add"), "{nowhere}");
}

#[test]
fn the_default_branch_is_never_guessed() {
    let (clone, bare) = clone();
    // An old `main` beside `develop`, and nothing in the clone says which is which.
    bare.git(["branch", "-q", "develop", "main"]);
    bare.git(["branch", "-q", "-f", "main", "main~1"]);
    bare.git(["symbolic-ref", "HEAD", "refs/heads/develop"]);
    clone.git(["fetch", "-q"]);
    clone.git(["remote", "set-head", "origin", "--delete"]);
    let unknown = refusal(&clone, &of(NODE), Kind::VersionRule);
    assert!(
        unknown.contains("cannot determine the default branch") && !unknown.contains("main"),
        "{unknown}"
    );
    let (_, command) = unknown.split_once("hint: ").unwrap();
    // A remote that is asked says it.
    assert_eq!(tag(&clone, &pushed(of(NODE))), format!("{NODE}@1.0.10"));
    bare.git(["symbolic-ref", "HEAD", "refs/heads/main"]);
    let old = refusal(&clone, &pushed(of(NODE)), Kind::VersionRule);
    assert!(old.contains("is not on origin/main, the default branch"), "{old}");
    bare.git(["symbolic-ref", "HEAD", "refs/heads/develop"]);
    // The command of the hint repairs it.
    clone.program("sh").args(["-c", command.split(" gets it").next().unwrap()]).run().text();
    assert_eq!(tag(&clone, &of(NODE)), format!("{NODE}@1.0.10"));
    // A remote may be of one mind while the clone lacks its branch.
    clone.git(["update-ref", "-d", "refs/remotes/origin/develop"]);
    let lacking = refusal(&clone, &of(NODE), Kind::Repository);
    let (_, command) = lacking.split_once("hint: ").unwrap();
    clone.program("sh").args(["-c", command.lines().next().unwrap()]).run().text();
    assert_eq!(tag(&clone, &of(NODE)), format!("{NODE}@1.0.10"));

    // What is recorded may be out of date: the remote's own word counts.
    bare.git(["symbolic-ref", "HEAD", "refs/heads/main"]);
    assert_eq!(tag(&clone, &of(NODE)), format!("{NODE}@1.0.10"));
    let moved = refusal(&clone, &pushed(of(NODE)), Kind::VersionRule);
    assert!(moved.contains("is not on origin/main, the default branch"), "{moved}");

    let alone = two_services();
    alone.git(["checkout", "-q", "-b", "topic"]);
    alone.commit("Try");
    let named = refusal(&alone, &of(NODE), Kind::VersionRule);
    assert!(named.contains("is not on main, taken for the default branch by its name"), "{named}");
    alone.git(["checkout", "-q", "main"]);
    assert_eq!(tag(&alone, &of(NODE)), format!("{NODE}@1.0.10"));
    alone.git(["branch", "-q", "develop"]);
    let rival = refusal(&alone, &of(NODE), Kind::VersionRule);
    assert!(rival.contains("cannot determine") && !rival.contains("git remote"), "{rival}");
}

#[test]
fn tags_in_another_format_are_no_first_release() {
    let repo = two_services();
    for tag in ["v1.2.2", "v1.2.3"] {
        repo.git(["tag", tag, "HEAD~1"]);
    }
    // The repository uses the default format: an old tag beside it says nothing.
    assert_eq!(tag(&repo, &of(GO)), format!("{GO}@0.0.1"));
    repo.git(["tag", "-d", &format!("{NODE}@1.0.9")]);
    for service in [NODE, GO] {
        let error = refusal(&repo, &of(service), Kind::VersionRule);
        let words =
            ["v1.2.3 and 1 other tag fit", "--tag-format 'v{version}'", "IMGVER_TAG_FORMAT", "--set X.Y.Z"];
        assert!(words.iter().all(|word| error.contains(word)), "{error}");
    }
    let given = released(&repo, &set(NODE, "1.3.0"));
    assert_eq!(given.answer.tag, format!("{NODE}@1.3.0"));
    assert!(
        given.warnings.iter().any(|warning| warning.contains("--tag-format 'v{version}'")),
        "{:?}",
        given.warnings
    );
    let spelled = Request { tag_format: Some(tag_format("v{version}")), ..of(NODE) };
    assert_eq!(tag(&repo, &spelled), "v1.2.4");
    repo.tag("api-golang/v0.3.0");
    let named = refusal(&repo, &of(GO), Kind::VersionRule);
    assert!(named.contains("--tag-format '{name}/v{version}'"), "{named}");
    // What only the remote has counts where it is asked.
    let clone = repo.cloned("without-tags", &["--no-tags"]);
    assert_eq!(tag(&clone, &of(GO)), format!("{GO}@0.0.1"));
    assert!(refusal(&clone, &pushed(of(GO)), Kind::VersionRule).contains("{name}/v{version}"));
}

#[test]
fn a_tag_of_all_services_releases_all() {
    let repo = two_services();
    repo.tag("v1.2.3");
    repo.write(&format!("{GO}/main.go"), "package main\n");
    repo.commit("Of the other one");
    repo.write("README.md", "of none\n");
    repo.commit("Of none");
    let request = Request { tag_format: Some(tag_format("v{version}")), ..of(NODE) };
    let Outcome { answer, warnings, .. } = released(&repo, &request);
    assert_eq!(answer.tag, "v1.2.4");
    let lines: Vec<&str> = answer.message.lines().collect();
    assert_eq!(
        lines[..5],
        ["Release 1.2.4", "", &format!("Services: {GO}, {NODE}"), "", "Changes since v1.2.3:"]
    );
    let [change] = &lines[6..] else { panic!("{lines:?}") };
    assert!(change.ends_with(" Of the other one (Ada)"), "{change}");
    assert!(warnings.iter().any(|warning| warning.contains("releases all 2 services")), "{warnings:?}");
}

/// A clone that lacks the Taskfile of another service cannot tell what a tag of all services releases.
#[test]
fn a_tag_of_all_services_needs_all_of_them() {
    let all =
        |repo: &Repo| release(repo, &Request { tag_format: Some(tag_format("v{version}")), ..of(NODE) });
    let repo = two_services();
    repo.git(["tag", "v0.0.1", "HEAD~1"]);
    repo.git(["config", "uploadpack.allowFilter", "true"]);
    let from = format!("file://{}", repo.path().display());
    repo.git(["clone", "-q", "--filter=blob:none", "--sparse", &from, "../sparse"]);
    let clone = repo.beside("sparse");
    clone.git(["sparse-checkout", "set", NODE]);
    clone.git(["config", "remote.origin.url", "/nowhere"]);
    assert!(refused(all(&clone), Kind::Repository).contains(GO));
    // What another service's build could read is released with it.
    assert!(all(&repo).is_ok());
    repo.write(&format!("{GO}/.env"), "secret");
    assert!(refused(all(&repo), Kind::VersionRule).contains(&format!("{GO}/.env")));
    assert!(release(&repo, &of(NODE)).is_ok());
}

#[test]
fn a_default_branch_that_was_renamed_is_what_the_remote_says() {
    let (clone, bare) = clone();
    bare.git(["branch", "-q", "-m", "main", "trunk"]);
    bare.git(["symbolic-ref", "HEAD", "refs/heads/trunk"]);
    clone.git(["fetch", "-q", "--prune"]);
    clone.git(["branch", "-q", "-m", "main", "trunk"]);
    let stale = refusal(&clone, &of(NODE), Kind::Repository);
    assert!(stale.contains("git remote set-head origin --auto"), "{stale}");
    assert_eq!(tag(&clone, &pushed(of(NODE))), format!("{NODE}@1.0.10"));
}

#[test]
fn a_password_in_the_name_of_a_remote_is_never_shown() {
    let (clone, bare) = clone();
    for url in [
        "https://ada:s3cret@localhost:1/repo",
        "https://s3cret@localhost:1/repo",
        "https://ada:s3%40cret%2Fs3cret@localhost:1/repo",
        "https://localhost:1/repo?token=s3cret",
        "https://ada:s3cret\"s3cret@localhost:1/repo",
        "https://ada:x s3cret'<s3cret>@localhost:1/repo",
        "ssh://ada:s3cret@localhost:1/repo",
        "ada:s3cret@localhost:repo",
        "ext::sh -c s3cret% s3cret",
    ] {
        clone.git(["config", "remote.pushDefault", url]);
        // Asked once: the error says how long the connection took.
        let error = refused(release(&clone, &pushed(any_branch(of(NODE)))), Kind::Repository);
        assert!(!error.contains("s3cret") && !error.contains("s3%40"), "{url}: {error}");
        assert!(error.contains("git ls-remote \"$(git config remote.pushDefault)\""), "{url}: {error}");
        let later = released(&clone, &any_branch(of(NODE))).answer;
        assert!(!later.push_command.to_shell().contains("s3cret"), "{later:?}");
        assert!(later.push_command.args.iter().any(|arg| arg == url), "git is given what it needs");
        let unknown = refusal(&clone, &of(NODE), Kind::VersionRule);
        assert!(!unknown.contains("s3cret"), "{unknown}");
    }
    // A push that works names it, too.
    let ssh = "sh -c 'for command; do :; done; eval \"$command\"' ssh";
    clone.git(["config", "core.sshCommand", ssh]);
    let url = format!("ssh://ada:s3cret@example.org{}", bare.path().display());
    clone.git(["config", "remote.pushDefault", &url]);
    let Outcome { answer, effects, .. } = released(&clone, &pushed(any_branch(of(NODE))));
    assert_eq!(answer.pushed_to, Some(url.replace("ada:s3cret", "***")));
    let [Effect::SetTag(_), Effect::PushTag(push)] = &*effects else { panic!("{effects:?}") };
    assert!(push.args.contains(&url) && !push.to_shell().contains("s3cret"), "{push:?}");
    // What git and its transports say about a remote that has a name is quoted without, too.
    clone.git(["config", "--unset", "remote.pushDefault"]);
    clone.git(["config", "remote.origin.url", "ssh://example.org/repo"]);
    clone.git([
        "config",
        "core.sshCommand",
        "echo cannot reach https://ada:s3cret@example.org/repo >&2; false",
    ]);
    let quoted = refusal(&clone, &pushed(of(NODE)), Kind::Repository);
    assert!(quoted.contains("cannot reach https://***@example.org/repo"), "{quoted}");
}

#[test]
fn the_message_lists_what_concerns_the_service() {
    let (clone, _) = clone();
    clone.write(".github/utils/file-filters.yaml", "api-node: [services/node/**, README.md]\n");
    clone.commit("Watch the manual");
    clone.write("README.md", "more\n");
    clone.commit("Say more\n\nAnd this is not the subject.");
    clone.write(&format!("{GO}/main.go"), "package main\n");
    clone.commit("Of the other one");
    clone.git(["checkout", "-q", "-b", "side", "HEAD~2"]);
    clone.write(&format!("{NODE}/side.js"), "");
    clone.commit("# On a branch");
    clone.git(["checkout", "-q", "main"]);
    clone.git(["merge", "-q", "--no-ff", "-m", "Merge side", "side"]);
    let message = released(&clone, &any_branch(of(NODE))).answer.message;
    let subjects: Vec<&str> =
        message.lines().filter_map(|line| line.strip_prefix("- ")).map(|line| &line[8..]).collect();
    assert_eq!(subjects, ["# On a branch (Ada)", "Say more (Ada)", "Run (Ada)", "Say what this is (Ada)"]);
}

#[test]
fn what_may_not_be_meant_is_warned_of() {
    let (clone, _) = clone();
    let warns = |request: Request, word: &str| {
        let Outcome { answer, warnings, .. } = released(&clone, &any_branch(request));
        assert!(warnings.iter().any(|warning| warning.contains(word)), "'{word}' is missing: {warnings:?}");
        assert_eq!(answer.warnings, warnings);
        answer
    };
    clone.git(["tag", &format!("{GO}@1.0.0")]);
    warns(of(GO), "services/go/api-golang@1.0.0");
    clone.commit("Nothing [skip ci]");
    warns(of(GO), "no commit since services/go/api-golang@1.0.0");
    assert_eq!(warns(of(NODE), "[skip ci]").workflows, [], "a skipped workflow does not start");
    let elsewhere = Request { tag_format: Some(tag_format("{name}/{version}")), ..of(NODE) };
    assert_eq!(warns(elsewhere, "api-node/0.0.1").workflows, []);
    clone.write(".github/workflows/broken.yaml", "on: [push\n");
    clone.commit("Break");
    warns(of(NODE), ".github/workflows/broken.yaml:");
}

#[test]
fn what_cannot_be_released_at_all() {
    let (clone, bare) = clone();
    assert!(refusal(&clone, &of("no-such"), Kind::Input).contains("'no-such'"));
    let shallow = clone.cloned("shallow", &["--depth", "1"]);
    refusal(&shallow, &of(NODE), Kind::Repository);
    let nothing = Programs::new(clone.path(), &BTreeMap::new());
    refused(op::release(&of(NODE), &checkout(&clone), &nothing), Kind::Repository);
    std::fs::remove_dir_all(bare.path()).unwrap();
    assert!(refusal(&clone, &pushed(of(NODE)), Kind::Repository).contains("git ls-remote origin"));
}
