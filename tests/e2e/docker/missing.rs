//! `imgver build --missing --push` with the real docker: a run that stopped anywhere is finished by the next one.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use super::shop::variable;
use crate::registry::http::Request;
use crate::registry::proxy::{Fault, Proxy, When};
use crate::support::{Output, Repo};

/// The image repositories, of which the first service has two.
const REPOSITORIES: [&str; 4] = ["conv/api", "mirror/api", "conv/job", "conv/web"];
const ACCEPT: &str = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, \
     application/vnd.docker.distribution.manifest.v2+json, application/vnd.docker.distribution.manifest.list.v2+json";

struct Shop {
    repo: Repo,
    proxy: Proxy,
    registry: String,
    version: String,
}

impl Shop {
    /// Three services behind a proxy of the registry.
    fn new() -> Self {
        let registry = variable("IMGVER_E2E_REGISTRY");
        let proxy = Proxy::to(&registry);
        let repo = Repo::new();
        let at = proxy.address();
        repo.write(
            "imgver.yaml",
            format!("scope: service\nimage: {at}/conv/{{name}}\nservices:\n  services/api:\n    image: [{at}/conv/api, {at}/mirror/api]\n  services/job: {{}}\n  services/web: {{}}\n"),
        );
        for name in ["api", "job", "web"] {
            repo.write(&format!("services/{name}/Dockerfile"), "FROM scratch\nCOPY text /\n");
            repo.write(&format!("services/{name}/text"), name);
        }
        repo.commit("the services");
        let version = repo.list()[0]["extended"].as_str().unwrap().to_owned();
        Shop { repo, proxy, registry, version }
    }

    fn build(&self) -> Output {
        // Provenance says when an image was built. Of two platforms, there is an index without it, too, which any buildx copies.
        let same = ["--provenance", "false", "--platform", "linux/amd64,linux/arm64"];
        let args = ["build", "--missing", "--push", "--images-file", "images.json"];
        let docker = ["DOCKER_HOST", "DOCKER_CONFIG", "BUILDX_CONFIG", "PATH"];
        let run = self.repo.imgver(args).args(same);
        docker.iter().fold(run, |run, name| run.env(name, variable(name))).run()
    }

    fn plan(&self) -> Vec<String> {
        let args =
            ["plan", "--missing", "--event-name", "push", "--ref", "refs/heads/main", "--output", "json"];
        serde_json::from_value(self.repo.imgver(args).run().json()["services"].clone()).unwrap()
    }

    fn send(&self, method: &str, repository: &str, reference: &str) -> Option<String> {
        let request = Request::new(method, &format!("/v2/{repository}/manifests/{reference}"));
        let answer = request.with("Accept", ACCEPT).send(&self.registry);
        answer.header("Docker-Content-Digest").map(ToOwned::to_owned).filter(|_| answer.status == 200)
    }

    /// What is where.
    fn state(&self) -> BTreeMap<&'static str, Option<String>> {
        REPOSITORIES.map(|repository| (repository, self.send("HEAD", repository, &self.version))).into()
    }

    /// As it is before a run: nothing is anywhere, but for one service that is in one of its two repositories.
    fn begin(&self) {
        let state = self.state();
        for (repository, digest) in state {
            if let Some(digest) = digest.filter(|_| repository != "conv/api") {
                self.send("DELETE", repository, &digest);
            }
        }
        assert_eq!(self.state().values().flatten().count(), 1);
    }

    fn records(&self) -> Vec<Value> {
        let file = self.repo.path().join("images.json");
        let Ok(text) = fs::read(&file) else { return Vec::new() };
        serde_json::from_slice(&text).unwrap()
    }
}

/// The requests of `shop` that are imgver's own.
fn own(shop: &Shop) -> usize {
    let is_own =
        |request: &&Request| request.header("User-Agent").is_some_and(|agent| agent.starts_with("imgver/"));
    shop.proxy.requests().iter().filter(is_own).count()
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn a_run_that_stops_at_any_request_is_finished_by_the_next() {
    let shop = Shop::new();
    // Pushed once to know what an undisturbed run comes to.
    shop.build().text();
    shop.begin();
    shop.proxy.clear();
    let whole = shop.build();
    assert_eq!(whole.code, 0, "{whole}");
    assert_eq!(whole.text().lines().count(), 2, "{whole}");
    let (requests, state, records) = (own(&shop), shop.state(), shop.records());
    assert_eq!((state.values().flatten().count(), records.len()), (4, 4));
    assert_eq!(state["conv/api"], state["mirror/api"]);
    let mut stopped = 0;
    for request in 0..requests {
        shop.begin();
        shop.proxy.clear();
        // For longer than anybody waits: nothing is asked again.
        let fault = Fault::RetryAfter(503, "3600".to_owned());
        shop.proxy.fail(fault, When::from_nth(request).by("imgver/"));
        let output = shop.build();
        assert_eq!((output.code, &*output.stdout), (8, ""), "request {request}: {output}");
        stopped += 1;
        shop.proxy.clear();
        let again = shop.build();
        assert_eq!(again.code, 0, "request {request}: {again}");
        assert_eq!(shop.state(), state, "request {request}");
        assert_eq!(shop.records(), records, "request {request}");
        assert_eq!(shop.plan(), [""; 0], "request {request}");
    }
    println!("convergence: {stopped} of {requests} requests of imgver's own, and the same end after each");
    // And again: nothing is written any more.
    shop.proxy.clear();
    let idle = shop.build();
    assert!(idle.stderr.contains("nothing is built\n"), "{idle}");
    let writes =
        shop.proxy.requests().into_iter().filter(|request| !matches!(&*request.method, "GET" | "HEAD"));
    assert_eq!(writes.count(), 0);
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn a_push_that_failed_is_built_by_the_next_plan() {
    let shop = Shop::new();
    shop.build().text();
    let state = shop.state();
    shop.begin();
    shop.proxy.clear();
    shop.proxy.fail(Fault::Status(403), When::matching("PUT", "/conv/web/manifests/"));
    let failed = shop.build();
    assert!(failed.fails(7).contains("not pushed"), "{failed}");
    shop.proxy.clear();
    let there: Vec<_> = shop.state().into_iter().filter(|(_, digest)| digest.is_some()).collect();
    let references: Vec<String> =
        shop.records().iter().map(|record| record["reference"].as_str().unwrap().to_owned()).collect();
    let expected: Vec<String> =
        there.iter().map(|(name, _)| format!("{}/{name}:{}", shop.proxy.address(), shop.version)).collect();
    assert!(!references.is_empty());
    assert!(
        references.iter().all(|reference| expected.contains(reference)),
        "{references:?} of {expected:?}"
    );
    assert!(shop.plan().contains(&"services/web".to_owned()));
    shop.build().text();
    assert_eq!(shop.state(), state);
    assert_eq!(shop.plan(), [""; 0]);
}
