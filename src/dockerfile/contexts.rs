//! Names of additional contexts, which may be those of stages or images, by the rules of BuildKit's package `dockerui`.

use std::collections::BTreeSet;

use super::text::Expanded;

/// The context that takes the place of the stage `name`.
pub(super) fn context_of_stage(contexts: &BTreeSet<&str>, name: &str) -> Option<String> {
    // Of these two the builder does not look for one.
    if matches!(name, "scratch" | "context") { None } else { context_of_image(contexts, name) }
}

/// The context that takes the place of the image `name`.
pub(super) fn context_of_image(contexts: &BTreeSet<&str>, name: &str) -> Option<String> {
    let name = familiar(name);
    contexts.iter().find(|context| familiar(context) == name).map(ToString::to_string)
}

/// The contexts that may take the place of `image`.
pub(super) fn contexts_matching(contexts: &BTreeSet<&str>, image: &Expanded) -> Vec<String> {
    let spellings =
        ["", "docker.io/", "index.docker.io/", "library/", "docker.io/library/", "index.docker.io/library/"];
    let matches = |context: &str| {
        let context = familiar(context);
        spellings.iter().any(|before| {
            let name = format!("{before}{context}");
            image.matches(&name) || image.matches(&format!("{name}:latest"))
        })
    };
    contexts.iter().filter(|context| matches(context)).map(ToString::to_string).collect()
}

/// The short spelling of a reference: `alpine` for `docker.io/library/alpine:latest`.
fn familiar(name: &str) -> &str {
    let name = name.strip_prefix("docker.io/").or(name.strip_prefix("index.docker.io/")).unwrap_or(name);
    let name = name.strip_prefix("library/").filter(|rest| !rest.contains('/')).unwrap_or(name);
    name.strip_suffix(":latest").unwrap_or(name)
}
