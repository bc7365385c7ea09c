//! Which directories are services: the same for a list of all and for one that is looked up.

use imgver::error::Kind;
use imgver::ops::service_paths;
use imgver::ops::version::{Demands, ImageUse, Request, VersionKind, version};
use imgver::ops::{HistoryRequest, RepositoryRequest, Rev, SubjectChoice, SubjectRequest, VersionForm};

use super::{checkout, checkout_in, refused, shown};
use crate::support::{Repo, TASKFILES, taskfile};

fn request(choice: SubjectChoice) -> Request {
    Request {
        subject: SubjectRequest { choice, ..SubjectRequest::default() },
        history: HistoryRequest {
            rev: Rev::Head,
            first_parent: false,
            scope: None,
            last_change: false,
            dirty: false,
        },
        form: VersionForm { abbrev: 7, next: None },
        demands: Demands::default(),
        kind: VersionKind::Base,
        image: ImageUse::IfKnown,
        repository: RepositoryRequest::default(),
    }
}

/// The service and the image of a directory, `-` for the repository as a whole.
#[track_caller]
fn here(repo: &Repo, directory: &str) -> (String, String) {
    let found = version(&request(SubjectChoice::Here), &checkout_in(repo, directory));
    let answer = found.unwrap_or_else(|error| panic!("{}", shown(&error))).answer.answer;
    (answer.service.unwrap_or("-".to_owned()), answer.image.unwrap_or("-".to_owned()))
}

/// What a clone has: the tracked files, and those that somebody put beside them.
fn clone_with(tracked: &[(&str, &str)], own: &[(&str, &str)], ignored: bool) -> Repo {
    let repo = Repo::new();
    for (name, text) in tracked {
        repo.write(&format!("services/api/{name}"), text);
    }
    if ignored {
        let names: Vec<_> = own.iter().map(|(name, _)| format!("/services/api/{name}\n")).collect();
        repo.write(".gitignore", names.concat());
    }
    repo.commit("Tracked");
    for (name, text) in own {
        repo.write(&format!("services/api/{name}"), text);
    }
    repo
}

#[test]
fn somebodys_own_taskfile_changes_no_service() {
    let team = taskfile("team/api");
    let flat =
        |name: &str| format!("version: '3'\nincludes: {{base: {{taskfile: ./{name}, flatten: true}}}}\n");
    let expected = ("services/api".to_owned(), "team/api".to_owned());
    for (at, own) in TASKFILES.into_iter().enumerate() {
        for name in [TASKFILES[(at + 1) % 8], TASKFILES[(at + 4) % 8]] {
            for text in ["version: '3'\n", &taskfile("mine/api"), &flat(name), "a: [\n"] {
                let repo = clone_with(&[(name, &team)], &[(own, text)], text.len() % 2 == 0);
                assert_eq!(here(&repo, "services/api"), expected, "{name} {own} {text}");
                assert_eq!(service_paths(&checkout(&repo)).unwrap(), ["services/api"], "{name} {own} {text}");
            }
        }
    }
}

#[test]
fn of_several_tracked_taskfiles_tasks_first_one_counts() {
    for (first, second) in [("Taskfile.yml", "Taskfile.dist.yml"), ("taskfile.yaml", "taskfile.dist.yaml")] {
        let repo =
            clone_with(&[(second, &taskfile("team/second")), (first, &taskfile("team/first"))], &[], false);
        assert_eq!(here(&repo, "services/api").1, "team/first");
        let repo = clone_with(&[(second, &taskfile("team/second")), (first, "version: '3'\n")], &[], false);
        assert_eq!(here(&repo, "services/api").0, "-");
        assert!(service_paths(&checkout(&repo)).unwrap().is_empty());
    }
}

#[test]
fn a_service_that_nobody_added_yet_is_one_in_its_directory() {
    let repo = clone_with(&[("main", "")], &[("Taskfile.dist.yml", &taskfile("team/api"))], false);
    assert_eq!(here(&repo, "services/api"), ("services/api".to_owned(), "team/api".to_owned()));
    // Unless git ignores it; then the next one counts.
    let own = [("Taskfile.yml", &*taskfile("mine/api"))];
    let repo = clone_with(&[("main", "")], &own, true);
    assert_eq!(here(&repo, "services/api").0, "-");
    repo.write("services/api/Taskfile.dist.yml", taskfile("team/api"));
    assert_eq!(here(&repo, "services/api").1, "team/api");
}

#[test]
fn a_path_that_begins_like_an_option_is_no_services() {
    let repo = Repo::new();
    for directory in ["-Capi", "-/api", "api", "services/-Capi", "--", "services/--help"] {
        repo.write(&format!("{directory}/Taskfile.yml"), taskfile("team/x"));
    }
    repo.commit("Services");
    assert_eq!(service_paths(&checkout(&repo)).unwrap(), ["api", "services/--help", "services/-Capi"]);
    for directory in ["-Capi", "-/api", "--"] {
        assert_eq!(here(&repo, directory).0, "-", "{directory}");
        repo.imgver(["version", &format!("./{directory}")]).run().fails(5);
    }
    // None of them is an example of a service.
    let whole = repo.imgver(["version", "--no-dirty"]).run();
    assert!(whole.stderr.contains("such as api: "), "{whole}");
    // A short name may.
    assert!(repo.imgver(["version", "--", "-Capi"]).run().stderr.contains("services/-Capi@"));
    assert_eq!(here(&repo, "services/-Capi").0, "services/-Capi");
    let by_hand = ["plan", "--event-name", "schedule"];
    for command in [&["list"][..], &["changed", "--base", "HEAD"], &by_hand] {
        let said = repo.imgver(command).run();
        for directory in ["-Capi", "-/api", "--"] {
            let warning = format!("warning: {directory}/Taskfile.yml does not make a service: ");
            assert!(said.stderr.contains(&warning), "{command:?}: {said}");
        }
    }
}

#[test]
fn a_near_miss_leads_to_the_service() {
    let repo = Repo::new();
    let (go, node, job) =
        ("services/go/api-golang", "services/node/api-node", "services/go/api-golang/jobs/nightly");
    for service in [go, node, job] {
        repo.service(service);
    }
    repo.write(&format!("{go}/src/main.go"), "");
    repo.commit("Services");
    let root = repo.path().display();
    let found = |wanted: &str, directory: &str| {
        version(&request(SubjectChoice::Service(wanted.to_owned())), &checkout_in(&repo, directory))
    };
    let absolute = format!("{root}/{go}/");
    for (wanted, directory) in [
        (go, ""),
        ("services/go/api-golang/", ""),
        ("./services//go/api-golang/", ""),
        ("api-golang", "services/node"),
        ("./api-golang", "services/go"),
        ("..", "services/go/api-golang/src"),
        (&*absolute, "services/node"),
    ] {
        let answer = found(wanted, directory).unwrap_or_else(|error| panic!("{wanted}: {}", shown(&error)));
        assert_eq!(answer.answer.answer.service.as_deref(), Some(go), "{wanted}");
    }
    let inside = format!("{root}/{go}/src");
    let spelled = format!("{root}/Services/Go/API-golang");
    for (wanted, directory, service) in [
        ("Services/Go/API-golang", "", go),
        ("API-GOLANG", "services/node", go),
        ("api_golang", "", go),
        ("golang", "", go),
        ("services\\go\\api-golang", "", go),
        ("services/go/api-golang/src", "", go),
        ("services/go/api-golang/src/main.go", "", go),
        ("services/go/api-golang/gone", "", go),
        ("./src/", go, go),
        ("services/go/api-golang/jobs/nightly/x", "", job),
        ("services/node", "", node),
        (&*inside, "services/node", go),
        (&*spelled, "", go),
    ] {
        let error = refused(found(wanted, directory), Kind::Input);
        assert!(error.contains(&format!("hint: did you mean {service}?\n")), "{wanted}: {error}");
        let is_inside = ["/src", "/x", "/gone", "./src"].iter().any(|part| wanted.contains(part));
        assert_eq!(
            error.contains(&format!("a path in the service {service}\n")),
            is_inside,
            "{wanted}: {error}"
        );
    }
    // What is like no service is no reason to name one.
    for wanted in ["postgres", "/", ".", "/etc", "s"] {
        let error = refused(found(wanted, ""), Kind::Input);
        assert!(error.contains("hint: imgver list shows all services"), "{wanted}: {error}");
    }
}

#[test]
fn a_directory_that_is_no_service_is_not_taken_for_another_service() {
    const WEB: &str = "services/web/Taskfile.yaml";
    let repo = Repo::new();
    repo.write("services/webs/Taskfile.yaml", taskfile("team/webs"));
    let no_image = format!("{WEB} sets no vars.IMAGE_REPO");
    let is_sparse = |sparse: bool| {
        let choice = if sparse { &["set", "services/webs"][..] } else { &["disable"] };
        repo.git([&["sparse-checkout"], choice].concat());
    };
    let says = |reason: &str| {
        for wanted in ["web", "services/web", "./services/web/"] {
            let asked = request(SubjectChoice::Service(wanted.to_owned()));
            let error = refused(version(&asked, &checkout(&repo)), Kind::Input);
            assert!(error.contains(reason) && !error.contains("webs"), "{wanted}: {error}");
        }
    };
    for (text, reason) in [
        ("version: '3'\n", &*no_image),
        ("vars: {IMAGE_REPO: }\n", &no_image),
        ("vars:\n  IMAGE_REPO: [a\n", "cannot read the Taskfile"),
    ] {
        repo.write(WEB, text);
        repo.commit("Change the Taskfile");
        says(reason);
        is_sparse(true);
        says(reason);
        is_sparse(false);
    }
    std::fs::remove_file(repo.path().join(WEB)).unwrap();
    says("git restore :/services/web/Taskfile.yaml");
    repo.git(["restore", ":/services/web/Taskfile.yaml"]);
    assert!(repo.path().join(WEB).exists());
}
