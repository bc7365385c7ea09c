//! `imgver tag`.

use super::args::{TagArgs, TagOutput, non_empty};
use super::reply::{Reply, json};
use super::requests;
use crate::error::Result;
use crate::ops::tag::{self as op, Answer, Request, TagDetail};
use crate::ops::{Checkout, RepositoryRequest};
use crate::world::World;

pub(super) fn tag(args: &TagArgs, checkout: &Checkout, world: &World<'_>) -> Result<Reply> {
    let call = requests::called(args.subject.service.is_some() || args.subject.whole, checkout, world)?;
    let request = Request {
        subject: args.subject.request(&call, world)?,
        history: args.subject.history.request(false),
        form: (&args.subject.history.version).into(),
        demands: args.subject.demands(),
        environment: args.environment.clone(),
        set_version: non_empty(&args.set_version),
        repository: RepositoryRequest { flag: args.repo.clone(), variable: call.variable },
        detail: match args.output {
            TagOutput::Text => TagDetail::Reference,
            TagOutput::Json => TagDetail::Computation,
            TagOutput::Github => TagDetail::StepOutputs(world.file("GITHUB_OUTPUT")),
        },
    };
    let outcome = op::tag(&request, checkout)?;
    let stdout = match &outcome.answer {
        Answer::Reference(reference) => format!("{reference}\n"),
        Answer::Computation(answer) => json(answer)?,
        Answer::StepOutputs(lines) => lines.clone(),
    };
    Ok(Reply::of(stdout, outcome).0)
}
