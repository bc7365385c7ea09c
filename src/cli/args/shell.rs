//! Command-line arguments of `imgver completions` and `imgver man`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

pub(super) const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  echo 'eval \"$(imgver completions bash)\"' >>~/.bashrc
                                               bash, in every new shell
  echo 'eval \"$(imgver completions zsh)\"' >>~/.zshrc
                                               zsh, after the line with compinit
  imgver completions zsh >DIR/_imgver          zsh, with DIR in $fpath
  imgver completions fish >~/.config/fish/completions/imgver.fish
                                               fish
  imgver completions powershell | Out-String | Invoke-Expression
                                               PowerShell, in $PROFILE

The script runs the imgver on PATH for every completion, so it knows new services at once.";

pub(super) const MAN_EXAMPLES: &str = "\
Examples:
  imgver man | man -l -                        the page of imgver
  imgver man build | man -l -                  the page of one command
  imgver man --directory ~/.local/share/man/man1
                                               all pages as files, for man imgver-build";

#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// Shell to complete in
    #[arg(value_enum, value_name = "SHELL")]
    pub(crate) shell: Shell,
}

#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// Command whose page to print [default: imgver itself]
    #[arg(value_name = "COMMAND")]
    pub(crate) command: Option<String>,

    /// Write all pages to DIR, which must exist
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
