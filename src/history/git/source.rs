//! Where the code of a commit comes from, and when it was made.

use gix::remote::Direction;
use gix::url::Scheme;

use super::{CommitId, FSCK, Repository, unreadable};
use crate::error::{Context as _, Kind, Result};
use crate::history::commit_header;

impl Repository {
    /// When `commit` was committed, in seconds since 1970; 0 where its header does not say.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn commit_time(&self, commit: CommitId) -> Result<i64> {
        let unreadable = || unreadable("commit", &commit.0);
        let object = self.inner.find_object(commit.0).context(Kind::Repository, unreadable);
        let object = object.map_err(|error| error.hint(FSCK))?;
        let seconds = commit_header::parse(&object.data).map(|(_, seconds)| seconds);
        Ok(seconds.unwrap_or(0))
    }

    /// Where the remote `origin` is on the web: its URL, as git rewrites it (`url.*.insteadOf`), without user, password,
    /// query and the `.git` at its end. What is fetched over SSH or git's own protocol is taken to be on the web under the
    /// same name, as it is on the hosts that people use. None where there is no such remote, for one on this machine, and
    /// for a URL of which it is not certain that nothing secret is left: labels are public.
    pub fn source_url(&self) -> Option<String> {
        let origin = self.inner.find_remote("origin").ok()?;
        web_url(origin.url(Direction::Fetch)?)
    }
}

fn web_url(url: &gix::Url) -> Option<String> {
    // Only the web's own ports mean the same there.
    let (scheme, port) = match url.scheme {
        Scheme::Https => ("https", url.port),
        Scheme::Http => ("http", url.port),
        Scheme::Ssh | Scheme::Git => ("https", None),
        _ => return None,
    };
    // Over SSH, a name without a dot is one of a user's own configuration (ssh_config(5)), or the user's own name.
    let host =
        url.host().filter(|host| matches!(url.scheme, Scheme::Https | Scheme::Http) || host.contains('.'))?;
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    let path = url.path.to_string();
    let path = path.split(['?', '#']).next()?.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    // No `@` and no `:`, which a misspelled URL leaves in its path with the password before them. `~` is a home directory.
    let is_plain = |text: &str, more: &[char]| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(&c))
    };
    let is_on_the_web = is_plain(host, &['.', '-']) && is_plain(path, &['.', '-', '_', '/', '+']);
    is_on_the_web.then(|| format!("{scheme}://{host}{port}/{path}"))
}

#[cfg(test)]
mod tests {
    use super::web_url;

    fn web(remote: &str) -> Option<String> {
        web_url(&gix::url::parse(remote).ok()?)
    }

    #[test]
    fn remotes_are_found_on_the_web_without_what_is_secret() {
        for (remote, address) in [
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
            assert_eq!(web(remote).as_deref(), Some(address), "{remote}");
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
            "https://example.org/100%25",
            "https://example.org/a;token=s3cret",
            "user:s3cret@example.org:path/x",
            "https:user:s3cret@example.org/path",
            "user@example.org:s3cret@example.com/x",
            "https://s3cret/token@example.org/team/repo",
            "ssh://git@[::1]:22/repo",
            "work:team/repo",
            "C:\\repo",
            "$(id)@example.org:${x}",
        ] {
            assert_eq!(web(remote), None, "{remote}");
        }
    }
}
