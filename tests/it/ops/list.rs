//! `list`: every service in one pass, or those that changed.

use imgver::domain::Bump;
use imgver::error::{Kind, Result};
use imgver::filters::Detail;
use imgver::ops::list::{Answer, ChangedSince, Request, list};
use imgver::ops::{FilterRequest, HistoryRequest, Outcome, Rev, VersionForm};

use super::{checkout, refused, tag_format};
use crate::support::{Repo, image_of};
use crate::two_services::{GO, NODE, short, two_services};

fn all() -> Request {
    Request {
        tag_format: None,
        history: HistoryRequest {
            rev: Rev::Head,
            first_parent: false,
            scope: None,
            last_change: false,
            dirty: true,
        },
        form: VersionForm { abbrev: 7, next: None },
        changed_since: None,
    }
}

fn since(base: &str, filters: Option<&str>) -> Request {
    let filters = FilterRequest { file: filters.map(Into::into), ..FilterRequest::default() };
    Request {
        changed_since: Some(ChangedSince { base: base.to_owned(), filters, detail: Detail::All }),
        ..all()
    }
}

fn at(rev: &str, mut request: Request) -> Request {
    request.history.rev = Rev::Named(rev.to_owned());
    request
}

fn ask(repo: &Repo, request: &Request) -> Result<Outcome<Answer>> {
    let outcome = list(request, &checkout(repo), None);
    assert!(outcome.as_ref().map_or(true, |outcome| outcome.effects.is_empty()), "{outcome:?}");
    outcome
}

fn services(repo: &Repo, request: &Request) -> Vec<String> {
    let answer = ask(repo, request).unwrap().answer;
    answer.services.into_iter().filter_map(|service| service.service).collect()
}

#[test]
fn every_service_with_its_version_and_image() {
    let repo = two_services();
    let Outcome { answer, warnings, .. } = ask(&repo, &all()).unwrap();
    let [go, node] = &*answer.services else { panic!("{answer:?}") };
    assert_eq!((go.service.as_deref(), node.service.as_deref()), (Some(GO), Some(NODE)));
    assert_eq!((&*go.base, &go.base_tag, go.distance), ("0.0.0", &None, 3));
    assert_eq!((&*node.base, &node.base_tag, node.distance), ("1.0.9", &Some(format!("{NODE}@1.0.9")), 2));
    assert_eq!((&go.image, &node.image), (&Some(image_of(GO)), &Some(image_of(NODE))));
    assert_eq!(node.extended, format!("1.0.9-0002-{}", short(&repo)));
    assert_eq!(node.tag, Some(format!("{}:{}", image_of(NODE), node.extended)));
    assert_eq!((go.dirty, node.dirty, answer.comparison), (false, false, None));
    assert!(warnings.len() == 1 && warnings[0].contains(GO), "{warnings:?}");

    repo.write(&format!("{GO}/Taskfile.yaml"), crate::support::taskfile("Not/An-Image"));
    let Outcome { answer, warnings, .. } = ask(&repo, &all()).unwrap();
    assert_eq!((answer.services[0].dirty, &answer.services[0].image), (true, &None));
    assert!(warnings.iter().any(|warning| warning.contains(&format!("{GO}/Taskfile.yaml:"))), "{warnings:?}");
    // A Taskfile that cannot be read is missing from the list, and that is said.
    repo.write(&format!("{GO}/Taskfile.yaml"), "vars:\n  IMAGE_REPO: [\n");
    let Outcome { answer, warnings, .. } = ask(&repo, &all()).unwrap();
    assert_eq!(answer.services.len(), 1);
    assert!(warnings.iter().any(|warning| warning.contains(&format!("{GO}/Taskfile.yaml"))), "{warnings:?}");
    refused(ask(&repo, &since("HEAD", None)), Kind::Input);
}

#[test]
fn only_what_changed() {
    let repo = two_services();
    assert_eq!(services(&repo, &all()), [GO, NODE]);
    assert_eq!(services(&repo, &since("HEAD~1", None)), [NODE]);
    assert_eq!(services(&repo, &since("HEAD~2", None)), [NODE]);
    assert_eq!(services(&repo, &since("HEAD", None)), [""; 0]);
    assert_eq!(services(&repo, &at("HEAD~1", since("HEAD~2", None))), [""; 0]);
    repo.write(".github/utils/file-filters.yaml", "api-golang: README.md\n");
    assert_eq!(services(&repo, &since("HEAD~2", None)), [GO, NODE]);
    repo.write("own.yaml", "api-node: README.md\n");
    assert_eq!(services(&repo, &at("HEAD~1", since("HEAD~2", Some("own.yaml")))), [NODE]);

    let (compared, selection) = ask(&repo, &since("HEAD~1", None)).unwrap().answer.comparison.unwrap();
    assert_eq!(compared.head.to_string(), repo.head());
    assert_eq!(
        compared.bases.iter().map(ToString::to_string).collect::<Vec<_>>(),
        [repo.git(["rev-parse", "HEAD~1"])]
    );
    let files: Vec<&str> =
        selection.changed().flat_map(|service| &service.files).map(|file| &*file.path).collect();
    assert_eq!(files, [format!("{NODE}/main.js")]);
    assert_eq!(ask(&repo, &since("HEAD", None)).unwrap().warnings, [""; 0]);

    refused(ask(&repo, &since("no-such", None)), Kind::Repository);
    refused(ask(&repo, &since("HEAD~1", Some("none.yaml"))), Kind::Input);
}

#[test]
fn releases_are_found_by_the_format_asked_for() {
    let repo = two_services();
    repo.git(["tag", "api-golang-v2.0.0", "HEAD~1"]);
    let by_name = Request { tag_format: Some(tag_format("{name}-v{version}")), ..all() };
    let answer = ask(&repo, &by_name).unwrap().answer;
    let bases: Vec<&str> = answer.services.iter().map(|service| &*service.base).collect();
    assert_eq!(bases, ["2.0.0", "0.0.0"]);
}

#[test]
fn a_service_without_a_next_version_keeps_the_others_theirs() {
    let repo = two_services();
    let largest = u64::MAX;
    repo.tag(&format!("{GO}@1.0.{largest}"));
    let next = |bump| Request { form: VersionForm { abbrev: 7, next: Some(bump) }, ..all() };
    let commit = short(&repo);
    let Outcome { answer, warnings, .. } = ask(&repo, &next(Bump::Patch)).unwrap();
    let versions: Vec<&str> = answer.services.iter().map(|service| &*service.extended).collect();
    assert_eq!(versions, [format!("1.0.{largest}-0000-{commit}"), format!("1.0.10-0002-{commit}")]);
    let [warning] = &*warnings else { panic!("{warnings:?}") };
    assert!(warning.starts_with(&format!("{GO}: there is no version after 1.0.{largest}")), "{warning}");
    assert_eq!(answer.services[0].warnings, warnings);
    assert!(answer.services[1].warnings.is_empty());
    assert!(ask(&repo, &next(Bump::Minor)).unwrap().warnings.is_empty());
}
