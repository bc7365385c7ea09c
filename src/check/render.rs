//! Findings as text, as JSON and as annotations of a run of GitHub Actions.

use std::fmt::Write as _;

use serde::Serialize;

use super::{At, Finding, Severity};
use crate::display::on_one_line;
use crate::paint::{ADVICE, ATTENTION, FAILURE, HEADING, Painter};

/// Three lines for each finding: `FILE:LINE:COLUMN: SEVERITY[RULE]: MESSAGE`, which editors understand, why and fix.
pub fn text(findings: &[Finding], painter: Painter) -> String {
    let mut text = String::new();
    for finding in findings {
        let Finding { severity, rule, at, message, why, fix } = finding;
        let place = match at {
            At::Repository => String::new(),
            At::File(file, None) => format!("{file}:"),
            At::File(file, Some(place)) => format!("{file}:{}:{}:", place.line, place.column),
            At::Tag(tag) => format!("refs/tags/{tag}:"),
        };
        if !place.is_empty() {
            text.push_str(&painter.paint(HEADING, &on_one_line(&place)));
            text.push(' ');
        }
        let style = match severity {
            Severity::Error => FAILURE,
            Severity::Warning => ATTENTION,
        };
        for (label, style, said) in [
            (format!("{severity}[{rule}]:"), style, message),
            ("  why:".to_owned(), HEADING, why),
            ("  fix:".to_owned(), ADVICE, fix),
        ] {
            let line = on_one_line(&format!("{label} {said}"));
            let said = line.strip_prefix(&*label).unwrap_or_default();
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{}{said}", painter.paint(style, &label));
        }
    }
    text
}

/// A finding in JSON.
#[derive(Serialize)]
struct Record<'f> {
    severity: String,
    rule: &'static str,
    file: Option<&'f str>,
    line: Option<usize>,
    column: Option<usize>,
    #[serde(rename = "ref")]
    reference: Option<String>,
    message: &'f str,
    why: &'f str,
    fix: &'f str,
}

/// A list with an object for each finding, as `--output json` prints it.
pub fn json(findings: &[Finding]) -> impl Serialize {
    findings.iter().map(Record::of).collect::<Vec<_>>()
}

impl<'f> Record<'f> {
    fn of(finding: &'f Finding) -> Self {
        let (file, place, reference) = match &finding.at {
            At::Repository => (None, None, None),
            At::File(file, place) => (Some(&**file), *place, None),
            At::Tag(tag) => (None, None, Some(format!("refs/tags/{tag}"))),
        };
        Record {
            severity: finding.severity.to_string(),
            rule: finding.rule.as_str(),
            file,
            line: place.map(|place| place.line),
            column: place.map(|place| place.column),
            reference,
            message: &finding.message,
            why: &finding.why,
            fix: &finding.fix,
        }
    }
}

/// A workflow command for each finding, which GitHub shows next to the line.
///
/// Source: "Workflow commands" in GitHub's documentation of Actions. A command ends with its line; in data `%`, CR and LF are
/// escaped, in properties also `:` and `,`.
pub fn github(findings: &[Finding]) -> String {
    let mut text = String::new();
    for Finding { severity, rule, at, message, why, fix } in findings {
        let place = match at {
            At::File(file, None) => format!("file={},", property(file)),
            At::File(file, Some(place)) => {
                format!("file={},line={},col={},", property(file), place.line, place.column)
            }
            At::Repository | At::Tag(_) => String::new(),
        };
        let tag = if let At::Tag(tag) = at { format!("refs/tags/{tag}: ") } else { String::new() };
        let lines = [format!("{tag}{message}"), format!("why: {why}"), format!("fix: {fix}")];
        let lines = lines.map(|line| data(&on_one_line(&line))).join("%0A");
        let title = property(&format!("imgver check: {rule}"));
        // Writing to a string cannot fail.
        let _ = writeln!(text, "::{severity} {place}title={title}::{lines}");
    }
    text
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
