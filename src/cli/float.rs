//! `imgver float`.

use super::args::FloatArgs;
use super::reply::Reply;
use super::{floats, requests};
use crate::error::Result;
use crate::ops::Checkout;
use crate::ops::float::{self as op, Request};
use crate::world::World;

pub(super) fn float(args: &FloatArgs, checkout: &Checkout, world: &World<'_>) -> Result<Reply> {
    let call = requests::called(!args.services.is_empty(), checkout, world)?;
    let request = Request {
        services: args.services.iter().cloned().chain(call.service).collect(),
        tag_format: args.tags.request(world)?,
        image_variable: call.variable,
    };
    let (mut reply, answer) = Reply::of("", op::float(&request, checkout)?);
    if answer.kinds.is_empty() {
        reply.report = vec![
            "nothing to set: imgver.yaml has no floating tags (floating: [latest, minor, major])".to_owned(),
        ];
        return Ok(reply);
    }
    let programs = requests::programs(world);
    let registries = args.registry.registries(&programs);
    if args.dry_run {
        reply.effects.clear();
        let survey = floats::preview(&answer, &registries, &programs)?;
        if survey.moves.is_empty() {
            reply.report = vec![survey.nothing()];
        }
        reply.warnings.extend(survey.warnings);
        let lines = survey.moves.iter().map(|movement| format!("{movement}\n"));
        reply.stdout = lines.collect::<String>().into_bytes();
    }
    reply.registries = Some(registries);
    Ok(reply)
}
