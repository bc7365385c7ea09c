//! A repository in which nothing is wrong, until a test changes something.

use std::fs;

use imgver::check::{self, Finding};
use imgver::error::Result;
use imgver::filters::Quantifier;
use imgver::ops::check::{self as op, Answer, Request};
use imgver::paint::Painter;
use serde_json::Value;

use crate::ops::{checkout, shown, tag_format};
use crate::support::Repo;

pub(crate) const API: &str = "services/go/api";
pub(crate) const WEB: &str = "services/node/web";

pub(crate) const FILTERS: &str = ".github/utils/file-filters.yaml";
pub(crate) const BUILD: &str = ".github/workflows/build.yaml";
pub(crate) const ACTION: &str = ".github/actions/setup/action.yaml";

const FILTERS_TEXT: &str = "\
services/go/api:
  - services/go/api/**
  - lib/**
services/node/web: [services/node/web/**]
";

const BUILD_TEXT: &str = "\
name: Build
on:
  workflow_dispatch:
    inputs:
      service:
        type: choice
        options:
          - services/go/api
          - services/node/web
  push:
    branches: [main]
    paths: ['services/**', 'lib/**']
    tags: ['services/**@[0-9]+.[0-9]+.[0-9]+']
jobs:
  plan:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
        with:
          fetch-depth: 0
      - uses: ./.github/actions/setup
      - run: imgver plan
  lint:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: make lint
";

const ACTION_TEXT: &str = "\
name: Set up
runs:
  using: composite
  steps:
    - run: ./install.sh
      shell: bash
";

/// Two services, their filters, a workflow and releases, all in step.
pub(crate) fn shop() -> Repo {
    let repo = Repo::new();
    for service in [API, WEB] {
        repo.service(service);
        repo.write(&format!("{service}/src/main"), "1\n");
    }
    repo.write("lib/util", "1\n");
    repo.write(FILTERS, FILTERS_TEXT);
    repo.write(BUILD, BUILD_TEXT);
    repo.write(ACTION, ACTION_TEXT);
    repo.commit("Open the shop");
    repo.tag(&format!("{API}@1.0.0"));
    repo.annotate(&format!("{WEB}@0.9.0"));
    repo
}

/// Changes the one place in a file where `from` stands.
#[track_caller]
pub(crate) fn edit(repo: &Repo, file: &str, from: &str, to: &str) {
    let text = fs::read_to_string(repo.path().join(file)).unwrap();
    assert_eq!(text.matches(from).count(), 1, "'{from}' in {file}:\n{text}");
    repo.write(file, text.replacen(from, to, 1));
}

/// The shop with one place in a file changed and committed.
#[track_caller]
pub(crate) fn shop_with(file: &str, from: &str, to: &str) -> Repo {
    let repo = shop();
    edit(&repo, file, from, to);
    repo.commit("Change something");
    repo
}

/// What a check is told besides.
#[derive(Clone, Copy)]
pub(crate) enum With<'w> {
    Filters(&'w str),
    Quantifier(Quantifier),
    TagFormat(&'w str),
}

/// What comes of a check.
pub(crate) fn checked(repo: &Repo, with: &[With<'_>]) -> Result<Answer> {
    let mut request = Request { filters: None, quantifier: None, tag_format: None };
    for with in with {
        match with {
            With::Filters(file) => request.filters = Some(file.into()),
            With::Quantifier(quantifier) => request.quantifier = Some(*quantifier),
            With::TagFormat(format) => request.tag_format = Some(tag_format(format)),
        }
    }
    let outcome = op::check(&request, &checkout(repo))?;
    assert_eq!((&*outcome.warnings, &*outcome.effects), (&[][..], &[][..]), "a check only looks");
    Ok(outcome.answer)
}

/// The findings.
#[track_caller]
fn found(repo: &Repo, with: &[With<'_>]) -> Vec<Finding> {
    checked(repo, with).unwrap_or_else(|error| panic!("{}", shown(&error))).findings
}

/// The findings as text.
#[track_caller]
pub(crate) fn text(repo: &Repo) -> String {
    check::text(&found(repo, &[]), Painter::PLAIN)
}

/// The findings, as JSON gives them. All three forms must agree.
#[track_caller]
pub(crate) fn findings(repo: &Repo, with: &[With<'_>]) -> Vec<Value> {
    let findings = found(repo, with);
    let (text, github) = (check::text(&findings, Painter::PLAIN), check::github(&findings));
    let json = serde_json::to_value(check::json(&findings)).unwrap();
    let found = json.as_array().unwrap().clone();
    assert_eq!(github.lines().count(), found.len(), "{github}");
    assert_eq!(text.lines().count(), 3 * found.len(), "{text}");
    for (index, finding) in found.iter().enumerate() {
        let lines: Vec<&str> = text.lines().skip(3 * index).take(3).collect();
        assert!(
            lines[0].contains(&format!("{}[{}]: ", sev(finding), finding["rule"].as_str().unwrap())),
            "{text}"
        );
        assert!(lines[1].starts_with("  why: ") && lines[2].starts_with("  fix: "), "{text}");
        let place = place(finding);
        let is_shown_as_it_is =
            !place.starts_with("::") && !place.contains("##[") && !place.contains(char::is_control);
        assert!(!is_shown_as_it_is || place.contains('\u{202e}') || lines[0].starts_with(&place), "{text}");
        for part in ["message", "why", "fix"] {
            assert!(finding[part].as_str().is_some_and(|part| part.len() > 5), "{finding}");
        }
        let line = github.lines().nth(index).unwrap();
        assert!(line.starts_with(&format!("::{} ", sev(finding))), "{github}");
    }
    found
}

fn sev(finding: &Value) -> &str {
    finding["severity"].as_str().unwrap()
}

/// `FILE:LINE:COLUMN`, a ref, or nothing.
fn place(finding: &Value) -> String {
    let file = finding["file"].as_str().or(finding["ref"].as_str()).unwrap_or_default().to_owned();
    match (finding["line"].as_u64(), finding["column"].as_u64()) {
        (Some(line), Some(column)) => format!("{file}:{line}:{column}"),
        _ => file,
    }
}

/// The findings in short: severity, rule and place.
#[track_caller]
pub(crate) fn brief(repo: &Repo, with: &[With<'_>]) -> Vec<String> {
    let found = findings(repo, with);
    let brief = |finding: &Value| {
        let rule = finding["rule"].as_str().unwrap();
        format!("{} {rule} {}", sev(finding), place(finding)).trim_end().to_owned()
    };
    found.iter().map(brief).collect()
}

/// The one finding, its message, reason and repair, which must be in short as `expected`.
#[track_caller]
pub(crate) fn only(repo: &Repo, with: &[With<'_>], expected: &str) -> [String; 3] {
    assert_eq!(brief(repo, with), [expected], "{}", check::text(&found(repo, with), Painter::PLAIN));
    let finding = &findings(repo, with)[0];
    ["message", "why", "fix"].map(|part| finding[part].as_str().unwrap().to_owned())
}

/// Asserts that nothing is wrong.
#[track_caller]
pub(crate) fn clean(repo: &Repo, with: &[With<'_>]) {
    assert_eq!(brief(repo, with), [""; 0], "{}", check::text(&found(repo, with), Painter::PLAIN));
}
