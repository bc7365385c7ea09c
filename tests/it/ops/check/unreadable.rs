//! Files that cannot be read: each is a finding, and the rest goes on.

use std::fs;
use std::os::unix::fs::symlink;

use imgver::error::Kind;

use super::shop::{ACTION, API, BUILD, FILTERS, With, brief, checked, clean, edit, shop};
use crate::ops::refused;

#[test]
fn malformed_yaml_is_told_wherever_it_is() {
    let repo = shop();
    for (file, rule) in [(FILTERS, "filter-file"), (BUILD, "workflow-file"), (ACTION, "action-file")] {
        let repo = shop();
        repo.write(file, "a: [\nb: c\n");
        let found = brief(&repo, &[]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with(&format!("error {rule} {file}:")), "{found:?}");
    }
    for file in [FILTERS, BUILD, ACTION, &format!("{API}/Taskfile.yaml")] {
        repo.write(file, "IMAGE_REPO: [\nb: c\n");
    }
    let found = brief(&repo, &[]);
    // Without the workflow, nothing uses the action.
    assert_eq!(found.len(), 3, "{found:?}");
}

#[test]
fn a_workflow_of_another_shape_is_told() {
    for (text, place) in [("", ":1:1"), ("- a\n", ":1:1"), ("# x\n\nname\n", ":3:1")] {
        let repo = shop();
        repo.write(BUILD, text);
        let found = brief(&repo, &[]);
        assert_eq!(found, [format!("error workflow-file {BUILD}{place}")], "{text}");
    }
    for text in [
        "on:\n",
        "on: {push: [a]}\njobs: x\n",
        "jobs: {a: {steps: {b: c}}}\n",
        "on: {push: {tags: {a: b}}}\n",
    ] {
        let repo = shop();
        repo.write(BUILD, text);
        clean(&repo, &[]);
    }
}

#[test]
fn aliases_that_multiply_and_endless_nesting_are_told() {
    let mut bomb = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
    for level in 1..12 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(",");
        bomb.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
    }
    for text in [bomb, "[".repeat(9_000), "- ".repeat(20_000), "a: &a [*a]\n".to_owned()] {
        for file in [BUILD, FILTERS] {
            let repo = shop();
            repo.write(file, &text);
            let found = brief(&repo, &[]);
            assert!(found[0].starts_with("error ") && found[0].contains(file), "{found:?}");
        }
    }
}

#[test]
fn what_is_no_text_file_is_told() {
    for file in [FILTERS, BUILD, ACTION] {
        let repo = shop();
        repo.write(file, b"name: \xff\n");
        let found = brief(&repo, &[]);
        assert!(found.len() == 1 && found[0].ends_with(file), "{found:?}");
        fs::remove_file(repo.path().join(file)).unwrap();
        fs::create_dir(repo.path().join(file)).unwrap();
        assert_eq!(brief(&repo, &[]), found);
        fs::remove_dir(repo.path().join(file)).unwrap();
        symlink("nowhere", repo.path().join(file)).unwrap();
        assert!(brief(&repo, &[]).len() <= 1);
    }
}

#[test]
fn a_filter_file_that_is_named_must_be_there() {
    let repo = shop();
    let named = checked(&repo, &[With::Filters("no.yaml")]);
    assert!(refused(named, Kind::Input).contains("no.yaml"));
    edit(&repo, BUILD, "run: imgver plan", "run: imgver plan --filters no.yaml");
    assert_eq!(brief(&repo, &[]), ["error filter-file no.yaml"]);
    edit(&repo, BUILD, "--filters no.yaml", "--filters \"$FILTERS\"");
    clean(&repo, &[]);
}

#[test]
fn what_a_sparse_checkout_leaves_out_is_read_from_the_repository() {
    let repo = shop();
    edit(&repo, BUILD, "fetch-depth: 0", "fetch-depth: 1");
    repo.commit("Break the checkout");
    let found = brief(&repo, &[]);
    repo.git(["sparse-checkout", "set", "--cone", "lib", ".github/utils"]);
    assert!(!repo.path().join(BUILD).exists());
    assert_eq!(brief(&repo, &[]), found);
    assert_eq!(found, [format!("error shallow-checkout {BUILD}:18:9")]);
}
