//! A repository that does not exist yet, in a registry that denies access to it to all who do not want to push.

use serde_json::json;

use super::logins::{configure, entry_of};
use super::missing::{SERVICES, planned, pushed, shop};
use super::proxy::{Fault, Proxy, When};
use super::server::{PASSWORD, READER, Registry, USER};
use super::tokens::{Hiding, TokenServer};
use crate::support::{Output, Repo};

/// A registry with nothing in it, its token server, a proxy in front of each, and the services that are to go there.
struct Fresh {
    registry: Registry,
    tokens: TokenServer,
    before_tokens: Proxy,
    proxy: Proxy,
    repo: Repo,
}

impl Fresh {
    fn start(hiding: Hiding) -> Self {
        let tokens = TokenServer::hiding(hiding);
        let before_tokens = Proxy::to(tokens.address());
        let registry = Registry::with_tokens(&tokens, before_tokens.address());
        let proxy = Proxy::start(&registry);
        let repo = shop(proxy.address());
        Fresh { registry, tokens, before_tokens, proxy, repo }
    }

    fn log_in(&self, user: &str) {
        configure(&self.repo, &json!({ "auths": { self.proxy.address(): entry_of(user, PASSWORD) } }));
    }

    fn push(&self, repository: &str) {
        let version = self.repo.list()[0]["extended"].as_str().unwrap().to_owned();
        self.registry.push_image(repository, &version, &[]);
        self.tokens.exists(repository);
    }

    fn list(&self) -> Output {
        self.repo.imgver(["list", "--registry"]).run()
    }

    /// The build of a release, where there is no docker: exit code 6 if nothing keeps it from being built.
    fn release(&self) -> Output {
        let build = ["build", "web", "--push", "--set-version", "1.0.0"];
        self.repo.imgver(build).env("PATH", "/nonexistent").run()
    }

    fn promote(&self) -> Output {
        self.repo.imgver(["promote", "web", "--environment", "staging", "--optional"]).run()
    }

    /// How often the token server was asked for a token for these actions.
    fn wanted(&self, actions: &str) -> usize {
        let scope = format!("%3A{}", actions.replace(',', "%2C"));
        let requests = self.before_tokens.requests();
        let is_for =
            |path: &str| path.split('&').any(|pair| pair.starts_with("scope=") && pair.ends_with(&scope));
        requests.iter().filter(|request| is_for(&request.path)).count()
    }
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn who_may_push_learns_that_nothing_is_there() {
    for hiding in [Hiding::Token, Hiding::Denial] {
        let fresh = Fresh::start(hiding);
        fresh.log_in(USER);
        let plan = pushed(&fresh.repo).run();
        assert_eq!(planned(&plan), SERVICES);
        assert!(!plan.stderr.contains("taken for"), "an answer, and no guess: {plan}");
        assert_eq!(fresh.wanted("pull,push"), SERVICES.len());
        assert_eq!(fresh.list().text().matches("missing").count(), SERVICES.len());
        fresh.release().fails(6);
        assert_eq!(fresh.promote().line(), "digest=");
        // What is there needs no more than before.
        SERVICES.iter().for_each(|name| fresh.push(&format!("team/{name}")));
        fresh.before_tokens.clear();
        assert_eq!(planned(&pushed(&fresh.repo).run()), [""; 0]);
        assert_eq!((fresh.wanted("pull"), fresh.wanted("pull,push")), (SERVICES.len(), 0));
        // The token is all that is asked for.
        let requests = fresh.proxy.requests();
        assert!(requests.iter().all(|request| matches!(&*request.method, "GET" | "HEAD")), "{requests:?}");
    }
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn who_may_not_push_is_denied_as_before() {
    for (hiding, status) in [(Hiding::Token, "401 Unauthorized"), (Hiding::Denial, "403 Forbidden")] {
        let fresh = Fresh::start(hiding);
        let all = || [pushed(&fresh.repo).run(), fresh.list(), fresh.release(), fresh.promote()];
        let assert_denied = |output: &Output| {
            let message = output.fails(8);
            assert!(message.contains(status) && message.contains("docker login"), "{message}");
        };
        // Nobody.
        all().iter().for_each(assert_denied);
        assert_eq!(fresh.wanted("pull,push"), 0, "nobody may push");
        fresh.log_in(READER);
        fresh.before_tokens.clear();
        all().iter().for_each(assert_denied);
        assert!(fresh.wanted("pull,push") > 0);
        // Elsewhere in this registry, the credentials count.
        fresh.push("team/api");
        let plan = pushed(&fresh.repo).run();
        assert_eq!(planned(&plan), ["job", "web"]);
        assert_eq!(
            plan.stderr.matches("taken for a repository that does not exist yet").count(),
            2,
            "{plan}"
        );
        [fresh.list(), fresh.release(), fresh.promote()].iter().for_each(assert_denied);
    }
}

/// The token server fails where the second question is asked: that is a failure, and neither a denial nor absence.
#[test]
#[ignore = "scripts/e2e runs it"]
fn a_failure_of_the_second_question_is_no_denial() {
    let fresh = Fresh::start(Hiding::Denial);
    fresh.log_in(USER);
    fresh.push("team/api");
    fresh.before_tokens.fail(Fault::RetryAfter(503, "3600".to_owned()), When::matching("GET", "push"));
    let message = pushed(&fresh.repo).run().fails(8).to_owned();
    assert!(message.contains("503 Service Unavailable, from its token server"), "{message}");
    fresh.before_tokens.clear();
    fresh.before_tokens.fail(Fault::RetryAfter(503, "0".to_owned()), When::matching("GET", "push").once());
    assert_eq!(planned(&pushed(&fresh.repo).run()), ["job", "web"]);
}
