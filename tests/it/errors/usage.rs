//! Command lines that mean nothing.

use super::page::{Page, row};
use crate::support::Repo;

pub(crate) fn fill(page: &mut Page) {
    let repo = Repo::new();
    repo.service("services/api");
    repo.commit("begin");
    page.rows(
        &repo,
        [
            row(2, "an unknown command", "imgver versoin"),
            row(2, "an unknown flag", "imgver version --exakt"),
            row(2, "a flag without its value", "imgver version --rev"),
            row(2, "more services than one", "imgver version api web"),
            row(2, "a value that a flag does not have", "imgver list --output yaml"),
            row(2, "an abbreviation that is too short", "imgver extended --abbrev 3"),
            row(2, "flags that exclude each other", "imgver version --repo team/api --image"),
            row(2, "a prefix and a format", "imgver version --tag-prefix v --tag-format 'v{version}'"),
            row(2, "nothing to compare with", "imgver changed"),
            row(2, "two things to compare with", "imgver changed --base HEAD --files-from list"),
            row(2, "a service and all services", "imgver build api --all"),
            row(2, "pushed and loaded", "imgver build api --push --load"),
            row(2, "a build argument without a name", "imgver build api --build-arg =value"),
            row(2, "a label without a name", "imgver build api --label =value"),
            row(2, "neither true nor false", "imgver plan --act maybe"),
            row(2, "an abbreviation that is longer than a commit's hash", "imgver extended --abbrev 64"),
            row(1, "a full disk behind standard output", "imgver version api >/dev/full"),
            row(
                1,
                "a current directory that is gone",
                "mkdir TMP/gone; cd TMP/gone; rmdir TMP/gone; imgver version",
            ),
        ],
    );
}
