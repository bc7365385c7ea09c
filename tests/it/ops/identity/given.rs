//! A repository where no service is named and the current directory is in none.

use super::*;

#[test]
fn the_image_of_one_service_means_that_service_from_anywhere() {
    let repo = repo();
    let api = image_of(API);
    for directory in ["", "docs", "services"] {
        let here = || call().in_directory(directory);
        assert_eq!(here().flag(&api).answer(&repo), of(API, "1.0.0", &api));
        assert_eq!(here().variable(&api).answer(&repo), of(API, "1.0.0", &api));
        assert_eq!(here().flag(&api).variable("team/jobs").answer(&repo), of(API, "1.0.0", &api));
    }
    // A version alone is that of the same service.
    let alone = call().variable(&image_of(WEB)).without_image().outcome(&repo);
    assert_eq!((&*alone.answer.line, alone.warnings), ("2.0.0", Vec::new()));
    let line = call().flag(&api).with_image().outcome(&repo).answer.line;
    assert_eq!(line, format!("{api}:1.0.0"));
}

#[test]
fn repositories_are_compared_in_full() {
    let repo = repo();
    let api = image_of(API);
    for text in ["docker.io", "index.docker.io", "Docker.io"].map(|registry| format!("{registry}/{api}")) {
        assert_eq!(call().flag(&text).answer(&repo), of(API, "1.0.0", &text));
        call().in_directory(WEB).flag(&text).refused(&repo, &[API, WEB]);
    }
    for text in ["docker.io:443", "localhost", "registry-1.example.io", "quay.io"] {
        let text = format!("{text}/{api}");
        assert_eq!(call().flag(&text).warned(&repo), only("7.0.0", Some(&text)));
    }
    for text in ["services-api", "example/services-api/x", "example/services-ap", "x/example/services-api"] {
        assert_eq!(call().flag(text).warned(&repo), only("7.0.0", Some(text)));
    }
    repo.write(&format!("{API}/Taskfile.yaml"), taskfile("index.docker.io/library/api"));
    repo.commit("one name of many");
    for text in ["api", "library/api", "docker.io/api", "docker.io/library/api", "index.docker.io/api"] {
        assert_eq!(call().flag(text).outcome(&repo).answer.answer.service.as_deref(), Some(API), "{text}");
    }
    repo.write(&format!("{API}/Taskfile.yaml"), taskfile("Registry.Example:5000/api"));
    repo.commit("another registry");
    for (text, service) in [
        ("registry.example:5000/api", Some(API)),
        ("Registry.Example:5000/api", Some(API)),
        ("registry.example/api", None),
        ("registry.example:5001/api", None),
    ] {
        assert_eq!(call().flag(text).outcome(&repo).answer.answer.service.as_deref(), service, "{text}");
    }
}

#[test]
fn the_image_of_several_services_is_no_name() {
    let repo = repo();
    call().flag("team/jobs").refused(&repo, &["--repo team/jobs", "jobs/in, jobs/out", "name one of them"]);
    call()
        .variable("docker.io/team/jobs")
        .without_image()
        .refused(&repo, &["IMAGE_REPO=", "jobs/in, jobs/out"]);
    // Something else tells which.
    assert_eq!(call().service("out").flag("team/jobs").answer(&repo), of("jobs/out", "4.0.0", "team/jobs"));
    assert_eq!(
        call().in_directory("jobs/in").variable("team/jobs").answer(&repo),
        of("jobs/in", "3.0.0", "team/jobs")
    );
    call().in_directory(API).flag("team/jobs").refused(&repo, &["jobs/in, jobs/out", API]);
}

#[test]
fn the_image_of_nobody_is_an_override() {
    let repo = repo();
    assert_eq!(call().flag("fork/x").warned(&repo), only("7.0.0", Some("fork/x")));
    assert_eq!(call().variable("fork/x").in_directory("docs").warned(&repo), only("7.0.0", Some("fork/x")));
    for service in [API, "api"] {
        assert_eq!(call().service(service).flag("fork/x").answer(&repo), of(API, "1.0.0", "fork/x"));
        assert_eq!(call().service(service).variable("fork/x").answer(&repo), of(API, "1.0.0", "fork/x"));
    }
    assert_eq!(call().in_directory(API).flag("fork/x").answer(&repo), of(API, "1.0.0", "fork/x"));
    assert_eq!(call().in_directory(API).variable("fork/x").answer(&repo), of(API, "1.0.0", "fork/x"));
}

#[test]
fn a_taskfile_at_the_root_gives_a_repository_as_well() {
    let repo = repo();
    let root = |image: &str| repo.write("Taskfile.yml", taskfile(image));
    root(&image_of(API));
    repo.commit("root");
    for directory in ["", "docs"] {
        let answer = call().in_directory(directory).outcome(&repo).answer.answer;
        assert_eq!((answer.service.as_deref(), &*answer.version), (Some(API), "1.0.0"));
        assert_eq!(answer.image, Some(image_of(API)));
    }
    let web = call().variable(&image_of(WEB)).outcome(&repo).answer.answer;
    assert_eq!((web.service.as_deref(), web.image), (Some(WEB), Some(image_of(WEB))));
    root("team/jobs");
    call().refused(&repo, &["Taskfile.yml", "jobs/in, jobs/out"]);
    call().without_image().refused(&repo, &["Taskfile.yml", "jobs/in, jobs/out"]);
    root("team/everything");
    repo.commit("an image of the root's own");
    repo.tag("v7.0.1");
    assert_eq!(call().warned(&repo), only("7.0.1", Some("team/everything")));
    assert_eq!(call().variable("team/everything").warned(&repo), only("7.0.1", Some("team/everything")));
    // Some service may have that image as well, but the root certainly has.
    repo.write("shop/Taskfile.yaml", "vars: {IMAGE_REPO: {sh: echo x}}\n");
    repo.git(["add", "shop"]);
    assert_eq!(call().variable("team/everything").without_image().warned(&repo).0, "7.0.1-dirty");
    // What cannot be read or is none gives nothing; it is not needed for a version.
    for text in ["vars: {IMAGE_REPO: '{{.X}}'}\n", "vars: {IMAGE_REPO: Team/X}\n", "vars: {IMAGE_REPO: [\n"] {
        repo.write("Taskfile.yml", text);
        repo.commit("root");
        assert_eq!(call().without_image().warned(&repo), only("7.0.1", None));
    }
}

#[test]
fn a_repository_without_services_has_one_subject() {
    let repo = Repo::new();
    repo.commit("begin");
    repo.tag("v7.0.0");
    assert_eq!(call().answer(&repo), whole("7.0.0", None));
    assert_eq!(call().flag("team/x").answer(&repo), whole("7.0.0", Some("team/x")));
    assert_eq!(call().variable("team/x").whole().answer(&repo), whole("7.0.0", Some("team/x")));
    assert_eq!(call().variable("No/Image").without_image().answer(&repo), whole("7.0.0", None));
    call().variable("No/Image").with_image().refused(&repo, &["IMAGE_REPO"]);
    repo.write("Taskfile.yaml", taskfile("team/app"));
    repo.write("docs/Taskfile.yaml", "version: '3'\n");
    repo.commit("a Taskfile");
    repo.tag("v7.0.1");
    assert_eq!(call().answer(&repo), whole("7.0.1", Some("team/app")));
}

#[test]
fn what_is_no_repository_names_no_service() {
    let repo = repo();
    // Whose version is asked for depends on it.
    call().variable("example/services-api:1").without_image().refused(&repo, &["IMAGE_REPO", "tag"]);
    call().flag("example/services-api:1").refused(&repo, &["--repo", "tag"]);
    // Here it does not.
    let named = call().service(API).variable("No/Image").without_image();
    assert_eq!(named.outcome(&repo).answer.line, "1.0.0");
    assert_eq!(
        call().in_directory(API).variable("No/Image").without_image().outcome(&repo).answer.line,
        "1.0.0"
    );
    call().service(API).variable("No/Image").with_image().refused(&repo, &["IMAGE_REPO"]);
}
