//! The remote that is pushed to, and where the code is on the web.

use gix::bstr::ByteSlice as _;
use gix::remote::Direction;
use gix::url::Scheme;

use super::Repository;

impl Repository {
    /// The remote that is pushed to: `remote.pushDefault`, else the only one, else `origin` (git-config(1)). It is the name of
    /// one, or a URL, which may contain a password.
    pub fn push_remote(&self) -> Option<String> {
        self.inner.remote_default_name(Direction::Push).map(|name| name.to_str_lossy().into_owned())
    }

    /// Whether a remote is called `name`.
    pub fn is_remote(&self, name: &str) -> bool {
        self.inner.remote_names().iter().any(|remote| ***remote == *name.as_bytes())
    }

    /// Whether `remote` is the only one, so that all history was fetched from there.
    pub fn is_only_remote(&self, remote: &str) -> bool {
        self.inner.remote_names().len() == 1 && self.is_remote(remote)
    }

    /// The web address of the remote `origin`: its URL as git rewrites it (`url.*.insteadOf`), without user, password, query
    /// and a trailing `.git`. A remote that is fetched over SSH or git's own protocol is assumed to be on the web under the same
    /// name, as on all common hosts. None where there is no such remote, where it is on this machine, and where the address
    /// might still contain a secret: labels are public.
    pub fn source_url(&self) -> Option<String> {
        let origin = self.inner.find_remote("origin").ok()?;
        web_url(origin.url(Direction::Fetch)?)
    }
}

fn web_url(url: &gix::Url) -> Option<String> {
    // A port of another protocol says nothing about the web.
    let (scheme, port) = match url.scheme {
        Scheme::Https => ("https", url.port),
        Scheme::Http => ("http", url.port),
        Scheme::Ssh | Scheme::Git => ("https", None),
        _ => return None,
    };
    // Over SSH, a name without a dot is an alias from the user's configuration (ssh_config(5)), or a user name.
    let host =
        url.host().filter(|host| matches!(url.scheme, Scheme::Https | Scheme::Http) || host.contains('.'))?;
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    let path = url.path.to_string();
    let path = path.split(['?', '#']).next()?.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    // No `@` and no `:`: in a misspelled URL the path has them, after a password. `~` is a home directory.
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
