//! Checkouts, and the history that calls need.

use super::shop::{BUILD, brief, clean, edit, only, shop_with};

const SHALLOW: &str = "        with:\n          fetch-depth: 0\n";
const PLAN: &str = "      - run: imgver plan\n";
const EVENTS: &str = "  push:\n    branches: [main]\n    paths: ['services/**', 'lib/**']\n    tags: ['services/**@[0-9]+.[0-9]+.[0-9]+']\n";

fn is_told(steps: &str) -> bool {
    let repo = shop_with(BUILD, SHALLOW, "");
    edit(&repo, BUILD, PLAN, steps);
    let found = brief(&repo, &[]);
    assert!(found.iter().all(|finding| finding.contains("shallow-checkout")), "{steps}: {found:?}");
    !found.is_empty()
}

#[test]
fn a_script_may_fetch_what_a_checkout_lacks() {
    for fetch in [
        "git fetch --unshallow",
        "git fetch --prune --unshallow --tags",
        "git fetch --depth=2147483647",
        "git fetch --depth 2147483647 origin",
        "git -C . pull --unshallow",
        "git fetch --deepen=1000",
    ] {
        assert!(!is_told(&format!("      - run: {fetch}\n{PLAN}")), "{fetch}");
        assert!(!is_told(&format!("      - run: |\n          {fetch}\n          imgver list\n")), "{fetch}");
        assert!(is_told(&format!("      - run: |\n          imgver list\n          {fetch}\n")), "{fetch}");
    }
    for fetch in ["git fetch", "git fetch --tags --depth=1", "echo git fetch --unshallow"] {
        assert!(is_told(&format!("      - run: {fetch}\n{PLAN}")), "{fetch}");
    }
}

#[test]
fn some_events_need_no_history() {
    for (events, depth, told) in [
        ("", "", false),
        ("  schedule: [{cron: '0 3 * * *'}]\n", "", false),
        ("  repository_dispatch:\n", "", false),
        ("  push: {tags: ['services/**@[0-9]+.[0-9]+.[0-9]+']}\n", "", false),
        ("  pull_request:\n", "        with: {fetch-depth: 2}\n", false),
        ("  pull_request:\n", "        with: {fetch-depth: 1}\n", true),
        ("  merge_group:\n", "        with: {fetch-depth: 2}\n", true),
        ("  push: {branches: [main]}\n", "", true),
    ] {
        let repo = shop_with(BUILD, EVENTS, events);
        edit(&repo, BUILD, SHALLOW, depth);
        let expected: Vec<_> =
            told.then_some("shallow-checkout").into_iter().map(ToOwned::to_owned).collect();
        let rules: Vec<_> =
            brief(&repo, &[]).iter().filter_map(|found| Some(found.split(' ').nth(1)?.to_owned())).collect();
        assert_eq!(rules, expected, "{events}{depth}");
        // A version does.
        edit(&repo, BUILD, PLAN, "      - run: imgver list\n");
        assert_eq!(brief(&repo, &[]).len(), 1, "{events}{depth}");
    }
    // A condition may leave the events that need it out.
    let repo = shop_with(BUILD, SHALLOW, "");
    edit(&repo, BUILD, PLAN, "      - run: imgver plan\n        if: github.event_name != 'push'\n");
    clean(&repo, &[]);
}

#[test]
fn a_version_that_is_given_needs_no_history() {
    for (call, told) in [
        ("imgver tag web --set-version try-1", false),
        ("imgver tag web --set-version=try-1 --environment development", false),
        ("imgver tag web --set-version 1.2.3 --environment production", true),
        ("imgver tag web --set-version \"$VERSION\"", true),
        ("imgver tag web --set-version ''", true),
        ("imgver list --set-version x", true),
    ] {
        assert_eq!(is_told(&format!("      - run: {call}\n")), told, "{call}");
    }
}

#[test]
fn the_checkout_counts_that_imgver_works_in() {
    let full = "      - uses: actions/checkout@v4\n        with: {path: full, fetch-depth: 0}\n";
    for (call, told) in [
        ("      - run: imgver list\n        working-directory: full\n", false),
        ("      - run: imgver list\n        working-directory: ./full/services\n", false),
        ("      - run: imgver -C full list\n", false),
        ("      - run: cd full && imgver list\n", false),
        ("      - run: imgver -C \"$DIRECTORY\" list\n", false),
        ("      - run: imgver list\n", true),
        ("      - run: imgver -C services list\n", true),
        ("      - run: imgver list\n        working-directory: fuller\n", true),
    ] {
        assert_eq!(is_told(&format!("{full}{call}")), told, "{call}");
    }
    // The other way round.
    let shallow = "      - uses: actions/checkout@v4\n        with: {path: base, ref: main}\n";
    for (call, told) in
        [("imgver list", false), ("imgver -C base list", true), ("cd base; imgver list", true)]
    {
        let repo = shop_with(BUILD, PLAN, &format!("{shallow}      - run: {call}\n"));
        assert_eq!(brief(&repo, &[]).len(), usize::from(told), "{call}");
    }
}

#[test]
fn what_is_switched_off_does_not_count() {
    for never in ["false", "${{ false }}", "'false'"] {
        let repo = shop_with(BUILD, SHALLOW, "");
        edit(&repo, BUILD, "      - uses: ./.github/actions/setup\n", "");
        edit(&repo, BUILD, "  plan:\n", &format!("  plan:\n    if: {never}\n"));
        clean(&repo, &[]);
        assert!(!is_told(&format!("{PLAN}        if: {never}\n")), "{never}");
    }
    assert!(is_told(&format!("{PLAN}        if: 'true'\n")));
    let repo = shop_with(BUILD, SHALLOW, "");
    edit(&repo, BUILD, "  plan:\n", "  plan:\n    if: success()\n");
    only(&repo, &[], &format!("error shallow-checkout {BUILD}:19:9"));
}

#[test]
fn text_and_other_languages_are_no_calls() {
    let script = |lines: &[&str], shell: &str| {
        let lines: String = lines.iter().map(|line| format!("          {line}\n")).collect();
        format!("      - run: |\n{lines}        shell: {shell}\n")
    };
    for (lines, shell) in [
        (&["cat <<EOF >x", "imgver list", "EOF"][..], "bash"),
        (&["cat <<-'EOF' >x", "imgver list", "EOF"], "bash"),
        (&["echo 'run", "imgver list", "now'"], "bash"),
        (&["echo \"run", "imgver list", "now\""], "sh"),
        (&["x = '''", "imgver list", "'''"], "python"),
        (&["x = `", "imgver list", "`"], "node {0}"),
        (&["<#", "imgver list", "#>"], "pwsh"),
        (&["$x = @\"", "imgver list", "\"@"], "pwsh"),
    ] {
        assert!(!is_told(&script(lines, shell)), "{lines:?}");
    }
    for (lines, shell) in [
        (&["bash <<EOF", "imgver list", "EOF"][..], "bash"),
        (&["cat <<EOF >x", "a $(imgver version web)", "EOF"], "bash"),
        (&["cat <<'EOF' >x", "it's", "EOF", "imgver list"], "bash"),
        (&["# don't", "imgver list # isn't"], "bash"),
        (&["echo \"a", "$(imgver version web)\""], "bash"),
        (&["$x = imgver list", "imgver list"], "pwsh"),
    ] {
        assert!(is_told(&script(lines, shell)), "{lines:?}");
    }
}
