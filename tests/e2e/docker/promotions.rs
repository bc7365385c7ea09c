//! `imgver promote` into other repositories and registries, which docker buildx copies to.

use super::shop::variable;
use crate::registry::images::REVISION;
use crate::registry::server::Registry;
use crate::support::Repo;

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
    let promote = |args: &[&str]| {
        let docker = ["DOCKER_HOST", "DOCKER_CONFIG", "BUILDX_CONFIG", "PATH"];
        let run = repo.imgver(["promote", "api"]).args(args);
        docker.iter().fold(run, |run, name| run.env(name, variable(name))).run()
    };
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
