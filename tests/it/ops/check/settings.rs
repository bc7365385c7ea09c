//! Workflows and Taskfiles compared with the configuration: settings, tag formats, paths, and what docker's action builds.

use super::configuration::{CONFIG, FLEET, fleet};
use super::shop::{With, brief, clean, edit, findings, only};
use crate::support::Repo;

const BUILD: &str = ".github/workflows/build.yaml";

const BUILD_TEXT: &str = "\
on:
  push:
    branches: [main]
    paths: ['apps/**', 'libs/**']
    tags: ['apps/**@[0-9]+.[0-9]+.[0-9]+']
jobs:
  plan:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
        with: {fetch-depth: 0}
      - run: cargo install imgver
      - run: imgver plan
  build:
    runs-on: ubuntu-latest
    strategy: {matrix: {service: '${{ fromJSON(needs.plan.outputs.services) }}'}}
    steps:
      - uses: actions/checkout@v4
        with: {fetch-depth: 0}
      - run: cargo install imgver
      - run: imgver tag --output github -- \"$SERVICE\"
        id: image
        env: {SERVICE: '${{ matrix.service }}'}
      - uses: docker/build-push-action@v6
        with:
          context: ${{ steps.image.outputs.context }}
          file: ${{ steps.image.outputs.dockerfile }}
          target: ${{ steps.image.outputs.target }}
          build-args: ${{ steps.image.outputs.build_args }}
          platforms: ${{ steps.image.outputs.platforms }}
          tags: ${{ steps.image.outputs.tags }}
          push: ${{ needs.plan.outputs.push == 'true' }}
";

/// The fleet with a workflow that takes everything from imgver, and with `config`.
fn shipped(config: &str) -> Repo {
    let repo = fleet(config);
    repo.write(BUILD, BUILD_TEXT);
    repo.commit("Add a workflow");
    repo
}

/// The same with the workflow changed in one place.
#[track_caller]
fn built(config: &str, from: &str, to: &str) -> Repo {
    let repo = shipped(config);
    edit(&repo, BUILD, from, to);
    repo
}

#[test]
fn a_workflow_that_takes_everything_from_imgver_is_clean() {
    clean(&shipped(FLEET), &[]);
    let all = FLEET.replace(
        "orders: {}",
        "orders: {target: run, platforms: [linux/amd64], build-args: {A: 1}, image: [acme/a, acme/b]}",
    );
    clean(&shipped(&all), &[]);
}

#[test]
fn a_step_that_builds_something_else_is_told_with_the_outputs_to_use() {
    let at = format!("error build-settings {BUILD}:24:9");
    let old = "context: ${{ matrix.service }}";
    let new =
        "context: ${{ steps.image.outputs.context }}\n          file: ${{ steps.image.outputs.dockerfile }}";
    let [message, _, fix] = only(&built(FLEET, new, old), &[], &at);
    assert_eq!(message, "this step does not build what imgver.yaml says: apps/web has the context .");
    assert!(fix.contains("context: ${{ steps.ID.outputs.context }}, "), "{fix}");
    // Services in their directories are built of them.
    clean(&built("image: acme/{name}\nservices: {'apps/*': {}}\n", new, old), &[]);
    clean(
        &built(
            &FLEET.replace("context: .", "context: apps/web"),
            new,
            &format!("{old}\n          file: ${{{{ matrix.service }}}}/Dockerfile"),
        ),
        &[],
    );
    // Another context, which nobody but its author knows.
    clean(&built(FLEET, new, "context: build/${{ matrix.service }}"), &[]);
    clean(
        &built(FLEET, new, "context: ${{ matrix.context }}\n          file: ${{ matrix.dockerfile }}"),
        &[],
    );
}

#[test]
fn every_input_that_says_something_else_is_told() {
    let of_orders = |settings: &str| FLEET.replace("orders: {}", &format!("orders: {{{settings}}}"));
    for (config, input, output, needed) in [
        (FLEET.to_owned(), "file", "dockerfile", "the Dockerfile apps/web/Dockerfile"),
        (
            of_orders("dockerfile: apps/web/Dockerfile"),
            "file",
            "dockerfile",
            "the Dockerfile apps/web/Dockerfile",
        ),
        (of_orders("target: run"), "target", "target", "apps/orders has the target run"),
        (of_orders("platforms: [linux/arm64]"), "platforms", "platforms", "platforms, e.g. linux/arm64"),
        (of_orders("build-args: {A: 1}"), "build-args", "build_args", "the build argument A"),
    ] {
        let line = format!("          {input}: ${{{{ steps.image.outputs.{output} }}}}\n");
        let [message, _, fix] =
            only(&built(&config, &line, ""), &[], &format!("error build-settings {BUILD}:24:9"));
        assert!(message.contains(needed), "{message}");
        assert!(fix.contains(&line.trim().replace("image", "ID")), "{fix}");
    }
    let two = of_orders("image: [acme/a, acme/b]");
    let one = built(&two, "outputs.tags", "outputs.image_tag");
    let [message, why, _] = only(&one, &[], &format!("error build-settings {BUILD}:24:9"));
    assert!(
        message.ends_with("apps/orders has 2 images") && why.contains("only the first"),
        "{message} {why}"
    );
    clean(&built(&two, "steps.image.outputs.tags", "steps.meta.outputs.tags"), &[]);
    clean(&built(FLEET, "outputs.tags", "outputs.image_tag"), &[]);
    // An image that is only tried.
    edit(&one, BUILD, "push: ${{ needs.plan.outputs.push == 'true' }}", "load: true");
    clean(&one, &[]);
    let platforms = of_orders("platforms: [linux/amd64, linux/arm64]");
    let tried = built(&platforms, "          platforms: ${{ steps.image.outputs.platforms }}\n", "");
    edit(&tried, BUILD, "push: ${{ needs.plan.outputs.push == 'true' }}", "load: true");
    clean(&tried, &[]);
}

#[test]
fn another_tag_format_than_the_configurations_is_told() {
    let config = format!("tag-format: ['{{name}}-v{{version}}', 'v{{version}}']\n{FLEET}");
    let repo = built(&config, "apps/**@", "*-v");
    clean(&repo, &[]);
    for (from, to, place) in [
        ("jobs:\n", "env: {IMGVER_TAG_FORMAT: 'v{version}'}\njobs:\n", "6:26"),
        ("run: imgver plan", "run: imgver plan --tag-format 'v{version}'", "13:9"),
    ] {
        let repo = built(&config, "apps/**@", "*-v");
        edit(&repo, BUILD, from, to);
        let found = brief(&repo, &[]);
        assert!(found.contains(&format!("warning setting-differs {BUILD}:{place}")), "{found:?}");
        // The workflow's tags are by its own format.
        assert!(found.iter().any(|found| found.starts_with("error tag-filter ")), "{found:?}");
        edit(&repo, BUILD, "*-v[0-9]+", "v[0-9]+");
        assert_eq!(brief(&repo, &[]), [format!("warning setting-differs {BUILD}:{place}")]);
    }
    // Twice the same, unknown, or not about services.
    for (from, to) in [
        ("jobs:\n", "env: {IMGVER_TAG_FORMAT: '{name}-v{version} v{version}'}\njobs:\n"),
        ("jobs:\n", "env: {IMGVER_TAG_FORMAT: ''}\njobs:\n"),
        ("run: imgver plan", "run: imgver plan --tag-format '{name}-v{version}' --tag-format 'v{version}'"),
        ("run: imgver plan", "run: imgver plan && imgver version --whole --tag-format 'v{version}'"),
        ("run: imgver plan", "run: imgver plan --tag-format \"$FORMAT\""),
    ] {
        let repo = built(&config, "apps/**@", "*-v");
        edit(&repo, BUILD, from, to);
        let found = brief(&repo, &[]);
        assert!(found.iter().all(|found| !found.contains("setting-differs")), "{to}: {found:?}");
    }
}

#[test]
fn another_filter_file_or_quantifier_than_the_configurations_is_told() {
    let config = format!("filters: ci/filters.yaml\nquantifier: every\n{FLEET}");
    let with = |options: &str| {
        let repo = built(&config, "run: imgver plan", &format!("run: imgver plan {options}"));
        repo.write("ci/filters.yaml", "orders: [apps/orders/**]\n");
        repo.write("ci/other.yaml", "orders: [apps/orders/**]\n");
        repo.git(["add", "ci"]);
        repo
    };
    let at = format!("warning setting-differs {BUILD}:13:9");
    only(&with("--filters ci/other.yaml"), &[], &at);
    let [message, ..] = only(&with("--quantifier some"), &[], &at);
    assert!(message.ends_with("has --quantifier some, but imgver.yaml sets quantifier: every"), "{message}");
    clean(&with(""), &[]);
    clean(&with("--filters ./ci/filters.yaml --quantifier every"), &[]);
    clean(&with("--filters \"$FILE\""), &[]);
    // What else somebody compares is another matter.
    clean(&with("; imgver changed --base HEAD~1 --filters ci/other.yaml --quantifier some"), &[]);
}

#[test]
fn taskfiles_are_compared_as_well() {
    let config = format!("tag-format: '{{name}}-v{{version}}'\n{FLEET}");
    for (taskfile, place) in [
        ("env:\n  IMGVER_TAG_FORMAT: 'v{version}'\n", Some("2:3")),
        ("tasks:\n  list: imgver list --tag-format 'v{version}'\n", Some("2:21")),
        ("tasks:\n  list:\n    cmds:\n      - cmd: imgver list --tag-format 'v{version}'\n", Some("4:26")),
        ("env:\n  IMGVER_TAG_FORMAT: '{name}-v{version}'\n", None),
        ("env:\n  IMGVER_TAG_FORMAT: '{{.FORMAT}}'\n", None),
        ("tasks:\n  list: imgver list --tag-format '{{.FORMAT}}'\n", None),
        (
            "# IMGVER_TAG_FORMAT: 'v{version}'\ntasks:\n  # imgver list --tag-format 'v{version}'\n  a: echo imgver --tag-format 'v{version}'\n",
            None,
        ),
    ] {
        let repo = fleet(&config);
        repo.write("Taskfile.yaml", taskfile);
        repo.commit("Add tasks");
        let expected = place.map(|place| format!("warning setting-differs Taskfile.yaml:{place}"));
        assert_eq!(brief(&repo, &[]), expected.as_slice(), "{taskfile}");
    }
}

#[test]
fn paths_let_through_what_the_configuration_watches() {
    let at = |severity: &str| format!("{severity} workflow-paths {BUILD}:4:5");
    // A pattern of `watch`.
    let [message, ..] = only(&built(FLEET, ", 'libs/**'", ""), &[], &at("warning"));
    assert_eq!(
        message,
        "paths does not let libs/ui/button through, which selects apps/web by the pattern 'libs/ui/**' of `watch`"
    );
    // A Dockerfile elsewhere.
    let repo = shipped(&FLEET.replace("apps/web/Dockerfile", "docker/web"));
    repo.write("docker/web", "FROM scratch\n");
    repo.git(["add", "docker"]);
    let [message, ..] = only(&repo, &[], &at("warning"));
    assert!(message.ends_with("docker/web through, which selects apps/web as its Dockerfile"), "{message}");
    // A whole context.
    let config = FLEET.replace("watch: [libs/ui/**]", "watch-inputs: true");
    let [message, ..] = only(&shipped(&config), &[], &at("warning"));
    assert!(message.ends_with("selects apps/web as an input of its image (watch-inputs)"), "{message}");
    clean(&shipped(&config.replace("context: .", "context: apps/web")), &[]);
    // A directory that is not the name.
    let config = FLEET.replace("  apps/orders: {}", "  orders: {directory: src/orders}");
    let repo = shipped(&config);
    repo.write("src/orders/Dockerfile", "FROM scratch\n");
    repo.git(["add", "src"]);
    let found = findings(&repo, &[]);
    let of_paths = found.iter().find(|found| found["rule"] == "workflow-paths").unwrap();
    assert_eq!(of_paths["message"], "paths lets no file of orders through");
    assert_eq!(of_paths["fix"], "let src/orders/** through");
}

#[test]
fn a_service_without_an_image_is_told_where_all_are_built() {
    let config = "services:\n  apps/orders: {}\n  apps/web: {image: acme/web}\n";
    let without = format!("warning image-repository {CONFIG}:2:3");
    let [message, ..] = only(&shipped(config), &[], &without);
    assert!(message.contains("apps/orders has no image"), "{message}");
    let [message, ..] = only(&shipped("services: {'apps/*': {}}\n"), &[], &without.replace("2:3", "1:12"));
    assert!(message.contains("apps/orders and apps/web have no image"), "{message}");
    // It is built nowhere, the workflow names its image, or leaves out what has none.
    clean(&fleet(config), &[]);
    for (from, to) in [
        ("jobs:\n", "env: {IMGVER_IMAGE: 'acme/{name}'}\njobs:\n"),
        ("tag --output", "tag --repo \"$REPO\" --output"),
        ("        id: image\n", "        id: image\n        if: matrix.image != ''\n"),
    ] {
        clean(&built(config, from, to), &[]);
    }
}

#[test]
fn a_tag_filter_is_compared_with_the_first_format_alone() {
    let config = |formats: &str| format!("tag-format: [{formats}]\n{FLEET}");
    let new = config("'{service}@{version}', 'v{version}'");
    let repo = shipped(&new);
    repo.tag("v1.0.0");
    clean(&repo, &[]);
    let repo = shipped(&config("'v{version}', '{service}@{version}'"));
    repo.tag("apps/web@1.0.0");
    only(&repo, &[], &format!("error tag-filter {BUILD}:5:5"));
    edit(&repo, BUILD, "apps/**@[0-9]+", "v[0-9]+");
    clean(&repo, &[]);
}

#[test]
fn a_format_by_short_name_among_others_must_tell_services_apart() {
    let config = |format: &str| {
        format!(
            "tag-format: ['v{{version}}', '{format}']\nservices: {{apps/web: {{}}, admin/web: {{directory: apps/web}}}}\n"
        )
    };
    let repo = fleet(&config("{name}-v{version}"));
    let [message, ..] = only(&repo, &[], "error tag-format imgver.yaml:2:12");
    assert_eq!(message, "the tag web-v1.2.3 releases both admin/web and apps/web");
    clean(&fleet(&config("{service}-v{version}")), &[]);
}

#[test]
fn formats_that_no_tag_fits_and_tags_that_no_format_reads_are_told() {
    let tagged = |formats: &str, tags: &[&str]| {
        let repo = fleet(&format!("tag-format: [{formats}]\n{FLEET}"));
        for tag in tags {
            repo.commit("More");
            repo.tag(tag);
        }
        repo
    };
    let service = "'{service}@{version}'";
    let [message, _, fix] =
        only(&tagged(service, &["v1.0.0", "v1.1.0"]), &[], "warning tag-format imgver.yaml:1:14");
    assert_eq!(
        message,
        "no tag fits the tag format {service}@{version}, but v1.1.0 and 1 other tag fit the tag format v{version}"
    );
    assert_eq!(
        fix,
        "add it: tag-format: ['{service}@{version}', 'v{version}']; the first is the one of new tags"
    );
    clean(&tagged("'{service}@{version}', 'v{version}'", &["v1.0.0", "v1.1.0"]), &[]);
    // In use, but newer releases of a service are spelled differently.
    let mixed = ["apps/web@1.0.0", "apps/orders@1.0.0", "web-v1.1.0", "orders-v0.9.0"];
    let [message, ..] = only(&tagged(service, &mixed), &[], "warning tag-format imgver.yaml:1:14");
    assert!(message.starts_with("web-v1.1.0 fits the tag format {name}-v{version}, "), "{message}");
    // A former format, left behind; tags of the repository as a whole; of other things; of services that are gone.
    for tags in [
        &["web-v0.9.0", "apps/web@1.0.0"][..],
        &["apps/web@1.0.0", "v2.0.0"],
        &["apps/web@1.0.0", "chart-2.0.0", "nightly"],
        &["apps/gone@1.0.0", "v2.0.0"],
        &["chart-2.0.0"],
        &[],
    ] {
        clean(&tagged(service, tags), &[]);
    }
    // A misspelled one among others.
    let repo = tagged("'{service}@{version}', '{name}-{version}'", &["apps/web@1.0.0", "web-v1.1.0"]);
    only(&repo, &[], "warning tag-format imgver.yaml:1:37");
    // What is given takes the place of the configuration's.
    let repo = tagged(service, &["v1.0.0"]);
    clean(&repo, &[With::TagFormat("v{version}")]);
    // One finding for a tag that also looks malformed, and never a tag deleted.
    let repo = tagged("'{version}'", &["v1.0.0", "v1.1.0"]);
    let found = findings(&repo, &[]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(!found[0].to_string().contains("delete") && !found[0].to_string().contains("-d "), "{found:?}");
}

#[test]
fn first_parent_history_is_taken_as_configured() {
    let history = |config: &str| {
        let repo = fleet(config);
        repo.tag("apps/web@2.0.0");
        repo.git(["checkout", "-q", "-b", "side"]);
        repo.commit("Mend");
        repo.tag("apps/web@1.0.0");
        repo.git(["checkout", "-q", "main"]);
        repo.commit("Go on");
        repo.git(["merge", "-q", "--no-edit", "side"]);
        brief(&repo, &[])
    };
    assert_eq!(history(FLEET), ["error tag-below-ancestor refs/tags/apps/web@1.0.0"]);
    let first_parent = format!("first-parent: true\n{FLEET}");
    assert_eq!(history(&first_parent), ["warning tag-below-ancestor refs/tags/apps/web@1.0.0"]);
}

#[test]
fn a_workflow_can_name_the_services_of_the_configuration() {
    let repo = built(
        FLEET,
        "on:\n",
        "on:\n  workflow_dispatch:\n    inputs: {service: {type: choice, options: [apps/orders, apps/web]}}\n",
    );
    clean(&repo, &[]);
    edit(&repo, CONFIG, "  apps/orders: {}\n", "  orders: {directory: apps/orders}\n");
    edit(&repo, BUILD, "'apps/**@", "'**@");
    let found = brief(&repo, &[]);
    assert_eq!(
        found,
        [format!("warning dispatch-options {BUILD}:3:38"), format!("error dispatch-options {BUILD}:3:48"),]
    );
}

/// A push is the only chance of its services unless plans ask what is missing, which they can where versions count by service.
#[test]
fn a_plan_by_changes_is_told_where_versions_count_by_service() {
    let by_service = format!("scope: service\n{FLEET}");
    let plan = "- run: imgver plan\n";
    let at = format!("warning plan-by-changes {BUILD}:13:9");
    let [_, why, fix] = only(&shipped(&by_service), &[], &at);
    assert!(why.contains("no later push") && fix.starts_with("imgver plan --missing"), "{why} {fix}");
    only(&built(FLEET, plan, "- run: imgver plan --scope service\n"), &[], &at);
    // Pushed by imgver itself.
    let step = "      - uses: docker/build-push-action@v6\n        with:\n          context: ${{ steps.image.outputs.context }}\n          file: ${{ steps.image.outputs.dockerfile }}\n          target: ${{ steps.image.outputs.target }}\n          build-args: ${{ steps.image.outputs.build_args }}\n          platforms: ${{ steps.image.outputs.platforms }}\n          tags: ${{ steps.image.outputs.tags }}\n          push: ${{ needs.plan.outputs.push == 'true' }}\n";
    only(&built(&by_service, step, "      - run: imgver build --push -- \"$SERVICE\"\n"), &[], &at);

    clean(&shipped(FLEET), &[]);
    for other in ["--missing", "${MISSING:+--missing}", "$OPTIONS", "--scope repository"] {
        clean(&built(&by_service, plan, &format!("- run: imgver plan {other}\n")), &[]);
    }
    // Nothing is pushed, or only releases are.
    clean(&built(&by_service, "push: ${{ needs.plan.outputs.push == 'true' }}", "push: false"), &[]);
    clean(&built(&by_service, "    branches: [main]\n    paths: ['apps/**', 'libs/**']\n", ""), &[]);
}

/// Whatever run comes last builds what is missing, so none before it is needed.
#[test]
fn runs_that_ask_what_is_missing_may_be_cancelled() {
    let by_service = format!("scope: service\n{FLEET}");
    let concurrency = "concurrency: {group: '${{ github.ref }}', cancel-in-progress: true}\njobs:\n";
    let at = format!("error concurrency {BUILD}:6:1");
    for (config, plan, is_lost) in [
        (&*by_service, "imgver plan --missing", false),
        (&by_service, "imgver plan ${MISSING:+--missing}", false),
        (FLEET, "imgver plan ${MISSING:+--missing}", true),
    ] {
        let repo = built(config, "- run: imgver plan\n", &format!("- run: {plan}\n"));
        edit(&repo, BUILD, "jobs:\n", concurrency);
        if is_lost {
            only(&repo, &[], &at);
        } else {
            clean(&repo, &[]);
        }
    }
}
