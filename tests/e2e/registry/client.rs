//! The client itself: what images say of themselves, and new tags.

use std::collections::BTreeMap;

use imgver::domain::{Digest, Reference};
use imgver::programs::Programs;
use imgver::registry::{Image, Registries, RegistryError, RegistryFault, Revision};

use super::http::Response;
use super::images::REVISION;
use super::proxy::{Fault, Proxy, When};
use super::server::Registry;
use crate::support::in_parallel;

/// Registries of somebody who has not logged in anywhere.
fn registries() -> Registries {
    Registries::new(Vec::new(), &Programs::new("/".as_ref(), &BTreeMap::new()))
}

fn reference(address: &str, repository: &str, tag: &str) -> Reference {
    let repository = format!("{address}/{repository}").parse().expect("a repository");
    Reference { repository, tag: tag.parse().expect("a tag") }
}

fn image(address: &str, tag: &str) -> Result<Option<Image>, RegistryError> {
    registries().images(&[reference(address, "team/api", tag)]).remove(0)
}

fn tag(address: &str, digest: &str, tag: &str) -> Result<(), RegistryError> {
    let Reference { repository, tag } = reference(address, "team/api", tag);
    registries().tag(&repository, &digest.parse().expect("a digest"), &tag)
}

fn commit(revision: &str) -> Revision {
    Revision::Commit(revision.to_owned())
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn an_image_says_of_which_commit_it_is() {
    let registry = Registry::start();
    let different = Revision::Different(vec![String::new(), "a".to_owned(), "b".to_owned()]);
    let a: &[(&str, &str)] = &[(REVISION, "a"), ("version", "1.0")];
    let b: &[(&str, &str)] = &[(REVISION, "b")];
    let mut expected = Vec::new();
    let mut push = |digest: String, revision: Revision| {
        expected.push(Some(Image { digest: digest.parse().unwrap(), revision }));
    };
    push(registry.push_image("team/api", "one", a), commit("a"));
    push(registry.push_image("team/api", "unlabelled", &[("version", "1.0")]), Revision::Unlabelled);
    push(registry.push_index("team/api", "agreed", &[("amd64", a), ("arm64", a)]), commit("a"));
    push(registry.push_index("team/api", "none", &[("amd64", &[]), ("arm64", &[])]), Revision::Unlabelled);
    push(
        registry.push_index("team/api", "different", &[("amd64", b), ("arm64", a), ("s390x", &[])]),
        different,
    );
    let tags = ["one", "unlabelled", "agreed", "none", "different", "absent"];
    let references = tags.map(|tag| reference(registry.address(), "team/api", tag));
    let found: Vec<_> = registries().images(&references).into_iter().map(|image| image.unwrap()).collect();
    expected.push(None);
    assert_eq!(found, expected);
}

/// A fault at any request, once, changes nothing but the number of requests.
#[test]
#[ignore = "scripts/e2e runs it"]
fn an_image_is_read_whatever_fails_once() {
    let registry = Registry::start();
    let labels: &[(&str, &str)] = &[(REVISION, "a")];
    registry.push_index("team/api", "x", &[("amd64", labels), ("arm64", labels)]);
    let undisturbed = image(registry.address(), "x").unwrap();
    let proxy = Proxy::start(&registry);
    image(proxy.address(), "x").unwrap();
    // The index, and a manifest and a configuration for each platform.
    let requests = proxy.requests().len();
    assert_eq!(requests, 5);
    let faults = [
        Fault::Status(503),
        Fault::Cut,
        Fault::CutHeaders,
        Fault::CutBody,
        Fault::NotHttp,
        Fault::Garbage,
        Fault::WrongBody,
    ];
    let cases: Vec<(Fault, usize)> =
        faults.iter().flat_map(|fault| (0..requests).map(move |nth| (fault.clone(), nth))).collect();
    in_parallel(&cases, |(fault, nth)| {
        let proxy = Proxy::start(&registry);
        proxy.fail(fault.clone(), When::nth(*nth));
        assert_eq!(image(proxy.address(), "x").as_ref(), Ok(&undisturbed), "{fault:?} at {nth}");
        assert_eq!(proxy.requests().len(), requests + 1, "{fault:?} at {nth}");
    });
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn an_index_that_lacks_an_image_is_broken() {
    let registry = Registry::start();
    let labels: &[(&str, &str)] = &[(REVISION, "a")];
    registry.push_index("team/api", "x", &[("amd64", labels)]);
    let proxy = Proxy::start(&registry);
    for part in ["/manifests/sha256:", "/blobs/sha256:"] {
        proxy.clear();
        proxy.fail(Fault::Status(404), When::matching("GET", part));
        let error = image(proxy.address(), "x").unwrap_err();
        assert!(matches!(error.fault, RegistryFault::Broken(_)), "{error}");
        assert!(error.to_string().contains("refers to sha256:"), "{error}");
    }
}

/// Some registries answer 404 to whoever may not know.
#[test]
#[ignore = "scripts/e2e runs it"]
fn what_is_denied_is_not_absent() {
    let registry = Registry::start();
    let proxy = Proxy::start(&registry);
    for (code, is_denied) in [("DENIED", true), ("UNAUTHORIZED", true), ("MANIFEST_UNKNOWN", false)] {
        proxy.clear();
        let body = format!(r#"{{"errors":[{{"code":"{code}","message":"no"}}]}}"#);
        proxy.fail(
            Fault::Answer(Response::new(404, "application/json", body)),
            When::matching("GET", "manifests"),
        );
        match image(proxy.address(), "x") {
            Err(error) => assert!(is_denied && error.is_denied(), "{code}: {error}"),
            Ok(found) => assert!(!is_denied && found.is_none(), "{code}"),
        }
    }
}

/// Content comes from elsewhere in many registries.
#[test]
#[ignore = "scripts/e2e runs it"]
fn a_configuration_may_be_somewhere_else() {
    let (registry, other) = (Registry::start(), Registry::start());
    for registry in [&registry, &other] {
        registry.push_image("team/api", "x", &[(REVISION, "a")]);
    }
    let (proxy, elsewhere) = (Proxy::start(&registry), Proxy::start(&other));
    proxy.fail(Fault::Redirect(elsewhere.address().to_owned()), When::matching("GET", "/blobs/"));
    assert_eq!(image(proxy.address(), "x").unwrap().unwrap().revision, commit("a"));
    assert_eq!(elsewhere.requests().len(), 1);
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn a_tag_is_set_whatever_fails_once() {
    let faults = [
        Fault::Status(500),
        Fault::RetryAfter(429, "1".to_owned()),
        Fault::Cut,
        Fault::CutHeaders,
        Fault::CutBody,
        Fault::NotHttp,
    ];
    let registry = Registry::start();
    let proxy = Proxy::start(&registry);
    let digest = registry.push_index("team/api", "x", &[("amd64", &[]), ("arm64", &[])]);
    tag(proxy.address(), &digest, "undisturbed").unwrap();
    // Read, written, read back.
    let requests = proxy.requests().len();
    assert_eq!(requests, 3);
    assert_eq!(registry.digest("team/api", "undisturbed").as_ref(), Some(&digest));
    let cases: Vec<(&Fault, usize)> =
        faults.iter().flat_map(|fault| (0..requests).map(move |nth| (fault, nth))).collect();
    in_parallel(&cases, |(fault, nth)| {
        let registry = Registry::start();
        registry.push_image("team/api", "latest", &[]);
        registry.push_index("team/api", "x", &[("amd64", &[]), ("arm64", &[])]);
        let proxy = Proxy::start(&registry);
        proxy.fail((*fault).clone(), When::nth(*nth));
        tag(proxy.address(), &digest, "latest").unwrap_or_else(|error| panic!("{fault:?} at {nth}: {error}"));
        let expected = ["latest", "x"].map(|tag| (format!("team/api:{tag}"), digest.clone()));
        assert_eq!(registry.state(&["team/api"]), BTreeMap::from(expected), "{fault:?} at {nth}");
    });
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn a_tag_that_is_not_set_is_an_error() {
    let registry = Registry::start();
    let digest = registry.push_image("team/api", "x", &[]);
    let other = registry.push_image("team/api", "latest", &[("a", "b")]);
    let proxy = Proxy::start(&registry);
    let absent = Digest::of(b"nothing").to_string();
    assert!(matches!(
        tag(proxy.address(), &absent, "latest").unwrap_err().fault,
        RegistryFault::Status(404, _)
    ));
    for (status, requests) in [(400, 1), (403, 1), (409, 1), (412, 1), (503, 5)] {
        proxy.clear();
        proxy.fail(Fault::Status(status), When::matching("PUT", "/manifests/latest"));
        let error = tag(proxy.address(), &digest, "latest").unwrap_err();
        assert!(error.to_string().contains(&format!("TEST: the proxy says {status}")), "{error}");
        let begin = format!("cannot set the tag {0}/team/api:latest in the registry {0}: ", proxy.address());
        assert!(error.to_string().starts_with(&begin), "{error}");
        assert_eq!(error.is_denied(), status == 403);
        assert_eq!(proxy.requests().len(), 1 + requests);
    }
    // Somebody else sets it to something else right afterwards.
    proxy.clear();
    proxy.fail(Fault::WrongDigest, When::matching("HEAD", "/manifests/latest"));
    let error = tag(proxy.address(), &digest, "latest").unwrap_err();
    assert!(matches!(error.fault, RegistryFault::NotKept(..)), "{error}");
    assert_eq!(proxy.requests().iter().filter(|request| request.method == "HEAD").count(), 2);
    // A server that is a moment behind.
    proxy.clear();
    proxy.fail(Fault::WrongDigest, When::matching("HEAD", "/manifests/latest").once());
    tag(proxy.address(), &other, "latest").unwrap();
    assert_eq!(registry.digest("team/api", "latest"), Some(other));
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn accepted_credentials_are_those_of_another_repository() {
    let registry = Registry::with_password();
    let directory = tempfile::TempDir::new().unwrap();
    let config =
        format!(r#"{{"auths":{{"{}":{{"username":"ada","password":"s3cret"}}}}}}"#, registry.address());
    std::fs::write(directory.path().join("config.json"), config).unwrap();
    let env = BTreeMap::from([("DOCKER_CONFIG".into(), directory.path().into())]);
    let registries = Registries::new(Vec::new(), &Programs::new("/".as_ref(), &env));
    let [api, web] = ["team/api", "team/web"].map(|name| reference(registry.address(), name, "x"));
    let accepts = |reference: &Reference| registries.accepts_credentials(&reference.repository);
    assert!(!accepts(&api) && !accepts(&web));
    // That there is no such image is an answer to somebody who may know.
    assert_eq!(registries.digests(std::slice::from_ref(&api)), [Ok(None)]);
    assert!(!accepts(&api) && accepts(&web));
    // Nobody is asked who they are.
    let open = Registry::start();
    let [api, web] = ["team/api", "team/web"].map(|name| reference(open.address(), name, "x"));
    assert_eq!(registries.digests(std::slice::from_ref(&api)), [Ok(None)]);
    assert!(!accepts(&api) && !accepts(&web));
}
