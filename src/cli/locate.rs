//! `imgver locate`.

use super::args::{LocateArgs, OutputFormat};
use super::reply::{Reply, json};
use crate::display::on_one_line;
use crate::error::Result;
use crate::ops::locate::{self as op, Answer, Request};
use crate::ops::{Checkout, Scope};
use crate::world::World;

pub(super) fn locate(args: &LocateArgs, checkout: &Checkout, world: &World<'_>) -> Result<Reply> {
    let request = Request {
        image_tag: args.image_tag.clone(),
        service: args.service.clone(),
        first_parent: args.first_parent,
        tag_format: args.tags.request(world)?,
    };
    let outcome = op::locate(&request, checkout)?;
    let stdout = match args.output.output {
        OutputFormat::Json => json(&outcome.answer)?,
        OutputFormat::Text => text(&outcome.answer),
    };
    Ok(Reply::of(stdout, outcome).0)
}

fn text(located: &Answer) -> String {
    let Answer { commit, author, email, date, subject, .. } = located;
    let mut lines = vec![
        ("commit", commit.clone()),
        ("author", format!("{author} <{email}>")),
        ("date", date.clone()),
        ("subject", subject.clone()),
    ];
    for found in &located.services {
        let service = found.service.as_deref().unwrap_or("the repository as a whole");
        let release = found.base_tag.as_deref().unwrap_or("none: counted from 0.0.0");
        lines.push(("service", service.to_owned()));
        lines.push(("release", release.to_owned()));
        let distance = match found.scope {
            Scope::Repository => found.distance.to_string(),
            Scope::Service => format!("{}, counted by service", found.distance),
        };
        lines.push(("distance", distance));
    }
    lines.iter().map(|(name, value)| format!("{name:<9} {}\n", on_one_line(value))).collect()
}
