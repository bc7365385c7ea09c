//! What the images of those services are made of that watch that.

use std::collections::BTreeMap;

use super::Checkout;
use super::subject;
use crate::domain::PathSet;
use crate::error::{Error, Kind, Result};
use crate::inputs::{Circle, Inputs, Reader, WorkTree};
use crate::workspace::Service;

/// The inputs of services with `watch-inputs`, by path.
#[derive(Default)]
pub(super) struct InputSets(BTreeMap<String, Inputs>);

impl InputSets {
    /// Those of `services`. Nothing is read if none of them watches its inputs.
    ///
    /// # Errors
    /// Files that cannot be read; services that are built from each other.
    pub(super) fn watched(services: &[&Service], checkout: &Checkout) -> Result<Self> {
        let watching = || services.iter().filter(|service| service.watches_inputs);
        let snapshot = WorkTree::of(&checkout.repository);
        let (Some(_), Some(snapshot)) = (watching().next(), snapshot) else {
            return Ok(InputSets::default());
        };
        // An image may be that of any service.
        let all = subject::services(checkout)?.with(services.iter().copied());
        let reader = Reader::new(&all, &snapshot);
        let mut sets = BTreeMap::new();
        for service in watching() {
            let Some(inputs) = reader.inputs(&service.path)? else { continue };
            refuse_circle(&inputs)?;
            sets.insert(service.path.clone(), inputs);
        }
        Ok(InputSets(sets))
    }

    /// Those of the service at `path`, if it watches them.
    pub(super) fn get(&self, path: &str) -> Option<&Inputs> {
        self.0.get(path)
    }

    /// The same as a set.
    pub(super) fn set(&self, path: &str) -> Option<&dyn PathSet> {
        self.get(path).map(|inputs| inputs as &dyn PathSet)
    }
}

/// Refuses services that are built from each other: none of them could be the first.
pub(super) fn refuse_circle(inputs: &Inputs) -> Result<()> {
    let Some(Circle(edges)) = &inputs.circle else { return Ok(()) };
    let mut names: Vec<&str> = edges.iter().map(|(service, _)| &**service).collect();
    names.extend(names.first().copied());
    let what = match edges.as_slice() {
        [(only, _)] => format!("{only} is built from its own image"),
        _ => "services are built from each other's images".to_owned(),
    };
    let mut error = Error::new(Kind::Input, format!("{what}: {}", names.join(" -> ")));
    for (service, edge) in edges {
        let place = format!("{}:{}", edge.file, edge.line);
        error = error.hint(format!("{place}: {service} is built from {} ({})", edge.image, edge.instruction));
    }
    Err(error.hint("name one of these images by a release or a digest, which no later build changes"))
}
