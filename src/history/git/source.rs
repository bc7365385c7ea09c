//! Where the code of a commit comes from, and when it was made.

use gix::url::Scheme;

use super::{CommitId, Repository, unreadable};
use crate::error::{Context as _, Kind, Result};
use crate::history::commit_header;

impl Repository {
    /// When `commit` was committed, in seconds since 1970; 0 where its header does not say.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn commit_time(&self, commit: CommitId) -> Result<i64> {
        let unreadable = || unreadable("commit", &commit.0);
        let object = self.inner.find_object(commit.0).context(Kind::Repository, unreadable)?;
        let seconds = commit_header::parse(&object.data).map(|(_, seconds)| seconds);
        Ok(seconds.unwrap_or(0))
    }

    /// Where the remote `origin` is on the web: its URL without user, password, query and the `.git` at its end. What is
    /// fetched over SSH or git's own protocol is taken to be on the web under the same name, as it is wherever code is
    /// hosted. None where there is no such remote, and for one on this machine.
    pub fn source_url(&self) -> Option<String> {
        let config = self.inner.config_snapshot();
        web_url(&config.string("remote.origin.url")?.to_string())
    }
}

fn web_url(remote: &str) -> Option<String> {
    let url = gix::url::parse(remote).ok()?;
    // Only the web's own ports mean the same there.
    let (scheme, port) = match url.scheme {
        Scheme::Https => ("https", url.port),
        Scheme::Http => ("http", url.port),
        Scheme::Ssh | Scheme::Git => ("https", None),
        _ => return None,
    };
    let host = url.host()?;
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    let path = url.path.to_string();
    let path = path.split(['?', '#']).next()?.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    let is_plain = |text: &str| !text.contains(|c: char| c.is_control() || c.is_whitespace());
    // `~user` is a home directory on that host.
    let is_on_the_web = !path.is_empty() && !path.starts_with('~') && is_plain(path) && is_plain(host);
    is_on_the_web.then(|| format!("{scheme}://{host}{port}/{path}"))
}

#[cfg(test)]
mod tests {
    use super::web_url;

    #[test]
    fn remotes_are_found_on_the_web_without_what_is_secret() {
        for (remote, web) in [
            ("https://example.org/team/repo.git", "https://example.org/team/repo"),
            ("https://example.org/team/repo/", "https://example.org/team/repo"),
            ("https://user:s3cret@example.org:8443/team/repo", "https://example.org:8443/team/repo"),
            ("https://s3cret@example.org/team/repo?token=s3cret#s3cret", "https://example.org/team/repo"),
            ("http://example.org/repo", "http://example.org/repo"),
            ("git@example.org:team/repo.git", "https://example.org/team/repo"),
            ("example.org:team/repo", "https://example.org/team/repo"),
            ("ssh://git@example.org:2222/team/repo.git", "https://example.org/team/repo"),
            ("git://example.org/team/repo", "https://example.org/team/repo"),
        ] {
            assert_eq!(web_url(remote).as_deref(), Some(web), "{remote}");
        }
    }

    #[test]
    fn other_remotes_are_not() {
        for remote in [
            "",
            "/srv/repo.git",
            "../repo",
            "file:///srv/repo.git",
            "ext::ssh s3cret@example.org",
            "s3://bucket/repo",
            "https://example.org/",
            "git@example.org:~user/repo",
            "https://example.org/a%0ab",
            "https://example.org/a b",
        ] {
            assert_eq!(web_url(remote), None, "{remote}");
        }
    }
}
