//! Workflows: steps that build, whatever matrices, inputs and variables it takes to see that.

use super::{pairs, repo, services, written};

/// Two services with Dockerfiles, and these files.
fn shop(files: &[(&str, &str)]) -> crate::support::Repo {
    let mut all = vec![
        ("src/api/Dockerfile", "FROM scratch\n"),
        ("src/web/Dockerfile", "FROM scratch\n"),
        (".dockerignore", "*\n"),
    ];
    all.extend(files);
    repo(&all)
}

/// A workflow whose only job has this in it, four spaces in.
fn workflow(job: &str) -> String {
    format!("on: push\njobs:\n  build:\n    runs-on: ubuntu-latest\n{job}")
}

const BUILD: &str = ".github/workflows/build.yml";

#[test]
fn matrices_are_expanded() {
    let text = workflow(
        "    strategy:
      matrix:
        include:
          - {service: api, platform: linux/amd64}
          - {service: api, platform: linux/arm64}
          - {service: web, platform: linux/amd64}
    steps:
      - uses: docker/build-push-action@v6
        with:
          context: src/${{ matrix.service }}
          platforms: ${{ matrix.platform }}
          push: true
          tags: ghcr.io/${{ github.repository_owner }}/${{ matrix.service }}:${{ github.sha }}
",
    );
    let repo = shop(&[(BUILD, &text)]);
    assert_eq!(
        written(&repo),
        "\
image: 'ghcr.io/acme/{name}'
services:
  src/api:
    platforms: [linux/amd64, linux/arm64]
  src/web:
    platforms: [linux/amd64]
"
    );
}

#[test]
fn the_metadata_action_names_images_for_registries() {
    let text = format!(
        "env:\n  REGISTRY: ghcr.io\n{}",
        workflow(
            "    strategy:
      matrix:
        image: [{name: api, file: src/api/Dockerfile}, {name: web, file: ./src/web/Dockerfile}]
    steps:
      - id: meta
        uses: docker/metadata-action@v5
        with:
          images: |
            ${{ env.REGISTRY }}/Acme/${{ matrix.image.name }}
            name=docker.io/acme/${{ matrix.image.name }},enable=true
      - uses: docker/build-push-action@v6
        with:
          file: ${{ matrix.image.file }}
          push: true
          tags: ${{ steps.meta.outputs.tags }}
",
        )
    );
    let repo = shop(&[(BUILD, &text)]);
    let text = written(&repo);
    assert!(
        text.contains("  src/api:\n    image: [ghcr.io/acme/api, docker.io/acme/api]\n    context: .\n"),
        "{text}"
    );
    assert_eq!(services(&repo), pairs(&[("src/api", "ghcr.io/acme/api"), ("src/web", "ghcr.io/acme/web")]));
}

#[test]
fn workflows_and_actions_of_the_repository_are_followed() {
    let called = "\
on:
  workflow_call:
    inputs:
      name: {required: true, type: string}
      registry: {type: string, default: ghcr.io/acme}
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: ./.github/actions/build
        with: {directory: 'src/${{ inputs.name }}', image: '${{ inputs.registry }}/${{ inputs.name }}'}
";
    let action = "\
inputs:
  directory: {required: true}
  image: {required: true}
runs:
  using: composite
  steps:
    - uses: docker/build-push-action@v6
      with: {context: '${{ inputs.directory }}', push: true, tags: '${{ inputs.image }}:latest'}
";
    let caller = "on: push\njobs:\n  api: {uses: ./.github/workflows/called.yml, with: {name: api}}\n  web: {uses: ./.github/workflows/called.yml, with: {name: web, registry: docker.io/acme}}\n";
    let repo = shop(&[
        (".github/workflows/called.yml", called),
        (".github/workflows/caller.yml", caller),
        (".github/actions/build/action.yml", action),
    ]);
    written(&repo);
    assert_eq!(services(&repo), pairs(&[("src/api", "ghcr.io/acme/api"), ("src/web", "docker.io/acme/web")]));
}

#[test]
fn actions_of_others_are_understood_by_their_inputs() {
    let text = workflow(
        "    steps:
      - uses: somebody/build@v1
        with: {build-context: src/api, docker-image-owner: acme, docker-image-name: shop-api}
      - uses: somebody/deploy@v1
        with: {context: production, file: values.yaml}
",
    ) + "  web:
    uses: somebody/workflows/.github/workflows/build.yml@v1
    with:
      dockerfile: src/web/Dockerfile
      image-names: |
        ghcr.io/acme/shop-web
        acme/web
";
    let repo = shop(&[(BUILD, &text)]);
    let text = written(&repo);
    assert!(text.contains("image: [ghcr.io/acme/shop-web, acme/web]\n    context: .\n"), "{text}");
    assert_eq!(services(&repo), pairs(&[("src/api", "acme/shop-api"), ("src/web", "ghcr.io/acme/shop-web")]));
}

#[test]
fn scripts_hand_on_names_and_build() {
    let text = workflow(
        "    env: {OWNER: Acme}
    steps:
      - id: names
        run: |
          IMAGE=ghcr.io/$OWNER/api
          IMAGE=$(echo $IMAGE | tr '[A-Z]' '[a-z]')
          echo \"image=$IMAGE\" >> \"$GITHUB_OUTPUT\"
      - uses: docker/build-push-action@v6
        with: {context: src/api, push: true, tags: '${{ steps.names.outputs.image }}:1'}
      - working-directory: src
        run: |
          docker buildx build --push \\
            --tag ghcr.io/acme/web:${{ github.sha }} \\
            --build-arg VERSION=1 web
",
    );
    let repo = shop(&[(BUILD, &text)]);
    assert_eq!(written(&repo), "image: 'ghcr.io/acme/{name}'\nservices:\n  src/api: {}\n  src/web: {}\n");
    assert_eq!(services(&repo), pairs(&[("src/api", "ghcr.io/acme/api"), ("src/web", "ghcr.io/acme/web")]));
}

#[test]
fn a_matrix_that_only_a_run_knows_is_found_by_the_dockerfiles() {
    let text = workflow(
        "    strategy:
      matrix:
        path: ${{ fromJSON(needs.plan.outputs.paths) }}
    steps:
      - uses: docker/build-push-action@v6
        with:
          file: ./src/${{ matrix.path }}/Dockerfile
          push: true
          tags: ghcr.io/acme/${{ matrix.path }}:1
",
    );
    let repo = shop(&[(BUILD, &text)]);
    written(&repo);
    assert_eq!(services(&repo), pairs(&[("src/api", "ghcr.io/acme/api"), ("src/web", "ghcr.io/acme/web")]));
}

#[test]
fn what_is_pushed_comes_before_what_is_tested() {
    let text = workflow(
        "    steps:
      - uses: docker/build-push-action@v6
        with: {context: src/api, load: true, tags: 'acme/api-scan:1'}
      - uses: docker/build-push-action@v6
        with: {context: src/api, push: true, tags: 'acme/api:1'}
      - uses: docker/build-push-action@v6
        with: {context: src/api, push: true, tags: 'ghcr.io/acme/api:1'}
",
    );
    let compose = "services:\n  api: {image: acme/other, build: src/api}\n  web: {build: src/web}\n";
    let repo = shop(&[(BUILD, &text), ("compose.yml", compose)]);
    let text = written(&repo);
    assert!(text.contains("  src/api:\n    image: [acme/api, ghcr.io/acme/api]\n"), "{text}");
    assert!(text.contains("    # image: acme/other   # says compose.yml:2\n"), "{text}");
    assert!(text.contains("  src/web:\n    # image: …   # nothing names it\n"), "{text}");
}

#[test]
fn a_stage_that_only_compose_builds_is_no_service_beside_one_that_is_pushed() {
    let text = workflow(
        "    steps:
      - uses: docker/build-push-action@v6
        with: {context: src/api, push: true, target: run, tags: 'acme/api:1'}
",
    );
    let compose = "services:\n  api: {image: api, build: {context: src/api, target: builder}}\n  last: {build: src/api}\n";
    let repo = shop(&[(BUILD, &text), ("compose.yml", compose)]);
    let text = written(&repo);
    assert!(text.contains("  src/api:\n    image: acme/api\n    target: run\n\n"), "{text}");
    let output = repo.imgver(["init", "--dry-run"]).run();
    for what in
        ["up to its stage builder, while another is pushed", "up to its last stage, while another is pushed"]
    {
        assert!(super::row(&output, what).ends_with("likely"), "{output}");
    }
}

#[test]
fn one_dockerfile_can_make_an_image_for_each_value_of_an_argument() {
    let step = |name: &str| {
        format!(
            "      - uses: docker/build-push-action@v6
        with: {{context: server, push: true, build-args: 'PART={name}', tags: 'acme/{name}:1'}}
"
        )
    };
    let text = workflow(&format!("    steps:\n{}{}", step("api"), step("jobs")));
    let repo = repo(&[("server/Dockerfile", "FROM scratch\nARG PART\n"), (BUILD, &text)]);
    let text = written(&repo);
    assert!(
        text.contains(
            "  server-jobs:\n    image: acme/jobs\n    directory: server\n    build-args:\n      PART: jobs\n"
        ),
        "{text}"
    );
}

#[test]
fn a_checkout_below_a_directory_is_this_repository() {
    let text = workflow(
        "    steps:
      - uses: actions/checkout@v4
        with: {path: shop}
      - uses: docker/build-push-action@v6
        with: {context: shop, file: shop/src/api/Dockerfile, push: true, tags: 'acme/api:1'}
",
    );
    let repo = shop(&[(BUILD, &text)]);
    let text = written(&repo);
    assert!(text.contains("  src/api:\n    image: acme/api\n    context: .\n"), "{text}");
}

#[test]
fn filters_about_services_are_kept() {
    let step =
        "    steps:\n      - uses: dorny/paths-filter@v3\n        with: {filters: .github/filters.yml}\n";
    let repo = shop(&[(BUILD, &workflow(step)), (".github/filters.yml", "api: [src/api/**]\n")]);
    let text = written(&repo);
    assert!(text.contains("\nfilters: .github/filters.yml\n"), "{text}");
}

#[test]
fn the_quantifier_of_the_filters_is_kept() {
    let step = |quantifier: &str| {
        format!(
            "      - uses: dorny/paths-filter@v3\n        with: {{filters: .github/filters.yml{quantifier}}}\n"
        )
    };
    let every = ", predicate-quantifier: every";
    let excludes = ", predicate-quantifier: 'some-with-excludes'";
    for (quantifiers, expected) in [
        (&[every][..], Some("quantifier: every")),
        (&[excludes, excludes], Some("quantifier: some-with-excludes")),
        (&[", predicate-quantifier: some", ""], None),
        (&[every, ""], None),
        (&[every, excludes], None),
        (&[", predicate-quantifier: '${{ inputs.x }}'"], None),
    ] {
        let steps: String = quantifiers.iter().map(|it| step(it)).collect();
        let text = workflow(&format!("    steps:\n{steps}"));
        let filters = (".github/filters.yml", "api: [src/api/**]\n");
        let repo = shop(&[(BUILD, &text), filters]);
        let text = written(&repo);
        let found = text.lines().find(|line| line.starts_with("quantifier"));
        assert_eq!(found, expected, "{text}");
        let output = repo.imgver(["init", "--dry-run"]).run();
        let is_open = output.stdout.contains("nothing: say which one counts, as quantifier");
        assert_eq!(
            is_open,
            expected.is_none() && quantifiers.contains(&every) || quantifiers[0].contains("inputs"),
            "{output}"
        );
    }
}

#[test]
fn what_only_a_run_knows_is_shown_without_marks() {
    let text = workflow(
        "    steps:\n      - run: docker build -t acme/api:${{ github.sha }} ${{ secrets.X }}/api\n      - run: docker build -t ${{ secrets.X }}/api:1 src/api\n",
    );
    let repo = shop(&[(BUILD, &text)]);
    let output = repo.imgver(["init"]).run();
    assert_eq!(output.code, 0, "{output}");
    let written = std::fs::read_to_string(repo.path().join("imgver.yaml")).unwrap();
    for text in [&output.stdout, &written] {
        assert!(!text.contains("\\u{") && !text.contains(|c: char| c.is_control() && c != '\n'), "{text}");
    }
    assert!(output.stdout.contains("an image is built of the context …/api"), "{output}");
    assert!(written.contains("# image: …/api:1   # guessed from "), "{written}");
}

#[test]
fn builds_in_scripts_are_found_where_they_are() {
    let text = workflow(
        "    steps:
      - run: |
          # docker build comes first
          docker build -t ghcr.io/acme/api:$(git rev-parse HEAD) src/api
          echo built
          docker build \\
            -t \"ghcr.io/acme/web:$(date +%F | tr -d '-')\" src/web
      - run: docker build -t x:$(git describe --always) src/gone
      - run: id=$(docker build -q src/lost)
",
    );
    let repo = shop(&[(BUILD, &text)]);
    assert_eq!(written(&repo), "image: 'ghcr.io/acme/{name}'\nservices:\n  src/api: {}\n  src/web: {}\n");
    let output = repo.imgver(["init", "--dry-run"]).run();
    for (what, line) in [
        ("builds src/api/Dockerfile", 8),
        ("builds src/web/Dockerfile", 10),
        ("src/gone without a Dockerfile", 12),
        ("src/lost without a Dockerfile", 13),
    ] {
        let row = output.stdout.lines().find(|row| row.contains(what)).unwrap_or_default();
        assert!(row.contains(&format!("{BUILD}:{line} ")), "{what}: {output}");
    }
}
