//! Every kind of repository git knows: the right answer or a clean refusal, and nothing written.

mod broken_tags;
mod commit_graph;
mod contents;
mod dirty;
mod environment;
mod hostile;
mod packs;
mod quarantine;
mod questions;
mod untracked;
mod within;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::support::history::{Graph, History, Refs};
use crate::support::{Output, Repo, Rng, taskfile};
use dirty::git_sees_changes;
use serde_json::{Value, json};

/// Services `app` and `web`, six commits; at the last one `app` is `1.2.0` and two commits, the repository `1.2.3` and one
/// commit on.
fn released() -> Repo {
    released_in("repo", &[])
}

/// As [`released`], in a directory of this name made with these options of `git init`.
fn released_in(name: &str, options: &[&str]) -> Repo {
    let repo = Repo::init(name, options);
    let tags = [("app@1.1.0", 1), ("app@1.2.0", 3), ("web@0.1.0", 0), ("v1.2.3", 4), ("web@x", 4)];
    History::linear(6, &["app", "web"], &tags).import(&repo, Refs::Loose, Graph::Without);
    repo
}

/// The extended version at `HEAD`, from its base and distance.
fn extended(repo: &Repo, base: &str, distance: usize) -> String {
    format!("{base}-{distance:04}-{}", &repo.head()[..7])
}

#[track_caller]
fn assert_app(repo: &Repo, head: &str) {
    let wanted = format!("1.2.0-0002-{}", &head[..7]);
    assert_eq!(repo.imgver(["extended", "app"]).run().line(), wanted);
    let wanted = format!("1.2.3-0001-{}", &head[..7]);
    assert_eq!(repo.imgver(["extended"]).run().line(), wanted);
}

/// The right line, or exit code 3 and nothing on stdout.
#[track_caller]
fn right_or_refused(output: &Output, right: &str) -> bool {
    if output.code == 0 {
        assert_eq!(output.text(), right, "a wrong answer: {output}");
        true
    } else {
        output.fails(3);
        false
    }
}

fn plain(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

#[test]
fn a_linked_worktree_has_its_own_head_and_its_own_changes() {
    let repo = released();
    let tree = repo.beside("tree");
    repo.git(["worktree", "add", "-q", "--detach", plain(tree.path()), "HEAD~1"]);
    assert_eq!(tree.imgver(["extended", "app"]).run().line(), extended(&tree, "1.2.0", 1));
    tree.write("app/Taskfile.yaml", taskfile("example/other"));
    assert_eq!(tree.extended("app", &[])["dirty"], json!(true));
    assert_eq!(tree.extended("app", &[])["image"], json!("example/other"));
    assert_eq!(repo.extended("app", &[])["dirty"], json!(false));
}

#[test]
fn a_bare_repository_answers_at_repository_level() {
    let repo = released();
    let bare = repo.cloned("bare.git", &["--bare"]);
    let (repo_level, app) = (extended(&repo, "1.2.3", 1), extended(&repo, "1.2.0", 2));
    assert_eq!(bare.imgver(["extended"]).run().line(), repo_level);
    assert_eq!(bare.imgver(["version"]).run().line(), "1.2.3");
    assert_eq!(bare.imgver(["extended", "--tag-prefix", "app@"]).run().line(), app);
    assert_eq!(bare.imgver(["version", "--tag-prefix", "app@", "--rev", "HEAD~3"]).run().line(), "1.1.0");
    let dirty = bare.imgver(["extended", "--output", "json"]).run().json();
    assert_eq!(dirty["dirty"], json!(false), "nothing is checked out");
    // Services are found by the files of a work tree: whoever names one learns what to do instead.
    for args in [&["extended", "app"][..], &["list"], &["changed", "--base", "HEAD~1"]] {
        let refused = bare.imgver(args).run();
        assert!(refused.fails(3).contains("a bare repository has no work tree"), "{refused}");
        assert!(refused.stderr.contains("hint: "), "{refused}");
    }
}

/// `git describe` answers there, too. The directory is in no service, so the answer is for the repository as a whole.
#[test]
fn inside_the_git_directory_the_answer_is_that_of_the_root() {
    let repo = released();
    for directory in [".git", ".git/refs"] {
        let here = || repo.imgver(["extended"]).cwd(directory).run();
        assert_eq!(here().line(), extended(&repo, "1.2.3", 1), "in {directory}");
        assert_eq!(
            repo.imgver(["extended", "app"]).cwd(directory).run().line(),
            extended(&repo, "1.2.0", 2),
            "in {directory}"
        );
    }
    repo.write("app/Taskfile.yaml", taskfile("example/other"));
    let dirty = repo.imgver(["extended"]).cwd(".git").run();
    assert_eq!(dirty.line(), format!("{}-dirty", extended(&repo, "1.2.3", 1)));
}

#[test]
fn a_separate_git_directory() {
    let elsewhere = Repo::directory("elsewhere.git");
    let repo = elsewhere.beside("repo");
    fs::create_dir(repo.path()).expect("create a directory");
    repo.git(["init", "-q", "--separate-git-dir", plain(elsewhere.path())]);
    repo.service("app");
    repo.commit("first");
    repo.tag("app@1.0.0");
    assert_eq!(repo.imgver(["extended", "app"]).run().line(), extended(&repo, "1.0.0", 0));
}

#[test]
fn a_submodule_is_a_repository_of_its_own() {
    let library = released_in("library", &[]);
    let outer = library.beside("outer");
    fs::create_dir(outer.path()).expect("create a directory");
    outer.git(["init", "-q"]);
    outer.service("services/shop");
    outer.git(["submodule", "--quiet", "add", &library.url(), "services/shop/lib"]);
    outer.commit("with a submodule");
    outer.tag("services/shop@3.0.0");

    let inner = outer.beside("outer/services/shop/lib");
    assert_app(&inner, &library.head());
    assert_eq!(inner.imgver(["version"]).cwd("app").run().line(), "1.2.0");

    let shop = |case: &str, dirty: bool| {
        let object = outer.extended("services/shop", &[]);
        assert_eq!((&object["base"], &object["distance"]), (&json!("3.0.0"), &json!(0)), "{case}");
        assert_eq!(object["dirty"], json!(dirty), "{case}");
        assert_eq!(git_sees_changes(&outer, "services/shop"), dirty, "{case}: git");
        let listed: Vec<Value> = outer.list().into_iter().map(|object| object["service"].clone()).collect();
        assert_eq!(
            listed,
            ["services/shop"],
            "{case}: a submodule's services are not the outer repository's"
        );
    };
    shop("as committed", false);
    inner.write("web/Taskfile.yaml", "version: '3'\n");
    shop("a change in the submodule", true);
    inner.git(["checkout", "-q", "."]);
    shop("the change taken back", false);
    inner.git(["checkout", "-q", "HEAD~1"]);
    shop("another commit in the submodule", true);
    inner.git(["checkout", "-q", "-"]);
    outer.git(["submodule", "--quiet", "deinit", "--all"]);
    shop("not initialised", false);
}

#[test]
fn untracked_files_in_a_submodule_are_no_change() {
    let library = released_in("library", &[]);
    let outer = library.beside("outer");
    fs::create_dir(outer.path()).expect("create a directory");
    outer.git(["init", "-q"]);
    outer.service("shop");
    outer.git(["submodule", "--quiet", "add", &library.url(), "shop/lib"]);
    outer.commit("with a submodule");
    outer.write("shop/lib/notes", "untracked");
    assert!(!git_sees_changes(&outer, "shop"), "git");
    assert_eq!(outer.extended("shop", &[])["dirty"], json!(false));
}

#[test]
fn head_detached_on_a_branch_and_unborn() {
    let repo = released();
    let head = repo.head();
    repo.git(["checkout", "-q", "--detach"]);
    assert_app(&repo, &head);
    repo.git(["checkout", "-q", "--orphan", "empty"]);
    for args in [vec!["extended", "app"], vec!["version"], vec!["tag", "app"], vec!["list"]] {
        repo.imgver(&args).run().fails(3);
    }
    assert_eq!(repo.imgver(["version", "app", "--rev", "main"]).run().line(), "1.2.0");
    fs::write(repo.path().join(".git/HEAD"), "nonsense\n").expect("write HEAD");
    for args in [vec!["extended", "app"], vec!["version"], vec!["list"]] {
        repo.imgver(&args).run().fails(3);
    }
}

#[test]
fn head_through_symbolic_refs() {
    let repo = released();
    let head = repo.head();
    let chain = |names: &[&str]| {
        repo.write(".git/HEAD", format!("ref: refs/heads/{}\n", names[0]));
        for pair in names.windows(2) {
            repo.write(&format!(".git/refs/heads/{}", pair[0]), format!("ref: refs/heads/{}\n", pair[1]));
        }
    };
    chain(&["alias", "main"]);
    assert_app(&repo, &head);
    chain(&["a", "b", "c", "main"]);
    assert_app(&repo, &head);
    repo.git(["pack-refs", "--all"]);
    assert_app(&repo, &head);
    // git follows five refs, HEAD included.
    chain(&["a", "b", "c", "d", "main"]);
    assert_ne!(repo.git_run(["rev-parse", "--verify", "HEAD"]).run().code, 0);
    assert!(repo.imgver(["extended", "app"]).run().fails(3).contains("chain of more than 5"));
    chain(&["a", "b", "a"]);
    assert_ne!(repo.git_run(["rev-parse", "--verify", "HEAD"]).run().code, 0);
    assert!(repo.imgver(["extended", "app"]).run().fails(3).contains("loop"));
    chain(&["a", "nowhere"]);
    assert!(repo.imgver(["extended", "app"]).run().fails(3).contains("no commit yet on branch nowhere"));
    for content in ["", "garbage", "ref: refs/heads/ba..d"] {
        repo.write(".git/refs/heads/a", content);
        repo.imgver(["extended", "app"]).run().fails(3);
    }
}

#[test]
fn no_repository_at_all() {
    let nothing = Repo::directory("nothing");
    nothing.service("app");
    let broken = nothing.beside("broken");
    broken.service("app");
    broken.write(".git", "gitdir: ../nowhere\n");
    for repo in [&nothing, &broken] {
        for args in [vec!["extended"], vec!["version", "app"], vec!["tag", "app"], vec!["list"]] {
            repo.imgver(&args).run().fails(3);
        }
    }
    let missing = nothing.imgver(["-C", "not-there", "version"]).run();
    assert!(missing.code > 0 && missing.stdout.is_empty(), "{missing}");
}

#[test]
fn a_revision_that_is_none() {
    let repo = released();
    repo.git(["tag", "tree", "HEAD^{tree}"]);
    for rev in ["nonsense", "0000000000000000000000000000000000000000", "tree", "HEAD:app", "HEAD~99", ""] {
        let output = repo.imgver(["extended", "app", "--rev", rev]).run();
        assert!((2..=5).contains(&output.code) && output.stdout.is_empty(), "{rev}: {output}");
    }
    for rev in ["v1.2.3", "HEAD~1", "main~", "main^{commit}~1", "refs/tags/v1.2.3"] {
        let object = repo.extended("app", &["--rev", rev]);
        assert_eq!(object["distance"], json!(1), "{rev}");
    }
}

#[test]
fn missing_objects_are_an_error() {
    let with_loose_objects = || {
        let repo = released();
        let object = |rev: &str| {
            let id = repo.git(["rev-parse", rev]);
            repo.path().join(".git/objects").join(&id[..2]).join(&id[2..])
        };
        let commits =
            [object("HEAD"), object("HEAD~1"), object("app@1.2.0"), object("app@1.1.0"), object("web@0.1.0")];
        assert!(commits.iter().all(|path| path.exists()), "small imports are kept as loose objects");
        (repo, commits)
    };
    for (index, needed) in [true, true, false, false, false].into_iter().enumerate() {
        let (repo, commits) = with_loose_objects();
        let right = extended(&repo, "1.2.0", 2);
        fs::remove_file(&commits[index]).expect("remove an object");
        let output = repo.imgver(["extended", "app", "--no-dirty"]).run();
        let answered = right_or_refused(&output, &right);
        assert!(!(needed && answered), "commit {index} is gone: {output}");
        // Truncated, and not even compressed.
        for bytes in [&b""[..], &b"x\x01\x02"[..], &b"garbage that is no object"[..]] {
            fs::write(&commits[index], bytes).expect("write an object");
            let output = repo.imgver(["extended", "app", "--no-dirty"]).run();
            assert!(!(needed && right_or_refused(&output, &right)), "commit {index} is broken: {output}");
        }
    }
    // A release of another service is none of this one's business.
    let (repo, _) = with_loose_objects();
    fs::write(repo.path().join(".git/refs/tags/web@7.0.0"), format!("{}\n", "12".repeat(20)))
        .expect("write a ref");
    assert_eq!(repo.imgver(["extended", "app"]).run().line(), extended(&repo, "1.2.0", 2));
    assert!(repo.imgver(["extended", "web"]).run().stderr.contains("web@7.0.0"));
}

#[test]
fn a_broken_ref_is_never_a_release() {
    let unknown = "12".repeat(20);
    for content in
        ["", "\n", "garbage", "ref: refs/tags/nowhere", "ref: ", &unknown, &"0".repeat(40), &unknown[1..]]
    {
        let repo = released();
        let right = extended(&repo, "1.2.0", 2);
        fs::write(repo.path().join(".git/refs/tags/app@5.0.0"), format!("{content}\n")).expect("write a ref");
        right_or_refused(&repo.imgver(["extended", "app"]).run(), &right);
        let web = repo.imgver(["extended", "web"]).run();
        assert_eq!(web.line(), extended(&repo, "0.1.0", 5), "{content:?} is another service's tag");
    }
}

#[test]
fn while_git_moves_refs_and_objects_about() {
    let services = ["app", "web"];
    let tags: Vec<(String, usize)> = (0..200)
        .map(|i| (format!("{}@1.{i}.0", services[i % 2]), 2 + i % 50))
        .chain([("app@2.0.0".to_string(), 55), ("web@2.0.0".to_string(), 56)])
        .collect();
    let tags: Vec<(&str, usize)> = tags.iter().map(|(name, at)| (name.as_str(), *at)).collect();
    let history = History::linear(60, &services, &tags);
    for _ in 0..6 {
        let repo = Repo::new();
        history.import(&repo, Refs::Loose, Graph::Without);
        let wanted = repo.imgver(["list", "--output", "json"]).run().text();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                repo.git(["pack-refs", "--all"]);
                repo.git(["repack", "-q", "-a", "-d"]);
                repo.git(["commit-graph", "write", "--reachable"]);
                repo.git(["gc", "-q", "--prune=now"]);
            });
            for _ in 0..12 {
                right_or_refused(&repo.imgver(["list", "--output", "json"]).run(), &wanted);
            }
        });
    }
}

#[test]
fn a_damaged_pack_never_changes_the_number() {
    let repo = released();
    repo.git(["repack", "-q", "-a", "-d", "-f"]);
    let right = extended(&repo, "1.2.0", 2);
    let packs: Vec<PathBuf> = files(&repo.path().join(".git/objects/pack")).into_keys().collect();
    let pack = packs.iter().find(|path| path.extension().is_some_and(|e| e == "pack")).expect("a pack");
    let pack = repo.path().join(".git/objects/pack").join(pack);
    fs::set_permissions(&pack, PermissionsExt::from_mode(0o644)).expect("make the pack writable");
    let whole = fs::read(&pack).expect("read the pack");
    let ask = || repo.imgver(["extended", "app", "--no-dirty"]).run();
    assert!(right_or_refused(&ask(), &right));

    let rng = &mut Rng::new(1);
    let mut refused = 0;
    for _ in 0..150 {
        let mut bytes = whole.clone();
        bytes[rng.within(12..whole.len() - 20)] ^= 1 << rng.within(0..8);
        fs::write(&pack, bytes).expect("write the pack");
        refused += usize::from(!right_or_refused(&ask(), &right));
    }
    assert!(refused > 0, "no flipped bit was noticed");
    for length in [0, 10, 40, whole.len() / 2] {
        fs::write(&pack, &whole[..length]).expect("write the pack");
        assert!(!right_or_refused(&ask(), &right), "a pack of {length} bytes");
    }
}

#[test]
fn a_damaged_commit_graph_never_changes_the_number() {
    let repo = Repo::new();
    let tags = [("app@1.0.0", 3), ("app@1.1.0", 9)];
    History::linear(40, &["app"], &tags).import(&repo, Refs::Packed, Graph::Full);
    let right = extended(&repo, "1.1.0", 30);
    let path = repo.path().join(".git/objects/info/commit-graph");
    fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).expect("make the graph writable");
    let whole = fs::read(&path).expect("read the graph");
    for length in [0, 7, 8, 50, whole.len() / 2, whole.len() - 21] {
        fs::write(&path, &whole[..length]).expect("write the graph");
        let output = repo.imgver(["extended", "app"]).run();
        assert!(right_or_refused(&output, &right) || !output.stderr.is_empty(), "{length} bytes: {output}");
    }
}

#[test]
fn sha256_repositories() {
    let repo = released_in("repo", &["--object-format=sha256"]);
    let head = repo.head();
    assert_eq!(head.len(), 64);
    assert_app(&repo, &head);
    let full = repo.imgver(["extended", "app", "--abbrev", "64"]).run().line();
    assert_eq!(full, format!("1.2.0-0002-{head}"));
    assert_eq!(repo.extended("app", &[])["commit"], json!(head));
    repo.write("app/Taskfile.yaml", "version: '3'\nvars: {IMAGE_REPO: example/x}\n");
    assert_eq!(repo.imgver(["version", "app"]).run().line(), "1.2.0-dirty");
    repo.git(["checkout", "-q", "."]);
    repo.git(["repack", "-q", "-a", "-d"]);
    repo.git(["commit-graph", "write", "--reachable"]);
    assert_app(&repo, &head);
}

#[test]
fn the_length_of_the_hash() {
    let repo = released();
    let head = repo.head();
    for length in [4, 7, 8, 12, 39, 40] {
        let output = repo.imgver(["extended", "app", "--abbrev", &length.to_string()]).run();
        assert_eq!(output.line(), format!("1.2.0-0002-{}", &head[..length]));
    }
    for length in ["0", "3", "41", "64", "-1", "many"] {
        let output = repo.imgver(["extended", "app", "--abbrev", length]).run();
        assert!(output.code > 0 && output.stdout.is_empty(), "{length}: {output}");
    }
}

#[test]
fn objects_borrowed_from_another_repository() {
    let repo = released();
    repo.git(["repack", "-q", "-a", "-d"]);
    repo.git(["commit-graph", "write", "--reachable"]);
    let clone = repo.beside("clone");
    repo.git(["clone", "-q", "--shared", ".", plain(clone.path())]);
    assert!(clone.path().join(".git/objects/info/alternates").exists());
    assert_app(&clone, &repo.head());
    clone.commit("of its own");
    assert_eq!(clone.imgver(["extended", "app"]).run().line(), extended(&clone, "1.2.0", 3));
    fs::rename(repo.path(), repo.sandbox().join("moved")).expect("move the lender away");
    clone.imgver(["extended", "app"]).run().fails(3);
}

#[test]
fn a_clone_without_trees_is_enough_and_stays_so() {
    let repo = released();
    repo.annotate("v1.3.0-rc.1");
    let clone = repo.cloned("clone", &["--filter=tree:0", "--no-checkout"]);
    let before = files(&clone.path().join(".git"));
    let right = extended(&clone, "1.2.3", 1);
    // Whatever would be fetched is not there any more.
    fs::rename(repo.path(), repo.sandbox().join("moved")).expect("move the origin away");
    assert_eq!(clone.imgver(["extended", "--no-dirty"]).run().line(), right);
    assert_eq!(clone.imgver(["version", "--rev", "HEAD"]).run().line(), "1.2.3");
    assert_eq!(clone.imgver(["version", "--rev", "HEAD~2", "--tag-prefix", "app@"]).run().line(), "1.2.0");
    assert!(before == files(&clone.path().join(".git")), "nothing is fetched or written");
}

#[test]
#[ignore = "needs root, to give a repository away: scripts/e2e runs it"]
fn a_repository_of_somebody_else_is_answered_or_refused_and_runs_nothing() {
    let repo = released();
    let right = extended(&repo, "1.2.0", 2);
    let trap = |name: &str| format!("touch {}/{name}; cat", repo.sandbox().display());
    repo.write(".git/info/attributes", "* filter=trap\n");
    for (key, value) in [("core.fsmonitor", trap("fsmonitor")), ("filter.trap.clean", trap("filter"))] {
        repo.git(["config", key, &value]);
    }
    let given = std::process::Command::new("chown").args(["-R", "65534"]).arg(repo.path()).status();
    assert!(given.expect("run chown").success());
    // Taken anew, so that the file's content has to be looked at.
    touch(&repo.path().join("app/Taskfile.yaml"));
    let _ = fs::remove_file(repo.sandbox().join("fsmonitor"));
    let _ = fs::remove_file(repo.sandbox().join("filter"));

    let output = repo.imgver(["extended", "app"]).run();
    if !right_or_refused(&output, &right) {
        assert!(output.stderr.contains("safe.directory"), "how to trust it: {output}");
    }
    for trap in ["fsmonitor", "filter"] {
        assert!(
            !repo.sandbox().join(trap).exists(),
            "{trap} of a repository of somebody else was run: {output}"
        );
    }
    let trusting = repo.sandbox().join("trusting");
    fs::write(&trusting, format!("[safe]\n\tdirectory = {}\n", repo.path().display()))
        .expect("write a configuration");
    let output = repo.imgver(["extended", "app", "--no-dirty"]).env("GIT_CONFIG_GLOBAL", trusting).run();
    assert_eq!(output.line(), right, "git would trust it");
}

#[test]
fn a_repository_format_of_the_future_is_refused() {
    let repo = released();
    repo.git(["config", "core.repositoryFormatVersion", "1"]);
    assert_eq!(repo.imgver(["version", "app"]).run().line(), "1.2.0");
    repo.git(["config", "extensions.somethingNew", "true"]);
    repo.imgver(["version", "app"]).run().fails(3);
    let other = released();
    fs::write(
        other.path().join(".git/config"),
        "[core]\n\trepositoryformatversion = 1\n\tbare = false\n[extensions]\n\trefstorage = reftable\n",
    )
    .expect("write the configuration");
    other.imgver(["version", "app"]).run().fails(3);
}

#[test]
fn git_dir_is_relative_to_the_directory_entered() {
    let (here, there) = (released_in("here", &[]), released_in("there", &[]));
    there.commit("one more");
    let output = here.imgver(["-C", plain(there.path()), "extended", "app"]).env("GIT_DIR", ".git").run();
    assert_eq!(output.line(), extended(&there, "1.2.0", 3));
}

/// Writes a loose object under an id that is not that of its content.
fn forge(repo: &Repo, id: &str, kind: &str, content: &str) {
    let object = format!("{kind} {}\0{content}", content.len());
    let mut compressor = libdeflater::Compressor::new(libdeflater::CompressionLvl::fastest());
    let mut file = vec![0; compressor.zlib_compress_bound(object.len())];
    let length = compressor.zlib_compress(object.as_bytes(), &mut file).expect("compress an object");
    file.truncate(length);
    let (directory, name) = id.split_at(2);
    let directory = repo.path().join(".git/objects").join(directory);
    fs::create_dir_all(&directory).expect("create the object's directory");
    fs::write(directory.join(name), file).expect("write the object");
}

#[test]
fn tags_that_lead_in_a_circle_come_to_an_end() {
    let repo = released();
    let (one, other) = ("1".repeat(40), "2".repeat(40));
    for (id, object) in [(&one, &other), (&other, &one)] {
        let tag = format!("object {object}\ntype tag\ntag t\ntagger T <t@example.com> 1 +0000\n\nround\n");
        forge(&repo, id, "tag", &tag);
    }
    repo.write(".git/refs/tags/app@9.0.0", format!("{one}\n"));
    assert!(repo.imgver(["version", "app"]).run().fails(3).contains("app@9.0.0"));
}

#[test]
fn a_namespace_hides_no_tags() {
    let repo = released();
    let version =
        repo.imgver(["version", "app", "--rev", &repo.head()]).env("GIT_NAMESPACE", "elsewhere").run();
    assert_eq!(version.line(), "1.2.0");
}

#[test]
fn refs_in_tables_are_refused() {
    let repo = released();
    let commit = repo.head();
    repo.git(["config", "core.repositoryFormatVersion", "1"]);
    repo.git(["config", "extensions.refStorage", "reftable"]);
    let git_dir = repo.path().join(".git");
    fs::write(git_dir.join("HEAD"), "ref: refs/heads/.invalid\n").expect("write HEAD");
    fs::remove_dir_all(git_dir.join("refs")).expect("remove the loose refs");
    fs::create_dir_all(git_dir.join("refs")).expect("make the directory that marks a repository");
    for args in [&["version", "app"][..], &["version", "app", "--rev", &commit], &["list"]] {
        repo.imgver(args).run().fails(3);
    }
}

#[test]
fn replaced_objects_and_grafts_do_not_exist() {
    let replaced = released();
    let head = replaced.head();
    replaced.git(["replace", "--graft", "HEAD"]);
    assert_eq!(replaced.git(["rev-list", "--count", "HEAD"]), "1", "git itself is taken in");
    assert_app(&replaced, &head);
    assert_eq!(replaced.extended("app", &[])["commit"], json!(head));
    replaced.git(["replace", "HEAD~1", "web@0.1.0"]);
    assert_app(&replaced, &head);

    let annotated = released();
    let head = annotated.head();
    annotated.annotate("app@2.0.0");
    annotated.git(["tag", "-a", "-m", "other", "other", "HEAD~3"]);
    annotated.git([
        "update-ref",
        "refs/tags/app@2.0.0",
        &annotated.git(["rev-parse", "refs/tags/app@2.0.0"]),
    ]);
    annotated.git(["replace", "-f", "refs/tags/app@2.0.0", "refs/tags/other"]);
    let object = annotated.extended("app", &[]);
    assert_eq!((&object["base"], &object["distance"]), (&json!("2.0.0"), &json!(0)));
    assert_eq!(object["commit"], json!(head));

    let grafted = released();
    let head = grafted.head();
    grafted.write(".git/info/grafts", format!("{head}\n"));
    assert_eq!(grafted.git(["rev-list", "--count", "HEAD"]), "1", "git itself is taken in");
    assert_app(&grafted, &head);
}

#[test]
fn configuration_and_surroundings_change_nothing() {
    let repo = released();
    let head = repo.head();
    let config = [
        ("core.abbrev", "12"),
        ("core.abbrev", "4"),
        ("core.abbrev", "no"),
        ("core.commitGraph", "false"),
        ("core.quotePath", "true"),
        ("core.logAllRefUpdates", "always"),
        ("status.showUntrackedFiles", "all"),
        ("status.submoduleSummary", "true"),
        ("diff.external", "false"),
        ("log.showSignature", "true"),
        ("versionsort.suffix", "-"),
        ("transfer.hideRefs", "refs/tags"),
        ("i18n.logOutputEncoding", "latin1"),
        ("core.preloadIndex", "false"),
        ("core.untrackedCache", "true"),
        ("feature.manyFiles", "true"),
    ];
    for (key, value) in config {
        repo.git(["config", key, value]);
        assert_app(&repo, &head);
    }
    let variables = [
        ("LC_ALL", "tr_TR.UTF-8"),
        ("LANG", "ar_EG.UTF-8"),
        ("TZ", "Pacific/Kiritimati"),
        ("GIT_PAGER", "false"),
        ("GIT_AUTHOR_DATE", "1 +0000"),
        ("GIT_COMMITTER_DATE", "nonsense"),
        ("GIT_DEFAULT_HASH", "sha256"),
        ("GIT_NO_REPLACE_OBJECTS", "1"),
        ("GIT_LITERAL_PATHSPECS", "1"),
        ("SOURCE_DATE_EPOCH", "0"),
        ("CI", "true"),
        ("COLUMNS", "10"),
        ("CLICOLOR_FORCE", "1"),
        ("TERM", "dumb"),
    ];
    let right = extended(&repo, "1.2.0", 2);
    for (name, value) in variables {
        assert_eq!(repo.imgver(["extended", "app"]).env(name, value).run().line(), right, "{name}={value}");
    }
    for name in ["HOME", "LC_ALL", "TZ", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM"] {
        assert_eq!(repo.imgver(["extended", "app"]).without_env(name).run().line(), right, "without {name}");
    }
}

#[test]
fn git_s_own_variables_are_honoured() {
    let repo = released();
    let elsewhere = repo.beside("elsewhere");
    fs::create_dir(elsewhere.path()).expect("create a directory");
    let right = extended(&repo, "1.2.0", 2);
    let git_dir = repo.path().join(".git");

    let here = repo.imgver(["extended", "app"]).env("GIT_DIR", ".git").run();
    assert_eq!(here.line(), right);
    let from_elsewhere = elsewhere.imgver(["extended", "app"]).env("GIT_DIR", &git_dir);
    assert_eq!(from_elsewhere.env("GIT_WORK_TREE", repo.path()).run().line(), right);
    let relative = elsewhere.imgver(["extended", "app"]).env("GIT_DIR", "../repo/.git");
    assert_eq!(relative.env("GIT_WORK_TREE", "../repo").run().line(), right);
    let with_index =
        repo.imgver(["extended", "app"]).env("GIT_DIR", ".git").env("GIT_INDEX_FILE", ".git/index");
    assert_eq!(with_index.run().line(), right);
    elsewhere.imgver(["extended"]).env("GIT_DIR", "nowhere").run().fails(3);

    // Another index, in which a file of the service is gone.
    let other = repo.sandbox().join("other-index");
    fs::copy(git_dir.join("index"), &other).expect("copy the index");
    repo.git_run(["rm", "-q", "--cached", "app/Taskfile.yaml"]).env("GIT_INDEX_FILE", &other).run().text();
    let output = repo.imgver(["version", "app"]).env("GIT_INDEX_FILE", &other).run();
    assert_eq!(output.line(), "1.2.0-dirty", "the index git was told to use");
    assert_eq!(repo.imgver(["version", "app"]).run().line(), "1.2.0");
}

#[test]
fn from_a_hook() {
    let repo = released();
    let tree = repo.beside("tree");
    repo.git(["worktree", "add", "-q", "-b", "other", plain(tree.path())]);
    let hook = format!("#!/bin/sh\n'{}' extended app >../said 2>&1\n", env!("CARGO_BIN_EXE_imgver"));
    repo.write(".git/hooks/post-commit", hook);
    let path = repo.path().join(".git/hooks/post-commit");
    fs::set_permissions(path, PermissionsExt::from_mode(0o755)).expect("make the hook executable");
    for checkout in [&repo, &tree] {
        checkout.write("app/more", "more");
        checkout.commit("seen by a hook");
        let said = fs::read_to_string(repo.sandbox().join("said")).expect("the hook ran");
        assert_eq!(said.trim_end(), extended(checkout, "1.2.0", 3));
    }
}

#[test]
fn from_any_directory() {
    let repo = released();
    repo.write("app/src/deep/file", "x");
    repo.write("docs/file", "x");
    repo.commit("more files");
    let app = extended(&repo, "1.2.0", 3);
    let whole = extended(&repo, "1.2.3", 2);
    let link = repo.sandbox().join("link");
    symlink(repo.path(), &link).expect("make a link");
    for root in [repo.path(), &link] {
        for (directory, right) in [("app", &app), ("app/src/deep", &app), ("docs", &whole), (".", &whole)] {
            let inside = repo.imgver(["extended"]).cwd(root.join(directory)).run();
            assert_eq!(&inside.line(), right, "in {directory}");
            let directory = root.join(directory);
            let outside = repo.imgver(["-C", plain(&directory), "extended"]).cwd("/").run();
            assert_eq!(&outside.line(), right, "-C {}", directory.display());
        }
    }
    assert_eq!(
        repo.imgver(["-C", "app", "-C", "src", "extended"]).run().line(),
        app,
        "-C adds up, as in git"
    );
    assert_eq!(repo.imgver(["-C", "app/src", "extended", "app"]).run().line(), app);
}

#[test]
fn whatever_the_directory_is_called() {
    for name in [
        "with space",
        "ünïcødé-名前",
        "quote'd \"name\"",
        "$HOME",
        "-dash",
        "line\nbreak",
        "back\\slash",
        "[x]*",
    ] {
        let repo = released_in(name, &[]);
        assert_app(&repo, &repo.head());
        let tree = repo.beside(format!("{name} tree"));
        repo.git(["worktree", "add", "-q", "--detach", plain(tree.path())]);
        assert_app(&tree, &repo.head());
    }
}

#[test]
fn locks_and_leftovers_do_not_matter() {
    let repo = released();
    for lock in [
        "index.lock",
        "HEAD.lock",
        "packed-refs.lock",
        "refs/tags/app@1.2.0.lock",
        "config.lock",
        "MERGE_HEAD",
    ] {
        repo.write(&format!(".git/{lock}"), "");
        assert_app(&repo, &repo.head());
    }
    repo.write(".git/refs/tags/.DS_Store", "junk");
    assert_app(&repo, &repo.head());
}

#[test]
fn nothing_is_written() {
    let repo = released();
    // Stale in the index, so that a status that saved its findings would show.
    touch(&repo.path().join("app/Taskfile.yaml"));
    touch(&repo.path().join("web/Taskfile.yaml"));
    let before = files(repo.sandbox());
    let commands = [
        vec!["extended", "app"],
        vec!["extended", "app", "--first-parent"],
        vec!["extended", "app", "--rev", "HEAD~1", "--output", "json"],
        vec!["version"],
        vec!["tag", "app", "--environment", "staging"],
        vec!["list"],
        vec!["list", "--output", "json"],
    ];
    for command in commands {
        repo.imgver(&command).run().text();
        let after = files(repo.sandbox());
        assert!(before == after, "{command:?} left something behind");
    }
}

/// Every file below a directory with its content, mode and time.
fn files(directory: &Path) -> BTreeMap<PathBuf, (Vec<u8>, u32, Option<SystemTime>)> {
    let mut found = BTreeMap::new();
    let mut pending = vec![directory.to_path_buf()];
    while let Some(next) = pending.pop() {
        for entry in fs::read_dir(&next).expect("read a directory").flatten() {
            let meta = entry.metadata().expect("look at a file");
            if meta.is_dir() {
                pending.push(entry.path());
            } else {
                let bytes =
                    if meta.is_file() { fs::read(entry.path()).expect("read a file") } else { vec![] };
                let relative = entry.path().strip_prefix(directory).expect("a path below").to_path_buf();
                found.insert(relative, (bytes, meta.permissions().mode(), meta.modified().ok()));
            }
        }
    }
    found
}

/// A file's time is changed and nothing else.
fn touch(path: &Path) {
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_500_000_000);
    let file = fs::File::options().append(true).open(path).expect("open a file");
    file.set_modified(time).expect("set a file's time");
}
