//! Compares the speed of imgver and git on the same repository in the same run: `cargo bench --bench beside_git`.
//!
//! Prints Markdown tables of CPU times and of the ratios for which the project has targets. A missed target is only
//! reported, because a benchmark is not a test; a wrong answer ends the run with an error.

mod contenders;
mod generate;
mod measure;
mod options;
mod report;
mod repository;
mod rng;
mod text;
mod verify;

use std::env;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use clap::Parser as _;

use contenders::Commands;
use generate::Shape;
use options::Options;
use report::Row;
use repository::Git;

const MANY_SERVICES: Shape = Shape {
    name: "200 services, 3,000 tags, 12,000 commits",
    services: 200,
    tags: 3_000,
    commits: 12_000,
    release_commits: 700,
    farthest: 8_000,
    untagged: 0,
};

const SHAPES: [Shape; 3] = [
    MANY_SERVICES,
    Shape {
        name: "40 services, 25,000 tags, 8,000 commits",
        services: 40,
        tags: 25_000,
        commits: 8_000,
        release_commits: 2_400,
        farthest: 5_500,
        untagged: 0,
    },
    Shape { name: "like the first, one service never released", untagged: 1, ..MANY_SERVICES },
];

const QUICK: [Shape; 1] = [Shape {
    name: "20 services, 300 tags, 1,000 commits",
    services: 20,
    tags: 300,
    commits: 1_000,
    release_commits: 100,
    farthest: 700,
    untagged: 0,
}];

fn main() -> Result<()> {
    // `cargo bench` passes this, `cargo test --benches` does not.
    if !env::args_os().any(|argument| argument == "--bench") {
        return Ok(writeln!(io::stdout(), "there are no tests here: run `cargo bench --bench beside_git`")?);
    }
    let options = Options::parse();
    let git = Git::new(options.git())?;
    let scratch = tempfile::tempdir()?;
    let folder = options.keep.as_deref().unwrap_or(scratch.path());
    fs::create_dir_all(folder)?;
    let folder = fs::canonicalize(folder)?;
    let mut rows = Vec::new();
    if let Some(source) = &options.repo {
        let name = source.file_name().unwrap_or(source.as_os_str()).to_string_lossy();
        let directory = once(&folder, &name, |directory| {
            repository::copy(&git, source, options.services_from_tags, directory)
        })?;
        rows.extend(measure_repository(&git, &options, &name, &directory)?);
    } else {
        for shape in if options.quick { &QUICK[..] } else { &SHAPES } {
            let directory =
                once(&folder, shape.name, |directory| repository::create(&git, shape, directory))?;
            rows.extend(measure_repository(&git, &options, shape.name, &directory)?);
        }
    }
    let mut out = io::stdout().lock();
    let slow = measure::SLOW_ROUNDS.min(options.rounds());
    writeln!(out, "\ngit {}, {} rounds ({slow} for the loop)\n", git.version(), options.rounds())?;
    report::write(&rows, &mut out)?;
    Ok(())
}

/// The repository of this name in `folder`, which is created unless an earlier run left it there.
fn once(folder: &Path, name: &str, make: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    let name_of_directory = name.replace(", ", "--").replace(' ', "-");
    let directory = folder.join(&name_of_directory);
    if !directory.exists() {
        progress(&format!("creating {name}"))?;
        // Under a temporary name until it is complete, so that no later run uses the remains of an interrupted one.
        let unfinished = folder.join(format!("{name_of_directory}.unfinished"));
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished)?;
        }
        make(&unfinished)?;
        fs::rename(unfinished, &directory)?;
    }
    Ok(directory)
}

/// Measures without a commit-graph, then with one.
fn measure_repository(git: &Git, options: &Options, name: &str, directory: &Path) -> Result<Vec<Row>> {
    let imgver = program(&options.imgver)?;
    let mut rows = Vec::new();
    for commit_graph in [false, true] {
        repository::set_commit_graph(git, directory, commit_graph)?;
        let services = verify::list(&imgver, directory)?;
        verify::verify(git, &imgver, directory, &services)?;
        let released = || services.iter().filter(|answer| answer.base_tag.is_some());
        let near = released().min_by_key(|answer| answer.distance).context("no service was ever released")?;
        let far = released().max_by_key(|answer| answer.distance).context("no service was ever released")?;
        let graph = if commit_graph { "with" } else { "without" };
        progress(&format!(
            "measuring {name}, {graph} a commit-graph: {} services, latest releases {} to {} commits back",
            services.len(),
            near.distance,
            far.distance,
        ))?;
        let base = far.base_tag.as_ref().map(|tag| format!("refs/tags/{tag}"));
        let base = base.context("no service was ever released")?;
        let filters = repository::write_filters(directory, services.iter().map(|answer| &*answer.service))?;
        verify::verify_changed(git, &imgver, directory, &services, &base, &filters)?;
        let commands = Commands {
            git,
            imgver: &imgver,
            directory,
            services: &services,
            near,
            far,
            base: &base,
            filters: &filters,
        };
        let medians = measure::measure(&commands, options.rounds())?;
        rows.push(Row { repository: name.to_owned(), commit_graph, medians });
    }
    Ok(rows)
}

/// An absolute path, since every command runs in the repository.
fn program(path: &Path) -> Result<PathBuf> {
    let path = fs::canonicalize(path).with_context(|| format!("no imgver at {}", path.display()))?;
    ensure!(path.is_file(), "{} is not a program", path.display());
    Ok(path)
}

fn progress(text: &str) -> io::Result<()> {
    writeln!(io::stderr(), "{text} …")
}
