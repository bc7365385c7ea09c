//! The text of `imgver.yaml`: what differs from the defaults, and comments for what is left to people.

use std::collections::{BTreeMap, BTreeSet};

use super::services::{MANY, ProposedService, dot};
use super::templates::scalar::{list, scalar};
use super::{Proposal, Sources};
use crate::display::on_one_line;
use crate::domain::{ImageTemplate, short_name};
use crate::workspace::taskfile::{below, directory_of};

/// The text; none where it would say nothing.
pub(super) fn config(proposal: &Proposal, sources: &Sources) -> Option<String> {
    let services: Vec<&ProposedService> = proposal.sure_services().collect();
    let template = template(&services);
    let mut text = String::from(
        "# Which images this repository builds, and what their releases are called. Written by imgver init;\n# what it could not know for sure is a comment.\n",
    );
    let start = text.len();
    match proposal.formats.as_slice() {
        [] => {}
        [only] => text.push_str(&format!("tag-format: {}\n", scalar(only))),
        several => list("tag-format", several).iter().for_each(|line| text.push_str(&format!("{line}\n"))),
    }
    for (format, why) in &proposal.doubtful_formats {
        text.push_str(&format!("# tag-format: {}   # {}\n", scalar(format), on_one_line(why)));
    }
    if !proposal.prereleases.is_empty() {
        let identifiers: Vec<String> = proposal.prereleases.iter().map(|word| scalar(word)).collect();
        text.push_str(&format!("prereleases: [{}]\n", identifiers.join(", ")));
    }
    if let Some(template) = &template {
        text.push_str(&format!("image: {}\n", scalar(template)));
    } else if let guesses = of_shared_images(&services)
        && !guesses.is_empty()
    {
        text.push_str(&guesses);
    } else if !services.is_empty() && services.iter().all(|it| it.images.is_empty() && !it.has_taskfile) {
        let owner =
            sources.repository.slug.as_deref().and_then(|slug| slug.split_once('/')).map(|(owner, _)| owner);
        let guess = format!("ghcr.io/{}/{{name}}", owner.unwrap_or("OWNER").to_lowercase());
        text.push_str(&format!("# image: {guess}   # a guess: write what your images are called\n"));
    }
    if let Some(filters) = &proposal.filters {
        text.push_str(&format!("filters: {}\n", scalar(filters)));
    }
    if let Some(quantifier) = proposal.quantifier {
        text.push_str(&format!("quantifier: {quantifier}\n"));
    }
    let entries = entries(&services, template.as_deref(), sources);
    if !entries.is_empty() {
        text.push_str("services:\n");
        entries.iter().for_each(|entry| text.push_str(entry));
    }
    let says_nothing = text.lines().all(|line| line.starts_with('#')) && text.len() == start;
    let doubtful: Vec<&ProposedService> = proposal.services.iter().filter(|it| it.doubt.is_some()).collect();
    if says_nothing && (doubtful.is_empty() || services.iter().any(|service| service.has_taskfile)) {
        return None;
    }
    if !doubtful.is_empty() {
        if entries.is_empty() {
            text.push_str("# services:\n");
        } else {
            text.push_str("\n  # Perhaps no services:\n");
        }
    }
    for service in doubtful {
        let doubt = service.doubt.as_deref().unwrap_or_default();
        let lines = entry(service, template.as_deref(), false);
        for (at, line) in lines.lines().enumerate() {
            let doubt = if at == 0 { format!("   # {}", on_one_line(doubt)) } else { String::new() };
            text.push_str(&format!("  # {}{doubt}\n", line.strip_prefix("  ").unwrap_or(line)));
        }
    }
    Some(text)
}

/// A guess, as a comment, from each image that many services share.
fn of_shared_images(services: &[&ProposedService]) -> String {
    let mut shared: BTreeMap<&str, Vec<&ProposedService>> = BTreeMap::new();
    for service in services {
        service.shared_images.iter().for_each(|image| shared.entry(image).or_default().push(service));
    }
    let guess = |(image, users): (&str, Vec<&ProposedService>)| {
        let place = users.first().map(|service| service.spot.to_string()).unwrap_or_default();
        let why = format!("{place} names {image} for {} services, and each needs its own", users.len());
        format!("# image: {image}-{{name}}   # a guess: {}\n", on_one_line(&why))
    };
    shared.into_iter().map(guess).collect()
}

/// Which of `services` the line of the text is about.
pub(super) fn service_at(text: &str, line: usize, services: &[ProposedService]) -> Option<usize> {
    let before = text
        .lines()
        .take(line)
        .filter(|line| line.starts_with("  ") && !line.starts_with("   ") && !line.starts_with("  #"));
    let entry = before.last()?;
    services.iter().position(|service| {
        service.doubt.is_none() && entry.starts_with(&format!("  {}:", key(&service.name)))
    })
}

/// The entries of services that need one, sorted by name.
fn entries(services: &[&ProposedService], template: Option<&str>, sources: &Sources) -> Vec<String> {
    let mut entries: BTreeMap<String, String> = BTreeMap::new();
    let mut plain: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let names_any = services.iter().any(|service| !service.images.is_empty());
    for service in services {
        let text = entry(service, template, names_any);
        if text.is_empty() {
            continue;
        }
        if text.lines().count() == 1 {
            plain.entry(directory_of(&service.name)).or_default().push(&service.name);
        }
        entries.insert(service.name.clone(), text);
    }
    let all: BTreeSet<&str> = services.iter().map(|service| service.name.as_str()).collect();
    for (parent, members) in plain {
        if members.len() >= MANY && !parent.is_empty() && is_exact(parent, &all, sources) {
            members.iter().for_each(|name| drop(entries.remove(*name)));
            let wildcard = below(parent, "*");
            entries.insert(wildcard.clone(), format!("  {}: {{}}\n", scalar(&wildcard)));
        }
    }
    entries.into_values().collect()
}

/// Whether the directories in `parent` with a Dockerfile are services, one and all, so that a wildcard selects no other.
fn is_exact(parent: &str, services: &BTreeSet<&str>, sources: &Sources) -> bool {
    let is_plain = parent.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_' | '.'));
    let dockerfiles = sources.files_in(parent).filter(|file| short_name(file) == "Dockerfile");
    let mut directories = dockerfiles.map(directory_of).filter(|directory| directory_of(directory) == parent);
    is_plain && directories.all(|directory| services.contains(directory))
}

/// What the configuration says of a service; empty if its Taskfile already says everything .
fn entry(service: &ProposedService, template: Option<&str>, says_unnamed: bool) -> String {
    let mut lines = Vec::new();
    let by_template = template.is_some_and(|template| is_by_template(service, template));
    match service.images.as_slice() {
        _ if by_template => {}
        [] => {}
        [only] => lines.push(format!("image: {}", scalar(only))),
        several => lines.extend(list("image", several)),
    }
    if service.name != service.directory {
        lines.push(format!("directory: {}", path(&service.directory)));
    }
    if service.context != service.directory {
        lines.push(format!("context: {}", path(&service.context)));
    }
    if service.dockerfile != below(&service.directory, "Dockerfile") {
        lines.push(format!("dockerfile: {}", scalar(&service.dockerfile)));
    }
    if let Some(target) = &service.target {
        lines.push(format!("target: {}", scalar(target)));
    }
    if !service.platforms.is_empty() {
        lines.push(format!("platforms: [{}]", service.platforms.join(", ")));
    }
    if !service.args.is_empty() {
        lines.push("build-args:".to_owned());
        lines.extend(service.args.iter().map(|(name, value)| format!("  {name}: {}", scalar(value))));
    }
    let mut remarks: Vec<String> =
        service.remarks.iter().map(|remark| format!("# {}", on_one_line(remark))).collect();
    let is_shared = !service.shared_images.is_empty();
    let is_unnamed =
        service.images.is_empty() && !is_shared && !service.has_taskfile && service.doubt.is_none();
    if is_unnamed && says_unnamed && !remarks.iter().any(|remark| remark.starts_with("# image:")) {
        remarks.insert(0, "# image: …   # nothing names it".to_owned());
    }
    let name = key(&service.name);
    if lines.is_empty() && remarks.is_empty() {
        let is_known = service.doubt.is_none() && service.has_taskfile;
        return if is_known { String::new() } else { format!("  {name}: {{}}\n") };
    }
    let rest = lines.iter().chain(&remarks).map(|line| format!("    {line}\n"));
    std::iter::once(format!("  {name}:\n")).chain(rest).collect()
}

/// A directory; the root is a dot.
fn path(directory: &str) -> String {
    if directory.is_empty() { dot(directory).to_owned() } else { scalar(directory) }
}

/// The name of a service as a key, with the characters escaped that would make it a wildcard.
fn key(name: &str) -> String {
    const SPECIAL: [char; 13] = ['*', '?', '[', ']', '{', '}', '(', ')', '|', '!', '+', '@', '"'];
    let mut escaped = String::new();
    for letter in name.chars() {
        if SPECIAL.contains(&letter) {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    scalar(&escaped)
}

/// The template that gives most of the services their image, if it does so for more than one.
fn template(services: &[&ProposedService]) -> Option<String> {
    // It would give one to a service that nothing names, too.
    if services.iter().any(|service| service.images.is_empty() && !service.has_taskfile) {
        return None;
    }
    let mut users: BTreeMap<String, usize> = BTreeMap::new();
    for service in services {
        let [only] = service.images.as_slice() else { continue };
        for (placeholder, value) in
            [("{name}", short_name(&service.name).to_owned()), ("{service}", service.name.replace('/', "-"))]
        {
            // Only behind a slash or a dash: a name may be a part of any word.
            let prefix = only
                .strip_suffix(&value)
                .filter(|prefix| prefix.ends_with(['/', '-', '_']) || prefix.is_empty());
            if let Some(prefix) = prefix {
                *users.entry(format!("{prefix}{placeholder}")).or_default() += 1;
            }
        }
    }
    let best = users.into_iter().max_by(|a, b| a.1.cmp(&b.1).then_with(|| b.0.cmp(&a.0)));
    best.filter(|(template, users)| *users > 1 && template.parse::<ImageTemplate>().is_ok())
        .map(|(template, _)| template)
}

fn is_by_template(service: &ProposedService, template: &str) -> bool {
    let [only] = service.images.as_slice() else { return false };
    template.parse::<ImageTemplate>().is_ok_and(|template| template.text_for(&service.name) == *only)
}
