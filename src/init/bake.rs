//! Bake files: which targets are built, of what, as which images.
//!
//! Source: "Bake file reference" of docker's documentation. HCL is read as far as it is plain; JSON, which has the same form, is
//! read as YAML.

use std::collections::{BTreeMap, BTreeSet};

use super::command::platforms;
use super::fact::{BuildFact, FactSource, Spot};
use super::hcl::{self, Attribute, Block};
use super::value::{Value, with_variables};
use super::{Discovery, Sources, Sureness};
use crate::workspace::includes::seen_from;
use crate::workspace::taskfile::{below, directory_of};
use crate::yaml::tree::{self, Node, NodeKind};

/// More than anybody's chain of `inherits`.
const INHERITS_MAX: usize = 8;

/// Whether `file` is a bake file: HCL by any name with `bake` in it, JSON by the usual ones.
pub(super) fn is_named_so(file: &str) -> bool {
    let name = file.rsplit('/').next().unwrap_or(file);
    let json = ["docker-bake.json", "docker-bake.override.json"].contains(&name);
    json || name.ends_with(".hcl") && name.contains("bake")
}

/// What all bake files say.
pub(super) fn read(sources: &Sources, discoveries: &mut Vec<Discovery>) -> Vec<BuildFact> {
    let mut facts = Vec::new();
    for (file, text) in sources.files(is_named_so) {
        let blocks = if file.ends_with(".hcl") {
            hcl::blocks(text)
        } else {
            match tree::parse(text) {
                Ok(root) => root.iter().flat_map(json_blocks).collect(),
                Err(error) => {
                    let spot = error.location.map_or_else(|| Spot::file(file), |place| Spot::at(file, place));
                    discoveries.push(Discovery::unreadable(spot, error));
                    continue;
                }
            }
        };
        let bake = BakeFile { file, blocks: &blocks, sources };
        facts.extend(bake.facts(discoveries));
    }
    facts
}

/// The blocks of a bake file in JSON: a map from kinds to maps from labels to attributes.
fn json_blocks(root: &Node) -> Vec<Block> {
    let kinds = root.entries().iter().filter_map(|(kind, labels)| Some((kind.text()?, labels)));
    let labelled = kinds.flat_map(|(kind, labels)| {
        labels.entries().iter().map(move |(label, attributes)| (kind, label, attributes))
    });
    let block = |(kind, label, attributes): (&str, &Node, &Node)| Block {
        kind: kind.to_owned(),
        label: label.text().unwrap_or_default().to_owned(),
        line: label.place.line,
        attributes: json_entries(attributes),
    };
    labelled.map(block).collect()
}

fn json_entries(node: &Node) -> Vec<(String, Attribute)> {
    let entries = node.entries().iter();
    entries.filter_map(|(key, value)| Some((key.text()?.to_owned(), json_attribute(value)))).collect()
}

fn json_attribute(node: &Node) -> Attribute {
    match &node.kind {
        NodeKind::Scalar { text, .. } if node.is_null() => Attribute::Open(text.clone()),
        NodeKind::Scalar { text, .. } => Attribute::Text(text.clone()),
        NodeKind::List(items) => Attribute::List(items.iter().map(json_attribute).collect()),
        NodeKind::Map(_) => Attribute::Map(json_entries(node)),
    }
}

struct BakeFile<'b> {
    file: &'b str,
    blocks: &'b [Block],
    sources: &'b Sources,
}

/// A target, with what a matrix sets for one of its builds.
struct Build<'b> {
    bake: &'b BakeFile<'b>,
    block: &'b Block,
    matrix: BTreeMap<String, String>,
}

impl<'b> BakeFile<'b> {
    fn facts(&self, discoveries: &mut Vec<Discovery>) -> Vec<BuildFact> {
        // A target that others inherit from, and that no group names, is no build of its own.
        let listed = |kind: &str, key: &str| -> BTreeSet<&str> {
            let blocks = self.blocks.iter().filter(|block| block.kind == kind);
            let values = blocks.flat_map(|block| &block.attributes).filter(|(name, _)| name == key);
            values.flat_map(|(_, value)| texts(value)).collect()
        };
        let (inherited, grouped) = (listed("target", "inherits"), listed("group", "targets"));
        let mut facts = Vec::new();
        for block in self.blocks.iter().filter(|block| block.kind == "target") {
            let is_base = inherited.contains(&*block.label) && !grouped.contains(&*block.label);
            let is_hook = block.label.ends_with("metadata-action") || block.label.starts_with('_');
            if is_base || is_hook {
                continue;
            }
            for matrix in combinations(block) {
                let build = Build { bake: self, block, matrix };
                match build.fact() {
                    Ok(fact) => facts.push(fact),
                    Err(why) => {
                        let spot = Spot::line(self.file, block.line);
                        let what = format!("the target {} is built of {why}", block.label);
                        discoveries.push(Discovery::new(spot, what, "nothing", Sureness::Unsure));
                    }
                }
            }
        }
        facts
    }

    fn variable(&self, name: &str) -> Option<String> {
        let block = self.blocks.iter().find(|block| block.kind == "variable" && block.label == name)?;
        let default = block.attributes.iter().find(|(key, _)| key == "default").map(|(_, value)| value);
        match default {
            Some(Attribute::Text(text)) => {
                // A default rarely refers to others; deeper ones stay open.
                let none = |_: &str| None;
                with_variables(&Value::literal(text), &none).known().map(ToOwned::to_owned)
            }
            Some(Attribute::Open(text)) if text.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
                Some(text.clone()).filter(|text| text != "null")
            }
            _ => None,
        }
    }
}

/// The texts of a list, or the only one.
fn texts(value: &Attribute) -> Vec<&str> {
    match value {
        Attribute::Text(text) => vec![text],
        Attribute::List(items) => items.iter().flat_map(texts).collect(),
        Attribute::Map(_) | Attribute::Open(_) => Vec::new(),
    }
}

/// What the matrix of `block` sets for each of its builds; one that sets nothing if it has none.
fn combinations(block: &Block) -> Vec<BTreeMap<String, String>> {
    const COMBINATIONS_MAX: usize = 256;
    let mut found = vec![BTreeMap::new()];
    let matrix = block.attributes.iter().find(|(key, _)| key == "matrix");
    let Some((_, Attribute::Map(axes))) = matrix else { return found };
    for (axis, values) in axes {
        let values = texts(values);
        if values.is_empty() || found.len() * values.len() > COMBINATIONS_MAX {
            continue;
        }
        let with = |combination: &BTreeMap<String, String>, value: &str| {
            let mut combination = combination.clone();
            combination.insert(axis.clone(), value.to_owned());
            combination
        };
        found = found.iter().flat_map(|it| values.iter().map(|value| with(it, value))).collect();
    }
    found
}

impl<'b> Build<'b> {
    /// The block and those that it inherits from, nearest first. Of several, the last one counts first.
    fn blocks(&self) -> Vec<&'b Block> {
        let (mut blocks, mut waiting) = (Vec::new(), vec![self.block]);
        while let Some(block) = waiting.pop().filter(|_| blocks.len() < INHERITS_MAX) {
            blocks.push(block);
            let inherits = block.attributes.iter().filter(|(key, _)| key == "inherits");
            let names = inherits.flat_map(|(_, value)| texts(value));
            let found = names.filter_map(|name| {
                self.bake.blocks.iter().find(|block| block.kind == "target" && block.label == name)
            });
            waiting.extend(found);
        }
        blocks
    }

    fn find(&self, key: &str) -> Option<&'b Attribute> {
        let of = |block: &'b Block| block.attributes.iter().find(|(name, _)| name == key);
        let value = self.blocks().into_iter().find_map(of).map(|(_, value)| value)?;
        Some(value).filter(|value| !matches!(value, Attribute::Open(text) if text == "null"))
    }

    fn value(&self, attribute: &Attribute) -> Value {
        let lookup = |name: &str| self.matrix.get(name).cloned().or_else(|| self.bake.variable(name));
        match attribute {
            Attribute::Text(text) => with_variables(&Value::literal(text), &lookup),
            Attribute::Open(name) => match lookup(name) {
                Some(value) => Value::literal(value),
                None => Value::open(name),
            },
            Attribute::List(_) | Attribute::Map(_) => Value::open("…"),
        }
    }

    fn text(&self, key: &str) -> Option<Value> {
        self.find(key).map(|attribute| self.value(attribute))
    }

    fn list(&self, key: &str) -> Vec<Value> {
        match self.find(key) {
            Some(Attribute::List(items)) => items.iter().map(|item| self.value(item)).collect(),
            other => other.into_iter().map(|attribute| self.value(attribute)).collect(),
        }
    }

    fn fact(&self) -> Result<BuildFact, String> {
        let file = self.bake.file;
        if self.find("dockerfile-inline").is_some() {
            return Err("a Dockerfile within the bake file".to_owned());
        }
        let (context, dockerfile) = self.place()?;
        let args = match self.find("args") {
            Some(Attribute::Map(args)) => {
                args.iter().map(|(key, value)| (key.clone(), self.value(value))).collect()
            }
            _ => BTreeMap::new(),
        };
        let label = self.text("name").and_then(|name| name.known().map(ToOwned::to_owned));
        let target = self.text("target").and_then(|target| target.known().map(ToOwned::to_owned));
        Ok(BuildFact {
            spot: Spot::line(file, self.block.line),
            source: FactSource::Bake,
            is_pushed: true,
            dockerfile,
            context,
            target: target.filter(|target| !target.is_empty()),
            args,
            platforms: platforms(&self.list("platforms")),
            images: self.list("tags"),
            label: Some(label.unwrap_or_else(|| self.block.label.clone())),
        })
    }

    fn place(&self) -> Result<(String, String), String> {
        let context = self.text("context").unwrap_or_else(|| Value::literal("."));
        let dockerfile = self.text("dockerfile").unwrap_or_else(|| Value::literal("Dockerfile"));
        let known = context.known().ok_or_else(|| format!("the context {}", context.raw()))?;
        let name = dockerfile.known().ok_or_else(|| format!("the Dockerfile {}", dockerfile.raw()))?;
        // Paths are relative to where bake is started, which is usually where its file is, or the root.
        for base in [directory_of(self.bake.file), ""] {
            let Some(context) = seen_from(base, known).filter(|it| self.bake.sources.has_directory(it))
            else {
                continue;
            };
            if let Some(dockerfile) = self.bake.sources.dockerfile(name, &[&context, base]) {
                return Ok((context, dockerfile));
            }
        }
        Err(format!("{}, which git does not track", below(known, name)))
    }
}
