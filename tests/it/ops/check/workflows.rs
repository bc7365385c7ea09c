//! Workflows against services, tags and GitHub's own rules.

use super::shop::{ACTION, API, BUILD, FILTERS, brief, clean, edit, only, shop, shop_with, text};

#[test]
fn options_out_of_step_with_the_services_are_told() {
    let repo =
        shop_with(BUILD, "          - services/node/web\n", "          - web\n          - services/go/api\n");
    assert_eq!(
        brief(&repo, &[]),
        [
            format!("warning dispatch-options {BUILD}:7:9"),
            format!("error dispatch-options {BUILD}:9:13"),
            format!("error dispatch-options {BUILD}:10:13"),
        ]
    );
    let text = text(&repo);
    for said in
        ["no option for services/node/web", "write services/node/web", "is duplicated (first on line 8)"]
    {
        assert!(text.contains(said), "{said}: {text}");
    }
    let all = shop_with(
        BUILD,
        "          - services/node/web\n",
        "          - services/node/web\n          - all\n",
    );
    clean(&all, &[]);
    edit(&all, BUILD, "- all\n", "- All\n");
    assert_eq!(brief(&all, &[]), [format!("error dispatch-options {BUILD}:10:13")]);
    // Another input of any text is not compared.
    edit(&repo, BUILD, "type: choice", "type: string");
    clean(&repo, &[]);
}

#[test]
fn a_run_by_hand_must_say_its_service() {
    let inputs = "    inputs:\n      service:\n        type: choice\n        options:\n          - services/go/api\n          - services/node/web\n";
    for other in ["", "    inputs: {name: {type: string}}\n"] {
        let repo = shop_with(BUILD, inputs, other);
        let [message, ..] = only(&repo, &[], &format!("error dispatch-options {BUILD}:3:3"));
        assert!(message.contains("input service"), "{message}");
        // A condition may leave it out.
        edit(
            &repo,
            BUILD,
            "run: imgver plan\n",
            "run: imgver plan\n        if: github.event_name == 'push'\n",
        );
        clean(&repo, &[]);
    }
    clean(&shop_with(BUILD, inputs, "    inputs: {service: {type: string}}\n"), &[]);
    clean(&shop_with(BUILD, inputs, "    inputs: {service: }\n"), &[]);
    // A release is started again on its tag.
    let repo = shop_with(BUILD, inputs, "");
    edit(&repo, BUILD, "    branches: [main]\n    paths: ['services/**', 'lib/**']\n", "");
    clean(&repo, &[]);
}

#[test]
fn options_of_workflows_without_a_plan_are_their_own() {
    let repo = shop_with(BUILD, "run: imgver plan", "run: ./plan.sh");
    edit(&repo, BUILD, "- services/node/web", "- everything");
    clean(&repo, &[]);
    // The action of the repository calls it.
    edit(&repo, ACTION, "run: ./install.sh", "run: ./install.sh && imgver plan");
    assert_eq!(brief(&repo, &[]).len(), 2);
}

#[test]
fn a_tag_pattern_that_stops_at_a_slash_is_told() {
    let repo = shop_with(BUILD, "'services/**@", "'*@");
    let [message, why, fix] = only(&repo, &[], &format!("error tag-filter {BUILD}:13:5"));
    let said = "the release tag services/go/api@1.2.3 of services/go/api does not start this workflow: * stops at a slash";
    assert!(message.starts_with(said) && message.ends_with("nor do those of 1 other service"), "{message}");
    assert!(why.contains("nothing at all") && fix.contains("**"), "{why} {fix}");
}

#[test]
fn tag_patterns_that_miss_release_tags_are_told() {
    for (tags, said) in [
        (
            "['services/**@[0-9].[0-9].[0-9]']",
            "services/go/api@10.20.30 of services/go/api does not start this workflow: [0-9] is a single digit",
        ),
        ("['services/go/**@*']", "services/node/web@1.2.3"),
        ("['!services/go/**']", "no pattern that includes"),
        ("[]", "services/go/api@1.2.3"),
        ("['services/**', '!services/**@0.*']", "services/go/api@0.1.0"),
        ("['services/**@[0-9]+.[0-9]+.[0-9]+', '!services/node/web@0.9.0']", "services/node/web@0.9.0"),
    ] {
        let repo = shop_with(BUILD, "['services/**@[0-9]+.[0-9]+.[0-9]+']", tags);
        let found = brief(&repo, &[]);
        let place = format!("error tag-filter {BUILD}:13:5");
        assert!(found.contains(&place), "{tags}: {found:?}");
        let text = text(&repo);
        assert!(text.contains(said), "{said}: {text}");
    }
}

#[test]
fn tags_ignore_is_read_as_github_reads_it() {
    let repo =
        shop_with(BUILD, "tags: ['services/**@[0-9]+.[0-9]+.[0-9]+']", "tags-ignore: ['services/node/**']");
    let found = brief(&repo, &[]);
    let expected =
        ["error tag-filter", "warning tag-filter-too-wide"].map(|rule| format!("{rule} {BUILD}:13:5"));
    assert_eq!(found, expected);
    edit(&repo, BUILD, "    tags-ignore:", "    tags: ['services/**']\n    tags-ignore:");
    only(&repo, &[], &format!("error tag-filter {BUILD}:14:5"));
}

#[test]
fn tag_patterns_that_let_candidates_through_are_told() {
    for (tags, through) in [
        ("['services/**@*']", "services/go/api@1.2.3-rc.1 and services/go/api@1.2 and"),
        ("['services/**@[0-9]+.[0-9]+.[0-9]+*']", "services/go/api@1.2.3-rc.1 and services/go/api@1.2.3.4"),
        ("['services/**@[0-9]+.[0-9]+.[0-9]+', '**@v*']", "services/go/api@v1.2.3"),
    ] {
        let repo = shop_with(BUILD, "['services/**@[0-9]+.[0-9]+.[0-9]+']", tags);
        let [message, ..] = only(&repo, &[], &format!("warning tag-filter-too-wide {BUILD}:13:5"));
        assert!(message.contains(through), "{message}");
        // Taken away again, they are none of its business.
        edit(
            &repo,
            BUILD,
            tags,
            &tags.replace("']", "', '!**@v*', '!**-*', '!**@*.*.*.*', '!**@[0-9]+.[0-9]+']"),
        );
        clean(&repo, &[]);
    }
}

#[test]
fn a_release_in_another_format_is_one() {
    let repo = shop_with(
        BUILD,
        "['services/**@[0-9]+.[0-9]+.[0-9]+']",
        "['[0-9]+.[0-9]+.[0-9]+', 'v[0-9]+.[0-9]+.[0-9]+']",
    );
    repo.write("imgver.yaml", "tag-format: ['{version}', 'v{version}']\n");
    repo.git(["add", "-A"]);
    let found = brief(&repo, &[]);
    assert!(!found.iter().any(|finding| finding.contains("tag-filter")), "{found:?}");
    // In no format at all, it is none.
    repo.write("imgver.yaml", "tag-format: '{version}'\n");
    let found = brief(&repo, &[]);
    assert!(found.contains(&format!("warning tag-filter-too-wide {BUILD}:13:5")), "{found:?}");
}

#[test]
fn tags_that_a_condition_may_leave_out_start_nothing() {
    let all = "['services/**@*']";
    for condition in ["github.ref_type == 'branch'", "github.ref == 'refs/heads/main'", "vars.ON == 'true'"] {
        let repo = shop_with(BUILD, "['services/**@[0-9]+.[0-9]+.[0-9]+']", all);
        edit(&repo, BUILD, "  plan:\n", &format!("  plan:\n    if: {condition}\n"));
        clean(&repo, &[]);
        let repo = shop_with(BUILD, "['services/**@[0-9]+.[0-9]+.[0-9]+']", all);
        edit(&repo, BUILD, "run: imgver plan\n", &format!("run: imgver plan\n        if: {condition}\n"));
        clean(&repo, &[]);
    }
    let repo = shop_with(BUILD, "['services/**@[0-9]+.[0-9]+.[0-9]+']", all);
    edit(&repo, BUILD, "  plan:\n", "  plan:\n    if: github.repository == 'team/shop'\n");
    only(&repo, &[], &format!("warning tag-filter-too-wide {BUILD}:13:5"));
    // A job that calls a workflow has a condition, too.
    let called = "name: Called\non: workflow_call\njobs:\n  a:\n    runs-on: ubuntu-latest\n    container: x\n    steps:\n      - run: imgver plan\n";
    let repo = shop_with(BUILD, "['services/**@[0-9]+.[0-9]+.[0-9]+']", all);
    edit(
        &repo,
        BUILD,
        "run: imgver plan\n",
        "run: echo\n  call:\n    uses: ./.github/workflows/called.yaml\n",
    );
    repo.write(".github/workflows/called.yaml", called);
    repo.git(["add", "-A"]);
    only(&repo, &[], &format!("warning tag-filter-too-wide {BUILD}:13:5"));
    edit(&repo, BUILD, "  call:\n", "  call:\n    if: github.ref_type == 'branch'\n");
    clean(&repo, &[]);
}

#[test]
fn a_push_without_any_filter_starts_for_all_tags() {
    let repo = shop();
    repo.write(
        ".github/workflows/all.yaml",
        "on: [push]\njobs:\n  a:\n    steps:\n      - run: imgver plan\n",
    );
    repo.commit("Plan for everything");
    only(&repo, &[], "warning tag-filter-too-wide .github/workflows/all.yaml:1:6");
    repo.write(
        ".github/workflows/all.yaml",
        "on: [push]\njobs:\n  a:\n    steps:\n      - run: imgver list\n",
    );
    clean(&repo, &[]);
}

#[test]
fn services_may_be_released_by_workflows_of_their_own() {
    let repo = shop_with(BUILD, "'services/**@", "'services/go/**@");
    only(&repo, &[], &format!("error tag-filter {BUILD}:13:5"));
    repo.write(
        ".github/workflows/node.yaml",
        "on: {push: {tags: ['services/node/**@[0-9]+.[0-9]+.[0-9]+']}}\njobs:\n  a:\n    steps:\n      - run: imgver build web\n",
    );
    repo.write("services/node/web/Dockerfile", "FROM scratch\n");
    repo.commit("Release node apart");
    clean(&repo, &[]);
}

#[test]
fn patterns_without_a_meaning_are_told_with_their_column() {
    let repo = shop_with(BUILD, "['services/**@[0-9]+.[0-9]+.[0-9]+']", "['services/**@*+', 'x[a']");
    let expected = [26, 32].map(|column| format!("error tag-filter {BUILD}:13:{column}"));
    assert_eq!(brief(&repo, &[]), expected);
    let repo = shop_with(BUILD, "branches: [main]", "branches: [+main]");
    only(&repo, &[], &format!("error branch-filter {BUILD}:11:16"));
}

#[test]
fn filters_that_exclude_each_other_are_told() {
    for (key, rule, place) in [("branches", "branch-filter", "12:5"), ("paths", "workflow-paths", "13:5")] {
        let before = if key == "branches" { "    paths: [" } else { "    tags: [" };
        let repo = shop_with(BUILD, before, &format!("    {key}-ignore: [x]\n{before}"));
        let [message, _, fix] = only(&repo, &[], &format!("error {rule} {BUILD}:{place}"));
        assert!(message.contains(&format!("both {key} and {key}-ignore")), "{message}");
        assert!(fix.contains(&format!("keep {key}")), "{fix}");
    }
}

#[test]
fn a_key_that_stands_twice_is_told() {
    let repo = shop_with(BUILD, "    tags:", "  push:\n    tags:");
    let found = brief(&repo, &[]);
    assert_eq!(found, [format!("error duplicate-key {BUILD}:13:3")]);
    let text = text(&repo);
    assert!(text.contains("the key 'push' is duplicated (first on line 10)"), "{text}");
    let repo = shop_with(
        BUILD,
        "          fetch-depth: 0\n",
        "          fetch-depth: 1\n          fetch-depth: 0\n",
    );
    only(&repo, &[], &format!("error duplicate-key {BUILD}:21:11"));
    // Workflows that have nothing to do with imgver, too.
    let repo = shop();
    repo.write(".github/workflows/other.yml", "on: push\non: push\n");
    repo.write(".github/workflows/deeper/other.yml", "on: push\non: push\n");
    repo.git(["add", "-A"]);
    only(&repo, &[], "error duplicate-key .github/workflows/other.yml:2:1");
}

#[test]
fn merge_keys_are_told_wherever_they_are() {
    let anchor = "  push: &push\n";
    for (from, to, place) in [
        ("  push:\n", format!("{anchor}    <<: {{}}\n"), "11:5"),
        ("jobs:\n", "x: &x {A: 1}\nenv:\n  <<: *x\n  B: 2\njobs:\n".to_owned(), "16:3"),
        (
            "          fetch-depth: 0\n",
            "          <<: [{a: b}]\n          fetch-depth: 0\n".to_owned(),
            "20:11",
        ),
    ] {
        let repo = shop_with(BUILD, from, &to);
        let [_, why, _] = only(&repo, &[], &format!("error merge-key {BUILD}:{place}"));
        assert!(why.contains("rejects"), "{why}");
    }
    // Anchors and aliases are fine, and so are merge keys in a filter file, which another program reads.
    let repo = shop_with(BUILD, "paths: [", "paths: &paths [");
    edit(&repo, BUILD, "  push:\n", "  pull_request: {branches: ['<<']}\n  push:\n");
    edit(
        &repo,
        FILTERS,
        "services/go/api:\n  - services/go/api/**\n  - lib/**\n",
        "x: &x {services/go/api: [services/go/api/**, lib/**]}\n<<: *x\n",
    );
    let found = brief(&repo, &[]);
    assert!(!found.iter().any(|found| found.contains("merge-key")), "{found:?}");
    // In a workflow that has nothing to do with imgver, too.
    let repo = shop();
    repo.write(".github/workflows/other.yml", "on: push\njobs: {a: {<<: {b: c}}}\n");
    repo.git(["add", "-A"]);
    only(&repo, &[], "error merge-key .github/workflows/other.yml:2:12");
}

#[test]
fn paths_that_hold_changes_of_services_back_are_told() {
    let repo = shop_with(BUILD, "paths: ['services/**', 'lib/**']", "paths: ['services/**']");
    let [message, ..] = only(&repo, &[], &format!("warning workflow-paths {BUILD}:12:5"));
    assert_eq!(
        message,
        "paths does not let lib/util through, which selects services/go/api by the filter pattern 'lib/**'"
    );
    edit(&repo, BUILD, "paths: ['services/**']", "paths-ignore: ['services/node/**']");
    let [message, ..] = only(&repo, &[], &format!("error workflow-paths {BUILD}:12:5"));
    assert_eq!(message, "paths-ignore lets no file of services/node/web through");
    // Paths have no say where branches start nothing.
    edit(&repo, BUILD, "    branches: [main]\n", "");
    clean(&repo, &[]);
}

#[test]
fn paths_are_compared_with_directories_where_there_are_no_filters() {
    let repo = shop_with(
        BUILD,
        "paths: ['services/**', 'lib/**']",
        "paths: ['services/**', '!services/go/api/src/**']",
    );
    repo.git(["rm", "-q", FILTERS]);
    let [message, ..] = only(&repo, &[], &format!("warning workflow-paths {BUILD}:12:5"));
    assert!(
        message.ends_with(
            "services/go/api/src/main through, which selects services/go/api as part of its directory"
        ),
        "{message}"
    );
    let repo = shop_with(BUILD, "'lib/**'", "'+lib'");
    let found = brief(&repo, &[]);
    assert_eq!(found, [format!("error workflow-paths {BUILD}:12:29")]);
}

#[test]
fn a_checkout_without_history_is_told() {
    let repo = shop_with(BUILD, "        with:\n          fetch-depth: 0\n", "");
    let [message, _, fix] = only(&repo, &[], &format!("error shallow-checkout {BUILD}:18:9"));
    assert!(message.contains("job 'plan'") && message.contains("imgver plan"), "{message}");
    assert!(fix.contains("fetch-depth: 0"), "{fix}");
    for (depth, is_told) in [("1", true), ("100", true), ("'0'", false), ("${{ inputs.depth }}", false)] {
        let repo = shop_with(BUILD, "fetch-depth: 0", &format!("fetch-depth: {depth}"));
        assert_eq!(brief(&repo, &[]).len(), usize::from(is_told), "{depth}");
    }
}

#[test]
fn a_checkout_matters_only_before_a_call_that_needs_history() {
    let lint = "      - run: make lint\n";
    for (steps, is_told) in [
        ("      - run: imgver list\n", true),
        ("      - run: task utils:generate-version\n", true),
        ("      - run: |\n          VERSION=$(./bin/imgver version)\n", true),
        ("      - uses: ./.github/actions/setup\n", true),
        ("      - run: git diff --name-only | imgver changed --files-from -\n", false),
        ("      - run: imgver --version\n", false),
        ("      - run: imgver build --set-version try-1\n", false),
        ("      - run: imgver build --set-version try-1 --scope service\n", true),
        ("      - run: echo imgver plan\n", false),
        (
            "      - uses: actions/checkout@v4\n        with: {fetch-depth: 0}\n      - run: imgver list\n",
            false,
        ),
    ] {
        let repo = shop_with(BUILD, lint, &format!("      - run: make tools\n{steps}"));
        edit(&repo, ACTION, "run: ./install.sh", "run: ./install.sh && imgver list");
        let told = brief(&repo, &[]);
        assert_eq!(told.len(), usize::from(is_told), "{steps}: {told:?}");
    }
    // With versions by service, labels name the last change, whatever the version is.
    let steps = "      - run: make tools\n      - run: imgver build --set-version try-1\n";
    let repo = shop_with(BUILD, lint, steps);
    clean(&repo, &[]);
    repo.write("imgver.yaml", "scope: service\n");
    repo.git(["add", "imgver.yaml"]);
    let told = brief(&repo, &[]);
    assert!(matches!(told.as_slice(), [only] if only.contains("shallow-checkout")), "{told:?}");
    let repo = shop();
    edit(&repo, BUILD, lint, "      - run: make tools && imgver list\n");
    edit(
        &repo,
        BUILD,
        "      - uses: actions/checkout@v4\n      - run",
        "      - uses: actions/checkout@v4\n        with: {repository: other/repo, path: other}\n      - run",
    );
    clean(&repo, &[]);
}

#[test]
fn actions_that_use_each_other_in_circles_end() {
    let repo = shop_with(BUILD, "fetch-depth: 0", "fetch-depth: 1");
    let many = "    - uses: ./.github/actions/setup\n".repeat(100);
    repo.write(ACTION, format!("runs:\n  steps:\n{many}    - run: imgver plan\n"));
    edit(&repo, BUILD, "      - run: imgver plan\n", "      - run: make\n");
    only(&repo, &[], &format!("error shallow-checkout {BUILD}:18:9"));
}

#[test]
fn called_workflows_count_for_their_callers() {
    let repo = shop();
    edit(
        &repo,
        BUILD,
        "      - run: imgver plan\n",
        "      - run: echo\n  called:\n    uses: ./.github/workflows/called.yaml\n",
    );
    edit(&repo, BUILD, "- services/node/web", "- services/node/wep");
    repo.write(
        ".github/workflows/called.yaml",
        "on: workflow_call\njobs:\n  a:\n    steps:\n      - run: imgver plan\n",
    );
    repo.commit("Plan elsewhere");
    assert_eq!(brief(&repo, &[]).len(), 2);
    let text = text(&repo);
    assert!(
        text.contains("'services/node/wep' is not the path of a service") && !text.contains(API),
        "{text}"
    );
}

#[test]
fn pre_releases_that_start_nothing_are_told() {
    let repo = shop();
    repo.write("imgver.yaml", "prereleases:\n  - rc\n  - beta\n");
    repo.git(["add", "imgver.yaml"]);
    assert_eq!(
        brief(&repo, &[]),
        ["error tag-filter imgver.yaml:2:5", "error tag-filter imgver.yaml:3:5"],
        "neither starts anything"
    );
    let filter = "tags: ['services/**@[0-9]+.[0-9]+.[0-9]+']";
    let with = |more: &str| filter.replace("']", &format!("', {more}]"));
    let rc = "'services/**@[0-9]+.[0-9]+.[0-9]+-rc.[0-9]+'";
    edit(&repo, BUILD, filter, &with(rc));
    let [message, _, fix] = only(&repo, &[], "error tag-filter imgver.yaml:3:5");
    assert!(message.contains(&format!("{API}@1.2.3-beta.1")) && message.contains(BUILD), "{message}");
    assert!(fix.contains("'services/**@[0-9]+.[0-9]+.[0-9]+-beta.[0-9]+'"), "{fix}");
    // A single digit misses the tenth.
    edit(&repo, BUILD, &with(rc), &with(&format!("{rc}, 'services/**@[0-9]+.[0-9]+.[0-9]+-beta.[0-9]'")));
    only(&repo, &[], "error tag-filter imgver.yaml:3:5");
    edit(&repo, BUILD, "-beta.[0-9]'", "-beta.[0-9]+'");
    clean(&repo, &[]);
    // What nobody builds by tags needs no filter.
    edit(&repo, BUILD, "    tags: ", "    paths-ignore: []\n    tags-ignore: ['**']\n    x-tags: ");
    assert!(!brief(&repo, &[]).iter().any(|found| found.contains("imgver.yaml")), "{:?}", brief(&repo, &[]));
}
