//! Versions by service from their definition, by brute force and git alone.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use super::made::{Config, Entry, FILTERS, Filter, Made};
use crate::support::{Repo, TASKFILES};

/// The version of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Expected {
    pub(super) base_tag: Option<String>,
    pub(super) distance: u64,
    /// The commit that the version names.
    pub(super) named: String,
    /// The last commit that touches the service.
    pub(super) last_change: String,
}

/// What is said about a service: that it cannot be read, or what is watched and all else.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Said {
    Unreadable,
    This { watch: Watch, settings: BTreeMap<String, String> },
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Watch {
    Own { directory: String, dockerfile: String, patterns: Vec<String> },
    Filter { quantifier: String, rules: Vec<(Option<String>, String)> },
}

/// A repository, with what its texts mean.
pub(super) struct Oracle<'a> {
    pub(super) repo: &'a Repo,
    pub(super) made: &'a Made,
    known: RefCell<BTreeMap<String, String>>,
}

impl<'a> Oracle<'a> {
    pub(super) fn new(repo: &'a Repo, made: &'a Made) -> Self {
        Oracle { repo, made, known: RefCell::default() }
    }

    /// What git prints, asked once.
    fn git(&self, args: &[&str]) -> String {
        let key = args.join(" ");
        if let Some(known) = self.known.borrow().get(&key) {
            return known.clone();
        }
        let printed = self.repo.git(args);
        self.known.borrow_mut().insert(key, printed.clone());
        printed
    }

    fn reaches(&self, commit: &str, ancestor: &str) -> bool {
        let key = format!("reaches {commit} {ancestor}");
        if let Some(known) = self.known.borrow().get(&key) {
            return known == "0";
        }
        let code = self.repo.git_run(["merge-base", "--is-ancestor", ancestor, commit]).run().code;
        self.known.borrow_mut().insert(key, code.to_string());
        code == 0
    }

    /// The files of a commit: mode and content by path.
    fn files(&self, commit: &str) -> BTreeMap<String, (String, String)> {
        let listed = self.git(&["ls-tree", "-r", "--full-tree", commit]);
        let entry = |line: &str| {
            let (about, path) = line.split_once('\t').unwrap();
            let mut about = about.split(' ');
            let (mode, blob) = (about.next().unwrap(), about.nth(1).unwrap());
            (path.to_owned(), (mode.to_owned(), blob.to_owned()))
        };
        listed.lines().map(entry).collect()
    }

    fn text(&self, blob: &str) -> String {
        self.git(&["cat-file", "blob", blob]) + "\n"
    }

    /// What `commit` says about `service`; none if it has no such service.
    fn said(&self, commit: &str, service: &str) -> Option<Said> {
        let (files, meanings) = (self.files(commit), &self.made.meanings);
        let text = |path: &str| files.get(path).map(|(_, blob)| self.text(blob));
        let config = match text("imgver.yaml") {
            None => Config::default(),
            Some(text) => match &meanings.configs[&text] {
                Some(config) => config.clone(),
                None => return Some(Said::Unreadable),
            },
        };
        let filters = match (text(config.filters.unwrap_or(FILTERS)), config.filters) {
            (Some(text), _) => match &meanings.filters[&text] {
                Some(filters) => filters.clone(),
                None => return Some(Said::Unreadable),
            },
            (None, Some(_)) => return Some(Said::Unreadable),
            (None, None) => Vec::new(),
        };
        let mut images: BTreeMap<String, Option<String>> = BTreeMap::new();
        let directories: BTreeSet<&str> =
            files.keys().filter_map(|path| path.rsplit_once('/')).map(|(directory, _)| directory).collect();
        for directory in directories {
            let first = TASKFILES.iter().find_map(|name| text(&format!("{directory}/{name}")));
            match first.map(|text| meanings.taskfiles[&text].clone()) {
                Some(None) => drop(images.insert(directory.to_owned(), None)),
                Some(Some(Some(image))) => drop(images.insert(directory.to_owned(), Some(image))),
                Some(Some(None)) | None => {}
            }
        }
        if images.get(service) == Some(&None) {
            return Some(Said::Unreadable);
        }
        images.retain(|_, image| image.is_some());
        let entry = config.services.iter().find(|(name, _)| *name == service).map(|(_, entry)| entry.clone());
        if !images.contains_key(service) && entry.is_none() {
            return None;
        }
        let all: BTreeSet<&str> =
            images.keys().map(String::as_str).chain(config.services.iter().map(|(name, _)| *name)).collect();
        Some(about(service, images.get(service), &entry.unwrap_or_default(), &config, &filters, &all))
    }

    /// Whether `commit` touches `service`, apart from the releases that it brings.
    fn touches(&self, commit: &str, service: &str) -> bool {
        let parents = self.git(&["rev-list", "--parents", "-n1", commit]);
        let Some(parent) = parents.split(' ').nth(1) else { return true };
        let Some(said) = self.said(commit, service) else { return true };
        let Some(before) = self.said(parent, service) else { return true };
        let Said::This { watch, .. } = &said else { return true };
        said != before || self.changes(parent, commit).iter().any(|change| watch.has(change))
    }

    /// Every path that differs between two commits, with the kinds of change.
    fn changes(&self, old: &str, new: &str) -> Vec<(String, Vec<&'static str>)> {
        let raw = self.git(&["diff-tree", "-r", "--no-renames", "--no-abbrev", old, new]);
        let mut changes = Vec::new();
        let (mut gone, mut come) = (BTreeSet::new(), BTreeSet::new());
        for line in raw.lines() {
            let (about, path) = line.split_once('\t').unwrap();
            let about: Vec<&str> = about.trim_start_matches(':').split(' ').collect();
            let [old_mode, new_mode, old_blob, new_blob, status] = about[..] else { panic!("{line}") };
            let kind = |mode: &str| mode == "120000";
            let identity = match status {
                "D" => Some((kind(old_mode), old_blob.to_owned())),
                "A" => Some((kind(new_mode), new_blob.to_owned())),
                _ => None,
            };
            let side = if status == "D" { &mut gone } else { &mut come };
            side.extend(identity.clone());
            changes.push((path.to_owned(), status.to_owned(), identity));
        }
        let kinds = |(path, status, identity): (String, String, Option<(bool, String)>)| {
            let (kind, moved) = match &*status {
                "A" => ("added", identity.is_some_and(|identity| gone.contains(&identity))),
                "D" => ("deleted", identity.is_some_and(|identity| come.contains(&identity))),
                _ => ("modified", false),
            };
            (path, if moved { vec![kind, "renamed"] } else { vec![kind] })
        };
        changes.into_iter().map(kinds).collect()
    }

    /// The version of `service` at `tip`.
    pub(super) fn version(&self, tip: &str, service: &str, first_parent: bool) -> Expected {
        let line = self.git(&["rev-list", "--first-parent", tip]);
        let line: Vec<&str> = line.lines().collect();
        let (mut base, mut brings) = (None, BTreeSet::new());
        for (tag, _) in &self.made.tags {
            let Some(version) = tag.strip_prefix(&format!("{service}@")) else { continue };
            let commit = self.git(&["rev-parse", &format!("{tag}^{{commit}}")]);
            let on_line = line.iter().position(|of_line| *of_line == commit);
            let place = match on_line {
                Some(at) => 2 * at,
                None if first_parent => continue,
                None => match line.iter().rposition(|of_line| self.reaches(of_line, &commit)) {
                    Some(at) => {
                        brings.insert(at);
                        2 * at + 1
                    }
                    None => continue,
                },
            };
            let numbers: Vec<u32> = version.split('.').map(|number| number.parse().unwrap()).collect();
            let key = (place, std::cmp::Reverse(numbers), tag.clone(), commit);
            base = Some(base.map_or(key.clone(), |other: (_, _, _, _)| other.min(key)));
        }
        let touches = |at: usize| brings.contains(&at) || self.touches(line[at], service);
        let end = base.as_ref().map_or(line.len(), |(place, ..)| place / 2 + place % 2);
        let counted: Vec<usize> = (0..end).filter(|at| touches(*at)).collect();
        let last = (0..line.len()).find(|at| touches(*at)).unwrap();
        let named = match (counted.first(), &base) {
            (Some(at), _) => line[*at].to_owned(),
            (None, base) => base.as_ref().unwrap().3.clone(),
        };
        Expected {
            base_tag: base.map(|(_, _, tag, _)| tag),
            distance: counted.len() as u64,
            named,
            last_change: line[last].to_owned(),
        }
    }
}

/// What is said about one of `all` services.
fn about(
    service: &str,
    image: Option<&Option<String>>,
    entry: &Entry,
    config: &Config,
    filters: &[Filter],
    all: &BTreeSet<&str>,
) -> Said {
    let short = |path: &str| path.rsplit('/').next().unwrap().to_owned();
    let is_unique = all.iter().filter(|other| short(other) == short(service)).count() == 1;
    let names = |filter: &&Filter| {
        filter.name == service || filter.name == short(service) && is_unique && !all.contains(filter.name)
    };
    let named: Vec<&Filter> = filters.iter().filter(names).collect();
    let setting = |key: &str| entry.settings.get(key).map(|value| (*value).to_owned());
    let dockerfile = setting("dockerfile").unwrap_or(format!("{service}/Dockerfile"));
    let watch = match named[..] {
        [] => Watch::Own {
            directory: service.to_owned(),
            dockerfile: dockerfile.clone(),
            patterns: entry.watch.iter().map(ToString::to_string).collect(),
        },
        [filter] if entry.watch.is_empty() => Watch::Filter {
            quantifier: config.quantifier.unwrap_or("some").to_owned(),
            rules: filter
                .rules
                .iter()
                .map(|(kinds, pattern)| (kinds.map(ToOwned::to_owned), (*pattern).to_owned()))
                .collect(),
        },
        _ => return Said::Unreadable,
    };
    let image = match (image, config.image) {
        (Some(image), _) => image.clone().unwrap(),
        (None, Some(template)) => template.replace("{name}", &short(service)),
        (None, None) => String::new(),
    };
    let context = setting("context").unwrap_or(service.to_owned());
    let settings = BTreeMap::from([
        ("image".to_owned(), image),
        ("dockerfile".to_owned(), dockerfile),
        ("context".to_owned(), if context == "." { String::new() } else { context }),
        ("target".to_owned(), setting("target").unwrap_or_default()),
    ]);
    Said::This { watch, settings }
}

impl Watch {
    fn has(&self, (path, kinds): &(String, Vec<&'static str>)) -> bool {
        match self {
            Watch::Own { directory, dockerfile, patterns } => {
                path.starts_with(&format!("{directory}/"))
                    || path == dockerfile
                    || patterns.iter().any(|pattern| matches(pattern, path))
            }
            Watch::Filter { quantifier, rules } => {
                let concerns = |wanted: &Option<String>| {
                    wanted.as_ref().is_none_or(|wanted| wanted.split('|').any(|kind| kinds.contains(&kind)))
                };
                let holds =
                    |(wanted, pattern): &(Option<String>, String)| concerns(wanted) && matches(pattern, path);
                match &**quantifier {
                    "some" => rules.iter().any(holds),
                    "every" => rules.iter().all(holds),
                    _ => {
                        let (excluding, plain): (Vec<_>, Vec<_>) = rules
                            .iter()
                            .filter(|(wanted, _)| concerns(wanted))
                            .partition(|(_, pattern)| pattern.starts_with('!'));
                        plain.into_iter().any(holds) && excluding.into_iter().all(holds)
                    }
                }
            }
        }
    }
}

/// The few kinds of pattern that occur.
fn matches(pattern: &str, path: &str) -> bool {
    if let Some(pattern) = pattern.strip_prefix('!') {
        return !matches(pattern, path);
    }
    match (pattern.strip_suffix("/**"), pattern.strip_prefix("**/*")) {
        (Some(directory), _) => path.starts_with(&format!("{directory}/")) || path == directory,
        (_, Some(end)) => path.ends_with(end),
        _ => path == pattern,
    }
}
