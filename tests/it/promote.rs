//! `imgver promote`, as far as it shows without an image.

use crate::support::Repo;
use crate::support::absent::AbsentRegistry;

/// A service with two releases, the last of them on the newest commit, and its images in two repositories of `registry`.
fn repo(registry: &AbsentRegistry) -> Repo {
    let (repo, host) = (Repo::new(), registry.host());
    let services = format!(
        "services:\n  svc/api:\n    image: [{host}/team/api, {host}/mirror/api]\n  svc/web:\n    image: {host}/team/web\n"
    );
    repo.write("imgver.yaml", services);
    repo.write("svc/api/Dockerfile", "FROM scratch\n");
    repo.write("svc/web/Dockerfile", "FROM scratch\n");
    repo.commit("one");
    repo.tag("svc/api@1.0.0");
    repo.commit("two");
    repo.tag("svc/api@1.0.1");
    repo
}

#[test]
fn all_versions_are_asked_for_once_in_all_repositories() {
    let registry = AbsentRegistry::start();
    let repo = repo(&registry);
    let output = repo.sandbox().join("output");
    let images = repo.sandbox().join("images.json");
    std::fs::write(&output, "").unwrap();
    let promote = ["promote", "api", "--optional", "--images-file"];
    let run = repo.imgver(promote).args([&images]).env("GITHUB_OUTPUT", &output).run();
    assert_eq!((run.code, &*run.stdout), (0, "digest=\n"), "{run}");
    assert_eq!(std::fs::read_to_string(&output).unwrap(), "digest=\n");
    let head = &repo.head()[..7];
    assert!(run.stderr.starts_with("svc/api: there is no image of"), "{run}");
    let tags = [
        format!("0.0.0-0002-{head}"),
        format!("1.0.0-0001-{head}"),
        "1.0.1".to_owned(),
        format!("1.0.1-0000-{head}"),
    ];
    let in_each = |name: &str| -> Vec<String> { tags.iter().map(|tag| format!("{name}:{tag}")).collect() };
    assert_eq!(registry.manifests(), [in_each("mirror/api"), in_each("team/api")].concat());
}

#[test]
fn nothing_to_promote_is_an_error_that_says_what_was_looked_for() {
    let registry = AbsentRegistry::start();
    let repo = repo(&registry);
    let run = repo.imgver(["promote", "api"]).run();
    assert_eq!((run.code, &*run.stdout), (4, ""), "{run}");
    let head = repo.head();
    assert!(
        run.stderr.contains(&format!("there is no image of {head} to promote to 1.0.1 of svc/api")),
        "{run}"
    );
    assert!(
        run.stderr.contains(&format!("for the tags 1.0.1, 1.0.0-0001-{0}, 0.0.0-0002-{0}", &head[..7])),
        "{run}"
    );
}

#[test]
fn only_a_release_gets_the_tag_of_one() {
    let registry = AbsentRegistry::start();
    let repo = repo(&registry);
    for (args, code) in [
        (&["promote", "api", "--optional", "--rev", "HEAD~1"][..], 0),
        (&["promote", "api", "--optional", "--set-version", "1.0.1"], 0),
        (&["promote", "api", "--optional", "--set-version", "1.0.0"], 4),
        (&["promote", "web"], 4),
        (&["promote", "web", "--optional"], 4),
        (&["promote", "web", "--optional", "--environment", "staging"], 0),
        (&["promote", "web", "--optional", "--environment", "staging", "--set-version", "try-1"], 0),
        (&["promote", "api", "--environment", "prod"], 2),
        (&["promote", "nothing"], 5),
        (&["promote"], 2),
        (&["promote", "api", "--digest", "sha256:12"], 5),
        (&["promote", "api", "--to", "UPPER/case"], 5),
        (&["promote", "api", "--rev", "nowhere"], 3),
    ] {
        let run = repo.imgver(args).run();
        assert_eq!(run.code, code, "{run}");
        assert_eq!(run.stdout, if code == 0 { "digest=\n" } else { "" }, "{run}");
    }
    // What is not committed is nobody's image.
    repo.write("svc/api/Dockerfile", "FROM scratch\nLABEL a=b\n");
    assert_eq!(repo.imgver(["promote", "api", "--optional"]).run().code, 0);
    repo.commit("three");
    let run = repo.imgver(["promote", "api", "--optional"]).run();
    assert_eq!(run.code, 4, "{run}");
    assert!(run.stderr.contains("carries no release tag of svc/api"), "{run}");
}

#[test]
fn the_image_of_another_service_is_no_destination() {
    let registry = AbsentRegistry::start();
    let repo = repo(&registry);
    let web = format!("{}/team/web", registry.host());
    let run = repo.imgver(["promote", "api", "--optional", "--to", &web]).run();
    assert_eq!((run.code, &*run.stdout), (5, ""), "{run}");
    assert!(run.stderr.contains(&format!("--to {web} is the image of svc/web, not of svc/api")), "{run}");
    let mirror = format!("{}/mirror/api", registry.host());
    for to in [mirror, format!("{}/another/place", registry.host())] {
        let run = repo.imgver(["promote", "api", "--optional", "--to", &to]).run();
        assert_eq!((run.code, &*run.stdout), (0, "digest=\n"), "{run}");
    }
}

#[test]
fn a_registry_that_refuses_never_means_that_there_is_nothing() {
    for (status, code) in [("403 Forbidden", "DENIED"), ("401 Unauthorized", "UNAUTHORIZED")] {
        let registry = AbsentRegistry::answering(status, code);
        let repo = repo(&registry);
        let output = repo.sandbox().join("output");
        std::fs::write(&output, "before=1\n").unwrap();
        for args in [&["promote", "api"][..], &["promote", "api", "--optional"]] {
            let run = repo.imgver(args).env("GITHUB_OUTPUT", &output).run();
            assert_eq!((run.code, &*run.stdout), (8, ""), "{run}");
            assert!(run.stderr.contains(registry.host()) && run.stderr.contains(&status[..3]), "{run}");
            assert_eq!(std::fs::read_to_string(&output).unwrap(), "before=1\n");
        }
    }
}

/// What an earlier run says of images must not be taken for what this one found.
#[test]
fn an_images_file_is_that_of_this_run_or_is_gone() {
    let registry = AbsentRegistry::start();
    let repo = repo(&registry);
    let (file, link) = (repo.sandbox().join("images.json"), repo.sandbox().join("link.json"));
    std::os::unix::fs::symlink(&file, &link).unwrap();
    let earlier =
        r#"[{"service":"svc/api","reference":"a/x:1","digest":"sha256:0","version":"1","commit":"0"}]"#;
    for (args, code) in [
        (&["promote", "api"][..], 4),
        (&["promote", "web"], 4),
        (&["promote", "nobody"], 5),
        (&["promote", "api", "--digest", "x"], 5),
    ] {
        std::fs::write(&file, earlier).unwrap();
        let run = repo.imgver(args).args(["--images-file"]).args([&link]).run();
        assert_eq!((run.code, &*run.stdout), (code, ""), "{run}");
        assert!(!file.exists() && link.is_symlink(), "{run}");
        // What no such run has written stays.
        std::fs::write(&file, "mine").unwrap();
        assert_eq!(repo.imgver(args).args(["--images-file"]).args([&link]).run().code, code);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
    }
    // Where nothing fails, the file behind the link is written.
    let run = repo.imgver(["promote", "api", "--optional", "--images-file"]).args([&link]).run();
    assert_eq!(run.code, 0, "{run}");
    assert!(link.is_symlink(), "{run}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "[]\n");
}

#[test]
fn a_floating_tag_by_hand_draws_a_warning() {
    let registry = AbsentRegistry::start();
    let repo = repo(&registry);
    let configured = std::fs::read_to_string(repo.path().join("imgver.yaml")).unwrap();
    repo.write("imgver.yaml", format!("floating: [latest]\n{configured}"));
    let staging = |version: &str| {
        let args = ["promote", "api", "--optional", "--environment", "staging", "--set-version", version];
        let run = repo.imgver(args).run();
        assert_eq!((run.code, &*run.stdout), (0, "digest=\n"), "{run}");
        run.stderr.contains("is a floating tag")
    };
    assert!(staging("latest") && !staging("1") && !staging("try-1"));
}
