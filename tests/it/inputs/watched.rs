//! `watch-inputs`: what changes an image selects its service, and nothing else does.

use serde_json::json;

use crate::support::Repo;

/// A service that watches its inputs, and one that it is built from.
fn repo() -> Repo {
    let repo = Repo::new();
    repo.write(
        "imgver.yaml",
        "image: acme/{name}\nservices:\n  base: {}\n  web: { context: ., watch-inputs: true }\n  old: {}\n",
    );
    repo.write("base/Dockerfile", "FROM scratch\nCOPY a /\n");
    repo.write("base/a", "");
    repo.write("old/Dockerfile", "FROM scratch\n");
    repo.write("web/Dockerfile", "FROM acme/base\nCOPY web/src /\nCOPY libs/ui /\n");
    for file in ["web/src/old.js", "web/src/new.js", "web/README.md", "libs/ui/a.js", "libs/api/a.js"] {
        repo.write(file, file);
    }
    repo.commit("begin");
    repo
}

#[test]
fn what_changes_the_image_selects_the_service() {
    let repo = repo();
    for (change, is_selected) in [
        ("web/src/new.js", true),
        ("libs/ui/a.js", true),
        ("libs/ui/b.js", true),
        ("web/Dockerfile", true),
        (".dockerignore", true),
        ("web/Dockerfile.dockerignore", true),
        ("base/a", true),
        ("base/Dockerfile", true),
        ("base/.dockerignore", true),
        ("web/README.md", false),
        ("libs/api/a.js", false),
        ("base/other", false),
    ] {
        let changed = repo.imgver(["changed", "--files-from", "-"]).input(format!("M\t{change}\n")).run();
        assert_eq!(changed.text().lines().any(|line| line == "web"), is_selected, "{change}");
    }
}

#[test]
fn a_deleted_file_selects_the_service() {
    let repo = repo();
    repo.git(["rm", "-q", "web/src/old.js"]);
    repo.commit("less");
    assert_eq!(repo.imgver(["changed", "--base", "HEAD~1"]).run().text(), "web");
    let plan = ["plan", "--event-name", "push", "--ref", "refs/heads/main", "--base", "HEAD~1"];
    let plan = repo.imgver(plan).run().text();
    assert!(plan.contains("services=[\"web\"]\n"), "{plan}");
    let listed = repo.imgver(["list", "--changed-since", "HEAD~1", "--output", "json"]).run().json();
    assert_eq!((listed.as_array().unwrap().len(), &listed[0]["service"]), (1, &json!("web")));
}

#[test]
fn the_reason_is_told() {
    let repo = repo();
    let changed = |arg: &[&str]| {
        let list = "M\tlibs/ui/a.js\nM\tbase/a\nA\t.dockerignore\n";
        repo.imgver(["changed", "--files-from", "-"]).args(arg).input(list).run()
    };
    let explained = changed(&["--explain"]).stderr;
    for line in [
        "web: changed (it watches what its image is made of)\n",
        "  modified: libs/ui/a.js, input, web/Dockerfile:3\n",
        "  modified: base/a, input, base/Dockerfile:2, through base\n",
        "  added: .dockerignore, input, says what is left out\n",
    ] {
        assert!(explained.contains(line), "{line}{explained}");
    }
    let json = changed(&["--output", "json"]).json();
    assert_eq!(json[0], json!({"service": "base", "files": ["base/a"]}));
    assert_eq!(json[1]["files"], json!([".dockerignore", "base/a", "libs/ui/a.js"]));
    assert_eq!(json[1]["why"]["base/a"], json!(["input, base/Dockerfile:2, through base"]));
}

#[test]
fn what_is_not_committed_counts_where_it_is_an_input() {
    let repo = repo();
    for (file, is_dirty) in
        [("web/README.md", false), ("libs/ui/a.js", true), ("base/a", true), ("libs/api/a.js", false)]
    {
        repo.write(file, "changed");
        assert_eq!(repo.extended("web", &[])["dirty"], is_dirty, "{file}");
        repo.git(["checkout", "-q", "."]);
    }
}

#[test]
fn no_dockerfile_is_read_where_nothing_watches_inputs() {
    let repo = repo();
    repo.write("imgver.yaml", "image: acme/{name}\nservices: { base: {}, web: {}, old: {} }\n");
    // With them, this would be a circle.
    repo.write("base/Dockerfile", "FROM acme/web\n");
    repo.commit("no inputs");
    let changed = repo.imgver(["changed", "--files-from", "-"]).input("M\tbase/a\n").run();
    assert_eq!(changed.text(), "base");
    repo.write(
        "imgver.yaml",
        "image: acme/{name}\nservices: { base: {}, web: {watch-inputs: true}, old: {} }\n",
    );
    let changed = repo.imgver(["changed", "--files-from", "-"]).input("M\tbase/a\n").run();
    assert!(changed.fails(5).contains("web -> base -> web"), "{changed}");
}
