//! What is asked of a repository that may be damaged, by `hostile.rs` and by the fuzz target `repository`.

use std::path::Path;

use imgver::ops::list::{Request, list};
use imgver::ops::{Checkout, HistoryRequest, Rev, VersionForm};

/// Asks about everything that is read below `.git`, whatever comes of it; only a panic is wrong. `head` is the hash of a commit,
/// `release` a release tag.
pub(super) fn ask_everything(root: &Path, head: &str, release: &str) {
    let Ok(checkout) = Checkout::open_isolated(root) else { return };
    for rev in [Rev::Head, Rev::Named("HEAD~1".to_owned()), Rev::Named(format!("{release}^{{commit}}"))] {
        let request = Request {
            tag_format: None,
            history: HistoryRequest {
                rev,
                first_parent: false,
                scope: None,
                last_change: false,
                dirty: true,
            },
            form: VersionForm { abbrev: 7, next: None },
            changed_since: None,
        };
        let _ = list(&request, &checkout, None);
    }
    let repository = checkout.repository;
    if let (Ok(Some(new)), Ok(old)) = (repository.find_commit(head), repository.resolve(release)) {
        let _ = repository.diff(old, new);
        let _ = repository.merge_bases(old, new);
        let _ = repository.details(new);
    }
    let _ = repository.commits_beginning(&head[..6]);
    let _ = repository.default_branch(None);
    let _ = repository.has_tag("web@3.0.0");
}
