//! `imgver init`: the configuration that a repository needs, from what its files say already.

use std::collections::{BTreeMap, BTreeSet};

use similar::TextDiff;

use super::effect::{Effect, Outcome};
use super::{Checkout, subject};
use crate::ci::github::WORKFLOWS;
use crate::config::{self, Config};
use crate::error::{Error, Kind, Result};
use crate::files;
use crate::history::git::{CommitId, Repository};
use crate::init::templates::WORKFLOW;
use crate::init::{
    Age, Discovery, Proposal, ProposedService, RepositoryFacts, SetUp, Sources, is_wanted, propose,
    task_files, workflow_file,
};
use crate::workspace::Workspace;
use crate::workspace::taskfile::directory_of;

/// More than anybody's chain of files that extend each other.
const CHAIN_MAX: usize = 8;

/// More commits of one second than anybody tags by hand.
const TOGETHER_MAX: usize = 20;

/// What to write, and whether.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Whether to write the shared tasks, and Taskfiles for services that have none.
    pub task: bool,
    /// Whether to write the workflow.
    pub workflow: bool,
    /// Whether files that are there and say something else are replaced; not a configuration that the others follow from.
    pub force: bool,
    /// Whether nothing is written at all.
    pub dry_run: bool,
}

/// What was found, and the files that follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What was found, by place; empty if the configuration that is there is kept, and nothing is proposed.
    pub discoveries: Vec<Discovery>,
    /// How many services there are.
    pub services: usize,
    /// How many of them have no image yet.
    pub imageless: usize,
    /// The workflows that already build them, sorted; known only where the services are proposed.
    pub builders: Vec<String>,
    /// How many Dockerfiles may belong to services, and are comments only.
    pub doubtful: usize,
    /// The files, in the order to write them.
    pub files: Vec<ProposedFile>,
}

/// A file that init writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProposedFile {
    /// Its path from the root of the repository.
    pub file: String,
    /// Its text.
    pub text: String,
    /// What is there.
    pub state: FileState,
}

/// What is there already, where init would write a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileState {
    /// Nothing.
    Absent,
    /// The same text.
    Equal,
    /// A person's configuration, from which the other files follow.
    Kept,
    /// Another one.
    Different {
        /// What would change, as a unified diff.
        diff: String,
    },
}

impl Answer {
    /// The files that are there and say something else.
    pub fn different(&self) -> impl Iterator<Item = (&ProposedFile, &str)> {
        self.files.iter().filter_map(|file| match &file.state {
            FileState::Different { diff } => Some((file, diff.as_str())),
            FileState::Absent | FileState::Equal | FileState::Kept => None,
        })
    }
}

/// Works out the configuration of a repository, and the files that follow from it. No file that is there is changed, unless
/// that is forced: then there are no effects at all, and [`Answer::different`] says why. Where other files are wanted, a
/// configuration that is there and readable is a person's: it is kept, and they follow from it.
///
/// # Errors
/// There is no work tree, git tracks no Dockerfile, or a file to write is not in the repository; a configuration that is kept
/// and contradicts a Taskfile.
pub fn init(request: &Request, checkout: &Checkout) -> Result<Outcome<Answer>> {
    // The configuration that is there may be the malformed one that is to be replaced.
    let workspace = checkout.unconfigured_workspace();
    let workspace = workspace.ok_or_else(|| subject::no_work_tree("cannot write a configuration"))?;
    let sources = sources(&workspace, checkout)?;
    let proposal = propose(&sources);
    let answer = match own_configuration(&proposal, &workspace, request, checkout)? {
        Some(config) => kept(config, &sources, &workspace, request, checkout)?,
        None => proposed(proposal, &sources, &workspace, request)?,
    };
    let effects = if request.dry_run || !request.force && answer.different().next().is_some() {
        Vec::new()
    } else {
        effects(&answer, checkout)
    };
    Ok(Outcome { answer, warnings: Vec::new(), effects })
}

/// The configuration that is there, if other files are to follow from it: one that can be read, and says something else than
/// what is proposed.
fn own_configuration<'c>(
    proposal: &Proposal,
    workspace: &Workspace<'_>,
    request: &Request,
    checkout: &'c Checkout,
) -> Result<Option<&'c Config>> {
    let (config, fault) = checkout.config_or_fault();
    if fault.is_some() || !checkout.has_config()? || !(request.task || request.workflow) {
        return Ok(None);
    }
    let text = workspace.read_file(config::FILE)?;
    let is_proposed = text.as_deref() == proposal.config.as_deref().map(str::as_bytes);
    Ok((!is_proposed).then_some(config))
}

/// What is proposed.
fn proposed(
    proposal: Proposal,
    sources: &Sources,
    workspace: &Workspace<'_>,
    request: &Request,
) -> Result<Answer> {
    if proposal.services.is_empty() && workspace.services()?.services.is_empty() {
        return Err(nothing_found(&proposal));
    }
    let config = proposal.config.iter().map(|text| (config::FILE.to_owned(), text.clone()));
    let wanted = config.chain(others(&SetUp::proposed(&proposal), sources, request));
    let services = proposal.sure_services().count();
    let has_no_image = |service: &&ProposedService| service.images.is_empty() && !service.has_taskfile;
    let builders = proposal.sure_services().map(|service| service.spot.file.as_str());
    let builders: BTreeSet<&str> =
        builders.filter(|file| WORKFLOWS.contains(&directory_of(file)) && *file != WORKFLOW).collect();
    Ok(Answer {
        imageless: proposal.sure_services().filter(has_no_image).count(),
        builders: builders.into_iter().map(ToOwned::to_owned).collect(),
        doubtful: proposal.services.len() - services,
        services,
        files: wanted.map(|(file, text)| beside(workspace, file, text)).collect::<Result<_>>()?,
        discoveries: proposal.discoveries,
    })
}

/// What follows from `config`, which stays as it is.
fn kept(
    config: &Config,
    sources: &Sources,
    workspace: &Workspace<'_>,
    request: &Request,
    checkout: &Checkout,
) -> Result<Answer> {
    let configured = checkout.workspace_with(config);
    let services = configured.map(|workspace| workspace.services()).transpose()?.unwrap_or_default().services;
    if services.is_empty() {
        return Err(Error::new(
            Kind::Input,
            format!("{} has no service to write other files for", config::FILE),
        )
        .hint("write services into it, or let it be written anew: imgver init --force"));
    }
    let text = workspace.read_file(config::FILE)?.unwrap_or_default();
    let text = String::from_utf8_lossy(&text).into_owned();
    let mut files = vec![ProposedFile { file: config::FILE.to_owned(), text, state: FileState::Kept }];
    for (file, text) in others(&SetUp::configured(&services, config), sources, request) {
        files.push(beside(workspace, file, text)?);
    }
    let imageless = services.iter().filter(|service| service.images.is_empty()).count();
    Ok(Answer {
        discoveries: Vec::new(),
        services: services.len(),
        imageless,
        builders: Vec::new(),
        doubtful: 0,
        files,
    })
}

/// The error where no image is built.
fn nothing_found(proposal: &Proposal) -> Error {
    let error = Error::new(Kind::Input, "no service found: git tracks no Dockerfile that can be one")
        .hint("git add the Dockerfile, then run imgver init again");
    match proposal.discoveries.iter().find(|discovery| discovery.spot.is_some()) {
        Some(Discovery { spot: Some(spot), what, .. }) => error.hint(format!("{spot}: {what}")),
        _ => error,
    }
}

/// The texts of the files that matter, and what else is known.
fn sources(workspace: &Workspace<'_>, checkout: &Checkout) -> Result<Sources> {
    let repository = &checkout.repository;
    let tracked: BTreeSet<String> = repository.tracked_files(|_| true)?.into_iter().collect();
    let mut wanted: BTreeSet<String> = tracked.iter().filter(|file| is_wanted(file)).cloned().collect();
    let mut sources = Sources { tracked, texts: BTreeMap::new(), repository: facts(repository)? };
    for _ in 0..CHAIN_MAX {
        for file in wanted {
            match files::text(workspace.read_file(&file)) {
                Some(text) => drop(sources.texts.insert(file, text)),
                // git tracks it, and it is deleted.
                None => drop(sources.tracked.remove(&file)),
            }
        }
        wanted = sources.unread();
    }
    Ok(sources)
}

fn facts(repository: &Repository) -> Result<RepositoryFacts> {
    let address = repository.source_url();
    let path =
        address.as_deref().and_then(|url| url.split_once("://")?.1.split_once('/')).map(|(_, path)| path);
    let directory = repository.workdir().and_then(|root| root.canonicalize().ok());
    let directory = directory.as_ref().and_then(|root| root.file_name()).map(|name| name.to_string_lossy());
    let known = repository.default_branch(None)?.map(|branch| (branch.name, !branch.by_name));
    let current = || Ok::<_, Error>(repository.current_branch()?.map(|branch| (branch, false)));
    Ok(RepositoryFacts {
        slug: path.filter(|path| path.matches('/').count() == 1).map(ToOwned::to_owned),
        directory: directory.unwrap_or_default().into_owned(),
        tags: tags(repository)?,
        main_branch: known.map_or_else(current, |known| Ok(Some(known)))?,
    })
}

/// The names of all tags, and when their commits were made; at the beginning of time where that cannot be read.
fn tags(repository: &Repository) -> Result<BTreeMap<String, Age>> {
    let tags = repository.tags("", |_, chosen| chosen.push(()))?;
    let commit = |target| repository.commit_of(target).ok().flatten();
    let seconds = |commit| repository.commit_time(commit).unwrap_or_default();
    let mut together: BTreeMap<i64, BTreeSet<CommitId>> = BTreeMap::new();
    for commit in tags.iter().filter_map(|(_, (), target)| commit(target)) {
        together.entry(seconds(commit)).or_default().insert(commit);
    }
    let behind = |tip: CommitId, others: &BTreeSet<CommitId>| {
        // A script may tag more commits in a second than are worth comparing with each other.
        let others = others.iter().filter(|other| **other != tip && others.len() <= TOGETHER_MAX);
        others.filter(|other| repository.contains(tip, **other).is_ok_and(|is_ancestor| is_ancestor)).count()
    };
    let mut ages: BTreeMap<CommitId, Age> = BTreeMap::new();
    for (seconds, commits) in &together {
        let age = |commit: CommitId| Age { seconds: *seconds, behind: behind(commit, commits) };
        ages.extend(commits.iter().map(|commit| (*commit, age(*commit))));
    }
    let age = |target| commit(target).and_then(|commit| ages.get(&commit).copied()).unwrap_or_default();
    Ok(tags.iter().map(|(name, (), target)| (name.to_owned(), age(target))).collect())
}

/// The files besides the configuration that are to be there, paths and texts.
fn others(set_up: &SetUp, sources: &Sources, request: &Request) -> Vec<(String, String)> {
    let mut files = if request.task { task_files(set_up, sources) } else { Vec::new() };
    files.extend(request.workflow.then(|| workflow_file(set_up, sources)));
    files
}

/// `file` beside what is there.
fn beside(workspace: &Workspace<'_>, file: String, text: String) -> Result<ProposedFile> {
    if let Some(link) = workspace.link_on_the_way(&file) {
        let what = format!("cannot write {file}: {link} is a symbolic link");
        return Err(Error::new(Kind::Input, what).hint("replace the link with what it leads to"));
    }
    let state = match workspace.read_file(&file)? {
        None => FileState::Absent,
        Some(bytes) if bytes == text.as_bytes() => FileState::Equal,
        Some(bytes) => {
            let old = String::from_utf8_lossy(&bytes);
            let diff = TextDiff::from_lines(&*old, &*text);
            let diff = diff.unified_diff().header(&format!("a/{file}"), &format!("b/{file}")).to_string();
            FileState::Different { diff }
        }
    };
    Ok(ProposedFile { file, text, state })
}

fn effects(answer: &Answer, checkout: &Checkout) -> Vec<Effect> {
    let root = checkout.repository.workdir().unwrap_or(&checkout.directory);
    let effect = |file: &ProposedFile| {
        let (path, content) = (root.join(&file.file), file.text.clone().into_bytes());
        match file.state {
            FileState::Equal | FileState::Kept => None,
            FileState::Absent => Some(Effect::Create { path, content }),
            FileState::Different { .. } => Some(Effect::Replace { path, content }),
        }
    };
    answer.files.iter().filter_map(effect).collect()
}
