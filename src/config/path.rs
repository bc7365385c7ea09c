//! Paths in the configuration: all begin at the root of the repository.

use crate::domain::{normal_path, service_name_fault};

/// `text` as the path from the root of the repository that it means, without `.` and `..`; the root is the empty string.
///
/// # Errors
/// Why it cannot be used, as a clause of a sentence.
pub(super) fn normal(text: &str) -> Result<String, String> {
    if let Some(fault) = form_fault(text) {
        return Err(fault.to_owned());
    }
    let path = normal_path("", text).ok_or_else(|| LEAVES.to_owned())?;
    service_name_fault(&path).map_or(Ok(path), |fault| Err(format!("it {fault}")))
}

/// What is wrong with a path that goes up too far.
pub(super) const LEAVES: &str = "it leaves the repository, and paths are from its root";

/// Why `text`, a path or a pattern of paths, is not within the repository or not a path at all.
pub(super) fn form_fault(text: &str) -> Option<&'static str> {
    let is_drive = matches!(text.as_bytes(), [drive, b':', b'/' | b'\\', ..] if drive.is_ascii_alphabetic());
    if text.is_empty() {
        Some("it is empty: write . for the root of the repository")
    } else if text.contains(char::is_control) {
        Some("it contains control characters")
    } else if text.contains("://") {
        Some("it is a URL, and only paths of this repository can be used")
    } else if text.starts_with('/') || is_drive {
        Some("it is absolute: write the path from the root of the repository, without a slash in front")
    } else if text == "~" || text.starts_with("~/") {
        Some("~ is not expanded here: write the path from the root of the repository")
    } else if has_variable(text) {
        Some("variables are not expanded here: write the path itself")
    } else {
        None
    }
}

/// Whether `text` has a variable of a shell, of Task, or of GitHub Actions. Braces in braces are alternatives of a pattern.
pub(super) fn has_variable(text: &str) -> bool {
    text.starts_with('$') || ["${", "{{.", "{{ "].iter().any(|begin| text.contains(begin))
}

/// Why `text` cannot be a path because of a backslash.
pub(super) fn backslash_fault(text: &str) -> Option<&'static str> {
    text.contains('\\').then_some("it has a backslash: write / between directories")
}
