//! `imgver list`.

use anstyle::Style;

use super::args::{ListArgs, OutputFormat};
use super::color::{ATTENTION, FAINT, GOOD, HEADING, Painter};
use super::reply::{Reply, json};
use super::{explain, requests};
use crate::display::on_one_line;
use crate::error::{Error, Kind, Result};
use crate::ops::list::{self as op, ChangedSince, Request};
use crate::ops::{Checkout, VersionAnswer};
use crate::world::World;

const HEADINGS: [&str; 6] = ["SERVICE", "IMAGE", "RELEASE", "DISTANCE", "VERSION", "STATE"];

pub(super) fn list(args: &ListArgs, checkout: &Checkout, world: &World<'_>) -> Result<Reply> {
    if args.changed_since.is_none() {
        refuse_unused_filters(args)?;
    }
    let changed_since = args.changed_since.clone().map(|base| ChangedSince {
        base,
        filters: (&args.filters).into(),
        detail: requests::detail(&args.reasons, None),
    });
    let request = Request {
        tag_format: args.history.tags.request(world)?,
        history: (&args.history).into(),
        form: (&args.history.version).into(),
        changed_since,
    };
    let outcome = op::list(&request, checkout)?;
    let stdout = match args.output.output {
        OutputFormat::Json => json(&outcome.answer.services)?,
        OutputFormat::Text => table(&outcome.answer.services, Painter::new(&args.color, world)),
    };
    let (mut reply, answer) = Reply::of(stdout, outcome);
    if let Some((compared, selection)) = answer.comparison.filter(|_| args.reasons.explain) {
        reply.explanation = explain::comparison(&compared);
        reply.explanation.extend(explain::selection(&selection));
    }
    Ok(reply)
}

/// Refuses flags that would be silently ignored without a comparison.
fn refuse_unused_filters(args: &ListArgs) -> Result<()> {
    let unused = if args.filters.filters.is_some() {
        "--filters"
    } else if args.reasons.explain {
        "--explain"
    } else {
        return Ok(());
    };
    Err(Error::new(Kind::Usage, format!("{unused} needs --changed-since: nothing is compared"))
        .hint("pass a commit to compare with: --changed-since REV"))
}

/// An aligned table, two spaces between columns. The text is the same with and without colour.
fn table(answers: &[VersionAnswer], painter: Painter) -> String {
    let headings = HEADINGS.map(|heading| (heading.to_owned(), HEADING));
    let shown = |cells: [(String, Style); 6]| cells.map(|(cell, style)| (on_one_line(&cell), style));
    let rows: Vec<[(String, Style); 6]> =
        std::iter::once(headings).chain(answers.iter().map(row).map(shown)).collect();
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

fn row(answer: &VersionAnswer) -> [(String, Style); 6] {
    let or_dash =
        |value: Option<String>, style| value.map_or(("-".to_owned(), FAINT), |value| (value, style));
    let plain = Style::new();
    [
        (answer.service.clone().unwrap_or_default(), plain),
        or_dash(answer.image.clone(), plain),
        or_dash(answer.base_tag.as_ref().map(|_| answer.base.clone()), GOOD),
        (answer.distance.to_string(), plain),
        (answer.extended.clone(), plain),
        if answer.dirty { ("dirty".to_owned(), ATTENTION) } else { ("clean".to_owned(), FAINT) },
    ]
}
