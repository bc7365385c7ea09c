//! `imgver locate` as a program: what it prints.

use serde_json::json;

use crate::support::image_of;
use crate::two_services::{GO, NODE, short, two_services};

#[test]
fn a_tag_leads_to_its_commit() {
    let repo = two_services();
    let image = repo.imgver(["tag", NODE]).run().line();
    assert_eq!(
        repo.imgver(["locate", &image]).run().text(),
        format!(
            "commit    {}\nauthor    Ada <ada@example.com>\ndate      2023-11-14T22:16:20Z\nsubject   Run\n\
             service   {NODE}\nrelease   {NODE}@1.0.9\ndistance  2",
            repo.head()
        )
    );
    assert_eq!(
        repo.imgver(["locate", &image, "--output", "json"]).run().json(),
        json!({
            "image_tag": image, "commit": repo.head(), "author": "Ada", "email": "ada@example.com",
            "date": "2023-11-14T22:16:20Z", "subject": "Run", "dirty": false,
            "services": [{"service": NODE, "base": "1.0.9", "base_tag": format!("{NODE}@1.0.9"), "distance": 2, "scope": "repository"}],
            "warnings": [],
        })
    );
}

#[test]
fn a_dirty_image_has_a_commit_and_a_warning() {
    let repo = two_services();
    let dirty =
        repo.imgver(["locate", &format!("{}:1.0.9-0002-{}-dirty", image_of(NODE), short(&repo))]).run();
    assert!(dirty.text().contains(&repo.head()), "{dirty}");
    assert!(dirty.stderr.starts_with("warning: the image was built with uncommitted"), "{dirty}");
}

#[test]
fn options_and_exit_codes() {
    let repo = two_services();
    let run = |args: &[&str]| repo.imgver(["locate"]).args(args).run();
    repo.git(["tag", &format!("{GO}@1.0.9")]);
    run(&["1.0.9"]).fails(5);
    assert!(run(&["1.0.9", "--service", GO]).text().contains(&repo.head()));
    let here = repo.imgver(["locate", "1.0.9"]).cwd(NODE).run();
    assert!(here.text().contains(&repo.git(["rev-parse", "HEAD~2"])), "{here}");
    let here = repo.imgver(["-C", GO, "locate", "1.0.9"]).run();
    assert!(here.text().contains(&repo.head()), "{here}");
    repo.git(["tag", "api-node-v6.0.0"]);
    run(&["6.0.0", "--tag-format", "{name}-v{version}"]).text();
    run(&["9.9.9"]).fails(3);
    let wrong = format!("{}:1.0.9-0047-{}", image_of(NODE), short(&repo));
    run(&[&wrong]).fails(4);
    // As a step behind a merge takes it.
    run(&[&wrong.replace("0047", "0002"), "--first-parent"]).text();
}
