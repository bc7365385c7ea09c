//! `--files-from` with what is no list of paths: the output of real commands that people take for one.

use super::ask;
use crate::support::{Output, Repo};

/// Two commits that add, change, delete, move and copy, and uncommitted changes of all kinds.
fn eventful() -> Repo {
    let repo = Repo::new();
    repo.service("services/api");
    let long: String = (0..50).map(|line| format!("line {line}\n")).collect();
    for (file, text) in [
        ("services/api/main.go", "main"),
        ("services/api/old.go", "old"),
        ("services/api/moved.go", &*long),
        ("services/api/a b/café.txt", "coffee"),
        ("README.md", "read me"),
    ] {
        repo.write(file, text);
    }
    repo.commit("Begin");
    repo.git(["rm", "-q", "services/api/old.go"]);
    repo.git(["mv", "services/api/moved.go", "services/api/new.go"]);
    repo.write("services/api/main.go", "main 2");
    repo.write("services/api/a b/café.txt", "more coffee");
    repo.write("services/api/added.go", "added");
    repo.git(["add", "-A"]);
    repo.git(["commit", "-q", "-m", "Change"]);
    repo
}

fn give(repo: &Repo, list: &str, options: &[&str]) -> Output {
    repo.imgver(["changed", "--files-from", "-"]).args(options).input(list).run()
}

#[test]
fn output_of_other_commands_is_refused_by_line() {
    let repo = eventful();
    repo.write("services/api/main.go", "main 3");
    repo.git(["mv", "services/api/added.go", "services/api/staged.go"]);
    repo.write("untracked", "");
    for (command, line, what) in [
        ("status", 1, "git status"),
        ("status --short --branch", 1, "git status --porcelain"),
        ("status --porcelain", 1, "git status --porcelain"),
        ("status --porcelain -z", 1, "git status --porcelain"),
        ("status --porcelain=v2 --branch", 1, "git status --porcelain=v2"),
        ("status --porcelain=v2", 1, "git status --porcelain=v2"),
        ("status --porcelain=v2 -z", 1, "git status --porcelain=v2"),
        ("-c color.ui=always status --short", 1, "coloured"),
        ("diff --stat HEAD~1 HEAD", 1, "git diff --stat"),
        ("diff --stat --color=always HEAD~1 HEAD", 1, "coloured"),
        ("diff --compact-summary HEAD~1 HEAD", 1, "git diff --stat"),
        ("diff --shortstat HEAD~1 HEAD", 1, "git diff --stat"),
        ("diff --numstat HEAD~1 HEAD", 1, "git diff --numstat"),
        ("diff --numstat -z HEAD~1 HEAD", 1, "git diff --numstat"),
        ("diff --raw HEAD~1 HEAD", 1, "git diff --raw"),
        ("diff --raw -z HEAD~1 HEAD", 1, "git diff --raw"),
        ("diff --summary HEAD~1 HEAD", 1, "git diff --summary"),
        ("diff --dirstat HEAD~1 HEAD", 1, "git diff --dirstat"),
        ("diff HEAD~1 HEAD", 1, "a patch"),
        ("log --name-status", 1, "git log"),
        ("log --name-status -z", 1, "git log"),
        ("log --oneline --name-only", 1, "git log --oneline"),
        ("log --graph --oneline --name-status", 1, "git log"),
        ("show --stat", 1, "git log"),
        ("diff-tree -r --name-only HEAD", 1, "a commit"),
        ("ls-files --stage", 1, "git ls-files"),
        ("ls-files -t", 1, "a status without a tab behind it"),
        ("ls-tree -r HEAD", 1, "git ls-tree"),
    ] {
        let listed = repo.git_run(command.split(' ')).run().stdout;
        let null: &[&str] = if command.contains(" -z") { &["--null"] } else { &[] };
        let output = give(&repo, &listed, null);
        let error = output.fails(5);
        assert!(error.contains(&format!("standard input:{line}:")), "{command}: {output}");
        assert!(
            error.contains(&format!("{what}\n")) || error.contains(&format!("{what} ")),
            "{command}: {output}"
        );
        assert!(error.contains("hint: "), "{command}: {output}");
    }
    let listed = repo.program("ls").args(["-l"]).run().text();
    assert!(give(&repo, &listed, &[]).fails(5).contains("from ls -l"), "{listed}");
}

#[test]
fn messages_of_git_are_refused_by_line() {
    let repo = eventful();
    repo.write("services/api/untracked", "");
    let commands = [
        "git diff --name-only origin/main",
        "git dif",
        "git diff --no-such-option",
        "git add --dry-run services",
        "git rm --dry-run README.md",
        "git clean --dry-run",
        "set -x; git diff --name-only HEAD~1",
        "no-such-program",
    ];
    for command in commands {
        let said = repo.program("sh").args(["-c", &format!("{{ {command}; }} 2>&1")]).run().stdout;
        let output = give(&repo, &said, &[]);
        assert!(output.fails(5).contains("standard input:1: "), "{command}: {output}");
        let output = give(&repo, &format!("README.md\n{said}"), &[]);
        assert!(output.fails(5).contains("standard input:2: "), "{command}: {output}");
    }
    repo.write("fatal: no.txt", "");
    assert_eq!(give(&repo, "fatal: no.txt\n", &[]).text(), "");
}

#[test]
fn a_list_of_paths_that_are_nowhere_draws_a_warning() {
    let repo = eventful();
    let warning = |list: &str, null: bool| {
        let output = give(&repo, list, if null { &["--null"] } else { &[] });
        assert_eq!(output.code, 0, "{output}");
        output.stderr
    };
    let relative =
        repo.git_run(["diff", "--name-only", "--relative", "HEAD~1", "HEAD", "--", "a b", "main.go"]);
    let relative = relative.cwd("services/api").run().stdout;
    for list in
        [&*relative, "a/services/api/main.go\nb/services/api/main.go\n", "M\tmain.go\nA\tx\n", "nowhere\n"]
    {
        let said = warning(list, false);
        assert_eq!(said.lines().count(), 1, "{list:?}: {said}");
        for part in ["warning: ", "--relative", "--full-name", "--name-status"] {
            assert!(said.contains(part), "{list:?}: {said}");
        }
        assert!(warning(&list.replace(['\t', '\n'], "\0"), true).contains("--relative"));
    }
    assert!(warning("x\ny\nz\n", false).contains("none of the 3 paths in the list"));
    assert!(warning("x\ny\nz\n", false).contains("'x'"));
    for list in [
        "",
        "nowhere\nREADME.md\n",
        "D\tservices/api/old.go\n",
        "D\tgone\nM\tREADME.md\n",
        "R100\tservices/api/moved.go\tservices/api/new.go\n",
        "services/api/\n",
        "./README.md\n",
    ] {
        assert_eq!(warning(list, false), "", "{list:?}");
    }
    // What is staged or committed only is somewhere.
    repo.git(["rm", "-q", "--cached", "README.md"]);
    std::fs::remove_file(repo.path().join("README.md")).unwrap();
    assert_eq!(warning("README.md\n", false), "");
    repo.commit("Remove it");
    assert!(warning("README.md\n", false).contains("deleted"));
}

#[test]
fn a_list_that_was_changed_on_its_way_is_refused_by_line() {
    let repo = eventful();
    let listed = repo.git(["diff", "--name-status", "HEAD~1", "HEAD"]);
    let names =
        repo.git(["-c", "core.quotePath=false", "diff", "--name-only", "--no-renames", "HEAD~1", "HEAD"]);
    let names: Vec<&str> = names.lines().filter(|name| !name.contains(' ')).collect();
    let root = repo.path().display();
    let wide: Vec<u8> = format!("\u{feff}{listed}\n").encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (list, line, what) in [
        (listed.replace('\t', " ").into_bytes(), 1, "a status without a tab behind it"),
        (listed.replace('\t', "       ").into_bytes(), 1, "a status without a tab behind it"),
        (format!("README.md\n{}", names.join(" ")).into_bytes(), 2, "several paths on one line"),
        (b"README.md,services/api/old.go".to_vec(), 1, "several paths on one line"),
        (b"README.md\nservices\\api\\old.go".to_vec(), 2, "a path with backslashes"),
        (b"D\tservices\\api\\old.go".to_vec(), 1, "a path with backslashes"),
        (b"README.md   \n".to_vec(), 1, "a path with something around it"),
        (format!("README.md\n{root}/README.md").into_bytes(), 2, "not a path from the root"),
        (b"C:\\work\\repo\\README.md".to_vec(), 1, "an absolute path"),
        (b"../README.md".to_vec(), 1, "not a path from the root"),
        (b"[\n  \"README.md\"\n]\n".to_vec(), 1, "JSON"),
        (b"[\"README.md\"]".to_vec(), 1, "JSON"),
        (b"\"README.md\",\n".to_vec(), 1, "JSON"),
        (b"- README.md\n".to_vec(), 1, "an item of a list"),
        (wide, 1, "UTF-16"),
    ] {
        let shown = String::from_utf8_lossy(&list).into_owned();
        let output = repo.imgver(["changed", "--files-from", "-"]).input(list).run();
        let error = output.fails(5);
        assert!(
            error.contains(&format!("standard input:{line}:")) && error.contains(what),
            "{shown}: {output}"
        );
    }
}

#[test]
fn real_lists_are_read_whatever_paths_are_called() {
    let repo = eventful();
    // What would be a line of something else if it was not there.
    for odd in [
        "M foo.txt",
        "?? what",
        "D  gone",
        " M x",
        "- item",
        "[",
        "a | 2 ++",
        "README.md old.go",
        "a\\b",
        "C d",
    ] {
        repo.write(odd, "odd");
    }
    repo.write("services/api/index 1.txt", "odd");
    repo.commit("Add odd names");
    let sorted = |range: [&str; 2]| {
        let listed = repo.git(["diff", "--name-only", "--no-renames", "-z", range[0], range[1]]);
        let mut paths: Vec<String> = listed.split_terminator('\0').map(String::from).collect();
        paths.sort_unstable();
        paths
    };
    repo.write(".github/utils/file-filters.yaml", "api: '**'\n");
    let odd = sorted(["HEAD~1", "HEAD"]);
    assert_eq!(odd.len(), 11);
    let all = sorted(["HEAD~2", "HEAD"]);
    let diff = |options: &[&str], from: &str| repo.git(["diff"].iter().chain(options).chain(&[from, "HEAD"]));
    let read = |list: String, options: &[&str]| {
        let run = || repo.imgver(["changed", "--files-from", "-"]).args(options).input(&*list);
        ask(run).remove("services/api").unwrap_or_else(|| panic!("{list}"))
    };
    assert_eq!(read(diff(&["--name-only"], "HEAD~1"), &[]), odd);
    assert_eq!(read(diff(&["--name-only", "-z"], "HEAD~1"), &["--null"]), odd);
    for options in [&["--name-status"][..], &["-c", "--name-status"], &["--name-only", "--no-renames"]] {
        let options: Vec<&str> = options.iter().filter(|option| **option != "-c").copied().collect();
        assert_eq!(read(diff(&options, "HEAD~2"), &[]), all, "{options:?}");
        assert_eq!(read(diff(&options, "HEAD~2").replace('\n', "\r\n"), &[]), all, "{options:?}");
        assert_eq!(read(diff(&[&options[..], &["-z"]].concat(), "HEAD~2"), &["--null"]), all, "{options:?}");
    }
    let plain = repo.git(["-c", "core.quotePath=false", "diff", "--name-status", "HEAD~2", "HEAD"]);
    assert_eq!(read(plain, &[]), all);
    // Neither lists of single commits nor paths that begin with a dot are a problem.
    let log = repo.git(["log", "--format=", "--name-status", "HEAD~2..HEAD"]);
    assert_eq!(read(log, &[]), all);
    let dotted: String =
        odd.iter().filter(|path| !path.contains('\\')).map(|path| format!("./{path}\n")).collect();
    assert_eq!(read(dotted, &[]).len(), 10);

    // Once they are gone, only a status tells.
    repo.git(["rm", "-q", "M foo.txt"]);
    repo.commit("Remove one");
    assert!(give(&repo, "M foo.txt\n", &[]).fails(5).contains("git diff --name-status"));
    assert_eq!(read("D\tM foo.txt\n".to_owned(), &[]), ["M foo.txt"]);
    // In a bare clone, they are in the commit.
    let bare = repo.cloned("bare", &["--bare"]);
    bare.imgver(["changed", "--files-from", "-"]).input("?? what\n").run().fails(3);
}
