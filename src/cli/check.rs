//! `imgver check`.

use super::args::{CheckArgs, CheckOutput};
use super::reply::{Reply, json};
use crate::check::{self, Severity};
use crate::display::count;
use crate::error::{Error, Kind, Result};
use crate::filters::Quantifier;
use crate::ops::Checkout;
use crate::ops::check::{self as op, Answer, Request};
use crate::paint::Painter;
use crate::world::World;

pub(super) fn check(
    args: &CheckArgs,
    checkout: &Checkout,
    painter: Painter,
    world: &World<'_>,
) -> Result<Reply> {
    let request = Request {
        filters: args.filters.clone(),
        quantifier: args.quantifier.map(Quantifier::from),
        tag_format: args.tags.request(world)?,
    };
    let outcome = op::check(&request, checkout)?;
    let findings = &outcome.answer.findings;
    let stdout = match args.output {
        CheckOutput::Text => check::text(findings, painter),
        CheckOutput::Json => json(&check::json(findings))?,
        CheckOutput::Github => check::github(findings),
    };
    let (mut reply, answer) = Reply::of(stdout, outcome);
    let errors = answer.findings.iter().filter(|finding| finding.severity == Severity::Error).count();
    let warnings = answer.findings.len() - errors;
    match (errors, warnings) {
        (0, 0) => reply.report.push(no_problems(&answer)),
        (0, _) => reply.report.push(count(warnings, "warning")),
        (_, 0) => reply.failure = Some(Error::new(Kind::Input, count(errors, "error"))),
        _ => {
            let both = format!("{} and {}", count(errors, "error"), count(warnings, "warning"));
            reply.failure = Some(Error::new(Kind::Input, both));
        }
    }
    Ok(reply)
}

fn no_problems(answer: &Answer) -> String {
    let parts = [
        Some(count(answer.services, "service")),
        answer.filters.as_ref().map(|file| format!("the filters in {file}")),
        Some(format!("{} with imgver", count(answer.workflows, "workflow"))),
        Some(count(answer.releases, "release tag")),
    ];
    format!("no problems found: checked {}", parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
}
