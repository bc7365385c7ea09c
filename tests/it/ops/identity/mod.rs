//! One identity: the version and the image of one answer belong to one subject.

mod computed;
mod given;
mod named;
mod places;
mod whole;

use imgver::error::{Kind, Result};
use imgver::ops::version::{Demands, ImageUse, Request, VersionKind, Versioned, version};
use imgver::ops::{
    Checkout, HistoryRequest, Outcome, RepositoryRequest, Rev, SubjectChoice, SubjectRequest, VersionForm,
};

use super::{checkout, checkout_in, refused, shown};
use crate::support::{Repo, image_of, taskfile};

const API: &str = "services/api";
const WEB: &str = "services/web";

/// Two services with images of their own and two that share one, each released, and a release of the repository:
/// no two versions are the same.
fn repo() -> Repo {
    let repo = Repo::new();
    for service in [API, WEB] {
        repo.service(service);
    }
    for service in ["jobs/in", "jobs/out"] {
        repo.write(&format!("{service}/Taskfile.yaml"), taskfile("team/jobs"));
    }
    repo.write("docs/README.md", "nothing\n");
    repo.commit("begin");
    repo.tag("v7.0.0");
    for (service, release) in [(API, "1.0.0"), (WEB, "2.0.0"), ("jobs/in", "3.0.0"), ("jobs/out", "4.0.0")] {
        repo.tag(&format!("{service}@{release}"));
    }
    repo
}

/// `imgver version` with the image if it is known.
struct Call {
    directory: &'static str,
    subject: SubjectRequest,
    repository: RepositoryRequest,
    rev: Rev,
    image: ImageUse,
}

fn call() -> Call {
    Call {
        directory: "",
        subject: SubjectRequest::default(),
        repository: RepositoryRequest::default(),
        rev: Rev::Head,
        image: ImageUse::IfKnown,
    }
}

impl Call {
    fn in_directory(self, directory: &'static str) -> Self {
        Call { directory, ..self }
    }

    fn service(self, service: &str) -> Self {
        self.about(SubjectChoice::Service(service.to_owned()))
    }

    fn whole(self) -> Self {
        self.about(SubjectChoice::Whole)
    }

    fn about(mut self, choice: SubjectChoice) -> Self {
        self.subject.choice = choice;
        self
    }

    /// With `--repo`.
    fn flag(mut self, image: &str) -> Self {
        self.repository.flag = Some(image.to_owned());
        self
    }

    /// With `IMAGE_REPO` in the environment.
    fn variable(mut self, image: &str) -> Self {
        self.repository.variable = Some(image.to_owned());
        self
    }

    fn without_image(self) -> Self {
        Call { image: ImageUse::Ignored, ..self }
    }

    fn with_image(self) -> Self {
        Call { image: ImageUse::Required, ..self }
    }

    fn ask(&self, checkout: &Checkout) -> Result<Outcome<Versioned>> {
        let request = Request {
            subject: self.subject.clone(),
            history: HistoryRequest {
                rev: self.rev.clone(),
                first_parent: false,
                scope: None,
                last_change: false,
                dirty: true,
            },
            form: VersionForm { abbrev: 7, next: None },
            demands: Demands::default(),
            kind: VersionKind::Base,
            image: self.image,
            repository: self.repository.clone(),
        };
        version(&request, checkout)
    }

    #[track_caller]
    fn outcome(&self, repo: &Repo) -> Outcome<Versioned> {
        self.ask(&checkout_in(repo, self.directory)).unwrap_or_else(|error| panic!("{}", shown(&error)))
    }

    /// Service, version and image, without any warning.
    #[track_caller]
    fn answer(&self, repo: &Repo) -> (Option<String>, String, Option<String>) {
        let Outcome { answer, warnings, .. } = self.outcome(repo);
        assert_eq!(warnings, Vec::<String>::new());
        (answer.answer.service, answer.answer.version, answer.answer.image)
    }

    /// The same, where it is that of the repository as a whole, and a warning says so.
    #[track_caller]
    fn warned(&self, repo: &Repo) -> (String, Option<String>) {
        let Outcome { answer, warnings, .. } = self.outcome(repo);
        let [warning] = &*warnings else { panic!("{warnings:?}") };
        assert!(warning.contains("repository as a whole") && warning.contains("--whole"), "{warning}");
        assert_eq!(answer.answer.warnings, warnings);
        assert_eq!(answer.answer.service, None);
        (answer.answer.version, answer.answer.image)
    }

    /// The error, of bad input, which must say all of `words`.
    #[track_caller]
    fn refused(&self, repo: &Repo, words: &[&str]) {
        let error = refused(self.ask(&checkout_in(repo, self.directory)), Kind::Input);
        for word in words {
            assert!(error.contains(word), "'{word}' is missing: {error}");
        }
    }
}

fn of(service: &str, version: &str, image: &str) -> (Option<String>, String, Option<String>) {
    (Some(service.to_owned()), version.to_owned(), Some(image.to_owned()))
}

fn whole(version: &str, image: Option<&str>) -> (Option<String>, String, Option<String>) {
    (None, version.to_owned(), image.map(ToOwned::to_owned))
}

fn only(version: &str, image: Option<&str>) -> (String, Option<String>) {
    (version.to_owned(), image.map(ToOwned::to_owned))
}
