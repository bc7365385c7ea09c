//! The commands as people and scripts meet them: one line out, or an error that helps.

use std::fs;

use crate::support::{Repo, TASKFILES};
use serde_json::json;

const NODE: &str = "services/node/api-node";
const GO: &str = "services/go/api-golang";

/// Two services; `api-node` is two commits after 1.0.9, `api-golang` has no release.
fn two_services() -> Repo {
    let repo = Repo::new();
    repo.service(NODE);
    repo.service(GO);
    repo.commit("first");
    repo.annotate(&format!("{NODE}@1.0.9"));
    repo.commit("second");
    repo.commit("third");
    repo
}

fn short(repo: &Repo) -> String {
    repo.head()[..7].to_owned()
}

#[test]
fn one_line_each() {
    let repo = two_services();
    let extended = format!("1.0.9-0002-{}", short(&repo));
    let image = crate::support::image_of(NODE);
    for (args, expected) in [
        (vec!["version", NODE], "1.0.9".to_owned()),
        (vec!["version", "api-node"], "1.0.9".to_owned()),
        (vec!["version", "services/node/api-node/"], "1.0.9".to_owned()),
        (vec!["extended", NODE], extended.clone()),
        (vec!["extended", NODE, "--abbrev", "4"], format!("1.0.9-0002-{}", &repo.head()[..4])),
        (vec!["extended", NODE, "--abbrev", "40"], format!("1.0.9-0002-{}", repo.head())),
        (vec!["extended", NODE, "--repo", "team/api"], format!("team/api:{extended}")),
        (vec!["version", NODE, "--repo", "localhost:5000/api"], "localhost:5000/api:1.0.9".to_owned()),
        (vec!["extended", NODE, "--image"], format!("{image}:{extended}")),
        (vec!["tag", NODE], format!("{image}:{extended}")),
        (vec!["tag", NODE, "--environment", "staging"], format!("{image}:{extended}")),
        (vec!["tag", NODE, "--repo", "team/api"], format!("team/api:{extended}")),
        (vec!["tag", NODE, "--set-version", "try_1"], format!("{image}:try_1")),
        (vec!["tag", NODE, "--set-version", ""], format!("{image}:{extended}")),
        (vec!["version", NODE, "--rev", "HEAD~2", "--exact"], "1.0.9".to_owned()),
        (
            vec!["extended", NODE, "--rev", "HEAD~2"],
            format!("1.0.9-0000-{}", &repo.git(["rev-parse", "HEAD~2"])[..7]),
        ),
        (vec!["tag", NODE, "--rev", "HEAD~2", "--environment", "production"], format!("{image}:1.0.9")),
    ] {
        assert_eq!(repo.imgver(&args).run().line(), expected, "{args:?}");
    }
}

#[test]
fn a_service_is_found_from_within() {
    let repo = two_services();
    repo.write(&format!("{NODE}/src/deep/main.js"), "");
    let ask = |args: &[&str], at: &str| repo.imgver(args).cwd(at).run().line();
    assert_eq!(ask(&["version"], NODE), "1.0.9");
    assert_eq!(ask(&["version"], &format!("{NODE}/src/deep")), "1.0.9");
    assert_eq!(ask(&["version", "."], NODE), "1.0.9");
    assert_eq!(ask(&["version", "./api-node"], "services/node"), "1.0.9");
    assert_eq!(ask(&["version", "../../node/api-node"], GO), "1.0.9");
    assert_eq!(ask(&["-C", "services", "-C", "node/api-node", "version"], "."), "1.0.9");
    assert_eq!(ask(&["version", "-C", NODE], "."), "1.0.9");
    assert_eq!(ask(&["-C", "services", "version", "-C", "node/api-node"], "."), "1.0.9");
    for spelled in [
        "services//node/api-node",
        "./services/node/./api-node//",
        "services/go/../node/api-node",
        "api-node/",
    ] {
        assert_eq!(ask(&["version", spelled], "."), "1.0.9", "{spelled}");
    }
    let absolute = repo.path().join(NODE);
    assert_eq!(ask(&["version", absolute.to_str().unwrap()], "."), "1.0.9");
    std::os::unix::fs::symlink(NODE, repo.path().join("link")).unwrap();
    repo.imgver(["version", "link"]).run().fails(5);
    repo.imgver(["version", "/no-such"]).run().fails(5);
    repo.imgver(["version", "../../.."]).cwd(NODE).run().fails(5);
    repo.imgver(["version", "../../../.."]).cwd(NODE).run().fails(5);
}

#[test]
fn json_is_the_whole_computation() {
    let repo = two_services();
    let (head, extended) = (repo.head(), format!("1.0.9-0002-{}", short(&repo)));
    let image = crate::support::image_of(NODE);
    let object = |tag: &str, warnings: &[String]| {
        json!({
            "service": NODE, "image": image, "base": "1.0.9", "base_tag": format!("{NODE}@1.0.9"), "distance": 2,
            "commit": head, "scope": "repository", "last_change": head, "dirty": false, "version": "1.0.9", "extended": extended,
            "tag": format!("{image}:{tag}"), "warnings": warnings,
        })
    };
    for (command, tag) in [("version", "1.0.9"), ("extended", &extended), ("tag", &extended)] {
        let output = repo.imgver([command, NODE, "--output", "json"]).run();
        // The image of the release is named, but the commit is not the release.
        let warnings: Vec<_> = output.stderr.lines().map(|line| line.replace("warning: ", "")).collect();
        assert_eq!(warnings.len(), usize::from(command == "version"), "{output}");
        assert_eq!(output.json(), object(tag, &warnings), "{command}");
        assert_eq!(output.stdout.lines().count(), 1);
    }
    assert_eq!(repo.list()[1], object(&extended, &[]));

    let unreleased = &repo.list()[0];
    assert_eq!(unreleased["base"], "0.0.0");
    assert_eq!(unreleased["base_tag"], json!(null));
    assert_eq!(unreleased["distance"], 3);
    assert_eq!(unreleased["warnings"].as_array().map(Vec::len), Some(1));

    let repository = repo.imgver(["extended", "--output", "json"]).run().json();
    assert_eq!(repository["service"], json!(null));
    assert_eq!(repository["image"], json!(null));
    assert_eq!(repository["tag"], json!(null));
    // There is no release of the repository, and there are services that it is not asked about.
    assert_eq!(repository["warnings"].as_array().map(Vec::len), Some(2));
    let whole = repo.imgver(["extended", "--whole", "--output", "json"]).run().json();
    assert_eq!(whole["warnings"].as_array().map(Vec::len), Some(1));
}

#[test]
fn the_table_is_aligned_and_sorted() {
    let repo = two_services();
    repo.write(&format!("{NODE}/Taskfile.yaml"), crate::support::taskfile("team/longer-than-before"));
    let commit = short(&repo);
    let output = repo.imgver(["list"]).run();
    let image = crate::support::image_of(GO);
    let width = image.len().max("team/longer-than-before".len());
    let expected = format!(
        "SERVICE                 {:width$}  RELEASE  DISTANCE  VERSION                   STATE\n\
         services/go/api-golang  {image:width$}  -        3         0.0.0-0003-{commit}        clean\n\
         services/node/api-node  {:width$}  1.0.9    2         1.0.9-0002-{commit}-dirty  dirty\n",
        "IMAGE", "team/longer-than-before"
    );
    assert_eq!(output.stdout, expected);
    assert!(
        output.stderr.contains("warning: services/go/api-golang has no reachable release tag"),
        "{output}"
    );
    assert!(!repo.imgver(["list", "--no-dirty"]).run().stdout.contains("dirty"));
    assert!(!repo.imgver(["list", "--rev", "HEAD"]).run().stdout.contains("dirty"));
}

#[test]
fn production_takes_a_clean_release_only() {
    let repo = two_services();
    let production =
        |args: &[&str]| repo.imgver(["tag", NODE, "--environment", "production"]).args(args).run();
    let error = production(&[]).fails(4).to_owned();
    assert!(error.contains("it is 2 commits after the nearest, services/node/api-node@1.0.9"), "{error}");

    repo.tag(&format!("{NODE}@1.1.0"));
    repo.tag(&format!("{NODE}@1.0.10"));
    let image = crate::support::image_of(NODE);
    assert_eq!(production(&[]).line(), format!("{image}:1.1.0"));
    assert_eq!(production(&["--set-version", "1.0.10"]).line(), format!("{image}:1.0.10"));
    production(&["--set-version", "1.0.9"]).fails(4);
    production(&["--set-version", "latest"]).fails(4);

    repo.write(&format!("{NODE}/Taskfile.yaml"), crate::support::taskfile("team/api"));
    for args in
        [&[][..], &["--no-dirty"], &["--set-version", "1.1.0"], &["--set-version", "1.1.0", "--no-dirty"]]
    {
        assert!(production(args).fails(4).contains("uncommitted changes"), "{args:?}");
    }
    assert_eq!(repo.imgver(["version", NODE]).run().line(), "1.1.0-dirty");
    assert_eq!(repo.imgver(["version", NODE, "--no-dirty"]).run().line(), "1.1.0");
    repo.imgver(["version", NODE, "--exact"]).run().fails(4);
    assert_eq!(production(&["--rev", "HEAD"]).line(), "team/api:1.1.0", "a commit is never dirty");
    assert_eq!(repo.imgver(["tag", NODE, "--set-version", "mine"]).run().line(), "team/api:mine");
}

#[test]
fn the_repository_comes_from_flag_then_environment_then_taskfile() {
    let repo = two_services();
    let tag = |args: &[&str], env: &str| {
        repo.imgver(["tag", "--set-version", "1", NODE]).args(args).env("IMAGE_REPO", env).run()
    };
    assert_eq!(tag(&["--repo", "by/flag"], "by/env").line(), "by/flag:1");
    assert_eq!(tag(&[], "by/env").line(), "by/env:1");
    assert_eq!(tag(&[], "").line(), format!("{}:1", crate::support::image_of(NODE)));
    assert!(tag(&[], "By/Env").fails(5).contains("IMAGE_REPO"));
    assert!(tag(&["--repo", "a:b"], "by/env").fails(5).contains("--repo"));
    assert!(tag(&["--set-version", "a b"], "").code == 2, "a flag twice is a usage error");
    repo.imgver(["tag", NODE, "--set-version", "a b"]).run().fails(5);
    repo.imgver(["tag", NODE, "--set-version", &"1".repeat(129)]).run().fails(5);
    repo.imgver(["tag"]).run().fails(5);
    repo.imgver(["tag", NODE, "--set-version", "1", "--rev", "no-such"]).run().fails(3);
    repo.imgver(["tag", GO, "--set-version", "1", "--require-release"]).run().fails(4);
}

#[test]
fn a_repository_is_that_of_one_service() {
    let repo = two_services();
    let image = crate::support::image_of(NODE);
    let extended = format!("1.0.9-0002-{}", short(&repo));
    for command in [&["extended", "--repo", &image][..], &["tag", "--repo", &image]] {
        let output = repo.imgver(command).run();
        assert_eq!((output.line(), &*output.stderr), (format!("{image}:{extended}"), ""));
    }
    let with = |args: &[&str]| repo.imgver(args).env("IMAGE_REPO", &image).run();
    assert_eq!((with(&["extended"]).line(), with(&["extended"]).stderr), (extended.clone(), String::new()));
    assert_eq!(with(&["tag", "--output", "json"]).json()["service"], json!(NODE));
    assert_eq!(with(&["extended", "-C", NODE, "--image"]).line(), format!("{image}:{extended}"));
    for args in [&["version", GO][..], &["-C", GO, "version"], &["-C", GO, "tag"], &["version", "--whole"]] {
        let error = with(args).fails(5).to_owned();
        assert!(error.contains(NODE), "{error}");
    }
    assert!(with(&["tag", GO, "-C", NODE]).line().starts_with(&crate::support::image_of(GO)));
    repo.imgver(["extended", "--whole", "--repo", &image]).run().fails(5);
    for command in
        [&["version", NODE][..], &["build", NODE], &["build", "--all"], &["release", NODE, "--bump=patch"]]
    {
        repo.imgver(command).args(["--whole"]).run().fails(2);
    }
    // An empty variable is none.
    let unset = repo.imgver(["extended", "--no-dirty"]).env("IMAGE_REPO", "").run();
    assert!(unset.line().starts_with("0.0.0-") && unset.stderr.contains("--whole"), "{unset}");
    // These are about all services, each with its own image.
    let push = ["plan", "--event-name", "push", "--ref", "refs/heads/main", "--base", "HEAD~1"];
    for command in [&["list"][..], &["list", "--output", "json"], &push] {
        let (given, alone) = (with(command), repo.imgver(command).run());
        assert_eq!((given.code, given.stdout, given.stderr), (0, alone.stdout, alone.stderr));
    }
}

#[test]
fn a_computed_repository_is_said_to_be_one() {
    let repo = two_services();
    repo.write(&format!("{NODE}/Taskfile.yaml"), "version: '3'\nvars:\n  IMAGE_REPO: '{{.REGISTRY}}/api'\n");
    let error = repo.imgver(["tag", NODE]).run().fails(5).to_owned();
    assert!(
        error.contains("services/node/api-node/Taskfile.yaml:3:3: vars.IMAGE_REPO is a template"),
        "{error}"
    );
    assert!(error.contains("--repo") && error.contains("IMAGE_REPO"), "{error}");
    assert_eq!(repo.imgver(["version", NODE, "--no-dirty"]).run().line(), "1.0.9");
    assert_eq!(
        repo.imgver(["tag", NODE, "--set-version", "1"]).env("IMAGE_REPO", "a/b").run().line(),
        "a/b:1"
    );
    let listed = &repo.list()[1];
    assert_eq!(listed["image"], json!(null));
    assert_eq!(listed["warnings"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_malformed_taskfile_fails_its_own_service_only() {
    let repo = two_services();
    repo.write(&format!("{GO}/Taskfile.yaml"), "version: '3'\nvars:\n  IMAGE_REPO: [a\n  b: c\n");
    for args in [vec!["version", GO], vec!["version", "api-golang"]] {
        let error = repo.imgver(&args).run().fails(5).to_owned();
        assert!(error.contains("services/go/api-golang/Taskfile.yaml:4:"), "{error}");
    }
    repo.imgver(["version"]).cwd(GO).run().fails(5);
    assert_eq!(repo.imgver(["version", "api-node"]).run().line(), "1.0.9");
    let listed = repo.imgver(["list", "--output", "json"]).run();
    assert_eq!(listed.json().as_array().map(Vec::len), Some(1));
    assert!(listed.stderr.contains("warning: services/go/api-golang/Taskfile.yaml:4:"), "{listed}");
}

#[test]
fn names_that_mean_nothing_or_too_much() {
    let repo = two_services();
    repo.service("services/python/api-node");
    repo.commit("another of that name");
    let error = repo.imgver(["version", "api-node"]).run().fails(5).to_owned();
    assert!(error.contains("services/node/api-node, services/python/api-node"), "{error}");
    let error = repo.imgver(["version", "api-golan"]).run().fails(5).to_owned();
    assert!(error.contains("did you mean services/go/api-golang"), "{error}");
    let error = repo.imgver(["version", "zzz"]).run().fails(5).to_owned();
    assert!(error.contains("imgver list"), "{error}");
    repo.imgver(["version", ""]).run().fails(5);
    repo.imgver(["version", "services"]).run().fails(5);

    let short_names = ["--tag-format", "{name}-v{version}"];
    repo.imgver(["version", NODE]).args(short_names).run().fails(5);
    repo.imgver(["list"]).args(short_names).run().fails(5);
    repo.imgver(["list", "--tag-format", "{version}-{name}"]).run().fails(5);
    repo.imgver(["list", "--tag-format", "{name}{version}"]).run().fails(2);
    assert_eq!(repo.imgver(["version", GO]).args(short_names).run().line(), "0.0.0");
}

#[test]
fn tags_of_other_shapes() {
    let repo = two_services();
    for tag in ["api-node-v2.0.0", "services/node/api-node/v3.0.0", "v4.0.0", "5.0.0", "odd+(x)6.0.0"] {
        repo.tag(tag);
    }
    let version = |args: &[&str]| repo.imgver(["version"]).args(args).run().line();
    assert_eq!(version(&[NODE, "--tag-format", "{name}-v{version}"]), "2.0.0");
    assert_eq!(version(&[NODE, "--tag-format", "{service}/v{version}"]), "3.0.0");
    assert_eq!(version(&[NODE, "--tag-format", "v{version}"]), "4.0.0");
    assert_eq!(version(&[NODE, "--tag-prefix", "odd+(x)"]), "6.0.0");
    assert_eq!(version(&["--tag-prefix", "odd+(x)"]), "6.0.0");
    assert_eq!(version(&[]), "5.0.0");
    let by_env = repo.imgver(["version", NODE]).env("IMGVER_TAG_FORMAT", "{name}-v{version}");
    assert_eq!(by_env.run().line(), "2.0.0");
    assert_eq!(repo.imgver(["version"]).env("IMGVER_TAG_FORMAT", "{name}-v{version}").run().line(), "5.0.0");
    repo.imgver(["version", NODE]).env("IMGVER_TAG_FORMAT", "{name}").run().fails(2);
    // A prefix takes the place of any format.
    let by_prefix =
        repo.imgver(["version", NODE, "--tag-prefix", "v"]).env("IMGVER_TAG_FORMAT", "{name}").run();
    assert_eq!(by_prefix.line(), "4.0.0");
    assert_eq!(repo.imgver(["version"]).env("IMGVER_TAG_FORMAT", "v{version}").run().line(), "4.0.0");
    repo.imgver(["version", "--tag-format", "{name}-v{version}"]).run().fails(2);
    assert_eq!(repo.imgver(["version", "--tag-format", "a{version}", "--tag-prefix", "b"]).run().code, 2);
}

#[test]
fn without_a_release() {
    let repo = two_services();
    let output = repo.imgver(["extended", GO]).run();
    assert_eq!(output.line(), format!("0.0.0-0003-{}", short(&repo)));
    assert!(
        output.stderr.contains("warning: no release tag services/go/api-golang@X.Y.Z is reachable"),
        "{output}"
    );
    for flag in ["--require-release", "--exact"] {
        let error = repo.imgver(["version", GO, flag]).run().fails(4).to_owned();
        assert!(error.contains("git fetch --tags"), "{error}");
    }
}

#[test]
fn usage() {
    let repo = two_services();
    for args in [
        &["versions"][..],
        &[],
        &["version", "--abbrev", "3"],
        &["version", "--abbrev", "65"],
        &["version", "--abbrev", "seven"],
        &["version", "--output", "yaml"],
        &["version", "a", "b"],
        &["extended", "--abbrev", "41"],
        &["version", "--repo", "a/b", "--image"],
    ] {
        let output = repo.imgver(args).run();
        assert_eq!((output.code, output.stdout.as_str()), (2, ""), "{args:?}\n{output}");
    }
    for args in [&["--help"][..], &["help", "tag"], &["list", "--help"], &["--version"]] {
        let output = repo.imgver(args).run();
        assert!(output.code == 0 && output.stderr.is_empty() && !output.stdout.is_empty(), "{args:?}");
    }
    repo.imgver(["version", "--rev", "no-such"]).run().fails(3);
    repo.imgver(["version", "--rev", "HEAD^{tree}"]).run().fails(3);
    repo.imgver(["version", "-C", "no-such"]).run().fails(3);
}

#[test]
fn a_service_is_new_ignored_or_gone() {
    let repo = two_services();
    repo.service("services/new/api");
    assert_eq!(repo.imgver(["version", "services/new/api"]).run().line(), "0.0.0");
    assert_eq!(repo.imgver(["version"]).cwd("services/new/api").run().line(), "0.0.0");
    assert_eq!(repo.list().len(), 2, "not tracked yet");
    repo.git(["add", "services/new"]);
    assert_eq!(repo.list().len(), 3, "tracked, if not committed");

    repo.write(".gitignore", "vendored/\n");
    repo.service("vendored/api");
    repo.imgver(["version", "vendored/api"]).run().fails(5);
    let inside = repo.imgver(["version", "--output", "json"]).cwd("vendored/api").run().json();
    assert_eq!(inside["service"], json!(null), "an ignored Taskfile makes no service");
    repo.git(["add", "-f", "vendored/api"]);
    assert_eq!(repo.imgver(["version", "vendored/api"]).run().line(), "0.0.0-dirty", "tracked all the same");

    fs::remove_dir_all(repo.path().join(NODE)).unwrap();
    repo.imgver(["version", NODE]).run().fails(5);
    assert!(repo.list().iter().all(|service| service["service"] != NODE));
}

#[test]
fn every_name_that_task_accepts_in_its_order() {
    let repo = Repo::new();
    for (index, name) in TASKFILES.iter().enumerate().rev() {
        repo.write(&format!("api/{name}"), crate::support::taskfile(&format!("team/{index}")));
        repo.commit(name);
        assert_eq!(repo.list()[0]["image"], json!(format!("team/{index}")), "{name}");
        assert_eq!(repo.imgver(["tag", "api", "--set-version", "1"]).run().line(), format!("team/{index}:1"));
    }
    repo.write("other/Taskfile.json", "{vars: {IMAGE_REPO: a/b}}");
    repo.write("root-is-none/x", "");
    repo.commit("no more");
    assert_eq!(repo.list().len(), 1);
}

#[test]
fn the_root_is_no_service_but_may_name_an_image() {
    let repo = Repo::new();
    repo.write("Taskfile.yaml", crate::support::taskfile("team/whole"));
    repo.commit("first");
    repo.tag("v2.0.0");
    assert_eq!(repo.imgver(["tag", "--environment", "production"]).run().line(), "team/whole:2.0.0");
    let object = repo.imgver(["version", "--output", "json"]).run().json();
    assert_eq!((object["service"].clone(), object["image"].clone()), (json!(null), json!("team/whole")));
    assert_eq!(repo.list().len(), 0);
}

#[test]
fn loose_and_packed_tags_are_found_whatever_they_are_called() {
    let repo = Repo::new();
    let services = ["apps/web.api", "apps/web.ui", "services/aux/api", "x/con"];
    for (index, service) in services.iter().enumerate() {
        repo.service(service);
        repo.commit(service);
        repo.tag(&format!("{service}@{index}.0.0"));
    }
    let only_web = Repo::new();
    for service in &services[..2] {
        only_web.service(service);
        only_web.commit(service);
        only_web.tag(&format!("{service}@1.0.0"));
    }
    for packed in [false, true] {
        for repo in [&repo, &only_web] {
            if packed {
                repo.git(["pack-refs", "--all"]);
            }
            assert!(repo.list().iter().all(|service| service["base_tag"] != json!(null)), "packed: {packed}");
        }
        assert_eq!(repo.imgver(["version", "services/aux/api"]).run().line(), "2.0.0");
        assert_eq!(repo.imgver(["version", "--tag-prefix", "x/con@"]).run().line(), "3.0.0");
        assert_eq!(repo.imgver(["version", "--tag-prefix", "x/con@3."]).run().line(), "0.0.0");
    }
}

#[test]
fn files_that_are_no_taskfiles_do_no_harm() {
    let repo = two_services();
    for (name, make) in
        [("pipe", "mkfifo pipe/Taskfile.yaml"), ("zero", "ln -s /dev/zero zero/Taskfile.yaml")]
    {
        fs::create_dir(repo.path().join(name)).unwrap();
        let made = std::process::Command::new("sh").args(["-c", make]).current_dir(repo.path()).status();
        assert!(made.unwrap().success());
        assert!(repo.imgver(["version", name]).run().fails(5).contains("it is not a regular file"));
    }
    repo.write("deep/Taskfile.yaml", format!("vars:\n  IMAGE_REPO: {}", "[".repeat(100_000)));
    assert!(repo.imgver(["version", "deep"]).run().fails(5).contains("brackets"));
    repo.write("bom/Taskfile.yaml", "\u{feff}vars:\n  IMAGE_REPO: a/b\n");
    assert_eq!(repo.imgver(["tag", "bom", "--set-version", "1"]).run().line(), "a/b:1");
}
