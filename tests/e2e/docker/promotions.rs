//! `imgver promote` into other repositories and registries, which docker buildx copies to.

use std::collections::BTreeMap;

use imgver::domain::Digest;

use super::shop::variable;
use crate::registry::images::REVISION;
use crate::registry::proxy::{Fault, Proxy, When};
use crate::registry::server::Registry;
use crate::support::{Output, Repo, Run};

/// With the real docker, which needs no daemon to copy.
fn with_docker(run: Run) -> Output {
    let docker = ["DOCKER_HOST", "DOCKER_CONFIG", "BUILDX_CONFIG", "PATH"];
    docker.iter().fold(run, |run, name| run.env(name, variable(name))).run()
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn every_repository_gets_the_same_bytes() {
    let (one, two) = (Registry::start(), Registry::start());
    let repo = Repo::new();
    let (here, there) = (one.address(), two.address());
    let images = format!("[{here}/team/api, {here}/mirror/api, {there}/team/api]");
    repo.write("imgver.yaml", format!("services: {{ api: {{ image: {images} }} }}\n"));
    repo.write("api/Dockerfile", "FROM scratch\n");
    repo.commit("the service");
    let (version, head) = (repo.list()[0]["extended"].as_str().unwrap().to_owned(), repo.head());
    repo.tag("api@1.0.0");
    let labels: &[(&str, &str)] = &[(REVISION, &head)];
    let index = one.push_index("team/api", &version, &[("amd64", labels), ("arm64", labels)]);
    let promote = |args: &[&str]| with_docker(repo.imgver(["promote", "api"]).args(args));
    // Somewhere else first, and then everywhere.
    let run = promote(&["--to", &format!("{there}/elsewhere/api")]);
    assert_eq!((run.code, &*run.stdout), (0, &*format!("digest={index}\n")), "{run}");
    assert_eq!(two.digest("elsewhere/api", "1.0.0"), Some(index.clone()));
    assert_eq!(one.tags("team/api"), [&*version]);
    for _ in 0..2 {
        let run = promote(&[]);
        assert_eq!((run.code, &*run.stdout), (0, &*format!("digest={index}\n")), "{run}");
        for (registry, repository) in [(&one, "team/api"), (&one, "mirror/api"), (&two, "team/api")] {
            assert_eq!(registry.digest(repository, "1.0.0"), Some(index.clone()), "{repository}");
        }
    }
    // An image that is no index stays none: buildx before 0.15 would make it one, and is not let.
    repo.commit("more");
    let (version, head) = (repo.list()[0]["extended"].as_str().unwrap().to_owned(), repo.head());
    repo.tag("api@1.0.1");
    let image = two.push_image("team/api", &version, &[(REVISION, &head)]);
    let run = promote(&[]);
    let is_able = run.code == 0;
    let said = if is_able { format!("digest={image}\n") } else { String::new() };
    assert!(is_able || run.code == 6 && run.stderr.contains("buildx 0.15 and newer"), "{run}");
    assert_eq!(run.stdout, said, "{run}");
    // Within its own repository it gets the tag in any case.
    assert_eq!(two.digest("team/api", "1.0.1").as_ref(), Some(&image));
    assert_eq!(one.digest("mirror/api", "1.0.1"), Some(image).filter(|_| is_able));
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn the_tag_of_a_copy_names_the_whole_image_or_nothing() {
    let (source, target) = (Registry::start(), Registry::start());
    let proxy = Proxy::start(&target);
    let repo = Repo::new();
    repo.write("imgver.yaml", format!("services: {{ api: {{ image: {}/team/api }} }}\n", source.address()));
    repo.write("api/Dockerfile", "FROM scratch\n");
    repo.commit("the service");
    let (version, head) = (repo.list()[0]["extended"].as_str().unwrap().to_owned(), repo.head());
    repo.tag("api@1.0.0");
    let labels: &[(&str, &str)] = &[(REVISION, &head)];
    let index = source.push_index("team/api", &version, &[("amd64", labels), ("arm64", labels)]);
    let copy = |image: &str| {
        let to = format!("{}/{image}", proxy.address());
        with_docker(repo.imgver(["promote", "api", "--to", &to]))
    };
    // What was put under the tag, whether or not it arrived.
    let tagged = || -> Vec<String> {
        let requests = proxy.requests().into_iter();
        let puts =
            requests.filter(|request| request.method == "PUT" && request.path.ends_with("/manifests/1.0.0"));
        puts.map(|request| Digest::of(&request.body).to_string()).collect()
    };
    let state = |image: &str| -> BTreeMap<String, Option<String>> {
        target.tags(image).into_iter().map(|tag| (tag.clone(), target.digest(image, &tag))).collect()
    };
    let undisturbed = copy("team/undisturbed");
    assert_eq!((undisturbed.code, &*undisturbed.stdout), (0, &*format!("digest={index}\n")), "{undisturbed}");
    assert_eq!(tagged(), [&*index]);
    let expected = state("team/undisturbed");
    assert!(expected.values().all(|digest| digest.as_ref() == Some(&index)), "{expected:?}");
    let writes = proxy.requests().iter().filter(|request| request.method == "PUT").count();
    // Blobs, three manifests, the index.
    assert!(writes > 7, "{writes}");
    for fault in [Fault::Status(403), Fault::Cut] {
        for write in 0..writes {
            let image = &*format!("team/stopped-{write}-{}", fault == Fault::Cut);
            proxy.clear();
            proxy.fail(fault.clone(), When::matching("PUT", "").after(write));
            let stopped = copy(image);
            assert!(matches!(stopped.code, 7 | 8) && stopped.stdout.is_empty(), "{write}: {stopped}");
            assert!(tagged().iter().all(|digest| *digest == index), "{write}: {:?}", tagged());
            assert_eq!(target.digest(image, "1.0.0"), None, "{write}: {stopped}");
            proxy.clear();
            let again = copy(image);
            assert_eq!((again.code, &again.stdout), (0, &undisturbed.stdout), "{write}: {again}");
            assert_eq!(tagged(), [&*index], "{write}");
            assert_eq!(state(image), expected, "{write}");
        }
    }
}
