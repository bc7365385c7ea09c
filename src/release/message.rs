//! The message of a release tag.

use crate::display::on_one_line;

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

/// What a release brings, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseNotes {
    /// What is released. Where the tag releases several services, there is no one name, and it does not appear.
    pub name: String,
    /// The services that the tag releases, if these are several.
    pub together: Vec<String>,
    /// The version.
    pub version: String,
    /// Whether the version is one before a release.
    pub is_prerelease: bool,
    /// The tag of the release before it; none if it is the first.
    pub previous: Option<String>,
    /// The commits that it brings, the newest first. Only the first [`CHANGES_MAX`] are listed.
    pub changes: Vec<ChangelogEntry>,
}

impl ReleaseNotes {
    /// The message of the tag.
    pub fn message(&self) -> String {
        let mut text = format!("{}\n\n", self.title());
        if !self.together.is_empty() {
            text.push_str(&format!("Services: {}\n\n", self.together.join(", ")));
        }
        text.push_str(&self.lead(self.previous.as_deref()));
        text.push('\n');
        if !self.changes.is_empty() {
            text.push('\n');
        }
        self.lines().for_each(|line| text.push_str(&format!("- {line}\n")));
        text
    }

    /// What is released, in one line.
    pub(super) fn title(&self) -> String {
        let ReleaseNotes { name, version, .. } = self;
        if self.together.is_empty() { format!("{name} {version}") } else { format!("Release {version}") }
    }

    /// What comes before the list of changes; `previous` is the tag of the release before, as it is to be written.
    pub(super) fn lead(&self, previous: Option<&str>) -> String {
        match (previous, &*self.changes) {
            (None, _) if self.is_prerelease => "There is no release before it.".to_owned(),
            (None, _) => "The first release.".to_owned(),
            (Some(tag), []) => format!("No change since {tag}."),
            (Some(tag), _) => format!("Changes since {tag}:"),
        }
    }

    /// The list of changes.
    pub(super) fn lines(&self) -> impl Iterator<Item = String> {
        let line = |ChangelogEntry { commit, subject, author }: &ChangelogEntry| {
            format!("{commit} {} ({})", on_one_line(subject), on_one_line(author))
        };
        let more = (self.changes.len() > CHANGES_MAX).then(|| "and earlier ones".to_owned());
        self.changes.iter().take(CHANGES_MAX).map(line).chain(more)
    }
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

    fn notes(version: &str, previous: Option<&str>, changes: Vec<ChangelogEntry>) -> ReleaseNotes {
        ReleaseNotes {
            name: "api".to_owned(),
            together: Vec::new(),
            version: version.to_owned(),
            is_prerelease: version.contains('-'),
            previous: previous.map(str::to_owned),
            changes,
        }
    }

    #[test]
    fn a_message_says_what_is_new() {
        let since = Some("api@1.0.0");
        let changes = vec![change("Mend it"), change("# b\u{1b}[31m")];
        for (notes, expected) in [
            (
                notes("1.0.1", since, changes),
                "api 1.0.1\n\nChanges since api@1.0.0:\n\n- 188f7a2 Mend it (Ada)\n- 188f7a2 # b\\u{1b}[31m (Ada)\n",
            ),
            (notes("1.0.1", since, vec![]), "api 1.0.1\n\nNo change since api@1.0.0.\n"),
            (notes("0.1.0", None, vec![]), "api 0.1.0\n\nThe first release.\n"),
            (notes("0.1.0-rc.1", None, vec![]), "api 0.1.0-rc.1\n\nThere is no release before it.\n"),
            (
                ReleaseNotes {
                    together: vec!["api".to_owned(), "web".to_owned()],
                    ..notes("1.0.1", Some("v1.0.0"), vec![])
                },
                "Release 1.0.1\n\nServices: api, web\n\nNo change since v1.0.0.\n",
            ),
        ] {
            assert_eq!(notes.message(), expected);
        }
        let long = notes("0.1.0", Some("api@0.0.9"), vec![change("a"); CHANGES_MAX + 1]).message();
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
