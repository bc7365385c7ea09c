//! What GitHub makes of the files that a step writes: outputs as its runner reads them, tables as its Markdown shows
//! them.

/// The outputs in a file of `GITHUB_OUTPUT`, in order: `name=value`, or `name<<END` with the lines up to `END`.
#[track_caller]
pub(crate) fn outputs(file: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    // The runner splits at line feeds only.
    let mut lines = file.split_terminator('\n');
    while let Some(line) = lines.next() {
        if line.is_empty() {
            continue;
        }
        let (equals, arrows) = (line.find('='), line.find("<<"));
        match (equals, arrows) {
            (Some(equals), arrows) if arrows.is_none_or(|arrows| equals < arrows) => {
                found.push((line[..equals].to_owned(), line[equals + 1..].to_owned()));
            }
            (_, Some(arrows)) => {
                let end = &line[arrows + 2..];
                assert!(!end.is_empty(), "the runner refuses a heredoc without a delimiter: {file}");
                let value: Vec<&str> = lines.by_ref().take_while(|line| *line != end).collect();
                found.push((line[..arrows].to_owned(), value.join("\n")));
            }
            _ => panic!("the runner refuses the line {line:?} in: {file}"),
        }
    }
    found
}

/// The rows of the one table in some GitHub Markdown, its head first, each cell as a reader sees it.
///
/// Anything that would show as more than its own characters (a tag, a link, emphasis, a broken table) is a failure.
#[track_caller]
pub(crate) fn table(markdown: &str) -> Vec<Vec<String>> {
    let mut lines = markdown.lines().skip_while(|line| !line.starts_with('|'));
    let rows: Vec<Vec<String>> = lines.by_ref().take_while(|line| line.starts_with('|')).map(cells).collect();
    assert!(lines.all(|line| !line.starts_with('|')), "more than one table: {markdown}");
    assert!(rows.len() >= 2, "no table: {markdown}");
    let width = rows[0].len();
    assert!(rows.iter().all(|row| row.len() == width), "rows of several widths: {markdown}");
    let is_ruler = |cell: &String| cell.contains('-') && cell.trim_matches(':').chars().all(|c| c == '-');
    assert!(rows[1].iter().all(is_ruler), "no line below the head: {markdown}");
    let shown = |row: &Vec<String>| row.iter().map(|cell| shown(cell)).collect();
    rows.iter().take(1).chain(&rows[2..]).map(shown).collect()
}

/// The cells of a row: split at `|`, but not where a backslash is right before it, wherever that stands.
fn cells(row: &str) -> Vec<String> {
    let row = row.trim_end();
    let inner = row.strip_prefix('|').and_then(|row| row.strip_suffix('|'));
    let inner = inner.unwrap_or_else(|| panic!("a row without an end: {row}"));
    let mut cells = vec![String::new()];
    let mut characters = inner.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' if characters.peek() == Some(&'|') => cells.last_mut().unwrap().extend(characters.next()),
            '|' => cells.push(String::new()),
            _ => cells.last_mut().unwrap().push(character),
        }
    }
    cells.iter().map(|cell| cell.trim().to_owned()).collect()
}

/// What a reader sees of a cell, or of a line.
#[track_caller]
pub(crate) fn shown(cell: &str) -> String {
    let mut text = String::new();
    let mut rest = cell;
    while let Some(character) = rest.chars().next() {
        let after = &rest[character.len_utf8()..];
        match character {
            '\\' if after.starts_with(|c: char| c.is_ascii_punctuation()) => {
                text.push_str(&after[..1]);
                rest = &after[1..];
            }
            '`' => {
                let fence: String = rest.chars().take_while(|c| *c == '`').collect();
                let inner = &rest[fence.len()..];
                let end = span_end(inner, fence.len()).unwrap_or_else(|| panic!("an open code span: {cell}"));
                let code = &inner[..end];
                let padded = code.strip_prefix(' ').and_then(|code| code.strip_suffix(' '));
                text.push_str(padded.filter(|code| !code.trim().is_empty()).unwrap_or(code));
                rest = &inner[end + fence.len()..];
            }
            '&' if after.contains(';') => {
                let (name, after) = after.split_once(';').unwrap();
                text.push(entity(name).unwrap_or_else(|| panic!("an unknown entity &{name}; in {cell}")));
                rest = after;
            }
            '<' | '*' | '[' | ']' | '~' => panic!("{character} is not taken literally in the cell {cell}"),
            '_' if !text.ends_with(inside_a_word)
                || !after.trim_start_matches('_').starts_with(char::is_alphanumeric) =>
            {
                panic!("_ may be taken for emphasis in the cell {cell}")
            }
            _ => {
                text.push(character);
                rest = after;
            }
        }
    }
    text
}

/// Beside such a character a `_` is no emphasis.
fn inside_a_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// Where a code span ends: at a run of backticks of exactly this length.
fn span_end(text: &str, length: usize) -> Option<usize> {
    let mut at = 0;
    while let Some(start) = text[at..].find('`').map(|start| at + start) {
        let run = text[start..].bytes().take_while(|byte| *byte == b'`').count();
        if run == length {
            return Some(start);
        }
        at = start + run;
    }
    None
}

fn entity(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "nbsp" => Some('\u{a0}'),
        _ => {
            let number = name.strip_prefix('#')?;
            let parsed = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => number.parse(),
            };
            char::from_u32(parsed.ok()?)
        }
    }
}

#[test]
fn outputs_are_read_as_the_runner_does() {
    let pairs = outputs("a=1\n\nb<<END\nx=1\ny\nEND\nc=<<d\n");
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (&**name, &**value)).collect();
    assert_eq!(pairs, [("a", "1"), ("b", "x=1\ny"), ("c", "<<d")]);
}

#[test]
fn tables_are_read_as_github_shows_them() {
    let markdown =
        "## x\n\n| a | b |\n| :-- | - |\n| \\*\\|\\_ | ``a`b\\|c`` |\n| &lt;&#124;x_y | a\\\\\\|b |\n\nend\n";
    assert_eq!(table(markdown), [["a", "b"], ["*|_", "a`b|c"], ["<|x_y", "a\\|b"]]);
    for broken in [
        "| a | b |\n| - | - |\n| a | b | c |",
        "| a |\n| b |",
        "| a |\n| - |\n| *b* |",
        "| a |\n| - |\n| [x](y) |",
        "| a |\n| - |\n| <b> |",
        "| a |\n| - |\n| `b |",
        "no table",
    ] {
        assert!(std::panic::catch_unwind(|| table(broken)).is_err(), "{broken}");
    }
}
