//! `imgver version`, `imgver extended` and `imgver tag`: one subject, one line.

use std::collections::BTreeMap;

use super::answer::{Answer, json};
use super::args::{Output, SubjectArgs, TagArgs, TagOutput, VersionArgs};
use super::description::Description;
use super::gather::{self, Question};
use super::github;
use super::image::{image, no_image, reference, refuse_no_tag};
use super::rules::{is_production, refuse_inexact, refuse_unreleased};
use super::subject::{self, Subject};
use super::{Place, Reply};
use crate::display::on_one_line;
use crate::domain::ImageRepository;
use crate::error::{Error, Kind, Result};
use crate::world::World;

/// Which of its versions is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Version,
    Extended,
}

impl Form {
    fn of(self, answer: &Answer) -> &str {
        match self {
            Form::Version => &answer.version,
            Form::Extended => &answer.extended,
        }
    }
}

pub(super) fn version(args: &VersionArgs, place: &Place, world: &World<'_>) -> Result<Reply> {
    plain(args, Form::Version, place, world)
}

pub(super) fn extended(args: &VersionArgs, place: &Place, world: &World<'_>) -> Result<Reply> {
    plain(args, Form::Extended, place, world)
}

fn plain(args: &VersionArgs, form: Form, place: &Place, world: &World<'_>) -> Result<Reply> {
    let subject = one(&args.subject, place, world)?;
    let mut answer = compute(&args.subject, place, &subject, args.subject.exact)?;
    let mut line = form.of(&answer).to_owned();
    let wants_image = args.image || args.repo.is_some();
    let is_json = args.output.output == Output::Json;
    if wants_image || is_json {
        let image = image(args.repo.as_deref(), place, &subject, world);
        match image.and_then(|image| image.map(|image| answer.set_image(&image, &line)).transpose()) {
            Ok(Some(reference)) if wants_image => line = reference,
            Ok(None) if wants_image => return Err(no_image(&subject)),
            Err(error) if wants_image => return Err(error),
            // Whoever asks for a version only need not have an image.
            Ok(_) => {}
            Err(error) => answer.warnings.push(error.to_string()),
        }
    }
    let stdout = if is_json { json(&answer)? } else { line + "\n" };
    Ok(Reply { stdout: stdout.into_bytes(), warnings: answer.warnings, ..Reply::default() })
}

fn one(args: &SubjectArgs, place: &Place, world: &World<'_>) -> Result<Subject> {
    subject::one(args.service.as_deref(), args.tag_prefix.as_deref(), &args.history.tags, place, world)
}

/// An image tag that was asked for.
struct Tagged {
    /// The version in it.
    version: String,
    /// The whole reference.
    reference: String,
    /// What is known beyond that; none where nobody asked.
    answer: Option<Answer>,
}

pub(super) fn tag(args: &TagArgs, place: &Place, world: &World<'_>) -> Result<Reply> {
    let subject = one(&args.subject, place, world)?;
    let production = is_production(&args.environment);
    let repository =
        image(args.repo.as_deref(), place, &subject, world)?.ok_or_else(|| no_image(&subject))?;
    // CI systems spell "not given" as an empty string.
    let tagged = match args.set_version.as_deref().filter(|version| !version.is_empty()) {
        Some(version) => set_tag(args, version, production, place, &subject, &repository)?,
        None => {
            let mut answer = compute(&args.subject, place, &subject, production || args.subject.exact)?;
            let form = if production { Form::Version } else { Form::Extended };
            let version = form.of(&answer).to_owned();
            let reference = answer.set_image(&repository, &version)?;
            Tagged { version, reference, answer: Some(answer) }
        }
    };
    let mut reply = match (args.output, &tagged.answer) {
        (TagOutput::Json, Some(answer)) => Reply { stdout: json(answer)?.into_bytes(), ..Reply::default() },
        (TagOutput::Github, _) => {
            let commit = Question::of(&args.subject.history, false).commit(&place.repository)?;
            let description = Description::of(commit, place)?;
            let labels = lines(&description.labels(&subject, &repository, &tagged.version))?;
            let build_args = lines(&description.build_args(&tagged.version))?;
            let outputs = [
                ("version", &*tagged.version),
                ("image_tag", &tagged.reference),
                ("labels", &labels),
                ("build_args", &build_args),
            ];
            github::outputs(&outputs, world)
        }
        _ => Reply { stdout: (tagged.reference + "\n").into_bytes(), ..Reply::default() },
    };
    reply.warnings.extend(tagged.answer.into_iter().flat_map(|answer| answer.warnings));
    Ok(reply)
}

/// A `NAME=VALUE` a line, as docker/build-push-action reads lists: as CSV, where a quote may change what follows.
fn lines(values: &BTreeMap<String, String>) -> Result<String> {
    let line = |(name, value): (&String, &String)| {
        let line = format!("{name}={value}");
        if line.contains(['"', '\r', '\n']) {
            let line = on_one_line(&line);
            return Err(Error::new(
                Kind::Input,
                format!("an output cannot list {line}: it has a quote or a line break"),
            )
            .hint("give the service's directory another name"));
        }
        Ok(line)
    };
    Ok(values.iter().map(line).collect::<Result<Vec<_>>>()?.join("\n"))
}

/// The tag for a version given by hand, which needs no history unless production or JSON wants it.
fn set_tag(
    args: &TagArgs,
    version: &str,
    production: bool,
    place: &Place,
    subject: &Subject,
    repository: &ImageRepository,
) -> Result<Tagged> {
    refuse_no_tag(version)?;
    let reference = reference(repository, version)?;
    let exact = production || args.subject.exact;
    if exact {
        let commit = Question::of(&args.subject.history, true).commit(&place.repository)?;
        refuse_unreleased(commit, place, subject, version)?;
    }
    let is_bound = args.subject.require_release || args.subject.history.rev.is_some();
    let mut answer = None;
    if exact || is_bound || args.output == TagOutput::Json {
        let computed = answer.insert(compute(&args.subject, place, subject, exact)?);
        computed.set_image(repository, version)?;
    }
    Ok(Tagged { version: version.to_owned(), reference, answer })
}

/// The computation for one subject, held against what `args` demand.
fn compute(args: &SubjectArgs, place: &Place, subject: &Subject, exact: bool) -> Result<Answer> {
    let question = Question::of(&args.history, exact);
    let facts = gather::facts(place, std::slice::from_ref(subject), &question)?;
    let facts = facts.first().ok_or_else(|| Error::new(Kind::Unexpected, "a question without an answer"))?;
    if exact {
        refuse_inexact(subject, facts)?;
    }
    if facts.base.is_none() && args.require_release {
        return Err(Error::new(Kind::VersionRule, subject.no_release())
            .hint("git fetch --tags brings tags that this clone lacks")
            .hint(format!("git tag -a {} makes a first release", subject.tag_of("0.1.0"))));
    }
    Answer::new(subject, facts, &args.history.version)
}
