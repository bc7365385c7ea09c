//! Repositories to measure on: creates, packs and checks them out, with or without a commit-graph.

use std::ffi::OsStr;
use std::fs;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::generate::{self, Shape};
use super::text;

/// The git to compare with.
pub(crate) struct Git {
    program: PathBuf,
    version: (u32, u32),
}

impl Git {
    pub(crate) fn new(program: PathBuf) -> Result<Self> {
        let output = Command::new(&program).arg("version").output();
        let output = output.with_context(|| format!("cannot run {}", program.display()))?;
        let text = String::from_utf8_lossy(&output.stdout);
        let mut numbers = text.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok());
        let version =
            numbers.next().zip(numbers.next()).with_context(|| format!("no version in {text:?}"))?;
        Ok(Self { program, version })
    }

    pub(crate) fn program(&self) -> &Path {
        &self.program
    }

    pub(crate) fn version(&self) -> String {
        let (major, minor) = self.version;
        format!("{major}.{minor}")
    }

    /// Whether `for-each-ref` supports both `%(ahead-behind:…)` and `--stdin`.
    pub(crate) fn counts_ahead_and_behind(&self) -> bool {
        self.version >= (2, 41)
    }

    pub(crate) fn command(&self, directory: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command.current_dir(directory);
        isolate(&mut command);
        command
    }

    /// Runs git and returns its standard output; it is an error if git fails.
    pub(crate) fn run<S: AsRef<OsStr>>(
        &self,
        directory: &Path,
        args: impl IntoIterator<Item = S>,
    ) -> Result<String> {
        let mut command = self.command(directory);
        command.args(args);
        let output = command.output().with_context(|| format!("cannot run {command:?}"))?;
        ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).with_context(|| format!("{command:?} printed invalid UTF-8"))
    }
}

/// Makes a command independent of the git configuration and environment of whoever runs the benchmark.
pub(crate) fn isolate(command: &mut Command) {
    for name in
        ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_CEILING_DIRECTORIES"]
    {
        command.env_remove(name);
    }
    for name in ["AUTHOR", "COMMITTER"] {
        command
            .env(format!("GIT_{name}_NAME"), "Bench")
            .env(format!("GIT_{name}_EMAIL"), "bench@example.com");
    }
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").env("LC_ALL", "C");
}

/// Creates a repository of this shape in `directory`.
pub(crate) fn create(git: &Git, shape: &Shape, directory: &Path) -> Result<()> {
    fs::create_dir_all(directory)?;
    git.run(directory, ["init", "--quiet", "--initial-branch=main"])?;
    git.run(directory, ["config", "gc.auto", "0"])?;
    let mut import = git.command(directory);
    import.args(["fast-import", "--quiet", "--force"]).stdin(Stdio::piped());
    let mut import = import.spawn().context("cannot run git fast-import")?;
    let mut stream = BufWriter::new(import.stdin.take().context("git fast-import has no input")?);
    generate::generate(shape, &mut stream)?;
    drop(stream.into_inner()?);
    ensure!(import.wait()?.success(), "git fast-import failed");
    git.run(directory, ["repack", "-a", "-d", "-f", "--quiet"])?;
    settle(git, directory)
}

/// Copies an existing repository; with `services_from_tags`, creates a service for each prefix of a tag `PREFIX@X.Y.Z`.
pub(crate) fn copy(git: &Git, source: &Path, services_from_tags: bool, directory: &Path) -> Result<()> {
    let source =
        fs::canonicalize(source).with_context(|| format!("no repository at {}", source.display()))?;
    let parent = directory.parent().context("no parent directory")?;
    git.run(parent, [OsStr::new("clone"), OsStr::new("--quiet"), source.as_os_str(), directory.as_os_str()])?;
    git.run(directory, ["config", "gc.auto", "0"])?;
    if services_from_tags {
        for service in prefixes_of_tags(git, directory)? {
            let folder = directory.join(&service);
            fs::create_dir_all(&folder)?;
            let image = format!("example/{}", service.trim_start_matches('@').to_lowercase());
            fs::write(folder.join("Taskfile.yaml"), text::taskfile(&image, 0))?;
        }
        git.run(directory, ["add", "--all", "--force"])?;
        git.run(
            directory,
            ["commit", "--quiet", "--no-verify", "--message=Turn the packages into services"],
        )?;
    }
    settle(git, directory)
}

fn prefixes_of_tags(git: &Git, directory: &Path) -> Result<Vec<String>> {
    let tags =
        git.run(directory, ["for-each-ref", "--merged=HEAD", "--format=%(refname:lstrip=2)", "refs/tags"])?;
    let mut services: Vec<String> = tags
        .lines()
        .filter_map(|tag| tag.rsplit_once('@'))
        .filter(|(service, version)| !service.is_empty() && is_release(version))
        .map(|(service, _)| service.to_owned())
        .collect();
    services.sort();
    services.dedup();
    ensure!(!services.is_empty(), "{}: no tag has the form SERVICE@X.Y.Z", directory.display());
    Ok(services)
}

fn is_release(version: &str) -> bool {
    version.split('.').count() == 3 && version.split('.').all(|part| part.parse::<u64>().is_ok())
}

/// Packs the refs, and leaves an index in which no file needs a comparison of contents.
fn settle(git: &Git, directory: &Path) -> Result<()> {
    git.run(directory, ["pack-refs", "--all", "--prune"])?;
    git.run(directory, ["reset", "--quiet", "--hard", "HEAD"])?;
    // git compares the contents of a file that is as new as the index, every time: wait until the second has passed.
    thread::sleep(Duration::from_millis(1100));
    git.run(directory, ["update-index", "-q", "--really-refresh", "--force-write-index"])?;
    Ok(())
}

/// Writes realistic filters, where git does not see them: each service's directory, shared paths, and unused paths.
pub(crate) fn write_filters<'s>(
    directory: &Path,
    services: impl IntoIterator<Item = &'s str>,
) -> Result<PathBuf> {
    let mut text = String::new();
    for service in services {
        text.push_str(&format!(
            "'{service}':\n  - '{service}/**'\n  - 'libraries/**/{{schema,model}}*.@(json|proto)'\n  - '**/Makefile'\n"
        ));
    }
    let file = directory.join(".git/bench-filters.yaml");
    fs::write(&file, text)?;
    Ok(file)
}

/// Writes the commit-graph, or removes it.
pub(crate) fn set_commit_graph(git: &Git, directory: &Path, wanted: bool) -> Result<()> {
    if wanted {
        return git.run(directory, ["commit-graph", "write", "--reachable", "--changed-paths"]).map(drop);
    }
    let info = directory.join(".git/objects/info");
    let graph = info.join("commit-graph");
    if graph.exists() {
        fs::remove_file(graph)?;
    }
    let chain = info.join("commit-graphs");
    if chain.exists() {
        fs::remove_dir_all(chain)?;
    }
    Ok(())
}
