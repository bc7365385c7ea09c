//! `imgver completions` and `imgver man` as they are written.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

pub(super) const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  echo 'eval \"$(imgver completions bash)\"' >>~/.bashrc
                                               bash, from the next shell on
  echo 'eval \"$(imgver completions zsh)\"' >>~/.zshrc
                                               zsh, behind the line with compinit
  imgver completions zsh >DIR/_imgver          zsh, where DIR is one of $fpath
  imgver completions fish >~/.config/fish/completions/imgver.fish
                                               fish
  imgver completions powershell | Out-String | Invoke-Expression
                                               PowerShell, as a line of $PROFILE

The script asks the imgver on PATH at each press of the key: a new service needs no new script.";

pub(super) const MAN_EXAMPLES: &str = "\
Examples:
  imgver man | man -l -                        the page of imgver
  imgver man build | man -l -                  the page of one command
  imgver man --directory ~/.local/share/man/man1
                                               all pages, as files: then man imgver-build finds them";

#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// What to complete in
    #[arg(value_enum, value_name = "SHELL")]
    pub(crate) shell: Shell,
}

#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// The page of this command [default: the one of imgver itself]
    #[arg(value_name = "COMMAND")]
    pub(crate) command: Option<String>,

    /// Write all pages into DIR, which must be there
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    pub(crate) directory: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shell {
    Bash,
    Zsh,
    Fish,
    #[value(alias = "pwsh")]
    Powershell,
}
