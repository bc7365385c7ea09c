//! What `imgver.yaml` cannot say. What does not fit the repository is in `configured`.

use super::page::{Page, row};
use crate::configuration::refusals;
use crate::support::Repo;

pub(crate) fn fill(page: &mut Page) {
    let repo = Repo::new();
    repo.service("web");
    repo.commit("begin");
    let rows = refusals::all()
        .map(|refusal| row(5, refusal.what, "imgver list").with("imgver.yaml", refusal.text()));
    page.rows(&repo, rows);
}
