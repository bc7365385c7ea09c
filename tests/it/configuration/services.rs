//! Repositories with an `imgver.yaml`: which services they have, whose image is whose, which tags release them, and what they
//! watch.

use crate::support::{Repo, taskfile};

/// A workspace that is built from its root, two services in one directory, a wildcard, and a service by its Taskfile.
fn shop() -> Repo {
    let repo = Repo::new();
    for file in
        ["apps/web/Dockerfile", "apps/web/Dockerfile.admin", "src/cart/Dockerfile", "src/mail/Dockerfile"]
    {
        repo.write(file, "FROM scratch\n");
    }
    repo.write("src/docs/readme.md", "no service\n");
    repo.write("libs/ui/button.js", "button\n");
    repo.write("legacy/Taskfile.yaml", taskfile("acme/legacy"));
    repo.write(
        "imgver.yaml",
        "\
image: ghcr.io/acme/{name}
services:
  apps/web:
    image: [ghcr.io/acme/web, registry.example/acme/web]
    context: .
    dockerfile: apps/web/Dockerfile
    watch: [libs/ui/**]
  apps/admin: { directory: apps/web, dockerfile: apps/web/Dockerfile.admin }
  src/*: {}
",
    );
    repo.commit("first");
    repo
}

fn configure(repo: &Repo, text: &str) {
    repo.write("imgver.yaml", text);
}

fn listed(repo: &Repo) -> Vec<String> {
    let shown = |service: &serde_json::Value| {
        format!("{} {}", service["service"].as_str().unwrap(), service["image"].as_str().unwrap_or("-"))
    };
    repo.list().iter().map(shown).collect()
}

fn dirty(repo: &Repo) -> Vec<String> {
    let services = repo.list();
    let dirty = services.iter().filter(|service| service["dirty"] == true);
    dirty.map(|service| service["service"].as_str().unwrap().to_owned()).collect()
}

/// What `imgver changed` prints for a list of paths.
fn changed(repo: &Repo, paths: &[&str]) -> String {
    let run = repo.imgver(["changed", "--files-from", "-"]).input(paths.join("\n"));
    run.run().text().replace('\n', " ")
}

#[test]
fn services_of_taskfiles_and_of_the_configuration_are_one_set() {
    let repo = shop();
    assert_eq!(
        listed(&repo),
        [
            "apps/admin ghcr.io/acme/admin",
            "apps/web ghcr.io/acme/web",
            "legacy acme/legacy",
            "src/cart ghcr.io/acme/cart",
            "src/mail ghcr.io/acme/mail",
        ]
    );
    for (name, version) in [("admin", "0.0.0"), ("src/cart", "0.0.0"), ("./legacy", "0.0.0")] {
        assert_eq!(repo.imgver(["version", name]).run().line(), version);
    }
    assert!(repo.imgver(["version", "src/docs"]).run().fails(5).contains("unknown service"));
}

#[test]
fn an_exact_entry_takes_the_place_of_a_wildcards() {
    let repo = shop();
    configure(
        &repo,
        "services:\n  src/*: { image: 'acme/all-{name}', target: runtime }\n  src/mail: { image: acme/mail }\n",
    );
    let plan = repo.imgver(["plan", "--event-name", "schedule", "--output", "json"]).run().json();
    let jobs: Vec<String> = plan["matrix"]["include"]
        .as_array()
        .unwrap()
        .iter()
        .map(|job| format!("{} {} {}", job["service"], job["image"], job["target"]).replace('"', ""))
        .collect();
    assert_eq!(jobs, ["legacy acme/legacy ", "src/cart acme/all-cart runtime", "src/mail acme/mail "]);
    configure(&repo, "services:\n  src/*: {}\n  '*/mail': {}\n");
    let error = repo.imgver(["list"]).run().fails(5).to_owned();
    assert!(error.contains("imgver.yaml:3:3") && error.contains("src/mail is configured twice"), "{error}");
    // Another service does not depend on it.
    assert_eq!(repo.imgver(["version", "src/cart"]).run().line(), "0.0.0");
}

#[test]
fn a_new_service_of_a_wildcard_is_found_before_git_tracks_it() {
    let repo = shop();
    repo.write("src/new/Dockerfile", "FROM scratch\n");
    assert_eq!(repo.imgver(["tag", "src/new", "--set-version", "1"]).run().line(), "ghcr.io/acme/new:1");
    assert_eq!(listed(&repo).len(), 5);
    repo.write(".gitignore", "src/new\n");
    repo.imgver(["tag", "src/new", "--set-version", "1"]).run().fails(5);
}

#[test]
fn the_current_directory_means_the_service_that_is_named_after_it() {
    let repo = shop();
    let here =
        |directory: &str| repo.imgver(["tag", "--set-version", "1"]).cwd(repo.path().join(directory)).run();
    assert_eq!(here("apps/web").line(), "ghcr.io/acme/web:1");
    assert_eq!(here("src/cart").line(), "ghcr.io/acme/cart:1");
    configure(
        &repo,
        "image: acme/{name}\nservices:\n  one: { directory: apps/web }\n  two: { directory: apps/web }\n  all: { directory: . }\n",
    );
    let error = here("apps/web").fails(5).to_owned();
    assert!(
        error.contains("apps/web is the directory of several services") && error.contains("one, two"),
        "{error}"
    );
    // The root is the directory of one.
    assert_eq!(here("libs/ui").line(), "acme/all:1");
    assert_eq!(here("legacy").line(), "acme/legacy:1");
}

#[test]
fn a_directory_is_a_name_for_its_service() {
    let repo = shop();
    configure(&repo, "image: acme/{name}\nservices:\n  shop: { directory: apps/web }\n");
    let tag = |service: &str, directory: &str| {
        repo.imgver(["tag", service, "--set-version", "1"]).cwd(repo.path().join(directory)).run()
    };
    assert_eq!(tag(".", "apps/web").line(), "acme/shop:1");
    assert_eq!(tag("./apps/web", "").line(), "acme/shop:1");
    assert_eq!(tag("../web", "apps/web").line(), "acme/shop:1");
    // Without a dot, it would be the name of a service.
    tag("apps/web", "").fails(5);
    configure(
        &repo,
        "image: acme/{name}\nservices:\n  a: { directory: apps/web }\n  b: { directory: apps/web }\n",
    );
    assert!(tag(".", "apps/web").fails(5).contains("a, b"));
}

#[test]
fn a_configuration_that_was_deleted_is_missed() {
    let repo = shop();
    std::fs::remove_file(repo.path().join("imgver.yaml")).unwrap();
    for args in [&["list"][..], &["extended", "legacy"], &["plan", "--event-name", "schedule"]] {
        let error = repo.imgver(args).run().fails(5).to_owned();
        assert!(error.contains("imgver.yaml was deleted") && error.contains("git restore"), "{error}");
    }
    repo.git(["rm", "-q", "--cached", "imgver.yaml"]);
    assert_eq!(listed(&repo), ["legacy acme/legacy"]);
}

#[test]
fn a_taskfile_and_an_entry_agree_about_the_main_image() {
    let repo = shop();
    let entry = |images: &str| format!("services:\n  legacy: {{ image: {images}, target: x }}\n");
    for (images, main) in [
        ("acme/legacy", "acme/legacy"),
        ("docker.io/acme/legacy", "docker.io/acme/legacy"),
        ("[acme/legacy, ghcr.io/acme/legacy]", "acme/legacy"),
        ("'acme/{name}'", "acme/legacy"),
    ] {
        configure(&repo, &entry(images));
        assert_eq!(listed(&repo), [format!("legacy {main}")], "{images}");
    }
    for images in ["acme/other", "[ghcr.io/acme/legacy, acme/legacy]"] {
        configure(&repo, &entry(images));
        for args in [&["list"][..], &["version", "legacy"], &["plan", "--event-name", "schedule"]] {
            let error = repo.imgver(args).run().fails(5).to_owned();
            assert!(
                error.contains("imgver.yaml:2:") && error.contains("legacy/Taskfile.yaml:4:3"),
                "{error}"
            );
        }
    }
    // What only Task can work out is named by the entry, as far as the two can be the same.
    repo.write("legacy/Taskfile.yaml", taskfile("'{{.REGISTRY}}/legacy'"));
    configure(&repo, &entry("registry.example/legacy"));
    assert_eq!(listed(&repo), ["legacy registry.example/legacy"]);
    configure(&repo, &entry("registry.example/legacy2"));
    repo.imgver(["list"]).run().fails(5);
}

#[test]
fn every_image_of_a_service_means_it() {
    let repo = shop();
    repo.tag("apps/web@1.0.0");
    for image in ["ghcr.io/acme/web", "registry.example/acme/web"] {
        let line = repo.imgver(["version", "--repo", image]).cwd(repo.path().join("src")).run().line();
        assert_eq!(line, format!("{image}:1.0.0"));
    }
    let error =
        repo.imgver(["version", "legacy", "--repo", "registry.example/acme/web"]).run().fails(5).to_owned();
    assert!(error.contains("apps/web") && error.contains("legacy"), "{error}");
}

#[test]
fn one_variable_takes_the_place_of_every_image() {
    let repo = shop();
    let tag = |args: &[&str], env: &[(&str, &str)]| {
        let run = repo.imgver([&["tag", "--set-version", "1"], args].concat());
        env.iter().fold(run, |run, (name, value)| run.env(name, value)).run()
    };
    let fork = ("IMGVER_IMAGE", "ghcr.io/fork/{service}");
    assert_eq!(tag(&["web"], &[fork]).line(), "ghcr.io/fork/apps-web:1");
    assert_eq!(tag(&["legacy"], &[fork]).line(), "ghcr.io/fork/legacy:1");
    // Task passes on the image of the service.
    assert_eq!(tag(&[], &[fork, ("IMAGE_REPO", "acme/legacy")]).line(), "ghcr.io/fork/legacy:1");
    // A flag is for this call.
    assert_eq!(tag(&["web", "--repo", "acme/else"], &[fork]).line(), "acme/else:1");
    assert_eq!(tag(&["--repo", "ghcr.io/fork/apps-web"], &[fork]).line(), "ghcr.io/fork/apps-web:1");
    for text in ["ghcr.io/fork/{svc}", "ghcr.io/fork/{name}:1", "{name"] {
        assert!(tag(&["web"], &[("IMGVER_IMAGE", text)]).fails(2).contains("IMGVER_IMAGE"), "{text}");
    }
}

#[test]
fn all_tag_formats_count_and_the_first_is_for_new_tags() {
    let repo = shop();
    configure(
        &repo,
        "tag-format: ['{service}@{version}', 'v{version}']\nimage: acme/{name}\nservices: {src/*: {}}\n",
    );
    repo.commit("configure");
    repo.tag("v1.2.0");
    repo.commit("more");
    let version = |service: &str| repo.imgver(["version", service]).run().line();
    assert_eq!(
        (version("src/cart"), version("src/mail"), version("legacy")),
        ("1.2.0".into(), "1.2.0".into(), "1.2.0".into())
    );
    let release = repo.imgver(["release", "src/cart", "--bump", "minor", "--any-branch", "--dry-run"]).run();
    assert!(release.text().contains("src/cart@1.3.0"), "{}", release.text());
    repo.tag("src/cart@1.3.0");
    assert_eq!((version("src/cart"), version("src/mail")), ("1.3.0".into(), "1.2.0".into()));
    let plan =
        |reference: &str| repo.imgver(["plan", "--event-name", "push", "--ref", reference]).run().text();
    assert!(plan("refs/tags/src/cart@1.3.0").contains("services=[\"src/cart\"]"));
    assert!(plan("refs/tags/v1.2.0").contains("services=[\"legacy\",\"src/cart\",\"src/mail\"]"));
    // The repository as a whole has those that name no service.
    assert_eq!(repo.imgver(["version", "--whole"]).run().line(), "1.2.0");
    // A flag takes the place of all, and a variable of the file.
    assert_eq!(repo.imgver(["version", "src/cart", "--tag-format", "v{version}"]).run().line(), "1.2.0");
    let two = ["version", "src/cart", "--tag-format", "v{version}", "--tag-format", "{service}@{version}"];
    assert_eq!(repo.imgver(two).run().line(), "1.3.0");
    let variable =
        repo.imgver(["version", "src/cart"]).env("IMGVER_TAG_FORMAT", "v{version} {name}-{version}");
    assert_eq!(variable.run().line(), "1.2.0");
}

#[test]
fn one_tag_for_all_releases_all() {
    let repo = shop();
    configure(&repo, "tag-format: v{version}\nimage: acme/{name}\nservices: {src/*: {}}\n");
    repo.commit("configure");
    repo.tag("v1.0.0");
    repo.write("src/mail/main.go", "package main\n");
    repo.commit("Send mails");
    let release = repo.imgver(["release", "src/cart", "--bump", "patch", "--any-branch", "--dry-run"]).run();
    assert!(release.text().contains("v1.0.1") && release.text().contains("Send mails"), "{}", release.text());
    assert!(release.stderr.contains("releases all 3 services"), "{}", release.stderr);
}

#[test]
fn a_version_is_released_once_in_whatever_format() {
    let repo = shop();
    configure(
        &repo,
        "tag-format: ['{service}@{version}', 'v{version}']\nimage: acme/{name}\nservices: {src/*: {}}\n",
    );
    repo.commit("configure");
    repo.git(["checkout", "-qb", "side"]);
    repo.commit("on the side");
    repo.tag("v1.1.0");
    repo.git(["checkout", "-q", "main"]);
    let release =
        |args: &[&str]| repo.imgver([&["release", "--any-branch", "--dry-run"], args].concat()).run();
    let error = release(&["src/cart", "--set", "1.1.0"]).fails(4).to_owned();
    assert!(error.contains("the tag v1.1.0 already exists"), "{error}");
    assert!(release(&["src/cart", "--set", "1.2.0"]).text().contains("src/cart@1.2.0"));
}

#[test]
fn one_tag_for_all_takes_no_service_back() {
    let repo = shop();
    configure(
        &repo,
        "tag-format: ['v{version}', '{name}-v{version}']\nimage: acme/{name}\nservices: {src/*: {}}\n",
    );
    repo.commit("configure");
    repo.tag("v1.0.0");
    repo.commit("more");
    repo.tag("mail-v2.0.0");
    repo.commit("even more");
    let release =
        |args: &[&str]| repo.imgver([&["release", "--any-branch", "--dry-run"], args].concat()).run();
    let error = release(&["src/cart", "--bump", "patch"]).fails(4).to_owned();
    assert!(error.contains("mail-v2.0.0"), "{error}");
    assert!(release(&["src/cart", "--set", "2.0.1"]).text().contains("v2.0.1"));
    let whole = release(&["--whole", "--set", "2.0.1"]);
    assert!(whole.stderr.contains("v2.0.1 releases all 3 services, too"), "{whole}");
}

#[test]
fn no_release_is_made_by_a_configuration_of_no_commit() {
    let repo = shop();
    repo.write(".dockerignore", "*\n");
    repo.commit("ignore");
    repo.tag("apps/web@1.0.0");
    let production = || repo.imgver(["tag", "web", "--environment", "production"]).run();
    assert_eq!(production().line(), "ghcr.io/acme/web:1.0.0");
    configure(&repo, "image: acme/{name}\nservices: { apps/web: { target: other } }\n");
    assert!(production().fails(4).contains("imgver.yaml has uncommitted changes"));
    assert!(
        repo.imgver(["build", "web", "--environment", "production", "--dry-run"])
            .run()
            .fails(4)
            .contains("imgver.yaml")
    );
    repo.git(["rm", "-q", "--cached", "imgver.yaml"]);
    repo.git(["commit", "-q", "-m", "no configuration"]);
    repo.tag("apps/web@1.0.1");
    assert!(production().fails(4).contains("imgver.yaml is not committed"));
}

#[test]
fn it_is_explained_which_pattern_a_file_matches() {
    let repo = shop();
    let run = repo.imgver(["changed", "--files-from", "-", "--explain"]).input("libs/ui/button.js").run();
    assert!(run.stderr.contains("libs/ui/button.js matches 'libs/ui/**'"), "{run}");
}

#[test]
fn what_a_service_watches_makes_it_changed_and_dirty() {
    let repo = shop();
    for (path, expected) in [
        ("libs/ui/button.js", "apps/web"),
        ("libs/other.js", ""),
        ("apps/web/main.js", "apps/admin apps/web"),
        ("src/cart/Dockerfile", "src/cart"),
        ("imgver.yaml", ""),
    ] {
        assert_eq!(changed(&repo, &[path]), expected, "{path}");
    }
    assert!(dirty(&repo).is_empty());
    repo.write("libs/ui/button.js", "changed\n");
    assert_eq!(dirty(&repo), ["apps/web"]);
    assert!(repo.imgver(["extended", "web"]).run().line().ends_with("-dirty"));
    assert!(!repo.imgver(["extended", "admin"]).run().line().ends_with("-dirty"));
    repo.write("apps/web/Dockerfile.admin", "FROM other\n");
    assert_eq!(dirty(&repo), ["apps/admin", "apps/web"]);
}

#[test]
fn a_dockerfile_elsewhere_and_inputs_are_watched() {
    let repo = shop();
    repo.write("docker/cart.Dockerfile", "FROM scratch\n");
    repo.write("src/mail/Dockerfile", "FROM scratch\nCOPY . /\n");
    configure(
        &repo,
        "services:\n  src/cart: { dockerfile: docker/cart.Dockerfile }\n  src/mail: { context: src, watch-inputs: true }\n",
    );
    repo.commit("configure");
    assert_eq!(changed(&repo, &["docker/cart.Dockerfile"]), "src/cart");
    assert_eq!(changed(&repo, &["docker/mail.Dockerfile"]), "");
    assert_eq!(changed(&repo, &["src/docs/readme.md"]), "src/mail");
    repo.write("docker/cart.Dockerfile", "FROM other\n");
    assert_eq!(dirty(&repo), ["src/cart"]);
    repo.write("src/docs/readme.md", "changed\n");
    assert_eq!(dirty(&repo), ["src/cart", "src/mail"]);
}

#[test]
fn filters_are_those_that_the_configuration_names() {
    let repo = shop();
    repo.write("ci/filters.yaml", "src/cart: ['src/cart/**', 'libs/**', '!**/*.md']\n");
    configure(&repo, "filters: ci/filters.yaml\nquantifier: some-with-excludes\nservices: {src/*: {}}\n");
    repo.commit("configure");
    assert_eq!(changed(&repo, &["libs/ui/button.js"]), "src/cart");
    assert_eq!(changed(&repo, &["src/cart/notes.md"]), "");
    // Uncommitted changes to what a filter names count, and those in the directory in any case.
    repo.write("libs/ui/button.js", "changed\n");
    assert_eq!(dirty(&repo), ["src/cart"]);
    let by_flag =
        repo.imgver(["changed", "--files-from", "-", "--quantifier", "some"]).input("src/mail/notes.go");
    assert_eq!(by_flag.run().text(), "src/cart\nsrc/mail");
    configure(&repo, "filters: ci/filters.yaml\nservices: {src/cart: {watch: [libs/**]}}\n");
    repo.commit("twice");
    // Whatever changed.
    repo.imgver(["extended", "src/cart"]).run().fails(5);
    let both = repo.imgver(["changed", "--files-from", "-"]).input("x").run().fails(5).to_owned();
    assert!(both.contains("imgver.yaml:2:") && both.contains("ci/filters.yaml:1:1"), "{both}");
    configure(&repo, "filters: ci/filter.yaml\n");
    let missing = repo.imgver(["changed", "--files-from", "-"]).input("x").run().fails(5).to_owned();
    assert!(missing.contains("imgver.yaml:1:10") && missing.contains("ci/filter.yaml"), "{missing}");
}

#[test]
fn a_sparse_checkout_leaves_the_configuration_in_force() {
    let repo = shop();
    repo.git(["sparse-checkout", "set", "--no-cone", "/legacy/"]);
    assert!(!repo.path().join("imgver.yaml").exists());
    assert_eq!(listed(&repo).len(), 5);
    assert_eq!(repo.imgver(["tag", "src/cart", "--set-version", "1"]).run().line(), "ghcr.io/acme/cart:1");
}

#[test]
fn a_bare_repository_has_the_configuration_of_its_head() {
    let repo = shop();
    configure(&repo, "tag-format: rel-{version}\nimage: acme/{name}\nservices: {src/*: {}}\n");
    repo.commit("configure");
    repo.tag("rel-2.0.0");
    let bare = repo.cloned("bare", &["--bare"]);
    assert_eq!(bare.imgver(["version"]).run().line(), "2.0.0");
    let error = bare.imgver(["version", "--repo", "acme/cart"]).run();
    assert_eq!(error.line(), "acme/cart:2.0.0");
}

#[test]
fn other_settings_hold_for_every_command() {
    let repo = shop();
    configure(&repo, "next: patch\nimage: acme/{name}\nservices: {src/*: {}}\n");
    repo.commit("configure");
    repo.tag("src/cart@1.0.9");
    repo.commit("more");
    assert!(repo.imgver(["extended", "src/cart"]).run().line().starts_with("1.0.10-0001-"));
    let located = repo.imgver(["locate", &repo.imgver(["tag", "src/cart"]).run().line()]).run();
    assert_eq!((located.code, &*located.stderr), (0, ""), "{located}");
    assert!(repo.imgver(["extended", "src/cart", "--next", "minor"]).run().line().starts_with("1.1.0-0001-"));
    let cart = repo.list().into_iter().find(|service| service["service"] == "src/cart").unwrap();
    assert!(cart["extended"].as_str().unwrap().starts_with("1.0.10-"), "{cart}");
    repo.git(["checkout", "-qb", "side", "HEAD~1"]);
    repo.commit("on the side");
    repo.git(["checkout", "-q", "main"]);
    repo.git(["merge", "-q", "--no-ff", "-m", "merge", "side"]);
    assert!(repo.imgver(["extended", "src/cart"]).run().line().starts_with("1.0.10-0003-"));
    configure(&repo, "first-parent: true\nimage: acme/{name}\nservices: {src/*: {}}\n");
    assert!(repo.imgver(["extended", "src/cart"]).run().line().starts_with("1.0.9-0002-"));
}

#[test]
fn a_file_in_another_spelling_is_not_left_aside() {
    let repo = shop();
    repo.git(["mv", "imgver.yaml", "imgver.yml"]);
    for args in [&["list"][..], &["version", "legacy"]] {
        let error = repo.imgver(args).run().fails(5).to_owned();
        assert!(error.contains("imgver.yml is not read") && error.contains("git mv"), "{error}");
    }
}
