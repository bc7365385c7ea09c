//! Random trees of files with every sort of entry and every sort of name, and commits of them.

use std::collections::BTreeMap;

use crate::support::{Repo, Rng, image_of, taskfile};

/// What a path holds.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    mode: &'static str,
    content: String,
}

/// Entries by path.
pub(crate) type Tree = BTreeMap<Vec<u8>, Entry>;

const FILE: &str = "100644";
const EXECUTABLE: &str = "100755";
const LINK: &str = "120000";
const SUBMODULE: &str = "160000";

/// Parts of paths. Among them are some that sort otherwise as a directory than as a file.
const PARTS: [&[u8]; 26] = [
    b"a",
    b"b",
    b"dir",
    b"a-",
    b"a.txt",
    b"a0",
    b"a=",
    b"a b",
    b" lead",
    b"trail ",
    b"tab\there",
    b"new\nline",
    b"carriage\r",
    b"quo\"te",
    b"back\\slash",
    b"\\303",
    b"*",
    b"[y]",
    b"{x,y}",
    b"!no",
    b"-dash",
    b".hidden",
    "\u{e9}t\u{e9}".as_bytes(),
    "\u{1f6a2}".as_bytes(),
    b"\xff\xfe",
    b"\x01\x7f",
];

/// How many parts a path has at most.
const PARTS_MAX: usize = 4;

/// Makes trees that follow one another.
pub(crate) struct Trees {
    next: usize,
    contents: Contents,
}

/// How often a content is met.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Contents {
    /// Once in a tree, so that there is one way only to see a move.
    Unique,
    /// Again and again, at several paths and as several sorts of entry.
    Few,
}

impl Trees {
    pub(crate) fn new(contents: Contents) -> Self {
        Self { next: 0, contents }
    }

    fn unique(&mut self, mode: &'static str) -> Entry {
        self.next += 1;
        let number = if self.contents == Contents::Unique { self.next } else { self.next % 4 };
        let content = if mode == SUBMODULE {
            format!("{:040x}", number + 1)
        } else {
            format!("content {number}\n").repeat(3)
        };
        Entry { mode, content }
    }

    fn entry(&mut self, rng: &mut Rng) -> Entry {
        let mode = *rng.pick(&[FILE, FILE, FILE, EXECUTABLE, LINK, SUBMODULE]);
        self.unique(mode)
    }

    /// A tree of some entries.
    pub(crate) fn random(&mut self, rng: &mut Rng) -> Tree {
        let mut tree = Tree::new();
        for _ in 0..rng.within(0..25) {
            let entry = self.entry(rng);
            put(&mut tree, random_path(rng), entry);
        }
        tree
    }

    /// The tree after some changes.
    pub(crate) fn changed(&mut self, rng: &mut Rng, tree: &Tree) -> Tree {
        let mut tree = tree.clone();
        for _ in 0..rng.within(0..12) {
            let paths: Vec<Vec<u8>> = tree.keys().cloned().collect();
            if paths.is_empty() || rng.chance(20) {
                let entry = self.entry(rng);
                put(&mut tree, random_path(rng), entry);
                continue;
            }
            let path = rng.pick(&paths).clone();
            let entry = tree[&path].clone();
            match rng.within(0..6) {
                0 => drop(tree.remove(&path)),
                1 => drop(tree.insert(path, self.unique(entry.mode))),
                2 => drop(tree.insert(path, other_mode(entry))),
                // Another type, most often.
                3 => drop(tree.insert(path, self.entry(rng))),
                // A file in place of a directory, or a directory in place of a file.
                4 => {
                    let mut below = path;
                    match below.iter().rposition(|byte| *byte == b'/') {
                        Some(end) if rng.chance(50) => below.truncate(end),
                        _ if below.iter().filter(|byte| **byte == b'/').count() < PARTS_MAX - 1 => {
                            below.extend(b"/below");
                        }
                        _ => below.extend(b" beside"),
                    }
                    let entry = self.entry(rng);
                    put(&mut tree, below, entry);
                }
                _ => {
                    tree.remove(&path);
                    let entry = if rng.chance(30) { other_mode(entry) } else { entry };
                    put(&mut tree, random_path(rng), entry);
                }
            }
        }
        tree
    }
}

fn other_mode(entry: Entry) -> Entry {
    let mode = match entry.mode {
        FILE => EXECUTABLE,
        EXECUTABLE => FILE,
        other => other,
    };
    Entry { mode, ..entry }
}

/// One to three parts.
fn random_path(rng: &mut Rng) -> Vec<u8> {
    let parts: Vec<&[u8]> = (0..rng.within(1..4)).map(|_| *rng.pick(&PARTS)).collect();
    parts.join(&b'/')
}

/// Puts an entry at `path`, in the place of whatever cannot be beside it.
fn put(tree: &mut Tree, path: Vec<u8>, entry: Entry) {
    let is_inside = |inner: &[u8], outer: &[u8]| {
        inner.strip_prefix(outer).is_some_and(|rest| rest.first() == Some(&b'/'))
    };
    tree.retain(|other, _| !is_inside(other, &path) && !is_inside(&path, other));
    tree.insert(path, entry);
}

/// Commits the trees one after another on a branch `trees`, each together with `services`, and returns the commits.
pub(crate) fn commit(repo: &Repo, trees: &[Tree], services: &[&str]) -> Vec<String> {
    let mut stream = Vec::new();
    for (number, tree) in trees.iter().enumerate() {
        stream.extend_from_slice(b"commit refs/heads/trees\n");
        let line = format!("mark :{}\ncommitter Ada <ada@example.com> 1700000000 +0000\n", number + 1);
        stream.extend_from_slice(line.as_bytes());
        stream.extend_from_slice(b"data 0\ndeleteall\n");
        for service in services {
            file(
                &mut stream,
                FILE,
                format!("{service}/Taskfile.yaml").as_bytes(),
                &taskfile(&image_of(service)),
            );
        }
        for (path, entry) in tree {
            file(&mut stream, entry.mode, path, &entry.content);
        }
    }
    let marks = repo.sandbox().join("marks");
    let marks_option = format!("--export-marks={}", marks.display());
    repo.git_run(["fast-import", "--quiet", &marks_option]).input(stream).run().text();
    let written = std::fs::read_to_string(marks).expect("read the marks");
    let mut commits = vec![String::new(); trees.len()];
    for line in written.lines() {
        let (mark, id) = line[1..].split_once(' ').expect("a mark and an id");
        commits[mark.parse::<usize>().expect("a number") - 1] = id.to_owned();
    }
    commits
}

fn file(stream: &mut Vec<u8>, mode: &str, path: &[u8], content: &str) {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte);
    let quoted: String = path
        .iter()
        .map(|&byte| if plain(byte) { char::from(byte).to_string() } else { format!("\\{byte:03o}") })
        .collect();
    let text = if mode == SUBMODULE {
        format!("M {mode} {content} \"{quoted}\"\n")
    } else {
        format!("M {mode} inline \"{quoted}\"\ndata {}\n{content}\n", content.len())
    };
    stream.extend_from_slice(text.as_bytes());
}
