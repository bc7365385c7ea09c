//! Which commands of imgver a script runs.

use super::script::Command;

/// A call of imgver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The command, e.g. `plan`.
    pub command: String,
    /// The words after it, without quotes.
    pub args: Vec<String>,
    /// Whether the program is looked up on PATH: it is written without a directory.
    pub is_on_path: bool,
    /// The directory that it is about, as seen from where its script starts; none if that is not known.
    pub directory: Option<String>,
}

/// The commands whose answer depends on the repository.
const COMMANDS: [&str; 12] = [
    "version", "extended", "tag", "list", "changed", "plan", "build", "check", "release", "locate",
    "promote", "float",
];

impl Call {
    /// The call that `command` is: `imgver COMMAND`, by whatever path.
    pub fn of(command: &Command) -> Option<Self> {
        if command.program() != "imgver" {
            return None;
        }
        let mut words = command.args().iter().skip_while(|word| word.is_empty()).peekable();
        let mut directory = command.directory.clone();
        while words.next_if(|word| *word == "-C").is_some() {
            directory = directory.and_then(|from| within(&from, words.next()?));
        }
        let name = words.next().filter(|word| COMMANDS.contains(&&***word))?.clone();
        let is_on_path = command.words.first().is_some_and(|program| program == "imgver");
        Some(Call { command: name, args: words.cloned().collect(), is_on_path, directory })
    }

    /// Whether it needs the history of the repository, so that a shallow clone is not enough. `by_service`: unless the call says
    /// otherwise, versions count by service, and labels name the last change.
    pub fn needs_history(&self, by_service: bool) -> bool {
        let has_labels = || match &*self.command {
            "tag" => self.option("--output") == Some("github"),
            _ => true,
        };
        let by_service = match self.option("--scope") {
            Some("repository") => false,
            Some("service") => true,
            _ => by_service,
        };
        let has =
            |flag: &str| self.args.iter().any(|arg| arg == flag || arg.starts_with(&format!("{flag}=")));
        let is_given = match &*self.command {
            "changed" => has("--files-from"),
            // It asks the remote for its tags.
            "float" => true,
            // A version that is given is the whole tag, except of a release.
            "tag" | "build" => {
                let is_other = |environment: &str| environment != "production";
                self.option("--set-version")
                    .is_some_and(|version| !version.is_empty() && !version.contains('$'))
                    && self.option("--environment").is_none_or(is_other)
                    && !(by_service && has_labels())
            }
            _ => false,
        };
        !has("--help") && !is_given
    }

    /// The value of the option `name`, given as `NAME VALUE` or `NAME=VALUE`; of several, the first.
    pub fn option(&self, name: &str) -> Option<&str> {
        self.options(name).into_iter().next()
    }

    /// All values of the option `name`, which may be given several times.
    pub fn options(&self, name: &str) -> Vec<&str> {
        let (mut values, mut args) = (Vec::new(), self.args.iter());
        while let Some(arg) = args.next() {
            match arg.strip_prefix(name) {
                Some("") => values.extend(args.next().map(String::as_str)),
                Some(rest) => values.extend(rest.strip_prefix('=')),
                None => {}
            }
        }
        values
    }

    /// Whether it has the flag `name`.
    pub fn has(&self, name: &str) -> bool {
        self.args.iter().any(|arg| arg == name)
    }
}

/// `path`, as seen from where `directory` is seen from.
fn within(directory: &str, path: &str) -> Option<String> {
    let is_known = !path.starts_with(['/', '~']) && !path.contains('$');
    is_known.then(|| if directory.is_empty() { path.to_owned() } else { format!("{directory}/{path}") })
}

#[cfg(test)]
mod tests {
    use super::super::script::commands as commands_of;
    use super::*;

    fn calls(script: &str) -> Vec<Call> {
        commands_of(script).iter().filter_map(Call::of).collect()
    }

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
            "task utils:generate-version",
            "iffy imgver plan",
            "=1 imgver plan",
            "imgver $COMMAND",
        ] {
            assert_eq!(commands(script), [""; 0], "{script}");
        }
    }

    #[test]
    fn some_calls_need_no_history() {
        let needs = |script| calls(script).iter().any(|call| call.needs_history(false));
        assert!(needs("imgver changed --base main"));
        assert!(!needs("git diff | imgver changed --files-from -"));
        assert!(!needs("imgver changed --files-from=x"));
        assert!(!needs("imgver plan --help"));
        assert!(needs("imgver promote api") && !needs("imgver float api"));
    }

    #[test]
    fn labels_need_history_where_versions_count_by_service() {
        let needs =
            |script: &str, by_service| calls(script).iter().all(|call| call.needs_history(by_service));
        for (script, wanted) in [
            ("imgver tag --set-version try-1", [false, false]),
            ("imgver tag --set-version try-1 --output github", [false, true]),
            ("imgver build --all --set-version try-1", [false, true]),
            ("imgver build --set-version try-1 --scope service", [true, true]),
            ("imgver build --set-version try-1 --scope=repository", [false, false]),
            ("imgver build --all", [true, true]),
        ] {
            assert_eq!([needs(script, false), needs(script, true)], wanted, "{script}");
        }
    }

    #[test]
    fn options_are_read_in_both_spellings() {
        let call =
            &calls("imgver plan --filters a.yaml --quantifier=some --tag-format '{name}-v{version}'")[0];
        assert_eq!(call.option("--filters"), Some("a.yaml"));
        assert_eq!(call.option("--quantifier"), Some("some"));
        assert_eq!(call.option("--tag-format"), Some("{name}-v{version}"));
        assert_eq!(call.option("--base"), None);
        let call = &calls("imgver plan --tag-format a{version} --tag-format=b{version} --tag-formats x")[0];
        assert_eq!(call.options("--tag-format"), ["a{version}", "b{version}"]);
        assert_eq!(call.option("--tag-format"), Some("a{version}"));
    }
}
