//! Damaged commit-graphs: what git ignores is ignored, what git gives up on is refused, and no number is wrong.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use crate::support::Repo;

/// A line, an octopus merge, and a commit from far in the future; `app@1.1.0` is on one of the merged branches.
fn repository() -> Repo {
    let repo = Repo::new();
    repo.service("app");
    repo.git(["add", "."]);
    let tree = repo.git(["write-tree"]);
    let commit = |parents: &[&str], time: u64| {
        let parents = parents.iter().flat_map(|parent| ["-p", parent]);
        let run = repo.git_run(["commit-tree", &tree, "-m", "x"].into_iter().chain(parents));
        run.env("GIT_COMMITTER_DATE", format!("@{time} +0000")).run().line()
    };
    let mut line = vec![commit(&[], 1_700_000_000)];
    for at in 1..12 {
        line.push(commit(&[&line[at - 1]], 1_700_000_000 + 10 * at as u64));
    }
    let branches: Vec<String> = (0..3).map(|at| commit(&[&line[6]], 1_700_001_000 + at)).collect();
    let merge = commit(&[&line[11], &branches[0], &branches[1], &branches[2]], 1_700_002_000);
    let future = commit(&[&merge], 1_700_000_000 + (1 << 32));
    let head = commit(&[&future], 1_700_003_000);
    repo.git(["update-ref", "refs/heads/main", &head]);
    repo.git(["tag", "app@1.0.0", &line[3]]);
    repo.git(["tag", "app@1.1.0", &branches[1]]);
    repo.git(["reset", "-q", "--hard"]);
    repo
}

struct Graph {
    bytes: Vec<u8>,
}

impl Graph {
    fn path(repo: &Repo) -> PathBuf {
        repo.path().join(".git/objects/info/commit-graph")
    }

    fn read(path: &PathBuf) -> Self {
        fs::set_permissions(path, PermissionsExt::from_mode(0o644)).expect("make the graph writable");
        Graph { bytes: fs::read(path).expect("read the graph") }
    }

    /// The position of a chunk's entry in the table of contents.
    fn entry(&self, name: &str) -> usize {
        let entries = (0..=usize::from(self.bytes[6])).map(|at| 8 + 12 * at);
        entries.into_iter().find(|&at| &self.bytes[at..at + 4] == name.as_bytes()).expect("a chunk")
    }

    fn offset(&self, name: &str) -> usize {
        let at = self.entry(name) + 4;
        u64::from_be_bytes(self.bytes[at..at + 8].try_into().expect("eight bytes")) as usize
    }

    fn commits(&self) -> usize {
        (self.offset("CDAT") - self.offset("OIDL")) / 20
    }

    /// Where the data of the commit `id` is.
    fn commit(&self, id: &str) -> usize {
        let ids = self.offset("OIDL");
        let hex =
            |at: usize| self.bytes[at..at + 20].iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let position = (0..self.commits()).find(|at| hex(ids + 20 * at) == id).expect("a commit");
        self.offset("CDAT") + 36 * position
    }

    fn put(&mut self, at: usize, bytes: impl AsRef<[u8]>) {
        self.bytes[at..at + bytes.as_ref().len()].copy_from_slice(bytes.as_ref());
    }

    fn put_number(&mut self, at: usize, number: usize) {
        self.put(at, (number as u32).to_be_bytes());
    }
}

/// What is damaged, how (the last argument is `HEAD`), and whether the answer must be an error.
type Case = (&'static str, fn(&mut Graph, &str), bool);

const CASES: [Case; 21] = [
    ("nothing", |_, _| {}, false),
    ("signature", |graph, _| graph.put(0, "XGPH"), false),
    ("version", |graph, _| graph.put(4, [2]), false),
    ("hash version", |graph, _| graph.put(5, [2]), false),
    ("number of chunks", |graph, _| graph.put(6, [200]), false),
    ("number of base graphs", |graph, _| graph.put(7, [1]), false),
    ("cut off", |graph, _| graph.bytes.truncate(graph.bytes.len() - 1), false),
    ("empty", |graph, _| graph.bytes.clear(), false),
    ("no fan-out", |graph, _| graph.put(graph.entry("OIDF"), "NONE"), false),
    ("no commits", |graph, _| graph.put(graph.entry("CDAT"), "NONE"), false),
    ("an offset", |graph, _| graph.put(graph.entry("CDAT") + 4, u64::MAX.to_be_bytes()), false),
    ("fan-out goes back", |graph, _| graph.put_number(graph.offset("OIDF") + 400, 0xffff), false),
    ("fan-out goes beyond", |graph, _| graph.put_number(graph.offset("OIDF") + 1020, 999), false),
    (
        "ids unsorted",
        |graph, _| {
            let ids = graph.offset("OIDL");
            let (first, second) =
                (graph.bytes[ids..ids + 20].to_vec(), graph.bytes[ids + 20..ids + 40].to_vec());
            graph.put(ids, second);
            graph.put(ids + 20, first);
        },
        false,
    ),
    ("no generations", |graph, _| graph.put(graph.entry("GDA2"), "NONE"), false),
    ("generation too low", |graph, head| graph.put_number(graph.commit(head) + 28, 1 << 2), false),
    ("no large generations", |graph, _| graph.put(graph.entry("GDO2"), "NONE"), true),
    ("a parent out of range", |graph, head| graph.put_number(graph.commit(head) + 20, 999), true),
    ("an edge as first parent", |graph, head| graph.put_number(graph.commit(head) + 20, 0x8000_0000), true),
    ("no edges", |graph, _| graph.put(graph.entry("EDGE"), "NONE"), true),
    ("an edge out of range", |graph, _| graph.put_number(graph.offset("EDGE"), 999), true),
];

#[test]
fn what_git_ignores_is_ignored_and_what_it_refuses_is_refused() {
    let repo = repository();
    let (head, path) = (repo.head(), Graph::path(&repo));
    let count = repo.git(["rev-list", "--count", "app@1.1.0..HEAD"]);
    let right = format!("1.1.0-{count:0>4}-{}", &head[..7]);
    repo.git(["commit-graph", "write", "--reachable"]);
    let whole = Graph::read(&path).bytes;
    for (case, damage, is_refused) in CASES {
        let mut graph = Graph { bytes: whole.clone() };
        damage(&mut graph, &head);
        fs::write(&path, &graph.bytes).expect("write the graph");
        let output = repo.imgver(["extended", "app", "--no-dirty"]).run();
        if is_refused {
            assert!(output.fails(3).contains("is damaged"), "{case}: {output}");
            assert_ne!(repo.git_run(["rev-list", "--count", "HEAD"]).run().code, 0, "{case}: git refuses");
        } else {
            assert_eq!((output.code, output.stdout.trim_end()), (0, &*right), "{case}: {output}");
        }
    }
    // The hint repairs it.
    fs::remove_file(&path).expect("remove the graph");
    repo.git(["commit-graph", "write", "--reachable"]);
    assert_eq!(repo.imgver(["extended", "app", "--no-dirty"]).run().line(), right);
}

/// What is damaged, and how, given the names of the files.
type Damage<'d> = (&'static str, &'d dyn Fn(&[String]));

#[test]
fn a_chain_whose_files_do_not_fit_is_ignored() {
    let repo = repository();
    let right = repo.imgver(["extended", "app"]).run().line();
    let directory = repo.path().join(".git/objects/info/commit-graphs");
    let list = directory.join("commit-graph-chain");
    let write = || {
        let _ = fs::remove_dir_all(&directory);
        for tip in ["app@1.0.0", "HEAD~2", "HEAD"] {
            let commit = repo.git(["rev-parse", tip]);
            let write = repo.git_run(["commit-graph", "write", "--split=no-merge", "--stdin-commits"]);
            write.input(format!("{commit}\n")).run().text();
        }
        let names = fs::read_to_string(&list).expect("read the chain");
        names.lines().map(ToOwned::to_owned).collect::<Vec<_>>()
    };
    let file = |name: &str| directory.join(format!("graph-{name}.graph"));
    let cases: [Damage<'_>; 8] = [
        ("nothing", &|_| {}),
        ("no base", &|names| fs::remove_file(file(&names[0])).expect("remove a file")),
        ("no tip", &|names| fs::remove_file(file(&names[2])).expect("remove a file")),
        ("garbage", &|names| fs::write(&list, format!("{}\ngarbage\n", names[0])).expect("write the chain")),
        ("another order", &|names| {
            fs::write(&list, format!("{}\n{}\n{}\n", names[1], names[0], names[2])).expect("write the chain");
        }),
        ("one left out", &|names| {
            fs::write(&list, format!("{}\n{}\n", names[0], names[2])).expect("write the chain")
        }),
        ("one twice", &|names| {
            fs::remove_file(file(&names[1])).expect("remove a file");
            fs::copy(file(&names[0]), file(&names[1])).expect("copy a file");
        }),
        ("empty", &|_| fs::write(&list, "").expect("write the chain")),
    ];
    for (case, damage) in cases {
        damage(&write());
        assert_eq!(repo.imgver(["extended", "app"]).run().line(), right, "{case}");
    }
}
