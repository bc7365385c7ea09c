//! The command line of Task: which tasks it runs, and where.
//!
//! Source: `internal/flags` and `args` of Task.

/// A run of Task.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TaskCommand {
    /// `--dir`.
    pub directory: Option<String>,
    /// `--taskfile`: a file, or a directory.
    pub taskfile: Option<String>,
    /// The names of the tasks; `default` if none is given.
    pub tasks: Vec<String>,
    /// The variables that are set.
    pub vars: Vec<(String, String)>,
    /// What is behind `--`.
    pub args: Vec<String>,
}

/// Options with a value, which may be the next word.
const WITH_VALUE: [&str; 16] = [
    "--dir",
    "--taskfile",
    "--concurrency",
    "--output",
    "--output-group-begin",
    "--output-group-end",
    "--interval",
    "--sort",
    "--timeout",
    "--expiry",
    "--remote-cache-dir",
    "--temp-dir",
    "--trusted-hosts",
    "--cacert",
    "--cert",
    "--cert-key",
];

/// Options with which Task runs nothing, or tasks of the user's home directory.
const WITHOUT_TASKS: [&str; 12] = [
    "--list",
    "--list-all",
    "--summary",
    "--status",
    "--init",
    "--dry",
    "--global",
    "--help",
    "--version",
    "--completion",
    "--clear-cache",
    "--experiments",
];

/// Short options, and what they stand for.
const SHORT: [(char, &str); 12] = [
    ('d', "--dir"),
    ('t', "--taskfile"),
    ('C', "--concurrency"),
    ('o', "--output"),
    ('I', "--interval"),
    ('l', "--list"),
    ('a', "--list-all"),
    ('i', "--init"),
    ('n', "--dry"),
    ('g', "--global"),
    ('h', "--help"),
    ('j', "--json"),
];

impl TaskCommand {
    /// The run that `program` with `args` is; none if it is not Task, or runs none of the repository's tasks.
    pub fn parse(program: &str, args: &[String]) -> Option<Self> {
        if !matches!(program, "task" | "go-task") {
            return None;
        }
        let mut command = TaskCommand::default();
        let mut words = args.iter();
        while let Some(word) = words.next() {
            if word == "--" {
                command.args = words.by_ref().cloned().collect();
            } else if let Some((option, inline)) = option(word) {
                if WITHOUT_TASKS.contains(&option) {
                    return None;
                }
                let value = match inline {
                    Some(value) => Some(value.to_owned()),
                    None if WITH_VALUE.contains(&option) => words.next().cloned(),
                    None => None,
                };
                match option {
                    "--dir" => command.directory = value,
                    "--taskfile" => command.taskfile = value,
                    _ => {}
                }
            } else if let Some((name, value)) = word.split_once('=') {
                command.vars.push((name.to_owned(), value.to_owned()));
            } else if is_redirection(word) {
                break;
            } else if !word.is_empty() {
                command.tasks.push(word.clone());
            }
        }
        if command.tasks.is_empty() {
            command.tasks.push("default".to_owned());
        }
        Some(command)
    }
}

/// What a shell takes for itself; names come before it.
fn is_redirection(word: &str) -> bool {
    word.trim_start_matches(|digit: char| digit.is_ascii_digit()).starts_with(['<', '>'])
}

/// The long name of an option, and its value if it is in the same word. Of several short ones in a word, the last may have one.
fn option(word: &str) -> Option<(&str, Option<&str>)> {
    if word.starts_with("--") {
        return Some(word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value))));
    }
    let letters = word.strip_prefix('-')?;
    for (at, letter) in letters.char_indices() {
        let Some((_, long)) = SHORT.iter().find(|(short, _)| *short == letter) else { continue };
        let rest = letters.get(at + letter.len_utf8()..).unwrap_or_default();
        let rest = rest.strip_prefix('=').unwrap_or(rest);
        return Some((long, Some(rest).filter(|rest| !rest.is_empty() && WITH_VALUE.contains(long))));
    }
    Some((word, None))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Option<TaskCommand> {
        let words: Vec<String> = line.split_whitespace().map(ToOwned::to_owned).collect();
        TaskCommand::parse(words.first()?, words.get(1..)?)
    }

    #[test]
    fn options_are_no_tasks() {
        let plain = |tasks: &[&str]| TaskCommand {
            tasks: tasks.iter().map(|task| (*task).to_owned()).collect(),
            ..TaskCommand::default()
        };
        for (line, tasks) in [
            ("task", &["default"][..]),
            ("task a b:c", &["a", "b:c"]),
            ("go-task -s -vx a", &["a"]),
            ("task --output group -o interleaved -C 2 --exit-code a", &["a"]),
            ("task a >out.txt 2>&1", &["a"]),
        ] {
            assert_eq!(parsed(line), Some(plain(tasks)), "{line}");
        }
        for line in ["task --list", "task -n a", "task -g a", "task -la", "tasks a", "task --version"] {
            assert_eq!(parsed(line), None, "{line}");
        }
    }

    #[test]
    fn places_variables_and_arguments_are_told_apart() {
        for line in [
            "task -d a --taskfile=b.yml X=1 c -- d Y=2",
            "task --dir a -sxt b.yml X=1 c -- d Y=2",
            "task -da -t=b.yml c X=1 -- d Y=2",
        ] {
            let found = parsed(line).unwrap();
            let texts = (found.directory.as_deref(), found.taskfile.as_deref(), &*found.tasks[0]);
            assert_eq!(texts, (Some("a"), Some("b.yml"), "c"), "{line}");
            assert_eq!(found.vars, [("X".to_owned(), "1".to_owned())], "{line}");
            assert_eq!(found.args, ["d", "Y=2"], "{line}");
        }
    }
}
