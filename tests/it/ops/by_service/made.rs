//! Random histories whose commits change services, what is said about them, and neither.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::support::history::Clock;
use crate::support::{Repo, Rng};

/// The services that the newest commit of every history has.
pub(super) const SERVICES: [&str; 3] = ["svc/a", "svc/b", "web"];

/// Where another service with a short name of theirs may be.
const NAMESAKE: &str = "old/b";

/// Files by path: content, and mode.
type Files = BTreeMap<String, (String, &'static str)>;

/// A commit of a random history.
pub(super) struct MadeCommit {
    pub(super) parents: Vec<usize>,
    date: i64,
    files: Files,
}

/// A random history.
pub(super) struct Made {
    pub(super) commits: Vec<MadeCommit>,
    /// The name of each tag, and the commit that it is of.
    pub(super) tags: Vec<(String, usize)>,
    pub(super) meanings: Meanings,
}

/// What the texts of settings mean, as far as they occur.
#[derive(Default)]
pub(super) struct Meanings {
    pub(super) configs: BTreeMap<String, Option<Config>>,
    pub(super) filters: BTreeMap<String, Option<Vec<Filter>>>,
    /// The image that a Taskfile names, if any.
    pub(super) taskfiles: BTreeMap<String, Option<Option<String>>>,
}

/// What a configuration says.
#[derive(Clone, Default)]
pub(super) struct Config {
    pub(super) filters: Option<&'static str>,
    pub(super) quantifier: Option<&'static str>,
    pub(super) image: Option<&'static str>,
    pub(super) services: Vec<(&'static str, Entry)>,
}

/// What it says about a service.
#[derive(Clone, Default)]
pub(super) struct Entry {
    pub(super) watch: Vec<&'static str>,
    pub(super) settings: BTreeMap<&'static str, &'static str>,
}

/// A filter: its name, and its rules, each with the kinds of change that it is for.
#[derive(Clone)]
pub(super) struct Filter {
    pub(super) name: &'static str,
    pub(super) rules: Vec<(Option<&'static str>, &'static str)>,
}

/// Where the filter file is by default.
pub(super) const FILTERS: &str = ".github/utils/file-filters.yaml";

/// Where a configuration may say that it is.
const OTHER_FILTERS: &str = "ci/filters.yaml";

const PATTERNS: [&str; 7] = ["lib/**", "svc/a/**", "svc/b/**", "**/*.md", "lib/x.txt", "!**/*.md", "web/**"];

impl Meanings {
    fn config(&mut self, rng: &mut Rng) -> String {
        if rng.chance(6) {
            self.configs.insert("services: [\n".to_owned(), None);
            return "services: [\n".to_owned();
        }
        let mut config = Config::default();
        if rng.chance(25) {
            config.filters = Some(OTHER_FILTERS);
        }
        if rng.chance(40) {
            config.quantifier = Some(*rng.pick(&["some", "every", "some-with-excludes"]));
        }
        if rng.chance(30) {
            config.image = Some(*rng.pick(&["acme/{name}", "other/{name}"]));
        }
        for service in ["svc/b", "web", NAMESAKE] {
            if service == "web" || rng.chance(35) {
                let mut entry = Entry::default();
                if rng.chance(30) {
                    entry.watch = vec![*rng.pick(&PATTERNS[..5])];
                }
                for (key, values) in [
                    ("context", ["lib", "."]),
                    ("target", ["run", "test"]),
                    ("dockerfile", ["lib/Dockerfile", "Dockerfile"]),
                ] {
                    if rng.chance(20) {
                        entry.settings.insert(key, *rng.pick(&values));
                    }
                }
                config.services.push((service, entry));
            }
        }
        let mut text = String::new();
        if rng.chance(30) {
            let _ = writeln!(text, "# {}", rng.within(0..100));
        }
        for (key, value) in
            [("filters", config.filters), ("quantifier", config.quantifier), ("image", config.image)]
        {
            let _ = value.map(|value| writeln!(text, "{key}: '{value}'"));
        }
        let _ = writeln!(text, "services:");
        for (service, entry) in &config.services {
            let watch: Vec<String> = entry.watch.iter().map(|pattern| format!("'{pattern}'")).collect();
            let settings = entry.settings.iter().map(|(key, value)| format!(", {key}: '{value}'"));
            let settings: String = settings.collect();
            let watch =
                if watch.is_empty() { String::new() } else { format!(", watch: [{}]", watch.join(", ")) };
            let all = format!("{watch}{settings}");
            let _ = writeln!(text, "  {service}: {{{}}}", all.trim_start_matches(", "));
        }
        self.configs.insert(text.clone(), Some(config));
        text
    }

    fn filters(&mut self, rng: &mut Rng) -> String {
        if rng.chance(6) {
            self.filters.insert("a: [\n".to_owned(), None);
            return "a: [\n".to_owned();
        }
        let mut filters = Vec::new();
        for names in [["svc/a", "a"], ["svc/b", "b"], ["web", "web"]] {
            if rng.chance(45) {
                let kinds = |rng: &mut Rng| {
                    rng.chance(30).then(|| *rng.pick(&["added", "deleted|modified", "renamed"]))
                };
                let rules = (0..rng.within(1..4)).map(|_| (kinds(rng), *rng.pick(&PATTERNS))).collect();
                filters.push(Filter { name: rng.pick::<&str>(&names), rules });
            }
        }
        let mut text = String::new();
        if rng.chance(30) {
            let _ = writeln!(text, "# {}", rng.within(0..100));
        }
        for filter in &filters {
            let _ = writeln!(text, "{}:", filter.name);
            for (kinds, pattern) in &filter.rules {
                let _ = match kinds {
                    Some(kinds) => writeln!(text, "  - {kinds}: '{pattern}'"),
                    None => writeln!(text, "  - '{pattern}'"),
                };
            }
        }
        if filters.is_empty() {
            text.push_str("unused: x\n");
        }
        self.filters.insert(text.clone(), Some(filters));
        text
    }

    fn taskfile(&mut self, service: &str, rng: &mut Rng) -> String {
        let (text, image) = match rng.within(0..10) {
            0 => ("vars: [IMAGE_REPO\n".to_owned(), None),
            1 => ("version: '3'\n".to_owned(), Some(None)),
            _ => self.good_taskfile(service, rng.within(0..2)),
        };
        self.taskfiles.insert(text.clone(), image);
        text
    }

    fn good_taskfile(&mut self, service: &str, number: usize) -> (String, Option<Option<String>>) {
        let image = format!("acme/{}-{number}", service.replace('/', "-"));
        let text = format!("vars:\n  IMAGE_REPO: {image}\n");
        self.taskfiles.insert(text.clone(), Some(Some(image.clone())));
        (text, Some(Some(image)))
    }
}

impl Made {
    /// A history of about `count` commits, the last of which has all [`SERVICES`] and settings that can be read.
    pub(super) fn random(rng: &mut Rng, count: usize) -> Self {
        let mut made = Made { commits: Vec::new(), tags: Vec::new(), meanings: Meanings::default() };
        let clock = *rng.pick(&Clock::ALL);
        let (merges, roots) = (*rng.pick(&[0, 25, 50]), *rng.pick(&[0, 0, 6]));
        let window = *rng.pick(&[3, 6, 1000]);
        while made.commits.len() < count {
            let here = made.commits.len();
            let recent = here.saturating_sub(window)..here;
            let mut parents: Vec<usize> = Vec::new();
            if here > 0 && !rng.chance(roots) {
                let wanted = if rng.chance(merges) { *rng.pick(&[2, 2, 2, 3]) } else { 1 };
                for _ in 0..wanted {
                    let parent = if rng.chance(55) { here - 1 } else { rng.within(recent.clone()) };
                    if !parents.contains(&parent) {
                        parents.push(parent);
                    }
                }
            }
            let files = made.files(&parents, rng);
            made.commits.push(MadeCommit { parents, date: clock.date(rng, here, count), files });
        }
        let mut files = made.commits[count - 1].files.clone();
        for service in ["svc/a", "svc/b"] {
            let (text, _) = made.meanings.good_taskfile(service, 0);
            files.insert(format!("{service}/Taskfile.yaml"), (text, "100644"));
        }
        let text = "services:\n  web: {}\n";
        let web = vec![("web", Entry::default())];
        made.meanings.configs.insert(text.to_owned(), Some(Config { services: web, ..Config::default() }));
        files.insert("imgver.yaml".to_owned(), (text.to_owned(), "100644"));
        files.remove(FILTERS);
        made.commits.push(MadeCommit {
            parents: vec![count - 1],
            date: clock.date(rng, count, count),
            files,
        });
        for number in 0..rng.within(0..9) {
            let name = format!("{}@1.{}.{number}", rng.pick(&SERVICES), rng.within(0..3));
            made.tags.push((name, rng.within(0..made.commits.len())));
        }
        made
    }

    fn files(&mut self, parents: &[usize], rng: &mut Rng) -> Files {
        let Some((first, others)) = parents.split_first() else {
            let mut files = Files::new();
            for path in ["svc/a/main.c", "svc/b/main.c", "web/page.md", "lib/x.txt"] {
                files.insert(path.to_owned(), (format!("{path}\n"), "100644"));
            }
            for service in ["svc/a", "svc/b"] {
                files.insert(
                    format!("{service}/Taskfile.yaml"),
                    (self.meanings.taskfile(service, rng), "100644"),
                );
            }
            return files;
        };
        let mut files = self.commits[*first].files.clone();
        for other in others {
            // What a merge takes over from the other side.
            for (path, content) in &self.commits[*other].files {
                if rng.chance(50) {
                    files.insert(path.clone(), content.clone());
                }
            }
        }
        for _ in 0..rng.within(0..3) {
            self.change(&mut files, rng);
        }
        files
    }

    fn change(&mut self, files: &mut Files, rng: &mut Rng) {
        let known: Vec<String> = files
            .keys()
            .filter(|path| path.ends_with(".c") || path.ends_with("d") || path.ends_with("t"))
            .cloned()
            .collect();
        let directory = *rng.pick(&["svc/a", "svc/b", "svc/b/deep/er", "web", "lib", "docs", "old/b"]);
        let fresh =
            format!("{directory}/{}", rng.pick(&["main.c", "notes.md", "x.txt", "Dockerfile", "a.b"]));
        let text = format!("{}\n", rng.within(0..1000));
        match rng.within(0..16) {
            0..=4 => drop(files.insert(fresh, (text, "100644"))),
            5 | 6 if !known.is_empty() => drop(files.remove(rng.pick(&known))),
            7 if !known.is_empty() => {
                if let Some(content) = files.remove(rng.pick(&known)) {
                    files.insert(fresh, content);
                }
            }
            8 if !known.is_empty() => {
                if let Some((_, mode)) = files.get_mut(rng.pick(&known)) {
                    *mode = *rng.pick(&["100644", "100755", "120000"]);
                }
            }
            9 => {
                let service = *rng.pick(&["svc/a", "svc/b", NAMESAKE]);
                let name = *rng.pick(&["Taskfile.yaml", "Taskfile.yaml", "Taskfile.yml"]);
                let text = self.meanings.taskfile(service, rng);
                files.insert(format!("{service}/{name}"), (text, "100644"));
            }
            10 => {
                let service = *rng.pick(&["svc/a", "svc/b", NAMESAKE]);
                files.remove(&format!("{service}/Taskfile.yaml"));
            }
            11 | 12 => {
                let text = self.meanings.config(rng);
                files.insert("imgver.yaml".to_owned(), (text, "100644"));
            }
            13 => drop(files.remove(*rng.pick(&["imgver.yaml", FILTERS]))),
            14 => {
                let path = *rng.pick(&[FILTERS, FILTERS, OTHER_FILTERS]);
                let text = self.meanings.filters(rng);
                files.insert(path.to_owned(), (text, "100644"));
            }
            _ => {
                // A revert.
                if !self.commits.is_empty() {
                    *files = self.commits[rng.within(0..self.commits.len())].files.clone();
                }
            }
        }
        // A file and a directory of one name cannot be in one tree.
        let paths: Vec<String> = files.keys().cloned().collect();
        files.retain(|path, _| !paths.iter().any(|other| other.starts_with(&format!("{path}/"))));
    }

    /// Writes everything into an empty repository, with the last commit checked out on `main`, and a branch `at-N` at every
    /// commit. Returns the ids of the commits.
    pub(super) fn import(&self, repo: &Repo) -> Vec<String> {
        let mut stream = String::new();
        for (position, commit) in self.commits.iter().enumerate() {
            let (mark, date) = (position + 1, commit.date);
            let _ = write!(
                stream,
                "reset refs/heads/at-{position}\ncommit refs/heads/at-{position}\nmark :{mark}\n\
                 author Ada <ada@example.com> {date} +0000\ncommitter Ada <ada@example.com> {date} +0000\n\
                 data {}\n{position}\n",
                position.to_string().len()
            );
            for (index, parent) in commit.parents.iter().enumerate() {
                let word = if index == 0 { "from" } else { "merge" };
                let _ = writeln!(stream, "{word} :{}", parent + 1);
            }
            let _ = writeln!(stream, "deleteall");
            for (path, (content, mode)) in &commit.files {
                let _ = write!(stream, "M {mode} inline {path}\ndata {}\n{content}\n", content.len());
            }
            stream.push('\n');
        }
        for (tag, position) in &self.tags {
            let _ = write!(stream, "reset refs/tags/{tag}\nfrom :{}\n\n", position + 1);
        }
        let _ = write!(stream, "reset refs/heads/main\nfrom :{}\n\n", self.commits.len());
        repo.git_run(["fast-import", "--quiet", "--force"]).input(stream).run().text();
        repo.git(["reset", "-q", "--hard"]);
        let id = |position: usize| repo.git(["rev-parse", &format!("at-{position}")]);
        (0..self.commits.len()).map(id).collect()
    }
}
