//! Repositories that are none, that nobody can read, or that are damaged.

use std::fs;
use std::path::PathBuf;

use super::page::{Page, row};
use crate::support::Repo;

pub(crate) fn fill(page: &mut Page) {
    no_repositories(page);
    formats(page);
    commits(page);
    tags(page);
    work_trees(page);
    sparse_checkouts(page);
}

/// The service `app`, released as 1.0.0, with a commit behind that.
fn released() -> Repo {
    let repo = Repo::new();
    repo.service("app");
    repo.commit("begin");
    repo.tag("app@1.0.0");
    repo.write("app/main.txt", "x");
    repo.commit("more");
    repo
}

/// Where the object that `revision` names is kept, loose.
fn object(repo: &Repo, revision: &str) -> PathBuf {
    let id = repo.git(["rev-parse", revision]);
    repo.path().join(".git/objects").join(&id[..2]).join(&id[2..])
}

/// Puts `bytes` in the place of the object that `revision` names.
fn damage(repo: &Repo, revision: &str, bytes: &[u8]) {
    let file = object(repo, revision);
    fs::remove_file(&file).unwrap();
    fs::write(file, bytes).unwrap();
}

/// Writes a loose object under an id that is not that of its content.
fn forge(repo: &Repo, id: &str, kind: &str, content: &str) {
    let object = format!("{kind} {}\0{content}", content.len());
    let mut compressor = libdeflater::Compressor::new(libdeflater::CompressionLvl::fastest());
    let mut file = vec![0; compressor.zlib_compress_bound(object.len())];
    let length = compressor.zlib_compress(object.as_bytes(), &mut file).unwrap();
    file.truncate(length);
    repo.write(&format!(".git/objects/{}/{}", &id[..2], &id[2..]), file);
}

fn no_repositories(page: &mut Page) {
    let nothing = Repo::directory("nothing");
    nothing.service("app");
    page.rows(
        &nothing,
        [
            row(3, "no repository", "imgver version"),
            row(3, "a directory that is not there", "imgver -C no-such list"),
            row(3, "settings that git did not write", "GIT_CONFIG_PARAMETERS=core.bare=true imgver version"),
            row(3, "a directory that is a file", "imgver list -C app -C Taskfile.yaml"),
            row(3, "GIT_DIR that leads nowhere", "GIT_DIR=TMP/none imgver version app"),
        ],
    );
    nothing.write(".git", "gitdir: ../nowhere\n");
    page.rows(&nothing, [row(3, "a linked work tree whose repository is gone", "imgver version")]);
    let bare = released().cloned("bare", &["--bare"]);
    let explicit = "GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.bareRepository GIT_CONFIG_VALUE_0=explicit";
    page.rows(
        &bare,
        [row(3, "a bare repository that is not to be found", format!("{explicit} imgver version"))],
    );
    let unborn = Repo::new();
    unborn.service("app");
    page.rows(&unborn, [row(3, "no commit yet", "imgver version app")]);
    unborn.write(".git/HEAD", "nonsense\n");
    page.rows(&unborn, [row(3, "a HEAD that is none", "imgver version app")]);
}

fn formats(page: &mut Page) {
    let repo = released();
    repo.git(["config", "core.repositoryFormatVersion", "1"]);
    repo.git(["config", "extensions.somethingNew", "true"]);
    page.rows(&repo, [row(3, "an extension of the repository format", "imgver version app")]);
    let config = |text: &str| repo.write(".git/config", text);
    config("[core]\n\trepositoryformatversion = 2\n");
    page.rows(&repo, [row(3, "a repository format of the future", "imgver version app")]);
    config("[core]\n\trepositoryformatversion = 1\n[extensions]\n\trefstorage = reftable\n");
    page.rows(&repo, [row(3, "refs in tables", "imgver version app")]);
    config("[core\n");
    page.rows(&repo, [row(3, "a configuration that is none", "imgver version app")]);
}

fn commits(page: &mut Page) {
    let version = "imgver version app --no-dirty";
    let repo = released();
    repo.git(["tag", "-d", "app@1.0.0"]);
    let base = repo.git(["rev-parse", "HEAD~1"]);
    damage(&repo, &base, b"garbage that is no object");
    page.rows(
        &repo,
        [
            row(3, "a commit that is damaged", version),
            row(3, "a revision that is damaged", format!("imgver version app --rev {base}")),
            row(
                3,
                "an event's commit that is damaged",
                format!("imgver plan --event-name push --ref refs/heads/main --base {base}"),
            ),
        ],
    );
    fs::remove_file(object(&repo, &base)).unwrap();
    page.rows(
        &repo,
        [
            row(3, "a commit that is missing", version),
            row(3, "changes from a commit that is missing", "imgver changed --base HEAD~1"),
        ],
    );
    let tree = repo.git(["hash-object", "-t", "tree", "/dev/null"]);
    let odd = [
        ("a branch that is at a file", "blob", "x".to_owned()),
        ("a commit without a header", "commit", "x".to_owned()),
        ("a commit whose parent is no hash", "commit", format!("tree {tree}\nparent none\n")),
    ];
    for ((what, kind, content), digit) in odd.into_iter().zip(["1", "2", "3"]) {
        let id = digit.repeat(40);
        forge(&repo, &id, kind, &content);
        repo.write(".git/refs/heads/main", format!("{id}\n"));
        page.rows(&repo, [row(3, what, version)]);
    }
    let repo = released();
    fs::remove_file(object(&repo, "HEAD^{tree}")).unwrap();
    page.rows(
        &repo,
        [
            row(3, "changes to a tree that is missing", "imgver changed --base HEAD~1"),
            row(3, "uncommitted changes to a tree that is missing", "rm .git/index; imgver version app"),
        ],
    );
    damage(&repo, "HEAD", b"garbage that is no object");
    page.rows(
        &repo,
        [row(3, "the date of a commit that is damaged", "imgver tag app --set-version 1 --output github")],
    );
}

fn tags(page: &mut Page) {
    let version = "imgver version app";
    let repo = released();
    let tag = |text: &str| repo.write(".git/refs/tags/app@2.0.0", text);
    tag("garbage\n");
    page.rows(&repo, [row(0, "a tag that is garbage", version)]);
    tag(&format!("{}\n", "12".repeat(20)));
    page.rows(&repo, [row(0, "a tag of an object that is missing", version)]);
    tag("ref: refs/tags/nowhere\n");
    page.rows(&repo, [row(0, "a tag that stands for another, which is missing", version)]);
    let (one, other) = ("1".repeat(40), "2".repeat(40));
    forge(&repo, &one, "tag", "object none\n");
    tag(&format!("{one}\n"));
    page.rows(&repo, [row(0, "a tag object that is about nothing", version)]);
    let garbage = format!(".git/objects/11/{}", "1".repeat(38));
    fs::remove_file(repo.path().join(&garbage)).unwrap();
    repo.write(&garbage, "garbage");
    page.rows(&repo, [row(3, "a tag object that is garbage", version)]);
    fs::remove_dir_all(repo.path().join(".git/objects/11")).unwrap();
    for (id, object) in [(&one, &other), (&other, &one)] {
        let text = format!("object {object}\ntype tag\ntag t\ntagger T <t@example.com> 1 +0000\n\nround\n");
        forge(&repo, id, "tag", &text);
    }
    page.rows(&repo, [row(3, "tags that lead in a circle", version)]);

    let repo = released();
    page.rows(&repo, [row(3, "shallow boundaries that are none", version).with(".git/shallow", "garbage\n")]);
    repo.write(".git/HEAD", "ref: refs/heads/loop\n");
    repo.write(".git/refs/heads/loop", "ref: refs/heads/loop\n");
    page.rows(&repo, [row(3, "a HEAD that leads in a circle", version)]);

    let repo = released();
    repo.git(["commit-graph", "write", "--reachable"]);
    let path = repo.path().join(".git/objects/info/commit-graph");
    let mut graph = fs::read(&path).unwrap();
    let entry = graph.windows(4).position(|name| name == b"CDAT").unwrap() + 4;
    let offset = |at: usize| u64::from_be_bytes(graph[at..at + 8].try_into().unwrap()) as usize;
    for commit in (offset(entry)..offset(entry + 12)).step_by(36) {
        graph[commit + 20..commit + 24].copy_from_slice(&999_u32.to_be_bytes());
    }
    fs::remove_file(&path).unwrap();
    fs::write(&path, graph).unwrap();
    page.rows(&repo, [row(3, "a commit-graph whose parents are elsewhere", version)]);

    let repo = released();
    repo.git(["pack-refs", "--all"]);
    let packed = |text: &str| {
        repo.write(".git/packed-refs", format!("# pack-refs with: peeled fully-peeled sorted \n{text}"))
    };
    let head = repo.head();
    repo.write(".git/refs/heads/main", format!("{head}\n"));
    packed("this is no ref\n");
    page.rows(&repo, [row(3, "a line of packed-refs that is no ref", version)]);
    packed(&format!("{} refs/tags/app@1.0.0\n", "x".repeat(40)));
    page.rows(&repo, [row(3, "a line of packed-refs with no hash", version)]);
    repo.write(".git/packed-refs", "# pack-refs with: \nno refs at all\n");
    page.rows(&repo, [row(3, "packed-refs that is none", version)]);
    fs::remove_file(repo.path().join(".git/packed-refs")).unwrap();
    fs::create_dir(repo.path().join(".git/packed-refs")).unwrap();
    page.rows(&repo, [row(3, "packed-refs that is a directory", version)]);
}

fn work_trees(page: &mut Page) {
    let repo = released();
    let build =
        "GIT_DIR=.git GIT_WORK_TREE=TMP/none IMAGE_REPO=team/app imgver build --set-version 1 --dry-run";
    page.rows(&repo, [row(3, "a work tree that is not there", build)]);
    let index = fs::read(repo.path().join(".git/index")).unwrap();
    repo.write(".git/index", "garbage");
    page.rows(
        &repo,
        [
            row(3, "an index that is none", "imgver version app"),
            row(3, "all services of an index that is none", "imgver list"),
        ],
    );
    repo.write(".git/index", index);
    repo.write(".gitattributes", "*.txt filter=broken\n");
    repo.git(["config", "filter.broken.clean", "false"]);
    repo.git(["config", "filter.broken.required", "true"]);
    repo.write("app/main.txt", "y");
    page.rows(&repo, [row(3, "a filter of git's that fails", "imgver version app")]);
    repo.git(["config", "filter.broken.required", "false"]);
    repo.git(["init", "-q", "app/inner"]);
    repo.write("app/inner/.gitignore", "");
    repo.git(["-C", "app/inner", "add", "."]);
    repo.git(["-C", "app/inner", "commit", "-q", "-m", "inner"]);
    repo.git(["add", "app/inner"]);
    page.rows_on(
        &repo,
        &std::ffi::OsString::new(),
        [row(3, "a repository within, and no git to ask about it", "imgver version app")],
    );
    repo.git(["config", "core.excludesFile", "~nobody-of-this-name/ignore"]);
    page.rows(&repo, [row(5, "ignore rules that cannot be read", "imgver version app")]);
}

fn sparse_checkouts(page: &mut Page) {
    let repo = released();
    for service in ["other/web", "other/api"] {
        repo.service(service);
    }
    repo.commit("others");
    repo.git(["sparse-checkout", "set", "--cone", "--sparse-index", "app"]);
    page.rows(&repo, [row(3, "an image of what is not checked out", "imgver build other/web --dry-run")]);
    let tree = object(&repo, "HEAD:other");
    let blob = object(&repo, "HEAD:other/web/Taskfile.yaml");
    fs::remove_file(blob).unwrap();
    page.rows(
        &repo,
        [
            row(0, "a Taskfile that is neither checked out nor there", "imgver list"),
            row(3, "the service of that Taskfile", "imgver version web"),
        ],
    );
    fs::remove_file(tree).unwrap();
    page.rows(&repo, [row(3, "a directory that is neither checked out nor there", "imgver list")]);
}
