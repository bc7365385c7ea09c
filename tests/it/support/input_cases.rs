//! The repositories of `tests/inputs/*.txt`: small ones with an image to build, to ask what the image is made of.
//!
//! A case begins with `=== NAME`. Before its first file there may be lines of these:
//!
//! - `tracked: PATH…`, `ignored: PATH…`: files that git tracks, and files that it ignores; their text is their path.
//! - `directory: PATH…`: empty directories.
//! - `link: PATH TARGET`: a symbolic link.
//! - `archive: PATH…`: a tar file with one member.
//! - `service: PATH`: the service whose image is built; `app` if nothing says so.
//! - `whole: REASON`: the whole context counts, and why; it is not part of the share that is listed in vain.
//! - `base: SERVICE IMAGE`: another service, built and pushed under that name before the image is.
//! - `release: SERVICE IMAGE`: the same, but built only once, as a release; the image's tag is the version.
//!
//! A file is a line `-- PATH --`, then its text. `-- PATH (crlf) --` has Windows line ends, `(bom)` a byte order mark. In texts,
//! `{digest}` is that of the release and `{registry}` the address of a registry.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::Repo;

/// What is configured where a case has no `imgver.yaml`.
const CONFIGURATION: &str = "image: acme/{name}\nservices:\n  app: {}\n";

#[derive(Debug, Clone, Default)]
pub(crate) struct InputCase {
    pub(crate) name: String,
    /// The service whose image is built.
    pub(crate) service: String,
    /// Why the whole context counts, if it does.
    pub(crate) whole: Option<String>,
    /// Services that are built first, with the name that the image is pushed under.
    pub(crate) bases: Vec<(String, String)>,
    /// Services that are built and released once.
    pub(crate) releases: Vec<(String, String)>,
    pub(crate) files: Vec<InputFile>,
}

#[derive(Debug, Clone)]
pub(crate) struct InputFile {
    pub(crate) path: String,
    pub(crate) content: Content,
    pub(crate) is_tracked: bool,
}

#[derive(Debug, Clone)]
pub(crate) enum Content {
    Text(String),
    Link(String),
    /// A tar file whose one member has this text.
    Archive(String),
    EmptyDirectory,
}

/// All cases, in the order of the files' names.
pub(crate) fn all() -> Vec<InputCase> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/inputs");
    let entries = fs::read_dir(directory).expect("read the directory of the cases");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("read an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    paths.sort();
    paths.iter().flat_map(|path| parse(&fs::read_to_string(path).expect("read the cases"))).collect()
}

fn parse(text: &str) -> Vec<InputCase> {
    let mut cases: Vec<InputCase> = Vec::new();
    let mut in_file = false;
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("=== ") {
            in_file = false;
            cases.push(InputCase {
                name: name.to_owned(),
                service: "app".to_owned(),
                ..InputCase::default()
            });
            continue;
        }
        let case = cases.last_mut().unwrap_or_else(|| panic!("no case begins before '{line}'"));
        let marker = line.strip_prefix("-- ").and_then(|rest| rest.strip_suffix(" --"));
        match marker {
            Some(path) => {
                in_file = true;
                let content = Content::Text(String::new());
                case.files.push(InputFile { path: path.to_owned(), content, is_tracked: true });
            }
            None if in_file => {
                if let Some(InputFile { content: Content::Text(text), .. }) = case.files.last_mut() {
                    text.push_str(line);
                    text.push('\n');
                }
            }
            None if line.is_empty() => {}
            None => case.directive(line),
        }
    }
    for case in &mut cases {
        case.finish();
    }
    cases
}

fn default_text(path: &str) -> String {
    format!("{path}\n")
}

impl InputCase {
    fn directive(&mut self, line: &str) {
        let (key, value) = line.split_once(": ").unwrap_or_else(|| panic!("{}: '{line}'?", self.name));
        let words: Vec<&str> = value.split(' ').collect();
        let pair = || match *words {
            [first, second] => (first.to_owned(), second.to_owned()),
            _ => panic!("{}: not two words: '{line}'", self.name),
        };
        match key {
            "service" => value.clone_into(&mut self.service),
            "whole" => self.whole = Some(value.to_owned()),
            "base" => self.bases.push(pair()),
            "release" => self.releases.push(pair()),
            "link" => {
                let (path, target) = pair();
                self.files.push(InputFile { path, content: Content::Link(target), is_tracked: true });
            }
            "tracked" | "ignored" | "archive" | "directory" => {
                self.files.extend(words.iter().map(|&path| InputFile {
                    path: path.to_owned(),
                    content: match key {
                        "archive" => Content::Archive(default_text(path)),
                        "directory" => Content::EmptyDirectory,
                        _ => Content::Text(default_text(path)),
                    },
                    is_tracked: matches!(key, "tracked" | "archive"),
                }));
            }
            _ => panic!("{}: '{key}'?", self.name),
        }
    }

    /// Applies what the files' markers say, and adds the files that every case has.
    fn finish(&mut self) {
        for file in &mut self.files {
            let Content::Text(text) = &mut file.content else { continue };
            // The empty line before the next case.
            if text.ends_with("\n\n") {
                text.pop();
            }
            if text == "\n" || text.is_empty() {
                *text = default_text(&file.path);
            }
            if let Some(path) = file.path.strip_suffix(" (crlf)") {
                *text = text.replace('\n', "\r\n");
                file.path = path.to_owned();
            } else if let Some(path) = file.path.strip_suffix(" (bom)") {
                *text = format!("\u{feff}{text}");
                file.path = path.to_owned();
            }
        }
        let ignored: Vec<String> = self
            .files
            .iter()
            .filter(|file| !file.is_tracked)
            .map(|file| format!("/{}\n", file.path))
            .collect();
        self.add(".gitignore", &ignored.concat());
        self.add("imgver.yaml", CONFIGURATION);
    }

    /// Adds a file unless it is there or would be empty.
    fn add(&mut self, path: &str, text: &str) {
        if !text.is_empty() && self.files.iter().all(|file| file.path != path) {
            let content = Content::Text(text.to_owned());
            self.files.push(InputFile { path: path.to_owned(), content, is_tracked: true });
        }
    }

    /// The files that git tracks.
    pub(crate) fn tracked(&self) -> impl Iterator<Item = &InputFile> {
        self.files.iter().filter(|file| file.is_tracked)
    }

    /// A repository of this case, all of it committed, with the tags of the releases.
    pub(crate) fn repository(&self, registry: &str) -> Repo {
        let repo = Repo::new();
        for file in &self.files {
            file.write(repo.path(), registry, "");
        }
        repo.commit("everything");
        for (service, image) in &self.releases {
            let (_, version) = image.rsplit_once(':').expect("a release has a tag");
            repo.annotate(&format!("{service}@{version}"));
        }
        repo
    }
}

impl InputFile {
    /// Writes the file below `root`; `digest` is that of the release.
    pub(crate) fn write(&self, root: &Path, registry: &str, digest: &str) {
        let path = root.join(&self.path);
        let directory = path.parent().expect("a file has a directory");
        fs::create_dir_all(directory).expect("create directories");
        match &self.content {
            Content::Text(text) => {
                fs::write(path, text.replace("{registry}", registry).replace("{digest}", digest))
            }
            Content::Link(target) => symlink(target, path),
            Content::Archive(text) => fs::write(path, tar(text)),
            Content::EmptyDirectory => fs::create_dir_all(path),
        }
        .unwrap_or_else(|error| panic!("write {}: {error}", self.path));
    }

    /// Whether the digest of a release is part of the text.
    pub(crate) fn has_digest(&self) -> bool {
        matches!(&self.content, Content::Text(text) if text.contains("{digest}"))
    }

    /// Whether a build is described here, as a Dockerfile or an ignore file does.
    pub(crate) fn is_description(&self) -> bool {
        self.is_dockerfile() || self.path.ends_with(".dockerignore")
    }

    /// Whether it is a Dockerfile.
    pub(crate) fn is_dockerfile(&self) -> bool {
        let name = self.path.rsplit('/').next().unwrap_or_default().to_lowercase();
        !name.ends_with(".dockerignore") && name.contains("dockerfile")
    }
}

/// A tar file with one member, in the format that POSIX calls ustar.
fn tar(text: &str) -> Vec<u8> {
    let mut header = [0_u8; 512];
    let mut put = |at: usize, field: &str| header[at..at + field.len()].copy_from_slice(field.as_bytes());
    put(0, "member");
    put(100, "0000644\0");
    put(108, "0000000\0");
    put(116, "0000000\0");
    put(124, &format!("{:011o}\0", text.len()));
    put(136, "00000000000\0");
    put(148, "        ");
    put(156, "0");
    put(257, "ustar\u{0}00");
    let sum: u32 = header.iter().copied().map(u32::from).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let mut archive = header.to_vec();
    archive.extend(text.as_bytes());
    archive.resize(archive.len().next_multiple_of(512) + 1024, 0);
    archive
}

/// What BuildKit does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The tracked files without which the image, or with other content in which, is another one or none.
    pub(crate) needed: BTreeSet<String>,
}

/// What imgver says.
#[derive(Debug, Clone, Default)]
pub(crate) struct Listed {
    pub(crate) files: BTreeSet<String>,
    /// Whether the whole context counts.
    pub(crate) is_whole: bool,
}

impl Listed {
    /// The inputs of the case in its repository.
    pub(crate) fn of(repo: &Repo, case: &InputCase) -> Self {
        let printed = repo.imgver(["inputs", &case.service, "--output", "json"]).run().json();
        let files = printed["files"].as_array().expect("a list of files");
        let path = |file: &serde_json::Value| file["path"].as_str().expect("a path").to_owned();
        let unresolved = printed["unresolved"].as_array().expect("a list of what is not resolved");
        Listed { files: files.iter().map(path).collect(), is_whole: !unresolved.is_empty() }
    }

    /// The files that are listed, but do not matter.
    pub(crate) fn in_vain<'a>(&'a self, answer: &'a Answer) -> Vec<&'a str> {
        self.files.difference(&answer.needed).map(String::as_str).collect()
    }
}

/// Where the answers are recorded.
pub(crate) fn answers_path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/inputs/answers.json")
}

/// The answers that are recorded, by the names of the cases.
pub(crate) fn recorded() -> BTreeMap<String, Answer> {
    let text = fs::read(answers_path()).expect("read the answers");
    let answers: BTreeMap<String, BTreeSet<String>> = serde_json::from_slice(&text).expect("they are JSON");
    answers.into_iter().map(|(name, needed)| (name, Answer { needed })).collect()
}

/// What comes of all cases.
pub(crate) struct Summary {
    /// What is wrong, a line each.
    pub(crate) wrong: Vec<String>,
    files: usize,
    missed: usize,
    listed: usize,
    in_vain: usize,
    wholes: usize,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Summary { files, missed, listed, in_vain, wholes, .. } = self;
        write!(
            f,
            "{files} files changed, {missed} missed; {listed} listed without {wholes} cases that have the "
        )?;
        write!(f, "whole context, {in_vain} of them in vain: {:.1} %", share(*in_vain, *listed))
    }
}

/// The files in vain must be fewer than so many of a hundred.
const SHARE_MAX: f64 = 5.0;

#[expect(clippy::cast_precision_loss, reason = "numbers of files are small")]
fn share(part: usize, whole: usize) -> f64 {
    100.0 * part as f64 / whole.max(1) as f64
}

/// Compares what is true with what imgver says.
pub(crate) fn compare(results: &[(&InputCase, &Answer, &Listed)]) -> Summary {
    let mut summary = Summary { wrong: Vec::new(), files: 0, missed: 0, listed: 0, in_vain: 0, wholes: 0 };
    for (case, answer, listed) in results {
        summary.files += case.tracked().count();
        for missed in answer.needed.difference(&listed.files) {
            summary.missed += 1;
            summary.wrong.push(format!("{}: {missed} is missed", case.name));
        }
        match (&case.whole, listed.is_whole) {
            (Some(_), true) => {
                summary.wholes += 1;
                continue;
            }
            (None, false) => {}
            (None, true) => summary.wrong.push(format!("{}: is not resolved", case.name)),
            (Some(reason), false) => summary.wrong.push(format!("{}: is resolved, but {reason}", case.name)),
        }
        // What describes the build is no part of the share, unless it describes another.
        let is_description = |path: &&String| {
            answer.needed.contains(*path)
                && case.files.iter().any(|file| file.path == **path && file.is_description())
        };
        summary.listed += listed.files.iter().filter(|path| !is_description(path)).count();
        summary.in_vain += listed.in_vain(answer).len();
    }
    if share(summary.in_vain, summary.listed) >= SHARE_MAX {
        for (case, answer, listed) in results.iter().filter(|(case, ..)| case.whole.is_none()) {
            for path in listed.in_vain(answer) {
                summary.wrong.push(format!("{}: {path} is listed in vain", case.name));
            }
        }
    }
    summary
}
