//! A release has nothing that its commit has not, wherever the build of a service reads.

use crate::support::Repo;

const CONFIG: &str = "\
image: registry.example/acme/{name}
services:
  apps/web: { context: ., dockerfile: docker/web.Dockerfile }
  apps/api: { context: ., dockerfile: apps/api/Dockerfile }
  apps/jobs: {}
";

/// Three services, two of which are built from the root, released at `HEAD`.
fn workspace() -> Repo {
    let repo = Repo::new();
    repo.write("imgver.yaml", CONFIG);
    for file in ["docker/web.Dockerfile", "apps/api/Dockerfile", "apps/jobs/Dockerfile"] {
        repo.write(file, "FROM scratch\n");
    }
    repo.write(".dockerignore", "docs\n");
    repo.write("docker/web.Dockerfile.dockerignore", "apps/jobs\nnotes\n");
    for file in ["apps/web/a", "apps/jobs/a", "libs/ui/a", "docs/a", "notes/a"] {
        repo.write(file, "a\n");
    }
    repo.commit("first");
    for service in ["web", "api", "jobs"] {
        repo.tag(&format!("apps/{service}@1.0.0"));
    }
    repo
}

/// All that makes a production image, or a release.
fn strict(service: &str) -> Vec<Vec<&str>> {
    let commands = [
        &["version", "SERVICE", "--exact"][..],
        &["tag", "SERVICE", "--environment", "production"],
        &["tag", "SERVICE", "--set-version", "1.0.0"],
        &["build", "SERVICE", "--environment", "production", "--dry-run"],
        &["build", "SERVICE", "--set-version", "1.0.0", "--dry-run"],
    ];
    let command = |words: &&[&'static str]| {
        words.iter().map(|word| if *word == "SERVICE" { service } else { word }).collect()
    };
    commands.iter().map(command).collect()
}

#[track_caller]
fn assert_refused(repo: &Repo, service: &str, words: Option<&str>) {
    for args in strict(service) {
        let output = repo.imgver(&args).run();
        match words {
            Some(words) => assert!(output.fails(4).contains(words), "{service}, {words}: {output}"),
            None => assert_eq!(output.code, 0, "{service}: {output}"),
        }
    }
}

#[test]
fn untracked_files_count_where_the_build_could_read_them() {
    let could = "untracked files that its build could read: ";
    for (file, readers) in [
        ("libs/ui/new", &["apps/web", "apps/api"][..]),
        ("new", &["apps/web", "apps/api"]),
        ("docs/new", &["apps/web"]),
        ("notes/new", &["apps/api"]),
        ("apps/jobs/new", &["apps/api", "apps/jobs"]),
        // It would take the place of the one at the root.
        ("apps/api/Dockerfile.dockerignore", &["apps/api", "apps/web"]),
        ("docker/other.Dockerfile", &["apps/web", "apps/api"]),
    ] {
        let repo = workspace();
        repo.write(file, "new\n");
        for service in ["apps/web", "apps/api", "apps/jobs"] {
            let words = format!("{service} has {could}{file}\n");
            assert_refused(&repo, service, readers.contains(&service).then_some(&*words));
        }
        // Nothing is dirty for it.
        assert!(repo.list().iter().all(|service| service["dirty"] == false), "{file}");
        let all = repo.imgver(["build", "--all", "--environment", "production", "--dry-run"]).run();
        assert!(all.fails(4).contains(file), "{all}");
    }
}

#[test]
fn changes_count_where_the_build_could_read_them() {
    let could = "uncommitted changes that its build could read: ";
    for (file, readers) in [
        ("libs/ui/a", &["apps/web", "apps/api"][..]),
        ("docs/a", &["apps/web"]),
        ("notes/a", &["apps/api"]),
        (".dockerignore", &["apps/web", "apps/api"]),
    ] {
        let repo = workspace();
        // Of comments and blanks, so that no rule changes.
        repo.write(file, format!("{}# more\n", std::fs::read_to_string(repo.path().join(file)).unwrap()));
        for stage in [false, true] {
            if stage {
                repo.git(["add", "-A"]);
            }
            for service in ["apps/web", "apps/api", "apps/jobs"] {
                let words = format!("{service} has {could}{file}\n");
                assert_refused(&repo, service, readers.contains(&service).then_some(&*words));
            }
        }
        assert!(repo.list().iter().all(|service| service["dirty"] == false), "{file}");
        assert!(repo.imgver(["extended", "apps/web"]).run().line().ends_with(&repo.head()[..7]), "{file}");
    }
    // What a service watches makes it dirty as ever.
    let repo = workspace();
    repo.write("docker/web.Dockerfile", "FROM scratch AS other\n");
    assert_refused(&repo, "apps/web", Some("apps/web has uncommitted changes, so "));
    assert!(repo.imgver(["extended", "apps/web"]).run().line().ends_with("-dirty"));
    let repo = workspace();
    for file in ["libs/a", "libs/b", "libs/c", "libs/d", "libs/e"] {
        repo.write(file, "a");
    }
    repo.git(["add", "-A"]);
    let words = format!(
        "{could}libs/a, libs/b, libs/c and 2 more\nhint: commit or stash them, or list what the build does not need in docker/web.Dockerfile.dockerignore\n"
    );
    assert_refused(&repo, "apps/web", Some(&words));
}

#[test]
fn a_dockerfile_outside_of_the_context_is_read() {
    let repo = workspace();
    repo.write(
        "imgver.yaml",
        "image: a/{name}\nservices:\n  apps/jobs: { dockerfile: docker/jobs.Dockerfile }\n",
    );
    repo.commit("another Dockerfile");
    repo.git(["tag", "-f", "apps/jobs@1.0.0"]);
    repo.write("docker/jobs.Dockerfile", "FROM scratch\n");
    repo.write("docker/neighbour", "of no concern\n");
    assert_refused(&repo, "apps/jobs", Some("could read: docker/jobs.Dockerfile\n"));
    repo.commit("the Dockerfile");
    repo.git(["tag", "-f", "apps/jobs@1.0.0"]);
    assert_refused(&repo, "apps/jobs", None);
    // What it leaves out is beside it.
    repo.write("docker/jobs.Dockerfile.dockerignore", "new\n");
    repo.write("apps/jobs/new", "new");
    assert_refused(&repo, "apps/jobs", Some("could read: docker/jobs.Dockerfile.dockerignore\n"));
    repo.git(["add", "docker"]);
    assert_refused(
        &repo,
        "apps/jobs",
        Some("changes that its build could read: docker/jobs.Dockerfile.dockerignore\n"),
    );
    repo.git(["commit", "-q", "-m", "what it leaves out"]);
    repo.git(["tag", "-f", "apps/jobs@1.0.0"]);
    assert_refused(&repo, "apps/jobs", None);
    // The one that is named for this build has another.
    let other = ["build", "apps/jobs", "--environment", "production", "--dry-run", "--", "--file"];
    let build = |file: &str| repo.imgver(other).args([file]).run();
    assert!(build("docker/web.Dockerfile").fails(4).contains("could read: apps/jobs/new\n"));
    assert_eq!(build("docker/jobs.Dockerfile").code, 0);
    assert_eq!(build("./apps/../docker/jobs.Dockerfile").code, 0);
}

#[test]
fn one_tag_for_all_releases_what_every_build_reads() {
    let release = ["release", "apps/jobs", "--bump", "patch", "--any-branch", "--dry-run"];
    let repo = workspace();
    repo.write("docs/new", "new");
    assert_eq!(repo.imgver(release).run().code, 0);
    repo.write("imgver.yaml", format!("tag-format: v{{version}}\n{CONFIG}"));
    repo.git(["add", "imgver.yaml"]);
    repo.git(["commit", "-q", "-m", "one tag"]);
    repo.tag("v1.0.0");
    let output = repo.imgver(release).run();
    assert!(
        output.fails(4).contains("apps/web has untracked files that its build could read: docs/new\n"),
        "{output}"
    );
    std::fs::remove_file(repo.path().join("docs/new")).unwrap();
    assert_eq!(repo.imgver(release).run().code, 0);
}
