//! `imgver init`: the configuration that a repository needs, from what its files say already.

use std::collections::{BTreeMap, BTreeSet};

use similar::TextDiff;

use super::effect::{Effect, Outcome};
use super::{Checkout, formats, subject};
use crate::config;
use crate::error::{Error, Kind, Result};
use crate::history::git::Repository;
use crate::init::{
    Discovery, Proposal, RepositoryFacts, Sources, is_wanted, propose, task_files, workflow_file,
};
use crate::workspace::Workspace;

/// What to write, and whether.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Whether to write the shared tasks, and Taskfiles for services that have none.
    pub task: bool,
    /// Whether to write the workflow.
    pub workflow: bool,
    /// Whether files that are there and say something else are replaced.
    pub force: bool,
    /// Whether nothing is written at all.
    pub dry_run: bool,
}

/// What was found, and the files that follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What was found, by place.
    pub discoveries: Vec<Discovery>,
    /// How many services there are.
    pub services: usize,
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
            FileState::Absent | FileState::Equal => None,
        })
    }
}

/// Works out the configuration of a repository. No file that is there is changed, unless that is forced: then there are no
/// effects at all, and [`Answer::different`] says why.
///
/// # Errors
/// There is no work tree, git tracks no Dockerfile, or a file to write is not in the repository.
pub fn init(request: &Request, checkout: &Checkout) -> Result<Outcome<Answer>> {
    // The configuration that is there may be the malformed one that is to be replaced.
    let workspace = checkout.unconfigured_workspace();
    let workspace = workspace.ok_or_else(|| subject::no_work_tree("cannot write a configuration"))?;
    let sources = sources(&workspace, checkout)?;
    let proposal = propose(&sources);
    if proposal.services.is_empty() && workspace.services()?.services.is_empty() {
        return Err(nothing_found(&proposal));
    }
    let files =
        wanted(&proposal, &sources, request).into_iter().map(|(file, text)| proposed(&workspace, file, text));
    let services = proposal.sure_services().count();
    let answer = Answer {
        doubtful: proposal.services.len() - services,
        services,
        files: files.collect::<Result<_>>()?,
        discoveries: proposal.discoveries,
    };
    let effects = if request.dry_run || !request.force && answer.different().next().is_some() {
        Vec::new()
    } else {
        effects(&answer, checkout)
    };
    Ok(Outcome { answer, warnings: Vec::new(), effects })
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
    let mut tracked: BTreeSet<String> = repository.tracked_files(|_| true)?.into_iter().collect();
    let mut texts = BTreeMap::new();
    for file in tracked.iter().filter(|file| is_wanted(file)) {
        let text = match workspace.read_file(file) {
            // git tracks it, and it is deleted.
            Ok(None) => continue,
            Ok(Some(bytes)) => String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned()),
            Err(error) => Err(error.to_string()),
        };
        texts.insert(file.clone(), text);
    }
    tracked.retain(|file| !is_wanted(file) || texts.contains_key(file));
    Ok(Sources { tracked, texts, repository: facts(repository)? })
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
        tags: formats::tag_names(repository)?.into_iter().collect(),
        main_branch: known.map_or_else(current, |known| Ok(Some(known)))?,
    })
}

/// The files that are to be there, paths and texts.
fn wanted(proposal: &Proposal, sources: &Sources, request: &Request) -> Vec<(String, String)> {
    let config = proposal.config.iter().map(|text| (config::FILE.to_owned(), text.clone()));
    let mut files: Vec<(String, String)> = config.collect();
    if request.task {
        files.extend(task_files(proposal, sources));
    }
    files.extend(request.workflow.then(|| workflow_file(proposal, sources)));
    files
}

/// `file` beside what is there.
fn proposed(workspace: &Workspace<'_>, file: String, text: String) -> Result<ProposedFile> {
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
            FileState::Equal => None,
            FileState::Absent => Some(Effect::Create { path, content }),
            FileState::Different { .. } => Some(Effect::Replace { path, content }),
        }
    };
    answer.files.iter().filter_map(effect).collect()
}
