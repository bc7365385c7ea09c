//! The same answer for the work tree and for a commit.

use imgver::domain::PathSet as _;
use imgver::inputs::{Commit, Reader, Snapshot, WorkTree};
use imgver::workspace::{BuildSettings, ImageOrigin, Origin, Service, ServiceImage, taskfile::ImageRepo};
use imgver::yaml::Place;

use super::{inputs, paths, service};
use crate::ops::checkout;
use crate::support::{Repo, image_of};

/// `names` as services of Taskfiles.
fn services(names: &[&str]) -> Vec<Service> {
    let place = Place { line: 1, column: 1 };
    let of = |name: &&str| Service {
        path: (*name).to_owned(),
        directory: (*name).to_owned(),
        origin: Origin { taskfile: None, entry: None },
        images: vec![ServiceImage {
            repo: ImageRepo::Plain { text: image_of(name), place },
            source: ImageOrigin::Config,
        }],
        computed: None,
        replacement: None,
        build: BuildSettings::of_directory(name),
        watch: Vec::new(),
        watches_inputs: false,
    };
    names.iter().map(of).collect()
}

/// Which of the tracked paths are inputs of `service`.
fn listed(services: &[Service], service: &str, snapshot: &dyn Snapshot) -> Vec<String> {
    let inputs = Reader::new(services, snapshot).inputs(service).unwrap().unwrap();
    let files = inputs.files(snapshot.paths().unwrap());
    let files: Vec<String> = files.into_iter().map(|(path, _)| path.to_owned()).collect();
    for tracked in snapshot.paths().unwrap() {
        assert_eq!(inputs.has(tracked.path.as_bytes()), files.contains(&tracked.path), "{}", tracked.path);
    }
    files
}

#[test]
fn a_commit_answers_as_its_checkout_did() {
    let repo = Repo::new();
    let base = image_of("base");
    let mut recorded = Vec::new();
    for (dockerfile, ignore, more) in [
        (format!("FROM {base}\nCOPY src /\n"), "", "web/src/a"),
        (format!("FROM {base}\nCOPY . /\n"), "*.md\n", "web/b.md"),
        ("FROM scratch\nCOPY *.md gone /\n".to_owned(), "", "web/c.md"),
        (format!("FROM {base}:1.0.0\nCOPY src/* /\n"), "src/a\n", "web/src/d"),
    ] {
        service(&repo, "base", "FROM scratch\nCOPY x /\n");
        repo.write("base/x", "");
        service(&repo, "web", &dockerfile);
        repo.write("web/.dockerignore", ignore);
        repo.write(more, "");
        let expected: Vec<String> = paths(&inputs(&repo, "web")).iter().map(ToString::to_string).collect();
        recorded.push((repo.head(), expected));
    }
    let checkout = checkout(&repo);
    let services = services(&["base", "web"]);
    for (commit, expected) in &recorded {
        let commit = checkout.repository.find_commit(commit).unwrap().unwrap();
        assert_eq!(listed(&services, "web", &Commit::of(&checkout.repository, commit)), *expected);
    }
    let (_, last) = recorded.last().unwrap();
    assert_eq!(listed(&services, "web", &WorkTree::of(&checkout.repository).unwrap()), *last);
}

#[test]
fn a_sparse_checkout_has_the_same_inputs() {
    let repo = Repo::new();
    service(&repo, "base", "FROM scratch\nCOPY x /\n");
    repo.write("base/x/deep/a", "");
    repo.write("base/.dockerignore", "*.md\n");
    service(&repo, "web", &format!("FROM {}\nCOPY src /\n", image_of("base")));
    repo.write("web/src/a", "");
    let whole = inputs(&repo, "web");
    for options in [&["--cone"][..], &["--cone", "--sparse-index"]] {
        repo.git(["sparse-checkout", "set"].iter().chain(options).chain(&["web"]));
        assert!(!repo.path().join("base/x").exists());
        let sparse = repo.imgver(["inputs", "web", "--output", "json"]).run().json();
        assert_eq!(sparse, whole);
    }
}

#[test]
fn a_deleted_path_is_in_the_set() {
    let repo = Repo::new();
    service(&repo, "web", "FROM scratch\nCOPY src /app\n");
    repo.write("web/src/a", "");
    repo.commit("begin");
    let checkout = checkout(&repo);
    let snapshot = WorkTree::of(&checkout.repository).unwrap();
    let services = services(&["web"]);
    let inputs = Reader::new(&services, &snapshot).inputs("web").unwrap().unwrap();
    for (path, is_input) in [
        ("web/src/old.js", true),
        ("web/src/old/x.js", true),
        ("web/.dockerignore", true),
        ("web/Dockerfile.dockerignore", true),
        ("web/srcx", false),
        ("web/other", false),
        ("src/a", false),
    ] {
        assert_eq!(inputs.has(path.as_bytes()), is_input, "{path}");
    }
}
