//! Jobs that lack imgver, or an action of the repository.

use super::shop::{ACTION, BUILD, WEB, brief, clean, edit, only, shop_with};
use crate::support::Repo;

const SETUP: &str = "      - uses: ./.github/actions/setup\n";

/// The shop, with these steps in place of the one that sets up.
fn shop_with_steps(steps: &str) -> Repo {
    shop_with(BUILD, SETUP, steps)
}

#[test]
fn a_job_that_installs_nothing_is_told() {
    let repo = shop_with_steps("");
    let [message, _, fix] = only(&repo, &[], &format!("error missing-imgver {BUILD}:21:9"));
    assert!(message.contains("'plan'") && message.contains("imgver plan"), "{message}");
    assert!(fix.contains("setup-dependencies"), "{fix}");
    for steps in [
        "      - uses: actions/setup-node@v4\n      - run: npm ci && npm test\n",
        "      - run: |\n          set -e\n          echo hello\n          sudo apt-get install -y jq\n",
        "      - run: cargo install ripgrep\n",
        "      - uses: acme/imgver/.github/actions/setup-dependencies@v1\n        with: {install-imgver: 'false'}\n",
        "      - uses: ./.github/actions/setup\n        with: {install-imgver: 'false'}\n",
    ] {
        let found = brief(&shop_with_steps(steps), &[]);
        assert!(matches!(&*found, [only] if only.starts_with("error missing-imgver")), "{steps}: {found:?}");
    }
    // What another job installs is not there.
    let repo = shop_with_steps("");
    edit(&repo, BUILD, "      - run: make lint\n", SETUP);
    only(&repo, &[], &format!("error missing-imgver {BUILD}:21:9"));
}

#[test]
fn a_reference_that_nobody_filled_in_is_told() {
    for (action, is_told) in [
        ("OWNER/imgver/.github/actions/setup-dependencies@HASH", true),
        ("acme/imgver/.github/actions/setup-dependencies@HASH", true),
        ("OWNER/setup@v1", true),
        ("acme/setup@SHA", true),
        ("acme/setup@HASHES", false),
        ("acme/OWNER@v1", false),
        ("owner/setup@hash", false),
    ] {
        let repo = shop_with_steps(&format!("      - uses: {action}\n"));
        if is_told {
            let [message, why, _] = only(&repo, &[], &format!("warning action-file {BUILD}:21:9"));
            assert!(message.contains(action) && why.contains("fails"), "{message} {why}");
        } else {
            clean(&repo, &[]);
        }
    }
}

#[test]
fn whatever_may_install_counts() {
    for steps in [
        "      - run: cargo install --locked imgver\n",
        "      - run: cargo install --path tools\n",
        "      - run: cargo binstall -y imgver\n",
        "      - run: pipx install imgver\n",
        "      - run: pip install -r requirements.txt\n",
        "      - run: curl -sSf https://example.com/install.sh | sh\n",
        "      - run: ./ci/prepare\n",
        "      - run: npm run tools\n",
        "      - run: node ci/tools.js\n",
        "      - run: cargo run -p tools\n",
        "      - run: make tools\n",
        "      - run: echo \"$PWD/bin\" >>\"$GITHUB_PATH\"\n",
        "      - run: docker cp x:/imgver /usr/local/bin\n",
        "      - uses: jdx/mise-action@v2\n",
        "      - uses: actions/cache@v4\n",
        "      - uses: actions/download-artifact@v4\n",
        "      - uses: acme/imgver/.github/actions/setup-dependencies@v1\n",
        "      - run: task prepare\n",
    ] {
        clean(&shop_with_steps(steps), &[]);
    }
    for (from, to) in [
        (
            "runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n        with",
            "runs-on: self-hosted\n    steps:\n      - uses: actions/checkout@v4\n        with",
        ),
        ("  plan:\n", "  plan:\n    container: acme/tools\n"),
        ("  plan:\n", "  plan:\n    env: {PATH: /opt/bin}\n"),
        ("  plan:\n", "  plan:\n    defaults: {run: {shell: 'nix develop -c bash -e {0}'}}\n"),
        ("run: imgver plan", "run: ./bin/imgver plan"),
        ("run: imgver plan", "run: cargo install imgver && imgver plan"),
        ("run: imgver plan", "run: PATH=\"$PWD/bin:$PATH\" imgver plan"),
        ("run: imgver plan", "run: uvx imgver plan"),
    ] {
        let repo = shop_with_steps("");
        edit(&repo, BUILD, from, to);
        let found = brief(&repo, &[]);
        assert!(!found.iter().any(|found| found.contains("missing-imgver")), "{to}: {found:?}");
    }
}

#[test]
fn an_action_of_the_expected_name_may_install_something_else() {
    let repo = shop_with_steps(SETUP);
    edit(
        &repo,
        ACTION,
        "- run: ./install.sh\n      shell: bash",
        "- uses: arduino/setup-task@v2\n    - {run: npm ci, shell: bash}",
    );
    let [message, ..] = only(&repo, &[], &format!("error missing-imgver {BUILD}:22:9"));
    assert!(message.ends_with("not even ./.github/actions/setup"), "{message}");
    edit(&repo, ACTION, "npm ci", "cargo install imgver");
    clean(&repo, &[]);
    repo.write(ACTION, "runs: {using: node24, main: dist/index.js}\n");
    clean(&repo, &[]);
    // It calls imgver itself.
    repo.write(ACTION, "runs:\n  using: composite\n  steps: [{run: imgver list, shell: bash}]\n");
    only(&repo, &[], &format!("error missing-imgver {BUILD}:21:9"));
}

#[test]
fn a_task_is_a_call_that_needs_imgver() {
    let utils = ".github/utils/taskfile.yaml";
    let repo = shop_with_steps("");
    repo.copy_from_here(&[utils]);
    repo.write(
        &format!("{WEB}/Taskfile.yaml"),
        format!("version: '3'\nvars: {{IMAGE_REPO: team/web}}\nincludes: {{utils: ../../../{utils}}}\ntasks:\n  prepare: ./install\n"),
    );
    edit(
        &repo,
        BUILD,
        "run: imgver plan",
        "run: task utils:generate-version\n        working-directory: services/node/web",
    );
    repo.commit("Use Task");
    only(&repo, &[], &format!("error missing-imgver {BUILD}:21:9"));
    edit(&repo, BUILD, "run: task utils", "run: task prepare utils");
    clean(&repo, &[]);
    // In imgver's own repository, the tasks compile it.
    edit(&repo, BUILD, "run: task prepare utils", "run: task utils");
    repo.write("Cargo.toml", "[package]\nname = \"imgver\"\n");
    repo.commit("Fork");
    clean(&repo, &[]);
}

#[test]
fn an_action_that_is_not_there_is_told() {
    let repo = shop_with_steps("      - uses: ./.github/actions/setpu\n");
    let [message, _, fix] = only(&repo, &[], &format!("error action-file {BUILD}:21:9"));
    assert!(message.contains("./.github/actions/setpu"), "{message}");
    assert_eq!(fix, "write ./.github/actions/setup");
    for steps in [
        "      - uses: ./.github/actions/../actions/setup/\n",
        "      - run: git clone https://example.com/tools\n      - uses: ./tools/setup\n",
        "      - uses: actions/checkout@v4\n        with: {repository: acme/tools, path: tools}\n      - uses: ./tools/setup\n",
    ] {
        clean(&shop_with_steps(steps), &[]);
    }
    let repo = shop_with_steps("      - uses: ./actions/scan\n");
    repo.write("actions/scan/Dockerfile", "FROM scratch\n");
    repo.commit("Add an action");
    clean(&repo, &[]);
}

#[test]
fn an_action_before_the_checkout_is_told() {
    let checkout = "      - uses: actions/checkout@v4\n        with:\n          fetch-depth: 0\n";
    let repo = shop_with(BUILD, &format!("{checkout}{SETUP}"), &format!("{SETUP}{checkout}"));
    only(&repo, &[], &format!("error action-before-checkout {BUILD}:18:9"));
    let repo = shop_with(BUILD, &format!("{checkout}{SETUP}"), &format!("      - run: echo start\n{SETUP}"));
    only(&repo, &[], &format!("error action-before-checkout {BUILD}:19:9"));
    for before in ["      - run: git clone \"$URL\" .\n", "      - uses: acme/checkout@v1\n"] {
        clean(&shop_with(BUILD, &format!("{checkout}{SETUP}"), &format!("{before}{SETUP}")), &[]);
    }
    let repo = shop_with(BUILD, &format!("{checkout}{SETUP}"), &format!("{SETUP}{checkout}"));
    edit(&repo, BUILD, "  plan:\n    runs-on: ubuntu-latest", "  plan:\n    runs-on: self-hosted");
    clean(&repo, &[]);
}
