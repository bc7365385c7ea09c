//! `build`: what docker is told to build, and what is refused before it is asked.

use std::collections::BTreeMap;
use std::path::Path;

use imgver::error::{Kind, Result};
use imgver::images::{Aim, Cache, CacheAttributes, Options, Output};
use imgver::ops::build::{self as op, Answer, IfExists, Request, ServiceChoice};
use imgver::ops::{Checkout, Effect, Outcome, VersionForm};
use imgver::programs::Programs;
use imgver::registry::Registries;

use super::{checkout, checkout_in, refused, shown};
use crate::build::fake::Shop;
use crate::support::Repo;

/// A dry run for `services`, with nothing special about it.
fn of(services: &[&str]) -> Request {
    Request {
        services: ServiceChoice::Named(services.iter().map(|service| (*service).to_owned()).collect()),
        tag_format: None,
        environment: "development".to_owned(),
        set_version: None,
        first_parent: false,
        scope: None,
        form: VersionForm { abbrev: 7, next: None },
        image_variable: None,
        build_args: Vec::new(),
        labels: Vec::new(),
        platforms: Vec::new(),
        target: None,
        options: Options::new(Output::Load),
        has_github_cache: false,
        missing: false,
        if_exists: IfExists::Keep,
        images_file: None,
        dry_run: true,
    }
}

fn all() -> Request {
    Request { services: ServiceChoice::All, ..of(&[]) }
}

fn production(request: Request) -> Request {
    Request { environment: "production".to_owned(), ..request }
}

fn as_version(version: &str, request: Request) -> Request {
    Request { set_version: Some(version.to_owned()), ..request }
}

fn with(request: Request, change: impl FnOnce(&mut Options)) -> Request {
    let mut request = request;
    change(&mut request.options);
    request
}

fn build(request: &Request, checkout: &Checkout, programs: &Programs) -> Result<Outcome<Answer>> {
    op::build(request, checkout, programs, &Registries::new(Vec::new(), programs))
}

/// Asks where there is no program at all.
fn ask(repo: &Repo, request: &Request) -> Result<Outcome<Answer>> {
    build(request, &checkout(repo), &Programs::new(repo.path(), &BTreeMap::new()))
}

#[track_caller]
fn images(repo: &Repo, request: &Request) -> Vec<String> {
    let outcome = ask(repo, request).unwrap_or_else(|error| panic!("{}", shown(&error)));
    outcome.answer.references.iter().map(ToString::to_string).collect()
}

#[test]
fn images_are_named_by_service_and_environment() {
    let Shop { repo, .. } = Shop::new();
    let short = &repo.head()[..7];
    let [api, job, web] = ["services-api", "tools-job", "services-web"].map(|name| format!("example/{name}"));
    let (released, unreleased) = (format!("1.2.3-0000-{short}"), format!("0.0.0-0001-{short}"));
    for (request, expected) in [
        (of(&["api"]), vec![format!("{api}:{released}")]),
        (of(&["services/api", "api"]), vec![format!("{api}:{released}")]),
        (of(&["job", "api"]), vec![format!("{api}:{released}"), format!("{job}:{unreleased}")]),
        (
            all(),
            vec![format!("{api}:{released}"), format!("{web}:{unreleased}"), format!("{job}:{unreleased}")],
        ),
        (production(of(&["api"])), vec![format!("{api}:1.2.3")]),
        (production(as_version("1.2.3", of(&["api"]))), vec![format!("{api}:1.2.3")]),
        (as_version("try-7", of(&["web"])), vec![format!("{web}:try-7")]),
        (
            Request { image_variable: Some("team/shop".to_owned()), ..of(&[]) },
            vec![format!("team/shop:{unreleased}")],
        ),
        (
            Request { image_variable: Some("team/other".to_owned()), ..of(&["web"]) },
            vec![format!("team/other:{unreleased}")],
        ),
    ] {
        assert_eq!(images(&repo, &request), expected, "{request:?}");
    }
    let here = build(
        &of(&[]),
        &checkout_in(&repo, "services/web"),
        &Programs::new(Path::new("/"), &BTreeMap::new()),
    );
    assert_eq!(here.unwrap().answer.references[0].to_string(), format!("{web}:{unreleased}"));
    repo.write("services/web/Taskfile.yaml", "vars: {IMAGE_REPO: example/new}\n");
    assert_eq!(images(&repo, &of(&["web"])), [format!("example/new:{unreleased}-dirty")]);
    assert_eq!(images(&repo, &of(&["api"])), [format!("{api}:{released}")]);
}

#[test]
fn a_release_given_by_hand_is_warned_of_and_never_has_changes() {
    let Shop { repo, .. } = Shop::new();
    let staging = |version: &str| Request {
        environment: "staging".to_owned(),
        ..as_version(version, of(&["api", "web"]))
    };
    let warnings =
        |request: &Request| ask(&repo, request).unwrap_or_else(|error| panic!("{}", shown(&error))).warnings;
    for version in ["1.2.3", "2.0.0", "0.0.0"] {
        let [warning] = &warnings(&staging(version))[..] else { panic!("one warning for {version}") };
        assert!(warning.contains(&format!("replace the one that was released as {version}")), "{warning}");
    }
    let others = ["v1.2.3", "1.2", "1.2.3-rc.1", "01.2.3", "try-1"];
    for version in others {
        assert_eq!(warnings(&staging(version)), [""; 0], "{version}");
    }
    assert_eq!(warnings(&production(as_version("1.2.3", of(&["api"])))), [""; 0]);
    repo.write("services/web/Taskfile.yaml", "vars: {IMAGE_REPO: example/new}\n");
    for dry_run in [true, false] {
        let error = refused(ask(&repo, &Request { dry_run, ..staging("1.2.3") }), Kind::VersionRule);
        assert!(error.contains("services/web has uncommitted changes"), "{error}");
    }
    for version in others {
        assert_eq!(images(&repo, &staging(version)).len(), 2);
    }
    // Another service's changes are not in this image.
    assert_eq!(images(&repo, &as_version("1.2.3", of(&["api"]))), ["example/services-api:1.2.3"]);
    repo.write("services/api/.env", "secret");
    let error = refused(ask(&repo, &as_version("1.2.3", of(&["api"]))), Kind::VersionRule);
    assert!(error.contains("untracked files that its build could read: services/api/.env"), "{error}");
}

#[test]
fn one_effect_is_the_build() {
    let shop = Shop::new();
    let env: BTreeMap<_, _> = [("PATH".into(), shop.path())].into();
    let programs = Programs::new(shop.repo.path(), &env);
    let pushed = |request| with(request, |options| options.output = Output::Push);
    let cached = |request| with(request, |options| options.cache = "registry=team/cache".parse().unwrap());
    let given = |request| with(request, |options| options.extra.push("--set=*.output=type=oci".into()));
    for (request, form, aims) in [
        (of(&["api"]), "build", &[Aim::Load][..]),
        (pushed(of(&["api"])), "build", &[Aim::Push]),
        // What pushes must not write a cache as well: its failure would look like that of the push.
        (cached(pushed(of(&["api"]))), "build", &[Aim::Cache, Aim::Push]),
        (cached(of(&["api"])), "build", &[Aim::Load]),
        (of(&["api", "web"]), "bake", &[Aim::Load]),
        (pushed(of(&["api", "web"])), "bake", &[Aim::Cache, Aim::Push]),
        (given(pushed(all())), "bake", &[Aim::AsGiven]),
    ] {
        let dry = ask(&shop.repo, &request).unwrap();
        let [Effect::BuildImages(planned)] = &*dry.effects else { panic!("{dry:?}") };
        assert_eq!(Some(&**planned), dry.answer.build.as_ref());
        assert_eq!(planned.stages.iter().map(|stage| stage.aim).collect::<Vec<_>>(), aims, "{request:?}");
        for stage in &planned.stages {
            assert_eq!(stage.command.args[..2], ["buildx", form]);
            assert_eq!(stage.command.stdin.is_some(), form == "bake");
        }
        // The real run asks docker what it can do, returns the same effect, and builds nothing itself.
        let real = build(&Request { dry_run: false, ..request }, &checkout(&shop.repo), &programs).unwrap();
        assert_eq!(real.effects, dry.effects);
        assert_eq!(real.answer, dry.answer);
        assert!(shop.asked("buildx-inspect").is_some() && !shop.has_built());
    }
}

#[test]
fn a_near_miss_of_an_environment_builds_nothing() {
    let Shop { repo, .. } = Shop::new();
    let short = &repo.head()[..7];
    let request = |environment: &str| Request { environment: environment.to_owned(), ..of(&["api"]) };
    for (environment, meant) in
        [("prod", "production"), ("Production", "production"), ("stagging", "staging")]
    {
        let error = refused(ask(&repo, &request(environment)), Kind::Usage);
        assert!(error.contains(&format!("--environment {meant}")), "{error}");
    }
    for (environment, warnings) in [("qa", 0), ("dev-1", 0), ("production-eu", 1), ("production", 0)] {
        let version =
            if environment == "production" { "1.2.3".to_owned() } else { format!("1.2.3-0000-{short}") };
        assert_eq!(images(&repo, &request(environment)), [format!("example/services-api:{version}")]);
        assert_eq!(ask(&repo, &request(environment)).unwrap().warnings.len(), warnings, "{environment}");
    }
}

#[test]
fn what_cannot_be_built_whatever_docker_can_do() {
    let Shop { repo, .. } = Shop::new();
    let extra = |arg: &str| with(of(&["api"]), |options| options.extra.push(arg.into()));
    let image_of_several = Request { image_variable: Some("team/x".to_owned()), ..of(&["api", "web"]) };
    let version_arg = Request { build_args: vec![("VERSION".to_owned(), None)], ..of(&["api"]) };
    for (request, kind, word) in [
        (version_arg, Kind::Usage, "--set-version"),
        (extra("--push"), Kind::Usage, "--push"),
        (extra("--load"), Kind::Usage, "--load"),
        (
            with(of(&["api"]), |options| options.cache = Cache::Gha(CacheAttributes::default())),
            Kind::Usage,
            "ACTIONS_RUNTIME_TOKEN",
        ),
        (image_of_several, Kind::Usage, "IMAGE_REPO"),
        (of(&[]), Kind::Input, "--all"),
        (of(&["no-such"]), Kind::Input, "'no-such'"),
        (as_version("a b", of(&["api"])), Kind::Input, "--set-version"),
        (production(of(&["web"])), Kind::VersionRule, "services/web"),
        (production(all()), Kind::VersionRule, "services/web"),
        (production(as_version("1.2.4", of(&["api"]))), Kind::VersionRule, "services/api@1.2.4"),
        (production(as_version("1.2.3", of(&["api", "web"]))), Kind::VersionRule, "services/web@1.2.3"),
    ] {
        for dry_run in [true, false] {
            let error = refused(ask(&repo, &Request { dry_run, ..request.clone() }), kind);
            assert!(error.contains(word), "'{word}' is missing: {error}");
        }
    }
    // What else is in order needs a docker, unless nothing is built.
    refused(ask(&repo, &Request { dry_run: false, ..of(&["api"]) }), Kind::DockerMissing);
    let with_cache = with(of(&["api"]), |options| options.cache = Cache::Gha(CacheAttributes::default()));
    assert!(ask(&repo, &Request { has_github_cache: true, ..with_cache }).is_ok());
}

#[test]
fn what_a_repository_does_not_hold_is_not_built() {
    let Shop { repo, .. } = Shop::new();
    repo.write("services/web/Taskfile.yaml", "vars:\n  IMAGE_REPO: [\n");
    assert!(refused(ask(&repo, &all()), Kind::Input).contains("services/web/Taskfile.yaml:"));
    assert_eq!(images(&repo, &of(&["api", "job"])).len(), 2);
    // Of two images with one name, the one that is ready first would be lost.
    repo.write("services/web/Taskfile.yaml", crate::support::taskfile("example/tools-job"));
    repo.commit("the same image");
    let shared = refused(ask(&repo, &all()), Kind::Input);
    assert!(shared.contains("services/web") && shared.contains("tools/job"), "{shared}");
    repo.git(["reset", "-q", "--hard", "HEAD~1"]);
    repo.git(["sparse-checkout", "set", "tools"]);
    let missing = refused(ask(&repo, &all()), Kind::Repository);
    assert!(missing.contains("git sparse-checkout add services/api"), "{missing}");
    assert_eq!(images(&repo, &of(&["job"])).len(), 1);
}

#[test]
fn without_a_service_there_is_nothing_to_build() {
    let repo = Repo::new();
    repo.commit("nothing");
    refused(ask(&repo, &all()), Kind::Input);
    let bare = repo.cloned("bare", &["--bare"]);
    refused(ask(&bare, &all()), Kind::Repository);
    refused(ask(&bare, &of(&[])), Kind::Repository);
}

/// As a task of this directory's service runs it, for `image`.
fn from_task(repo: &Repo, directory: &str, image: &str, request: Request) -> Result<Vec<String>> {
    let request = Request { image_variable: Some(image.to_owned()), ..request };
    let outcome =
        build(&request, &checkout_in(repo, directory), &Programs::new(repo.path(), &BTreeMap::new()))?;
    Ok(outcome.answer.references.iter().map(ToString::to_string).collect())
}

#[test]
fn no_service_is_built_under_the_name_of_another() {
    let Shop { repo, .. } = Shop::new();
    let short = &repo.head()[..7];
    let [api, job, web] = ["services-api", "tools-job", "services-web"].map(|name| format!("example/{name}"));
    let released = format!("{api}:1.2.3-0000-{short}");
    let [job_built, web_built] = [&job, &web].map(|image| format!("{image}:0.0.0-0001-{short}"));
    let whole = || Request { services: ServiceChoice::Whole, ..of(&[]) };
    let every = vec![released.clone(), web_built.clone(), job_built.clone()];
    let both = vec![released.clone(), job_built.clone()];
    for (directory, image, request, expected) in [
        ("", &*api, of(&[]), vec![released.clone()]),
        ("services", "docker.io/example/services-web", of(&[]), vec![format!("docker.io/{web_built}")]),
        ("services/api", &api, of(&[]), vec![released.clone()]),
        ("services/api", &api, of(&["web"]), vec![web_built.clone()]),
        ("services/api", &api, of(&["web", "services/web"]), vec![web_built.clone()]),
        ("services/api", &api, of(&["job", "api"]), both.clone()),
        ("services/web", &web, of(&["job", "api"]), both.clone()),
        ("services/web", &web, all(), every.clone()),
        ("services/api", "fork/x", of(&["web"]), vec![format!("fork/x:0.0.0-0001-{short}")]),
        ("services/api", "fork/x", whole(), vec![format!("fork/x:0.0.0-0001-{short}")]),
    ] {
        let built = from_task(&repo, directory, image, request.clone());
        assert_eq!(
            built.unwrap_or_else(|error| panic!("{}", shown(&error))),
            expected,
            "{directory} {request:?}"
        );
    }
    for (directory, image, request, kind, word) in [
        ("services/api", &*web, of(&[]), Kind::Input, "services/web, not of services/api"),
        ("", &web, of(&["api"]), Kind::Input, "services/web, not of services/api"),
        ("", &web, of(&["api", "web"]), Kind::Input, "services/web, not of services/api"),
        ("services/api", &web, of(&["api", "job"]), Kind::Input, "services/web, not of services/api"),
        ("services/api", &job, of(&["web"]), Kind::Input, "tools/job, not of services/web"),
        ("", &web, all(), Kind::Usage, "names only one image"),
        ("services/api", "fork/x", all(), Kind::Usage, "names only one image"),
        ("services/api", "fork/x", of(&["api", "web"]), Kind::Usage, "names only one image"),
        ("", &web, whole(), Kind::Input, "not of the repository as a whole"),
        ("services/api", &api, whole(), Kind::Input, "cannot determine the image repository"),
    ] {
        let error = refused(from_task(&repo, directory, image, request), kind);
        assert!(error.contains(word), "'{word}' is missing: {error}");
    }
    // Where only Task knows the image, the variable is that of the service whose directory this is.
    repo.write("services/web/Taskfile.yaml", "vars: {IMAGE_REPO: '{{.ORG}}/web'}\n");
    repo.git(["commit", "-qam", "a template"]);
    let short = &repo.head()[..7];
    let built = from_task(&repo, "services/web", "acme/web", all()).unwrap();
    assert_eq!(built[1], format!("acme/web:0.0.0-0002-{short}"));
    assert!(
        built[0].starts_with(&format!("{api}:")) && built[2].starts_with(&format!("{job}:")),
        "{built:?}"
    );
    refused(from_task(&repo, "services/api", "acme/web", of(&[])), Kind::Input);
}

#[test]
fn the_repository_as_a_whole_is_built_with_a_warning_unless_it_is_asked_for() {
    let Shop { repo, .. } = Shop::new();
    let request = Request { image_variable: Some("team/shop".to_owned()), ..of(&[]) };
    let warnings = ask(&repo, &request).unwrap().warnings;
    assert!(warnings.iter().any(|warning| warning.contains("repository as a whole")), "{warnings:?}");
    let warnings = ask(&repo, &Request { services: ServiceChoice::Whole, ..request }).unwrap().warnings;
    assert!(!warnings.iter().any(|warning| warning.contains("repository as a whole")), "{warnings:?}");
}

#[test]
fn no_two_services_have_one_image_in_any_registry() {
    let Shop { repo, .. } = Shop::new();
    let config = |second: &str| {
        let text = format!(
            "services:
  a: {{ image: [registry.example/acme/a, docker.io/acme/shared] }}
  b: {{ image: [registry.example/acme/b, {second}] }}
"
        );
        repo.write("imgver.yaml", text);
        ["a", "b"].iter().for_each(|service| repo.write(&format!("{service}/Dockerfile"), "FROM scratch\n"));
    };
    config("acme/other");
    assert_eq!(
        images(&repo, &as_version("v", of(&["b", "a"]))),
        ["registry.example/acme/a:v", "docker.io/acme/shared:v", "registry.example/acme/b:v", "acme/other:v"]
    );
    let replaced = ask(&repo, &as_version("v", of(&["a", "b"]))).unwrap().answer.build;
    assert_eq!(
        replaced.unwrap().images[0].references,
        ["registry.example/acme/a:v", "docker.io/acme/shared:v"]
    );
    // The same repository in another spelling.
    config("acme/shared");
    let error = refused(ask(&repo, &as_version("v", of(&["a", "b"]))), Kind::Input);
    assert!(error.contains("a and b would both be tagged acme/shared:v"), "{error}");
    assert_eq!(images(&repo, &as_version("v", of(&["b"]))).len(), 2);
}
