//! Follows the images that a build is made of to the services whose images they are.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::Snapshot;
use super::edges::{Fit, Images};
use super::own::Own;
use super::recipe::Recipe;
use super::set::{Inputs, Member};
use crate::config::BuildContext;
use crate::dockerfile::{Expanded, Instruction, Trigger};
use crate::error::Result;
use crate::workspace::Service;

/// Reads what the images of services are made of, each Dockerfile once.
pub struct Reader<'a> {
    services: &'a [Service],
    snapshot: &'a dyn Snapshot,
    images: Images,
    recipes: RefCell<BTreeMap<usize, Rc<Recipe>>>,
    builds: RefCell<BTreeMap<usize, Rc<Build>>>,
}

/// The build of one service.
pub(super) struct Build {
    pub(super) own: Own,
    pub(super) edges: Vec<Edge>,
    pub(super) pins: Vec<Pin>,
}

/// An image of another service that a build is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// The service, by its path.
    pub service: String,
    /// The image, as far as it is known; the rest as the Dockerfile has it.
    pub image: String,
    /// The Dockerfile.
    pub file: String,
    /// The line.
    pub line: usize,
    /// The instruction.
    pub instruction: Instruction,
    /// Whether it certainly is an image of that service.
    pub is_certain: bool,
    /// The index of the service.
    to: usize,
}

/// An image of a service that does not follow the service: by a digest or a release.
pub type Pin = Edge;

/// Services that are built from each other: each edge leads to the service of the next, the last to that of the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Circle(pub Vec<(String, Edge)>);

impl<'a> Reader<'a> {
    /// Reads what the images of `services` are made of, from `snapshot`. Nothing is read before it is asked for.
    pub fn new(services: &'a [Service], snapshot: &'a dyn Snapshot) -> Self {
        let images = Images::of(services);
        Reader { services, snapshot, images, recipes: RefCell::default(), builds: RefCell::default() }
    }

    /// What the image of the service at `path` is made of; none if there is no such service.
    ///
    /// # Errors
    /// Files that cannot be read.
    pub fn inputs(&self, path: &str) -> Result<Option<Inputs>> {
        let Some(first) = self.services.iter().position(|service| service.path == path) else {
            return Ok(None);
        };
        let (mut members, mut seen) = (Vec::new(), BTreeSet::from([first]));
        // What is certain comes first, so that nothing is taken for uncertain because of another way to it.
        let (mut certain, mut uncertain) = (vec![first], Vec::new());
        loop {
            let (at, is_certain) = match certain.pop() {
                Some(at) => (at, true),
                None => match uncertain.pop() {
                    Some(at) if seen.insert(at) => (at, false),
                    Some(_) => continue,
                    None => break,
                },
            };
            let Some(service) = self.services.get(at) else { continue };
            let build = self.build(at, service)?;
            for edge in build.edges.iter().rev() {
                if !is_certain || !edge.is_certain {
                    uncertain.push(edge.to);
                } else if seen.insert(edge.to) {
                    certain.push(edge.to);
                }
            }
            let through = (at != first).then(|| service.path.clone());
            members.push(Member { through, is_certain, build });
        }
        Ok(Some(Inputs { members, circle: self.circle(first)? }))
    }

    fn recipe(&self, at: usize, service: &Service) -> Result<Rc<Recipe>> {
        if let Some(known) = self.recipes.borrow().get(&at) {
            return Ok(Rc::clone(known));
        }
        let recipe = Rc::new(Recipe::of(service, self.snapshot)?);
        self.recipes.borrow_mut().insert(at, Rc::clone(&recipe));
        Ok(recipe)
    }

    fn build(&self, at: usize, service: &Service) -> Result<Rc<Build>> {
        if let Some(known) = self.builds.borrow().get(&at) {
            return Ok(Rc::clone(known));
        }
        let recipe = self.recipe(at, service)?;
        let own = Own::of(service, &recipe, &|image| self.triggers(service, image), self.snapshot)?;
        let (mut edges, mut pins) = (Vec::new(), Vec::new());
        for used in &own.images {
            let Fit { services, is_pinned, is_certain } = self.images.fit(&used.image);
            for to in services {
                let Some(target) = self.services.get(to) else { continue };
                // An image of its own that may be meant adds nothing.
                if to == at && !is_certain {
                    continue;
                }
                let edge = Edge {
                    service: target.path.clone(),
                    image: used.image.to_string(),
                    file: own.dockerfile.clone(),
                    line: used.line,
                    instruction: used.instruction,
                    is_certain,
                    to,
                };
                if is_pinned { pins.push(edge) } else { edges.push(edge) }
            }
        }
        let build = Rc::new(Build { own, edges, pins });
        self.builds.borrow_mut().insert(at, Rc::clone(&build));
        Ok(build)
    }

    /// What `ONBUILD` leaves in `image` to the build of `service`, if it is an image of ours.
    fn triggers(&self, service: &Service, image: &Expanded) -> Vec<Trigger> {
        let context = image.text().and_then(|name| service.build.contexts.get(name));
        let meant = match context.map(|context| &context.value) {
            Some(BuildContext::Image(image)) => &Expanded::known(image.clone()),
            _ => image,
        };
        let mut triggers = Vec::new();
        for at in self.images.fit(meant).services {
            let Some(base) = self.services.get(at) else { continue };
            // What cannot be read is an error of the build that follows its edge.
            if let Ok(recipe) = self.recipe(at, base) {
                triggers.extend(recipe.triggers(&base.build));
            }
        }
        triggers
    }

    /// The first circle that leads from the service at `first` on.
    fn circle(&self, first: usize) -> Result<Option<Circle>> {
        let mut done = BTreeSet::new();
        // Each service on the way, with its edges that are left to try, the next at the end.
        let mut way = vec![(first, self.certain_edges(first)?)];
        // How the way got from each of these to the next.
        let mut taken: Vec<(String, Edge)> = Vec::new();
        while let Some((at, edges)) = way.last_mut() {
            let at = *at;
            let Some(edge) = edges.pop() else {
                done.insert(at);
                way.pop();
                taken.pop();
                continue;
            };
            let to = edge.to;
            let from = self.services.get(at).map(|service| service.path.clone()).unwrap_or_default();
            if let Some(begin) = way.iter().position(|(on_way, _)| *on_way == to) {
                taken.push((from, edge));
                return Ok(Some(Circle(taken.split_off(begin))));
            }
            if !done.contains(&to) {
                taken.push((from, edge));
                way.push((to, self.certain_edges(to)?));
            }
        }
        Ok(None)
    }

    /// The edges of the service at `at` that are certain, the last first.
    fn certain_edges(&self, at: usize) -> Result<Vec<Edge>> {
        let Some(service) = self.services.get(at) else { return Ok(Vec::new()) };
        let build = self.build(at, service)?;
        Ok(build.edges.iter().rev().filter(|edge| edge.is_certain).cloned().collect())
    }
}
