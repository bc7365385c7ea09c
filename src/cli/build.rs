//! `imgver build`.

use super::args::{BuildArgs, IfExistsArg, non_empty};
use super::reply::Reply;
use super::{image_builds, image_records, requests};
use crate::domain::Platform;
use crate::error::{Context as _, Kind, Result};
use crate::images::{Cache, ImageCopy, Options, Output, name_output};
use crate::ops::build::{self as op, IfExists, Request, ServiceChoice};
use crate::ops::{Checkout, Effect};
use crate::world::World;

/// Builds images. `is_elsewhere`: the caller is in another directory (`-C`).
pub(super) fn build(
    args: &BuildArgs,
    is_elsewhere: bool,
    checkout: Result<Checkout>,
    world: &World<'_>,
) -> Result<Reply> {
    let reply = checkout.and_then(|checkout| planned(args, is_elsewhere, &checkout, world));
    if reply.is_err() && !args.dry_run {
        // What they say of an earlier build would be taken for this one's, which does not even begin.
        non_empty(&args.metadata_file)
            .into_iter()
            .for_each(|file| image_builds::forget(&world.directory.join(file)));
        image_records::forget(&args.images_file, world);
    }
    reply
}

fn planned(args: &BuildArgs, is_elsewhere: bool, checkout: &Checkout, world: &World<'_>) -> Result<Reply> {
    let call = requests::called(args.all || args.whole || !args.services.is_empty(), checkout, world)?;
    let request = Request {
        services: match (args.all, args.whole) {
            (true, _) => ServiceChoice::All,
            (_, true) => ServiceChoice::Whole,
            _ => ServiceChoice::Named(args.services.iter().cloned().chain(call.service).collect()),
        },
        tag_format: args.tags.request(world)?,
        environment: args.environment.clone(),
        set_version: non_empty(&args.set_version),
        first_parent: args.version.first_parent,
        scope: args.version.scope.requested(),
        form: (&args.version).into(),
        image_variable: call.variable,
        build_args: args.build_args.clone(),
        labels: args.labels.clone(),
        platforms: platforms(args)?,
        target: non_empty(&args.target),
        options: options(args, world)?,
        has_github_cache: has_github_cache(world),
        missing: args.missing,
        if_exists: args.if_exists.into(),
        images_file: image_records::images_file(&args.images_file, world)?,
        dry_run: args.dry_run,
    };
    let programs = requests::programs(world);
    let registries = args.registry.registries(&programs);
    let outcome = op::build(&request, checkout, &programs, &registries)?;
    let (mut reply, answer) = Reply::of("", outcome);
    reply.explanation.clone_from(&answer.notes);
    reply.registries = Some(registries);
    if answer.build.is_none() {
        reply.explanation.push("nothing is built".to_owned());
        // Docker does not write it then, and what it says of an earlier build is not true of this one.
        let path = request.options.metadata_file.map(|file| world.directory.join(file));
        reply.effects.extend(path.map(|path| Effect::Replace { path, content: b"{}\n".to_vec() }));
    }
    if args.dry_run {
        let directory = is_elsewhere.then_some(&*world.directory);
        let build = answer.build.iter().flat_map(|build| build.to_shell(directory));
        reply.stdout = build.chain(answer.copies.iter().flat_map(ImageCopy::to_shell)).collect();
        for effect in std::mem::take(&mut reply.effects) {
            if let Effect::Float(floats) = effect {
                // A comment, since imgver build does it itself.
                reply.stdout.extend(format!("# then as by: {}\n", floats.command()).into_bytes());
            }
        }
        return Ok(reply);
    }
    let references = answer.references.iter();
    reply.explanation.extend(references.map(|reference| format!("building {reference}")));
    let copied = answer.copies.iter().map(|copy| (&copy.target, &copy.digest));
    let there = answer.kept.iter().map(|kept| (&kept.reference, &kept.digest)).chain(copied);
    for (reference, digest) in there {
        reply.stdout.extend_from_slice(format!("{reference}@{digest}\n").as_bytes());
    }
    Ok(reply)
}

impl From<IfExistsArg> for IfExists {
    fn from(arg: IfExistsArg) -> Self {
        match arg {
            IfExistsArg::Keep => IfExists::Keep,
            IfExistsArg::Fail => IfExists::Fail,
            IfExistsArg::Overwrite => IfExists::Overwrite,
        }
    }
}

/// The platforms, each once.
fn platforms(args: &BuildArgs) -> Result<Vec<Platform>> {
    let mut platforms: Vec<Platform> = Vec::new();
    for platform in args.platform.iter().filter_map(|platform| platform.non_empty()) {
        let platform = platform.trim().parse();
        let platform = platform.context(Kind::Usage, || "--platform is not a valid platform")?;
        if !platforms.contains(&platform) {
            platforms.push(platform);
        }
    }
    Ok(platforms)
}

/// The options of the build.
fn options(args: &BuildArgs, world: &World<'_>) -> Result<Options> {
    let cache = match args.cache.non_empty() {
        None => Cache::None,
        Some(cache) => cache.parse().context(Kind::Usage, || "--cache is not a valid cache")?,
    };
    let output = match (args.push, args.load) {
        (true, _) => Output::Push,
        (_, true) => Output::Load,
        // As in docker itself: what another output takes is not loaded as well.
        _ if name_output(&args.extra) => Output::AsGiven,
        _ => Output::Load,
    };
    let metadata_file = non_empty(&args.metadata_file);
    let metadata_file = metadata_file.map(|file| image_builds::metadata_file(file, &world.directory));
    Ok(Options {
        output,
        cache,
        builder: non_empty(&args.builder),
        secrets: args.secrets.clone(),
        ssh: args.ssh.clone(),
        no_cache: args.no_cache,
        pull: args.pull,
        provenance: non_empty(&args.provenance),
        sbom: non_empty(&args.sbom),
        keep_going: args.keep_going,
        metadata_file: metadata_file.transpose()?,
        extra: args.extra.clone(),
    })
}

/// Whether the variables are set that BuildKit needs to reach GitHub's cache.
fn has_github_cache(world: &World<'_>) -> bool {
    let has = |name| world.var(name).is_some();
    has("ACTIONS_RUNTIME_TOKEN") && (has("ACTIONS_RESULTS_URL") || has("ACTIONS_CACHE_URL"))
}
