//! The commands of a shell script, by its words.
//!
//! This is not a shell: a command that is composed at run time is not seen.

use std::sync::LazyLock;

use regex::Regex;

use super::shell_text;
use crate::domain::compile;

/// A word after which a command can start: keywords, programs that run another one, assignments of variables.
static BEFORE_COMMAND: LazyLock<Regex> = LazyLock::new(|| {
    let keywords = "if|elif|else|then|while|until|do|!|\\{";
    let programs = "time|exec|command|env|sudo|builtin|nohup";
    compile(&format!(r"\A(?:(?:{keywords}|{programs})\z|[A-Za-z0-9_]+=)"))
});

/// A command of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// The program as it is written, then its arguments, all without quotes. There is at least one.
    pub words: Vec<String>,
    /// The directory in which it runs, as seen from the one in which the script starts: empty for that one, none if nothing in
    /// the script shows it.
    pub directory: Option<String>,
}

impl Command {
    /// The name of its program, without a directory.
    pub fn program(&self) -> &str {
        let program = self.words.first().map_or("", String::as_str);
        program.rsplit('/').next().unwrap_or(program)
    }

    /// The arguments of its program.
    pub fn args(&self) -> &[String] {
        self.words.get(1..).unwrap_or_default()
    }
}

/// The language of a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// That of a shell like bash, and of whatever is not known to be another.
    #[default]
    Shell,
    /// PowerShell.
    PowerShell,
    /// One whose commands are no programs.
    Other,
}

impl Language {
    /// That of the scripts for `shell`, as a workflow names it.
    pub fn of(shell: &str) -> Self {
        let program = shell.split_whitespace().next().unwrap_or_default();
        let name = program.rsplit('/').next().unwrap_or_default().trim_end_matches(".exe");
        let family = name.trim_end_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
        match family {
            "pwsh" | "powershell" => Language::PowerShell,
            "bun" | "deno" | "node" | "perl" | "php" | "pypy" | "python" | "Rscript" | "ruby" | "tclsh" => {
                Language::Other
            }
            _ => Language::Shell,
        }
    }

    /// The commands of `script`, in their order.
    pub fn commands(self, script: &str) -> Vec<Command> {
        match self {
            Language::Shell => commands(script),
            Language::PowerShell => of_code(&shell_text::powershell(script)),
            Language::Other => Vec::new(),
        }
    }
}

/// All commands of `script`, one for a shell, in their order.
pub fn commands(script: &str) -> Vec<Command> {
    of_code(&shell_text::code(script))
}

fn of_code(script: &str) -> Vec<Command> {
    let joined = script.replace("\\\r\n", " ").replace("\\\n", " ");
    let mut commands = Vec::new();
    // The directory here, and those of the shells around this one.
    let (mut directory, mut outer) = (Some(String::new()), Vec::new());
    for line in joined.lines().map(without_comment) {
        // Within quotes, too: "$(imgver version)" is a call.
        for piece in line.split_inclusive([';', '|', '&', '(', ')', '`']) {
            let text = piece.trim_end_matches([';', '|', '&', '(', ')', '`']);
            let words = words(text);
            let mut words = words.into_iter().skip_while(|word| BEFORE_COMMAND.is_match(word)).peekable();
            if words.peek().is_some() {
                let command = Command { words: words.collect(), directory: directory.clone() };
                match command.program() {
                    "cd" => directory = changed(directory.as_deref(), command.args()),
                    "pushd" | "popd" => directory = None,
                    _ => commands.push(command),
                }
            }
            match piece.chars().next_back() {
                Some('(') => outer.push(directory.clone()),
                Some(')') => directory = outer.pop().unwrap_or(directory),
                _ => {}
            }
        }
    }
    commands
}

/// The directory after `cd ARGS` in `directory`.
fn changed(directory: Option<&str>, args: &[String]) -> Option<String> {
    let mut paths = args.iter().filter(|arg| *arg != "--");
    let (path, directory) = (paths.next()?, directory?);
    let is_known = !path.is_empty() && !path.starts_with(['/', '~', '-']) && !path.contains('$');
    (is_known && paths.next().is_none())
        .then(|| if directory.is_empty() { path.clone() } else { format!("{directory}/{path}") })
}

/// `line` up to a `#` at the start of a word.
fn without_comment(line: &str) -> &str {
    let starts_word =
        |at: usize| line.get(..at).is_some_and(|before| before.is_empty() || before.ends_with([' ', '\t']));
    let comment = line.match_indices('#').map(|(at, _)| at).find(|at| starts_word(*at));
    comment.and_then(|at| line.get(..at)).unwrap_or(line)
}

/// The words of `command`. Quotes group words if all of them are closed; a piece of a quoted text has an open one.
fn words(command: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for letter in command.chars() {
        match (letter, quote) {
            ('"' | '\'', None) => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (_, Some(open)) if open == letter => quote = None,
            (_, None) if letter.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(letter),
        }
    }
    if quote.is_none() {
        words.extend(word);
        return words;
    }
    let plain = |word: &str| word.chars().filter(|c| !matches!(c, '"' | '\'')).collect();
    command.split_whitespace().map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(script: &str) -> Vec<String> {
        let line = |command: Command| {
            let directory = command.directory.map_or("?".to_owned(), |directory| format!("[{directory}]"));
            format!("{directory} {}", command.words.join("|"))
        };
        commands(script).into_iter().map(line).collect()
    }

    #[test]
    fn quotes_keep_words_together() {
        for (script, expected) in [
            ("a 'b c' \"d\"'e' ''", vec!["[] a|b c|de|"]),
            ("X='1 2' a", vec!["[] a"]),
            ("a \"$(b 'c d')\" e", vec!["[] a|$", "[] b|c d", "[] |e"]),
            ("echo \"it's\"", vec!["[] echo|it's"]),
        ] {
            assert_eq!(lines(script), expected, "{script}");
        }
    }

    #[test]
    fn directories_are_followed() {
        for (script, expected) in [
            ("cd a && task b\ntask c", vec!["[a] task|b", "[a] task|c"]),
            ("(cd a; cd ../b; task b)\ntask c", vec!["[a/../b] task|b", "[] task|c"]),
            ("X=$(cd a && task b) task c", vec!["[a] task|b", "[] task|c"]),
            ("cd \"$DIR\"; task b; cd a; task c", vec!["? task|b", "? task|c"]),
            ("cd -- a; task b; cd; task c", vec!["[a] task|b", "? task|c"]),
            ("pushd a; task b", vec!["? task|b"]),
            ("cd /a; task b", vec!["? task|b"]),
        ] {
            assert_eq!(lines(script), expected, "{script}");
        }
    }
}
