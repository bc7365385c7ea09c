//! Commit graphs made at random, and the answers that follow from them by brute force.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::{Repo, Rng, image_of, taskfile};

/// A commit: its parents (all earlier in the list) and its time.
pub(crate) struct Commit {
    /// Positions of the parents, first parent first.
    pub(crate) parents: Vec<usize>,
    /// Seconds since 1970.
    pub(crate) date: i64,
}

/// How a tag names its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The ref holds the object itself.
    Lightweight,
    /// The ref holds a tag object.
    Annotated,
    /// The ref holds a tag object that names another tag object, which is tagged `inner/<name>`.
    Nested,
}

/// What a tag is a tag of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// The commit at this position.
    Commit(usize),
    /// The tree of the first commit.
    Tree,
    /// A file of the first commit.
    Blob,
}

/// A tag: `refs/tags/<name>`.
pub(crate) struct Tag {
    /// Without `refs/tags/`.
    pub(crate) name: String,
    /// How.
    pub(crate) kind: Kind,
    /// Of what.
    pub(crate) target: Target,
    /// Where it pointed when refs were packed, for [`Refs::Mixed`].
    pub(crate) packed_at: Option<usize>,
}

/// Where the refs of an imported history are kept.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Refs {
    /// A file each.
    Loose,
    /// All in `packed-refs`.
    Packed,
    /// All in `packed-refs`, some of them out of date there and overridden by a file.
    Mixed,
}

/// Which commit-graph an imported history has.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Graph {
    /// None.
    Without,
    /// One file with every commit.
    Full,
    /// One file with every commit and no corrected dates.
    FirstGeneration,
    /// One file, written before the last commits.
    Stale,
    /// A chain of files with every commit.
    Chain,
    /// A chain of files, written before the last commits.
    StaleChain,
}

/// What the clocks of a random history's committers do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Clock {
    /// Go right.
    Right,
    /// Stand still.
    Still,
    /// Run backwards.
    Backwards,
    /// Show the same second for several commits.
    Coarse,
    /// Show anything within a day.
    Random,
    /// Are off by years on some machines.
    Skewed,
    /// Show dates that fit no 32 bits or no 34 bits, or are zero.
    Extreme,
}

impl Clock {
    /// All of them.
    pub(crate) const ALL: [Self; 7] =
        [Self::Right, Self::Still, Self::Backwards, Self::Coarse, Self::Random, Self::Skewed, Self::Extreme];

    pub(crate) fn date(self, rng: &mut Rng, index: usize, count: usize) -> i64 {
        match self {
            Self::Right => minute(index),
            Self::Still => minute(0),
            Self::Backwards => minute(count.saturating_sub(index)),
            Self::Coarse => minute(index / 5),
            Self::Random => minute(rng.within(0..1440)),
            Self::Skewed => minute(index) + *rng.pick(&[0, 0, 0, -400_000_000, 400_000_000, 86_400]),
            Self::Extreme => {
                let now = minute(index);
                *rng.pick(&[0, 1, i64::from(i32::MAX), 1 << 32, (1 << 34) + 5, 1 << 40, now, now])
            }
        }
    }
}

/// How a random history looks.
pub(crate) struct Shape {
    /// What the commits' dates are.
    pub(crate) clock: Clock,
    /// Number of commits.
    pub(crate) commits: usize,
    /// Number of tags, decoys included.
    pub(crate) tags: usize,
    /// Chance in a hundred of a commit having several parents.
    pub(crate) merges: usize,
    /// Chance in a hundred of a commit having none.
    pub(crate) roots: usize,
    /// Names of the services.
    pub(crate) services: Vec<String>,
}

/// What section 3 of the contract makes of a commit.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// `X.Y.Z`.
    pub(crate) base: String,
    /// The tag's name, if there is one.
    pub(crate) base_tag: Option<String>,
    /// Commits since then.
    pub(crate) distance: usize,
}

/// Commits, tags, and the services they belong to.
pub(crate) struct History {
    /// In topological order, parents first.
    pub(crate) commits: Vec<Commit>,
    /// Names are unique.
    pub(crate) tags: Vec<Tag>,
    /// Their Taskfiles are in every commit.
    pub(crate) services: Vec<String>,
    reach: Vec<Vec<u64>>,
}

/// Services whose names contain and continue one another.
pub(crate) fn similar_services() -> Vec<String> {
    [
        "services/go/api-golang",
        "services/go/api-golang2",
        "services/go/api",
        "go/api-golang",
        "services/node/api-node",
    ]
    .map(String::from)
    .to_vec()
}

impl History {
    /// A history from its parts.
    pub(crate) fn new(commits: Vec<Commit>, tags: Vec<Tag>, services: Vec<String>) -> Self {
        let words = commits.len().div_ceil(64);
        let mut reach: Vec<Vec<u64>> = Vec::with_capacity(commits.len());
        for (position, commit) in commits.iter().enumerate() {
            let mut set = vec![0; words];
            for parent in &commit.parents {
                set.iter_mut().zip(&reach[*parent]).for_each(|(word, of_parent)| *word |= of_parent);
            }
            set[position / 64] |= 1 << (position % 64);
            reach.push(set);
        }
        Self { commits, tags, services, reach }
    }

    /// Commits in one line, a minute apart, with these tags at these positions.
    pub(crate) fn linear(commits: usize, services: &[&str], tags: &[(&str, usize)]) -> Self {
        let commits = (0..commits)
            .map(|i| Commit { parents: i.checked_sub(1).into_iter().collect(), date: minute(i) })
            .collect();
        let tags = tags.iter().map(|(name, at)| Tag::at(*at, name)).collect();
        Self::new(commits, tags, services.iter().map(|s| String::from(*s)).collect())
    }

    /// A history with merges, octopuses, criss-crosses, several roots, odd clocks and every sort of tag.
    pub(crate) fn random(rng: &mut Rng, shape: &Shape) -> Self {
        let window = *rng.pick(&[2, 4, 10, 1000]);
        let mut commits: Vec<Commit> = Vec::with_capacity(shape.commits);
        while commits.len() < shape.commits {
            let count = commits.len();
            let recent = count.saturating_sub(window)..count;
            let mut add = |parents: Vec<usize>, rng: &mut Rng| {
                let date = shape.clock.date(rng, commits.len(), shape.commits);
                commits.push(Commit { parents, date });
            };
            if count == 0 || rng.chance(shape.roots) {
                add(vec![], rng);
            } else if count > 2 && rng.chance(shape.merges / 4) {
                // Two branches merged into each other, twice over.
                let (left, right) = (count - 1, rng.within(0..count - 1));
                add(vec![left, right], rng);
                add(vec![right, left], rng);
                add(vec![count, count + 1], rng);
            } else {
                let wanted = if rng.chance(shape.merges) { *rng.pick(&[2, 2, 2, 3, 5]) } else { 1 };
                let mut parents: Vec<usize> = Vec::new();
                for _ in 0..wanted {
                    // Mostly the last commit, so that histories are deep as well as wide.
                    let parent = if rng.chance(40) { count - 1 } else { rng.within(recent.clone()) };
                    if !parents.contains(&parent) {
                        parents.push(parent);
                    }
                }
                add(parents, rng);
            }
        }
        let tags = random_tags(rng, shape, commits.len());
        Self::new(commits, tags, shape.services.clone())
    }

    /// True if `ancestor` is `commit` or can be reached from it.
    pub(crate) fn reaches(&self, commit: usize, ancestor: usize) -> bool {
        self.reach[commit][ancestor / 64] >> (ancestor % 64) & 1 == 1
    }

    /// Number of commits that `commit` reaches and `tag`, if any, does not.
    pub(crate) fn distance(&self, commit: usize, tag: Option<usize>) -> usize {
        let mut count = 0;
        for (index, word) in self.reach[commit].iter().enumerate() {
            let excluded = tag.map_or(0, |tag| self.reach[tag][index]);
            count += (word & !excluded).count_ones();
        }
        usize::try_from(count).expect("a count fits")
    }

    /// The commits on the path of first parents, `commit` itself first.
    pub(crate) fn first_parents(&self, commit: usize) -> Vec<usize> {
        std::iter::successors(Some(commit), |at| self.commits[*at].parents.first().copied()).collect()
    }

    /// The answer for a service.
    pub(crate) fn answer(&self, commit: usize, service: &str) -> Answer {
        self.nearest(&format!("{service}@"), self.distance(commit, None), |tagged| {
            self.reaches(commit, tagged).then(|| self.distance(commit, Some(tagged)))
        })
    }

    /// The answer for a service where only first parents count.
    pub(crate) fn first_parent_answer(&self, commit: usize, service: &str) -> Answer {
        let path = self.first_parents(commit);
        self.nearest(&format!("{service}@"), path.len(), |tagged| path.iter().position(|at| *at == tagged))
    }

    fn nearest(&self, prefix: &str, all: usize, distance: impl Fn(usize) -> Option<usize>) -> Answer {
        let candidates = self.tags.iter().filter_map(|tag| {
            let Target::Commit(tagged) = tag.target else {
                return None;
            };
            let release = release(tag.name.strip_prefix(prefix)?)?;
            Some((distance(tagged)?, Reverse(release), tag))
        });
        match candidates.min_by_key(|(distance, release, _)| (*distance, *release)) {
            Some((distance, _, tag)) => Answer {
                base: tag.name[prefix.len()..].to_string(),
                base_tag: Some(tag.name.clone()),
                distance,
            },
            None => Answer { base: "0.0.0".to_string(), base_tag: None, distance: all },
        }
    }

    /// Commits that are nobody's parent.
    pub(crate) fn tips(&self) -> Vec<usize> {
        let parents: BTreeSet<usize> = self.commits.iter().flat_map(|c| c.parents.iter().copied()).collect();
        (0..self.commits.len()).filter(|i| !parents.contains(i)).collect()
    }

    /// True if no commit is older than a parent of it.
    pub(crate) fn clocks_are_right(&self) -> bool {
        let parents = |commit: &Commit| commit.parents.iter().map(|at| self.commits[*at].date).max();
        self.commits.iter().all(|commit| parents(commit) <= Some(commit.date))
    }

    /// Writes everything into an empty repository and checks out the last commit on `main`; a branch `tip-N` holds every
    /// tip. Returns the commits' ids by position.
    pub(crate) fn import(&self, repo: &Repo, refs: Refs, graph: Graph) -> Vec<String> {
        let marks = repo.sandbox().join("marks");
        let marks = marks.to_str().expect("temporary directories have plain names");
        repo.git_run(["fast-import", "--quiet", "--force", &format!("--export-marks={marks}")])
            .input(self.stream())
            .run()
            .text();
        let written = std::fs::read_to_string(marks).expect("read the marks");
        let mut ids = vec![String::new(); self.commits.len()];
        for (mark, id) in written.lines().filter_map(|line| line[1..].split_once(' ')) {
            let mark: usize = mark.parse().expect("marks are numbers");
            if let Some(position) = mark.checked_sub(FIRST_COMMIT).filter(|position| *position < ids.len()) {
                ids[position] = id.to_string();
            }
        }
        self.tag_other_objects(repo, &ids[0]);
        if matches!(refs, Refs::Packed | Refs::Mixed) {
            repo.git(["pack-refs", "--all"]);
        }
        let mut moved = String::new();
        for tag in self.tags.iter().filter(|tag| tag.packed_at.is_some()) {
            self.write_tag(&mut moved, tag, tag.target);
        }
        if !moved.is_empty() {
            let import = ["fast-import", "--quiet", "--force", &format!("--import-marks={marks}")];
            repo.git_run(import).input(moved).run().text();
        }
        if matches!(refs, Refs::Packed) {
            repo.git(["pack-refs", "--all"]);
        }
        repo.git(["reset", "-q", "--hard"]);
        write_graph(repo, graph, &ids);
        ids
    }

    fn stream(&self) -> String {
        let mut stream = String::new();
        for (index, service) in self.services.iter().enumerate() {
            let text = taskfile(&image_of(service));
            write_into(&mut stream, format_args!("blob\nmark :{}\ndata {}\n{text}\n", index + 1, text.len()));
        }
        assert!(self.services.len() < FIRST_COMMIT, "marks for services");
        for (position, commit) in self.commits.iter().enumerate() {
            let (mark, message, date) = (FIRST_COMMIT + position, format!("commit {position}"), commit.date);
            write_into(
                &mut stream,
                format_args!("reset refs/heads/main\ncommit refs/heads/main\nmark :{mark}\n"),
            );
            write_into(&mut stream, format_args!("author Ada <ada@example.com> {date} +0000\n"));
            write_into(&mut stream, format_args!("committer Ada <ada@example.com> {date} +0000\n"));
            write_into(&mut stream, format_args!("data {}\n{message}\n", message.len()));
            for (index, parent) in commit.parents.iter().enumerate() {
                let word = if index == 0 { "from" } else { "merge" };
                write_into(&mut stream, format_args!("{word} :{}\n", FIRST_COMMIT + parent));
            }
            if commit.parents.is_empty() {
                for (index, service) in self.services.iter().enumerate() {
                    write_into(
                        &mut stream,
                        format_args!("M 100644 :{} {service}/Taskfile.yaml\n", index + 1),
                    );
                }
            }
            stream.push('\n');
        }
        for tip in self.tips() {
            write_into(
                &mut stream,
                format_args!("reset refs/heads/tip-{tip}\nfrom :{}\n\n", FIRST_COMMIT + tip),
            );
        }
        for tag in &self.tags {
            self.write_tag(&mut stream, tag, tag.packed_at.map_or(tag.target, Target::Commit));
        }
        stream
    }

    fn write_tag(&self, stream: &mut String, tag: &Tag, target: Target) {
        let Target::Commit(position) = target else { return };
        let name = &tag.name;
        let mut from = FIRST_COMMIT + position;
        if tag.kind == Kind::Lightweight {
            write_into(stream, format_args!("reset refs/tags/{name}\nfrom :{from}\n\n"));
            return;
        }
        let inner = format!("inner/{name}");
        let objects: &[&str] = if tag.kind == Kind::Nested { &[&inner, name] } else { &[name] };
        for name in objects {
            let mark = FIRST_COMMIT + self.commits.len();
            write_into(stream, format_args!("tag {name}\nmark :{mark}\nfrom :{from}\n"));
            write_into(
                stream,
                format_args!("tagger Ada <ada@example.com> 1700000000 +0000\ndata 8\nrelease\n\n"),
            );
            from = mark;
        }
    }

    fn tag_other_objects(&self, repo: &Repo, commit: &str) {
        for tag in &self.tags {
            let object = match tag.target {
                Target::Commit(_) => continue,
                Target::Tree => format!("{commit}^{{tree}}"),
                Target::Blob => format!("{commit}:{}/Taskfile.yaml", self.services[0]),
            };
            let annotate: &[&str] =
                if tag.kind == Kind::Lightweight { &[] } else { &["-a", "-m", "release"] };
            repo.git(["tag"].iter().chain(annotate).copied().chain([tag.name.as_str(), &object]));
        }
    }
}

impl Tag {
    /// A lightweight tag of a commit.
    pub(crate) fn at(position: usize, name: &str) -> Self {
        Self {
            name: name.to_string(),
            kind: Kind::Lightweight,
            target: Target::Commit(position),
            packed_at: None,
        }
    }
}

/// Marks below this one are files.
const FIRST_COMMIT: usize = 1000;

fn minute(index: usize) -> i64 {
    1_600_000_000 + 60 * i64::try_from(index).expect("an index fits")
}

fn random_tags(rng: &mut Rng, shape: &Shape, commits: usize) -> Vec<Tag> {
    let mut names = BTreeSet::new();
    let mut tags: Vec<Tag> = Vec::new();
    // A few commits carry many tags.
    let crowded: Vec<usize> = (0..3).map(|_| rng.within(0..commits)).collect();
    for _ in 0..shape.tags {
        let service = rng.pick(&shape.services).clone();
        let version = format!("{}.{}.{}", rng.within(0..3), rng.pick(&NUMBERS), rng.within(0..12));
        let name =
            if rng.chance(75) { format!("{service}@{version}") } else { decoy(rng, &service, &version) };
        if !names.insert(name.clone()) {
            continue;
        }
        let somewhere = |rng: &mut Rng| {
            if rng.chance(20) { *rng.pick(&crowded) } else { rng.within(0..commits) }
        };
        let target = match rng.within(0..40) {
            0 => Target::Tree,
            1 => Target::Blob,
            _ => Target::Commit(somewhere(rng)),
        };
        let kind = *rng.pick(&[
            Kind::Lightweight,
            Kind::Lightweight,
            Kind::Annotated,
            Kind::Annotated,
            Kind::Nested,
        ]);
        let moved = rng.chance(15) && matches!(target, Target::Commit(_));
        let packed_at = moved.then(|| somewhere(rng));
        tags.push(Tag { name, kind, target, packed_at });
    }
    tags
}

/// Minor versions that sort differently as text and as numbers.
const NUMBERS: [&str; 6] = ["0", "1", "9", "10", "99", "18446744073709551615"];

/// A tag name that looks like a release of the service and is none.
fn decoy(rng: &mut Rng, service: &str, version: &str) -> String {
    let short = service.rsplit('/').next().unwrap_or(service);
    let major = 10 + rng.within(0..90);
    match rng.within(0..22) {
        0 => format!("{service}2@{major}.0.0"),
        1 => format!("{short}@{major}.9.9"),
        2 => format!("x/{service}@{major}.9.9"),
        3 => format!("{service}@{major}.0"),
        4 => format!("{service}@0{version}"),
        5 => format!("{service}@{version}-rc.{major}"),
        6 => format!("{service}@{version}+b{major}"),
        7 => format!("{service}@v{major}.0.0"),
        8 => format!("{service}@{major}.0.0.0"),
        9 => format!("{service}@{major}.00.0"),
        10 => format!("{service}@+{major}.0.0"),
        11 => format!("{service}@{major}.0.x"),
        12 => format!("{service}/{major}.0.0"),
        13 => format!("{service}@1{major}.0.0/x"),
        14 => format!("{service}@@{major}.0.0"),
        15 => format!("{service}@{major}.0.0@{version}"),
        16 => format!("{service}@٣.{major}.0"),
        17 => format!("{service}@{major},0,0"),
        18 => format!("{}@{major}.0.0", service.to_uppercase()),
        19 => format!("v{major}.0.0"),
        20 => format!("{service}@{major}.-0.0"),
        _ => format!("{service}-v{major}.0.0"),
    }
}

/// `X.Y.Z` in decimal without leading zeros.
fn release(text: &str) -> Option<[u128; 3]> {
    let mut numbers = text.split('.').map(|part| {
        let plain = part.bytes().all(|b| b.is_ascii_digit()) && (part == "0" || !part.starts_with('0'));
        if plain { part.parse().ok() } else { None }
    });
    let release = [numbers.next()??, numbers.next()??, numbers.next()??];
    numbers.next().is_none().then_some(release)
}

fn write_graph(repo: &Repo, graph: Graph, ids: &[String]) {
    // In import order a commit's ancestors come before it, so any beginning of the list is closed.
    let write = |options: &[&str], count: usize| {
        let write = ["-c", "core.commitGraph=true", "commit-graph", "write", "--stdin-commits"];
        repo.git_run(write.iter().chain(options)).input(ids[..count].join("\n") + "\n").run().text();
    };
    let count = ids.len();
    match graph {
        Graph::Without => {}
        Graph::Full => write(&[], count),
        Graph::FirstGeneration => {
            repo.git(["config", "commitGraph.generationVersion", "1"]);
            write(&[], count);
        }
        Graph::Stale => write(&[], count.div_ceil(2)),
        Graph::Chain | Graph::StaleChain => {
            let last = if matches!(graph, Graph::Chain) { count } else { count - count / 4 };
            for part in [count.div_ceil(3), count.div_ceil(2), last] {
                write(&["--split=no-merge"], part);
            }
        }
    }
}

fn write_into(text: &mut String, what: std::fmt::Arguments<'_>) {
    text.write_fmt(what).expect("a string takes anything");
}
