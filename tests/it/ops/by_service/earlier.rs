//! What an image may have been tagged with before its commit was released, by brute force: releases are deleted, one after
//! another, and the version is asked for again.

use imgver::domain::TagFormats;
use imgver::error::Kind;
use imgver::ops::promote::{self, promote};
use imgver::ops::version::{Demands, ImageUse, Request, VersionKind, version};
use imgver::ops::{
    FormatSource, HistoryRequest, RepositoryRequest, RequestedFormat, Rev, Scope, SubjectChoice,
    SubjectRequest, VersionAnswer, VersionForm,
};
use imgver::programs::Programs;
use imgver::registry::Registries;

use super::made::Made;
use crate::ops::{checkout, shown};
use crate::support::absent::AbsentRegistry;
use crate::support::{Repo, Rng, for_seeds};

const SERVICE: &str = "svc/a";

/// What is asked about.
struct Question {
    rev: String,
    scope: Scope,
    first_parent: bool,
    form: VersionForm,
}

fn formats() -> RequestedFormat {
    let formats = ["{service}@{version}", "{service}-v{version}"].map(|format| format.parse().unwrap());
    RequestedFormat { formats: TagFormats::new(formats).unwrap(), source: FormatSource::Flag }
}

impl Question {
    fn random(rng: &mut Rng, ids: &[String]) -> Self {
        let next =
            *rng.pick(&[None, None, Some(imgver::domain::Bump::Patch), Some(imgver::domain::Bump::Minor)]);
        Question {
            rev: rng.pick(ids).clone(),
            scope: *rng.pick(&[Scope::Repository, Scope::Service]),
            first_parent: rng.chance(30),
            form: VersionForm { abbrev: *rng.pick(&[7, 7, 12, 40]), next },
        }
    }

    /// The version now.
    fn version(&self, repo: &Repo) -> VersionAnswer {
        let subject = SubjectRequest {
            choice: SubjectChoice::Service(SERVICE.to_owned()),
            tag_prefix: None,
            tag_format: Some(formats()),
        };
        let history = HistoryRequest {
            rev: Rev::Named(self.rev.clone()),
            first_parent: self.first_parent,
            scope: Some(self.scope),
            last_change: false,
            dirty: false,
        };
        let request = Request {
            subject,
            history,
            form: self.form,
            demands: Demands::default(),
            kind: VersionKind::Extended,
            image: ImageUse::Ignored,
            repository: RepositoryRequest::default(),
        };
        let outcome = version(&request, &checkout(repo)).unwrap_or_else(|error| panic!("{}", shown(&error)));
        outcome.answer.answer
    }

    /// All versions there were, by deleting tags of `repo`.
    fn expected(&self, repo: &Repo) -> Vec<String> {
        let own = repo.git(["tag", "--points-at", &self.rev]);
        let own: Vec<&str> = own.lines().collect();
        let now = self.version(repo).extended;
        let (mut before, mut after) = (Vec::new(), Vec::new());
        while before.len() < 17 {
            let answer = self.version(repo);
            let is_own = answer.base_tag.as_deref().is_some_and(|base| own.contains(&base));
            if is_own { &mut after } else { &mut before }.push(answer.extended);
            let Some(base) = answer.base_tag else { break };
            repo.git(["tag", "-d", &base]);
        }
        let mut expected = vec![now];
        for version in before.into_iter().chain(after) {
            if !expected.contains(&version) {
                expected.push(version);
            }
        }
        expected
    }

    /// What is looked for.
    fn found(&self, repo: &Repo, registry: &AbsentRegistry) -> imgver::error::Result<Vec<String>> {
        let request = promote::Request {
            service: SERVICE.to_owned(),
            tag_format: Some(formats()),
            rev: Rev::Named(self.rev.clone()),
            environment: "staging".to_owned(),
            set_version: None,
            first_parent: self.first_parent,
            scope: Some(self.scope),
            form: self.form,
            image_variable: Some(format!("{}/team/app", registry.host())),
            to: None,
            digest: None,
            optional: false,
            output_file: None,
            images_file: None,
        };
        let programs = Programs::new(repo.path(), &std::collections::BTreeMap::default());
        let registries = Registries::new(Vec::new(), &programs);
        let error = promote(&request, &checkout(repo), &registries).expect_err("there is no image");
        if error.kind() != Kind::VersionRule {
            return Err(error);
        }
        let shown = shown(&error);
        let (_, tags) = shown.split_once(" for the tags ").unwrap_or_else(|| panic!("{shown}"));
        Ok(tags.lines().next().unwrap_or_default().split(", ").map(ToOwned::to_owned).collect())
    }
}

/// A random history with many releases of the service, some of them on the same commits.
fn history(rng: &mut Rng) -> (Repo, Vec<String>) {
    let count = rng.within(4..30);
    let made = Made::random(rng, count);
    let repo = Repo::new();
    let ids = made.import(&repo);
    for number in 0..rng.within(0..26) {
        let commit: &String = rng.pick(&ids);
        let (between, patch) = (*rng.pick(&["@", "-v"]), rng.within(0..4));
        repo.git(["tag", "-f", &format!("{SERVICE}{between}1.{number}.{patch}"), commit]);
        if rng.chance(20) {
            repo.git(["tag", "-f", &format!("{SERVICE}@0.{number}.0"), commit]);
        }
    }
    (repo, ids)
}

#[test]
fn earlier_versions_are_those_before_the_tags() {
    let registry = AbsentRegistry::start();
    for_seeds(500..512, |seed| {
        let rng = &mut Rng::new(seed);
        let (repo, ids) = history(rng);
        for number in 0..3 {
            let question = Question::random(rng, &ids);
            let found = question.found(&repo, &registry).unwrap_or_else(|error| panic!("{}", shown(&error)));
            let clone = repo.cloned(&format!("clone-{number}"), &[]);
            assert_eq!(found, question.expected(&clone));
        }
    });
}

#[test]
fn shallow_clones_look_for_the_same_or_refuse() {
    let registry = AbsentRegistry::start();
    let (mut answered, mut refused) = (0, 0);
    for seed in 600..608 {
        let rng = &mut Rng::new(seed);
        let (repo, ids) = history(rng);
        let tip = ids.last().unwrap().clone();
        let question = Question { rev: tip, ..Question::random(rng, &ids) };
        let full = question.expected(&repo.cloned("full", &[]));
        for depth in [1, 3, 8, 20] {
            let clone = repo.cloned(&format!("depth-{depth}"), &["--depth", &depth.to_string()]);
            clone.git(["fetch", "-q", "--tags"]);
            match question.found(&clone, &registry) {
                Ok(found) => {
                    assert_eq!(found, full, "seed {seed}, depth {depth}");
                    answered += usize::from(clone.path().join(".git/shallow").exists());
                }
                Err(error) => {
                    assert_eq!(error.kind(), Kind::Repository, "{}", shown(&error));
                    refused += 1;
                }
            }
        }
    }
    assert!(refused > 0, "answered {answered}, refused {refused}");
}
