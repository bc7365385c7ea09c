//! What a run may push, so that nothing is replaced that must stay.

use std::ffi::OsStr;

use super::{ExtraArgs, is_off, overridden};
use crate::images::{Options, Output};

/// What a build may push, by its options and by the arguments after `--`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pushes {
    /// Whether it may push anything.
    pub is_possible: bool,
    /// The further tags that the arguments give one image, as they are written.
    pub tags: Vec<String>,
    /// Whether the arguments name a bake file, which can name and push images as it likes.
    pub has_bake_file: bool,
}

impl Pushes {
    /// What a build of one image, or of several, may push.
    pub fn of(options: &Options, is_one: bool) -> Self {
        let extra = ExtraArgs::read(&options.extra);
        let tags = extra.flags().filter(|(name, _)| *name == "tag").filter_map(|(_, tag)| tag);
        let has_bake_file = !is_one && extra.flags().any(|(name, _)| name == "file");
        let is_given = extra.flags().any(|(name, value)| may_push(name, value));
        Pushes {
            is_possible: options.output == Output::Push || is_given || has_bake_file,
            tags: tags.map(|tag| tag.to_string_lossy().into_owned()).collect(),
            has_bake_file,
        }
    }
}

fn may_push(name: &str, value: Option<&OsStr>) -> bool {
    let text = value.unwrap_or_default().to_string_lossy();
    match (name, &*overridden(value)) {
        ("push", _) => !is_off(value),
        ("output", _) => !is_local(&text),
        ("set", "output") => !is_local(text.split_once('=').map_or("", |(_, output)| output)),
        ("set", "push") => !is_off(text.split_once('=').map(|(_, is_on)| OsStr::new(is_on))),
        _ => false,
    }
}

/// Whether `output` is certainly one that pushes nothing: a path, or one of docker's exporters without `push` ("Exporters" in
/// docker's documentation). What is not understood, such as quotes, may push.
fn is_local(output: &str) -> bool {
    const LOCAL: [&str; 6] = ["cacheonly", "docker", "image", "local", "oci", "tar"];
    if !output.contains(['=', ',', '"']) {
        return true;
    }
    let mut has_type = false;
    for field in output.split(',') {
        let Some((key, value)) = field.split_once('=') else { return false };
        match &*key.trim().to_lowercase() {
            "type" if LOCAL.contains(&value) => has_type = true,
            "type" => return false,
            "push" if !is_off(Some(OsStr::new(value))) => return false,
            _ => {}
        }
    }
    has_type && !output.contains('"')
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;

    fn pushes(output: Output, args: &[&str], is_one: bool) -> Pushes {
        let extra = args.iter().map(OsString::from).collect();
        Pushes::of(&Options { extra, ..Options::new(output) }, is_one)
    }

    #[test]
    fn what_may_push_is_known_in_every_spelling() {
        for args in [
            &["--output", "type=registry"][..],
            &["--output=type=registry,compression=zstd"],
            &["-o", "type=image,push=true"],
            &["-otype=image,push=1"],
            &["-qo=type=image, PUSH=t"],
            &["-o", "type=image,push="],
            &["-o", "type=docker,push=true"],
            &["-o", "type=oci,dest=x", "-o", "type=registry"],
            &["-o", "type=oci,type=registry"],
            &["-o", "type=tomorrow"],
            &["-o", "\"type=image\",\"push=true\""],
            &["-o", "type=image,\"push=true\""],
            &["-o", "name=x,push=false"],
            &["--push"],
            &["--push=true"],
        ] {
            assert!(pushes(Output::AsGiven, args, true).is_possible, "{args:?}");
            assert!(pushes(Output::Load, args, true).is_possible, "{args:?}");
        }
        for args in [
            &["--set", "*.output=type=registry"][..],
            &["--set=api.output+=type=image,push=true"],
            &["--set", "*.push=true"],
            &["--set", "api.push"],
            &["-f", "more.hcl"],
        ] {
            assert!(pushes(Output::AsGiven, args, false).is_possible, "{args:?}");
        }
    }

    #[test]
    fn what_stays_here_is_no_push() {
        for args in [
            &["--output", "out"][..],
            &["-o", "-"],
            &["-o-"],
            &["-o", "type=local,dest=registry"],
            &["-o", "type=tar,dest=x"],
            &["-o", "type=oci,dest=push"],
            &["-o", "type=docker"],
            &["-o", "type=cacheonly"],
            &["-o", "type=image,name=x"],
            &["-o", "type=image,push=false"],
            &["--label", "--push"],
            &["--push=false"],
            &["-f", "Dockerfile.prod"],
            &["--secret", "-o=type=registry"],
        ] {
            assert!(!pushes(Output::AsGiven, args, true).is_possible, "{args:?}");
            assert!(pushes(Output::Push, args, true).is_possible, "{args:?}");
        }
        for args in [
            &["--set", "*.output=type=oci,dest=x"][..],
            &["--set", "*.push=false"],
            &["--set", "*.args.push=true"],
            &["--set", "*.args.output=type=registry"],
            &[],
        ] {
            assert!(!pushes(Output::Load, args, false).is_possible, "{args:?}");
        }
    }

    #[test]
    fn further_tags_are_known() {
        let tags = |args: &[&str]| pushes(Output::Push, args, true).tags;
        assert_eq!(tags(&["-t", "a:1", "--tag=b:2", "-qtc"]), ["a:1", "b:2", "c"]);
        assert_eq!(tags(&["--label", "-t"]), [""; 0]);
    }
}
