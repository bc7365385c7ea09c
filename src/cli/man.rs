//! `imgver man`: manual pages, from the same texts as the help.

use clap::{Command, CommandFactory as _};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::args::{Cli, ManArgs};
use super::reply::Reply;
use crate::domain::did_you_mean;
use crate::error::{Context as _, Error, Kind, Result};
use crate::ops::Effect;
use crate::world::World;

/// Prints one manual page, or writes all of them.
pub(super) fn man(args: &ManArgs, world: &World<'_>) -> Result<Reply> {
    let mut program = Cli::command().disable_help_subcommand(true);
    program.build();
    if let Some(directory) = &args.directory {
        let directory = world.directory.join(directory);
        if !directory.is_dir() {
            return Err(Error::new(Kind::Input, format!("{} is not a directory", directory.display()))
                .hint(format!("mkdir -p {}", directory.display())));
        }
        let commands = std::iter::once(&program).chain(program.get_subcommands());
        let pages = commands.map(|command| {
            let path = directory.join(format!("{}.1", title(command)));
            Ok(Effect::Write { path, content: page(command, &program)? })
        });
        return Ok(Reply { effects: pages.collect::<Result<_>>()?, ..Reply::default() });
    }
    let command = match &args.command {
        Some(name) => program.find_subcommand(name).ok_or_else(|| unknown(name, &program))?,
        None => &program,
    };
    Ok(Reply::text(page(command, &program)?))
}

fn title(command: &Command) -> &str {
    command.get_display_name().unwrap_or_else(|| command.get_name())
}

/// The page of `command`. It has no date: that would be the date of the build.
fn page(command: &Command, program: &Command) -> Result<Vec<u8>> {
    let version = program.get_version().unwrap_or_default();
    let man = Man::new(command.clone()).source(format!("{} {version}", program.get_name()));
    let mut page = Vec::new();
    let is_whole = command.has_subcommands();
    let rendered = man
        .render_title(&mut page)
        .and_then(|()| man.render_name_section(&mut page))
        .and_then(|()| man.render_synopsis_section(&mut page))
        .and_then(|()| man.render_description_section(&mut page))
        .and_then(|()| man.render_options_section(&mut page))
        .and_then(|()| if is_whole { man.render_subcommands_section(&mut page) } else { Ok(()) })
        .and_then(|()| closing(command, program).to_writer(&mut page));
    rendered.context(Kind::Unexpected, || format!("cannot write the manual page of {}", title(command)))?;
    Ok(page)
}

/// The last part of the help, with its lines unchanged, and references to the other pages.
fn closing(command: &Command, program: &Command) -> Roff {
    let mut roff = Roff::new();
    let text = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let mut is_open = false;
    for line in text.lines() {
        match line.strip_suffix(':').filter(|heading| !heading.starts_with(' ')) {
            Some(heading) => {
                if std::mem::replace(&mut is_open, true) {
                    roff.control("fi", []);
                }
                roff.control("SH", [heading.to_uppercase().as_str()]).control("nf", []);
            }
            None => drop(roff.text([roman(line)])),
        }
    }
    if is_open {
        roff.control("fi", []);
    }
    let others: Vec<&Command> = match command.has_subcommands() {
        true => command.get_subcommands().collect(),
        false => vec![program],
    };
    roff.control("SH", ["SEE ALSO"]);
    for (position, other) in others.iter().enumerate() {
        let end = if position + 1 < others.len() { "(1)," } else { "(1)" };
        roff.text([bold(title(other)), roman(end)]);
    }
    roff
}

fn unknown(name: &str, program: &Command) -> Error {
    let near = did_you_mean(name, program.get_subcommands().map(Command::get_name));
    Error::new(Kind::Usage, format!("unknown command '{name}'"))
        .hint(near.unwrap_or_else(|| "imgver --help lists all commands".to_owned()))
}
