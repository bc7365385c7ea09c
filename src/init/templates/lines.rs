//! Templates: text in which some lines stand for others.

/// `template` with each line that is only `<NAME>` replaced by the lines of that name, indented as it is.
///
/// Whoever chose the lines that are put in: they are not looked at again. A line whose name is not among `parts` is kept, so
/// that a test sees it.
pub(super) fn fill(template: &str, parts: &[(&str, Vec<String>)]) -> String {
    let mut text = String::new();
    for line in template.lines() {
        let placeholder = line.trim_start();
        let indent = line.strip_suffix(placeholder).unwrap_or_default();
        let name = placeholder.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
        match name.and_then(|name| parts.iter().find(|(known, _)| *known == name)) {
            Some((_, lines)) => lines.iter().for_each(|line| push(&mut text, indent, line)),
            None => push(&mut text, "", line),
        }
    }
    text
}

/// Adds a line. An empty one is not indented.
fn push(text: &mut String, indent: &str, line: &str) {
    if !line.is_empty() {
        text.push_str(indent);
        text.push_str(line);
    }
    text.push('\n');
}

/// The lines of `text`.
pub(super) fn of(text: &str) -> Vec<String> {
    text.lines().map(ToOwned::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_lines_are_placeholders_and_only_once() {
        let parts = [("a", of("x\n\n<b>")), ("b", vec![]), ("c", of("y"))];
        let filled = fill("1 <a>\n  <a>\n<b>\n\t<c>\n<d>\n", &parts);
        assert_eq!(filled, "1 <a>\n  x\n\n  <b>\n\ty\n<d>\n");
    }
}
