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

    /// The URLs that a push to `remote` goes to, as they are configured (`pushurl`, or several of `url`); none where it goes to
    /// the very URL that is fetched from.
    pub fn push_urls(&self, remote: &str) -> Vec<String> {
        let config = self.inner.config_snapshot();
        let configured = |name: &str| {
            let values = config.plumbing().strings(&format!("remote.{remote}.{name}")).unwrap_or_default();
            // An empty value takes back all before it (git-config(1)).
            let values = values.rsplit(|url| url.is_empty()).next().unwrap_or_default();
            values.iter().map(|url| url.to_str_lossy().into_owned()).collect::<Vec<_>>()
        };
        let fetched = configured("url");
        let pushed = Some(configured("pushurl")).filter(|urls| !urls.is_empty());
        let pushed = pushed.unwrap_or_else(|| fetched.clone());
        if pushed.len() == 1 && pushed.first() == fetched.first() { Vec::new() } else { pushed }
    }

    /// The names of all remotes, sorted.
    pub(super) fn remotes(&self) -> Vec<String> {
        self.inner.remote_names().iter().map(|remote| remote.to_str_lossy().into_owned()).collect()
    }

    /// Whether there is any remote.
    pub fn has_remotes(&self) -> bool {
        !self.inner.remote_names().is_empty()
    }

    /// Whether a remote is called `name`.
    pub fn is_remote(&self, name: &str) -> bool {
        self.inner.remote_names().iter().any(|remote| ***remote == *name.as_bytes())
    }

    /// Whether `remote` is the only one, so that all history was fetched from there.
    pub fn is_only_remote(&self, remote: &str) -> bool {
        self.inner.remote_names().len() == 1 && self.is_remote(remote)
    }

    /// The web address of the remote `origin`: of the first URL that it is configured with, wherever this clone fetches from
    /// instead (`url.*.insteadOf`), without user, password, query and a trailing `.git`. A remote that is fetched over SSH or
    /// git's own protocol is assumed to be on the web under the same name, as on all common hosts; those that have another
    /// name for SSH are known. None where there is no such remote, where it is on this machine, where its web address is
    /// unknown, and where the address might still contain a secret: labels are public.
    pub fn source_url(&self) -> Option<String> {
        let configured = self.inner.config_snapshot().plumbing().strings("remote.origin.url")?;
        // An empty value takes back all before it (git-config(1)).
        let first = configured.rsplit(|url| url.is_empty()).next()?.first()?;
        web_url(&gix::url::parse(first.as_bstr()).ok()?)
    }
}

fn web_url(url: &gix::Url) -> Option<String> {
    let is_web = matches!(url.scheme, Scheme::Https | Scheme::Http);
    let (scheme, port) = match url.scheme {
        Scheme::Https => ("https", url.port),
        Scheme::Http => ("http", url.port),
        // A port of another protocol says nothing about the web.
        Scheme::Ssh | Scheme::Git => ("https", None),
        _ => return None,
    };
    let host = url.host()?.to_ascii_lowercase();
    let path = url.path.to_string();
    let path = path.split(['?', '#']).next()?.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    // No `@` and no `:`: in a misspelled URL the path has them, after a password. `~` is a home directory.
    let is_plain = |text: &str, more: &[char]| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(&c))
    };
    if !is_plain(&host, &['.', '-']) || !is_plain(path, &['.', '-', '_', '/', '+']) {
        return None;
    }
    let (host, path) =
        if is_web { not_for_git_alone(&host, path)? } else { on_the_web(&host, url.port, path)? };
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    Some(format!("{scheme}://{host}{port}/{path}"))
}

/// Host and path of a repository that is fetched over HTTP; none where nothing but git gets an answer.
fn not_for_git_alone(host: &str, path: &str) -> Option<(String, String)> {
    let is_for_git = host.starts_with("git-codecommit.") || host == "source.developers.google.com";
    (!is_for_git).then(|| (host.to_owned(), path.to_owned()))
}

/// Host and path on the web of a repository that is fetched from `host` over SSH or git's own protocol.
///
/// Sources: "Using SSH over the HTTPS port" of GitHub, GitLab and Bitbucket; the clone URLs of Azure Repos and Cloud Source
/// Repositories in their documentation; the default SSH ports of Gerrit and Bitbucket Data Center, whose paths on the web
/// are others.
fn on_the_web(host: &str, port: Option<u16>, path: &str) -> Option<(String, String)> {
    const GERRIT: u16 = 29_418;
    const BITBUCKET: u16 = 7_999;
    let as_it_is = |host: &str| Some((host.to_owned(), path.to_owned()));
    match host {
        "ssh.github.com" => return as_it_is("github.com"),
        "altssh.gitlab.com" => return as_it_is("gitlab.com"),
        "altssh.bitbucket.org" => return as_it_is("bitbucket.org"),
        "ssh.dev.azure.com" | "vs-ssh.visualstudio.com" => {
            let parts: Vec<&str> = path.split('/').collect();
            let ["v3", organization, project, repository] = parts[..] else { return None };
            return Some(("dev.azure.com".to_owned(), format!("{organization}/{project}/_git/{repository}")));
        }
        _ => {}
    }
    let labels: Vec<&str> = host.split('.').collect();
    let (first, last) = (labels.first()?, labels.last()?);
    // A name without a dot, or with an end that no domain has (`github.com-work`), is an alias from the user's configuration
    // (ssh_config(5)), an address, or a user name.
    let is_alias = labels.len() < 2
        || !(last.starts_with("xn--")
            || (last.len() > 1 && last.bytes().all(|byte| byte.is_ascii_alphabetic())));
    let is_for_git = matches!(*first, "ssh" | "altssh" | "vs-ssh" | "git-ssh")
        || not_for_git_alone(host, path).is_none()
        || matches!(port, Some(GERRIT | BITBUCKET));
    // A place in the file system of a server.
    let top = path.split('/').next()?;
    let is_directory = matches!(
        top,
        "srv" | "home" | "var" | "opt" | "mnt" | "data" | "root" | "usr" | "tmp" | "Users" | "volume1"
    );
    if is_alias || is_for_git || is_directory { None } else { as_it_is(host) }
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
            ("ssh://git@ssh.github.com:443/team/repo.git", "https://github.com/team/repo"),
            ("git@ssh.github.com:team/repo.git", "https://github.com/team/repo"),
            ("git@GitHub.com:team/repo.git", "https://github.com/team/repo"),
            ("ssh://git@altssh.gitlab.com:443/group/sub/repo.git", "https://gitlab.com/group/sub/repo"),
            ("ssh://git@altssh.bitbucket.org:443/team/repo.git", "https://bitbucket.org/team/repo"),
            ("git@ssh.dev.azure.com:v3/acme/shop/web", "https://dev.azure.com/acme/shop/_git/web"),
            ("ssh://git@ssh.dev.azure.com/v3/acme/shop/web", "https://dev.azure.com/acme/shop/_git/web"),
            ("acme@vs-ssh.visualstudio.com:v3/acme/shop/web", "https://dev.azure.com/acme/shop/_git/web"),
            ("https://acme@dev.azure.com/acme/shop/_git/web", "https://dev.azure.com/acme/shop/_git/web"),
            ("git@git.example.org:2222/repo", "https://git.example.org/2222/repo"),
            ("ssh://git@gitlab.xn--p1ai:22/team/repo", "https://gitlab.xn--p1ai/team/repo"),
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
            // Other names, ports and paths on the web, or none.
            "git@ssh.example.org:team/repo",
            "ssh://git@altssh.example.org:443/team/repo",
            "git@ssh.dev.azure.com:acme/web",
            "git@ssh.dev.azure.com:v3/acme/our%20shop/web",
            "ssh://git-codecommit.us-east-1.amazonaws.com/v1/repos/shop",
            "https://git-codecommit.us-east-1.amazonaws.com/v1/repos/shop",
            "codecommit::us-east-1://shop",
            "codecommit://shop",
            "ssh://ada@source.developers.google.com:2022/p/acme/r/shop",
            "ssh://ada@review.example.org:29418/shop",
            "ssh://git@bitbucket.example.org:7999/team/repo.git",
            "git@github.com-work:team/repo.git",
            "git@192.168.0.10:team/repo.git",
            "ada@example.org:/srv/git/repo.git",
            "ssh://ada@example.org/home/ada/repo.git",
        ] {
            assert_eq!(web(remote), None, "{remote}");
        }
    }
}
