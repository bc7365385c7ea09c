//! Checks imgver's answers against git's before anything is measured: a fast wrong answer is worthless.

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

use super::repository::{self, Git};

/// About how many services are checked with `git rev-list`.
const SAMPLE: usize = 12;

/// One service in the output of `imgver list --output json`.
#[derive(Deserialize, Clone)]
pub(crate) struct Answer {
    pub(crate) service: String,
    pub(crate) base_tag: Option<String>,
    pub(crate) distance: u64,
    extended: String,
}

type Release = (u64, u64, u64);

pub(crate) fn list(imgver: &Path, directory: &Path) -> Result<Vec<Answer>> {
    let json = run_imgver(imgver, directory, &["list", "--output", "json"])?;
    let answers: Vec<Answer> = serde_json::from_str(&json).context("`imgver list --output json`")?;
    ensure!(!answers.is_empty(), "imgver found no services in {}", directory.display());
    Ok(answers)
}

pub(crate) fn verify(git: &Git, imgver: &Path, directory: &Path, answers: &[Answer]) -> Result<()> {
    let total = count(git, directory, "HEAD")?;
    for answer in answers.iter().step_by((answers.len() / SAMPLE).max(1)) {
        let expected = match &answer.base_tag {
            Some(tag) => count(git, directory, &format!("refs/tags/{tag}..HEAD"))?,
            None => total,
        };
        ensure!(
            answer.distance == expected,
            "{}: distance from {:?}: imgver says {}, git rev-list says {expected}",
            answer.service,
            answer.base_tag,
            answer.distance,
        );
        let alone = run_imgver(imgver, directory, &["extended", &answer.service])?;
        ensure!(
            alone.trim_end() == answer.extended,
            "{}: `extended` says {}, `list` says {}",
            answer.service,
            alone.trim_end(),
            answer.extended,
        );
    }
    if git.counts_ahead_and_behind() {
        verify_bases(git, directory, answers)?;
    }
    Ok(())
}

/// Checks the services changed since `base` against the paths that git lists; `filters` must not change the answer.
pub(crate) fn verify_changed(
    git: &Git,
    imgver: &Path,
    directory: &Path,
    services: &[Answer],
    base: &str,
    filters: &Path,
) -> Result<()> {
    let paths = git.run(directory, ["diff", "--name-only", "--no-renames", "-z", base, "HEAD"])?;
    let below = |service: &str| {
        paths.split('\0').any(|path| path.strip_prefix(service).is_some_and(|rest| rest.starts_with('/')))
    };
    let expected: Vec<&str> =
        services.iter().map(|answer| &*answer.service).filter(|service| below(service)).collect();
    let filters = filters.to_str().context("a path that is not UTF-8")?;
    for args in [&["changed", "--base", base][..], &["changed", "--base", base, "--filters", filters]] {
        let changed = run_imgver(imgver, directory, args)?;
        let changed: Vec<&str> = changed.lines().collect();
        ensure!(
            changed == expected,
            "{args:?}: imgver says {changed:?}, but by git's paths it is {expected:?}"
        );
    }
    Ok(())
}

/// Checks every service's base release against the distances of all merged tags.
fn verify_bases(git: &Git, directory: &Path, answers: &[Answer]) -> Result<()> {
    let format = "--format=%(refname:lstrip=2) %(ahead-behind:HEAD)";
    let tags = git.run(directory, ["for-each-ref", "--merged=HEAD", format, "refs/tags"])?;
    let mut nearest: HashMap<&str, (u64, Release)> = HashMap::new();
    for line in tags.lines() {
        let mut words = line.split(' ');
        let tag = words.next().context("an empty line from for-each-ref")?;
        let distance = words.nth(1).with_context(|| format!("no distance in {line:?}"))?.parse()?;
        if let Some((service, release)) =
            tag.rsplit_once('@').and_then(|(name, text)| Some((name, parse(text)?)))
        {
            let best = nearest.entry(service).or_insert((distance, release));
            if (distance, std::cmp::Reverse(release)) < (best.0, std::cmp::Reverse(best.1)) {
                *best = (distance, release);
            }
        }
    }
    for answer in answers {
        let expected = nearest.get(answer.service.as_str()).map(|(_, (major, minor, patch))| {
            let service = &answer.service;
            format!("{service}@{major}.{minor}.{patch}")
        });
        ensure!(
            answer.base_tag == expected,
            "{}: imgver's base is {:?}, but the nearest release is {expected:?}",
            answer.service,
            answer.base_tag,
        );
    }
    Ok(())
}

fn parse(version: &str) -> Option<Release> {
    let mut numbers = version.split('.').map(|part| {
        let plain = part == "0" || !part.starts_with('0') && part.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| part.parse().ok()).flatten()
    });
    let release = (numbers.next()??, numbers.next()??, numbers.next()??);
    numbers.next().is_none().then_some(release)
}

fn count(git: &Git, directory: &Path, range: &str) -> Result<u64> {
    git.run(directory, ["rev-list", "--count", range])?.trim_end().parse().context("git rev-list --count")
}

fn run_imgver(imgver: &Path, directory: &Path, args: &[&str]) -> Result<String> {
    let mut command = Command::new(imgver);
    command.args(args).current_dir(directory);
    repository::isolate(&mut command);
    let output = command.output().with_context(|| format!("cannot run {command:?}"))?;
    ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).context("imgver printed invalid UTF-8")
}
