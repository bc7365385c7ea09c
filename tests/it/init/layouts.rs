//! Layouts: where Dockerfiles are, what they are called, and how releases are tagged.

use super::{pairs, repo, row, services, written};

#[test]
fn directories_with_a_dockerfile_are_one_wildcard() {
    let repo = repo(&[
        ("src/ads/Dockerfile", "FROM scratch\nCOPY . /\n"),
        ("src/cart/Dockerfile", "FROM scratch\nCOPY . /\n"),
        ("src/mail/Dockerfile", "FROM scratch\nCOPY . /\n"),
        ("src/mail/tests/Dockerfile", "FROM scratch\n"),
        ("README.md", ""),
    ]);
    repo.tag("v1.0.0");
    let text = written(&repo);
    assert_eq!(
        text,
        "\
tag-format: 'v{version}'
# image: ghcr.io/acme/{name}   # a guess: write what your images are called
services:
  'src/*': {}

  # Perhaps no services:
  # src/mail/tests: {}   # it is below tests/
"
    );
    assert_eq!(services(&repo), pairs(&[("src/ads", "-"), ("src/cart", "-"), ("src/mail", "-")]));
}

#[test]
fn a_service_is_not_called_after_the_directory_of_its_sources() {
    let repo = repo(&[
        ("src/ad/Dockerfile", "FROM scratch\n"),
        ("src/cart/src/Dockerfile", "FROM scratch\nCOPY main.cs ./\n"),
        ("src/cart/src/Dockerfile.debug", "FROM scratch\nCOPY main.cs ./\n"),
        ("src/cart/src/main.cs", ""),
        ("src/cart/tests/main.cs", ""),
    ]);
    let text = written(&repo);
    assert_eq!(
        text,
        "\
# image: ghcr.io/acme/{name}   # a guess: write what your images are called
services:
  src/ad: {}
  src/cart:
    context: src/cart/src
    dockerfile: src/cart/src/Dockerfile

  # Perhaps no services:
  # src/cart-debug:   # its name says that it is for development
  #   directory: src/cart/src
  #   dockerfile: src/cart/src/Dockerfile.debug
"
    );
    repo.write("imgver.yaml", text.replace("# image:", "image:"));
    assert_eq!(services(&repo), pairs(&[("src/ad", "ghcr.io/acme/ad"), ("src/cart", "ghcr.io/acme/cart")]));
}

#[test]
fn a_wildcard_selects_no_other_directory() {
    let repo = repo(&[
        ("src/a/Dockerfile", "FROM scratch\n"),
        ("src/b/Dockerfile", "FROM scratch\n"),
        ("src/c/Dockerfile", "FROM scratch\n"),
        ("src/tests/Dockerfile", "FROM scratch\n"),
    ]);
    let text = written(&repo);
    assert!(text.contains("  src/a: {}\n  src/b: {}\n  src/c: {}\n") && !text.contains('*'), "{text}");
}

#[test]
fn what_is_copied_says_what_the_context_is() {
    let repo = repo(&[
        ("apps/web/Dockerfile", "FROM scratch\nCOPY package.json apps/web/ ./\n"),
        ("apps/web/main.js", ""),
        ("apps/jobs/Dockerfile", "FROM scratch\nCOPY main.py ./\n"),
        ("apps/jobs/main.py", ""),
        ("package.json", "{}"),
        (".dockerignore", "*\n"),
    ]);
    let text = written(&repo);
    assert_eq!(
        text,
        "\
# image: ghcr.io/acme/{name}   # a guess: write what your images are called
services:
  apps/jobs: {}
  apps/web:
    context: .
    # watch-inputs: true   # its build can read the whole repository, but it watches apps/web only
"
    );
}

#[test]
fn one_directory_may_have_several_dockerfiles() {
    let repo = repo(&[
        ("apps/web/Dockerfile", "FROM scratch\n"),
        ("apps/web/Dockerfile.admin", "FROM scratch\n"),
        ("docker/api.Dockerfile", "FROM scratch\n"),
        ("docker/Dockerfile.jobs", "FROM scratch\n"),
        ("Containerfile", "FROM scratch\n"),
        ("apps/web/Dockerfile.dockerignore", "*\n"),
        ("docs/Dockerfile.md", "# Dockerfiles\n"),
    ]);
    let text = written(&repo);
    assert_eq!(
        text,
        "\
# image: ghcr.io/acme/{name}   # a guess: write what your images are called
services:
  apps/web: {}
  apps/web-admin:
    directory: apps/web
    dockerfile: apps/web/Dockerfile.admin
  docker/api:
    directory: docker
    dockerfile: docker/api.Dockerfile
  docker/jobs:
    directory: docker
    dockerfile: docker/Dockerfile.jobs
  shop:
    directory: .
    dockerfile: Containerfile
"
    );
}

#[test]
fn development_is_left_to_people() {
    let repo = repo(&[
        ("api/Dockerfile", "FROM scratch\n"),
        ("api/Dockerfile.dev", "FROM scratch\n"),
        (".devcontainer/Dockerfile", "FROM scratch\n"),
    ]);
    let text = written(&repo);
    assert!(text.contains("\n  api: {}\n\n  # Perhaps no services:\n"), "{text}");
    assert!(text.contains("  # api-dev:   # its name says that it is for development\n"), "{text}");
    assert!(text.contains("  # .devcontainer: {}   # it is below .devcontainer/\n"), "{text}");
    assert_eq!(services(&repo), pairs(&[("api", "-")]));
}

#[test]
fn the_spelling_of_tags_is_found() {
    for (tags, expected) in [
        (&["v1.0.0", "v1.1.0"][..], Some("tag-format: 'v{version}'\n")),
        (&["api-v1.0.0", "web-v2.0.0", "api-v1.1.0"], Some("tag-format: '{name}-v{version}'\n")),
        (&["apps/api/v1.0.0"], Some("tag-format: '{service}/v{version}'\n")),
        (&["v3.0.0", "2026.1.0", "2026.2.0"], Some("tag-format: ['{version}', 'v{version}']\n")),
        (&["apps/api@1.0.0"], None),
        (&["stable-12"], None),
        (&[], None),
    ] {
        let repo =
            repo(&[("apps/api/Dockerfile", "FROM scratch\n"), ("apps/web/Dockerfile", "FROM scratch\n")]);
        tags.iter().for_each(|tag| repo.tag(tag));
        let text = written(&repo);
        let found = text.lines().find(|line| line.starts_with("tag-format")).map(|line| format!("{line}\n"));
        assert_eq!(found.as_deref(), expected, "{tags:?}");
    }
}

#[test]
fn tags_that_no_format_reads_are_said() {
    let repo = repo(&[("api/Dockerfile", "FROM scratch\n")]);
    repo.tag("stable-12");
    let output = repo.imgver(["init", "--dry-run"]).run();
    let row = row(&output, "1 tag in another form than versions, such as stable-12");
    assert!(row.contains("no tag format reads them") && row.ends_with("unsure"), "{row}");
}

#[test]
fn taskfiles_keep_what_they_say() {
    let repo = repo(&[
        ("api/Dockerfile", "FROM scratch\n"),
        ("api/Taskfile.yaml", "version: '3'\nvars:\n  IMAGE_REPO: ghcr.io/acme/api\n"),
        ("web/Dockerfile.web", "FROM scratch\n"),
        ("web/Taskfile.yaml", "version: '3'\nvars:\n  IMAGE_REPO: ghcr.io/acme/web\n"),
        ("compose.yaml", "services:\n  api: {build: api, image: docker.io/acme/api}\n"),
    ]);
    let text = written(&repo);
    assert_eq!(
        text,
        "\
services:
  api:
    # image: docker.io/acme/api   # says compose.yaml:2; its Taskfile says ghcr.io/acme/api

  # Perhaps no services:
  # web:   # no compose file and no workflow builds it
  #   dockerfile: web/Dockerfile.web
"
    );
    assert_eq!(services(&repo), pairs(&[("api", "ghcr.io/acme/api"), ("web", "ghcr.io/acme/web")]));
}

#[test]
fn tags_that_would_go_backwards_together_are_not_both_taken() {
    for same_second in [false, true] {
        let repo =
            repo(&[("apps/api/Dockerfile", "FROM scratch\n"), ("apps/web/Dockerfile", "FROM scratch\n")]);
        for tag in ["v1.0.0", "v1.1.0", "api-v0.1.0"] {
            if same_second {
                repo.git(["commit", "-q", "--allow-empty", "-m", tag]);
            } else {
                repo.commit(tag);
            }
            repo.tag(tag);
        }
        let text = written(&repo);
        let expected = "tag-format: 'v{version}'\n# tag-format: '{name}-v{version}'   # api-v0.1.0 is lower than v1.1.0 before it\n";
        assert!(text.starts_with(expected), "{text}");
    }
}

#[test]
fn a_format_by_short_name_is_a_comment_where_two_services_have_the_same() {
    let repo = repo(&[
        ("apps/api/Dockerfile", "FROM scratch\n"),
        ("apps/web/Dockerfile", "FROM scratch\n"),
        ("libs/api/Dockerfile", "FROM scratch\n"),
    ]);
    repo.tag("web-v1.0.0");
    let text = written(&repo);
    assert!(
        text.contains("# tag-format: '{name}-v{version}'   # apps/api and libs/api would have the same tags"),
        "{text}"
    );
    assert_eq!(services(&repo).len(), 3);
}

#[test]
fn pre_releases_are_proposed_where_there_are_any() {
    let repo = repo(&[("api/Dockerfile", "FROM scratch\n"), ("web/Dockerfile", "FROM scratch\n")]);
    for tag in ["api@0.9.0", "api@1.0.0-rc.1", "web@1.0.0-beta.2", "api@1.0.0-rc", "other@1.0.0-x.1"] {
        repo.tag(tag);
    }
    let text = written(&repo);
    assert!(text.starts_with("prereleases: [beta, rc]\n"), "{text}");
    repo.commit("set up");
    let run = repo.imgver(["init", "--workflow"]).run();
    assert_eq!(run.code, 0, "{run}");
    let workflow = std::fs::read_to_string(repo.path().join(".github/workflows/build-push.yaml")).unwrap();
    for glob in ["'*@[0-9]+.[0-9]+.[0-9]+-rc.[0-9]+'", "'*@[0-9]+.[0-9]+.[0-9]+-beta.[0-9]+'"] {
        assert!(workflow.contains(glob), "{workflow}");
    }
}

#[test]
fn tags_that_are_named_are_there() {
    let repo = repo(&[("api/Dockerfile", "FROM scratch\n"), ("web/Dockerfile", "FROM scratch\n")]);
    for tag in ["v1.0.0-rc.2", "v1.0.0-rc.10", "v0.9.0-null.1"] {
        repo.tag(tag);
    }
    let found = repo.imgver(["init", "--dry-run"]).run().text();
    assert!(found.contains("v1.0.0-rc.10 and 2 other tags fit v{version}"), "{found}");
    assert!(found.contains("prereleases: ['null'], built for"), "{found}");
    assert!(written(&repo).contains("prereleases: ['null', rc]\n"));
}
