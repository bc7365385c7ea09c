//! The step that installs imgver.

/// Where the action is, in the repository that it is in.
const ACTION: &str = ".github/actions/setup-dependencies";

/// The action `setup-dependencies`, as a step names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SetupAction {
    /// That of the repository itself, which builds imgver from its source.
    Own,
    /// That of imgver's repository, at the commit of a release.
    Release(ActionRelease),
    /// That of imgver's repository, which is not known: a placeholder, which a person has to replace.
    Unknown {
        /// The release of imgver, e.g. `v0.1.0`.
        version: String,
    },
}

/// A release of imgver whose action a step can use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionRelease {
    /// `OWNER/NAME`
    repository: String,
    /// The full hash of the release's commit.
    commit: String,
    /// Its tag, e.g. `v0.1.0`.
    version: String,
}

impl ActionRelease {
    /// The release `version` of the repository and commit in `source`, e.g. `acme/imgver@` and forty hexadecimal digits; none
    /// if that is something else.
    pub fn parse(source: &str, version: &str) -> Option<Self> {
        let (repository, commit) = source.split_once('@')?;
        let (owner, name) = repository.split_once('/')?;
        let is_name = |text: &str| {
            !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
        };
        let is_hash = commit.len() == 40 && commit.chars().all(|c| c.is_ascii_hexdigit());
        let is_version = version.chars().all(|c| c.is_ascii_alphanumeric() || ".-+".contains(c));
        (is_name(owner) && is_name(name) && is_hash && is_version).then(|| ActionRelease {
            repository: repository.to_owned(),
            commit: commit.to_owned(),
            version: version.to_owned(),
        })
    }
}

impl SetupAction {
    /// That of this very release: `release.yaml` says from which repository and commit it makes a program. Any other build does
    /// not know.
    pub fn of_this_build() -> Self {
        let version = concat!("v", env!("CARGO_PKG_VERSION"));
        let release = option_env!("IMGVER_SOURCE").and_then(|source| ActionRelease::parse(source, version));
        release.map_or_else(|| SetupAction::Unknown { version: version.to_owned() }, SetupAction::Release)
    }

    /// The lines of the step.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let version = match self {
            SetupAction::Own => {
                lines.push(format!("- uses: ./{ACTION}"));
                None
            }
            SetupAction::Release(ActionRelease { repository, commit, version }) => {
                lines.push(format!("- uses: {repository}/{ACTION}@{commit} # {version}"));
                Some(version)
            }
            SetupAction::Unknown { version } => {
                lines.push(
                    "# TODO: put the owner of imgver's repository in place of OWNER, and the full hash"
                        .to_owned(),
                );
                lines.push(format!(
                    "# of the commit of {version} there in place of HASH. imgver check reports it until then."
                ));
                lines.push(format!("- uses: OWNER/imgver/{ACTION}@HASH # {version}"));
                Some(version)
            }
        };
        lines.extend(["  with:".to_owned(), "    install-task: 'false'".to_owned()]);
        lines.extend(version.map(|version| format!("    imgver-version: {version}")));
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_full_reference_is_one() {
        let hash = "0123456789abcdef0123456789abcdef01234567";
        let parse = |source: &str| ActionRelease::parse(source, "v1.2.3").map(SetupAction::Release);
        let release = parse(&format!("acme/imgver@{hash}"));
        let lines = release.map(|release| release.lines()).unwrap_or_default();
        assert_eq!(
            lines,
            [
                &*format!("- uses: acme/imgver/{ACTION}@{hash} # v1.2.3"),
                "  with:",
                "    install-task: 'false'",
                "    imgver-version: v1.2.3"
            ]
        );
        for source in
            ["", "acme/imgver", "acme@x", "/imgver@x", "a/b/c@x", "acme/im gver@x", "acme/imgver@main"]
        {
            let source = source.replace("@x", &format!("@{hash}"));
            assert_eq!(parse(&source), None, "{source}");
        }
        assert_eq!(ActionRelease::parse(&format!("acme/imgver@{hash}"), "v1 # x"), None);
    }
}
