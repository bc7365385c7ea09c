//! Releases that must not be made, and images that lead to no commit.

use std::collections::HashMap;

use super::page::{Page, row};
use crate::support::Repo;

const API: &str = "example/services-api";

/// `services/api` is released as 1.2.3, and a commit further.
fn shop() -> Repo {
    let repo = Repo::new();
    for service in ["services/api", "services/web"] {
        repo.service(service);
    }
    repo.commit("begin");
    repo.annotate("services/api@1.2.3");
    repo.commit("more");
    repo
}

pub(crate) fn fill(page: &mut Page) {
    pages(page);
    versions(page);
    formats(page);
    branches(page);
    shallow(page);
    remotes(page);
    images(page);
    followed(page);
    ambiguous(page);
}

fn pages(page: &mut Page) {
    let repo = shop();
    page.rows(
        &repo,
        [
            row(2, "reasons where nothing is compared", "imgver list --explain"),
            row(2, "the manual page of no command", "imgver man nothing"),
            row(5, "manual pages in a directory that is not there", "imgver man --directory no-such"),
        ],
    );
}

fn versions(page: &mut Page) {
    let repo = shop();
    page.rows(
        &repo,
        [
            row(2, "no version to release", "imgver release api"),
            row(2, "a version that is none", "imgver release api --set v1.2.4"),
            row(
                0,
                "a commit that is released already",
                "imgver release api --set 1.2.4 --rev HEAD~1 --dry-run",
            ),
            row(4, "a release that is there", "imgver release api --set 1.2.3"),
            row(4, "a release below the last one", "imgver release api --set 1.2.2"),
            row(5, "a name that git takes for no tag", "imgver release 'services/my web' --set 1.0.0")
                .with("services/my web/Taskfile.yaml", "vars: {IMAGE_REPO: team/web}\n"),
            row(3, "no remote to push to", "imgver release api --bump patch --push"),
            row(4, "a release with uncommitted changes", "imgver release api --bump patch")
                .with("services/api/Taskfile.yaml", "vars: {IMAGE_REPO: x}\n"),
        ],
    );
    page.rows_on(
        &repo,
        &"/nonexistent".into(),
        [row(3, "no git to release with", "imgver release api --bump patch")],
    );
    repo.git(["tag", "services/api@3.0.0", "HEAD~1"]);
    repo.git(["tag", "services/api@2.0.0"]);
    page.rows(&repo, [row(4, "a release below one further back", "imgver release api --bump patch")]);
    repo.git(["tag", "services/web@1.0.18446744073709551615"]);
    page.rows(
        &repo,
        [
            row(2, "a number that is too large", "imgver release web --set 18446744073709551616.0.0"),
            row(4, "a release after the largest number", "imgver release web --bump patch"),
        ],
    );
}

/// Tags that are not in the default format.
fn formats(page: &mut Page) {
    let repo = shop();
    repo.git(["tag", "-d", "services/api@1.2.3"]);
    repo.git(["tag", "v1.2.3", "HEAD~1"]);
    page.rows(
        &repo,
        [
            row(4, "no first release", "imgver release api --bump patch"),
            row(0, "a first release all the same", "imgver release api --set 2.0.0 --dry-run"),
            row(
                0,
                "a release of all services",
                "imgver release api --bump patch --tag-format v{version} --dry-run",
            ),
            row(0, "a version where tags have another format", "imgver version api"),
            row(0, "versions where tags have another format", "imgver list"),
            row(4, "production where tags have another format", "imgver tag api --environment production"),
            row(3, "an image where tags have another format", format!("imgver locate {API}:1.2.3")),
        ],
    );
}

/// Releases that a shallow clone may lack.
fn shallow(page: &mut Page) {
    let origin = shop();
    origin.git(["checkout", "-q", "-b", "side"]);
    origin.commit("on the side");
    origin.annotate("services/api@3.0.0");
    origin.git(["checkout", "-q", "main"]);
    origin.commit("beside it");
    origin.git(["merge", "-q", "--no-ff", "-m", "merge", "side"]);
    origin.commit("after");
    origin.annotate("services/api@2.0.0");
    origin.commit("last");
    let clone = origin.cloned("deep", &["--depth=2"]);
    page.rows(
        &clone,
        [row(3, "a release that a shallow clone lacks", "imgver release api --bump patch --any-branch")],
    );
    clone.git(["remote", "add", "other", "/nonexistent"]);
    page.rows(
        &clone,
        [row(3, "a shallow clone of two remotes", "imgver release api --bump patch --any-branch")],
    );
    clone.git(["remote", "remove", "other"]);
    clone.git(["fetch", "-q", "--tags", "--depth=2"]);
    page.rows(
        &clone,
        [
            row(3, "beside a release that may be behind", "imgver release api --bump patch"),
            row(3, "a release that may be of another service", "imgver locate 2.0.0"),
        ],
    );
}

fn branches(page: &mut Page) {
    let origin = shop();
    origin.write(".github/workflows/build.yaml", "on: pull_request\njobs: {}\n");
    origin.commit("Build");
    let clone = origin.cloned("clone", &[]);
    clone.commit("not pushed");
    page.rows(
        &clone,
        [
            row(4, "a release that is not pushed yet", "imgver release api --bump patch --push"),
            row(0, "a release of a branch that is not pushed", "imgver release api --bump patch --dry-run"),
        ],
    );
    clone.git(["checkout", "-q", "-b", "topic"]);
    clone.commit("not merged");
    page.rows(&clone, [row(4, "a release that is not merged", "imgver release api --bump patch")]);
    clone.git(["checkout", "-q", "main"]);
    clone.git(["update-ref", "-d", "refs/remotes/origin/main"]);
    clone.git(["branch", "-q", "-m", "main", "work"]);
    page.rows(&clone, [row(3, "no default branch in the clone", "imgver release api --bump patch")]);
    clone.git(["symbolic-ref", "-d", "refs/remotes/origin/HEAD"]);
    page.rows(&clone, [row(4, "no record of the default branch", "imgver release api --bump patch")]);
    let alone = shop();
    alone.git(["branch", "-q", "-m", "work"]);
    page.rows(&alone, [row(4, "no branch that is the default one", "imgver release api --bump patch")]);
}

fn remotes(page: &mut Page) {
    let origin = shop();
    let clone = origin.cloned("clone", &[]);
    origin.git(["tag", "services/api@1.2.4"]);
    page.rows(
        &clone,
        [
            row(4, "a release that the remote has", "imgver release api --bump patch --push"),
            row(3, "beside a release that only the remote has", "imgver release api --bump minor --push"),
        ],
    );
}

fn images(page: &mut Page) {
    let repo = shop();
    let head = &repo.head()[..7];
    page.rows(
        &repo,
        [
            row(5, "an image without a tag", format!("imgver locate {API}")),
            row(5, "a tag that tells no commit", format!("imgver locate {API}:latest")),
            row(5, "what is no image", "imgver locate Team/api:1.2.3"),
            row(5, "an image that no service makes", "imgver locate example/services-apo:1.2.3"),
            row(
                3,
                "an image of a commit that is not here",
                format!("imgver locate {API}:1.2.3-0001-0000000"),
            ),
            row(3, "an image of a release that is not here", format!("imgver locate {API}:9.9.9")),
            row(3, "a release of any service that is not here", "imgver locate 9.9.9"),
            row(4, "a version that does not follow", format!("imgver locate {API}:1.2.3-0047-{head}")),
            row(0, "a version of git describe", format!("imgver locate services/api@1.2.3-1-g{head}")),
            row(0, "a version that a script made", format!("imgver locate {API}:1.2.3-1-{head}")),
            row(0, "a planned version", format!("imgver locate api@1.2.4-0001-{head}")),
            row(
                4,
                "a version of git describe that does not follow",
                format!("imgver locate {API}:1.2.3-47-g{head}"),
            ),
            row(
                5,
                "a version of git describe of no service",
                format!("imgver locate services/apo@1.2.3-1-g{head}"),
            ),
            row(
                0,
                "an image with uncommitted changes",
                format!("imgver locate {API}:1.2.3-0001-{head}-dirty"),
            ),
        ],
    );
    let shallow = repo.cloned("shallow", &["--depth=1"]);
    page.rows(
        &shallow,
        [row(
            3,
            "an image of a commit that a shallow clone lacks",
            format!("imgver locate {API}:1.2.3-0001-0000000"),
        )],
    );
    let bare = repo.cloned("bare", &["--bare"]);
    page.rows(
        &bare,
        [
            row(3, "a release of a service of a bare repository", "imgver locate 1.2.3"),
            row(3, "a release tag of a bare repository", "imgver locate services/api@1.2.3"),
            row(3, "an image of a service of a bare repository", "imgver locate 1.2.3 --service api"),
        ],
    );
    repo.git(["tag", "services/web@1.2.3"]);
    page.rows(&repo, [row(5, "a version of two services", "imgver locate 1.2.3")]);
}

/// Versions that followed once, or follow otherwise.
fn followed(page: &mut Page) {
    let repo = shop();
    let before = repo.imgver(["tag", "api"]).run().line();
    repo.git(["tag", "services/api@1.3.0"]);
    page.rows(&repo, [row(4, "a version before a later tag", format!("imgver locate {before}"))]);
    repo.git(["checkout", "-q", "-b", "side", "HEAD~1"]);
    repo.commit("on the side");
    repo.git(["checkout", "-q", "main"]);
    repo.git(["merge", "-q", "--no-ff", "-m", "merge", "side"]);
    let first = repo.imgver(["tag", "api", "--first-parent"]).run().line();
    page.rows(&repo, [row(4, "a version by first parents", format!("imgver locate {first}"))]);
}

fn ambiguous(page: &mut Page) {
    let repo = shop();
    let mut seen = HashMap::new();
    let twin = (0..5000).find_map(|number: u32| {
        let message = number.to_string();
        let commit = repo.git(["commit-tree", "HEAD^{tree}", "-p", "HEAD", "-m", &message]);
        seen.insert(commit[..4].to_owned(), number).map(|_| commit[..4].to_owned())
    });
    let digits = twin.expect("two commits that begin alike");
    page.rows(
        &repo,
        [
            row(5, "a hash of two commits", format!("imgver locate {API}:1.2.3-0002-{digits}")),
            row(
                5,
                "a hash of two commits, and a version of none",
                format!("imgver locate {API}:1.2.3-0003-{digits}"),
            ),
        ],
    );
}
