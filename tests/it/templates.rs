//! The files that `imgver init` writes: for this repository they are its own, and for others they hold together.

use std::fs;
use std::path::{Path, PathBuf};

use imgver::ci::github::Workflow;
use imgver::domain::{ImageRepository, PreReleases, TagFormat};
use imgver::init::templates::{
    ActionRelease, Registry, ServiceTaskfile, SetupAction, UTILS_TASKFILE, WORKFLOW, WorkflowFacts,
    push_paths, root_taskfile, service_taskfile, tag_globs, utils_taskfile, workflow,
};
use serde_yaml::Value;

use crate::support::{Output, Repo, taskfile};

/// In the order in which the workflow offers them.
const SERVICES: [&str; 5] = [
    "services/go/api-golang",
    "services/node/api-node",
    "services/other/migrator",
    "services/python/load-generator",
    "services/react/client-react",
];

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn read(path: &str) -> String {
    fs::read_to_string(here(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn yaml(text: &str) -> Value {
    serde_yaml::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The workflow of a repository with these services, main branch `main`, release tags in `formats`.
fn facts(services: &[&str], formats: &[&str], watched: &[&str]) -> WorkflowFacts {
    let formats: Vec<TagFormat> = formats.iter().map(|text| text.parse().unwrap()).collect();
    WorkflowFacts {
        services: services.iter().map(|&service| service.to_owned()).collect(),
        main_branch: "main".to_owned(),
        tags: tag_globs(&formats, services, &PreReleases::default()),
        paths: push_paths(services, watched),
        registries: Vec::new(),
        setup: SetupAction::Own,
    }
}

/// `IMGVER_UPDATE=1` writes it from the template.
#[test]
fn our_workflow_is_the_template_with_our_services() {
    let watched: Vec<String> = SERVICES.iter().map(|service| format!("{service}/**")).collect();
    let watched: Vec<&str> = watched.iter().map(String::as_str).chain([WORKFLOW, "imgver.yaml"]).collect();
    let rendered = workflow(&facts(&SERVICES, &["{service}@{version}"], &watched));
    if std::env::var_os("IMGVER_UPDATE").is_some_and(|value| value == "1") {
        fs::write(here(WORKFLOW), &rendered).unwrap();
    }
    let ours = read(WORKFLOW);
    let different = ours.lines().zip(rendered.lines()).position(|(ours, rendered)| ours != rendered);
    assert!(
        ours == rendered,
        "{WORKFLOW} is not src/init/templates/build-push.yaml for our services, first in line {}: change the template, then \
         IMGVER_UPDATE=1 cargo test --test it templates",
        different.map_or(ours.lines().count().min(rendered.lines().count()), |line| line) + 1
    );
}

#[test]
fn our_shared_tasks_are_the_ones_that_others_get() {
    assert_eq!(utils_taskfile(), read(UTILS_TASKFILE));
}

/// What is compiled in must be in the package: https://doc.rust-lang.org/cargo/reference/manifest.html#the-exclude-and-include-fields
#[test]
fn the_package_has_what_is_compiled_in() {
    let manifest = read("Cargo.toml");
    assert!(!manifest.contains("\ninclude = "));
    let (_, excluded) = manifest.split_once("\nexclude = [").unwrap();
    let excluded: Vec<&str> = excluded.split_once(']').unwrap().0.split('"').skip(1).step_by(2).collect();
    assert!(excluded.contains(&"/tests/e2e"), "{excluded:?}");
    for file in [UTILS_TASKFILE, "src/init/templates/build-push.yaml"] {
        let is_below = |directory: &&&str| format!("/{file}/").starts_with(&format!("{directory}/"));
        assert_eq!(excluded.iter().find(is_below), None, "{file}");
        assert!(excluded.iter().all(|directory| directory.starts_with('/') && !directory.contains('*')));
    }
}

/// Their tasks for tests, and what these need, are their own.
#[test]
fn our_services_have_the_taskfile_that_others_get() {
    for service in SERVICES {
        let mut ours = yaml(&read(&format!("{service}/Taskfile.yaml")));
        let tasks = ours["tasks"].as_mapping_mut().unwrap();
        tasks.retain(|name, _| ["build", "build-multi"].contains(&name.as_str().unwrap()));
        let image: ImageRepository = ours["vars"]["IMAGE_REPO"].as_str().unwrap().parse().unwrap();
        let rendered = service_taskfile(&ServiceTaskfile { directory: service, image: Some(&image) });
        assert_eq!(yaml(&rendered), ours, "{service}");
    }
}

#[test]
fn our_root_includes_services_as_others_do() {
    let ours = yaml(&read("Taskfile.yaml"));
    let includes = ours["includes"].as_mapping().unwrap();
    let ours: Vec<_> = includes.iter().filter(|(_, include)| include.is_mapping()).collect();
    let services: Vec<&str> = ours.iter().map(|(_, include)| include["dir"].as_str().unwrap()).collect();
    assert_eq!(services.len(), SERVICES.len());
    let rendered = yaml(&root_taskfile(&services));
    assert_eq!(rendered["version"], yaml("'3'"));
    let rendered = rendered["includes"].as_mapping().unwrap();
    assert!(rendered.iter().eq(ours), "{rendered:?}");
}

/// A team's repository with everything that is written for it, committed.
fn team(services: &[(&str, &str)], formats: &[&str], branch: &str, setup: SetupAction) -> Repo {
    let repo = Repo::new();
    for (service, image) in services {
        repo.write(&format!("{service}/Dockerfile"), "FROM scratch\n");
        let image: ImageRepository = image.parse().unwrap();
        let facts = ServiceTaskfile { directory: service, image: Some(&image) };
        repo.write(&format!("{service}/Taskfile.yaml"), service_taskfile(&facts));
    }
    let paths: Vec<&str> = services.iter().map(|(service, _)| *service).collect();
    let images = services.iter().map(|(_, image)| Registry::of(&image.parse().unwrap()));
    let facts = WorkflowFacts {
        main_branch: branch.to_owned(),
        registries: images.collect(),
        setup,
        ..facts(&paths, formats, &[])
    };
    repo.write(WORKFLOW, workflow(&facts));
    repo.write(UTILS_TASKFILE, utils_taskfile());
    repo.write("Taskfile.yaml", root_taskfile(&paths));
    repo.commit("Set up");
    repo
}

fn release() -> SetupAction {
    let source = format!("acme/imgver@{}", "0123456789".repeat(4));
    SetupAction::Release(ActionRelease::parse(&source, "v0.1.0").unwrap())
}

fn check(repo: &Repo, formats: &[&str]) -> Output {
    let format = formats.first().map(|format| ["--tag-format", format]);
    repo.imgver(["check"]).args(format.into_iter().flatten()).run()
}

#[test]
fn what_is_written_for_others_passes_the_check() {
    let hostile = [
        ("apps/it's # odd: *", "acme/odd"),
        ("apps/${{ github.token }}", "acme/expression"),
        ("apps/\"quoted\" {{.X}}", "ghcr.io/acme/quoted"),
        ("apps/größe/日本", "registry.example:5000/unicode"),
        ("apps/[a] & !b, <options>", "registry.example/brackets"),
        ("true", "acme/bool"),
    ];
    let plain = [("orders", "acme/orders"), ("libs/web", "ghcr.io/acme/web")];
    for services in [&hostile[..], &plain] {
        for formats in
            [&["{service}@{version}"][..], &["{name}-v{version}"], &["v{version}"], &["{service}/v{version}"]]
        {
            let repo = team(services, formats, "release/1+2", release());
            let output = check(&repo, formats);
            assert_eq!((output.code, &*output.stdout), (0, ""), "{formats:?}: {output}");
            assert!(output.stderr.contains("1 workflow"), "{output}");
            // One text, whatever versions count.
            repo.write("imgver.yaml", "scope: service\n");
            repo.commit("Count by service");
            let output = check(&repo, formats);
            assert_eq!((output.code, &*output.stdout), (0, ""), "{formats:?}: {output}");
        }
    }
}

#[test]
fn a_reference_that_is_not_known_is_left_to_a_person() {
    let unknown = SetupAction::Unknown { version: "v0.1.0".to_owned() };
    let repo = team(&[("apps/web", "acme/web")], &["v{version}"], "main", unknown);
    let output = check(&repo, &["v{version}"]);
    // Of both jobs, and no reason to fail.
    assert_eq!((output.code, &*output.stderr), (0, "2 warnings\n"), "{output}");
    let found: Vec<&str> =
        output.stdout.lines().filter(|line| line.contains("warning[action-file]")).collect();
    assert_eq!(found.len(), 2, "{output}");
    for line in found {
        let number: usize = line.split(':').nth(1).unwrap().parse().unwrap();
        let text = fs::read_to_string(repo.path().join(WORKFLOW)).unwrap();
        let step = text.lines().nth(number - 1).unwrap();
        assert!(
            step.contains("uses: OWNER/imgver/.github/actions/setup-dependencies@HASH # v0.1.0"),
            "{step}"
        );
    }
}

/// The job that pushes may write packages if that is where images go, and the one that asks registries may read them.
#[test]
fn each_registry_is_logged_in_to() {
    let registries = ["ghcr.io/acme/x", "registry.example/acme/x", "acme/x"]
        .map(|image| Registry::of(&image.parse().unwrap()));
    let text =
        workflow(&WorkflowFacts { registries: registries.to_vec(), ..facts(&["x"], &["v{version}"], &[]) });
    let value = yaml(&text);
    let jobs = value["jobs"].as_mapping().unwrap();
    for (name, job) in jobs {
        let needed = match name.as_str().unwrap() {
            "filter" => Some("read"),
            "build-push" => Some("write"),
            _ => None,
        };
        assert_eq!(job["permissions"]["packages"].as_str(), needed, "{name:?}");
    }
    let github = [Some("ghcr.io"), Some("${{ github.actor }}"), Some("${{ secrets.GITHUB_TOKEN }}")];
    let other = [
        Some("registry.example"),
        Some("${{ vars.REGISTRY_EXAMPLE_USERNAME }}"),
        Some("${{ secrets.REGISTRY_EXAMPLE_TOKEN }}"),
    ];
    let hub = [None, Some("${{ vars.DOCKERHUB_USERNAME }}"), Some("${{ secrets.DOCKERHUB_TOKEN }}")];
    for (job, condition) in [
        ("filter", "steps.how.outputs.missing == 'true'"),
        ("build-push", "needs.filter.outputs.push == 'true'"),
    ] {
        let steps = jobs[job]["steps"].as_sequence().unwrap().iter();
        let logins =
            steps.filter(|step| step["uses"].as_str().is_some_and(|uses| uses.contains("/login-action@")));
        let inputs: Vec<[Option<&str>; 3]> = logins
            .map(|step| {
                assert_eq!(step["if"].as_str(), Some(&*format!("env.ACT != 'true' && {condition}")));
                ["registry", "username", "password"].map(|input| step["with"][input].as_str())
            })
            .collect();
        assert_eq!(inputs, [github, other, hub], "{job}");
    }
}

/// Where any file may be watched, every push to the main branch starts it.
#[test]
fn without_paths_there_is_no_filter() {
    let text = workflow(&facts(&["apps/web"], &["v{version}"], &["*.lock/**", "{a,b}"]));
    let push = Workflow::parse(WORKFLOW, &text).unwrap().push.unwrap();
    assert!(push.paths.is_none() && push.branches.is_some() && push.tags.is_some(), "{text}");
    let fewer = workflow(&facts(&["apps/web"], &["v{version}"], &["lib/{a,b}"]));
    assert_eq!(fewer.lines().count(), text.lines().count() + 2);
}

/// Every service can be put into a Taskfile of its own, wherever it is.
#[test]
fn a_written_taskfile_makes_its_directory_a_service() {
    let repo = team(&[("a/b/c", "acme/c"), ("d", "123/456")], &["v{version}"], "main", release());
    repo.write("e/Taskfile.yaml", taskfile("acme/e"));
    repo.commit("Another");
    let output = repo.imgver(["list", "--output", "json"]).run();
    let listed = output.json();
    let images: Vec<&str> =
        listed.as_array().unwrap().iter().map(|row| row["image"].as_str().unwrap()).collect();
    assert_eq!(images, ["acme/c", "123/456", "acme/e"], "{output}");
}
