//! `imgver release`.

use super::args::{OutputFormat, ReleaseArgs};
use super::reply::{Reply, json};
use super::requests;
use crate::display::on_one_line;
use crate::domain::Bump;
use crate::error::Result;
use crate::ops::release::{self as op, Answer, NewVersion, Request, StartedWorkflow};
use crate::ops::{Checkout, Effect, Rev};
use crate::programs::Programs;
use crate::world::World;

pub(super) fn release(args: &ReleaseArgs, checkout: &Checkout, world: &World<'_>) -> Result<Reply> {
    let request = Request {
        subject: requests::choice(args.service.as_ref(), args.whole),
        tag_format: args.tags.request(world)?,
        scope: args.scope.requested(),
        version: match (args.set, args.bump) {
            (Some(version), _) => NewVersion::Given(version),
            // clap requires one of the two.
            (None, bump) => NewVersion::Bump(bump.map_or(Bump::Patch, Bump::from)),
        },
        rev: args.rev.as_ref().map_or(Rev::Head, |rev| Rev::Named(rev.clone())),
        push: args.push,
        any_branch: args.any_branch,
        filters: (&args.filters).into(),
        dry_run: args.dry_run,
    };
    let programs = Programs::new(&world.directory, &world.env);
    let outcome = op::release(&request, checkout, &programs)?;
    let stdout = match (args.output.output, args.dry_run) {
        (OutputFormat::Json, _) => json(&outcome.answer)?,
        (OutputFormat::Text, true) => dry_run_text(&outcome.answer, &outcome.effects),
        (OutputFormat::Text, false) => format!("{}\n", outcome.answer.tag),
    };
    let (mut reply, answer) = Reply::of(stdout, outcome);
    if args.dry_run {
        reply.effects.clear();
    } else {
        reply.report = report(&answer);
    }
    Ok(reply)
}

/// The output of a dry run: the release, and the commands that would run.
fn dry_run_text(answer: &Answer, effects: &[Effect]) -> String {
    let previous = on_one_line(answer.previous.as_deref().unwrap_or("none"));
    let subject = on_one_line(&answer.subject);
    let mut text = format!(
        "tag      {}\ncommit   {} {subject}\nprevious {previous}\nmessage\n",
        on_one_line(&answer.tag),
        answer.commit
    );
    for line in answer.message.lines() {
        text.push_str(format!("    {}", on_one_line(line)).trim_end());
        text.push('\n');
    }
    for StartedWorkflow { name, file } in &answer.workflows {
        text.push_str(&format!("starts   {} ({}) when pushed\n", on_one_line(name), on_one_line(file)));
    }
    for effect in effects {
        text.push_str(&match effect {
            Effect::SetTag(command) => {
                format!("would run, with the message on standard input: {}\n", command.to_shell())
            }
            Effect::PushTag(command) => format!("would run: {}\n", command.to_shell()),
            _ => continue,
        });
    }
    text
}

/// What was done, and the workflows that this starts.
fn report(answer: &Answer) -> Vec<String> {
    let (tag, short) = (&answer.tag, answer.commit.get(..7).unwrap_or(&answer.commit));
    let mut lines = match &answer.pushed_to {
        Some(remote) => vec![format!("tagged {short} as {tag}, and pushed the tag to {remote}")],
        None => vec![
            format!("tagged {short} as {tag}"),
            format!("to push it: {}", answer.push_command.to_shell()),
        ],
    };
    let verb = if answer.pushed_to.is_some() { "this starts" } else { "that will start" };
    let started = answer.workflows.iter();
    lines.extend(started.map(|StartedWorkflow { name, file }| format!("{verb} {name} ({file})")));
    lines
}
