//! `imgver release`: decides on a release, holds it against what must be so, sets its tag and pushes it.

mod rules;

use serde::Serialize;

use self::rules::{refuse_changes, refuse_taken, refuse_unknown_releases, refuse_unmerged};
use super::answer::{bumped, json};
use super::args::{Output, ReleaseArgs};
use super::gather::{self, Base, Question};
use super::selection::Filters;
use super::subject::{self, Subject};
use super::{Place, Reply};
use crate::ci::github::{WORKFLOWS, Workflow, is_workflow};
use crate::display::on_one_line;
use crate::domain::{Bump, Version};
use crate::error::{Error, Kind, Result};
use crate::filters::Detail;
use crate::history::git::{CommitDetails, CommitId};
use crate::release::{self as tagging, CHANGES_MAX, Call, Change, Git, skips_workflows};
use crate::world::World;

/// A release that may be made.
#[derive(Debug, Serialize)]
struct Release {
    /// The service's path; null at repository level.
    service: Option<String>,
    version: String,
    tag: String,
    /// The commit's full hash.
    commit: String,
    /// The base release's tag; null where there is none.
    previous: Option<String>,
    message: String,
    /// The remote that the tag is pushed to; null where it is not.
    pushed_to: Option<String>,
    /// What a push of the tag starts.
    workflows: Vec<Started>,
    dry_run: bool,
    warnings: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Started {
    name: String,
    file: String,
}

pub(super) fn release(args: &ReleaseArgs, place: &Place, world: &World<'_>) -> Result<Reply> {
    let subject = subject::one(args.service.as_deref(), None, &args.tags, place, world)?;
    let question = Question { rev: args.rev.as_deref(), first_parent: false, dirty: false, only: None };
    let facts = gather::facts(place, std::slice::from_ref(&subject), &question)?;
    let facts = facts.first().ok_or_else(|| Error::new(Kind::Unexpected, "a question without an answer"))?;
    let (commit, base) = (facts.commit, facts.base.as_ref());
    let version = version(args, base)?;
    let tag = tag(&subject, base, version);
    refuse_taken(&tag, version, commit, &subject, base, place)?;
    if args.rev.is_none() {
        refuse_changes(place)?;
    }
    let mut warnings = Vec::new();
    if !args.any_branch {
        warnings.extend(refuse_unmerged(commit, args.push, place)?);
    }
    let changes = changes(commit, base, &subject, args, place, world)?;
    let details = place.repository.details(commit)?;
    let workflows = workflows(&tag, commit, place, &mut warnings)?;
    warnings.extend(doubts(&tag, commit, &details, facts.distance, base, &changes, &workflows));
    let remote = if args.push { Some(remote(place)?) } else { None };
    let release = Release {
        service: subject.service.as_ref().map(|service| service.path.clone()),
        message: tagging::message(
            subject.title(),
            &version.to_string(),
            base.map(|base| &*base.tag),
            &changes,
        ),
        version: version.to_string(),
        tag,
        commit: commit.to_string(),
        previous: base.map(|base| base.tag.clone()),
        pushed_to: remote,
        workflows,
        dry_run: args.dry_run,
        warnings,
    };
    perform(release, args, &subject, &details, place, world)
}

/// Makes the release, or says what would be done.
fn perform(
    release: Release,
    args: &ReleaseArgs,
    subject: &Subject,
    details: &CommitDetails,
    place: &Place,
    world: &World<'_>,
) -> Result<Reply> {
    let set = tagging::set(&release.tag, &release.commit, &release.message);
    let push = release.pushed_to.as_ref().map(|remote| tagging::push(remote, &release.tag));
    let git = Git::find(&world.directory, &world.env)?;
    if let Some(remote) = &release.pushed_to {
        refuse_unknown_releases(&git.tags_of(remote)?, remote, &release.tag, subject, place)?;
    }
    if !args.dry_run {
        git.set(&release.tag, &set)?;
        push.as_ref().map_or(Ok(()), |push| git.push(&release.tag, push))?;
    }
    let stdout = match (args.output.output, args.dry_run) {
        (Output::Json, _) => json(&release)?,
        (Output::Text, true) => rehearsal(&release, details, &set, push.as_ref()),
        (Output::Text, false) => format!("{}\n", release.tag),
    };
    let explanation = if args.dry_run { Vec::new() } else { report(&release, place) };
    Ok(Reply { stdout: stdout.into_bytes(), explanation, warnings: release.warnings, ..Reply::default() })
}

fn version(args: &ReleaseArgs, base: Option<&Base>) -> Result<Version> {
    let base = base.map_or(Version::ZERO, |base| base.version);
    match (args.set, args.bump) {
        (Some(version), _) => Ok(version),
        (None, Some(bump)) => bumped(base, Bump::from(bump)),
        _ => Err(Error::new(Kind::Usage, "it is not said which version is released: --bump or --set")),
    }
}

/// The tag, spelled as the last one was where there are several spellings.
fn tag(subject: &Subject, base: Option<&Base>, version: Version) -> String {
    let fits = |tag: &str| subject.patterns.iter().find(|pattern| pattern.version_of(tag).is_some());
    let pattern = base.and_then(|base| fits(&base.tag)).or(subject.patterns.first());
    pattern.map_or_else(|| version.to_string(), |pattern| pattern.tag_of(version))
}

/// The commits that the release brings, the newest first: those since `base` that concern the subject. Merges bring
/// nothing but what their branches did. There may be more than a message lists. A first release brings everything, which
/// no list helps to read.
fn changes(
    commit: CommitId,
    base: Option<&Base>,
    subject: &Subject,
    args: &ReleaseArgs,
    place: &Place,
    world: &World<'_>,
) -> Result<Vec<Change>> {
    let repository = &place.repository;
    let Some(base) = base else { return Ok(Vec::new()) };
    let since = repository.resolve(&format!("refs/tags/{}", base.tag))?;
    let (services, _) = subject::services(place)?;
    let mut paths: Vec<&str> = services.iter().map(|service| &*service.path).collect();
    // A new one that git does not track yet is a service all the same.
    if let (Some(service), Err(at)) = (&subject.service, paths.binary_search(&subject.directory())) {
        paths.insert(at, &service.path);
    }
    let filters = Filters::load(&args.filters, place, world)?;
    let mut changes = Vec::new();
    for commit in repository.commits_since(since, commit)? {
        if changes.len() > CHANGES_MAX {
            break;
        }
        let details = repository.details(commit)?;
        if details.parents > 1 {
            continue;
        }
        let concerns = || -> Result<bool> {
            let changed = repository.changes_of(commit)?;
            let selection = filters.select(&paths, &changed, Detail::First)?;
            Ok(selection.paths().any(|path| path == subject.directory()))
        };
        if subject.service.is_none() || concerns()? {
            let CommitDetails { subject, author, .. } = details;
            changes.push(Change { commit: commit.abbreviated(7), subject, author });
        }
    }
    Ok(changes)
}

/// The workflows of `commit` that a push of `tag` starts: GitHub takes them from the commit that is tagged.
fn workflows(tag: &str, commit: CommitId, place: &Place, warnings: &mut Vec<String>) -> Result<Vec<Started>> {
    let files = place.repository.files_in(commit, WORKFLOWS, is_workflow)?;
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let mut started = Vec::new();
    for file in files {
        match Workflow::parse(&*file.path, &String::from_utf8_lossy(&file.content)) {
            Ok(workflow) if workflow.starts_for_tag(tag) => {
                started.push(Started { name: workflow.name().to_owned(), file: workflow.file().to_owned() });
            }
            Ok(_) => {}
            Err(error) => {
                let place = error.place(&file.path);
                warnings
                    .push(format!("{place}: {error}: it is not known whether the tag starts this workflow"));
            }
        }
    }
    if started.is_empty() {
        warnings.push(format!("no workflow of {} starts when {tag} is pushed", commit.abbreviated(7)));
    }
    Ok(started)
}

/// What whoever releases may not have meant.
fn doubts(
    tag: &str,
    commit: CommitId,
    details: &CommitDetails,
    distance: u64,
    base: Option<&Base>,
    changes: &[Change],
    workflows: &[Started],
) -> Vec<String> {
    let short = commit.abbreviated(7);
    let mut doubts = Vec::new();
    match base {
        Some(base) if distance == 0 => doubts.push(format!("{short} is released as {} already", base.tag)),
        Some(base) if changes.is_empty() => {
            doubts.push(format!("no commit since {} concerns what is released", base.tag));
        }
        _ => {}
    }
    if let (Some(words), false) = (skips_workflows(&details.message), workflows.is_empty()) {
        doubts.push(format!("the message of {short} says {words}: GitHub starts no workflow for {tag}"));
    }
    doubts
}

fn remote(place: &Place) -> Result<String> {
    place.repository.push_remote().ok_or_else(|| {
        Error::new(Kind::Repository, "there is no remote to push the release to").hint(
            "git remote add origin URL adds one; of several, git config remote.pushDefault NAME chooses one",
        )
    })
}

/// What a dry run prints.
fn rehearsal(release: &Release, details: &CommitDetails, set: &Call, push: Option<&Call>) -> String {
    let command = |call: &Call| {
        let words = std::iter::once("git").chain(call.args.iter().map(String::as_str));
        shlex::try_join(words).unwrap_or_else(|_| call.args.join(" "))
    };
    let previous = release.previous.as_deref().unwrap_or("none");
    let subject = on_one_line(&details.subject);
    let mut text = format!(
        "tag      {}\ncommit   {} {subject}\nprevious {previous}\nmessage\n",
        release.tag, release.commit
    );
    for line in release.message.lines() {
        text.push_str(format!("    {line}").trim_end());
        text.push('\n');
    }
    for workflow in &release.workflows {
        text.push_str(&format!(
            "starts   {} ({}) when pushed\n",
            on_one_line(&workflow.name),
            on_one_line(&workflow.file)
        ));
    }
    text.push_str(&format!("would run, with the message on standard input: {}\n", command(set)));
    if let Some(push) = push {
        text.push_str(&format!("would run: {}\n", command(push)));
    }
    text
}

/// What was done, and what comes of it.
fn report(release: &Release, place: &Place) -> Vec<String> {
    let (tag, short) = (&release.tag, release.commit.get(..7).unwrap_or(&release.commit));
    let mut lines = match &release.pushed_to {
        Some(remote) => vec![format!("{short} is tagged as {tag}, and the tag is pushed to {remote}")],
        None => {
            let remote = place.repository.push_remote().unwrap_or_else(|| "origin".to_owned());
            vec![
                format!("{short} is tagged as {tag}"),
                format!("git {} pushes it", tagging::push(&remote, tag).args.join(" ")),
            ]
        }
    };
    let verb = if release.pushed_to.is_some() { "this starts" } else { "that will start" };
    let started = release.workflows.iter();
    lines.extend(started.map(|Started { name, file }| format!("{verb} {name} ({file})")));
    lines
}
