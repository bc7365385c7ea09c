//! `imgver inputs`.

use serde::Serialize;

use super::args::{InputsArgs, OutputFormat};
use super::reply::{Reply, json};
use crate::display::count;
use crate::error::Result;
use crate::inputs::{Instruction, Reading, Role, Unresolved, Why};
use crate::ops::Checkout;
use crate::ops::inputs::{self as op, Answer, Context, Use};

pub(super) fn inputs(args: &InputsArgs, checkout: &Checkout) -> Result<Reply> {
    let outcome = op::inputs(&args.service.clone().into(), checkout)?;
    let answer = &outcome.answer;
    let stdout = match args.output.output {
        OutputFormat::Json => json(&Record::of(answer))?,
        OutputFormat::Text => answer.files.iter().map(|(path, _)| format!("{path}\n")).collect(),
    };
    let (mut reply, answer) = Reply::of(stdout, outcome);
    if args.explain {
        reply.explanation = explanation(&answer);
    }
    Ok(reply)
}

/// The answer in JSON.
#[derive(Serialize)]
struct Record<'a> {
    service: &'a str,
    dockerfile: &'a str,
    context: &'a str,
    ignore_file: Option<&'a str>,
    files: Vec<FileRecord<'a>>,
    unresolved: Vec<UnresolvedRecord<'a>>,
    edges: Vec<UseRecord<'a>>,
    pins: Vec<UseRecord<'a>>,
    ignored: usize,
}

#[derive(Serialize)]
struct FileRecord<'a> {
    path: &'a str,
    why: Vec<WhyRecord<'a>>,
}

#[derive(Serialize)]
struct WhyRecord<'a> {
    file: Option<&'a str>,
    line: Option<usize>,
    instruction: String,
    through: Option<&'a str>,
}

#[derive(Serialize)]
struct UnresolvedRecord<'a> {
    file: &'a str,
    line: Option<usize>,
    instruction: Option<String>,
    through: Option<&'a str>,
    why: &'a str,
}

#[derive(Serialize)]
struct UseRecord<'a> {
    service: &'a str,
    image: &'a str,
    file: &'a str,
    line: usize,
    instruction: String,
    through: Option<&'a str>,
}

impl<'a> Record<'a> {
    fn of(answer: &'a Answer) -> Self {
        let main = answer.contexts.first();
        Record {
            service: &answer.service,
            dockerfile: &answer.dockerfile,
            context: main.map_or(".", shown),
            ignore_file: main.and_then(|context| context.ignore_file.as_deref()),
            files: answer
                .files
                .iter()
                .map(|(path, why)| FileRecord { path, why: why.iter().map(WhyRecord::of).collect() })
                .collect(),
            unresolved: answer.unresolved.iter().map(UnresolvedRecord::of).collect(),
            edges: answer.edges.iter().map(UseRecord::of).collect(),
            pins: answer.pins.iter().map(UseRecord::of).collect(),
            ignored: answer.contexts.iter().map(|context| context.left_out).sum(),
        }
    }
}

impl<'a> WhyRecord<'a> {
    fn of(why: &'a Why) -> Self {
        WhyRecord {
            file: why.place.as_ref().map(|(file, _)| &**file),
            line: why.place.as_ref().map(|(_, line)| *line),
            instruction: match why.role {
                Role::Dockerfile => "Dockerfile".to_owned(),
                Role::IgnoreFile => "ignore file".to_owned(),
                Role::OnTheWay => "on the way".to_owned(),
                Role::Read(instruction) => instruction.to_string(),
                Role::Unresolved => "unresolved".to_owned(),
            },
            through: why.through.as_deref(),
        }
    }
}

impl<'a> UnresolvedRecord<'a> {
    fn of(Unresolved { file, line, instruction, why, through }: &'a Unresolved) -> Self {
        let instruction = instruction.map(|instruction| instruction.to_string());
        UnresolvedRecord { file, line: *line, instruction, through: through.as_deref(), why }
    }
}

impl<'a> UseRecord<'a> {
    fn of(Use { edge, through }: &'a Use) -> Self {
        UseRecord {
            service: &edge.service,
            image: &edge.image,
            file: &edge.file,
            line: edge.line,
            instruction: edge.instruction.to_string(),
            through: through.as_deref(),
        }
    }
}

/// The directory of `context`, as people write it.
fn shown(context: &Context) -> &str {
    if context.directory.is_empty() { "." } else { &context.directory }
}

/// The text of `--explain`: what reads which files, and what is not read.
fn explanation(answer: &Answer) -> Vec<String> {
    let mut lines = vec![format!("{}: {} of its image", answer.service, count(answer.files.len(), "input"))];
    for context in &answer.contexts {
        let left_out = match (&context.ignore_file, context.left_out) {
            (Some(file), left_out) => format!("{file} leaves out {}", count(left_out, "file")),
            (None, _) => "no .dockerignore leaves out anything".to_owned(),
        };
        lines.push(format!("context {}: {left_out}", shown(context)));
    }
    // What is not resolved is told as such below.
    let is_unresolved = |reading: &Reading| {
        answer.unresolved.iter().any(|gap| {
            gap.file == reading.file
                && gap.line == Some(reading.line)
                && gap.instruction == Some(reading.instruction)
                && gap.through == reading.through
        })
    };
    for reading in answer.readings.iter().filter(|reading| reading.files > 0 || !is_unresolved(reading)) {
        let context = if reading.context.is_empty() { "." } else { &reading.context };
        let files = count(reading.files, "file");
        lines.push(format!(
            "{}:{}: {} {} reads {files} of {context}{}",
            reading.file,
            reading.line,
            instruction_name(reading.instruction),
            reading.paths,
            through(reading.through.as_deref())
        ));
    }
    for Unresolved { file, line, instruction, why, through: by } in &answer.unresolved {
        let line = line.map(|line| format!(":{line}")).unwrap_or_default();
        let instruction = instruction.map(|instruction| format!("{}: ", instruction_name(instruction)));
        let instruction = instruction.unwrap_or_default();
        lines.push(format!(
            "{file}{line}: {instruction}{why}: the whole context and the service's directory count{}",
            through(by.as_deref())
        ));
    }
    let line = |Use { edge, through: by }: &Use, what: &str| {
        let (file, line, instruction, image) = (&edge.file, edge.line, edge.instruction, &edge.image);
        format!("{file}:{line}: {instruction} {image} {what}{}", through(by.as_deref()))
    };
    lines.extend(answer.edges.iter().map(|used| {
        let is = if used.edge.is_certain { "is" } else { "may be" };
        line(used, &format!("{is} the image of {}: its inputs count, too", used.edge.service))
    }));
    lines.extend(answer.pins.iter().map(|used| {
        let of = &used.edge.service;
        line(used, &format!("is an image of {of} that stays what it is: its inputs do not count"))
    }));
    lines
}

/// `instruction`, with the option of it that reads something.
fn instruction_name(instruction: Instruction) -> String {
    match instruction {
        Instruction::Run => format!("{instruction} --mount"),
        Instruction::From | Instruction::Copy | Instruction::Add => instruction.to_string(),
    }
}

fn through(service: Option<&str>) -> String {
    service.map(|service| format!(" (through {service})")).unwrap_or_default()
}
