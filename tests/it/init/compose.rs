//! Compose files and bake files.

use super::{pairs, repo, row, services, written};

#[test]
fn contexts_are_relative_to_the_compose_file() {
    let repo = repo(&[
        ("apps/api/Dockerfile", "FROM scratch\nARG MODE\n"),
        ("apps/web/Dockerfile.web", "FROM scratch\n"),
        (".dockerignore", "*\n"),
        (
            "deploy/compose.yaml",
            "\
x-build: &build
  context: ..
services:
  api:
    image: ghcr.io/acme/api:${TAG:-latest}
    build: {context: ../apps/api, args: {MODE: fast, TOKEN: x, OPEN: '${OPEN}'}}
  web:
    image: ${REGISTRY}/web:$TAG
    build:
      <<: *build
      dockerfile: apps/web/Dockerfile.web
      target: run
      platforms: [linux/amd64, linux/arm64]
  db:
    image: postgres:16
",
        ),
        ("deploy/.env", "# names\nREGISTRY=\"ghcr.io/acme\" # ours\nOTHER=x\n"),
    ]);
    let text = written(&repo);
    assert_eq!(
        text,
        "\
image: 'ghcr.io/acme/{name}'
services:
  apps/api:
    build-args:
      MODE: fast
  apps/web:
    context: .
    dockerfile: apps/web/Dockerfile.web
    target: run
    platforms: [linux/amd64, linux/arm64]
    # watch-inputs: true   # its build can read the whole repository, but it watches apps/web only
"
    );
    assert_eq!(services(&repo), pairs(&[("apps/api", "ghcr.io/acme/api"), ("apps/web", "ghcr.io/acme/web")]));
}

#[test]
fn several_files_are_about_the_same_services() {
    let repo = repo(&[
        ("api/Dockerfile", "FROM scratch AS dev\nFROM scratch AS prod\n"),
        ("base/Dockerfile", "FROM scratch\n"),
        ("docker-compose.yml", "services:\n  api: {image: acme/api, build: {context: api, target: prod}}\n"),
        ("docker-compose.override.yml", "services:\n  api: {build: {target: dev}}\n"),
        ("docker-compose.base.yml", "services:\n  base: {build: base}\n"),
        (
            "docker-compose.more.yml",
            "services:\n  more: {extends: {file: docker-compose.base.yml, service: base}, image: acme/base}\n",
        ),
    ]);
    let text = written(&repo);
    assert_eq!(text, "image: 'acme/{name}'\nservices:\n  api:\n    target: prod\n  base: {}\n");
    let output = repo.imgver(["init", "--dry-run"]).run();
    let row = row(&output, "api/Dockerfile is built up to its stage dev");
    assert!(row.contains("docker-compose.override.yml:2") && row.ends_with("likely"), "{row}");
}

#[test]
fn one_dockerfile_is_as_many_services_as_it_has_released_stages() {
    let repo = repo(&[
        ("prod.Dockerfile", "FROM scratch AS api\nFROM scratch AS web\n"),
        (".dockerignore", "*\n"),
        (
            "compose.yml",
            "\
services:
  api: {image: acme/shop-api, build: {context: ., dockerfile: prod.Dockerfile, target: api}}
  worker: {build: {context: ., dockerfile: prod.Dockerfile, target: api}}
  web: {image: acme/shop-web, build: {context: ., dockerfile: prod.Dockerfile, target: web}}
",
        ),
    ]);
    let text = written(&repo);
    assert!(text.starts_with("image: 'acme/shop-{name}'\n"), "{text}");
    assert_eq!(services(&repo), pairs(&[("api", "acme/shop-api"), ("web", "acme/shop-web")]));
    assert!(
        text.contains("  api:\n    directory: .\n    dockerfile: prod.Dockerfile\n    target: api\n"),
        "{text}"
    );
}

#[test]
fn what_only_a_run_knows_is_a_comment() {
    let repo = repo(&[
        ("api/Dockerfile", "FROM scratch\n"),
        ("web/Dockerfile", "FROM scratch\n"),
        (
            "compose.yml",
            "\
services:
  api: {image: '${REGISTRY}/api', build: api}
  web: {image: acme/web, build: web}
  jobs: {build: '${JOBS}'}
  gone: {build: gone}
  far: {build: https://example.com/far.git}
  inline: {build: {dockerfile_inline: FROM scratch}}
",
        ),
    ]);
    let text = written(&repo);
    assert_eq!(
        text,
        "services:\n  api:\n    # image: ${REGISTRY}/api   # guessed from compose.yml:2\n  web:\n    image: acme/web\n"
    );
    let output = repo.imgver(["init", "--dry-run"]).run();
    for (what, line) in [
        ("the service jobs is built of the context ${JOBS}", 4),
        ("gone/Dockerfile, which git does not track", 5),
        ("https://example.com/far.git, which is not in this repository", 6),
        ("a Dockerfile within the compose file", 7),
    ] {
        let row = row(&output, what);
        assert!(row.contains(&format!("compose.yml:{line} ")) && row.ends_with("unsure"), "{row}");
    }
}

#[test]
fn an_image_of_several_services_is_nobodys() {
    let repo = repo(&[
        ("api/Dockerfile", "FROM scratch\n"),
        ("web/Dockerfile", "FROM scratch\n"),
        (
            "compose.yml",
            "services:\n  api: {image: 'acme/shop:api', build: api}\n  web: {image: 'acme/shop:web', build: web}\n",
        ),
    ]);
    let text = written(&repo);
    assert!(
        text.contains("# image: acme/shop   # compose.yml:2 names it for 2 services: each needs its own"),
        "{text}"
    );
    assert_eq!(services(&repo), pairs(&[("api", "-"), ("web", "-")]));
}

#[test]
fn an_image_of_many_services_is_said_once() {
    let service = |name: &str| format!("  {name}: {{image: 'acme/shop:{name}', build: {name}}}\n");
    let compose = format!("services:\n{}{}{}", service("api"), service("jobs"), service("web"));
    let repo = repo(&[
        ("api/Dockerfile", "FROM scratch\n"),
        ("jobs/Dockerfile", "FROM scratch\n"),
        ("web/Dockerfile", "FROM scratch\n"),
        ("compose.yml", &compose),
    ]);
    let text = written(&repo);
    assert_eq!(
        text,
        "\
# image: acme/shop-{name}   # a guess: compose.yml:2 names acme/shop for 3 services, and each needs its own
services:
  api: {}
  jobs: {}
  web: {}
"
    );
    repo.write("imgver.yaml", text.replace("# image:", "image:"));
    assert_eq!(
        services(&repo),
        pairs(&[("api", "acme/shop-api"), ("jobs", "acme/shop-jobs"), ("web", "acme/shop-web")])
    );
}

#[test]
fn a_broken_file_does_not_stop_the_others() {
    let repo = repo(&[
        ("api/Dockerfile", "FROM scratch\n"),
        ("compose.yml", "services:\n  api: {image: acme/api, build: api}\n"),
        ("other/compose.yml", "services: [\n"),
        ("latin/compose.yml", "services: {}\n"),
        (".github/workflows/x.yml", "on: {\n"),
        ("docker-bake.json", "{\"target\": "),
    ]);
    std::fs::write(repo.path().join("latin/compose.yml"), b"services: {\xe9: 1}\n").unwrap();
    let output = repo.imgver(["init"]).run();
    assert_eq!(output.code, 0, "{output}");
    for file in ["other/compose.yml:", "latin/compose.yml ", ".github/workflows/x.yml:", "docker-bake.json:"]
    {
        let row = row(&output, file);
        assert!(row.starts_with("cannot be read: "), "{row}");
    }
    assert_eq!(services(&repo), pairs(&[("api", "acme/api")]));
}

#[test]
fn plain_bake_files_are_read() {
    let repo = repo(&[
        ("core/api/Dockerfile", "FROM scratch\nARG MODE\n"),
        ("core/web/Dockerfile", "FROM scratch AS run\n"),
        ("jobs/Dockerfile", "FROM scratch\n"),
        (
            "ci/docker-bake.hcl",
            "\
variable \"REGISTRY\" { default = \"ghcr.io/acme\" }
group \"default\" { targets = [\"api\", \"web\"] }
target \"_common\" {
  platforms = [\"linux/amd64\"]
}
target \"api\" {
  inherits = [\"_common\"]
  context = \"core/api/\"
  args = { MODE = \"fast\" }
  tags = [\"${REGISTRY}/api:${TAG}\"] # newest
}
target \"web\" {
  context = \"core/web/\"
  target = \"run\"
  tags = tag(\"web\")
}
",
        ),
        (
            "docker-bake.json",
            "{\"target\": {\"jobs\": {\"context\": \"jobs\", \"tags\": [\"acme/jobs:1\"]}}}\n",
        ),
    ]);
    let text = written(&repo);
    assert_eq!(
        text,
        "\
services:
  core/api:
    image: ghcr.io/acme/api
    platforms: [linux/amd64]
    build-args:
      MODE: fast
  core/web:
    target: run
    # image: tag(\"web\")   # guessed from ci/docker-bake.hcl:12
  jobs:
    image: acme/jobs
"
    );
}

#[test]
fn files_that_contradict_each_other_name_no_image() {
    let api = "services:\n  api: {image: acme/api, build: api}\n  web: {image: acme/web, build: web}\n";
    let other = "services:\n  api: {image: 'other/shop-api:1', build: ../api}\n  web: {image: acme/web-dev, build: ../web}\n";
    let bake = "target \"api\" {\n  context = \"api\"\n  tags = [\"other/shop-api:1\"]\n}\n";
    for (file, text, line) in [("api/compose.yml", other, 2), ("docker-bake.hcl", bake, 1)] {
        let repo = repo(&[
            ("api/Dockerfile", "FROM scratch\n"),
            ("web/Dockerfile", "FROM scratch\n"),
            ("compose.yml", api),
            (file, text),
        ]);
        let text = written(&repo);
        assert!(text.contains("    # image: acme/api   # says compose.yml:2\n"), "{text}");
        let place = format!("    # image: other/shop-api   # says {file}:{line}\n");
        assert!(text.contains(&place), "{text}");
        let output = repo.imgver(["init", "--dry-run"]).run();
        let row = row(&output, "builds api/Dockerfile");
        assert!(
            row.contains("api, image left to you: files contradict each other") && row.ends_with("unsure"),
            "{row}"
        );
        // In one namespace, the file that is nearer to the root counts; what another one calls it is a comment.
        assert_eq!(services(&repo), pairs(&[("api", "-"), ("web", "acme/web")]));
    }
    // Docker Hub's images have two spellings.
    let same = "services:\n  api: {image: docker.io/acme/api, build: ../api}\n";
    let repo = repo(&[
        ("api/Dockerfile", "FROM scratch\n"),
        ("compose.yml", "services:\n  api: {image: acme/api, build: api}\n"),
        ("deploy/compose.yml", same),
    ]);
    written(&repo);
    assert_eq!(services(&repo), pairs(&[("api", "acme/api")]));
}

#[test]
fn images_of_registries_for_tests_are_comments() {
    for host in ["localhost:5000", "127.0.0.1:5000", "10.1.2.3"] {
        let compose = format!(
            "services:\n  api: {{image: '{host}/acme/api:1', build: api}}\n  web: {{image: ghcr.io/acme/web, build: web}}\n"
        );
        let repo = repo(&[
            ("api/Dockerfile", "FROM scratch\n"),
            ("web/Dockerfile", "FROM scratch\n"),
            ("compose.yml", &compose),
        ]);
        let text = written(&repo);
        assert!(
            text.contains(&format!("# image: {host}/acme/api   # guessed from compose.yml:2\n")),
            "{text}"
        );
        assert_eq!(services(&repo), pairs(&[("api", "-"), ("web", "ghcr.io/acme/web")]));
        // One that a person has configured needs no account either.
        repo.write("imgver.yaml", text.replace("# image:", "image:"));
        assert_eq!(repo.imgver(["init", "--workflow"]).run().code, 0);
        let workflow =
            std::fs::read_to_string(repo.path().join(".github/workflows/build-push.yaml")).unwrap();
        // Of the one other registry, in each of the two jobs that ask it.
        assert_eq!(workflow.matches("docker/login-action@").count(), 2, "{workflow}");
    }
}

#[test]
fn a_file_and_its_override_are_one() {
    let image = "services:\n  api: {image: 'ghcr.io/acme/api:1'}\n";
    let build = "services:\n  api: {build: ./api}\n";
    for (first, second) in [
        ("compose.yaml", "compose.override.yaml"),
        ("compose.override.yml", "compose.yaml"),
        ("docker-compose.yml", "docker-compose.override.yml"),
        ("docker-compose.prod.yml", "docker-compose.yml"),
    ] {
        // What another file of the directory says does not count beside the pair.
        let other = if first.contains("prod") { "x.yml" } else { "compose.other.yml" };
        let repo = repo(&[
            ("api/Dockerfile", "FROM scratch\n"),
            (first, image),
            (second, build),
            (other, "services:\n  api: {image: other/api}\n"),
        ]);
        assert_eq!(written(&repo), "services:\n  api:\n    image: ghcr.io/acme/api\n", "{first}");
        assert_eq!(services(&repo), pairs(&[("api", "ghcr.io/acme/api")]));
    }
    let repo = repo(&[
        ("api/Dockerfile", "FROM scratch\n"),
        ("compose.yaml", build),
        ("compose.prod.yaml", image),
        ("compose.test.yaml", "services:\n  api: {image: other/api}\n"),
    ]);
    let text = written(&repo);
    assert!(text.contains("# image: other/api   # says compose.test.yaml:2\n"), "{text}");
    assert_eq!(services(&repo), pairs(&[("api", "-")]));
}

#[test]
fn files_are_extended_whatever_their_names() {
    let repo = repo(&[
        ("svc/api/Dockerfile", "FROM scratch\nFROM scratch AS run\n"),
        ("svc/web/Dockerfile", "FROM scratch\n"),
        (
            "compose.yml",
            "services:\n  api: {extends: {file: deploy/common.yml, service: base}, image: acme/api}\n  web: {extends: {file: gone.yml, service: web}, build: svc/web, image: acme/web}\n",
        ),
        (
            "deploy/common.yml",
            "services:\n  base: {extends: {file: ../more.yaml, service: more}}\n  alone: {build: ../svc/web, image: other/x}\n",
        ),
        ("more.yaml", "services:\n  more: {build: {context: svc/api, target: run}}\n"),
    ]);
    assert_eq!(
        written(&repo),
        "image: 'acme/{name}'\nservices:\n  svc/api:\n    target: run\n  svc/web: {}\n"
    );
    let row = row(&repo.imgver(["init", "--dry-run"]).run(), "builds svc/api/Dockerfile").to_owned();
    assert!(row.contains("compose.yml:2 ") && row.ends_with("sure"), "{row}");
}
