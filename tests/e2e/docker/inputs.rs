//! What images are really made of: each tracked file of the repositories in `tests/inputs/` is changed in turn, and the image
//! built with what `imgver build` runs, with fixed times. Where that makes another image, or none, or where the file's absence
//! does, `imgver inputs` must name the file.
//!
//! `IMGVER_UPDATE=1` writes what BuildKit does to `tests/inputs/answers.json`, which `tests/it/inputs_oracle.rs` compares with
//! ours. Without it, what is recorded to matter is changed all at once, and so is all else that `imgver inputs` does not name: a file
//! that matters and is not among the inputs still shows, in half the builds.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use super::builders::BuildKit;
use super::shop::{real, text, variable};
use crate::support::input_cases::{self, Answer, Content, InputCase, InputFile, Listed};
use crate::support::{Output, Repo};

/// How many cases are tried at once: the client of a build waits more than it works.
const JOBS: usize = 6;

/// The name of the builder.
const BUILDER: &str = "inputs";

/// The builds of a case: the services that come first, then the one that is asked about, each as the words of a command.
struct Builds<'a> {
    repo: &'a Repo,
    bases: Vec<(Vec<String>, &'a str)>,
    last: Vec<String>,
    count: usize,
}

impl<'a> Builds<'a> {
    fn new(repo: &'a Repo, case: &'a InputCase, registry: &str) -> Self {
        let base = |(service, image): &'a (String, String)| {
            (command(repo, service, &format!("name={registry}/{image},push=true")), image.as_str())
        };
        let bases = case.bases.iter().map(base).collect();
        Builds { repo, bases, last: command(repo, &case.service, "push=false"), count: 0 }
    }

    /// The digest of the image as the files are now.
    ///
    /// # Errors
    /// It cannot be built.
    fn digest(&mut self) -> Result<String, Output> {
        self.count += self.bases.len() + 1;
        for (words, image) in &self.bases {
            if run(self.repo, words).is_err() {
                forget(image);
            }
        }
        run(self.repo, &self.last)
    }

    /// Whether the files as they are now make another image, or none.
    fn differ_from(&mut self, original: &str) -> bool {
        self.digest().map_or(true, |digest| digest != original)
    }
}

/// What `imgver build` runs for a service, with an image of fixed times and nothing but content.
fn command(repo: &Repo, service: &str, destination: &str) -> Vec<String> {
    let output = format!("type=image,rewrite-timestamp=true,compression=uncompressed,{destination}");
    let options = ["--builder", BUILDER, "--dry-run", "--provenance", "false", "--sbom", "false"];
    let run = real(repo.imgver(["build", service])).args(options).args(["--", "--output", &output]).run();
    let mut words = shlex::split(&run.line()).expect("words for a shell");
    let tag = words.iter().position(|word| word == "--tag").expect("the image has a tag");
    words.drain(tag..=tag + 1);
    let metadata = repo.sandbox().join(format!("{}.json", service.replace('/', "-")));
    let also = ["--quiet".to_owned(), "--metadata-file".to_owned(), metadata.display().to_string()];
    // Without docker in between, which does nothing but start this: a third of a build's time.
    let buildx = format!("{}/cli-plugins/docker-buildx", variable("DOCKER_CONFIG"));
    words.splice(..3, [buildx, "build".to_owned()].into_iter().chain(also));
    words
}

/// Takes an image out of the registry: whoever needs it cannot be built either.
fn forget(image: &str) {
    let (repository, tag) = image.rsplit_once(':').expect("an image with a tag");
    let tags = Path::new(&variable("IMGVER_E2E_REGISTRY_FILES")).join(repository).join("_manifests/tags");
    let _ = std::fs::remove_dir_all(tags.join(tag));
}

fn run(repo: &Repo, words: &[String]) -> Result<String, Output> {
    let (program, args) = words.split_first().expect("a program");
    let output = real(repo.program(program)).args(args).run();
    if output.code != 0 {
        return Err(output);
    }
    let metadata = args.iter().position(|word| word == "--metadata-file").expect("it has a file for facts");
    let metadata = std::fs::read(&args[metadata + 1]).expect("docker wrote facts");
    let metadata: serde_json::Value = serde_json::from_slice(&metadata).expect("they are JSON");
    Ok(text(&metadata["containerimage.digest"]).to_owned())
}

/// Removes the file, and its directory if nothing is left there, for git has no empty directories.
fn remove(file: &InputFile, root: &Path) {
    let path = root.join(&file.path);
    std::fs::remove_file(&path).unwrap_or_else(|error| panic!("remove {}: {error}", file.path));
    for directory in path.ancestors().skip(1).take_while(|directory| *directory != root) {
        if std::fs::remove_dir(directory).is_err() {
            break;
        }
    }
}

/// The same file with something else in it.
fn changed(file: &InputFile) -> InputFile {
    let content = match &file.content {
        Content::Text(_) if file.path.ends_with(".dockerignore") => Content::Text("*\n".to_owned()),
        Content::Text(text) if file.is_dockerfile() => Content::Text(format!("{text}\nLABEL changed=yes\n")),
        Content::Text(text) => Content::Text(format!("{text}# changed\n")),
        Content::Link(target) => Content::Link(format!("{target}.changed")),
        Content::Archive(text) => Content::Archive(format!("{text}changed\n")),
        Content::EmptyDirectory => Content::EmptyDirectory,
    };
    InputFile { content, ..file.clone() }
}

/// Writes answers over those that are recorded.
fn record(answers: &BTreeMap<String, Answer>) {
    let line = |(name, answer): (&String, &Answer)| {
        let [name, needed] = [serde_json::to_string(name), serde_json::to_string(&answer.needed)]
            .map(|text| text.expect("JSON"));
        format!("{name}: {needed}")
    };
    let lines: Vec<String> = answers.iter().map(line).collect();
    std::fs::write(input_cases::answers_path(), format!("{{\n{}\n}}\n", lines.join(",\n")))
        .expect("write the answers");
}

/// What is true of a case, and what imgver says.
struct Outcome {
    case: InputCase,
    answer: Answer,
    listed: Listed,
    builds: usize,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Outcome { case, answer, listed, builds } = self;
        let (files, needed) = (case.tracked().count(), answer.needed.len());
        let vain = listed.in_vain(answer);
        write!(f, "{}: {files} files changed, {builds} builds, {needed} inputs, ", case.name)?;
        write!(f, "{} listed, {} in vain", listed.files.len(), vain.len())?;
        match &case.whole {
            Some(reason) => write!(f, " (the whole context: {reason})"),
            None if vain.is_empty() => Ok(()),
            None => write!(f, " ({})", vain.join(", ")),
        }
    }
}

/// Whether the answers are written, and not only compared.
fn is_update() -> bool {
    std::env::var_os("IMGVER_UPDATE").is_some_and(|value| value == "1")
}

/// Changes every tracked file of a case. What is `recorded` to matter does, as long as all of it together does.
fn examine(case: &InputCase, registry: &str, recorded: &BTreeSet<String>) -> Outcome {
    let repo = case.repository(registry);
    let mut digest = String::new();
    for (service, image) in &case.releases {
        let words = command(&repo, service, &format!("name={registry}/{image},push=true"));
        digest = run(&repo, &words).unwrap_or_else(|output| panic!("{output}"));
    }
    let write = |file: &InputFile| file.write(repo.path(), registry, &digest);
    case.files.iter().filter(|file| file.has_digest()).for_each(write);
    let listed = Listed::of(&repo, case);
    let mut builds = Builds::new(&repo, case, registry);
    let original = builds.digest().unwrap_or_else(|output| panic!("{output}"));
    let mut needed = BTreeSet::new();
    let mut change = |files: &[&InputFile]| {
        for file in files {
            remove(file, repo.path());
            write(&changed(file));
        }
        let matters = builds.differ_from(&original);
        for file in files {
            remove(file, repo.path());
            write(file);
        }
        matters
    };
    let (known, open): (Vec<_>, Vec<_>) = case.tracked().partition(|file| recorded.contains(&file.path));
    assert!(known.is_empty() || change(&known), "{}: {recorded:?} do not change the image", case.name);
    needed.extend(known.iter().map(|file| file.path.clone()));
    // What only we list is changed one by one. The rest is changed all at once, and one by one if that matters.
    let is_alone = |file: &&InputFile| is_update() || listed.files.contains(&file.path);
    let (mut alone, rest): (Vec<_>, Vec<_>) = open.into_iter().partition(is_alone);
    if !rest.is_empty() && change(&rest) {
        alone.extend(rest);
    }
    needed.extend(alone.into_iter().filter(|file| change(&[*file])).map(|file| file.path.clone()));
    // What is not read need not be there either: all of it at once, and one by one only if that is not so.
    let others: Vec<_> = case.tracked().filter(|file| !needed.contains(&file.path)).collect();
    others.iter().for_each(|file| remove(file, repo.path()));
    let is_any_needed = builds.differ_from(&original);
    others.iter().for_each(|file| write(file));
    for file in others.iter().filter(|_| is_any_needed) {
        remove(file, repo.path());
        if builds.differ_from(&original) {
            needed.insert(file.path.clone());
        }
        write(file);
    }
    // Nothing but the files' content matters.
    assert!(!is_any_needed || !builds.differ_from(&original), "{}: not the same image again", case.name);
    assert!(!needed.is_empty(), "{}: nothing changes the image", case.name);
    Outcome { case: case.clone(), answer: Answer { needed }, listed, builds: builds.count }
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn what_changes_an_image_is_among_its_inputs() {
    let start = Instant::now();
    let registry = variable("IMGVER_E2E_REGISTRY");
    let buildkit = BuildKit::start(BUILDER);
    let here = Repo::new();
    let create = ["buildx", "create", "--driver", "remote", "--name", BUILDER, buildkit.address()];
    real(here.program("docker")).args(create).run().text();
    let only = std::env::var("IMGVER_INPUT_CASE").unwrap_or_default();
    let mut cases = input_cases::all();
    cases.retain(|case| case.name.contains(&only));
    let recorded = if is_update() { BTreeMap::new() } else { input_cases::recorded() };
    let recorded =
        |case: &InputCase| recorded.get(&case.name).map_or(BTreeSet::new(), |answer| answer.needed.clone());
    let next = AtomicUsize::new(0);
    let (outcomes, failed) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..JOBS {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let examined = || examine(case, &registry, &recorded(case));
                    // One that cannot be built keeps nobody from the others.
                    let Ok(outcome) = catch_unwind(AssertUnwindSafe(examined)) else {
                        failed.lock().unwrap().push(case.name.clone());
                        continue;
                    };
                    eprintln!("{outcome}");
                    outcomes.lock().unwrap().push(outcome);
                }
            });
        }
    });
    real(here.program("docker")).args(["buildx", "rm", BUILDER]).run().text();
    let (outcomes, failed) = (outcomes.into_inner().unwrap(), failed.into_inner().unwrap());
    let answers =
        outcomes.iter().map(|outcome| (outcome.case.name.clone(), outcome.answer.clone())).collect();
    if is_update() {
        record(&answers);
    }
    let results: Vec<_> =
        outcomes.iter().map(|outcome| (&outcome.case, &outcome.answer, &outcome.listed)).collect();
    let summary = input_cases::compare(&results);
    eprintln!(
        "{} cases, {} builds in {:.0} s; {summary}",
        outcomes.len(),
        outcomes.iter().map(|outcome| outcome.builds).sum::<usize>(),
        start.elapsed().as_secs_f64(),
    );
    assert!(failed.is_empty(), "{failed:?} failed: see above");
    assert!(summary.wrong.is_empty(), "{}", summary.wrong.join("\n"));
    if only.is_empty() {
        assert_eq!(answers, input_cases::recorded(), "BuildKit does not what is recorded");
    }
}
