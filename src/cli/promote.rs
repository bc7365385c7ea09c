//! `imgver promote`.

use super::args::{PromoteArgs, non_empty};
use super::reply::Reply;
use super::{image_records, requests};
use crate::error::Result;
use crate::ops::promote::{self as op, Request};
use crate::ops::{Checkout, Rev};
use crate::world::World;

pub(super) fn promote(args: &PromoteArgs, checkout: Result<Checkout>, world: &World<'_>) -> Result<Reply> {
    let reply = checkout.and_then(|checkout| planned(args, &checkout, world));
    if reply.is_err() {
        // What it says of earlier images would be taken for these.
        image_records::forget(&args.images_file, world);
    }
    reply
}

fn planned(args: &PromoteArgs, checkout: &Checkout, world: &World<'_>) -> Result<Reply> {
    let call = requests::called(true, checkout, world)?;
    let request = Request {
        service: args.service.clone(),
        tag_format: args.tags.request(world)?,
        rev: non_empty(&args.rev).map_or(Rev::Head, Rev::Named),
        environment: args.environment.clone(),
        set_version: non_empty(&args.set_version),
        first_parent: args.version.first_parent,
        scope: args.version.scope.requested(),
        form: (&args.version).into(),
        image_variable: call.variable,
        to: non_empty(&args.to),
        digest: non_empty(&args.digest),
        optional: args.optional,
        output_file: world.file("GITHUB_OUTPUT"),
        images_file: image_records::images_file(&args.images_file, world)?,
    };
    let programs = requests::programs(world);
    let registries = args.registry.registries(&programs);
    let outcome = op::promote(&request, checkout, &registries)?;
    let stdout = outcome.answer.outputs.clone();
    let (reply, answer) = Reply::of(stdout, outcome);
    Ok(Reply { report: answer.report, registries: Some(registries), ..reply })
}
