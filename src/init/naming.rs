//! Names for services: the path of their directory, or one beside it.

use std::collections::{BTreeMap, BTreeSet};

use super::Sources;
use super::dockerfiles::{is_within, suffix};
use crate::domain::short_name;
use crate::workspace::taskfile::{below, directory_of};

/// Directories that are about building, so that what is in them is named by its own name.
const ABOUT_BUILDING: [&str; 15] = [
    "docker",
    "package",
    "dockerfiles",
    "build",
    "builds",
    "deploy",
    "deployment",
    "deployments",
    "containers",
    "images",
    "packaging",
    "ci",
    "infra",
    "ops",
    ".docker",
];

/// Directories within a service's, which say nothing about it: `cart/src` is about the cart.
const WITHIN_A_SERVICE: [&str; 4] = ["src", "source", "docker", ".docker"];

/// A service that has no name yet.
pub(super) struct Nameless<'g> {
    pub(super) dockerfile: &'g str,
    pub(super) target: Option<&'g str>,
    /// What a file calls the build.
    pub(super) label: Option<&'g str>,
    /// Its image.
    pub(super) image: Option<&'g str>,
    /// Whether it is to be a comment only.
    pub(super) is_doubtful: bool,
}

/// A name for each, all different. What has a Taskfile that names its image, in one of the directories `fixed`, already has one.
pub(super) fn names<'d>(
    services: &[Nameless<'_>],
    fixed: impl IntoIterator<Item = &'d String>,
    sources: &Sources,
) -> Vec<String> {
    let mut by_directory: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, service) in services.iter().enumerate() {
        by_directory.entry(directory_of(service.dockerfile)).or_default().push(at);
    }
    let fixed: BTreeSet<&str> = fixed.into_iter().map(String::as_str).collect();
    let stems = stems(&by_directory, services, &fixed, sources);
    let stem = |directory: &str| stems.get(directory).copied().unwrap_or_default();
    let mut names: Vec<String> = vec![String::new(); services.len()];
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let mut take = |wanted: String| {
        let numbered = (2..).map(|number| format!("{wanted}-{number}"));
        let mut candidates = std::iter::once(wanted.clone()).chain(numbered);
        let free = candidates.find(|name| !taken.contains(name)).unwrap_or(wanted);
        taken.insert(free.clone());
        free
    };
    // The name of a directory goes to its main service before any other could be called so.
    for (directory, members) in by_directory.iter().filter(|(directory, _)| !directory.is_empty()) {
        if let Some(main) = main(services, members)
            && let Some(name) = names.get_mut(main)
        {
            *name = take(stem(directory).to_owned());
        }
    }
    for (directory, members) in &by_directory {
        for at in members {
            if let (Some(service), Some(name)) = (services.get(*at), names.get_mut(*at))
                && name.is_empty()
            {
                *name = take(beside(stem(directory), service, members.len() == 1, services, sources));
            }
        }
    }
    names
}

/// What the main service of each directory is named after: the directory, or the one around it where its own name says nothing
/// and no other service is there. Tags that have it in their names would no longer be the service's releases.
fn stems<'d>(
    by_directory: &BTreeMap<&'d str, Vec<usize>>,
    services: &[Nameless<'_>],
    fixed: &BTreeSet<&str>,
    sources: &Sources,
) -> BTreeMap<&'d str, &'d str> {
    let is_sure = |members: &[usize]| {
        members.iter().any(|at| services.get(*at).is_some_and(|service| !service.is_doubtful))
    };
    let is_another = |directory: &str, around: &str| {
        let mut others = by_directory.iter().filter(|(other, _)| **other != directory);
        // What is a comment only, such as an image for tests, takes no name but that of its own directory.
        others.any(|(other, members)| *other == around || is_within(other, around) && is_sure(members))
            || fixed.iter().any(|other| is_within(other, around))
    };
    let in_a_tag = |directory: &str| sources.repository.tags.keys().any(|tag| tag.contains(directory));
    let stem = |(directory, members): (&&'d str, &Vec<usize>)| {
        let around = directory_of(directory);
        let says_nothing = WITHIN_A_SERVICE.contains(&short_name(directory)) && !around.is_empty();
        let is_free = || main(services, members).is_some() && !is_another(directory, around);
        let stem = if says_nothing && is_free() && !in_a_tag(directory) { around } else { directory };
        (*directory, stem)
    };
    by_directory.iter().map(stem).collect()
}

/// The service that has the name of its directory: the only one, or that of the plain `Dockerfile`.
fn main(services: &[Nameless<'_>], members: &[usize]) -> Option<usize> {
    let doubtless = |at: &&usize| services.get(**at).is_some_and(|service| !service.is_doubtful);
    let sure: Vec<&usize> = members.iter().filter(doubtless).collect();
    let candidates = if sure.is_empty() { members.iter().collect() } else { sure };
    if let [only] = candidates.as_slice() {
        return Some(**only);
    }
    let is_plain = |at: &&&usize| {
        let service = services.get(***at);
        service.is_some_and(|service| {
            suffix(service.dockerfile).is_some_and(|it| it.is_empty()) && service.target.is_none()
        })
    };
    candidates.iter().find(is_plain).map(|at| **at)
}

/// The name of a service that does not have its directory's.
fn beside(
    directory: &str,
    service: &Nameless<'_>,
    is_alone: bool,
    services: &[Nameless<'_>],
    sources: &Sources,
) -> String {
    let of_image = service.image.map(short_name);
    let repository = sources.repository.slug.as_deref().map(short_name);
    let repository = repository.unwrap_or(&sources.repository.directory);
    let same_file = services.iter().filter(|other| other.dockerfile == service.dockerfile).count();
    let of_file = suffix(service.dockerfile).filter(|suffix| !suffix.is_empty());
    let word = if same_file > 1 {
        service.target.or(of_image).or(service.label).map(ToOwned::to_owned)
    } else if directory.is_empty() && is_alone {
        of_image.map(ToOwned::to_owned)
    } else {
        of_file
    };
    let own = word.or_else(|| of_image.map(ToOwned::to_owned)).unwrap_or_else(|| repository.to_owned());
    let own = plain(&own);
    if directory.is_empty() {
        return own;
    }
    if ABOUT_BUILDING.contains(&short_name(directory)) {
        below(directory, &own)
    } else {
        format!("{directory}-{own}")
    }
}

/// `word` without what no name of a service should have.
fn plain(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let plain: String = word.to_lowercase().chars().map(|c| if is_plain(c) { c } else { '-' }).collect();
    let plain = plain.trim_matches(['-', '.']);
    if plain.is_empty() { "app".to_owned() } else { plain.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::init::Age;

    fn named(services: &[(&str, Option<&str>, Option<&str>)]) -> Vec<String> {
        let mut sources = Sources::default();
        sources.repository.directory = "Shop Floor".to_owned();
        let nameless =
            |(dockerfile, target, image): &(&'static str, Option<&'static str>, Option<&'static str>)| {
                Nameless {
                    dockerfile,
                    target: *target,
                    label: None,
                    image: *image,
                    is_doubtful: dockerfile.ends_with(".dev"),
                }
            };
        let services: Vec<(&'static str, Option<&'static str>, Option<&'static str>)> =
            services.iter().map(|(a, b, c)| (leak(a), b.map(leak), c.map(leak))).collect();
        sources.repository.tags.insert("old/src@1.0.0".to_owned(), Age::default());
        names(&services.iter().map(nameless).collect::<Vec<_>>(), [&"tasks/src".to_owned()], &sources)
    }

    fn leak(text: &str) -> &'static str {
        Box::leak(text.to_owned().into_boxed_str())
    }

    #[test]
    fn a_name_is_the_directory_or_beside_it() {
        assert_eq!(named(&[("apps/web/Dockerfile", None, None)]), ["apps/web"]);
        assert_eq!(
            named(&[("apps/web/Dockerfile", None, None), ("apps/web/Dockerfile.admin", None, None)]),
            ["apps/web", "apps/web-admin"]
        );
        assert_eq!(
            named(&[("apps/web/Dockerfile.dev", None, None), ("apps/web/Dockerfile.web", None, None)]),
            ["apps/web-dev", "apps/web"]
        );
        assert_eq!(
            named(&[("docker/Dockerfile.api", None, None), ("docker/Dockerfile.web", None, None)]),
            ["docker/api", "docker/web"]
        );
        assert_eq!(named(&[("Dockerfile", None, None)]), ["shop-floor"]);
        assert_eq!(named(&[("Dockerfile", None, Some("ghcr.io/acme/api"))]), ["api"]);
        assert_eq!(
            named(&[("prod.Dockerfile", Some("web"), None), ("prod.Dockerfile", Some("api"), None)]),
            ["web", "api"]
        );
        assert_eq!(
            named(&[
                ("a-b/Dockerfile", None, None),
                ("a/Dockerfile", None, None),
                ("a/Dockerfile.b", None, None)
            ]),
            ["a-b", "a", "a-b-2"]
        );
    }

    #[test]
    fn a_directory_within_a_service_is_named_after_the_one_around_it() {
        for (dockerfiles, expected) in [
            (vec!["src/cart/src/Dockerfile", "src/ad/Dockerfile"], vec!["src/cart", "src/ad"]),
            (vec!["api/docker/Dockerfile", "api/docker/Dockerfile.dev"], vec!["api", "api-dev"]),
            (
                vec!["api/docker/Dockerfile.a", "api/docker/Dockerfile.b"],
                vec!["api/docker/a", "api/docker/b"],
            ),
            // Another service is there, or around it.
            (vec!["shop/src/Dockerfile", "shop/web/Dockerfile"], vec!["shop/src", "shop/web"]),
            (vec!["shop/src/Dockerfile", "shop/Dockerfile"], vec!["shop/src", "shop"]),
            (vec!["shop/src/Dockerfile", "shop/Dockerfile.dev"], vec!["shop/src", "shop"]),
            // A comment is in the way only where it has the name itself.
            (vec!["shop/src/Dockerfile", "shop/test/Dockerfile.dev"], vec!["shop", "shop/test"]),
            (vec!["src/Dockerfile"], vec!["src"]),
            // A Taskfile or a tag has the name.
            (vec!["tasks/src/Dockerfile"], vec!["tasks/src"]),
            (vec!["old/src/Dockerfile"], vec!["old/src"]),
        ] {
            let services: Vec<_> = dockerfiles.iter().map(|file| (*file, None, None)).collect();
            assert_eq!(named(&services), expected);
        }
    }
}
