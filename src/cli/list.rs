//! `imgver list`.

use anstyle::Style;
use serde::Serialize;

use super::args::{ListArgs, OutputFormat};
use super::reply::{Reply, json};
use super::{explain, requests, table};
use crate::domain::Digest;
use crate::error::{Error, Kind, Result};
use crate::ops::list::{self as op, ChangedSince, Request};
use crate::ops::{Checkout, Place, Presence, VersionAnswer};
use crate::paint::{ATTENTION, FAINT, GOOD, HEADING, Painter};
use crate::registry::Registries;
use crate::world::World;

const HEADINGS: [&str; 6] = ["SERVICE", "IMAGE", "RELEASE", "DISTANCE", "VERSION", "STATE"];

pub(super) fn list(
    args: &ListArgs,
    checkout: &Checkout,
    painter: Painter,
    world: &World<'_>,
) -> Result<Reply> {
    if args.changed_since.is_none() {
        refuse_unused_filters(args)?;
    }
    if !args.registry && !args.registries.insecure_registry.is_empty() {
        return Err(Error::new(Kind::Usage, "--insecure-registry needs --registry: no registry is asked")
            .hint("pass --registry, to see which images are there"));
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
    let registries = args.registry.then(|| registries(args, world));
    let outcome = op::list(&request, checkout, registries.as_ref())?;
    let (services, presences) = (&outcome.answer.services, &outcome.answer.presences);
    let stdout = match (args.output.output, presences) {
        (OutputFormat::Json, None) => json(services)?,
        (OutputFormat::Json, Some(presences)) => {
            let listed = services.iter().zip(presences);
            json(&listed.map(|(answer, presence)| Listed::new(answer, presence)).collect::<Vec<_>>())?
        }
        (OutputFormat::Text, None) => table(services, painter),
        (OutputFormat::Text, Some(presences)) => table_with_presences(services, presences, painter),
    };
    let (mut reply, answer) = Reply::of(stdout, outcome);
    if let Some((compared, selection)) = answer.comparison.filter(|_| args.reasons.explain) {
        reply.explanation = explain::comparison(&compared);
        reply.explanation.extend(explain::selection(&selection));
    }
    Ok(reply)
}

fn registries(args: &ListArgs, world: &World<'_>) -> Registries {
    args.registries.registries(&requests::programs(world))
}

/// A service as JSON, with what registries say about its images.
#[derive(Serialize)]
struct Listed<'a> {
    #[serde(flatten)]
    answer: &'a VersionAnswer,
    registry: Vec<ListedImage>,
}

/// An image, and its digest; null where its registry does not have it.
#[derive(Serialize)]
struct ListedImage {
    reference: String,
    digest: Option<String>,
}

impl<'a> Listed<'a> {
    fn new(answer: &'a VersionAnswer, presence: &Presence<Digest>) -> Self {
        let image = |place: &Place<Digest>| ListedImage {
            reference: place.reference.to_string(),
            digest: place.there().map(ToString::to_string),
        };
        Listed { answer, registry: presence.places.iter().map(image).collect() }
    }
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

/// The services as a table, and whether registries have their images.
fn table_with_presences(
    answers: &[VersionAnswer],
    presences: &[Presence<Digest>],
    painter: Painter,
) -> String {
    let headings = HEADINGS.map(|heading| (heading.to_owned(), HEADING));
    let headings = with(headings, ("REGISTRY".to_owned(), HEADING));
    let rows = answers.iter().zip(presences).map(|(answer, images)| with(row(answer), presence(images)));
    table::aligned(std::iter::once(headings).chain(rows), painter)
}

type Cell = (String, Style);

fn with([a, b, c, d, e, f]: [Cell; 6], last: Cell) -> [Cell; 7] {
    [a, b, c, d, e, f, last]
}

fn presence(presence: &Presence<Digest>) -> Cell {
    let present = presence.places.iter().filter(|place| place.there().is_some()).count();
    match (present, presence.places.len()) {
        (_, 0) => ("-".to_owned(), FAINT),
        (0, _) => ("missing".to_owned(), ATTENTION),
        (present, all) if present == all => ("present".to_owned(), GOOD),
        (present, all) => (format!("{present} of {all}"), ATTENTION),
    }
}

fn row(answer: &VersionAnswer) -> [Cell; 6] {
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
