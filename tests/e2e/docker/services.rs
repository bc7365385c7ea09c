//! The services' own tests.

use super::shop::{SERVICES, Shop, downloads, timed};
use super::stack::Stack;

#[test]
#[ignore = "scripts/e2e runs it"]
fn every_service_passes_its_tests() {
    let shop = Shop::new("tests");
    let stack = Stack::new(&shop, "tests");
    let database = stack.database();
    for (service, _) in SERVICES {
        let run = shop.task(service, &["test"]).env("TEST_DATABASE_URL", &database);
        let run = downloads().into_iter().fold(run, |run, (name, value)| run.env(name, value));
        let output = timed(&format!("task test in {service}"), run);
        assert!(!output.stdout.contains("# skipped 1"), "{output}");
    }
}
