//! Revisions: what git takes, means and refuses, spelling by spelling, in repositories full of lookalikes.

use std::collections::BTreeMap;

use gix::hash::Kind as Hash;
use gix::objs::Kind as Object;
use imgver::ops::Checkout;

use super::checkout;
use crate::support::{Repo, Rng, for_seeds};

/// Ends and middles of revisions, a line each; one is empty.
const SUFFIXES: &str = include_str!("../../revisions/suffixes.txt");

/// Revisions without suffixes, besides those that a repository has of its own; one is empty.
const NAMES: &str = include_str!("../../revisions/names.txt");

/// A repository and what is special about it: spellings to ask for.
struct Lookalikes {
    repo: Repo,
    names: Vec<String>,
}

/// A hash of this kind of object that begins with `prefix`, and its content.
fn beginning(prefix: &str, hash: Hash, kind: Object, content: impl Fn(u32) -> String) -> (String, String) {
    (0..)
        .map(content)
        .find_map(|content| {
            let id = gix::objs::compute_hash(hash, kind, content.as_bytes()).expect("a hash").to_string();
            id.starts_with(prefix).then_some((id, content))
        })
        .expect("a hash with a short prefix is found")
}

fn store(repo: &Repo, kind: &str, (id, content): &(String, String)) {
    let stored = repo.git_run(["hash-object", "-w", "-t", kind, "--stdin"]).input(content.as_str()).run();
    assert_eq!(stored.line(), *id);
}

fn lookalikes(format: &str) -> Lookalikes {
    let hash = if format == "sha256" { Hash::Sha256 } else { Hash::Sha1 };
    let option = format!("--object-format={format}");
    let repo = Repo::init("repo", &[&option]);
    repo.write("file", "1");
    let one = repo.commit("one: begin");
    repo.git(["switch", "-q", "-c", "topic"]);
    repo.write("topic", "1");
    let two = repo.commit("two");
    repo.git(["switch", "-q", "main"]);
    repo.write("file", "2");
    repo.commit("more\n\nwith one in its body");
    repo.git(["merge", "-q", "--no-ff", "-m", "merge", "topic"]);
    repo.git(["switch", "-q", "--detach", "HEAD~1"]);
    repo.git(["switch", "-q", "topic"]);
    repo.git(["switch", "-q", "main"]);
    let head = repo.commit("last");
    repo.git(["reset", "-q", "--hard", "HEAD~1"]);
    repo.git(["reset", "-q", "--hard", &head]);
    repo.write("file", "3");
    repo.git(["stash"]);
    refs(&repo, &one, &two, &head);
    remotes(&repo, &one, &head);
    repo.git(["pack-refs"]);
    // Loose over packed, and broken over packed.
    repo.git(["update-ref", "refs/heads/nolog", &two]);
    for (name, text) in [("broken", "not a hash\n"), ("empty", ""), ("zero", &"0".repeat(head.len()))] {
        repo.write(&format!(".git/refs/heads/{name}"), text);
    }
    let short = ambiguous(&repo, hash, &head);
    let names = hashes(&repo, &[&one, &two, &head], &short);
    for name in ["linked", "other"] {
        let path = repo.sandbox().join(name);
        repo.git(["worktree", "add", "-q", "--detach", path.to_str().unwrap(), &one]);
    }
    repo.git(["-C", "../linked", "update-ref", "refs/bisect/bad", &two]);
    Lookalikes { repo, names }
}

fn refs(repo: &Repo, one: &str, two: &str, head: &str) {
    let tree = repo.git(["rev-parse", "HEAD^{tree}"]);
    let blob = repo.git(["rev-parse", "HEAD:file"]);
    let missing = "1234567890".repeat(head.len() / 10).chars().take(head.len()).collect::<String>();
    repo.git(["tag", "light", one]);
    for (tag, target) in [("annotated", one), ("nested", "annotated"), ("annotatedtree", &tree)] {
        repo.git(["tag", "-a", "-m", "a tag", tag, target]);
    }
    for (name, id) in [
        ("refs/heads/same", one),
        ("refs/tags/same", two),
        ("refs/heads/topic2/deep", two),
        ("refs/heads/HEAD", one),
        ("refs/tags/heads/main", one),
        ("refs/heads/refs/heads/main", one),
        ("refs/refs/main", two),
        ("refs/main", two),
        ("refs/other", two),
        ("refs/tags/ofatree", &tree),
        ("refs/tags/ofablob", &blob),
        ("refs/remotes/main", one),
        ("refs/remotes/up/HEAD", two),
        ("refs/heads/-x", one),
        ("refs/heads/ünïcode", two),
        ("refs/heads/nolog", one),
        ("refs/heads/local", two),
        ("refs/heads/gone", two),
        ("refs/heads/dir/name", two),
        ("refs/bisect/bad", one),
        ("refs/heads/broken", one),
        ("refs/heads/empty", one),
        ("refs/heads/zero", one),
        ("refs/heads/v1-2-gabc1234", one),
        ("ORIG_HEAD", two),
        ("REBASE_HEAD", one),
    ] {
        repo.git(["update-ref", name, id]);
    }
    // A name that is a full or an abbreviated hash of another commit.
    for (name, id) in [(two, one), (&two[..7], one), (&head[..4], two), (&one.to_uppercase()[..9], two)] {
        repo.git(["update-ref", &format!("refs/heads/{name}"), id]);
    }
    repo.write(
        ".git/FETCH_HEAD",
        format!("{two}\tnot-for-merge\tbranch 'x' of y\n{one}\t\tbranch 'z' of y\n"),
    );
    repo.write(".git/MERGE_HEAD", format!("{one}\n{two}\n"));
    for (name, target) in [
        ("four", "refs/heads/three"),
        ("three", "refs/heads/second"),
        ("second", "refs/heads/first"),
        ("first", "refs/heads/main"),
        ("five", "refs/heads/four"),
        ("six", "refs/heads/five"),
        ("dangling", "refs/heads/nowhere"),
        ("loop", "refs/heads/loop"),
        ("tohead", "HEAD"),
    ] {
        repo.write(&format!(".git/refs/heads/{name}"), format!("ref: {target}\n"));
    }
    repo.write(".git/refs/heads/missing", format!("{missing}\n"));
    let of_missing = format!("object {missing}\ntype commit\ntag x\ntagger A <a@b> 1 +0000\n\nx\n");
    let id =
        repo.git_run(["hash-object", "-w", "-t", "tag", "--literally", "--stdin"]).input(of_missing).run();
    repo.write(".git/refs/tags/tagofmissing", id.line());
    repo.write(".git/lowercase", format!("{two}\n"));
    std::os::unix::fs::symlink("refs/heads/topic", repo.path().join(".git/refs/heads/link")).unwrap();
}

fn remotes(repo: &Repo, one: &str, head: &str) {
    repo.git(["update-ref", "refs/remotes/origin/main", one]);
    repo.git(["update-ref", "refs/remotes/origin/topic", head]);
    repo.git(["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main"]);
    for (key, value) in [
        ("remote.origin.url", "nowhere"),
        ("remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*"),
        ("branch.main.remote", "origin"),
        ("branch.main.merge", "refs/heads/main"),
        ("branch.topic.remote", "origin"),
        ("branch.topic.merge", "refs/heads/topic"),
        ("branch.local.remote", "."),
        ("branch.local.merge", "refs/heads/topic"),
        ("branch.gone.remote", "origin"),
        ("branch.gone.merge", "refs/heads/gone"),
    ] {
        repo.git(["config", key, value]);
    }
}

/// Objects whose hashes begin alike: a commit and a blob; two blobs; two commits and a blob; a commit, its tag and a blob.
fn ambiguous(repo: &Repo, hash: Hash, head: &str) -> Vec<String> {
    let tree = repo.git(["rev-parse", "HEAD^{tree}"]);
    let blob = |prefix: &str, salt: &str| {
        store(repo, "blob", &beginning(prefix, hash, Object::Blob, |n| format!("{salt} {n}")));
    };
    let commit = |prefix: &str| {
        let text = |n| format!("tree {tree}\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\n{n}\n");
        let made = beginning(prefix, hash, Object::Commit, text);
        store(repo, "commit", &made);
        made.0
    };
    let tag = |prefix: &str| {
        let text = |n| format!("object {head}\ntype commit\ntag x{n}\ntagger A <a@b> 1 +0000\n\nx\n");
        store(repo, "tag", &beginning(prefix, hash, Object::Tag, text));
    };
    let mixed = commit("");
    blob(&mixed[..4], "mixed");
    blob("beef", "a");
    blob("beef", "b");
    commit("cafe");
    blob("cafe", "c");
    tag("cafe");
    tag("face");
    blob("face", "f");
    tag("dead");
    commit("dead");
    blob("bead", "only");
    [&mixed[..4], &mixed[..5], "beef", "cafe", "face", "dead", "bead", "CAFE"].map(ToOwned::to_owned).to_vec()
}

/// Spellings of hashes.
fn hashes(repo: &Repo, commits: &[&str], short: &[String]) -> Vec<String> {
    let mut names = short.to_vec();
    for commit in commits {
        for length in [3, 4, 5, 7, 12, 39, 40, 41, 63, 64, 65] {
            names.extend(commit.get(..length).map(ToOwned::to_owned));
        }
        names.push(commit.to_uppercase());
        names.push(commit[..8].to_uppercase());
        names.push(format!("{commit}0"));
        names.push(format!("{commit}{commit}"));
        for before in ["v1-3-g", "x-g", "-g", "main-1-g", "v1-3-h", "a..b-g", "refs/x/y-g"] {
            names.extend([4, 7, 40].map(|length| format!("{before}{}", &commit[..length])));
        }
    }
    names.extend(short.iter().map(|short| format!("v1-3-g{short}")));
    names.push(repo.git(["rev-parse", "annotated"]));
    names.push(repo.git(["rev-parse", "HEAD^{tree}"]));
    names.extend([
        "0".repeat(40),
        "f".repeat(40),
        "0".repeat(64),
        "lowercase".into(),
        "link".into(),
        "annotatedtree".into(),
    ]);
    names
}

/// So many revisions: names with a suffix, some with more of them, some damaged.
fn spellings(names: &[String], count: usize, rng: &mut Rng) -> Vec<String> {
    const CUTS: [&str; 13] = ["^", "~", "@", "{", "}", ":", ".", "/", "g", "0", "-", "@{", "\\"];
    let names: Vec<&str> = NAMES.lines().chain(names.iter().map(String::as_str)).collect();
    let suffixes: Vec<&str> = SUFFIXES.lines().collect();
    let one = || {
        let mut one = (*rng.pick(&names)).to_owned();
        one.push_str(rng.pick::<&str>(&suffixes));
        while rng.chance(20) {
            one.push_str(rng.pick::<&str>(&suffixes));
        }
        if rng.chance(4) {
            one.push_str(rng.pick::<&str>(&names));
        }
        let at = rng.within(0..one.len() + 1);
        if rng.chance(4) && one.is_char_boundary(at) {
            one.insert_str(at, rng.pick::<&str>(&CUTS));
        }
        one
    };
    std::iter::repeat_with(one).take(count).collect()
}

/// What git answers to each of `revisions`: the commit, or nothing where it refuses.
///
/// `git cat-file --batch-check` looks each of them up as `git rev-parse --verify` does, in one process, and ends where
/// that one would end; only ranges and a leading `^` are read by rev-parse alone, which refuses both.
fn by_git(repo: &Repo, revisions: &[String]) -> Vec<Option<String>> {
    let mut answers = Vec::new();
    while let Some(rest) = revisions.get(answers.len()..).filter(|rest| !rest.is_empty()) {
        let input: String = rest.iter().map(|revision| format!("{revision}^{{commit}}\n")).collect();
        let output = repo.git_run(["cat-file", "--batch-check"]).input(input).run();
        let lines = output.stdout.lines().filter(|line| !line.starts_with("warning"));
        answers.extend(lines.map(|line| {
            let mut words = line.split(' ');
            let id = words.next().filter(|id| matches!(id.len(), 40 | 64))?;
            let commit = words.next() == Some("commit")
                && words.next().is_some_and(|size| size.parse::<u64>().is_ok());
            (commit && id.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| id.to_owned())
        }));
        if output.code != 0 {
            answers.push(None);
        }
    }
    assert_eq!(answers.len(), revisions.len());
    answers
}

/// What git rev-parse itself answers to one revision.
fn by_rev_parse(repo: &Repo, revision: &str) -> Option<String> {
    let whole = format!("{revision}^{{commit}}");
    let output = repo.git_run(["rev-parse", "--verify", "--end-of-options", &whole]).run();
    let line =
        output.stdout.strip_suffix('\n').filter(|line| output.code == 0 && !line.contains(['^', '\n']));
    line.map(ToOwned::to_owned)
}

/// Whether git answers by the way it would push, by the clock, or by what it makes of `N}` and anything behind it as a date:
/// refused here.
fn is_refused_on_purpose(repo: &Repo, revision: &str) -> bool {
    // A whole date means the same everywhere.
    let is_whole = |text: &str| text.len() == 25 && !text.starts_with("1999-02-30");
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_date = |text: &str| !text.is_empty() && !is_number(text) && !is_whole(text);
    let dated = revision.match_indices("@{").any(|(at, _)| {
        let text = &revision[at + 2..];
        text.rfind('}').is_some_and(|end| is_date(&text[..end]))
    });
    // With `^{commit}` behind it, anything ends with a brace.
    let plain = || repo.git_run(["cat-file", "-t", revision]).run().stdout;
    revision.to_lowercase().contains("@{push}")
        || (revision.contains("..") && revision.contains(':'))
        || dated
        || (revision.contains("@{") && !["commit\n", "tag\n"].contains(&&*plain()))
}

fn ours(checkout: &Checkout, revision: &str) -> Option<String> {
    checkout.repository.resolve(revision).ok().map(|commit| commit.to_string())
}

fn compare(repo: &Repo, revisions: &[String]) {
    let checkout = checkout(repo);
    let mut wrong = BTreeMap::new();
    let mut found = 0;
    for (revision, git) in revisions.iter().zip(by_git(repo, revisions)) {
        // Where the two programs of git read differently, rev-parse counts.
        let git = if revision.contains("..") || revision.starts_with('^') {
            by_rev_parse(repo, revision)
        } else {
            git
        };
        let ours = ours(&checkout, revision);
        found += usize::from(git.is_some());
        if git != ours && !(ours.is_none() && is_refused_on_purpose(repo, revision)) {
            wrong.insert(revision, format!("git {git:?}, imgver {ours:?}"));
        }
    }
    let shown: Vec<String> =
        wrong.iter().take(50).map(|(revision, what)| format!("{revision:?}: {what}")).collect();
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), revisions.len(), shown.join("\n"));
    assert!(found > revisions.len() / 10, "only {found} of {} mean anything", revisions.len());
}

#[test]
fn every_spelling_means_what_git_says() {
    for_seeds(0..2, |seed| {
        let mut rng = Rng::new(seed);
        let Lookalikes { repo, names } = lookalikes(if seed % 2 == 0 { "sha1" } else { "sha256" });
        let preferred = ["none", "commit", "committish", "tree", "treeish", "blob"];
        repo.git(["config", "core.disambiguate", rng.pick::<&str>(&preferred)]);
        repo.git(["config", "core.warnAmbiguousRefs", if rng.chance(50) { "true" } else { "false" }]);
        // A bare copy of everything in it.
        let bare = repo.beside("bare.git");
        repo.program("cp").args(["-R", ".git"]).args([bare.path()]).run().text();
        bare.git(["config", "core.bare", "true"]);
        compare(&repo, &spellings(&names, 1000, &mut rng));
        compare(&repo.beside("linked"), &spellings(&names, 200, &mut rng));
        compare(&bare, &spellings(&names, 200, &mut rng));
    });
}

/// Whatever is written, there is an answer or an error. `IMGVER_TEST_ROUNDS` asks for more.
#[test]
fn any_text_comes_to_an_end() {
    let Lookalikes { repo, names } = lookalikes("sha1");
    for_seeds(0..20, |seed| {
        let mut rng = Rng::new(seed);
        let checkout = checkout(&repo);
        let mut texts = spellings(&names, 50, &mut rng);
        for _ in 0..50 {
            let length = rng.within(0..12);
            let signs: Vec<char> = "@{}^~:/.-!0123456789abcdefgu \\\0\n\u{e9}\u{202e}HEAD".chars().collect();
            texts.push((0..length).map(|_| *rng.pick(&signs)).collect());
            texts.push((0..length).filter_map(|_| char::from_u32(rng.bits() as u32 % 0x11_0000)).collect());
        }
        for text in texts {
            if let Some(commit) = ours(&checkout, &text) {
                assert_eq!(ours(&checkout, &commit).as_ref(), Some(&commit), "{text:?}");
            }
            let _ = checkout.repository.commits_beginning(&text);
        }
    });
}

/// Digits that no hash of the repository has, which a parser might take for one of the other kind.
#[test]
fn digits_beyond_a_hash_are_no_revision() {
    for (format, length) in [("sha1", 40), ("sha256", 64)] {
        let repo = Repo::init("repo", &[&format!("--object-format={format}")]);
        let head = repo.commit("begin");
        let checkout = checkout(&repo);
        for digits in 1..140 {
            let revision: String = head.chars().cycle().take(digits).collect();
            let expected = (4..=length).contains(&digits).then(|| head.clone());
            assert_eq!(ours(&checkout, &revision), expected, "{revision}");
            let begun = checkout.repository.commits_beginning(&revision).unwrap();
            assert_eq!(begun.len(), usize::from(expected.is_some()), "{revision}");
        }
    }
}

#[test]
fn substitutions_of_one_clone_do_not_count() {
    let repo = Repo::new();
    let [one, two] = ["one", "two"].map(|message| repo.commit(message));
    repo.commit("three");
    repo.git(["replace", "--graft", "HEAD", &one]);
    assert_eq!(by_rev_parse(&repo, "HEAD~1"), Some(one), "git itself is taken in");
    assert_eq!(ours(&checkout(&repo), "HEAD~1"), Some(two));
}

#[test]
fn history_ends_where_a_shallow_clone_ends() {
    let repo = Repo::new();
    for message in ["one", "two", "three"] {
        repo.commit(message);
    }
    let two = repo.git(["rev-parse", "HEAD~1"]);
    // The objects beyond are here, but git does not look at them.
    repo.write(".git/shallow", format!("{two}\n"));
    for (revision, expected) in [("HEAD~1", Some(two)), ("HEAD~2", None), ("HEAD^{/one}", None)] {
        assert_eq!(by_rev_parse(&repo, revision), expected, "{revision}");
        assert_eq!(ours(&checkout(&repo), revision), expected, "{revision}");
    }
}

/// Thousands of steps are followed one by one, not one in another.
#[test]
fn long_revisions_come_to_an_end() {
    let repo = Repo::new();
    let head = repo.commit("begin");
    let checkout = checkout(&repo);
    for step in ["^0", "~0", "^{}", "^{commit}"] {
        assert_eq!(ours(&checkout, &format!("HEAD{}", step.repeat(10_000))), Some(head.clone()));
    }
    for step in ["^", "~", "@{-1}", "@", "@{u}", "{", "}", "^{", "^{/", ":", "..", "a/", "f"] {
        assert_eq!(ours(&checkout, &step.repeat(100_000)), None, "{step}");
        assert_eq!(ours(&checkout, &format!("HEAD{}", step.repeat(100_000))), None, "{step}");
    }
}
