//! The services' own tests.

use crate::shop::{SERVICES, Shop, kept, timed};
use crate::stack::Stack;

#[test]
fn every_service_passes_its_tests() {
    let shop = Shop::new("tests");
    let stack = Stack::new(&shop, "tests");
    let database = stack.database();
    for (service, _) in SERVICES {
        let run = shop.task(service, &["test"]).env("TEST_DATABASE_URL", &database);
        // What is downloaded and compiled stays for the next time.
        let caches = [("GOCACHE", "go-build"), ("GOMODCACHE", "go-mod"), ("npm_config_cache", "npm")];
        let run = caches.into_iter().fold(run, |run, (name, directory)| run.env(name, kept(directory)));
        // The registries' certificates are whoever's this machine trusts.
        let bundle = "/etc/ssl/certs/ca-certificates.crt";
        let run = run.env("NODE_EXTRA_CA_CERTS", bundle).env("PIP_CERT", bundle);
        let output = timed(&format!("task test in {service}"), run);
        assert!(!output.stdout.contains("# skipped 1"), "{output}");
    }
}
