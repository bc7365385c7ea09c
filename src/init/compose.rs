//! Compose files: which services are built, of what, as which images.
//!
//! Source: the Compose Specification (`05-services.md`, `build.md`, `12-interpolation.md`). Paths are relative to the file's
//! directory; files in one directory are about the same services, since they are merged (`docker compose -f … -f …`).

use std::collections::{BTreeMap, BTreeSet};

use super::command::platforms;
use super::env_file::DotEnvs;
use super::fact::{BuildFact, FactSource, Spot};
use super::value::{Value, with_variables};
use super::{Discovery, Sources, Sureness};
use crate::workspace::includes::seen_from;
use crate::workspace::taskfile::{below, directory_of};
use crate::yaml::tree::{self, Node, Scalar};

/// Deeper than any chain of `extends` of a person's.
const EXTENDS_MAX: usize = 8;

/// Whether `file` has a name that people give compose files.
pub(super) fn is_named_so(file: &str) -> bool {
    let name = file.rsplit('/').next().unwrap_or(file).to_ascii_lowercase();
    let Some(stem) = name.strip_suffix(".yml").or_else(|| name.strip_suffix(".yaml")) else { return false };
    let mut parts = stem.split(['.', '-', '_']);
    parts.any(|part| part == "compose")
}

/// The name of a compose file, or of that which `compose.override.yaml` and the like are merged into: they may end in `.yml` or
/// in `.yaml`.
fn without_override(file: &str) -> Option<&str> {
    let stem = file.strip_suffix(".yml").or_else(|| file.strip_suffix(".yaml"))?;
    Some(stem.strip_suffix(".override").unwrap_or(stem))
}

/// What all compose files say.
pub(super) fn read(sources: &Sources, discoveries: &mut Vec<Discovery>) -> Vec<BuildFact> {
    let mut trees = BTreeMap::new();
    let mut add = |file: &str, text: &str, trees: &mut BTreeMap<String, Node>| match tree::parse(text) {
        Ok(Some(root)) if root.get("services").is_some() => drop(trees.insert(file.to_owned(), root)),
        Ok(_) => {}
        Err(error) => {
            let spot = error.location.map_or_else(|| Spot::file(file), |place| Spot::at(file, place));
            discoveries.push(Discovery::unreadable(spot, error));
        }
    };
    for (file, text) in sources.files(is_named_so) {
        add(file, text, &mut trees);
    }
    let named: BTreeSet<String> = trees.keys().cloned().collect();
    // What is extended is read for those that extend it, whatever its name.
    for _ in 0..EXTENDS_MAX {
        let found: BTreeSet<String> = trees.iter().flat_map(|(file, root)| references(file, root)).collect();
        for file in found.iter().filter(|file| !is_named_so(file)) {
            if let Some(text) = sources.text(file).filter(|_| !trees.contains_key(file)) {
                add(file, text, &mut trees);
            }
        }
    }
    let variables = DotEnvs::of(sources);
    let reader = Reader { sources, trees: &trees, variables: &variables };
    named
        .iter()
        .filter_map(|file| trees.get_key_value(file))
        .flat_map(|(file, _)| reader.file(file, discoveries))
        .collect()
}

/// The files that the texts of compose files extend, and that are not read yet.
pub(super) fn unread(sources: &Sources) -> BTreeSet<String> {
    let texts = sources.texts.iter().filter_map(|(file, text)| Some((file, text.as_deref().ok()?)));
    let extending = texts.filter(|(_, text)| text.contains("extends") && text.contains("services"));
    let roots = extending.filter_map(|(file, text)| Some((file, tree::parse(text).ok()??)));
    let files = roots.flat_map(|(file, root)| references(file, &root));
    files.filter(|file| sources.has(file) && !sources.texts.contains_key(file)).collect()
}

/// The files that services of `file` extend.
fn references(file: &str, root: &Node) -> Vec<String> {
    let services = root.get("services").map(Node::entries).unwrap_or_default().iter();
    let extended = services.filter_map(|(_, service)| service.get("extends")?.get("file")?.text());
    extended.filter_map(|other| seen_from(directory_of(file), other)).collect()
}

struct Reader<'s> {
    sources: &'s Sources,
    trees: &'s BTreeMap<String, Node>,
    variables: &'s DotEnvs,
}

/// A service of a compose file, and the file that its paths are relative to.
struct Part<'n> {
    file: &'n str,
    service: &'n Node,
}

impl<'s> Reader<'s> {
    fn file(&self, file: &'s str, discoveries: &mut Vec<Discovery>) -> Vec<BuildFact> {
        let services = self.trees.get(file).and_then(|root| root.get("services"));
        let services = services.and_then(|services| services.merged_entries().ok()).unwrap_or_default();
        let mut facts = Vec::new();
        for (key, service) in services {
            let Some(name) = key.text() else { continue };
            facts.extend(self.service(file, name, service, discoveries));
        }
        facts
    }

    /// The service and those that it extends, nearest first.
    fn parts(&self, file: &'s str, service: &'s Node) -> Vec<Part<'s>> {
        let mut parts = vec![Part { file, service }];
        while let Some(Part { file, service }) = parts.last().filter(|_| parts.len() < EXTENDS_MAX) {
            let Some(extends) = service.get("extends") else { break };
            let name = extends.text().or_else(|| extends.get("service")?.text());
            let other = extends.get("file").and_then(Node::text);
            let other = other.map_or(Some((*file).to_owned()), |other| seen_from(directory_of(file), other));
            let found = other.and_then(|other| self.trees.get_key_value(&other));
            let Some(((file, root), name)) = found.zip(name) else { break };
            let Some(service) = root.get("services").and_then(|services| services.get(name)) else { break };
            parts.push(Part { file, service });
        }
        parts
    }

    fn service(
        &self,
        file: &'s str,
        name: &str,
        service: &'s Node,
        discoveries: &mut Vec<Discovery>,
    ) -> Vec<BuildFact> {
        let parts = self.parts(file, service);
        let builds: Vec<(&str, &Node)> =
            parts.iter().filter_map(|part| Some((part.file, part.service.get("build")?))).collect();
        let Some((of_build, first)) = builds.first().filter(|(_, build)| !build.is_null()) else {
            return Vec::new();
        };
        let spot = Spot::at(file, if *of_build == file { first.place } else { service.place });
        // Another file of the directory says of what, where this one only changes how.
        let mut settings =
            Settings { builds: builds.clone(), sources: self.sources, variables: self.variables };
        if settings.context().is_none() {
            settings.builds.extend(self.elsewhere(file, name));
        }
        if settings.find("dockerfile_inline").is_some() {
            let what = format!("the service {name} is built of a Dockerfile within the compose file");
            let becomes = "nothing: write the Dockerfile to a file";
            discoveries.push(Discovery::new(spot, what, becomes, Sureness::Unsure));
            return Vec::new();
        }
        let (context, dockerfile) = match settings.place() {
            Ok(found) => found,
            Err(why) => {
                let what = format!("the service {name} is built of {why}");
                discoveries.push(Discovery::new(spot, what, "nothing", Sureness::Unsure));
                return Vec::new();
            }
        };
        let image = parts.iter().find_map(|part| Some(self.value(part.file, part.service.get("image")?)));
        let mut images: Vec<Value> = image.into_iter().collect();
        images.extend(settings.list("tags"));
        let target = settings.text("target").and_then(|value| value.known().map(ToOwned::to_owned));
        let fact = BuildFact {
            spot,
            source: FactSource::Compose,
            is_pushed: true,
            dockerfile,
            context,
            target: target.filter(|target| !target.is_empty()),
            args: settings.args(),
            platforms: platforms(&settings.list("platforms")),
            images,
            label: Some(name.to_owned()),
        };
        if !fact.images.is_empty() {
            return vec![fact];
        }
        // Another file of the directory says what it is called, where this one only says how it is built.
        let named = self.images_elsewhere(file, name).into_iter();
        let mut facts: Vec<BuildFact> =
            named.map(|(spot, image)| BuildFact { spot, images: vec![image], ..fact.clone() }).collect();
        match facts.first_mut() {
            Some(first) => first.spot = fact.spot,
            None => facts.push(fact),
        }
        facts
    }

    /// The images of the service `name` in other compose files of the same directory; only that of the file that compose
    /// merges with this one unasked, if it names any.
    fn images_elsewhere(&self, file: &str, name: &str) -> Vec<(Spot, Value)> {
        let others = self
            .trees
            .iter()
            .filter(|(other, _)| other.as_str() != file && directory_of(other) == directory_of(file));
        let named = others.filter_map(|(other, root)| {
            let image = root.get("services")?.get(name)?.get("image")?;
            Some((other, Spot::at(other, image.place), self.value(other, image)))
        });
        let (merged, others): (Vec<_>, Vec<_>) =
            named.partition(|(other, ..)| without_override(other) == without_override(file));
        let counted = if merged.is_empty() { others } else { merged };
        counted.into_iter().map(|(_, spot, image)| (spot, image)).collect()
    }

    /// The `build` of the service `name` in other compose files of the same directory.
    fn elsewhere(&self, file: &str, name: &str) -> Option<(&'s str, &'s Node)> {
        let others = self
            .trees
            .iter()
            .filter(|(other, _)| other.as_str() != file && directory_of(other) == directory_of(file));
        let mut builds = others.filter_map(|(other, root)| {
            let build = root.get("services")?.get(name)?.get("build")?;
            (build.text().is_some() || build.get("context").is_some()).then_some((other.as_str(), build))
        });
        builds.next()
    }

    fn value(&self, file: &str, node: &Node) -> Value {
        value(self.variables, file, node)
    }
}

/// The text of `node` in `file`, with the variables that the `.env` beside it sets, or that have defaults.
fn value(variables: &DotEnvs, file: &str, node: &Node) -> Value {
    let known = |name: &str| variables.get(directory_of(file), name);
    with_variables(&Value::literal(node.text().unwrap_or_default()), &known)
}

/// What `build` says, nearest first, each with the file that its paths are relative to.
struct Settings<'s> {
    builds: Vec<(&'s str, &'s Node)>,
    sources: &'s Sources,
    variables: &'s DotEnvs,
}

impl<'s> Settings<'s> {
    fn find(&self, key: &str) -> Option<(&'s str, &'s Node)> {
        self.builds.iter().find_map(|(file, build)| Some((*file, build.get(key)?)))
    }

    fn text(&self, key: &str) -> Option<Value> {
        self.find(key).map(|(file, node)| value(self.variables, file, node))
    }

    fn list(&self, key: &str) -> Vec<Value> {
        let found = self.find(key).into_iter();
        found
            .flat_map(|(file, node)| node.items().iter().map(move |item| (file, item)))
            .map(|(file, item)| value(self.variables, file, item))
            .collect()
    }

    /// The context as written.
    fn context(&self) -> Option<(&'s str, Value)> {
        self.builds.iter().find_map(|(file, build)| {
            let context = if build.text().is_some() { build } else { build.get("context")? };
            Some((*file, value(self.variables, file, context)))
        })
    }

    /// The context and the Dockerfile, or why they are not known.
    fn place(&self) -> Result<(String, String), String> {
        let first = self.builds.first().map_or("", |(file, _)| *file);
        let (file, context) = self.context().unwrap_or_else(|| (first, Value::literal(".")));
        let raw = context.raw();
        let Some(known) = context.known() else {
            return Err(format!("the context {raw}, which has a variable without a value"));
        };
        let is_remote =
            known.contains("://") || known.starts_with("git@") || known.starts_with("github.com/");
        let here = directory_of(file);
        let context = seen_from(here, known).filter(|_| !is_remote);
        let context = context.ok_or_else(|| format!("the context {raw}, which is not in this repository"))?;
        let dockerfile = self.text("dockerfile").unwrap_or_else(|| Value::literal("Dockerfile"));
        let name = dockerfile.known().map(str::trim).filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| format!("the Dockerfile {}", dockerfile.raw()))?;
        // Compose looks in the context; what is wrong there may still be right from elsewhere.
        let bases = [&*context, here, ""];
        let names: BTreeSet<&str> = [name].into();
        let found = names.iter().find_map(|name| self.sources.dockerfile(name, &bases));
        let found = found.or_else(|| {
            let is_default = self.find("dockerfile").is_none();
            let other = is_default.then(|| self.sources.dockerfile("Containerfile", &bases[..1]));
            other.flatten()
        });
        match found {
            Some(found) => Ok((context, found)),
            // A context seen from the root, where people start compose from.
            None => {
                let from_root = seen_from("", known).filter(|context| self.sources.has_directory(context));
                let found = from_root
                    .and_then(|context| Some((self.sources.dockerfile(name, &[&context])?, context)));
                found
                    .map(|(dockerfile, context)| (context, dockerfile))
                    .ok_or_else(|| format!("{}, which git does not track", below(&context, name)))
            }
        }
    }

    /// `args`, a map or a list of `NAME=VALUE`.
    fn args(&self) -> BTreeMap<String, Value> {
        let Some((file, node)) = self.find("args") else { return BTreeMap::new() };
        let read = |node: &Node| value(self.variables, file, node);
        let mapped = node.merged_entries().unwrap_or_default().into_iter().filter_map(|(key, node)| {
            (node.scalar() != Some(Scalar::Null)).then_some((key.text()?.to_owned(), read(node)))
        });
        let listed = node.items().iter().filter_map(|item| {
            let (name, text) = item.text()?.split_once('=')?;
            let known = value(self.variables, file, item);
            let value = known.known().and_then(|known| known.split_once('=')).map(|(_, value)| value);
            Some((name.to_owned(), value.map_or_else(|| Value::open(text), Value::literal)))
        });
        mapped.chain(listed).collect()
    }
}
