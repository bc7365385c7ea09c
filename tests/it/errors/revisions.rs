//! Revisions that name no commit, or not for sure.

use super::page::{Page, row};
use crate::support::Repo;

pub(crate) fn fill(page: &mut Page) {
    let repo = Repo::new();
    repo.service("api");
    repo.commit("begin");
    repo.tag("api@1.0.0");
    repo.commit("more");
    // Two blobs whose hashes begin alike.
    for text in ["195\n", "389\n"] {
        repo.git_run(["hash-object", "-w", "--stdin"]).input(text).run().text();
    }
    let rev = |what, revision: &str| row(3, what, format!("imgver version api --rev {revision}"));
    page.rows(
        &repo,
        [
            rev("an empty revision", "''"),
            rev("a range", "HEAD~1..main"),
            rev("commits that are left out", "^main"),
            rev("all parents", "'HEAD^@'"),
            rev("a parent that a commit does not have", "HEAD^2"),
            rev("a message on any branch", ":/more"),
            rev("a message that no commit has", "'HEAD^{/no such}'"),
            rev("a message by a regular expression", "'HEAD^{/(more|less)}'"),
            rev("a reserved message", "'HEAD^{/!more}'"),
            rev("a file", "HEAD:api"),
            rev("a hash of three digits", "abc"),
            rev("a hash that no object has", "0123456789abcdef0123456789abcdef01234567"),
            rev("a hash that is too long", "0123456789abcdef0123456789abcdef0123456789abcdef"),
            rev("a hash of several objects", "6bb2"),
            rev("an earlier state by the clock", "'main@{yesterday}'"),
            rev("an earlier state that is not recorded", "'main@{9}'"),
            rev("a ref without a reflog", "'api@1.0.0@{1}'"),
            rev("a branch that was never left", "'@{-1}'"),
            rev("an upstream that is not set", "'@{upstream}'"),
            rev("what would be pushed to", "'main@{push}'"),
        ],
    );
    repo.git(["checkout", "-q", "--detach"]);
    page.rows(&repo, [rev("an upstream without a branch", "'@{u}'")]);
}
