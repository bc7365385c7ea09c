//! `locate` finds versions of either scope.

use std::collections::BTreeMap;

use serde_json::json;

use super::{CONFIG, change, extended, line, merge, shop_with_hotfix};
use crate::support::Repo;

/// A history with merges, a hotfix, releases of what was touched and of what was not.
fn history() -> Repo {
    let repo = shop_with_hotfix();
    change(&repo, "README.md");
    merge(&repo, "hotfix");
    change(&repo, "libs/ui/button.js");
    repo.tag("api@1.1.0");
    change(&repo, "README.md");
    change(&repo, "api/main.go");
    repo
}

#[test]
fn every_version_of_a_line_leads_back_to_its_commit() {
    let repo = history();
    let mut commits: BTreeMap<(String, String, String), String> = BTreeMap::new();
    for commit in line(&repo) {
        for (service, scope) in
            [("api", "service"), ("web", "service"), ("api", "repository"), ("web", "repository")]
        {
            let object = repo.extended(service, &["--rev", &commit, "--scope", scope]);
            let text = object["extended"].as_str().unwrap().to_owned();
            commits.entry((text, service.to_owned(), scope.to_owned())).or_insert_with(|| commit.clone());
        }
    }
    for ((text, service, scope), commit) in &commits {
        // The first commit of the line that has the version is the one that it names.
        let object = repo.imgver(["locate", text, "--service", service, "--output", "json"]).run().json();
        assert_eq!(object["commit"], json!(commit), "{text} of {service} by {scope}");
        let found = &object["services"][0];
        let both = commits.contains_key(&(text.clone(), service.clone(), "service".to_owned()))
            && commits.contains_key(&(text.clone(), service.clone(), "repository".to_owned()));
        let wanted = if both { "service" } else { scope };
        assert_eq!((&found["service"], &found["scope"]), (&json!(service), &json!(wanted)), "{text}");
    }
    let scopes: Vec<&String> = commits.keys().map(|(_, _, scope)| scope).collect();
    assert!(scopes.iter().filter(|scope| **scope == "service").count() >= 8, "{commits:?}");
}

#[test]
fn whatever_the_configuration_says() {
    let repo = history();
    let by_service = extended(&repo, "api", "HEAD");
    let touched = repo.head();
    repo.write("imgver.yaml", CONFIG.replace("scope: service\n", ""));
    repo.commit("Count by repository");
    let object =
        repo.imgver(["locate", &format!("ghcr.io/acme/api:{by_service}"), "--output", "json"]).run().json();
    assert_eq!((&object["commit"], &object["services"][0]["scope"]), (&json!(touched), &json!("service")));
    let text = repo.imgver(["locate", &by_service]).run().text();
    assert!(text.ends_with("distance  1, counted by service"), "{text}");
    // A release is the same in both.
    let object = repo.imgver(["locate", "1.1.0", "--service", "api", "--output", "json"]).run().json();
    assert_eq!(object["services"][0]["scope"], json!("repository"));
}

#[test]
fn a_version_of_neither_is_refused() {
    let repo = history();
    let head = repo.head();
    let refused = repo.imgver(["locate", &format!("1.1.0-0009-{}", &head[..7]), "--service", "api"]).run();
    refused.fails(4);
    let words = format!(
        "its version is not 1.1.0-0009-{}, by repository or by service: it is 1.1.0-0001-",
        &head[..7]
    );
    assert!(refused.stderr.contains(&words), "{refused}");
    // The number is right, but this commit changes nothing of the service, so that nothing is called by it.
    let other = change(&repo, "web/page.html");
    let refused = repo.imgver(["locate", &format!("1.1.0-0001-{}", &other[..7]), "--service", "api"]).run();
    refused.fails(4);
    // The repository as a whole has no versions by service.
    let whole = repo.imgver(["extended", "--whole"]).run().line();
    let object = repo.imgver(["locate", &whole, "--output", "json"]).run().json();
    assert_eq!(object["services"][0]["scope"], json!("repository"), "{object:#}");
}
