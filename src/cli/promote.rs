//! `imgver promote`.

use super::args::{PromoteArgs, non_empty};
use super::reply::Reply;
use super::requests;
use crate::error::Result;
use crate::ops::promote::{self as op, Request};
use crate::ops::{Checkout, Rev, float};
use crate::programs::Programs;
use crate::registry::Registries;
use crate::world::World;

pub(super) fn promote(args: &PromoteArgs, checkout: &Checkout, world: &World<'_>) -> Result<Reply> {
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
        images_file: non_empty(&args.images_file).map(|file| world.directory.join(file)),
    };
    let programs = Programs::new(&world.directory, &world.env);
    let registries = Registries::new(args.registry.insecure_registry.clone(), &programs);
    let outcome = op::promote(&request, checkout, &registries)?;
    let stdout = outcome.answer.outputs.clone();
    let (mut reply, answer) = Reply::of(stdout, outcome);
    if let Some(version) = &request.set_version {
        reply.warnings.extend(float::moved_by_float(version, checkout)?);
    }
    Ok(Reply { report: answer.report, registries: Some(registries), ..reply })
}
