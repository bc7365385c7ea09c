//! Directives of the parser: comments such as `# syntax=docker/dockerfile:1` at the beginning of a Dockerfile.

use super::reads::Unreadable;

/// What the directives say, as far as it concerns the grammar.
pub(super) struct Directives {
    /// The character that escapes the next one, and at the end of a line the line's end.
    pub escape: char,
    is_over: bool,
    seen: Vec<&'static str>,
}

impl Directives {
    pub(super) fn new() -> Self {
        Directives { escape: '\\', is_over: false, seen: Vec::new() }
    }

    /// Takes the next line, without what is blank at its beginning: the first that is not a directive ends them.
    pub(super) fn take(&mut self, line: &str, number: usize) -> Result<(), Unreadable> {
        let error = |why: String| Unreadable { line: number, why };
        if self.is_over {
            return Ok(());
        }
        let Some((name, value)) = directive(line, "#") else {
            self.is_over = true;
            return Ok(());
        };
        if self.seen.contains(&name) {
            return Err(error(format!("the directive '{name}' is duplicated")));
        }
        self.seen.push(name);
        match (name, value) {
            ("escape", "`") => self.escape = '`',
            ("escape", "\\") => self.escape = '\\',
            ("escape", _) => return Err(error("the escape character must be \\ or `".to_owned())),
            ("syntax", value) => check_frontend(value).map_err(error)?,
            _ => {}
        }
        Ok(())
    }
}

/// The directive of a line that begins with `mark`.
fn directive<'a>(line: &'a str, mark: &str) -> Option<(&'static str, &'a str)> {
    let (name, value) = line.strip_prefix(mark)?.trim_start().split_once('=')?;
    let name = name.trim_end_matches(is_blank);
    let known = ["syntax", "escape", "check"];
    let name = known.into_iter().find(|known| name.eq_ignore_ascii_case(known))?;
    let value = value.trim_matches(is_blank);
    (!value.is_empty()).then_some((name, value))
}

/// `\s` of Go's regular expressions.
fn is_blank(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\x0c' | '\r' | ' ')
}

/// Whether another program than Docker's own reads the file: the builder looks for `syntax` behind a first line `#!…`, and
/// where comments begin with `//`, too.
pub(super) fn check_syntax(content: &str) -> Result<(), Unreadable> {
    let skipped = usize::from(content.starts_with("#!"));
    for mark in ["#", "//"] {
        for (number, line) in (1..).zip(content.lines()).skip(skipped) {
            let Some((name, value)) = directive(line, mark) else { break };
            if name == "syntax" {
                check_frontend(value).map_err(|why| Unreadable { line: number, why })?;
            }
        }
    }
    Ok(())
}

/// Whether the frontend `image` is Docker's own, in any version, also of the channel `labs` and from the branch `master`.
pub(super) fn check_frontend(image: &str) -> Result<(), String> {
    let image = image.split(' ').next().unwrap_or_default();
    let (name, _) = image.split_once('@').unwrap_or((image, ""));
    let name = name.strip_prefix("docker.io/").or(name.strip_prefix("index.docker.io/")).unwrap_or(name);
    let (name, _) = name.split_once(':').unwrap_or((name, ""));
    match name {
        "docker/dockerfile" | "docker/dockerfile-upstream" => Ok(()),
        _ => Err(format!("the frontend '{image}' reads it, which is not docker/dockerfile")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_dockers_own_frontend_is_understood() {
        for image in [
            "docker/dockerfile",
            "docker/dockerfile:1",
            "docker/dockerfile:1.7-labs",
            "docker.io/docker/dockerfile:1@sha256:0000",
            "docker/dockerfile-upstream:master",
            "docker/dockerfile:1 --opt",
        ] {
            assert_eq!(check_frontend(image), Ok(()), "{image}");
        }
        for image in
            ["", "dockerfile", "ghcr.io/docker/dockerfile:1", "docker/dockerfile2", "a/docker/dockerfile"]
        {
            assert!(check_frontend(image).is_err(), "{image}");
        }
    }

    #[test]
    fn the_frontend_is_named_by_a_directive() {
        for content in [
            "#syntax=a/b\nFROM x",
            "# SYNTAX = a/b\r\nFROM x",
            "#!/usr/bin/env x\n# syntax=a/b\n",
            "# check=skip=all\n# syntax=a/b",
            "//syntax=a/b\n",
        ] {
            assert!(check_syntax(content).is_err(), "{content}");
        }
        for content in
            ["# a\n# syntax=a/b", "\n# syntax=a/b", "FROM x\n#syntax=a/b", "# syntax docker", "# syntax="]
        {
            assert_eq!(check_syntax(content), Ok(()), "{content}");
        }
    }
}
