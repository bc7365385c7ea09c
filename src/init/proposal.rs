//! All that `init` proposes for a repository.

use std::collections::{BTreeMap, BTreeSet};

use super::services::{self, ProposedService, discovery};
use super::tags::{Formats, formats};
use super::{Discovery, Sources, Spot, Sureness, bake, compose, render, workflow};
use crate::config::Config;
use crate::domain::{service_name_fault, short_name, tag_name_fault};
use crate::filters::{DEFAULT_FILE, Quantifier};
use crate::workspace::taskfile::{self, ImageRepo, directory_of};
use crate::yaml::tree::{self, Node};

/// What was found, and the configuration that follows.
#[derive(Debug, Default)]
pub struct Proposal {
    /// What was found, by place.
    pub discoveries: Vec<Discovery>,
    /// The services, sorted by name; those with a doubt are comments only.
    pub services: Vec<ProposedService>,
    /// The directories whose Taskfile names an image, and that image if it is plain.
    pub taskfiles: BTreeMap<String, Option<String>>,
    /// The formats of release tags, the one to write first; empty for the default.
    pub formats: Vec<String>,
    /// Formats that tags fit as well, but that would make versions go backwards beside the others, and how.
    pub doubtful_formats: Vec<(String, String)>,
    /// The identifiers of pre-releases, sorted.
    pub prereleases: Vec<String>,
    /// The filter file, where it is not the default one.
    pub filters: Option<String>,
    /// How the rules of a filter combine, where that is not the default.
    pub quantifier: Option<&'static str>,
    /// The text of `imgver.yaml`; none where the defaults and Taskfiles already say everything.
    pub config: Option<String>,
}

/// What follows from `sources`.
pub fn propose(sources: &Sources) -> Proposal {
    let mut discoveries = Vec::new();
    for (file, text) in &sources.texts {
        if let Err(why) = text {
            discoveries.push(Discovery::unreadable(Spot::file(file), why));
        }
    }
    let mut facts = workflow::read(sources, &mut discoveries);
    facts.extend(bake::read(sources, &mut discoveries));
    facts.extend(compose::read(sources, &mut discoveries));
    let taskfiles = taskfiles(sources, &mut discoveries);
    let mut services = services::services(&facts, &taskfiles, sources, &mut discoveries);
    services.retain(|service| is_nameable(service, &mut discoveries));
    discoveries.extend(services.iter().map(discovery));
    let Formats { sure: formats, doubtful: doubtful_formats, prereleases } =
        formats(&services, &taskfiles, sources, &mut discoveries);
    let (filters, quantifier) = filters(&services, sources, &mut discoveries);
    if let Some((branch, is_known)) = &sources.repository.main_branch {
        let sureness = if *is_known { Sureness::Sure } else { Sureness::Unsure };
        let what = format!("the main branch is {branch}");
        discoveries.push(Discovery::new(None, what, "the branch of the workflow (--workflow)", sureness));
    }
    let mut proposal = Proposal {
        discoveries,
        services,
        taskfiles,
        formats,
        doubtful_formats,
        prereleases,
        filters,
        quantifier,
        config: None,
    };
    proposal.config = render::config(&proposal, sources);
    proposal.refuse_nothing(sources);
    proposal.discoveries.sort();
    proposal.discoveries.dedup();
    proposal
}

impl Proposal {
    /// The services that are no comment.
    pub fn sure_services(&self) -> impl Iterator<Item = &ProposedService> {
        self.services.iter().filter(|service| service.doubt.is_none())
    }

    /// Makes comments of services that the configuration's reader refuses: what is written can be read.
    fn refuse_nothing(&mut self, sources: &Sources) {
        for _ in 0..=self.services.len() {
            let Some(Err(error)) = self.config.as_deref().map(Config::parse) else { return };
            let line = error.location.map_or(1, |place| place.line);
            let text = self.config.as_deref().unwrap_or_default();
            let refused = render::service_at(text, line, &self.services);
            let Some(service) = refused.and_then(|at| self.services.get_mut(at)) else {
                // Nothing of a service: all of it may be at fault.
                self.config = None;
                return;
            };
            service.doubt = Some(error.to_string());
            let what = format!("{} cannot be configured: {error}", service.dockerfile);
            self.discoveries.push(Discovery::new(service.spot.clone(), what, "a comment", Sureness::Unsure));
            self.config = render::config(self, sources);
        }
    }
}

/// Whether a service can have this name and these paths. A name that no tag can have stays: it is said that its releases need
/// another one.
fn is_nameable(service: &ProposedService, discoveries: &mut Vec<Discovery>) -> bool {
    let paths = [&service.name, &service.directory, &service.context, &service.dockerfile];
    let fault = paths.iter().find_map(|path| {
        let backslash = path.contains('\\').then_some("contains a backslash");
        service_name_fault(path).or(backslash)
    });
    if let Some(fault) = fault {
        let what = format!("a Dockerfile that can be no service: its path {fault}");
        discoveries.push(Discovery::new(service.spot.clone(), what, "nothing", Sureness::Sure));
    } else if let Some(fault) = tag_name_fault(&service.name) {
        let what = format!("no tag can have the name {}: it {fault}", service.name);
        let becomes = "a service that cannot be released: give it another name, and its directory";
        discoveries.push(Discovery::new(service.spot.clone(), what, becomes, Sureness::Unsure));
    }
    fault.is_none()
}

/// The directories whose Taskfile names an image, and that image if it is plain.
fn taskfiles(sources: &Sources, discoveries: &mut Vec<Discovery>) -> BTreeMap<String, Option<String>> {
    let mut found: BTreeMap<String, Option<String>> = BTreeMap::new();
    for (file, text) in sources.files(taskfile::is_named_so) {
        let directory = directory_of(file);
        if directory.is_empty() || found.contains_key(directory) {
            continue;
        }
        match taskfile::image_repo(text) {
            Ok(None) => {}
            Ok(Some(ImageRepo::Plain { text, place })) => {
                let what = format!("IMAGE_REPO is {text}");
                let becomes = format!("the image of {directory}, as before");
                discoveries.push(Discovery::new(Spot::at(file, place), what, becomes, Sureness::Sure));
                found.insert(directory.to_owned(), Some(text));
            }
            Ok(Some(ImageRepo::Computed { kind, place, .. })) => {
                let what = format!("IMAGE_REPO is {kind}");
                let becomes = format!("the image of {directory}, as Task works it out");
                discoveries.push(Discovery::new(Spot::at(file, place), what, becomes, Sureness::Sure));
                found.insert(directory.to_owned(), None);
            }
            Err(error) => {
                let spot = error.location.map_or_else(|| Spot::file(file), |place| Spot::at(file, place));
                discoveries.push(Discovery::unreadable(spot, error));
            }
        }
    }
    found
}

/// The filter file that workflows use, where its filters are about services and it is not the default one; and the quantifier
/// that they use it with, where that is not the default.
fn filters(
    services: &[ProposedService],
    sources: &Sources,
    discoveries: &mut Vec<Discovery>,
) -> (Option<String>, Option<&'static str>) {
    let has_default = sources.has(DEFAULT_FILE);
    if has_default {
        let spot = Spot::file(DEFAULT_FILE);
        discoveries.push(Discovery::new(
            spot,
            "a filter file",
            "what services watch, as before",
            Sureness::Sure,
        ));
    }
    let mut found = None;
    let mut quantifiers: BTreeSet<String> = BTreeSet::new();
    for used in workflow::filter_uses(sources) {
        let Some(file) = used.file else {
            let becomes = format!("nothing: move them to {DEFAULT_FILE}, by the names of services");
            let what = "filters of dorny/paths-filter within the workflow";
            discoveries.push(Discovery::new(used.spot, what, becomes, Sureness::Unsure));
            continue;
        };
        let root = sources.text(&file).and_then(|text| tree::parse(text).ok().flatten());
        let names = root.iter().flat_map(Node::entries).filter_map(|(key, _)| key.text());
        let is_service =
            |name: &str| services.iter().any(|it| it.name == name || short_name(&it.name) == name);
        let is_ours = names.into_iter().any(is_service);
        let is_taken = is_ours
            && if has_default { file == DEFAULT_FILE } else { *found.get_or_insert(file.clone()) == file };
        let (becomes, sureness) = if !is_ours {
            ("nothing: no filter has the name of a service".to_owned(), Sureness::Unsure)
        } else if file == DEFAULT_FILE {
            ("what services watch, as before".to_owned(), Sureness::Sure)
        } else if is_taken {
            (format!("filters: {file}"), Sureness::Sure)
        } else {
            ("nothing: another filter file is taken".to_owned(), Sureness::Unsure)
        };
        if is_taken {
            quantifiers.insert(used.quantifier);
        }
        discoveries.push(Discovery::new(used.spot, format!("filters in {file}"), becomes, sureness));
    }
    (found.filter(|_| !has_default), quantifier(&quantifiers, discoveries))
}

/// What `predicate-quantifier` says wherever the filters are used, if it is one that is known and not the default.
fn quantifier(used: &BTreeSet<String>, discoveries: &mut Vec<Discovery>) -> Option<&'static str> {
    let known = |text: &str| -> Option<&'static str> {
        let text = if text.is_empty() { "some" } else { text };
        Quantifier::NAMES.iter().map(|(name, _)| *name).find(|name| *name == text)
    };
    let names: BTreeSet<Option<&'static str>> = used.iter().map(|text| known(text)).collect();
    match names.iter().collect::<Vec<_>>().as_slice() {
        [] | [Some("some")] => None,
        [Some(only)] => {
            let what = format!("predicate-quantifier is {only}");
            discoveries.push(Discovery::new(None, what, format!("quantifier: {only}"), Sureness::Sure));
            Some(*only)
        }
        _ => {
            let what = "the steps that use the filters have several values of predicate-quantifier, or one that is not known";
            let becomes = "nothing: say which one counts, as quantifier";
            discoveries.push(Discovery::new(None, what, becomes, Sureness::Unsure));
            None
        }
    }
}
