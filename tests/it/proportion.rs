//! Input of any size comes to an end in time and memory that are in proportion to it. Each of these took minutes or
//! gigabytes where some step was quadratic, so finishing is what is tested.

use std::fmt::Write as _;
use std::fs;

use crate::support::Repo;

/// A repository with the services `services/api` and `services/web`.
fn services() -> Repo {
    let repo = Repo::new();
    for service in ["services/api", "services/web"] {
        repo.service(service);
    }
    repo.commit("begin");
    repo
}

/// The services that a list of changes concerns.
fn changed(repo: &Repo, list: impl Into<Vec<u8>>, filters: &str) -> String {
    repo.write("filters.yaml", filters);
    let command = ["changed", "--files-from", "-", "--filters", "filters.yaml"];
    repo.imgver(command).input(list).run().text()
}

#[test]
fn long_paths() {
    let repo = services();
    let deep = |directory: &str, bytes: usize| format!("{directory}{}b\n", "a/".repeat(bytes / 2));
    assert_eq!(changed(&repo, deep("services/api/", 20 << 20), ""), "services/api");
    assert_eq!(changed(&repo, deep("services/apis/", 20 << 20), ""), "");
    for (pattern, expected) in [
        ("services/**", "services/api"),
        ("**/b", "services/api"),
        ("**/**/a/**/**/b", "services/api"),
        ("!(x)/**", "services/api"),
        ("**/*.js", ""),
        ("{services,{a,b}}/{api,web}/+(a|b|/)c", ""),
    ] {
        let filters = format!("api: '{pattern}'\n");
        assert_eq!(
            changed(&repo, deep("services/web/", 1 << 20), &filters),
            format!("{expected}\nservices/web").trim()
        );
    }
}

#[test]
fn many_paths_and_many_services() {
    let repo = Repo::new();
    for number in 0..40 {
        repo.service(&format!("s/{number}/{}", "d/".repeat(number)));
    }
    repo.commit("begin");
    let mut list = String::new();
    for number in 0..20_000 {
        let _ = writeln!(list, "s/7/{}x/{number}", "d/".repeat(200));
    }
    assert_eq!(changed(&repo, list, ""), format!("s/7/{}", "d/".repeat(7).trim_end_matches('/')));
}

#[test]
fn long_and_many_names_of_filters() {
    let repo = services();
    let long = format!("? {}\n: x\napi: services/**\n", "s".repeat(500_000));
    assert_eq!(changed(&repo, "services/x\n", &long), "services/api");
    let mut many = String::from("api: services/**\n");
    for number in 0..30_000 {
        let _ = writeln!(many, "service/{number}: x");
    }
    assert_eq!(changed(&repo, "services/x\n", &many), "services/api");
}

#[test]
fn long_names_of_tags() {
    let repo = services();
    let head = repo.head();
    let mut packed = "# pack-refs with: peeled fully-peeled sorted \n".to_owned();
    for name in
        [format!("{}x@1.0.0", "a/".repeat(500_000)), format!("services/api@{}.0.0", "9".repeat(1_000_000))]
    {
        let _ = writeln!(packed, "{head} refs/tags/{name}");
    }
    repo.write(".git/packed-refs", packed);
    assert_eq!(repo.list().len(), 2);
    assert!(repo.imgver(["check"]).run().stdout.contains("malformed-tag"));
}

/// Fields that nothing asks for are not kept, nor are lists; GitHub's own limit is 25 MB.
#[test]
fn large_events() {
    let repo = services();
    let head = repo.head();
    let plan = |name: &str, event: String| {
        fs::write(repo.path().join(name), event).unwrap();
        repo.imgver(["plan", "--event-name", "push", "--ref", "refs/heads/main", "--event-path", name]).run()
    };
    let objects = "{},".repeat(8_000_000);
    let event = format!("{{\"commits\": [{}{{}}], \"before\": \"{head}\", \"after\": \"{head}\"}}", objects);
    assert!(plan("list.json", event.clone()).text().contains("services=[]"));
    let nested =
        format!("{{\"a\": {}1{}, \"before\": \"{head}\"}}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
    assert!(plan("nested.json", nested).text().contains("services=[]"));
    let fields: String = (0..1_000_000).map(|number| format!("\"{number}\":1,")).collect();
    let many = plan("fields.json", format!("{{{fields}\"before\": \"{head}\"}}"));
    assert!(many.fails(5).contains("there are too many fields"), "{many}");
    let large = plan("large.json", format!("{event}{}", " ".repeat(25 << 20)));
    assert!(large.fails(5).contains("it is larger than"), "{large}");
}
