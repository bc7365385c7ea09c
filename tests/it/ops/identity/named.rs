//! A repository beside a service that is named, or whose directory is the current one.

use super::*;

#[test]
fn the_image_of_another_service_is_refused() {
    let repo = repo();
    let (api, web) = (image_of(API), image_of(WEB));
    for image in [ImageUse::Ignored, ImageUse::IfKnown, ImageUse::Required] {
        let call = || Call { image, ..call() };
        call()
            .service(API)
            .flag(&web)
            .refused(&repo, &["--repo", &web, API, WEB, "leave out --repo", "name"]);
        call().service("web").variable(&api).refused(&repo, &["IMAGE_REPO=", API, WEB, "unset IMAGE_REPO"]);
        call().in_directory(API).flag(&web).refused(&repo, &["--repo", API, WEB]);
        call()
            .in_directory(WEB)
            .variable(&api)
            .refused(&repo, &["IMAGE_REPO=", WEB, "with dir: services/api"]);
        call().in_directory(WEB).service(".").variable(&api).refused(&repo, &["IMAGE_REPO=", API, WEB]);
    }
}

#[test]
fn the_image_of_the_same_service_is_its_own() {
    let repo = repo();
    let api = image_of(API);
    for call in [call().service(API), call().in_directory(API), call().service("api").in_directory(WEB)] {
        let text = format!("docker.io/{api}");
        let call = call.flag(&text);
        assert_eq!(call.answer(&repo), of(API, "1.0.0", &text));
    }
    assert_eq!(call().in_directory(API).variable(&api).answer(&repo), of(API, "1.0.0", &api));
}

#[test]
fn the_variable_of_the_current_service_does_not_count_for_a_named_one() {
    let repo = repo();
    let (api, web) = (image_of(API), image_of(WEB));
    for name in [WEB, "web", "../web"] {
        let there = || call().in_directory(API).service(name);
        assert_eq!(there().variable(&api).answer(&repo), of(WEB, "2.0.0", &web));
        assert_eq!(there().variable(&format!("docker.io/{api}")).answer(&repo), of(WEB, "2.0.0", &web));
        assert_eq!(there().variable("fork/web").answer(&repo), of(WEB, "2.0.0", "fork/web"));
        // The flag is meant for this call, and so it is not passed over.
        there().flag(&api).refused(&repo, &["--repo", API, WEB]);
        assert_eq!(there().flag("fork/web").variable(&api).answer(&repo), of(WEB, "2.0.0", "fork/web"));
        // Nor is the variable that names a third service.
        there().variable("team/jobs").refused(&repo, &["IMAGE_REPO=", "jobs/in", WEB]);
    }
    // Deep in the service as well, but nowhere else.
    repo.write(&format!("{API}/src/main.c"), "");
    let deep = call().in_directory("services/api/src").service(WEB).variable(&api);
    assert_eq!(deep.answer(&repo), of(WEB, "2.0.0", &web));
    for directory in ["", "services", "docs"] {
        call().in_directory(directory).service(WEB).variable(&api).refused(&repo, &[API, WEB]);
    }
    // Of services within services, the innermost is the current one.
    repo.service("services/api/admin");
    repo.commit("a service in a service");
    let admin = call().in_directory("services/api/admin").service(WEB);
    assert_eq!(admin.variable(&image_of("services/api/admin")).outcome(&repo).answer.answer.image, Some(web));
    call().in_directory("services/api/admin").service(WEB).variable(&api).refused(&repo, &[API, WEB]);
    call().in_directory("services/api/admin").variable(&api).refused(&repo, &[API, "services/api/admin"]);
}

#[test]
fn a_service_that_git_does_not_track_has_an_identity_where_it_is() {
    let repo = repo();
    repo.service("services/new");
    let new = image_of("services/new");
    let here = || call().in_directory("services/new");
    assert_eq!(here().variable(&new).outcome(&repo).answer.answer.service.as_deref(), Some("services/new"));
    here().variable(&image_of(API)).refused(&repo, &[API, "services/new"]);
    assert_eq!(here().service(API).variable(&new).answer(&repo), of(API, "1.0.0", &image_of(API)));
    // From elsewhere it is no service, as in `list`.
    assert_eq!(call().flag(&new).warned(&repo), only("7.0.0", Some(&new)));
    repo.write(".gitignore", "services/new\n");
    assert_eq!(here().flag(&new).warned(&repo).1, Some(new));
}
