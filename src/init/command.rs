//! `docker build` on a command line.

use std::collections::BTreeMap;

use super::value::Value;
use crate::domain::Platform;

/// What `docker build` is told.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct BuildCommand {
    /// The context, if there is one.
    pub(super) context: Option<Value>,
    /// `--file`.
    pub(super) file: Option<Value>,
    /// `--target`.
    pub(super) target: Option<Value>,
    /// Each `--tag`.
    pub(super) tags: Vec<Value>,
    /// Each `--platform`.
    pub(super) platforms: Vec<Value>,
    /// Each `--build-arg` with a value.
    pub(super) args: BTreeMap<String, Value>,
}

/// What builds images, with the command line of docker.
pub(super) const PROGRAMS: [&str; 5] = ["docker", "podman", "depot", "nerdctl", "buildah"];

/// Flags of `docker build` and `docker buildx build` that take no value (their reference pages).
const SWITCHES: [&str; 14] = [
    "--push",
    "--load",
    "--pull",
    "--no-cache",
    "--quiet",
    "-q",
    "--rm",
    "--force-rm",
    "--compress",
    "--squash",
    "--debug",
    "-D",
    "--check",
    "--disable-content-trust",
];

/// What `words`, a command as a shell takes it apart, builds; none if it builds nothing.
pub(super) fn build_command(words: &[Value]) -> Option<BuildCommand> {
    let plain: Vec<&str> = words.iter().map(|word| word.known().unwrap_or_default()).collect();
    let program = plain.first()?.rsplit('/').next()?;
    if !PROGRAMS.contains(&program) {
        return None;
    }
    let skipped = match plain.get(1..)? {
        ["build" | "bud", ..] => 2,
        ["buildx" | "image" | "builder", "build", ..] => 3,
        _ => return None,
    };
    let mut build = BuildCommand::default();
    let mut rest = words.iter().skip(skipped);
    while let Some(word) = rest.next() {
        let text = word.marked();
        if !text.starts_with('-') || text == "-" {
            build.context.get_or_insert_with(|| word.clone());
            continue;
        }
        let (flag, is_joined) = match text.split_once('=') {
            Some((flag, _)) => (flag, true),
            None => (text, false),
        };
        if SWITCHES.contains(&flag) {
            continue;
        }
        let value = if is_joined { Some(word.behind_equals()) } else { rest.next().cloned() };
        let Some(value) = value else { break };
        match flag {
            "-f" | "--file" => build.file = Some(value),
            "-t" | "--tag" => build.tags.push(value),
            "--target" => build.target = Some(value),
            "--platform" => build.platforms.extend(value.parts(&[','])),
            "--build-arg" => build.args.extend(argument(&value)),
            _ => {}
        }
    }
    Some(build)
}

/// `NAME=VALUE`.
pub(super) fn argument(value: &Value) -> Option<(String, Value)> {
    let (name, _) = value.marked().split_once('=')?;
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    is_name.then(|| (name.to_owned(), value.behind_equals()))
}

/// The platforms among `values`, each once.
pub(super) fn platforms(values: &[Value]) -> Vec<String> {
    let mut platforms = Vec::new();
    let known = values.iter().filter_map(|value| value.known()?.parse::<Platform>().ok());
    for platform in known.map(|platform| platform.as_str().to_owned()) {
        if !platforms.contains(&platform) {
            platforms.push(platform);
        }
    }
    platforms
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build(line: &str) -> Option<BuildCommand> {
        let words: Vec<Value> = line.split(' ').map(Value::literal).collect();
        build_command(&words)
    }

    #[test]
    fn the_usual_forms_are_read() {
        let value = |text: &str| Some(Value::literal(text));
        let built = build("docker buildx build --push -t a/b:1 --tag=c/d:1 -f x/Dockerfile --build-arg A=b=c --platform linux/amd64,linux/arm64 --cache-to type=gha .").unwrap();
        assert_eq!((built.context, built.file), (value("."), value("x/Dockerfile")));
        assert_eq!(built.tags, [Value::literal("a/b:1"), Value::literal("c/d:1")]);
        assert_eq!(built.args, [("A".to_owned(), Value::literal("b=c"))].into());
        assert_eq!(platforms(&built.platforms), ["linux/amd64", "linux/arm64"]);
        assert_eq!(build("docker build api --target run").unwrap().target, value("run"));
    }

    #[test]
    fn other_commands_build_nothing() {
        for line in ["docker", "docker run build", "docker compose build", "make build", "", "docker push a"]
        {
            assert_eq!(build(line), None, "{line}");
        }
        assert_eq!(build("docker build"), Some(BuildCommand::default()));
        assert_eq!(build("docker build -t"), Some(BuildCommand::default()));
    }
}
