//! `imgver list`: every service in one pass.

use super::answer::{Answer, json};
use super::args::{ListArgs, Output};
use super::gather::{self, Question};
use super::image::taskfile_image;
use super::subject::{self, All};
use super::{Place, Reply};
use crate::error::Result;
use crate::world::World;

const HEADINGS: [&str; 6] = ["SERVICE", "IMAGE", "RELEASE", "DISTANCE", "VERSION", "STATE"];

pub(super) fn list(args: &ListArgs, place: &Place, world: &World<'_>) -> Result<Reply> {
    let All { subjects, malformed } = subject::all(&args.history.tags, place, world)?;
    let mut warnings: Vec<String> = malformed.iter().map(|(_, found)| found.error.to_string()).collect();
    let question = Question::of(&args.history, false);
    let facts = gather::facts(place, &subjects, &question)?;
    let mut answers = Vec::with_capacity(subjects.len());
    for (subject, facts) in subjects.iter().zip(&facts) {
        let mut answer = Answer::new(subject, facts, args.history.version.abbrev)?;
        let version = answer.extended.clone();
        let image = subject.service.as_ref().map(taskfile_image).transpose();
        let image = image.and_then(|image| image.map(|image| answer.set_image(&image, &version)).transpose());
        if let Err(error) = image {
            warnings.push(error.to_string());
            answer.warnings.push(error.to_string());
        }
        answers.push(answer);
    }
    warnings.extend(unreleased(&answers));
    if answers.is_empty() {
        warnings.push(subject::NO_SERVICE.to_owned());
    }
    let stdout = match args.output.output {
        Output::Json => json(&answers)?,
        Output::Text => table(&answers),
    };
    Ok(Reply { stdout: stdout.into_bytes(), warnings, ..Reply::default() })
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

fn table(answers: &[Answer]) -> String {
    let rows = answers.iter().map(|answer| {
        [
            answer.service.clone().unwrap_or_default(),
            answer.image.clone().unwrap_or_else(|| "-".to_owned()),
            answer.base_tag.as_ref().map_or_else(|| "-".to_owned(), |_| answer.base.clone()),
            answer.distance.to_string(),
            answer.extended.clone(),
            if answer.dirty { "dirty" } else { "clean" }.to_owned(),
        ]
    });
    let rows: Vec<[String; 6]> = std::iter::once(HEADINGS.map(str::to_owned)).chain(rows).collect();
    let mut widths = [0; 6];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for row in &rows {
        let cells: Vec<String> =
            row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}
