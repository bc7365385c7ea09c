//! The repository as a whole, asked for or not.

use imgver::ops::tag::{self, Answer, TagDetail, tag};

use super::*;

#[test]
fn the_whole_is_warned_about_unless_it_is_asked_for() {
    let repo = repo();
    for directory in ["", "docs", "services"] {
        assert_eq!(call().in_directory(directory).warned(&repo), only("7.0.0", None));
        assert_eq!(call().in_directory(directory).without_image().warned(&repo).0, "7.0.0");
    }
    for directory in ["", API] {
        assert_eq!(call().in_directory(directory).whole().answer(&repo), whole("7.0.0", None));
        let given = call().in_directory(directory).whole().flag("fork/x");
        assert_eq!(given.answer(&repo), whole("7.0.0", Some("fork/x")));
    }
    let warning = call().outcome(&repo).warnings.concat();
    assert!(warning.contains("jobs/in"), "{warning}");
}

#[test]
fn the_whole_does_not_take_the_image_of_a_service() {
    let repo = repo();
    let api = image_of(API);
    let words = [&*api, API, "repository as a whole", "in place of --whole"];
    call().whole().flag(&api).refused(&repo, &words);
    call().whole().variable(&api).without_image().refused(&repo, &words);
    call().whole().flag("team/jobs").refused(&repo, &["jobs/in, jobs/out"]);
    call().whole().variable(&api).in_directory(WEB).refused(&repo, &words);
    // The variable that Task sets in the service's directory says nothing about it.
    assert_eq!(call().whole().variable(&api).in_directory(API).answer(&repo), whole("7.0.0", None));
    call().whole().flag(&api).in_directory(API).refused(&repo, &words);

    repo.write("Taskfile.yml", taskfile(&api));
    repo.commit("root");
    call().whole().with_image().refused(&repo, &["Taskfile.yml", API, "repository as a whole"]);
    assert_eq!(call().whole().without_image().outcome(&repo).answer.line, "7.0.0");
    repo.write("Taskfile.yml", taskfile("team/everything"));
    let own = call().whole().in_directory(API).outcome(&repo).answer.answer.image;
    assert_eq!(own.as_deref(), Some("team/everything"));
}

#[test]
fn an_image_tag_has_the_same_identity() {
    let repo = repo();
    let ask = |call: &Call, set_version: Option<&str>| {
        let request = tag::Request {
            subject: call.subject.clone(),
            history: HistoryRequest {
                rev: Rev::Head,
                first_parent: false,
                scope: None,
                last_change: false,
                dirty: true,
            },
            form: VersionForm { abbrev: 7, next: None },
            demands: Demands::default(),
            environment: "production".to_owned(),
            set_version: set_version.map(ToOwned::to_owned),
            repository: call.repository.clone(),
            detail: TagDetail::Reference,
        };
        let request = match set_version {
            Some(_) => tag::Request { environment: "development".to_owned(), ..request },
            None => request,
        };
        tag(&request, &checkout_in(&repo, call.directory))
    };
    let line = |call: Call, set_version| match ask(&call, set_version) {
        Ok(Outcome { answer: Answer::Reference(reference), warnings, .. }) => {
            (reference.to_string(), warnings.len())
        }
        other => panic!("{other:?}"),
    };
    let (api, web) = (image_of(API), image_of(WEB));
    assert_eq!(line(call().flag(&api), None), (format!("{api}:1.0.0"), 0));
    assert_eq!(line(call().variable(&api), Some("try")), (format!("{api}:try"), 0));
    assert_eq!(line(call().service(WEB).variable(&api).in_directory(API), None), (format!("{web}:2.0.0"), 0));
    assert_eq!(line(call().flag("fork/x"), None), ("fork/x:7.0.0".to_owned(), 1));
    assert_eq!(line(call().flag("fork/x"), Some("try")), ("fork/x:try".to_owned(), 1));
    assert_eq!(line(call().flag("fork/x").whole(), Some("try")), ("fork/x:try".to_owned(), 0));
    for set_version in [None, Some("try")] {
        for call in [call().service(WEB).flag(&api), call().whole().flag(&api), call().flag("team/jobs")] {
            refused(ask(&call, set_version), Kind::Input);
        }
    }
}

#[test]
fn the_image_of_a_release_is_not_given_to_later_commits_without_a_word() {
    let repo = repo();
    let released = call().service(API).with_image();
    assert_eq!(released.outcome(&repo).warnings, Vec::<String>::new());
    repo.commit("later");
    repo.commit("still later");
    let api = image_of(API);
    let later = released.outcome(&repo);
    assert_eq!(later.answer.line, format!("{api}:1.0.0"));
    let [warning] = &*later.warnings else { panic!("{later:?}") };
    for word in [&format!("{api}:1.0.0"), "services/api@1.0.0", "2 commits", "replace the release"] {
        assert!(warning.contains(word), "'{word}' is missing: {warning}");
    }
    assert_eq!(later.answer.answer.warnings, later.warnings);
    let of_flag = call().flag("fork/x").whole().with_image().outcome(&repo);
    assert!(
        of_flag.warnings.concat().contains("fork/x:7.0.0 is named after the release v7.0.0"),
        "{of_flag:?}"
    );
    // In JSON the tag is there, too; a version alone pushes nothing.
    assert_eq!(call().service(API).outcome(&repo).warnings.len(), 1);
    assert_eq!(call().service(API).without_image().outcome(&repo).warnings.len(), 0);
    let earlier = Call { rev: Rev::Named("HEAD~2".to_owned()), ..call().service(API).with_image() };
    assert_eq!(earlier.outcome(&repo).warnings.len(), 0);
    let between = Call { rev: Rev::Named("HEAD~1".to_owned()), ..call().service(API).with_image() };
    assert!(between.outcome(&repo).warnings.concat().contains("1 commit later"));
    // What has uncommitted changes is called something else, which is still not where it is.
    repo.write(&format!("{API}/Taskfile.yaml"), taskfile(&api) + "# edited\n");
    let dirty = released.outcome(&repo);
    assert_eq!(dirty.answer.line, format!("{api}:1.0.0-dirty"));
    let [warning] = &*dirty.warnings else { panic!("{dirty:?}") };
    assert!(warning.contains("2 commits") && !warning.contains("replace"), "{warning}");
}
