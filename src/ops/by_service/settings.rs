//! What a commit says about services: its configuration, its filter file, its Taskfiles.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use super::sources::{Extent, Sources};
use super::watched_inputs::{self, InputsByService, Known};
use crate::config::{self, BuildContext, Config};
use crate::domain::{ChangeKinds, PathSet, Platform};
use crate::error::Result;
use crate::filters::{
    DEFAULT_FILE, FilterFile, NameProblem, Quantifier, Watch, WatchIndex, Watcher, Watches,
};
use crate::history::git::{FileId, LineCommit, Paths, Repository, TreeChange, TreeEntry, Trees};
use crate::workspace::taskfile::{self, ImageRepo};
use crate::workspace::{BuildSettings, ImageOrigin, Service, ServiceImage, services_of_files};
use crate::yaml::{self, YamlError};

/// What a commit says about a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    /// Nothing: it has no such service.
    Nothing,
    /// Something that cannot be read, or that contradicts itself. It may be anything, and is never the same.
    Unreadable,
    /// This.
    This(Rc<ServiceSaid>),
}

/// What is said about a service, wherever and however that is written.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ServiceSaid {
    directory: String,
    context: String,
    dockerfile: String,
    target: Option<String>,
    platforms: Vec<Platform>,
    build_args: BTreeMap<String, String>,
    contexts: BTreeMap<String, BuildContext>,
    images: Vec<ImageSaid>,
    watch: WatchSaid,
}

/// What is said about an image.
#[derive(Debug, PartialEq, Eq)]
enum ImageSaid {
    /// Its name.
    Plain(String),
    /// Something in this Taskfile that only Task can work out, so that any change of the file may change it.
    Computed(TreeEntry),
}

/// What is said about what a service watches.
#[derive(Debug, PartialEq, Eq)]
enum WatchSaid {
    /// By itself: the patterns, and whether it watches its inputs.
    Own { patterns: Vec<String>, inputs: bool },
    /// By a filter: how its rules are combined, and the rules.
    Filter(Quantifier, Vec<(Option<ChangeKinds>, Vec<String>)>),
}

type Parsed<T> = std::result::Result<T, YamlError>;

/// Reads settings, each file once.
pub(super) struct Reader<'r> {
    repository: &'r Repository,
    configs: HashMap<FileId, Option<Rc<Config>>>,
    filters: HashMap<FileId, Option<Rc<FilterFile>>>,
    images: HashMap<FileId, Parsed<Option<ImageRepo>>>,
    inputs: Known,
}

impl<'r> Reader<'r> {
    pub(super) fn new(repository: &'r Repository) -> Self {
        Reader {
            repository,
            configs: HashMap::new(),
            filters: HashMap::new(),
            images: HashMap::new(),
            inputs: Known::default(),
        }
    }

    /// What `commit`, whose `sources` these are, says.
    ///
    /// # Errors
    /// A file that the clone lacks.
    pub(super) fn settings(
        &mut self,
        sources: &mut Sources,
        commit: &LineCommit,
        trees: &mut Trees<'_>,
    ) -> Result<Settings> {
        let config = self.config(sources.config)?;
        let filter_path = match config.as_ref().and_then(|config| config.filters.as_ref()) {
            Some(named) => named.value.clone(),
            None => DEFAULT_FILE.to_owned(),
        };
        let is_named = filter_path != DEFAULT_FILE;
        let filters = self.filters(trees.entry(commit, &filter_path)?, is_named)?;
        let is_readable = config.is_some() && filters.is_some();
        let (config, filters) = (config.unwrap_or_default(), filters.unwrap_or_default());
        let extent = if config.services.iter().any(|entry| entry.settings.watch_inputs) {
            // An image may be that of any service.
            Extent::All
        } else if filters.names().any(|name| sources.is_short_name(name)) {
            Extent::Namesakes
        } else {
            Extent::Asked
        };
        if extent != sources.extent {
            sources.extend_to(extent, commit, trees)?;
        }
        let mut taskfiles = Vec::new();
        for (file, entry) in sources.taskfiles() {
            taskfiles.push((file.clone(), self.image(*entry)?));
        }
        let (found, conflicts) = services_of_files(taskfiles.into_iter(), &config, sources.dockerfiles());
        let mut unreadable: BTreeSet<String> =
            conflicts.into_iter().map(|conflict| conflict.service).collect();
        unreadable.extend(found.malformed.into_iter().map(|malformed| malformed.path));
        let mut computed = BTreeMap::new();
        for image in found.services.iter().flat_map(|service| &service.images) {
            if let (ImageRepo::Computed { .. }, ImageOrigin::Taskfile(file)) = (&image.repo, &image.source) {
                computed.insert(file.clone(), sources.taskfile(file));
            }
        }
        let inputs = self.inputs.at(commit, &found.services, sources, self.repository)?;
        // Nobody can say which of them is built first.
        let circles = inputs.iter().filter(|(_, watched)| watched.inputs.circle.is_some());
        unreadable.extend(circles.map(|(path, _)| path.clone()));
        Ok(Settings {
            services: found.services,
            inputs,
            config,
            filters,
            filter_path,
            unreadable,
            is_readable,
            computed,
        })
    }

    /// The configuration `entry`; none if it cannot be read.
    fn config(&mut self, entry: TreeEntry) -> Result<Option<Rc<Config>>> {
        let id = match entry {
            TreeEntry::Absent => return Ok(Some(Rc::default())),
            TreeEntry::Other => return Ok(None),
            TreeEntry::File(id) => id,
        };
        let parse = |content| yaml::text(content).and_then(|text| Config::parse(&text)).ok().map(Rc::new);
        read_once(&mut self.configs, id, self.repository, parse)
    }

    /// The filter file `entry`, which the configuration may have named; none if it cannot be read.
    fn filters(&mut self, entry: TreeEntry, is_named: bool) -> Result<Option<Rc<FilterFile>>> {
        let id = match entry {
            TreeEntry::Absent if is_named => return Ok(None),
            TreeEntry::Absent => return Ok(Some(Rc::default())),
            TreeEntry::Other => return Ok(None),
            TreeEntry::File(id) => id,
        };
        let parse = |content| yaml::text(content).and_then(|text| FilterFile::parse(&text)).ok().map(Rc::new);
        read_once(&mut self.filters, id, self.repository, parse)
    }

    /// What the Taskfile `entry` says about its image.
    fn image(&mut self, entry: TreeEntry) -> Result<Parsed<Option<ImageRepo>>> {
        let TreeEntry::File(id) = entry else {
            return Ok(Err(YamlError::new("this is a symbolic link", None)));
        };
        read_once(&mut self.images, id, self.repository, taskfile::image_in)
    }
}

/// What `parse` makes of the file `id`, which is read once.
fn read_once<T: Clone>(
    known: &mut HashMap<FileId, T>,
    id: FileId,
    repository: &Repository,
    parse: impl FnOnce(Vec<u8>) -> T,
) -> Result<T> {
    Ok(match known.entry(id) {
        Entry::Occupied(found) => found.get().clone(),
        Entry::Vacant(unread) => unread.insert(parse(repository.file_of(id)?)).clone(),
    })
}

/// What one commit says about all services, and where.
pub(super) struct Settings {
    /// All of them, sorted by path.
    services: Vec<Service>,
    /// What those of them that are asked about are made of, if they watch that.
    inputs: InputsByService,
    config: Rc<Config>,
    filters: Rc<FilterFile>,
    /// Where the filter file is, or would be.
    pub(super) filter_path: String,
    /// The services about which something cannot be read, or contradicts itself.
    unreadable: BTreeSet<String>,
    /// Whether the files can be read that say something about all services.
    is_readable: bool,
    /// The Taskfiles with images that only Task can work out.
    computed: BTreeMap<String, TreeEntry>,
}

impl Settings {
    /// All services, as filters ask about them.
    pub(super) fn watchers(&self) -> Vec<Watcher<'_>> {
        let inputs =
            |service: &Service| self.inputs.get(&service.path).map(|watched| &watched.inputs as &dyn PathSet);
        self.services.iter().map(|service| service.watcher(inputs(service))).collect()
    }

    /// Notes that the first parent differs in `change`, which is none of the [`Sources`]. Returns whether they may be others there.
    pub(super) fn go_back(&self, change: &TreeChange) -> bool {
        let are_others = watched_inputs::go_back(&self.inputs, change, &self.services);
        // The filter file may be behind a link to a directory.
        let below = self.filter_path.as_bytes().strip_prefix(&*change.path);
        are_others || below.is_some_and(|below| matches!(below, [] | [b'/', ..]))
    }

    /// What each of `services` watches, where `watchers` are all there are.
    pub(super) fn watched<'a>(&'a self, watchers: &'a [Watcher<'a>], services: &'a [&'a str]) -> Watched<'a> {
        let (watches, problems) = self.filters.assign(watchers);
        let mut unreadable: BTreeSet<&str> = self.unreadable.iter().map(String::as_str).collect();
        unreadable.extend(problems.iter().filter_map(|problem| match problem {
            NameProblem::Duplicate { service, .. } => Some(*service),
            NameProblem::Unknown { .. } | NameProblem::Ambiguous { .. } => None,
        }));
        let quantifier = self.config.quantifier.unwrap_or_default();
        let by_path: HashMap<&str, (usize, Watch<'_>)> =
            watches.iter().enumerate().map(|(at, (service, watch))| (service, (at, watch))).collect();
        let said = services.iter().map(|path| {
            if !self.is_readable || unreadable.contains(path) {
                return Said::Unreadable;
            }
            let found = by_path.get(path).and_then(|(at, watch)| Some((self.services.get(*at)?, watch)));
            match found {
                None => Said::Nothing,
                Some((service, watch)) => self.said(service, *watch, quantifier),
            }
        });
        let said = said.collect();
        let positions: Vec<Option<usize>> =
            services.iter().map(|path| by_path.get(path).map(|(at, _)| *at)).collect();
        let mut asked = vec![None; self.services.len()];
        for (service, at) in positions.iter().enumerate() {
            if let Some(slot) = at.and_then(|at| asked.get_mut(at)) {
                *slot = Some(service);
            }
        }
        let index = watches.index(quantifier, |at| asked.get(at).is_some_and(Option::is_some));
        Watched { services, watches, index, quantifier, positions, asked, said }
    }

    fn said(&self, service: &Service, watch: Watch<'_>, quantifier: Quantifier) -> Said {
        let watch = match watch {
            Watch::OwnDirectory => WatchSaid::Own {
                patterns: service.watch.iter().map(|pattern| pattern.value.as_str().to_owned()).collect(),
                inputs: service.watches_inputs,
            },
            // A second opinion about what it watches.
            Watch::Filter { .. } if service.watches_inputs || !service.watch.is_empty() => {
                return Said::Unreadable;
            }
            Watch::Filter { rules, .. } => {
                let owned = |patterns: Vec<&str>| patterns.into_iter().map(ToOwned::to_owned).collect();
                let rules = rules.said().into_iter().map(|(kinds, patterns)| (kinds, owned(patterns)));
                WatchSaid::Filter(quantifier, rules.collect())
            }
        };
        let BuildSettings { context, dockerfile, target, platforms, args, contexts, .. } =
            service.build.clone();
        let contexts = contexts.into_iter().map(|(name, context)| (name, context.value)).collect();
        let images = service.images.iter().map(|image| self.image_said(image)).collect();
        let directory = service.directory.clone();
        Said::This(Rc::new(ServiceSaid {
            directory,
            context,
            dockerfile,
            target,
            platforms,
            build_args: args,
            contexts,
            images,
            watch,
        }))
    }

    fn image_said(&self, image: &ServiceImage) -> ImageSaid {
        match (&image.repo, &image.source) {
            (ImageRepo::Plain { text, .. }, _) => ImageSaid::Plain(text.clone()),
            (ImageRepo::Computed { .. }, source) => {
                let entry = source.file().and_then(|file| self.computed.get(file));
                ImageSaid::Computed(entry.copied().unwrap_or(TreeEntry::Absent))
            }
        }
    }
}

/// What each of the services asked about watches.
///
/// Two questions are all that the walk asks: where differences can matter ([`Watched::paths`]), and which services a difference
/// concerns ([`Watched::add_concerned`]). A set of paths that cannot be listed fits in here: its service in the second, and the
/// directories that it is in, or the root, in the first. What the set is made of belongs to [`ServiceSaid`].
pub(super) struct Watched<'a> {
    /// Their paths.
    services: &'a [&'a str],
    watches: Watches<'a>,
    index: WatchIndex<'a>,
    quantifier: Quantifier,
    /// Where each of them is among all.
    positions: Vec<Option<usize>>,
    /// Which of them each service is.
    asked: Vec<Option<usize>>,
    said: Vec<Said>,
}

impl Watched<'_> {
    /// What is said about each service.
    pub(super) fn said(&self) -> &[Said] {
        &self.said
    }

    /// The services about which nobody can say what they watch: those that are not there among them.
    pub(super) fn unsaid(&self) -> impl Iterator<Item = usize> {
        let said = self.said.iter().enumerate();
        said.filter(|(_, said)| !matches!(said, Said::This(_))).map(|(service, _)| service)
    }

    /// Adds the services that watch `path` and count a change of these `kinds` to `concerned`, perhaps twice.
    pub(super) fn add_concerned(&self, path: &[u8], kinds: ChangeKinds, concerned: &mut Vec<usize>) {
        let found = self.index.concerned(path, kinds, |_| false).into_iter();
        concerned.extend(found.filter_map(|(at, _)| self.asked.get(at).copied().flatten()));
    }

    /// Where it matters what differs: in what the services at the positions `active` watch, and in what settings are read from.
    pub(super) fn paths(&self, active: &[usize], sources: &Sources, settings: &Settings) -> Paths {
        if sources.extent > Extent::Asked {
            return Paths::all();
        }
        let (mut directories, mut touched) = (Vec::new(), Vec::new());
        let mut files = vec![config::FILE.to_owned(), settings.filter_path.clone()];
        // Any directory on the way to it may have been a link.
        let ends = settings.filter_path.match_indices('/');
        files.extend(ends.filter_map(|(end, _)| settings.filter_path.get(..end)).map(ToOwned::to_owned));
        for service in active {
            let at = self.positions.get(*service).copied().flatten();
            let reach = at.map(|at| self.watches.reach(at, self.quantifier)).unwrap_or_default();
            directories.extend(reach.directories);
            touched.extend(reach.touched);
            files.extend(reach.files);
        }
        let covered: HashSet<&str> = directories.iter().map(String::as_str).collect();
        let named = active.iter().filter_map(|service| self.services.get(*service).copied());
        files.extend(named.filter(|service| !covered.contains(service)).flat_map(Sources::files_of));
        let [directories, touched, files] =
            [&directories, &touched, &files].map(|paths| paths.iter().map(String::as_bytes));
        Paths::new(directories, touched, files)
    }
}
