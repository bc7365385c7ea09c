//! Services whose image only Task knows, or whose Taskfile cannot be read.

use super::*;

/// As [`repo`], with a service whose image ends with `/orders`.
fn with_template() -> Repo {
    let repo = repo();
    repo.write("shop/orders/Taskfile.yaml", "vars: {IMAGE_REPO: '{{.REGISTRY}}/orders'}\n");
    repo.commit("orders");
    repo.tag("shop/orders@5.0.0");
    repo
}

fn answer(call: &Call, repo: &Repo) -> (Option<String>, Option<String>) {
    let answer = call.outcome(repo).answer.answer;
    (answer.service, answer.image)
}

fn is(service: &str, image: &str) -> (Option<String>, Option<String>) {
    (Some(service.to_owned()), Some(image.to_owned()))
}

#[test]
fn what_may_be_the_image_of_a_service_is_not_taken_for_nobodys() {
    let repo = with_template();
    for text in ["ghcr.io/team/orders", "team/orders"] {
        let place = "shop/orders/Taskfile.yaml:1:8";
        call().flag(text).refused(&repo, &["--repo", "shop/orders", place, "name shop/orders", "--whole"]);
        call().variable(text).without_image().refused(&repo, &["IMAGE_REPO=", place, "--whole --repo"]);
        // Another service's version with what Task may have meant for this one.
        call()
            .service(API)
            .variable(text)
            .refused(&repo, &[API, "shop/orders", "unset IMAGE_REPO", "--repo"]);
        call().in_directory(API).variable(text).refused(&repo, &["shop/orders", "unset IMAGE_REPO"]);
        assert_eq!(answer(&call().service(API).flag(text), &repo), is(API, text));
        assert_eq!(answer(&call().whole().flag(text), &repo), (None, Some(text.to_owned())));
        // Its own directory, or its name, tells.
        assert_eq!(
            answer(&call().in_directory("shop/orders").variable(text), &repo),
            is("shop/orders", text)
        );
        assert_eq!(answer(&call().service("orders").variable(text), &repo), is("shop/orders", text));
    }
    // The end of a template is certain.
    for text in ["ghcr.io/team/order", "ghcr.io/team/orders/x"] {
        assert_eq!(answer(&call().flag(text), &repo), (None, Some(text.to_owned())));
        assert_eq!(answer(&call().service(API).variable(text), &repo), is(API, text));
    }
    call().flag(&image_of(WEB)).in_directory("shop/orders").refused(&repo, &[WEB, "shop/orders"]);
}

#[test]
fn the_variable_of_the_current_service_is_its_image_where_task_computes_it() {
    let repo = with_template();
    let here = || call().in_directory("shop/orders").variable("ghcr.io/team/orders");
    assert_eq!(answer(&here().service(API), &repo), is(API, &image_of(API)));
    assert_eq!(answer(&here().service(API).variable("fork/api"), &repo), is(API, "fork/api"));
    assert_eq!(answer(&here().whole(), &repo), (None, None));
}

#[test]
fn a_command_may_print_anything() {
    let repo = repo();
    repo.write("shop/orders/Taskfile.yaml", "vars:\n  IMAGE_REPO:\n    sh: echo team/orders\n");
    repo.commit("orders");
    call().flag("fork/x").refused(&repo, &["shop/orders/Taskfile.yaml:2:3"]);
    assert_eq!(answer(&call().flag(&image_of(API)), &repo), is(API, &image_of(API)));
    assert_eq!(answer(&call().service(API).flag("fork/x"), &repo), is(API, "fork/x"));
    assert_eq!(answer(&call().service("orders").variable("fork/x"), &repo), is("shop/orders", "fork/x"));
}

#[test]
fn a_taskfile_that_cannot_be_read_may_make_a_service() {
    let repo = repo();
    repo.write("shop/orders/Taskfile.yaml", "vars: {IMAGE_REPO: [\n");
    repo.commit("orders");
    call().flag("fork/x").refused(&repo, &["shop/orders/Taskfile.yaml:", "--whole"]);
    assert_eq!(answer(&call().flag(&image_of(API)), &repo), is(API, &image_of(API)));
    assert_eq!(answer(&call().service(API).variable("fork/x"), &repo), is(API, "fork/x"));
    assert_eq!(answer(&call().whole().flag("fork/x"), &repo), (None, Some("fork/x".to_owned())));
    // What is not needed is not looked at.
    assert_eq!(call().without_image().warned(&repo).0, "7.0.0");
}
