//! Which commands of imgver a script runs.
//!
//! This reads the words of a shell script. It is not a shell: a command that is composed at run time is not seen.

use std::sync::LazyLock;

use regex::Regex;

use crate::domain::compile;

/// A call of imgver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The command, e.g. `plan`.
    pub command: String,
    /// The words after it, without quotes.
    pub args: Vec<String>,
}

/// The commands whose answer depends on the repository.
const COMMANDS: [&str; 10] =
    ["version", "extended", "tag", "list", "changed", "plan", "build", "check", "release", "locate"];

/// A word after which a command can start: keywords, programs that run another one, assignments of variables.
static BEFORE_COMMAND: LazyLock<Regex> = LazyLock::new(|| {
    let keywords = "if|elif|else|then|while|until|do|!|\\{";
    let programs = "time|exec|command|env|sudo|builtin|nohup";
    compile(&format!(r"\A(?:(?:{keywords}|{programs})\z|[A-Za-z0-9_]+=)"))
});

/// The shared tasks that print a version, in whatever namespace; the group is there if it is the extended one.
static VERSION_TASK: LazyLock<Regex> =
    LazyLock::new(|| compile(r"\A(?:.*:)?generate-version(?:-tag)?(-extended)?\z"));

impl Call {
    /// Whether it needs the history of the repository, so that a shallow clone is not enough.
    pub fn needs_history(&self) -> bool {
        let has =
            |flag: &str| self.args.iter().any(|arg| arg == flag || arg.starts_with(&format!("{flag}=")));
        !has("--help") && (self.command != "changed" || !has("--files-from"))
    }

    /// The value of the option `name`, given as `NAME VALUE` or `NAME=VALUE`.
    pub fn option(&self, name: &str) -> Option<&str> {
        let mut args = self.args.iter();
        args.find_map(|arg| match arg.strip_prefix(name) {
            Some("") => Some(None),
            Some(rest) => rest.strip_prefix('=').map(Some),
            None => None,
        })
        .and_then(|inline| inline.or_else(|| args.next().map(String::as_str)))
    }
}

/// All calls in `script`: `imgver COMMAND`, by whatever path, and the shared tasks that do the same.
pub(super) fn calls(script: &str) -> Vec<Call> {
    let joined = script.replace("\\\r\n", " ").replace("\\\n", " ");
    // Within quotes, too: "$(imgver version)" is a call.
    let commands =
        joined.lines().map(without_comment).flat_map(|line| line.split([';', '|', '&', '(', ')', '`']));
    commands.filter_map(|command| call(&words(command))).collect()
}

/// `line` up to a `#` at the start of a word.
fn without_comment(line: &str) -> &str {
    let starts_word =
        |at: usize| line.get(..at).is_some_and(|before| before.is_empty() || before.ends_with([' ', '\t']));
    let comment = line.match_indices('#').map(|(at, _)| at).find(|at| starts_word(*at));
    comment.and_then(|at| line.get(..at)).unwrap_or(line)
}

fn words(command: &str) -> Vec<String> {
    let plain = |word: &str| word.chars().filter(|c| !matches!(c, '"' | '\'')).collect();
    command.split_whitespace().map(plain).collect()
}

fn call(words: &[String]) -> Option<Call> {
    let mut words = words.iter().skip_while(|word| BEFORE_COMMAND.is_match(word));
    let program = words.next()?;
    match program.rsplit('/').next().unwrap_or(program) {
        "imgver" => {
            let mut words = words.skip_while(|word| word.is_empty()).peekable();
            while words.next_if(|word| *word == "-C").is_some() {
                words.next();
            }
            let command = words.next().filter(|word| COMMANDS.contains(&&***word))?;
            Some(Call { command: command.clone(), args: words.cloned().collect() })
        }
        "task" | "go-task" => {
            let task = words.find_map(|word| VERSION_TASK.captures(word))?;
            let command = if task.get(1).is_some() { "extended" } else { "version" };
            Some(Call { command: command.to_owned(), args: Vec::new() })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commands(script: &str) -> Vec<String> {
        calls(script).into_iter().map(|call| call.command).collect()
    }

    #[test]
    fn calls_are_found_where_a_shell_would_run_them() {
        for (script, expected) in [
            ("imgver plan", vec!["plan"]),
            ("set -e\nimgver -C services/go plan | tee x; ./bin/imgver tag a", vec!["plan", "tag"]),
            ("VERSION=\"$(imgver version api)\"", vec!["version"]),
            ("VERSION=`imgver extended`", vec!["extended"]),
            ("A=1 B='x' \"$HOME/bin/imgver\" \\\n  build --push", vec!["build"]),
            ("if ! imgver check; then exit 1; fi", vec!["check"]),
            ("sudo env X=1 imgver list", vec!["list"]),
            ("task utils:generate-version", vec!["version"]),
            ("VERSION=$(task --silent api:utils:generate-version-tag-extended)", vec!["extended"]),
            (
                "task generate-version-tag -- api; go-task x:generate-version-extended",
                vec!["version", "extended"],
            ),
            ("time imgver list; { nohup imgver check; }", vec!["list", "check"]),
            ("echo \"a#b\" && imgver tag # imgver plan", vec!["tag"]),
        ] {
            assert_eq!(commands(script), expected, "{script}");
        }
        for script in [
            "",
            "# imgver plan",
            "echo imgver plan",
            "imgver --version",
            "imgver help plan",
            "cargo install imgver",
            "imgver",
            "imgver2 plan",
            "task test",
            "task generate-version-tags",
            "task my-generate-version",
            "iffy imgver plan",
            "=1 imgver plan",
            "taskfile utils:generate-version",
            "imgver $COMMAND",
        ] {
            assert_eq!(commands(script), [""; 0], "{script}");
        }
    }

    #[test]
    fn some_calls_need_no_history() {
        let needs = |script| calls(script).iter().any(Call::needs_history);
        assert!(needs("imgver changed --base main"));
        assert!(!needs("git diff | imgver changed --files-from -"));
        assert!(!needs("imgver changed --files-from=x"));
        assert!(!needs("imgver plan --help"));
    }

    #[test]
    fn options_are_read_in_both_spellings() {
        let call =
            &calls("imgver plan --filters a.yaml --quantifier=some --tag-format '{name}-v{version}'")[0];
        assert_eq!(call.option("--filters"), Some("a.yaml"));
        assert_eq!(call.option("--quantifier"), Some("some"));
        assert_eq!(call.option("--tag-format"), Some("{name}-v{version}"));
        assert_eq!(call.option("--base"), None);
    }
}
