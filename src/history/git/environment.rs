//! Where git would look for something that gix looks for elsewhere, or not at all.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use gix::bstr::BString;
use rustix::fs::{Access, access};
use rustix::io::Errno;

use crate::error::{Context as _, Error, Kind, Result};
use crate::programs::Programs;

/// The variable by which git passes `git -c NAME=VALUE` on to what it starts: aliases, hooks, `rebase --exec`.
const PARAMETERS: &str = "GIT_CONFIG_PARAMETERS";

/// The settings of git's command line, each as `NAME=VALUE` or, for a value that is not given, `NAME`.
///
/// # Errors
/// They are not quoted as git quotes them.
pub(super) fn command_line_settings(programs: &Programs) -> Result<Vec<BString>> {
    let Some(parameters) = programs.var(PARAMETERS) else { return Ok(Vec::new()) };
    settings(parameters.as_bytes()).ok_or_else(|| {
        Error::new(Kind::Repository, format!("cannot read the settings in {PARAMETERS}"))
            .hint(format!("git itself sets {PARAMETERS} for git -c NAME=VALUE; elsewhere, unset it"))
    })
}

/// The parts of `'NAME'='VALUE' 'NAME'= 'NAME=VALUE'`, the last as git wrote them before 2.31.
fn settings(mut text: &[u8]) -> Option<Vec<BString>> {
    let mut settings = Vec::new();
    loop {
        text = text.trim_ascii_start();
        if text.is_empty() {
            return Some(settings);
        }
        let (mut setting, rest) = quoted(text)?;
        text = match rest.split_first() {
            Some((b'=', value)) if value.first() == Some(&b'\'') => {
                let (value, rest) = quoted(value)?;
                setting.push(b'=');
                setting.extend_from_slice(&value);
                rest
            }
            Some((b'=', rest)) => rest,
            _ => rest,
        };
        if !text.first().is_none_or(u8::is_ascii_whitespace) {
            return None;
        }
        settings.push(setting.into());
    }
}

/// The text in single quotes that `text` begins with, in which `'\''` and `'\!'` are the only escapes, and the rest.
fn quoted(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut rest = text.strip_prefix(b"'")?;
    let mut unquoted = Vec::new();
    loop {
        let end = rest.iter().position(|&byte| byte == b'\'')?;
        let (part, quote) = rest.split_at(end);
        unquoted.extend_from_slice(part);
        match quote {
            [b'\'', b'\\', escaped @ (b'\'' | b'!'), b'\'', after @ ..] => {
                unquoted.push(*escaped);
                rest = after;
            }
            [_, after @ ..] => return Some((unquoted, after)),
            [] => return None,
        }
    }
}

/// The index that `GIT_INDEX_FILE` names. git looks for it from the top of the work tree, into which it changes first, and in
/// hooks the variable is relative; gix looks for it from the current directory.
pub(super) fn index_path(repository: &gix::Repository, programs: &Programs) -> PathBuf {
    match (programs.var("GIT_INDEX_FILE"), repository.workdir()) {
        (Some(named), Some(root)) => root.join(named),
        _ => repository.index_path(),
    }
}

/// The directories of objects that `GIT_OBJECT_DIRECTORY` and `GIT_ALTERNATE_OBJECT_DIRECTORIES` name (git(1)); none if
/// neither is set. In a hook of `git push`, what is pushed is only there.
pub(super) fn object_directories(repository: &gix::Repository, programs: &Programs) -> Option<Vec<PathBuf>> {
    let set = |name| programs.var(name).filter(|value| !value.is_empty());
    let (own, others) = (set("GIT_OBJECT_DIRECTORY"), set("GIT_ALTERNATE_OBJECT_DIRECTORIES"));
    if own.is_none() && others.is_none() {
        return None;
    }
    let own = own.map_or_else(|| repository.common_dir().join("objects"), PathBuf::from);
    let mut directories = vec![own];
    let mut rest = others.unwrap_or_default().as_bytes();
    while !rest.is_empty() {
        // A path in double quotes may contain colons.
        let unquoted = rest.starts_with(b"\"").then(|| gix::quote::ansi_c::undo(rest.into()).ok()).flatten();
        let end = rest.iter().position(|&byte| byte == b':').unwrap_or(rest.len());
        let (path, end) = match &unquoted {
            Some((path, end)) => (&***path, *end),
            None => (rest.get(..end).unwrap_or_default(), end),
        };
        if !path.is_empty() {
            directories.push(PathBuf::from(OsStr::from_bytes(path)));
        }
        rest = rest.get(end + 1..).unwrap_or_default();
    }
    Some(directories)
}

/// Refuses a repository whose own configuration may not be read: to git as well, nothing in it is certain then.
///
/// # Errors
/// It may not be read.
pub(super) fn refuse_closed_configuration(repository: &gix::Repository) -> Result<()> {
    let file = repository.common_dir().join("config");
    if access(&file, Access::READ_OK) != Err(Errno::ACCESS) {
        return Ok(());
    }
    Err(Error::new(Kind::Repository, format!("cannot read git's configuration {}", file.display()))
        .because(Errno::ACCESS)
        .hint(format!("make it readable: chmod u+r {}", file.display())))
}

/// Leaves out the user's files of ignore rules and attributes that may not be read: git warns of them and goes on, as in a
/// HOME of another user.
///
/// # Errors
/// git's configuration cannot be read.
pub(super) fn without_closed_files(repository: &mut gix::Repository, programs: &Programs) -> Result<()> {
    let closed = |(key, name): &(&str, &str)| {
        let config = repository.config_snapshot();
        let file = match config.trusted_path(*key) {
            Ok(Some(path)) => Some(path),
            _ => personal_file(name, programs),
        };
        file.is_some_and(|file| access(&file, Access::READ_OK) == Err(Errno::ACCESS))
    };
    let files = [("core.excludesFile", "ignore"), ("core.attributesFile", "attributes")];
    let overrides: Vec<String> =
        files.iter().filter(|file| closed(file)).map(|(key, _)| format!("{key}=/dev/null")).collect();
    if overrides.is_empty() { Ok(()) } else { set(repository, &overrides) }
}

/// The user's file `name`, where no setting names one (gitignore(5), gitattributes(5)).
pub(super) fn personal_file(name: &str, programs: &Programs) -> Option<PathBuf> {
    let home = || programs.var("HOME").map(|home| Path::new(home).join(".config"));
    let config = programs.var("XDG_CONFIG_HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
    Some(config.or_else(home)?.join("git").join(name))
}

/// Changes settings for this run.
///
/// # Errors
/// git's configuration cannot be read.
pub(super) fn set(repository: &mut gix::Repository, overrides: &[impl AsRef<str>]) -> Result<()> {
    let unreadable = || "cannot read git's configuration";
    let mut config = repository.config_snapshot_mut();
    let overrides = overrides.iter().map(AsRef::as_ref);
    config.append_config(overrides, gix::config::Source::Api).context(Kind::Repository, unreadable)?;
    config.commit().context(Kind::Repository, unreadable)?;
    Ok(())
}

/// Whether a variable of git's names the repository, so that it is not searched for.
pub(super) fn is_named(programs: &Programs) -> bool {
    programs.var("GIT_DIR").is_some_and(|directory| directory != OsStr::new(""))
}

#[cfg(test)]
mod tests {
    use super::settings;

    #[test]
    fn settings_are_unquoted_as_git_quotes_them() {
        let cases: [(&str, Option<&[&str]>); 14] = [
            ("", Some(&[])),
            ("'a.b'='c'", Some(&["a.b=c"])),
            ("'a.b'='c' 'd.e'='f=g'", Some(&["a.b=c", "d.e=f=g"])),
            ("'a.b'=", Some(&["a.b"])),
            ("'a.b'= 'c.d'=''", Some(&["a.b", "c.d="])),
            ("'a.b=c'", Some(&["a.b=c"])),
            ("'a.b=c'  'd.e'", Some(&["a.b=c", "d.e"])),
            (r"'alias.x'=''\!'env'", Some(&["alias.x=!env"])),
            (r"'a.b'='it'\''s'", Some(&["a.b=it's"])),
            ("a.b=c", None),
            ("'a.b'=c", None),
            ("'a.b'='c", None),
            ("'a.b'x", None),
            ("'a.b''c.d'", None),
        ];
        for (text, expected) in cases {
            let found = settings(text.as_bytes());
            let found: Option<Vec<String>> =
                found.map(|found| found.iter().map(ToString::to_string).collect());
            assert_eq!(
                found.as_deref(),
                expected.map(|e| e.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>()).as_deref(),
                "{text}"
            );
        }
    }
}
