//! The notes of releases as Markdown, for the page of a release on a hosting service.

use super::ReleaseNotes;

/// What can begin anything but text in Markdown, or in its extensions by hosting services: code, emphasis, links, HTML, entities,
/// tables, strikethrough, formulas. `#123` and `@name` are left alone: they are meant as links there.
const SPECIAL: [char; 12] = ['\\', '`', '*', '_', '[', ']', '<', '>', '&', '|', '~', '$'];

/// All of `notes` as one text, each under a heading of its own if there are several.
pub fn markdown(notes: &[ReleaseNotes]) -> String {
    let sections = notes.iter().map(|notes_of_one| section(notes_of_one, notes.len() > 1));
    sections.collect::<Vec<_>>().join("\n")
}

fn section(notes: &ReleaseNotes, has_heading: bool) -> String {
    let mut text = String::new();
    if has_heading {
        text.push_str(&format!("## {}\n\n", literal(&notes.title())));
    }
    if !notes.together.is_empty() {
        text.push_str(&format!("Services: {}\n\n", literal(&notes.together.join(", "))));
    }
    let previous = notes.previous.as_deref().map(literal);
    text.push_str(&notes.lead(previous.as_deref()));
    text.push('\n');
    if !notes.changes.is_empty() {
        text.push('\n');
    }
    notes.lines().for_each(|line| text.push_str(&format!("- {}\n", literal(&line))));
    text
}

/// `text` so that it reads as it is written. Any punctuation may follow a backslash
/// ([CommonMark, "Backslash escapes"](https://spec.commonmark.org/0.31.2/#backslash-escapes)).
fn literal(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if SPECIAL.contains(&character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::ChangelogEntry;

    fn notes(name: &str, subjects: &[&str]) -> ReleaseNotes {
        let change = |subject: &&str| ChangelogEntry {
            commit: "188f7a2".to_owned(),
            subject: (*subject).to_owned(),
            author: "Ada".to_owned(),
        };
        ReleaseNotes {
            name: name.to_owned(),
            together: Vec::new(),
            version: "1.0.1".to_owned(),
            is_prerelease: false,
            previous: Some(format!("{name}@1.0.0")),
            changes: subjects.iter().map(change).collect(),
        }
    }

    #[test]
    fn one_release_is_a_list_without_a_heading() {
        assert_eq!(
            markdown(&[notes("a/api", &["Mend it (#12)", "Thank @bob"])]),
            "Changes since a/api@1.0.0:\n\n- 188f7a2 Mend it (#12) (Ada)\n- 188f7a2 Thank @bob (Ada)\n"
        );
    }

    #[test]
    fn several_releases_have_headings() {
        let together = ReleaseNotes { together: vec!["a_b".to_owned(), "c".to_owned()], ..notes("x", &[]) };
        assert_eq!(
            markdown(&[notes("my_api", &["Run"]), together]),
            "## my\\_api 1.0.1\n\nChanges since my\\_api@1.0.0:\n\n- 188f7a2 Run (Ada)\n\n\
             ## Release 1.0.1\n\nServices: a\\_b, c\n\nNo change since x@1.0.0.\n"
        );
    }

    #[test]
    fn what_a_commit_says_stays_text() {
        let hostile = "</li><script>`x` *y* [z](http://q) &lt; $a$ a|b ~c~ \\ \r\n# h\u{1b}[0m\u{202e}";
        let text = markdown(&[notes("api", &[hostile])]);
        assert_eq!(text.lines().count(), 3, "{text}");
        let line = text.lines().last().unwrap();
        assert!(!text.chars().any(|character| character.is_control() && character != '\n'), "{text:?}");
        let mut before = ' ';
        for character in line.chars() {
            assert!(
                before == '\\' || character == '\\' || !SPECIAL.contains(&character),
                "{character} in {line}"
            );
            before = if before == '\\' { ' ' } else { character };
        }
    }
}
