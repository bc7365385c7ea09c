//! The plan as the page of a run shows it, in GitHub Flavored Markdown.

use std::fmt::Write as _;

use crate::ci::Plan;
use crate::display::is_hidden;

/// The variable that names the file to append a step's summary to.
pub const STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// GitHub drops a summary that is larger than 1 MiB.
const WARNINGS_MAX: usize = 20;

/// A table of the services that are to be built, or a line that says that there are none; `warnings` below it.
///
/// It is written before anything is built, so it says what is meant to happen. What did happen is for the jobs that build.
pub fn summary(plan: &Plan, warnings: &[String]) -> String {
    let mut text = format!("### imgver plan: {}\n\n", plan.environment);
    if plan.services.is_empty() {
        text.push_str("There is nothing to build.\n");
    } else {
        text.push_str(match plan.push {
            true => "These images are to be built and then pushed:\n\n",
            false => "These images are to be built, and none is to be pushed:\n\n",
        });
        text.push_str("| service | image | version |\n| --- | --- | --- |\n");
        let version = plan.version.as_ref().map(|version| cell(version.as_str()));
        let version = version.unwrap_or("from its tags and commits".to_owned());
        for service in &plan.services {
            let images: Vec<String> = service.images.iter().map(|image| cell(image.as_str())).collect();
            let image = if images.is_empty() { "set by Task".to_owned() } else { images.join("<br>") };
            // Writing to a string cannot fail.
            let _ = writeln!(text, "| {} | {image} | {version} |", cell(&service.service));
        }
    }
    for warning in warnings.iter().take(WARNINGS_MAX) {
        let _ = write!(text, "\n> warning: {}\n", code(warning));
    }
    if warnings.len() > WARNINGS_MAX {
        let _ = write!(text, "\n> and {} more warnings\n", warnings.len() - WARNINGS_MAX);
    }
    text.push('\n');
    text
}

/// `text` as a code span on one line, with nothing in it that is Markdown.
fn code(text: &str) -> String {
    let plain: String =
        text.chars().map(|character| if is_hidden(character) { '\u{fffd}' } else { character }).collect();
    // A span ends at as many backticks as it begins with, so those are more than it has in a row.
    let longest = plain.split(|character| character != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    // One space on each side is not part of the span, and separates a backtick at its end from the fence.
    format!("{fence} {plain} {fence}")
}

/// `text` as a code span in a table. A bar ends a cell even in a code span, unless it is escaped.
fn cell(text: &str) -> String {
    code(text).replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_code_span_is_markdown() {
        assert_eq!(code("services/go/api"), "` services/go/api `");
        assert_eq!(code("a|b"), "` a|b `");
        assert_eq!(cell("a|b"), "` a\\|b `");
        assert_eq!(code("`a``b"), "``` `a``b ```");
        assert_eq!(code("a\n| x |\u{7f}"), "` a\u{fffd}| x |\u{fffd} `");
    }
}
