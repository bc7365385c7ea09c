//! Generates repositories of a realistic shape, each as one `git fast-import` stream.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use anyhow::{Context as _, Result, ensure};

use super::rng::Rng;
use super::text;

/// The shape of a repository.
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    pub(crate) services: usize,
    pub(crate) tags: usize,
    pub(crate) commits: usize,
    /// How many commits carry the tags: a monorepo releases in batches.
    pub(crate) release_commits: usize,
    /// How far back, in commits, the latest release of the last service is.
    pub(crate) farthest: usize,
    /// How many services were never released: those that follow the first one.
    pub(crate) untagged: usize,
}

const LANGUAGES: &[&str] = &["node", "go", "react", "python", "java", "other"];

/// The files of every service other than its Taskfile, with their number of lines.
const SERVICE_FILES: &[(&str, usize)] = &[
    ("Dockerfile", 24),
    (".dockerignore", 6),
    ("README.md", 30),
    ("package.json", 40),
    ("config/default.yaml", 20),
    ("src/main.ts", 45),
    ("src/routes/health.ts", 15),
    ("src/routes/orders.ts", 70),
    ("src/routes/users.ts", 60),
    ("src/lib/database.ts", 80),
    ("src/lib/logging.ts", 25),
    ("src/lib/tracing/exporter.ts", 35),
    ("tests/health.test.ts", 30),
    ("tests/orders.test.ts", 90),
    ("tests/fixtures/orders.json", 50),
];

/// How many files are outside services: documentation, shared libraries, CI.
const SHARED_FILES: usize = 600;

/// How many commits at the end are made only on `main`, and how many of them come after the last release.
const LAST_STRETCH: usize = 40;
const NEAREST: usize = 15;

const FIRST_COMMIT_AT: u64 = 1_500_000_000;

struct File {
    path: String,
    lines: usize,
    /// The image repository, if this is a service's Taskfile.
    image: Option<String>,
    revision: usize,
}

impl File {
    fn contents(&self) -> String {
        match &self.image {
            Some(image) => text::taskfile(image, self.revision),
            None => text::source(&self.path, self.lines, self.revision),
        }
    }
}

struct Service {
    path: String,
    short_name: String,
    /// The indices of its files in the list of all files.
    files: std::ops::Range<usize>,
    version: (u32, u32, u32),
}

/// An unmerged branch.
struct Branch {
    tip: usize,
    changed: BTreeMap<usize, usize>,
    service: usize,
    commits_left: usize,
    takes_main_in: bool,
}

fn services(shape: &Shape) -> Vec<Service> {
    let per_service = SERVICE_FILES.len() + 1;
    (0..shape.services)
        .map(|number| {
            let mut rng = Rng::new(number as u64 + 1);
            let language = LANGUAGES.get(number % LANGUAGES.len()).copied().unwrap_or_default();
            let short_name = format!("{}-{number:03}", text::word(&mut rng));
            Service {
                path: format!("services/{language}/{short_name}"),
                short_name,
                files: number * per_service..(number + 1) * per_service,
                version: (0, 1, 0),
            }
        })
        .collect()
}

fn files(services: &[Service]) -> Vec<File> {
    let mut files = Vec::new();
    for service in services {
        files.extend(SERVICE_FILES.iter().map(|(name, lines)| File {
            path: format!("{}/{name}", service.path),
            lines: *lines,
            image: None,
            revision: 0,
        }));
        files.push(File {
            path: format!("{}/Taskfile.yaml", service.path),
            lines: 0,
            image: Some(format!("example/{}", service.short_name)),
            revision: 0,
        });
    }
    let mut rng = Rng::new(0);
    files.extend((0..SHARED_FILES).map(|number| {
        let (folder, sub) = (number / 40, number / 8);
        let path = match number % 3 {
            0 => format!("docs/guide-{folder}/chapter-{sub}/{}-{number}.md", text::word(&mut rng)),
            1 => format!("libraries/library-{folder}/src/module-{sub}/{}-{number}.ts", text::word(&mut rng)),
            _ => format!(".github/scripts-{folder}/{}-{number}.sh", text::word(&mut rng)),
        };
        File { path, lines: rng.between(10, 120), image: None, revision: 0 }
    }));
    files
}

/// Which services are released when: the numbers of commits, in order of creation, with the numbers of services.
fn release_plan(shape: &Shape, rng: &mut Rng) -> Result<BTreeMap<usize, Vec<usize>>> {
    let (first, last) = (shape.commits / 25, shape.commits.saturating_sub(NEAREST));
    let mut moments: BTreeSet<usize> = [last].into();
    // The farthest service needs a moment exactly where its latest release is meant to be.
    moments.insert(shape.commits.saturating_sub(shape.farthest));
    while moments.len() < shape.release_commits {
        moments.insert(rng.between(first, last));
    }
    let moments: Vec<usize> = moments.into_iter().collect();
    // For each service, the range of moments at which it is released.
    let at_most = |commit: usize| moments.partition_point(|moment| *moment <= commit).saturating_sub(1);
    let spans: Vec<Option<(usize, usize)>> = (0..shape.services)
        .map(|service| {
            let back = match rng.below(100) {
                _ if service == 0 => NEAREST,
                _ if service + 1 == shape.services => shape.farthest,
                0..40 => rng.between(NEAREST, 300),
                40..75 => rng.between(300, shape.commits / 6),
                75..95 => rng.between(shape.commits / 6, shape.commits / 2),
                _ => rng.between(shape.commits / 2, shape.commits * 7 / 10),
            };
            let end = at_most(shape.commits - back);
            let start = rng.below(end / 2 + 1);
            (service == 0 || service > shape.untagged).then_some((start, end))
        })
        .collect();
    let mut chosen: BTreeSet<(usize, usize)> = BTreeSet::new();
    for (service, span) in spans.iter().enumerate() {
        chosen.extend(span.map(|(_, end)| (end, service)));
    }
    for attempt in 0..shape.tags.saturating_mul(40) {
        if chosen.len() >= shape.tags {
            break;
        }
        let service = attempt % shape.services;
        if let Some((start, end)) = spans.get(service).copied().flatten() {
            chosen.insert((rng.between(start, end), service));
        }
    }
    ensure!(chosen.len() >= shape.tags, "{}: too few release commits for so many tags", shape.name);
    let mut plan: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (moment, service) in chosen {
        let commit = moments.get(moment).copied().context("a release without a moment")?;
        plan.entry(commit).or_default().push(service);
    }
    Ok(plan)
}

/// Writes the stream that creates a repository of this shape.
pub(crate) fn generate(shape: &Shape, out: &mut dyn Write) -> Result<()> {
    let mut rng = Rng::new(shape.commits as u64 * 31 + shape.services as u64);
    let plan = release_plan(shape, &mut rng)?;
    let services = services(shape);
    let mut stream = Stream {
        files: files(&services),
        services,
        people: (0..300).map(|_| text::person(&mut rng)).collect(),
        rng,
        out,
        marks: 0,
        commits: 0,
        seconds: FIRST_COMMIT_AT,
    };
    stream.write_history(shape, plan)
}

struct Stream<'a> {
    rng: Rng,
    out: &'a mut dyn Write,
    files: Vec<File>,
    services: Vec<Service>,
    people: Vec<String>,
    marks: usize,
    commits: usize,
    seconds: u64,
}

impl Stream<'_> {
    fn write_history(&mut self, shape: &Shape, mut plan: BTreeMap<usize, Vec<usize>>) -> Result<()> {
        let everything = (0..self.files.len()).map(|file| self.blob(file).map(|blob| (file, blob)));
        let everything = everything.collect::<Result<_>>()?;
        let mut main = self.commit("refs/heads/main", None, None, "everything", &everything)?;
        let mut branches: Vec<Branch> = Vec::new();
        while self.commits < shape.commits || !branches.is_empty() {
            if let Some((due, _)) = plan.first_key_value()
                && *due <= self.commits
                && let Some((_, released)) = plan.pop_first()
            {
                main = self.release(main, &released)?;
                continue;
            }
            // Every branch is merged before the last stretch, so that the latest release can be near.
            let ending = self.commits + 2 * branches.len() + LAST_STRETCH >= shape.commits;
            match self.rng.below(100) {
                // Squash merges and direct commits.
                0..40 if !ending => {
                    let service = self.rng.below(self.services.len());
                    main = self.work("refs/heads/main", main, service)?.0;
                }
                40..52 if !ending && branches.len() < 12 => {
                    let long = self.rng.percent(4);
                    branches.push(Branch {
                        tip: main,
                        changed: BTreeMap::new(),
                        service: self.rng.below(self.services.len()),
                        commits_left: if long { self.rng.between(30, 150) } else { self.rng.between(1, 6) },
                        takes_main_in: long,
                    });
                }
                _ if branches.is_empty() => {
                    let service = self.rng.below(self.services.len());
                    main = self.work("refs/heads/main", main, service)?.0;
                }
                _ => {
                    let number = self.rng.below(branches.len());
                    let mut branch = branches.swap_remove(number);
                    if branch.commits_left > 0 && !ending {
                        self.advance(&mut branch, main)?;
                        branches.push(branch);
                    } else if !branch.changed.is_empty() {
                        main = self.commit(
                            "refs/heads/main",
                            Some(main),
                            Some(branch.tip),
                            "merge",
                            &branch.changed,
                        )?;
                    }
                }
            }
        }
        for (_, released) in plan {
            main = self.release(main, &released)?;
        }
        Ok(())
    }

    /// One more commit on a branch; a long-lived one merges `main` now and then.
    fn advance(&mut self, branch: &mut Branch, main: usize) -> Result<()> {
        branch.commits_left -= 1;
        if branch.takes_main_in && self.rng.percent(10) && branch.tip != main && !branch.changed.is_empty() {
            branch.tip =
                self.commit("refs/heads/topic", Some(branch.tip), Some(main), "update", &BTreeMap::new())?;
        } else {
            let (tip, changed) = self.work("refs/heads/topic", branch.tip, branch.service)?;
            branch.tip = tip;
            branch.changed.extend(changed);
        }
        Ok(())
    }

    /// A commit that edits some files of a service or, now and then, shared files.
    fn work(
        &mut self,
        reference: &str,
        parent: usize,
        service: usize,
    ) -> Result<(usize, BTreeMap<usize, usize>)> {
        let service = self.services.get(service).context("no such service")?;
        let (own, scope) = (service.files.clone(), service.short_name.clone());
        let mut changed = BTreeMap::new();
        for _ in 0..self.rng.between(1, 3) {
            let file = if self.rng.percent(80) {
                self.rng.between(own.start, own.end - 1)
            } else {
                self.files.len() - 1 - self.rng.below(SHARED_FILES)
            };
            if let Some(file) = self.files.get_mut(file) {
                file.revision += 1;
            }
            changed.insert(file, self.blob(file)?);
        }
        let commit = self.commit(reference, Some(parent), None, &scope, &changed)?;
        Ok((commit, changed))
    }

    /// Commits a release and tags it for each of the services; without services, returns `main` unchanged.
    fn release(&mut self, main: usize, services: &[usize]) -> Result<usize> {
        let Some(first) = services.first().copied() else {
            return Ok(main);
        };
        let tip = self.work("refs/heads/main", main, first)?.0;
        for number in services {
            let service = self.services.get_mut(*number).context("no such service")?;
            let (major, minor, patch) = service.version;
            service.version = match self.rng.below(100) {
                0..4 => (major + 1, 0, 0),
                4..35 => (major, minor + 1, 0),
                _ => (major, minor, patch + 1),
            };
            let (major, minor, patch) = service.version;
            let name = format!("{}@{major}.{minor}.{patch}", service.path);
            self.tag(&name, tip)?;
            if self.rng.percent(2) {
                // A fix of an old release, on a branch that is never merged.
                let aside = self.work("refs/heads/maintenance", main, *number)?.0;
                self.commits -= 1;
                self.tag(&format!("{name}-fix.1"), aside)?;
                if let Some(service) = self.services.get_mut(*number) {
                    service.version.2 += 1;
                    let (major, minor, patch) = service.version;
                    let name = format!("{}@{major}.{minor}.{patch}", service.path);
                    self.tag(&name, aside)?;
                }
            }
        }
        Ok(tip)
    }

    fn tag(&mut self, name: &str, commit: usize) -> Result<()> {
        if self.rng.percent(15) {
            writeln!(self.out, "reset refs/tags/{name}\nfrom :{commit}\n")?;
            return Ok(());
        }
        let tagger = self.signature();
        let message = format!("{name}\n");
        writeln!(self.out, "tag {name}\nfrom :{commit}\ntagger {tagger}\ndata {}\n{message}", message.len())?;
        Ok(())
    }

    fn commit(
        &mut self,
        reference: &str,
        parent: Option<usize>,
        merged: Option<usize>,
        scope: &str,
        changed: &BTreeMap<usize, usize>,
    ) -> Result<usize> {
        // Several commits in the same second are common: rebases and merge queues create them.
        self.seconds += if self.rng.percent(8) { 0 } else { self.rng.between(30, 30_000) as u64 };
        let (author, committer) = (self.signature(), self.signature());
        let message = text::message(&mut self.rng, scope, &self.people);
        self.marks += 1;
        self.commits += 1;
        let mark = self.marks;
        // A reset lets the stream continue from any commit, whatever the ref pointed to.
        match parent {
            Some(parent) => writeln!(self.out, "reset {reference}\nfrom :{parent}\n")?,
            None => writeln!(self.out, "reset {reference}")?,
        }
        writeln!(self.out, "commit {reference}\nmark :{mark}\nauthor {author}\ncommitter {committer}")?;
        writeln!(self.out, "data {}\n{message}", message.len())?;
        if let Some(merged) = merged {
            writeln!(self.out, "merge :{merged}")?;
        }
        for (file, blob) in changed {
            let file = self.files.get(*file).context("no such file")?;
            writeln!(self.out, "M 100644 :{blob} {}", file.path)?;
        }
        writeln!(self.out)?;
        Ok(mark)
    }

    fn blob(&mut self, file: usize) -> Result<usize> {
        let contents = self.files.get(file).context("no such file")?.contents();
        self.marks += 1;
        writeln!(self.out, "blob\nmark :{}\ndata {}\n{contents}", self.marks, contents.len())?;
        Ok(self.marks)
    }

    fn signature(&mut self) -> String {
        // A few people do most of the work.
        let number = self.rng.below(self.people.len()).min(self.rng.below(self.people.len()));
        let person = self.people.get(number).map_or("Nobody <nobody@example.com>", String::as_str);
        format!("{person} {} {}", self.seconds, text::zone(&mut self.rng))
    }
}
