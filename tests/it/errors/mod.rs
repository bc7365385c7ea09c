//! Every error that a test can provoke, as one text to be read: `errors.txt`.
//!
//! `IMGVER_UPDATE=1 cargo test --test it errors` writes it anew; whoever does that reads what changed.

mod builds;
mod changes;
mod configuration;
mod configured;
mod events;
mod init;
mod inputs;
mod messages;
mod page;
mod patterns;
mod promotions;
mod registries;
mod releases;
mod releases_together;
mod repositories;
mod revisions;
mod scopes;
mod services;
mod usage;
mod versions;

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use page::Page;

/// Adds an area's scenarios to its page.
type Fill = fn(&mut Page);

/// The areas, in the order of the file. A new command is a new row of one of them, or a new area.
const AREAS: [(&str, Fill); 18] = [
    ("The command line", usage::fill),
    ("Services and their images", services::fill),
    ("A configuration that does not fit", configured::fill),
    ("The configuration", configuration::fill),
    ("Versions and their rules", versions::fill),
    ("Versions by service", scopes::fill),
    ("Revisions", revisions::fill),
    ("Repositories", repositories::fill),
    ("Changes and filters", changes::fill),
    ("Patterns", patterns::fill),
    ("Events", events::fill),
    ("What images are made of", inputs::fill),
    ("Builds", builds::fill),
    ("Registries", registries::fill),
    ("Releases, and what is behind an image", releases::fill),
    ("Several releases, and pre-releases", releases_together::fill),
    ("Promotions and floating tags", promotions::fill),
    ("Setting a repository up", init::fill),
];

const HEADER: &str = "\
Every error that the tests can provoke, as it is printed. Each must say what failed, on which input, where, why, and what
to do. `IMGVER_UPDATE=1 cargo test --test it errors` writes this file; TMP is the test's directory, and the text of a
`caused by:` that comes from the operating system is left out.
";

/// The text of all areas as they are now, and what is wrong with them whatever they say.
fn now() -> &'static (String, Vec<String>) {
    static NOW: OnceLock<(String, Vec<String>)> = OnceLock::new();
    NOW.get_or_init(|| {
        let pages = AREAS.map(|(title, fill)| (title, fill, OnceLock::new()));
        crate::support::in_parallel(&pages, |(title, fill, finished)| {
            let mut page = Page::new(title);
            fill(&mut page);
            finished.set(page.finish()).expect("each area is filled once");
        });
        let (mut text, mut wrong) = (HEADER.to_owned(), Vec::new());
        for (_, _, finished) in pages {
            let (more, faults) = finished.into_inner().expect("each area is filled");
            text.push_str(&more);
            wrong.extend(faults);
        }
        (text, wrong)
    })
}

#[test]
fn every_error_is_as_somebody_has_read_it() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/errors/errors.txt");
    let (now, wrong) = now();
    if std::env::var_os("IMGVER_UPDATE").is_some_and(|value| value == "1") {
        fs::write(&file, now).expect("write errors.txt");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let read = fs::read_to_string(&file).expect("read errors.txt");
    let mut differing = read.split("\n\n").zip(now.split("\n\n")).filter(|(read, now)| read != now);
    if read != *now {
        let (read, now) = differing.next().unwrap_or(("", "(more or fewer of them)"));
        panic!(
            "--- errors.txt\n{read}\n--- now\n{now}\n--- IMGVER_UPDATE=1 writes it anew: read what changes"
        );
    }
}

#[test]
fn every_message_of_the_sources_is_among_them() {
    let missing = messages::missing(&now().0);
    assert!(missing.is_empty(), "no scenario of tests/it/errors shows:\n{}", missing.join("\n"));
}
