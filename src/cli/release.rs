//! `imgver release`.

use super::args::{OutputFormat, ReleaseArgs};
use super::reply::{Reply, json, replaceable};
use super::requests;
use crate::display::on_one_line;
use crate::domain::Bump;
use crate::error::Result;
use crate::ops::release::{self as op, Answer, NewVersion, Request, StartedWorkflow, Wanted};
use crate::ops::{Checkout, Effect, Rev};
use crate::world::World;

const NOTES_FILE: &str = "--notes-file takes a regular file, new or not, in a directory that exists";

pub(super) fn release(args: &ReleaseArgs, checkout: &Checkout, world: &World<'_>) -> Result<Reply> {
    let notes_file = args.notes_file.as_ref();
    let notes_file =
        notes_file.map(|path| replaceable(&world.directory.join(path), NOTES_FILE)).transpose()?;
    let request = Request {
        wanted: wanted(args),
        tag_format: args.tags.request(world)?,
        scope: args.scope.requested(),
        version: match (args.set, args.bump) {
            (Some(version), _) => NewVersion::Given(version),
            // clap requires one of the two.
            (None, bump) => NewVersion::Bump(bump.map_or(Bump::Patch, Bump::from)),
        },
        prerelease: args.pre.clone(),
        rev: args.rev.as_ref().map_or(Rev::Head, |rev| Rev::Named(rev.clone())),
        push: args.push,
        any_branch: args.any_branch,
        filters: (&args.filters).into(),
        notes_file,
        dry_run: args.dry_run,
    };
    let programs = requests::programs(world);
    let outcome = op::release(&request, checkout, &programs)?;
    let stdout = match (args.output.output, args.dry_run) {
        (OutputFormat::Json, _) => as_json(&request.wanted, &outcome.answer)?,
        (OutputFormat::Text, true) => dry_run_text(&outcome.answer, &outcome.effects),
        (OutputFormat::Text, false) => {
            outcome.answer.iter().map(|answer| format!("{}\n", answer.tag)).collect()
        }
    };
    let (mut reply, answers) = Reply::of(stdout, outcome);
    if args.dry_run {
        reply.effects.clear();
    } else {
        reply.report = answers.iter().flat_map(report).collect();
    }
    Ok(reply)
}

/// What the arguments name.
fn wanted(args: &ReleaseArgs) -> Wanted {
    match &*args.services {
        _ if args.changed => Wanted::Changed,
        [] => Wanted::Subject(requests::choice(None, args.whole)),
        [only] => Wanted::Subject(requests::choice(Some(only), false)),
        several => Wanted::Services(several.to_vec()),
    }
}

/// One object where one release was asked for, else a list, however many there are.
fn as_json(wanted: &Wanted, answers: &[Answer]) -> Result<String> {
    match (wanted, answers) {
        (Wanted::Subject(_), [only]) => json(only),
        _ => json(answers),
    }
}

/// The output of a dry run: the releases, and the commands that would run.
fn dry_run_text(answers: &[Answer], effects: &[Effect]) -> String {
    let files = effects.iter().filter_map(|effect| match effect {
        Effect::Replace { path, .. } => {
            Some(format!("would write the notes to {}\n", on_one_line(&path.display().to_string())))
        }
        _ => None,
    });
    let releases = answers.iter().map(|answer| dry_run_of(answer, effects));
    files.chain(releases).collect::<Vec<_>>().join("\n")
}

fn dry_run_of(answer: &Answer, effects: &[Effect]) -> String {
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
    if answer.was_set {
        text.push_str(if answer.was_pushed { "done     set and pushed\n" } else { "done     set\n" });
    }
    for effect in effects {
        text.push_str(&match effect {
            Effect::SetTag(command) if command.tag == answer.tag => {
                format!("would run, with the message on standard input: {}\n", command.to_shell())
            }
            Effect::PushTag(command) if command.tag == answer.tag => {
                format!("would run: {}\n", command.to_shell())
            }
            _ => continue,
        });
    }
    text
}

/// What was done, and the workflows that this starts.
fn report(answer: &Answer) -> Vec<String> {
    let (tag, short) = (&answer.tag, answer.commit.get(..7).unwrap_or(&answer.commit));
    let mut lines = match (&answer.pushed_to, answer.was_set) {
        (Some(remote), _) if answer.was_pushed => {
            return vec![format!("{short} is {tag} already, also on {remote}")];
        }
        (Some(remote), true) => vec![format!("{short} is {tag} already; pushed the tag to {remote}")],
        (Some(remote), false) => vec![format!("tagged {short} as {tag}, and pushed the tag to {remote}")],
        (None, was_set) => vec![
            if was_set { format!("{short} is {tag} already") } else { format!("tagged {short} as {tag}") },
            format!("to push it: {}", answer.push_command.to_shell()),
        ],
    };
    let verb = if answer.pushed_to.is_some() { "this starts" } else { "that will start" };
    let started = answer.workflows.iter();
    lines.extend(started.map(|StartedWorkflow { name, file }| format!("{verb} {name} ({file})")));
    lines
}
