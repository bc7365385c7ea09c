//! The filter file against services and files.

use imgver::domain::Changes;
use imgver::error::Kind;
use imgver::filters::{Detail, Quantifier};
use imgver::ops::FilterRequest;
use imgver::ops::changed::{ChangeSource, Request, changed};

use super::shop::{API, BUILD, FILTERS, WEB, With, brief, clean, edit, only, shop, shop_with};
use crate::ops::{checkout, refused};

#[test]
fn a_filter_that_names_no_service_is_told_with_the_nearest() {
    let repo = shop_with(FILTERS, "services/node/web:", "services/node/wep:");
    assert_eq!(
        brief(&repo, &[]),
        [
            format!("error filter-names-no-service {FILTERS}:4:1"),
            format!("warning service-without-filter {WEB}/Taskfile.yaml:1:1"),
        ]
    );
    let repo = shop();
    edit(&repo, FILTERS, "services/node/web: [", "docs: ['lib/**']\nservices/node/web: [");
    let [message, ..] = only(&repo, &[], &format!("warning filter-names-no-service {FILTERS}:4:1"));
    assert_eq!(message, "the filter 'docs' names no service and selects nothing");
    edit(&repo, FILTERS, "docs: ['lib/**']", "shared: &shared ['lib/**']");
    edit(&repo, FILTERS, "services/node/web: [", "services/node/web: [*shared, ");
    clean(&repo, &[]);
    edit(&repo, FILTERS, "shared: &shared", "web2: &shared");
    clean(&repo, &[]);
}

#[test]
fn a_filter_by_a_short_name_must_be_of_one_service() {
    let repo = shop_with(FILTERS, "services/go/api:", "api:");
    clean(&repo, &[]);
    repo.service("services/old/api");
    edit(
        &repo,
        BUILD,
        "          - services/go/api\n",
        "          - services/go/api\n          - services/old/api\n",
    );
    repo.commit("Add another api");
    let found = brief(&repo, &[]);
    assert_eq!(found[0], format!("error filter-names-no-service {FILTERS}:1:1"), "{found:?}");
}

#[test]
fn two_filters_for_one_service_are_an_error() {
    let repo = shop();
    edit(&repo, FILTERS, "services/node/web: [", "web: ['lib/**']\nservices/node/web: [");
    let [message, why, _] = only(&repo, &[], &format!("error filter-names-no-service {FILTERS}:5:1"));
    assert_eq!(message, "the filters 'web' and 'services/node/web' both name the service services/node/web");
    assert!(why.contains("reject"), "{why}");
    let changes = ChangeSource::Listed(Changes::default());
    let request = Request { changes, filters: FilterRequest::default(), detail: Detail::First };
    assert!(refused(changed(request, &checkout(&repo)), Kind::Input).contains(&message));
}

#[test]
fn a_service_without_a_filter_is_told_where_others_have_one() {
    let repo = shop_with(FILTERS, "services/node/web: [services/node/web/**]\n", "");
    only(&repo, &[], &format!("warning service-without-filter {WEB}/Taskfile.yaml:1:1"));
    repo.write(FILTERS, "");
    clean(&repo, &[]);
    std::fs::remove_file(repo.path().join(FILTERS)).unwrap();
    only(&repo, &[], &format!("warning filter-file {FILTERS}:1:1"));
    // Where a workflow names it, imgver fails without it.
    let named = format!("run: imgver plan --filters ./{FILTERS}");
    edit(&repo, BUILD, "run: imgver plan", &named);
    let [message, ..] = only(&repo, &[], &format!("error filter-file {FILTERS}"));
    assert!(message.contains("there is no such file"), "{message}");
    edit(&repo, BUILD, &named, "run: imgver plan");
    repo.git(["rm", "-q", "--cached", FILTERS]);
    clean(&repo, &[]);
}

#[test]
fn a_negated_pattern_under_some_is_told() {
    let repo = shop_with(FILTERS, "  - lib/**\n", "  - lib/**\n  - '!**/*.md'\n");
    let [message, why, fix] = only(&repo, &[], &format!("error negated-pattern {FILTERS}:4:5"));
    assert!(message.contains("'!**/*.md'") && message.contains("2 other patterns"), "{message}");
    assert!(why.contains("some") && fix.contains("some-with-excludes"), "{why} {fix}");
    for quantifier in [Quantifier::SomeWithExcludes, Quantifier::Every] {
        let found = brief(&repo, &[With::Quantifier(quantifier)]);
        assert!(!found.iter().any(|found| found.contains("negated")), "{found:?}");
    }
    // What all workflows say is taken.
    edit(&repo, BUILD, "run: imgver plan", "run: imgver plan --quantifier=some-with-excludes");
    clean(&repo, &[]);
    assert_eq!(brief(&repo, &[With::Quantifier(Quantifier::Some)]).len(), 1);

    let repo = shop_with(FILTERS, "[services/node/web/**]", "'!services/go/**'");
    let found = brief(&repo, &[]);
    assert!(found.contains(&format!("warning negated-pattern {FILTERS}:4:20")), "{found:?}");
    let found = brief(&repo, &[With::Quantifier(Quantifier::SomeWithExcludes)]);
    assert_eq!(found[0], format!("error pattern-matches-nothing {FILTERS}:4:1"), "{found:?}");
}

#[test]
fn a_negated_pattern_of_a_shared_list_is_told_once() {
    let repo = shop();
    repo.write(FILTERS, "services/go/api: &all\n  - services/**\n  - '!**/*.md'\nservices/node/web: *all\n");
    let found = brief(&repo, &[]);
    let told = found.iter().filter(|found| found.contains("negated-pattern"));
    assert_eq!(told.collect::<Vec<_>>(), [&format!("error negated-pattern {FILTERS}:3:5")]);
}

#[test]
fn a_pattern_that_matches_nothing_is_told() {
    let repo = shop_with(FILTERS, "  - lib/**\n", "  - libs/**\n");
    let [message, ..] = only(&repo, &[], &format!("warning pattern-matches-nothing {FILTERS}:3:5"));
    assert!(message.contains("'libs/**'") && message.contains(API), "{message}");
    edit(&repo, FILTERS, "  - libs/**\n", "  - lib/**\n  - {deleted: libs/**}\n");
    clean(&repo, &[]);
    edit(&repo, FILTERS, "{deleted: libs/**}", "{deleted|added: libs/**}");
    only(&repo, &[], &format!("warning pattern-matches-nothing {FILTERS}:4:21"));
    repo.write(FILTERS, "services/go/api: []\nservices/node/web: services/node/**\n");
    only(&repo, &[], &format!("error pattern-matches-nothing {FILTERS}:1:1"));
}

#[test]
fn a_rule_for_copies_alone_matches_nothing_between_commits() {
    let repo = shop_with(FILTERS, "  - lib/**\n", "  - lib/**\n  - {copied: lib/util}\n");
    let [message, why, fix] = only(&repo, &[], &format!("warning pattern-matches-nothing {FILTERS}:4:14"));
    assert!(
        message.contains("copied") && why.contains("plan") && fix.contains("added"),
        "{message} {why} {fix}"
    );
    for kinds in ["added|copied", "renamed", "renamed|copied", "modified"] {
        edit(&repo, FILTERS, "{copied: lib/util}", &format!("{{{kinds}: lib/util}}"));
        clean(&repo, &[]);
        edit(&repo, FILTERS, &format!("{{{kinds}: lib/util}}"), "{copied: lib/util}");
    }
}

#[test]
fn a_filter_file_that_nobody_reads_is_told() {
    let repo = shop();
    repo.git(["mv", FILTERS, ".github/file-filters.yml"]);
    let expected = "warning filter-file-elsewhere .github/file-filters.yml:1:1";
    let [_, _, fix] = only(&repo, &[], expected);
    assert!(fix.contains(FILTERS), "{fix}");
    clean(&repo, &[With::Filters(".github/file-filters.yml")]);
    // A name that workflows pass is read.
    edit(&repo, BUILD, "run: imgver plan", "run: imgver plan --filters .github/file-filters.yml");
    clean(&repo, &[]);
    edit(&repo, ".github/file-filters.yml", "lib/**", "libs/**");
    only(&repo, &[], "warning pattern-matches-nothing .github/file-filters.yml:3:5");
    for other in ["src/filters.yaml", ".github/my-filters.yaml", ".github/filters.json"] {
        let repo = shop();
        repo.git(["rm", "-q", FILTERS]);
        repo.write(other, "a: b\n");
        repo.git(["add", other]);
        clean(&repo, &[]);
    }
}
