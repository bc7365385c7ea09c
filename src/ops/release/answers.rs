//! What is said of the releases, and the effects that make them.

use super::super::{Checkout, Effect, Outcome};
use super::candidate::Candidate;
use super::{Answer, Request, StartedWorkflow, Tip};
use crate::display::url_without_credentials;
use crate::release::{self, ChangelogEntry, ReleaseNotes};

/// The answers about releases, while they are put together in order.
pub(super) struct Answers<'c> {
    request: &'c Request,
    tip: &'c Tip,
    /// The remote that is pushed to, if any is.
    push_to: Option<&'c str>,
    /// The remote that could be pushed to later.
    remote: String,
    /// Warnings that are about no release in particular.
    common: Vec<String>,
    answers: Vec<Answer>,
    notes: Vec<ReleaseNotes>,
    effects: Vec<Effect>,
    warnings: Vec<String>,
}

impl<'c> Answers<'c> {
    /// None yet. `common` are warnings that are about all of them.
    pub(super) fn new(
        request: &'c Request,
        tip: &'c Tip,
        push_to: Option<&'c str>,
        common: Vec<String>,
        checkout: &Checkout,
    ) -> Self {
        let remote = push_to.map(ToOwned::to_owned).or_else(|| checkout.repository.push_remote());
        let remote = remote.unwrap_or_else(|| "origin".to_owned());
        let (answers, notes, effects, warnings) = (Vec::new(), Vec::new(), Vec::new(), common.clone());
        Answers { request, tip, push_to, remote, common, answers, notes, effects, warnings }
    }

    /// Adds the release of `candidate`, which brings `changes` and starts `workflows`.
    pub(super) fn add(
        &mut self,
        candidate: Candidate<'_>,
        changes: Vec<ChangelogEntry>,
        workflows: Vec<StartedWorkflow>,
    ) {
        let version = candidate.version_text();
        let notes = ReleaseNotes {
            name: candidate.subject.title().to_owned(),
            together: candidate.together(),
            version: version.clone(),
            is_prerelease: candidate.prerelease.is_some(),
            previous: candidate.base.as_ref().map(|base| base.tag.clone()),
            changes,
        };
        let message = notes.message();
        let (tag, commit) = (candidate.tag, self.tip.commit.to_string());
        let push_command = release::push(&self.remote, &tag);
        if !candidate.is_set {
            self.effects.push(Effect::SetTag(release::set(&tag, &commit, &message)));
        }
        if self.push_to.is_some() && !candidate.is_pushed {
            self.effects.push(Effect::PushTag(push_command.clone()));
        }
        self.warnings.extend(candidate.warnings.iter().cloned());
        self.answers.push(Answer {
            service: candidate.subject.path().map(ToOwned::to_owned),
            version,
            tag,
            commit,
            subject: self.tip.details.subject.clone(),
            previous: notes.previous.clone(),
            message,
            was_set: candidate.is_set,
            was_pushed: candidate.is_pushed,
            pushed_to: self.push_to.map(url_without_credentials),
            push_command,
            workflows,
            dry_run: self.request.dry_run,
            warnings: self.common.iter().cloned().chain(candidate.warnings).collect(),
        });
        self.notes.push(notes);
    }

    /// All of them, with all warnings, and the effects in the order to carry them out.
    pub(super) fn outcome(self) -> Outcome<Vec<Answer>> {
        let Answers { request, answers, notes, effects, warnings, .. } = self;
        // Before the first tag: a file that cannot be written must not leave releases without it.
        let write = request.notes_file.as_ref().map(|path| Effect::Replace {
            path: path.clone(),
            content: release::markdown(&notes).into_bytes(),
        });
        Outcome { answer: answers, warnings, effects: write.into_iter().chain(effects).collect() }
    }
}
