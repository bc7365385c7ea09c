//! Calls of imgver through Task.

use super::shop::{API, BUILD, WEB, brief, clean, edit, shop};
use crate::support::Repo;

const UTILS: &str = ".github/utils/taskfile.yaml";
const RELEASE: &str = ".github/workflows/release.yaml";

/// The shop with the shared tasks in each service, tasks that build, a Taskfile at the root, and a workflow that runs `steps`
/// when such tags are pushed.
fn shop_with_tasks(tags: &str, steps: &str) -> Repo {
    let repo = shop();
    repo.copy_from_here(&[UTILS]);
    repo.git(["rm", "-q", BUILD]);
    repo.write(
        "Taskfile.yml",
        "version: '3'\nincludes:\n  api: {taskfile: services/go/api, dir: services/go/api}\n  web: {taskfile: services/node/web, dir: services/node/web, aliases: [w]}\ntasks:\n  all: [{task: 'api:build'}]\n  release: task web:publish\n  test: go test ./...\n",
    );
    for service in [API, WEB] {
        repo.write(
            &format!("{service}/Taskfile.yaml"),
            format!("version: '3'\nvars: {{IMAGE_REPO: team/{}}}\nincludes: {{utils: ../../../{UTILS}}}\ntasks:\n  publish: {{aliases: [p], cmds: [{{task: 'utils:run', vars: {{COMMAND: imgver build --push}}}}]}}\n  build: {{deps: [publish]}}\n  own: echo 1.0.0\n", &service[9..]),
        );
        repo.write(&format!("{service}/Dockerfile"), "FROM scratch\n");
    }
    repo.write(
        RELEASE,
        format!("on:\n  push:\n    tags: {tags}\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n        with: {{fetch-depth: 0}}\n      - uses: ./.github/actions/setup\n{steps}"),
    );
    repo.commit("Use Task");
    repo
}

const STEPS: [&str; 10] = [
    "      - run: task api:utils:generate-version\n",
    "      - run: VERSION=$(task api:utils:generate-version-tag)\n        working-directory: .\n",
    "      - run: task utils:generate-version-tag-extended\n        working-directory: services/node/web\n",
    "      - run: |\n          make\n          cd services/go/api && task build -- --no-cache\n",
    "      - run: task -d services/go/api p\n",
    "      - run: go-task --taskfile services/go/api/Taskfile.yaml build\n",
    "      - run: task w:build\n",
    "      - run: task all\n",
    "      - run: task release\n",
    "      - run: task test && (cd services/go/api/src; task build)\n",
];

#[test]
fn a_tag_pattern_that_stops_at_a_slash_is_told_for_tasks() {
    for steps in STEPS {
        let repo = shop_with_tasks("['*@[0-9]+.[0-9]+.[0-9]+']", steps);
        assert_eq!(brief(&repo, &[]), [format!("error tag-filter {RELEASE}:3:5")], "{steps}");
        edit(&repo, RELEASE, "'*@", "'services/**@");
        clean(&repo, &[]);
    }
}

#[test]
fn a_checkout_without_history_is_told_for_tasks() {
    for steps in STEPS {
        let repo = shop_with_tasks("['services/**@*']", steps);
        clean(&repo, &[]);
        edit(&repo, RELEASE, "fetch-depth: 0", "fetch-depth: 1");
        assert_eq!(brief(&repo, &[]), [format!("error shallow-checkout {RELEASE}:8:9")], "{steps}");
    }
}

#[test]
fn tasks_that_do_not_lead_to_imgver_are_left_alone() {
    for steps in [
        "      - run: task test\n",
        "      - run: task api:own\n",
        "      - run: task unknown\n",
        "      - run: task --list\n",
        "      - run: task -n api:build\n",
        "      - run: task \"$SERVICE:build\"\n",
        "      - run: task build\n        working-directory: ${{ matrix.service }}\n",
    ] {
        let repo = shop_with_tasks("['*@*']", steps);
        edit(&repo, RELEASE, "fetch-depth: 0", "fetch-depth: 1");
        clean(&repo, &[]);
    }
    // Other tags than those of services, and those of one service only.
    for tags in ["['v*']", "['services/go/**@*']", "['services/go/api@[0-9]+.[0-9]+.[0-9]+']"] {
        for steps in STEPS {
            clean(&shop_with_tasks(tags, steps), &[]);
        }
    }
    // Tasks of the same names that are a team's own.
    let repo = shop_with_tasks("['*@*']", STEPS[0]);
    repo.write(UTILS, "version: '3'\ntasks:\n  generate-version: git describe\n");
    for service in [API, WEB] {
        edit(&repo, &format!("{service}/Taskfile.yaml"), "utils:run", "utils:generate-version");
    }
    edit(&repo, RELEASE, "fetch-depth: 0", "fetch-depth: 1");
    clean(&repo, &[]);
}

#[test]
fn a_build_of_named_services_needs_their_tags() {
    let step = "      - run: imgver build services/go/api\n";
    clean(&shop_with_tasks("['services/go/**@*']", step), &[]);
    let found = brief(&shop_with_tasks("['services/node/**@*']", step), &[]);
    assert_eq!(found, [format!("error tag-filter {RELEASE}:3:5")]);
    let all = "      - run: imgver build --all --push\n";
    let found = brief(&shop_with_tasks("['services/go/**@*']", all), &[]);
    assert_eq!(found, [format!("error tag-filter {RELEASE}:3:5")]);
}
