//! Repositories in which services are known in other ways.

use super::*;

#[test]
fn a_bare_repository_has_the_services_of_the_commit() {
    let repo = repo();
    repo.write("services/web/taskfile.dist.yaml", taskfile("example/other"));
    repo.commit("a second Taskfile, which Task does not read");
    let bare = repo.cloned("bare", &["--bare"]);
    let ask = |call: Call| {
        let answer = call.ask(&checkout(&bare)).unwrap_or_else(|error| panic!("{}", shown(&error)));
        (answer.answer.answer.service, answer.answer.line, answer.warnings.len())
    };
    let (api, web) = (image_of(API), image_of(WEB));
    let version = |call: Call| ask(call.without_image());
    assert_eq!(version(call().flag(&api)), (Some(API.to_owned()), "1.0.0".to_owned(), 0));
    assert_eq!(version(call().variable(&web)), (Some(WEB.to_owned()), "2.0.0".to_owned(), 0));
    assert_eq!(version(call().flag("example/other")).0, None);
    assert_eq!(version(call().flag("fork/x").whole()), (None, "7.0.0".to_owned(), 0));
    // Without a repository nothing looks into trees.
    assert_eq!(version(call()), (None, "7.0.0".to_owned(), 0));
    for call in [call().flag("team/jobs"), call().flag(&api).whole()] {
        refused(call.ask(&checkout(&bare)), Kind::Input);
    }
    // Before the commit there was no other name.
    repo.write(&format!("{API}/Taskfile.yaml"), taskfile("example/renamed"));
    repo.commit("renamed");
    let bare = repo.cloned("bare-2", &["--bare"]);
    let at = |rev: &str| Call { rev: Rev::Named(rev.to_owned()), ..call().flag("example/renamed") };
    let service = |call: Call| call.ask(&checkout(&bare)).unwrap().answer.answer.service;
    assert_eq!(service(at("HEAD")).as_deref(), Some(API));
    assert_eq!(service(at("HEAD~1")), None);
    // Equal short names are found from all services, which a bare repository does not list.
    let mut by_name = at("HEAD");
    by_name.subject.tag_format = Some(super::super::tag_format("{name}-v{version}"));
    refused(by_name.ask(&checkout(&bare)), Kind::Repository);
}

#[test]
fn a_sparse_checkout_leaves_no_service_out() {
    let repo = repo();
    repo.git(["sparse-checkout", "set", "docs"]);
    assert!(!repo.path().join(API).exists());
    let api = image_of(API);
    assert_eq!(call().flag(&api).answer(&repo), of(API, "1.0.0", &api));
    assert_eq!(call().warned(&repo), only("7.0.0", None));
    call().service(WEB).flag(&api).refused(&repo, &[API, WEB]);
    repo.git(["sparse-checkout", "set", "--sparse-index", "docs"]);
    assert_eq!(call().in_directory("docs").variable(&api).answer(&repo), of(API, "1.0.0", &api));
    assert_eq!(call().in_directory("docs").warned(&repo), only("7.0.0", None));
}

#[test]
fn another_prefix_or_format_of_tags_leaves_the_identity() {
    let repo = repo();
    repo.tag("api-v8.0.0");
    let api = image_of(API);
    let mut prefix = call().flag(&api);
    prefix.subject.tag_prefix = Some("v".to_owned());
    assert_eq!(prefix.answer(&repo), of(API, "7.0.0", &api));
    prefix.subject.choice = SubjectChoice::Service(WEB.to_owned());
    prefix.refused(&repo, &[API, WEB]);
    let mut format = call().flag(&api);
    format.subject.tag_format = Some(super::super::tag_format("{name}-v{version}"));
    assert_eq!(format.answer(&repo), of(API, "8.0.0", &api));
    let whole = Call { repository: RepositoryRequest::default(), ..format }.whole();
    let error = refused(whole.ask(&checkout(&repo)), Kind::Usage);
    assert!(error.contains("--tag-format"), "{error}");
}

#[test]
fn services_are_those_of_the_work_tree_whatever_commit_is_asked_about() {
    let repo = repo();
    repo.write(&format!("{API}/Taskfile.yaml"), taskfile("example/renamed"));
    repo.commit("renamed");
    let at = |image: &str| Call { rev: Rev::Named("HEAD~1".to_owned()), ..call().flag(image) };
    assert_eq!(at("example/renamed").answer(&repo), of(API, "1.0.0", "example/renamed"));
    assert_eq!(at(&image_of(API)).warned(&repo).0, "7.0.0");
}
