//! What must hold before a version may be used.

use super::page::{Page, row};
use crate::support::Repo;

pub(crate) fn fill(page: &mut Page) {
    let repo = Repo::new();
    for service in ["services/api", "services/web"] {
        repo.service(service);
    }
    repo.commit("begin");
    repo.annotate("services/api@1.2.3");
    repo.commit("more");
    page.rows(
        &repo,
        [
            row(0, "a service without a release", "imgver version web"),
            row(0, "a repository without a release", "imgver extended"),
            row(0, "services without a release", "imgver list"),
            row(4, "a release is required", "imgver version web --require-release"),
            row(4, "a release of the repository is required", "imgver version --require-release"),
            row(4, "a commit behind the release", "imgver version api --exact"),
            row(4, "production, with a commit behind the release", "imgver tag api --environment production"),
            row(4, "production without a release", "imgver tag web --environment production"),
            row(
                4,
                "production with a version that the commit does not carry",
                "imgver tag api --environment production --set-version 1.2.3",
            ),
            row(0, "a release given by hand", "imgver tag api --environment staging --set-version 1.2.3"),
            row(4, "a release given by hand, with changes", "imgver build api --set-version 1.2.3 --dry-run")
                .with("services/api/Taskfile.yaml", "vars: {IMAGE_REPO: x}\n"),
            row(
                4,
                "a release given by hand, whatever --no-dirty says",
                "imgver tag api --set-version 1.2.3 --no-dirty",
            )
            .with("services/api/Taskfile.yaml", "vars: {IMAGE_REPO: x}\n"),
            row(4, "a build for production", "imgver build api --environment production --dry-run"),
            row(4, "uncommitted changes", "imgver version api --exact")
                .with("services/api/Taskfile.yaml", "vars: {IMAGE_REPO: x}\n"),
            row(4, "uncommitted changes anywhere", "imgver version --exact")
                .with("services/api/Taskfile.yaml", "vars: {IMAGE_REPO: x}\n"),
            row(
                4,
                "production with a version that no commit carries",
                "imgver tag api --environment production --set-version 1.3.0",
            ),
            row(4, "a commit behind the release, by its name", "imgver version api --exact --rev main"),
            row(
                4,
                "production with tags of another format",
                "imgver tag api --environment production --tag-format 'rel/{name}/{version}'",
            ),
            row(
                4,
                "production for the repository as a whole",
                "imgver tag --whole --environment production --repo a/b",
            ),
            row(4, "production with a prefix of tags", "imgver version --exact --tag-prefix release-"),
            row(3, "a revision that is none", "imgver version api --rev no-such"),
            row(3, "a revision before the first one", "imgver version api --rev HEAD~9"),
            row(3, "a revision that is a tree", "imgver version api --rev 'HEAD^{tree}'"),
        ],
    );
    candidates(page);
    let released = Repo::new();
    released.service("api");
    released.commit("api");
    released.tag("api@1.0.0");
    released.tag("v1.0.0");
    let exact = "imgver version api --exact";
    page.rows(
        &released,
        [
            row(4, "a file that no commit has", exact).with("api/notes.txt", "x"),
            row(4, "a file that no commit has, for production", "imgver tag api --environment production")
                .with("api/notes.txt", "x"),
            row(4, "files that no commit has, anywhere", "imgver version --exact")
                .with("a.txt", "x")
                .with("b.txt", "x")
                .with("c.txt", "x")
                .with("d.txt", "x"),
            row(5, "a .dockerignore with which no build begins", exact)
                .with("api/.dockerignore", "tests\n[\n"),
            row(5, "a .dockerignore that is too large", exact)
                .with("api/.dockerignore", vec![b'\n'; (1 << 20) + 1]),
        ],
    );
    let long = Repo::init("long", &["--object-format=sha256"]);
    long.write("services/web/Taskfile.yaml", "vars: {IMAGE_REPO: example/services-web}\n");
    long.commit("web");
    let largest = u64::MAX;
    long.tag(&format!("services/web@{largest}.{largest}.{largest}"));
    page.rows(
        &long,
        [row(5, "a version that is too long for an image tag", "imgver extended web --image --abbrev 64")],
    );
    for number in 0..3 {
        repo.commit(&format!("more {number}"));
    }
    let shallow = repo.cloned("shallow", &["--depth=2"]);
    page.rows(
        &shallow,
        [
            row(3, "a clone that is too shallow", "imgver version api"),
            row(3, "a clone that is too shallow for the repository as a whole", "imgver version"),
            row(3, "a revision that a shallow clone lacks", "imgver version api --rev HEAD~4"),
        ],
    );
}

/// What only a commit with the tag of a pre-release is.
fn candidates(page: &mut Page) {
    let repo = Repo::new();
    repo.write("imgver.yaml", "prereleases: [beta, rc]\n");
    for service in ["services/api", "services/web"] {
        repo.service(service);
    }
    repo.commit("begin");
    repo.annotate("services/api@1.1.0-rc.1");
    repo.annotate("services/web@1.1.0-rc.2");
    let candidate = |service| format!("imgver tag {service} --environment candidate");
    let production = |version| format!("imgver tag api --environment production --set-version {version}");
    page.rows(
        &repo,
        [
            row(4, "a candidate with changes", candidate("api"))
                .with("services/api/Taskfile.yaml", "vars: {IMAGE_REPO: x}\n"),
            row(4, "a candidate of another number", candidate("api") + " --set-version 1.1.0-rc.2"),
            row(4, "a candidate of another word", candidate("api") + " --set-version 1.1.0-null.1"),
            row(4, "a candidate that is a release", candidate("api") + " --set-version 1.1.0"),
            row(4, "a candidate that is neither", candidate("api") + " --set-version try-1"),
            row(4, "a broken candidate", candidate("api"))
                .with(".git/refs/tags/services/api@1.1.0-rc.1", "no hash\n"),
            row(4, "a release that is a candidate", production("1.1.0-rc.1")),
            row(4, "a release that is neither", production("try-1")),
            row(3, "a pre-release that there is not", "imgver locate 1.1.0-rc.3"),
            row(5, "a pre-release with a word that is not configured", "imgver locate 1.1.0-alpha.3"),
            row(5, "an image of a pre-release that is none", "imgver locate Example/api:1.1.0-rc.1"),
        ],
    );
    repo.commit("more");
    repo.annotate("services/web@1.1.0-rc.1");
    page.rows(
        &repo,
        [
            row(4, "a commit that is no candidate", candidate("api")),
            row(4, "a commit that is no candidate, by its name", candidate("api") + " --rev main"),
            row(4, "a prefix that no candidate has", candidate("--whole --tag-prefix v --repo a/b")),
            row(5, "a pre-release of two services", "imgver locate 1.1.0-rc.1"),
        ],
    );
    let clone = repo.cloned("clone", &["--depth=1"]);
    page.rows(
        &clone,
        [row(3, "a pre-release of any service, in a shallow clone", "imgver locate 1.1.0-rc.1")],
    );
}
