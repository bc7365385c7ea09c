//! `imgver version` and `imgver extended`.

use super::args::{OutputFormat, VersionArgs};
use super::reply::{Reply, json};
use super::requests;
use crate::error::Result;
use crate::ops::version::{self as op, ImageUse, Request, VersionKind};
use crate::ops::{Checkout, RepositoryRequest};
use crate::world::World;

pub(super) fn version(args: &VersionArgs, checkout: &Checkout, world: &World<'_>) -> Result<Reply> {
    answer(args, VersionKind::Base, checkout, world)
}

pub(super) fn extended(args: &VersionArgs, checkout: &Checkout, world: &World<'_>) -> Result<Reply> {
    answer(args, VersionKind::Extended, checkout, world)
}

fn answer(args: &VersionArgs, kind: VersionKind, checkout: &Checkout, world: &World<'_>) -> Result<Reply> {
    let is_json = args.output.output == OutputFormat::Json;
    let call = requests::called(args.subject.service.is_some() || args.subject.whole, checkout, world)?;
    let request = Request {
        subject: args.subject.request(&call, world)?,
        history: args.subject.history.request(is_json),
        form: (&args.subject.history.version).into(),
        demands: args.subject.demands(),
        kind,
        image: match args.image || args.repo.is_some() {
            true => ImageUse::Required,
            false if is_json => ImageUse::IfKnown,
            false => ImageUse::Ignored,
        },
        repository: RepositoryRequest { flag: args.repo.clone(), variable: call.variable },
    };
    let outcome = op::version(&request, checkout)?;
    let stdout = if is_json { json(&outcome.answer.answer)? } else { format!("{}\n", outcome.answer.line) };
    Ok(Reply::of(stdout, outcome).0)
}
