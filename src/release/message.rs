//! The message of a release tag.

use crate::display::on_one_line;
use crate::domain::Version;

/// The most commits that a message lists: enough for a reader, and for `git show` to stay quick.
pub const CHANGES_MAX: usize = 100;

/// A commit in a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangelogEntry {
    /// Its abbreviated hash.
    pub commit: String,
    /// The subject of its message.
    pub subject: String,
    /// Who wrote it.
    pub author: String,
}

/// The message of the tag that releases `version` of `name`, after the release tag `previous`. Where the tag releases several
/// services, these are `together`, and there is no one name.
///
/// Only the first [`CHANGES_MAX`] of `changes` are listed.
pub fn message(
    name: &str,
    together: &[&str],
    version: Version,
    previous: Option<&str>,
    changes: &[ChangelogEntry],
) -> String {
    let mut text = if together.is_empty() {
        format!("{name} {version}\n\n")
    } else {
        format!("Release {version}\n\nServices: {}\n\n", together.join(", "))
    };
    text.push_str(&match (previous, changes) {
        (None, _) => "The first release.\n".to_owned(),
        (Some(tag), []) => format!("No change since {tag}.\n"),
        (Some(tag), _) => format!("Changes since {tag}:\n"),
    });
    if !changes.is_empty() {
        text.push('\n');
    }
    for ChangelogEntry { commit, subject, author } in changes.iter().take(CHANGES_MAX) {
        text.push_str(&format!("- {commit} {} ({})\n", on_one_line(subject), on_one_line(author)));
    }
    if changes.len() > CHANGES_MAX {
        text.push_str("- and earlier ones\n");
    }
    text
}

/// The words in a commit's message that keep GitHub from starting workflows for a push, if there are any ("Skipping
/// workflow runs" in its documentation of Actions).
pub fn skips_workflows(message: &str) -> Option<&'static str> {
    const ANYWHERE: [&str; 5] = ["[skip ci]", "[ci skip]", "[no ci]", "[skip actions]", "[actions skip]"];
    const TRAILERS: [&str; 2] = ["skip-checks:true", "skip-checks: true"];
    let lower = message.to_lowercase();
    let trailer = |words: &&&str| lower.trim_end().lines().any(|line| line.trim() == **words);
    let found = ANYWHERE.iter().find(|words| lower.contains(**words));
    found.or_else(|| TRAILERS.iter().find(trailer)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(subject: &str) -> ChangelogEntry {
        ChangelogEntry { commit: "188f7a2".to_owned(), subject: subject.to_owned(), author: "Ada".to_owned() }
    }

    fn version(text: &str) -> Version {
        Version::parse(text).unwrap()
    }

    #[test]
    fn a_message_says_what_is_new() {
        assert_eq!(
            message(
                "api",
                &[],
                version("1.0.1"),
                Some("api@1.0.0"),
                &[change("Mend it"), change("# b\u{1b}[31m")]
            ),
            "api 1.0.1\n\nChanges since api@1.0.0:\n\n- 188f7a2 Mend it (Ada)\n- 188f7a2 # b\\u{1b}[31m (Ada)\n"
        );
        assert_eq!(
            message("api", &[], version("1.0.1"), Some("api@1.0.0"), &[]),
            "api 1.0.1\n\nNo change since api@1.0.0.\n"
        );
        assert_eq!(message("api", &[], version("0.1.0"), None, &[]), "api 0.1.0\n\nThe first release.\n");
        assert_eq!(
            message("api", &["api", "web"], version("1.0.1"), Some("v1.0.0"), &[]),
            "Release 1.0.1\n\nServices: api, web\n\nNo change since v1.0.0.\n"
        );
        let long =
            message("api", &[], version("0.1.0"), Some("api@0.0.9"), &vec![change("a"); CHANGES_MAX + 1]);
        assert_eq!(long.lines().count(), 4 + CHANGES_MAX + 1);
        assert!(long.ends_with("- and earlier ones\n"));
    }

    #[test]
    fn words_that_start_nothing_are_found() {
        for (message, words) in [
            ("Release [skip ci]", Some("[skip ci]")),
            ("a\n\nb [CI Skip] c", Some("[ci skip]")),
            ("a\n\n\nskip-checks: true\n", Some("skip-checks: true")),
            ("skip ci", None),
            ("mind skip-checks: true", None),
        ] {
            assert_eq!(skips_workflows(message), words, "{message}");
        }
    }
}
