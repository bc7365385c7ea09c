//! What images are made of against what services watch.

use super::configuration::{FLEET, fleet};
use super::shop::{FILTERS, WEB, brief, clean, only, shop};
use crate::support::image_of;

const CONFIG: &str = "imgver.yaml";

#[test]
fn a_file_that_an_image_is_made_of_and_nobody_watches_is_told() {
    let repo = fleet(&FLEET.replace("    watch: [libs/ui/**]\n", ""));
    repo.write(".dockerignore", "");
    repo.write("libs/ui/input", "");
    repo.git(["add", "."]);
    let web = "FROM scratch\nCOPY apps/web/src /\nCOPY libs/ui /\n";
    repo.write("apps/web/Dockerfile", web);
    let [message, why, fix] = only(&repo, &[], "warning unwatched-input apps/web/Dockerfile:3:1");
    assert_eq!(
        message,
        "the image of apps/web is made of 2 files that it does not watch: libs/ui/button and libs/ui/input (apps/web/Dockerfile:3)"
    );
    assert!(why.contains("does not build it"), "{why}");
    assert!(
        fix.starts_with("set watch-inputs: true for apps/web in imgver.yaml; or add 'libs/ui/**' to what"),
        "{fix}"
    );
    repo.write(CONFIG, FLEET);
    clean(&repo, &[]);
    repo.write(CONFIG, FLEET.replace("watch: [libs/ui/**]", "watch: [libs/ui/input]"));
    let [message, _, fix] = only(&repo, &[], "warning unwatched-input apps/web/Dockerfile:3:1");
    assert!(
        message.ends_with("1 file that it does not watch: libs/ui/button (apps/web/Dockerfile:3)"),
        "{message}"
    );
    assert!(fix.contains("'libs/ui/button'"), "{fix}");
    repo.write(CONFIG, FLEET.replace("watch: [libs/ui/**]", "watch-inputs: true"));
    clean(&repo, &[]);
    // What is not certain is not told.
    repo.write(CONFIG, FLEET.replace("watch: [libs/ui/**]", "watch: [libs/ui/input]"));
    repo.write("apps/web/Dockerfile", "FROM scratch\nCOPY made/by/another/step /\n");
    clean(&repo, &[]);
}

#[test]
fn a_filter_that_leaves_out_an_input_is_told_with_its_place() {
    let repo = shop();
    repo.write(&format!("{WEB}/Dockerfile"), "FROM scratch\nCOPY src /\n");
    repo.commit("a Dockerfile");
    clean(&repo, &[]);
    repo.write(
        FILTERS,
        format!("services/go/api: ['services/go/api/**', 'lib/**']\nweb: ['{WEB}/Dockerfile']\n"),
    );
    let [message, _, fix] = only(&repo, &[], &format!("warning unwatched-input {FILTERS}:2:1"));
    assert_eq!(
        message,
        format!(
            "the image of {WEB} is made of 1 file that it does not watch: {WEB}/src/main ({WEB}/Dockerfile:2)"
        )
    );
    assert!(
        fix.starts_with(&format!("add '{WEB}/src/main' to the filter 'web'; or remove the filter")),
        "{fix}"
    );
}

#[test]
fn a_filter_for_added_files_leaves_out_those_that_are_modified() {
    let repo = shop();
    repo.write(&format!("{WEB}/Dockerfile"), "FROM scratch\nCOPY src /\n");
    repo.commit("a Dockerfile");
    for kinds in ["added", "added|deleted"] {
        let filters =
            format!("services/go/api: ['services/go/api/**', 'lib/**']\nweb: [{kinds}: '{WEB}/**']\n");
        repo.write(FILTERS, filters);
        let [message, ..] = only(&repo, &[], &format!("warning unwatched-input {FILTERS}:2:1"));
        assert!(
            message.contains(&format!("is made of 2 files that it does not watch: {WEB}/Dockerfile")),
            "{message}"
        );
    }
    repo.write(
        FILTERS,
        format!("services/go/api: ['services/go/api/**', 'lib/**']\nweb: [added|modified: '{WEB}/**']\n"),
    );
    clean(&repo, &[]);
}

#[test]
fn the_inputs_of_a_base_are_inputs() {
    let repo = shop();
    std::fs::remove_file(repo.path().join(FILTERS)).unwrap();
    let api = "services/go/api";
    repo.write(&format!("{api}/Dockerfile"), "FROM scratch\nCOPY src /\n");
    repo.write(&format!("{WEB}/Dockerfile"), format!("FROM {}\nCOPY src /\n", image_of(api)));
    repo.commit("no filters");
    let [message, ..] = only(&repo, &[], &format!("warning unwatched-input {WEB}/Dockerfile:1:1"));
    assert!(message.contains(&format!("{api}/Dockerfile and {api}/src/main")), "{message}");
    repo.write(&format!("{WEB}/Dockerfile"), format!("FROM {}:1.0.0\nCOPY src /\n", image_of(api)));
    clean(&repo, &[]);
    repo.write(&format!("{WEB}/Dockerfile"), format!("FROM {}\n", image_of(api)));
    repo.write(&format!("{api}/Dockerfile"), format!("FROM {}\n", image_of(WEB)));
    let found = brief(&repo, &[]);
    let expected = [
        format!("error image-circle {api}/Dockerfile:1:1"),
        format!("error image-circle {WEB}/Dockerfile:1:1"),
    ];
    assert_eq!(found, expected);
}
