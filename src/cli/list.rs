//! `imgver list`.

use anstyle::Style;

use super::args::{ListArgs, OutputFormat};
use super::color::{ATTENTION, FAINT, GOOD, HEADING, Painter};
use super::reply::{Reply, json};
use super::{explain, requests, table};
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
        history: args.history.request(args.output.output == OutputFormat::Json),
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

/// The services as a table.
fn table(answers: &[VersionAnswer], painter: Painter) -> String {
    let headings = HEADINGS.map(|heading| (heading.to_owned(), HEADING));
    table::aligned(std::iter::once(headings).chain(answers.iter().map(row)), painter)
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
