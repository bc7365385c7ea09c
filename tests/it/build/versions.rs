//! Which version an image gets.

use super::fake::{Shop, values};

fn tag(shop: &Shop, args: &[&str]) -> String {
    let output = shop.build(args).run();
    assert_eq!(output.code, 0, "{output}");
    let built = shop.built();
    let [tag] = values(&built, "--tag")[..] else { panic!("{built:?}") };
    let (_, version) = tag.rsplit_once(':').unwrap();
    // The image says the same of itself everywhere.
    assert!(values(&built, "--build-arg").contains(&&*format!("VERSION={version}")), "{built:?}");
    let label = format!("org.opencontainers.image.version={version}");
    assert!(values(&built, "--label").contains(&&*label), "{built:?}");
    tag.to_owned()
}

#[test]
fn tags_are_those_of_imgver_tag() {
    let shop = Shop::new();
    shop.repo.annotate("v0.9.0");
    for args in [
        &["api"][..],
        &["web"],
        &["api", "--environment", "production"],
        &["api", "--environment", "staging"],
        &["web", "--set-version", "try_1.x"],
        &["api", "--environment", "production", "--set-version", "1.2.3"],
        &["api", "--abbrev", "12"],
        &["web", "--tag-format", "v{version}"],
        &["api", "--first-parent"],
    ] {
        assert_eq!(tag(&shop, args), shop.repo.imgver(["tag"]).args(args).run().line(), "{args:?}");
    }
}

#[test]
fn changes_that_are_not_committed_show() {
    let shop = Shop::new();
    shop.repo.write("services/web/Taskfile.yaml", "vars: {IMAGE_REPO: example/new}\n");
    assert!(tag(&shop, &["web"]).ends_with("-dirty"));
    assert!(!tag(&shop, &["api"]).contains("dirty"));
}

#[test]
fn production_takes_releases_only() {
    let shop = Shop::new();
    let production = |args: &[&str]| shop.build(&["--environment", "production"]).args(args).run();
    assert!(production(&["web"]).fails(4).contains("carries no release tag of services/web"));
    assert!(production(&["--all"]).fails(4).contains("carries no release tag of services/web"));
    assert!(production(&["api", "--set-version", "1.2.4"]).fails(4).contains("services/api@1.2.4"));
    assert!(production(&["api", "web", "--set-version", "1.2.3"]).fails(4).contains("services/web@1.2.3"));
    shop.repo.write("services/api/Taskfile.yaml", "vars: {IMAGE_REPO: example/new}\n");
    assert!(production(&["api"]).fails(4).contains("uncommitted changes"));
    assert!(production(&["api", "--set-version", "1.2.3"]).fails(4).contains("uncommitted changes"));
    assert!(!shop.has_built());
    shop.repo.git(["checkout", "-q", "."]);
    shop.repo.tag("tools/job@2.0.0");
    production(&["api", "job"]).text();
    let baked = shop.baked();
    assert_eq!(baked["target"]["api"]["tags"][0], "example/services-api:1.2.3");
    assert_eq!(baked["target"]["job"]["tags"][0], "example/tools-job:2.0.0");
}

#[test]
fn candidate_takes_pre_releases_only() {
    let shop = Shop::new();
    shop.repo.write("imgver.yaml", "prereleases: [rc]\nfloating: [latest, minor]\n");
    shop.repo.commit("settings");
    shop.repo.annotate("services/api@1.3.0-rc.2");
    let candidate = |args: &[&str]| shop.build(&["--environment", "candidate"]).args(args).run();
    assert!(candidate(&["web"]).fails(4).contains("carries no pre-release tag of services/web"));
    assert!(candidate(&["--all"]).fails(4).contains("carries no pre-release tag of services/"));
    assert!(candidate(&["api", "--set-version", "1.3.0-rc.1"]).fails(4).contains("services/api@1.3.0-rc.1"));
    shop.repo.write("services/api/Taskfile.yaml", "vars: {IMAGE_REPO: example/new}\n");
    assert!(candidate(&["api"]).fails(4).contains("uncommitted changes"));
    assert!(!shop.has_built());
    shop.repo.git(["checkout", "-q", "."]);
    for args in [&["api"][..], &["api", "--set-version", "1.3.0-rc.2"]] {
        let args = [args, &["--environment", "candidate"]].concat();
        assert_eq!(tag(&shop, &args), "example/services-api:1.3.0-rc.2");
    }
    shop.repo.annotate("tools/job@2.0.0-rc.1");
    candidate(&["api", "job"]).text();
    let baked = shop.baked();
    assert_eq!(baked["target"]["api"]["tags"][0], "example/services-api:1.3.0-rc.2");
    assert_eq!(baked["target"]["job"]["tags"][0], "example/tools-job:2.0.0-rc.1");
}

#[test]
fn a_shallow_clone_builds_what_needs_no_history() {
    let shop = Shop::new();
    shop.repo.commit("next");
    let clone = shop.repo.cloned("shallow", &["--depth=1"]);
    let run = |args: &[&str]| shop.build(args).cwd(clone.path()).run();
    run(&["web"]).fails(3);
    assert_eq!(run(&["web", "--set-version", "try-1"]).code, 0);
    assert!(values(&shop.built(), "--tag")[0].ends_with(":try-1"));
}

#[test]
fn a_young_service_is_warned_of() {
    let shop = Shop::new();
    let output = shop.build(&["web"]).run();
    let warning = "warning: no release tag services/web@X.Y.Z is reachable: counting from 0.0.0\n";
    assert!(output.stderr.contains(warning), "{output}");
}
