//! Versions by service.

use super::page::{Page, row};
use crate::scope::{CONFIG, branch, change, merge, shop, switch};
use crate::support::Repo;

pub(crate) fn fill(page: &mut Page) {
    let repo = shop();
    let released = repo.head();
    branch(&repo, "search", "main");
    change(&repo, "web/search.js");
    switch(&repo, "main");
    let before = change(&repo, "README.md");
    switch(&repo, "search");
    merge(&repo, "main");
    let head = repo.head();
    page.rows(
        &repo,
        [
            row(2, "versions by service of the repository as a whole", "imgver extended --scope service"),
            row(
                2,
                "the same for its image",
                "imgver tag --whole --repo acme/all --set-version a --scope service",
            ),
            row(2, "an unknown scope", "imgver list --scope directory"),
            row(4, "an unchanged service behind its release", "imgver version api --exact"),
            row(4, "a changed service behind its release", "imgver tag web --environment production"),
            row(
                4,
                "a build for production behind the release",
                "imgver build --all --environment production --dry-run",
            ),
            row(0, "an image called by a release that changed since", "imgver version web --image"),
            row(
                0,
                "a push from beside the line of first parents",
                format!("imgver plan --event-name push --ref refs/heads/main --base {}", &before[..7]),
            ),
            row(
                0,
                "a release of what nothing changed",
                "imgver release api --bump patch --any-branch --dry-run",
            ),
            row(
                2,
                "filters of a release by service",
                "imgver release web --bump patch --any-branch --dry-run --filters TMP/filters.yaml",
            ),
            row(
                2,
                "a quantifier of a release by service",
                "imgver release web --bump patch --any-branch --dry-run --quantifier every",
            ),
            row(
                4,
                "a version in neither scope",
                format!("imgver locate ghcr.io/acme/web:2.0.0-0009-{}", &head[..7]),
            ),
            row(
                4,
                "a version of a commit that changes nothing",
                format!("imgver locate ghcr.io/acme/api:1.0.0-0000-{}", &head[..7]),
            ),
            row(4, "a changed configuration", "imgver tag api --environment production")
                .with("imgver.yaml", format!("# Ours.\n{}", crate::scope::CONFIG)),
        ],
    );
    assert_eq!(repo.git(["rev-parse", "api@1.0.0^{commit}"]), released);
    linked(page);
    shallow(page);
}

/// A configuration behind a symbolic link.
fn linked(page: &mut Page) {
    let repo = shop();
    repo.write("configs/shop.yaml", CONFIG);
    std::fs::remove_file(repo.path().join("imgver.yaml")).unwrap();
    std::os::unix::fs::symlink("configs/shop.yaml", repo.path().join("imgver.yaml")).unwrap();
    repo.commit("Link the configuration");
    repo.annotate("api@1.1.0");
    let production = "imgver tag api --environment production --scope repository";
    page.rows(
        &repo,
        [
            row(4, "a changed configuration behind a link", production)
                .with("configs/shop.yaml", format!("# Ours.\n{CONFIG}")),
            row(
                4,
                "a configuration of no commit behind a link",
                format!("git rm --quiet --cached configs/shop.yaml; {production}"),
            ),
        ],
    );
}

/// What a clone without some history cannot tell.
fn shallow(page: &mut Page) {
    let origin = shop();
    change(&origin, "web/page.html");
    change(&origin, "README.md");
    origin.annotate("api@1.1.0");
    let head = change(&origin, "README.md");
    let clone = origin.cloned("shallow", &["--depth", "2"]);
    page.rows(
        &clone,
        [
            row(3, "a clone that ends before the release", "imgver extended web"),
            row(3, "a table of a clone that ends before a release", "imgver list"),
            row(3, "a clone that ends before the last change", "imgver extended api --output json"),
            row(
                3,
                "labels of a clone that ends before the last change",
                "imgver build api --set-version a --dry-run",
            ),
        ],
    );
    let without_trees = partial(&origin, "treeless", "--filter=tree:0");
    page.rows(
        &without_trees,
        [
            row(
                4,
                "a version that may be one by service",
                format!("imgver locate web:2.0.0-0009-{} --service web", &head[..7]),
            ),
            row(3, "a clone without trees", "imgver extended web --scope service"),
        ],
    );
    let without_files = partial(&origin, "blobless", "--filter=blob:none");
    page.rows(&without_files, [row(3, "a clone without old files", "imgver extended web --scope service")]);
    let origin = shop();
    origin.write("imgver.yaml", CONFIG.replace("api: {}", "api: {watch-inputs: true}"));
    origin.commit("Watch inputs");
    change(&origin, "api/Dockerfile");
    origin.write("api/Dockerfile", "FROM scratch\nCOPY main.go .\n");
    origin.commit("Copy one file");
    origin.git(["config", "uploadpack.allowFilter", "true"]);
    let without_inputs = origin.cloned("inputs", &["--filter=blob:none"]);
    page.rows(&without_inputs, [row(3, "a clone without old Dockerfiles", "imgver extended api")]);
}

/// A clone that has all commits, but what `filter` names only of the newest; it counts by repository.
fn partial(origin: &Repo, name: &str, filter: &str) -> Repo {
    origin.write("imgver.yaml", crate::scope::CONFIG.replace("scope: service\n", ""));
    origin.commit("Count by repository");
    origin.git(["config", "uploadpack.allowFilter", "true"]);
    origin.cloned(name, &[filter])
}
