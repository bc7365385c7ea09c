//! `imgver list`: every service in one pass.

use anstyle::Style;

use super::answer::{Answer, json};
use super::args::{ListArgs, Output};
use super::color::{FAINT, GOOD, HEADING, ODD, Painter};
use super::gather::{self, Question};
use super::image::taskfile_image;
use super::selection::{Filters, refuse_malformed};
use super::subject::{self, All, Malformed, Subject};
use super::{Place, Reply, comparison, explain};
use crate::error::{Error, Kind, Result};
use crate::filters::Detail;
use crate::world::World;

const HEADINGS: [&str; 6] = ["SERVICE", "IMAGE", "RELEASE", "DISTANCE", "VERSION", "STATE"];

pub(super) fn list(args: &ListArgs, place: &Place, world: &World<'_>) -> Result<Reply> {
    let All { subjects, malformed } = subject::all(&args.history.tags, place, world)?;
    let mut reply = Reply::default();
    if subjects.is_empty() {
        reply.warnings.push(subject::NO_SERVICE.to_owned());
    }
    let malformed = malformed.into_iter().map(|(_, found)| found);
    let subjects = match &args.changed_since {
        Some(base) => changed_since(base, subjects, malformed, args, place, world, &mut reply)?,
        None => {
            refuse_idle_filters(args)?;
            reply.warnings.extend(malformed.map(|found| found.error.to_string()));
            subjects
        }
    };
    let answers = answers(&subjects, args, place, &mut reply.warnings)?;
    reply.warnings.extend(unreleased(&answers));
    let stdout = match args.output.output {
        Output::Json => json(&answers)?,
        Output::Text => table(&answers, Painter::new(&args.color, world)),
    };
    reply.stdout = stdout.into_bytes();
    Ok(reply)
}

/// Those of `subjects` that differ between the commit `base` and the one that is versioned, by the filters that apply.
fn changed_since(
    base: &str,
    mut subjects: Vec<Subject>,
    malformed: impl Iterator<Item = Malformed>,
    args: &ListArgs,
    place: &Place,
    world: &World<'_>,
    reply: &mut Reply,
) -> Result<Vec<Subject>> {
    refuse_malformed(malformed)?;
    let head = args.history.rev.as_deref().unwrap_or("HEAD");
    let compared = comparison::between(place, base, head, false)?;
    let filters = Filters::load(&args.filters, place, world)?;
    let services: Vec<&str> = subjects.iter().map(Subject::directory).collect();
    let detail = if args.reasons.explain { Detail::All } else { Detail::First };
    let selection = filters.select(&services, &compared.changes, detail)?;
    if args.reasons.explain {
        reply.explanation.extend(explain::comparison(&compared));
        reply.explanation.extend(explain::selection(&selection, compared.changes.len()));
    }
    let changed: Vec<String> = selection.paths().map(ToOwned::to_owned).collect();
    reply.warnings.extend(selection.warnings);
    subjects.retain(|subject| changed.iter().any(|path| path == subject.directory()));
    Ok(subjects)
}

/// Filters without a comparison would be passed over without a word.
fn refuse_idle_filters(args: &ListArgs) -> Result<()> {
    let idle = if args.filters.filters.is_some() {
        "--filters"
    } else if args.reasons.explain {
        "--explain"
    } else {
        return Ok(());
    };
    Err(Error::new(Kind::Usage, format!("{idle} tells what has changed, and nothing is compared"))
        .hint("name a commit to compare with: --changed-since REV"))
}

fn answers(
    subjects: &[Subject],
    args: &ListArgs,
    place: &Place,
    warnings: &mut Vec<String>,
) -> Result<Vec<Answer>> {
    let facts = gather::facts(place, subjects, &Question::of(&args.history, false))?;
    let mut answers = Vec::with_capacity(subjects.len());
    for (subject, facts) in subjects.iter().zip(&facts) {
        let mut answer = Answer::new(subject, facts, &args.history.version)?;
        let version = answer.extended.clone();
        let image = subject.service.as_ref().map(taskfile_image).transpose();
        let image = image.and_then(|image| image.map(|image| answer.set_image(&image, &version)).transpose());
        if let Err(error) = image {
            warnings.push(error.to_string());
            answer.warnings.push(error.to_string());
        }
        answers.push(answer);
    }
    Ok(answers)
}

/// One line for all services without a release, which in a young repository are all there are.
fn unreleased(answers: &[Answer]) -> Option<String> {
    let names: Vec<&str> = answers
        .iter()
        .filter(|answer| answer.base_tag.is_none())
        .filter_map(|answer| answer.service.as_deref())
        .collect();
    match names.as_slice() {
        [] => None,
        [only] => Some(format!("no release tag of {only} is reachable: counting from 0.0.0")),
        several => {
            Some(format!("no release tag of {} services is reachable: counting from 0.0.0", several.len()))
        }
    }
}

/// A table with a space to spare between columns. Colour adds nothing but itself: without it, the text is the same.
fn table(answers: &[Answer], painter: Painter) -> String {
    let headings = HEADINGS.map(|heading| (heading.to_owned(), HEADING));
    let rows: Vec<[(String, Style); 6]> = std::iter::once(headings).chain(answers.iter().map(row)).collect();
    let mut widths = [0; 6];
    for row in &rows {
        for (width, (cell, _)) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for row in &rows {
        let mut gap = 0;
        for ((cell, style), width) in row.iter().zip(widths) {
            text.extend(std::iter::repeat_n(' ', gap));
            text.push_str(&painter.paint(*style, cell));
            gap = width - cell.chars().count() + 2;
        }
        text.push('\n');
    }
    text
}

fn row(answer: &Answer) -> [(String, Style); 6] {
    let or_dash =
        |value: Option<String>, style| value.map_or(("-".to_owned(), FAINT), |value| (value, style));
    let plain = Style::new();
    [
        (answer.service.clone().unwrap_or_default(), plain),
        or_dash(answer.image.clone(), plain),
        or_dash(answer.base_tag.as_ref().map(|_| answer.base.clone()), GOOD),
        (answer.distance.to_string(), plain),
        (answer.extended.clone(), plain),
        if answer.dirty { ("dirty".to_owned(), ODD) } else { ("clean".to_owned(), FAINT) },
    ]
}
