//! Which files a Dockerfile reads.

use std::os::unix::fs::symlink;

use super::{explained, gaps, inputs, paths, service};
use crate::support::Repo;

#[test]
fn what_instructions_name_is_listed_and_nothing_else() {
    let repo = Repo::new();
    service(&repo, "web", "FROM scratch\nCOPY src/ /app/src/\nCOPY package.json /app/\n");
    for file in ["src/a.js", "src/deep/b.js", "package.json", "README.md", "test/a.js"] {
        repo.write(&format!("web/{file}"), file);
    }
    repo.write("other.txt", "");
    let found = inputs(&repo, "web");
    assert_eq!(paths(&found), ["web/Dockerfile", "web/package.json", "web/src/a.js", "web/src/deep/b.js"]);
    assert_eq!(gaps(&found), [""; 0]);
    let why = &found["files"][2]["why"];
    assert_eq!(
        *why,
        serde_json::json!([
            {"file": "web/Dockerfile", "line": 2, "instruction": "COPY", "through": null}
        ])
    );
    let text = repo.imgver(["inputs"]).cwd("web/src").run().text();
    assert_eq!(text, "web/Dockerfile\nweb/package.json\nweb/src/a.js\nweb/src/deep/b.js");
    let explained = explained(&repo, "web");
    assert!(explained.contains("web/Dockerfile:2: COPY src/ reads 2 files of web\n"), "{explained}");
}

#[test]
fn an_ignore_file_narrows_and_is_an_input_itself() {
    let repo = Repo::new();
    service(&repo, "web", "FROM scratch\nCOPY . /app\n");
    for file in ["a.js", "docs/a.md", "docs/b.txt", "Taskfile.yaml"] {
        repo.write(&format!("web/{file}"), file);
    }
    repo.service("web");
    repo.write("web/.dockerignore", "*\n!docs\ndocs/*.md\n");
    let found = inputs(&repo, "web");
    assert_eq!(paths(&found), ["web/.dockerignore", "web/Dockerfile", "web/docs/b.txt"]);
    assert_eq!((&found["ignored"], &found["ignore_file"]), (&3.into(), &"web/.dockerignore".into()));
    // Beside the Dockerfile it takes the place of the other one, which is a file like any other then.
    repo.write("web/Dockerfile.dockerignore", "docs\n**/*ile*\n");
    let found = inputs(&repo, "web");
    assert_eq!(
        paths(&found),
        ["web/.dockerignore", "web/Dockerfile", "web/Dockerfile.dockerignore", "web/a.js"]
    );
    assert_eq!(found["ignore_file"], "web/Dockerfile.dockerignore");
}

#[test]
fn an_ignore_file_that_no_build_begins_with_counts_as_everything() {
    let repo = Repo::new();
    service(&repo, "web", "FROM scratch\nCOPY a.js /app/\n");
    repo.write("web/a.js", "");
    repo.write("web/b.js", "");
    repo.write("web/.dockerignore", "b.js\n[\n");
    let found = inputs(&repo, "web");
    assert!(paths(&found).contains(&"web/b.js"), "{found}");
    assert!(gaps(&found)[0].contains("web/.dockerignore:2"), "{found}");
}

#[test]
fn an_artefact_counts_as_the_context_and_the_directory() {
    let repo = Repo::new();
    repo.write(
        "imgver.yaml",
        "services:\n  apps/web: { image: acme/web, context: dist, dockerfile: apps/web/Dockerfile }\n",
    );
    repo.write("apps/web/Dockerfile", "FROM scratch\nCOPY app.jar /\n");
    repo.write("apps/web/src/Main.java", "");
    repo.write("apps/other/a", "");
    repo.write("dist/.dockerignore", "*.md\n");
    repo.write("dist/keep", "");
    repo.write("dist/notes.md", "");
    let found = inputs(&repo, "apps/web");
    assert_eq!(
        paths(&found),
        ["apps/web/Dockerfile", "apps/web/src/Main.java", "dist/.dockerignore", "dist/keep"]
    );
    assert_eq!(gaps(&found), ["app.jar matches no tracked file"]);
    let explained = explained(&repo, "apps/web");
    assert!(
        explained.contains("apps/web/Dockerfile:2: COPY: app.jar matches no tracked file: the whole context"),
        "{explained}"
    );
}

#[test]
fn a_placeholder_does_not_make_an_artefact_a_source() {
    let repo = Repo::new();
    repo.service("web");
    repo.write("web/src/a", "");
    repo.write("web/dist/real/a", "");
    symlink("dist", repo.path().join("web/link")).unwrap();
    for name in [".gitkeep", ".keep", ".gitignore", ".placeholder"] {
        repo.write(&format!("web/d{name}/dist/{name}"), "");
        for (source, is_resolved) in [
            (format!("d{name}/dist"), false),
            (format!("d{name}/dist/*"), false),
            (format!("d{name}/"), false),
            (format!("d{name}/dist/{name}"), true),
            (format!("*/*/{name}"), true),
            ("dist".to_owned(), true),
        ] {
            repo.write("web/Dockerfile", format!("FROM scratch\nCOPY {source} /\n"));
            let found = inputs(&repo, "web");
            let why = format!("{source} matches no tracked file but a placeholder");
            assert_eq!(gaps(&found), if is_resolved { vec![] } else { vec![&*why] }, "{found}");
            assert_eq!(paths(&found).contains(&"web/src/a"), !is_resolved, "{found}");
        }
    }
    repo.git(["rm", "-rq", "web/dist"]);
    repo.write("web/dist/.gitkeep", "");
    repo.write("web/Dockerfile", "FROM scratch\nCOPY link/ /\n");
    assert_eq!(gaps(&inputs(&repo, "web")), ["link/ matches no tracked file but a placeholder"]);
}

#[test]
fn a_dockerfile_that_cannot_be_read_counts_as_everything() {
    let repo = Repo::new();
    service(&repo, "web", "COPY a /\nFROM scratch\n");
    repo.write("web/a", "");
    repo.write("b", "");
    let found = inputs(&repo, "web");
    assert_eq!(paths(&found), ["web/Dockerfile", "web/Taskfile.yaml", "web/a"]);
    assert_eq!((gaps(&found).len(), &found["unresolved"][0]["line"]), (1, &1.into()));
}

#[test]
fn a_dockerfile_in_small_letters_is_one() {
    let repo = Repo::new();
    repo.service("web");
    repo.write("web/dockerfile", "FROM scratch\nCOPY a /\n");
    repo.write("web/a", "");
    assert_eq!(paths(&inputs(&repo, "web")), ["web/a", "web/dockerfile"]);
}

#[test]
fn links_lead_to_what_is_read() {
    let repo = Repo::new();
    service(&repo, "web", "FROM scratch\nCOPY link /a\nCOPY dir /b\n");
    repo.write("web/real/file", "");
    repo.write("web/other", "");
    repo.write("web/unread", "");
    repo.write("web/dir/a", "");
    symlink("real", repo.path().join("web/link")).unwrap();
    // One in a directory is copied as a link.
    symlink("../unread", repo.path().join("web/dir/inner")).unwrap();
    let found = inputs(&repo, "web");
    assert_eq!(paths(&found), ["web/Dockerfile", "web/dir/a", "web/dir/inner", "web/link", "web/real/file"]);
    // One on the way to a source is followed, too, and nothing else that is behind it is read.
    repo.write("web/real/other", "");
    repo.write("web/Dockerfile", "FROM scratch\nCOPY link/f* /a\n");
    let found = inputs(&repo, "web");
    assert_eq!(paths(&found), ["web/Dockerfile", "web/link", "web/real/file"]);
    assert_eq!(gaps(&found), <[&str; 0]>::default());
    repo.write("web/Dockerfile", "FROM scratch\nCOPY link/nothing /a\n");
    assert_eq!(gaps(&inputs(&repo, "web")), ["link/nothing matches no tracked file"]);
    // Round and round.
    symlink(".", repo.path().join("web/real/here")).unwrap();
    repo.write("web/Dockerfile", "FROM scratch\nCOPY link/here/here/o* /a\n");
    let found = inputs(&repo, "web");
    assert_eq!(paths(&found), ["web/Dockerfile", "web/link", "web/real/here", "web/real/other"]);
    symlink("a", repo.path().join("web/b")).unwrap();
    symlink("b", repo.path().join("web/a")).unwrap();
    repo.write("web/Dockerfile", "FROM scratch\nCOPY a/x /a\n");
    assert_eq!(gaps(&inputs(&repo, "web")), ["the symbolic link a leads to no tracked file"]);
    std::fs::remove_file(repo.path().join("web/link")).unwrap();
    symlink("nowhere", repo.path().join("web/link")).unwrap();
    repo.write("web/Dockerfile", "FROM scratch\nCOPY link /a\n");
    let found = inputs(&repo, "web");
    assert_eq!(gaps(&found), ["the symbolic link link leads to no tracked file"]);
}

#[test]
fn a_dockerfile_behind_a_link_is_read() {
    let repo = Repo::new();
    repo.service("web");
    repo.write("shared/Dockerfile", "FROM scratch\nCOPY a /\n");
    repo.write("web/a", "");
    repo.write("web/b", "");
    symlink("../shared/Dockerfile", repo.path().join("web/Dockerfile")).unwrap();
    assert_eq!(paths(&inputs(&repo, "web")), ["shared/Dockerfile", "web/Dockerfile", "web/a"]);
}

#[test]
fn a_submodule_is_one_path() {
    let other = Repo::new();
    other.write("src/a.c", "");
    other.commit("begin");
    let repo = other.beside("main");
    std::fs::create_dir(repo.path()).unwrap();
    repo.git(["init", "-q"]);
    service(&repo, "web", "FROM scratch\nCOPY vendor /v\n");
    repo.git(["submodule", "add", "-q", &other.url(), "web/vendor/lib"]);
    repo.write("web/other", "");
    let found = inputs(&repo, "web");
    assert_eq!(paths(&found), ["web/Dockerfile", "web/vendor/lib"]);
    // What is in it is not known here.
    repo.write("web/Dockerfile", "FROM scratch\nCOPY vendor/lib/src /v\n");
    let found = inputs(&repo, "web");
    assert!(paths(&found).contains(&"web/vendor/lib") && gaps(&found).len() == 1, "{found}");
    repo.write("web/vendor/own/src/a", "");
    repo.write("web/Dockerfile", "FROM scratch\nCOPY vendor/*/src /v\n");
    let found = inputs(&repo, "web");
    assert_eq!(paths(&found), ["web/Dockerfile", "web/vendor/lib", "web/vendor/own/src/a"]);
}

/// A repository with a submodule at `sub`, which has `Dockerfile` and `d/a`.
fn with_submodule() -> (Repo, Repo) {
    let other = Repo::new();
    other.write("Dockerfile", "FROM scratch\nCOPY d /\n");
    other.write("d/a", "");
    other.commit("begin");
    let repo = other.beside("main");
    std::fs::create_dir(repo.path()).unwrap();
    repo.git(["init", "-q"]);
    repo.git(["submodule", "add", "-q", &other.url(), "sub"]);
    (other, repo)
}

#[test]
fn a_submodule_on_the_way_to_a_context_or_a_dockerfile_counts() {
    let (_other, repo) = with_submodule();
    repo.write("web/Dockerfile", "FROM scratch\nCOPY a /\n");
    repo.write("web/a", "");
    std::fs::create_dir(repo.path().join("links")).unwrap();
    symlink("../sub", repo.path().join("links/sub")).unwrap();
    for settings in [
        "context: sub, dockerfile: web/Dockerfile",
        "context: sub/d, dockerfile: web/Dockerfile",
        "dockerfile: sub/Dockerfile",
        "context: links/sub/d, dockerfile: web/Dockerfile",
        "dockerfile: links/sub/Dockerfile",
    ] {
        let config = format!("services:\n  web: {{ image: acme/web, watch-inputs: true, {settings} }}\n");
        repo.write("imgver.yaml", config);
        let found = inputs(&repo, "web");
        assert!(paths(&found).contains(&"sub"), "{settings}: {found}");
        assert_eq!(paths(&found).contains(&"links/sub"), settings.contains("links"), "{settings}: {found}");
        let changed = repo.imgver(["changed", "--files-from", "-", "--explain"]).input("M\tsub\n").run();
        assert_eq!(changed.text(), "web", "{settings}");
        let why = "modified: sub, input, on the way to a context or Dockerfile";
        assert!(changed.stderr.contains(why), "{settings}: {changed}");
    }
    repo.write("web/Dockerfile", "FROM scratch\nCOPY --from=c a /\n");
    for directory in ["sub/d", "links/sub/d"] {
        repo.write(
            "imgver.yaml",
            format!("services:\n  web: {{ image: acme/web, build-contexts: {{ c: {directory} }} }}\n"),
        );
        let found = inputs(&repo, "web");
        assert!(paths(&found).contains(&"sub"), "{directory}: {found}");
    }
}

#[test]
fn patterns_of_parents_reach_into_submodules() {
    let (_other, repo) = with_submodule();
    repo.write("web/Dockerfile", "");
    repo.git(["mv", "sub", "libs"]);
    for file in ["own/f.txt", "own/deep/f.txt", "lib/f.txt", "toys/f.txt", "a.txt"] {
        repo.write(file, "");
    }
    repo.write("imgver.yaml", "services:\n  web: { image: acme/web, context: . }\n");
    for (sources, is_reached) in [
        ("--parents **/f.txt", true),
        ("--parents ./**/f.txt", true),
        ("--parents */f.txt", true),
        ("--parents *s/./**/f.txt", true),
        ("--parents l*/./**/f.txt", true),
        ("--parents */./deep/f.txt", true),
        ("--parents */deep/*", true),
        ("--parents o*/deep/*", false),
        ("--parents own/./**/f.txt", false),
        ("--parents own/f.txt", false),
        ("--parents *.txt", false),
    ] {
        repo.write(
            "web/Dockerfile",
            format!("# syntax=docker/dockerfile:1\nFROM scratch\nCOPY {sources} /\n"),
        );
        let found = inputs(&repo, "web");
        assert_eq!(paths(&found).contains(&"libs"), is_reached, "{sources}: {found}");
        assert_eq!(gaps(&found), [""; 0], "{sources}");
    }
}

#[test]
fn what_a_build_begins_with_and_git_does_not_track_is_told() {
    let repo = Repo::new();
    service(&repo, "web", "FROM scratch\nCOPY a b /\n");
    repo.write("web/a", "");
    repo.write("web/b", "");
    repo.commit("begin");
    let warnings = || repo.imgver(["inputs", "web"]).run().stderr;
    assert_eq!(warnings(), "");
    repo.write("web/.dockerignore", "b\n");
    repo.write("web/new/Dockerfile", "FROM scratch\n");
    assert!(warnings().contains("git does not track web/.dockerignore, "), "{}", warnings());
    repo.git(["add", "web/.dockerignore"]);
    assert_eq!(warnings(), "");
    repo.git(["rm", "-q", "--cached", "web/Dockerfile"]);
    let told = warnings();
    assert!(told.contains("git add :/web/Dockerfile\n"), "{told}");
    assert_eq!(told.lines().count(), 1, "{told}");
}

#[test]
fn the_explanation_names_mounts_and_tells_each_gap_once() {
    let repo = Repo::new();
    let mount = "RUN --mount=type=bind,source=src make\n";
    service(&repo, "web", &format!("FROM scratch\n{mount}COPY dist /\n{}", mount.replace("src", "made")));
    repo.write("web/src/a", "");
    repo.commit("begin");
    let explained = explained(&repo, "web");
    let lines: Vec<&str> = explained.lines().filter(|line| line.contains("Dockerfile:")).collect();
    let all = "the whole context and the service's directory count";
    assert_eq!(
        lines,
        [
            "web/Dockerfile:2: RUN --mount src reads 1 file of web",
            &format!("web/Dockerfile:3: COPY: dist matches no tracked file: {all}"),
            &format!("web/Dockerfile:4: RUN --mount: made matches no tracked file: {all}"),
        ]
    );
}

#[test]
fn a_context_behind_a_link_is_read_where_the_link_leads() {
    let repo = Repo::new();
    repo.write("web/Dockerfile", "FROM scratch\nCOPY x.txt /\n");
    repo.write("a/b/x.txt", "");
    repo.write("a/b/y.txt", "");
    repo.write("a/b/.dockerignore", "z\n");
    symlink("a", repo.path().join("ctx")).unwrap();
    symlink("/nowhere", repo.path().join("out")).unwrap();
    let config = |context: &str| {
        let settings = format!("context: {context}, dockerfile: web/Dockerfile");
        repo.write("imgver.yaml", format!("services:\n  web: {{ image: acme/web, {settings} }}\n"));
    };
    config("ctx/b");
    let found = inputs(&repo, "web");
    assert_eq!(paths(&found), ["a/b/.dockerignore", "a/b/x.txt", "ctx", "web/Dockerfile"]);
    assert_eq!((gaps(&found).len(), &found["ignore_file"]), (0, &"a/b/.dockerignore".into()));
    assert_eq!(found["files"][2]["why"][0]["instruction"], "on the way");
    symlink("b", repo.path().join("a/c")).unwrap();
    config("ctx/c");
    let found = inputs(&repo, "web");
    assert_eq!(paths(&found), ["a/b/.dockerignore", "a/b/x.txt", "a/c", "ctx", "web/Dockerfile"]);
    config("out/b");
    let found = inputs(&repo, "web");
    assert!(paths(&found).contains(&"out"), "{found}");
    assert!(gaps(&found)[0].contains("the context out/b is behind a symbolic link"), "{found}");
}

#[test]
fn named_contexts_are_read_with_what_they_leave_out() {
    let repo = Repo::new();
    repo.write(
        "imgver.yaml",
        "image: acme/{name}\nservices:\n  web:\n    build-contexts:\n      shared: libs/shared\n      far: https://example.com/a.git\n",
    );
    repo.write("web/Dockerfile", "FROM scratch\nCOPY --from=shared a /\nCOPY --from=far b /\n");
    repo.write("libs/shared/a", "");
    repo.write("libs/shared/b", "");
    repo.write("libs/shared/.dockerignore", "b\n");
    repo.write("web/c", "");
    let found = inputs(&repo, "web");
    assert_eq!(paths(&found), ["libs/shared/.dockerignore", "libs/shared/a", "web/Dockerfile"]);
    assert_eq!(found["ignored"], 1);
}

#[test]
fn many_files_take_no_time_to_speak_of() {
    let repo = Repo::new();
    service(&repo, "web", "FROM scratch\nCOPY src/lib/*.js /a/\nCOPY src/app /b/\n");
    for number in 0..1000 {
        repo.write(&format!("web/src/app/{}/{number}.js", number % 7), "");
    }
    repo.write("web/src/lib/a.js", "");
    repo.write("web/.dockerignore", "**/*.md\n!keep.md\nnode_modules\n**/dist/**\n");
    assert_eq!(paths(&inputs(&repo, "web")).len(), 1003);
}
