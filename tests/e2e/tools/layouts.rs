//! Where Task gets IMAGE_REPO from, and where it runs the shared tasks: in every layout the answer is the service's whose Taskfile
//! includes them, or an error, the same in each run.

use std::collections::BTreeSet;

use imgver::init::templates::{ServiceTaskfile, root_taskfile, service_taskfile};

use super::task::{Checkout, Task, tasks};
use crate::support::Repo;

/// Task decides by chance in some layouts. One that gives two answers equally often passes so many runs once in a thousand times.
const RUNS: usize = 10;

const TAG: &str = "utils:generate-version-tag";

/// Two services with a release each, one of the repository, and these files instead of theirs.
fn repository(files: &[(&str, &str)]) -> Checkout {
    let repo = Repo::init("repo", &[]);
    repo.copy_from_here(&[".github/utils"]);
    for (path, image) in [("api", "team/api"), ("web", "team/web")] {
        repo.write(&format!("{path}/Taskfile.yml"), service(&format!("IMAGE_REPO: {image}"), UTILS));
    }
    for (file, text) in files {
        repo.write(file, text);
    }
    repo.commit("services");
    for tag in ["api@1.0.0", "web@2.0.0", "group/api@1.0.0", "group/web@2.0.0", "v9.0.0"] {
        repo.tag(tag);
    }
    Checkout { repo }
}

/// The way from a service to the shared tasks.
const UTILS: &str = "../.github/utils/taskfile.yaml";

/// A Taskfile with these `vars` and this include of the shared tasks.
fn service(vars: &str, utils: &str) -> String {
    let vars = if vars.is_empty() { String::new() } else { format!("vars:\n  {vars}\n") };
    format!(
        "version: '3'\n{vars}includes:\n  utils: {utils}\ntasks:\n  call:\n    silent: true\n    cmds:\n      - task: {TAG}\n        vars: {{ IMAGE_REPO: team/call }}\n"
    )
}

fn root(includes: &str) -> String {
    format!("version: '3'\nincludes: {{ {includes} }}\n")
}

/// A directory, arguments, the exported IMAGE_REPO, and the line or a part of the error that must come of it.
type Call<'c> = (&'c str, &'c [&'c str], &'c str, Result<&'c str, &'c str>);

/// What comes of each call, in both versions of Task and in all runs.
#[track_caller]
fn check(checkout: &Checkout, runs: usize, calls: &[Call<'_>]) {
    for program in tasks() {
        for (directory, args, exported, expected) in calls {
            let mut task = Task::new(&program, checkout).within(directory);
            if !exported.is_empty() {
                task = task.env("IMAGE_REPO", *exported);
            }
            let mut outputs = BTreeSet::new();
            for _ in 0..runs {
                let done = task.run(&[&["--exit-code"], *args].concat());
                match expected {
                    Ok(line) => assert_eq!((&*done.stdout, done.code), (&*format!("{line}\n"), 0), "{done}"),
                    Err(part) => done.failed(5, part),
                }
                outputs.insert((done.stdout, done.stderr));
            }
            assert_eq!(outputs.len(), 1, "{directory} {args:?}: {outputs:?}");
        }
    }
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn the_image_of_a_call_is_passed_on_wherever_it_comes_from() {
    let all = "api: {taskfile: api, dir: api}, web: {taskfile: web, dir: web}";
    let checkout = repository(&[("Taskfile.yml", &root(all))]);
    let cli = "IMAGE_REPO=team/cli";
    let (api, at_root) = ("api", "");
    let tag = &format!("api:{TAG}");
    check(
        &checkout,
        1,
        &[
            // The Taskfile's own, below everything else.
            (api, &[TAG], "", Ok("team/api:1.0.0")),
            (api, &[TAG, "--", "--no-dirty"], "", Ok("team/api:1.0.0")),
            (api, &[TAG, "--", "web"], "", Ok("team/web:2.0.0")),
            (at_root, &[tag], "", Ok("team/api:1.0.0")),
            (at_root, &[tag, "--", "web"], "", Ok("team/web:2.0.0")),
            // The environment of Task.
            (api, &[TAG], "team/env", Ok("team/env:1.0.0")),
            (api, &[TAG, "--", "--no-dirty"], "team/env", Ok("team/env:1.0.0")),
            (at_root, &[tag], "team/env", Ok("team/env:1.0.0")),
            // The command line.
            (api, &[TAG, cli], "", Ok("team/cli:1.0.0")),
            (api, &[TAG, cli, "--", "--no-dirty"], "", Ok("team/cli:1.0.0")),
            (api, &[TAG, cli, "--", "web"], "", Ok("team/cli:2.0.0")),
            (api, &[TAG, cli], "team/env", Ok("team/cli:1.0.0")),
            (at_root, &[tag, cli], "", Ok("team/cli:1.0.0")),
            (at_root, &[tag, cli, "--", "--no-dirty"], "team/env", Ok("team/cli:1.0.0")),
            // The vars of a call.
            (api, &["call"], "", Ok("team/call:1.0.0")),
            (api, &["call", "--", "--no-dirty"], "", Ok("team/call:1.0.0")),
            (api, &["call"], "team/env", Ok("team/call:1.0.0")),
            (api, &["call", cli], "team/env", Ok("team/call:1.0.0")),
            (at_root, &["api:call", cli], "team/env", Ok("team/call:1.0.0")),
        ],
    );
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn what_env_dotenv_or_an_include_sets_makes_no_service() {
    for (text, dotenv) in [
        (service("", UTILS) + "env: {IMAGE_REPO: team/job}\n", ""),
        (service("", UTILS) + "dotenv: [.env]\n", "IMAGE_REPO=team/job\n"),
        (service("", &format!("{{taskfile: {UTILS}, vars: {{IMAGE_REPO: team/job}}}}")), ""),
    ] {
        let checkout = repository(&[("job/Taskfile.yml", &text), ("job/.env", dotenv)]);
        check(&checkout, 1, &[("job", &[TAG], "", Err("job/Taskfile.yml sets IMAGE_REPO, but not in vars"))]);
    }
    // In a service, vars win, as in Task.
    let both = service("IMAGE_REPO: team/api", UTILS) + "env: {IMAGE_REPO: team/env}\n";
    let checkout = repository(&[("api/Taskfile.yml", &both)]);
    check(
        &checkout,
        1,
        &[("api", &[TAG], "", Ok("team/api:1.0.0")), ("api", &["call"], "", Ok("team/call:1.0.0"))],
    );
    // Task merges the env of all Taskfiles.
    let job = |image: &str| format!("{}env: {{IMAGE_REPO: {image}}}\n", service("", UTILS));
    let all = root("job: {taskfile: job, dir: job}, bot: {taskfile: bot, dir: bot}");
    let files = [
        ("Taskfile.yml", &*all),
        ("job/Taskfile.yml", &job("team/job")),
        ("bot/Taskfile.yml", &job("team/bot")),
    ];
    let tags = [format!("job:{TAG}"), format!("bot:{TAG}")];
    check(
        &repository(&files),
        RUNS,
        &[("", &[&tags[0]], "", Err("job/Taskfile.yml")), ("", &[&tags[1]], "", Err("bot/Taskfile.yml"))],
    );
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn every_layout_gets_the_service_whose_taskfile_includes_the_tasks() {
    let nested = |image: &str| service(&format!("IMAGE_REPO: {image}"), "../../.github/utils/taskfile.yaml");
    let group =
        [("group/api/Taskfile.yml", &*nested("team/gapi")), ("group/web/Taskfile.yml", &nested("team/gweb"))];
    for (includes, in_group) in [
        ("api: api, web: ./web/Taskfile.yml", ""),
        ("api: {taskfile: api}, web: {taskfile: web}", ""),
        ("api: {taskfile: api, dir: .}, web: {taskfile: web, dir: ./}", ""),
        ("api: {taskfile: api, dir: web}, web: {taskfile: web, dir: api}", ""),
        ("api: {taskfile: api, dir: api, aliases: [a]}, web: {taskfile: web, dir: web, internal: false}", ""),
        ("group: group, api: api, web: web", "api: api, web: web"),
        ("group: {taskfile: group, dir: group}", "api: api, web: web"),
        (
            "group: {taskfile: group, dir: group}",
            "api: {taskfile: api, dir: api}, web: {taskfile: web, dir: web}",
        ),
        ("group: {taskfile: group, flatten: true}", "api: {taskfile: api, dir: api}, web: web"),
    ] {
        let mut files = vec![("Taskfile.yml", root(includes))];
        let (mut prefix, mut images) = ("", ["team/api:1.0.0", "team/web:2.0.0"]);
        if !in_group.is_empty() {
            files.extend(group.map(|(file, text)| (file, text.to_owned())));
            files.push(("group/Taskfile.yml", root(in_group)));
            prefix = if includes.contains("flatten") { "" } else { "group:" };
            images = ["team/gapi:1.0.0", "team/gweb:2.0.0"];
        }
        let files: Vec<_> = files.iter().map(|(file, text)| (*file, &**text)).collect();
        let [api, web] = ["api", "web"].map(|name| format!("{prefix}{name}:{TAG}"));
        let call = format!("{prefix}api:call");
        let called = "team/call:1.0.0";
        check(
            &repository(&files),
            RUNS,
            &[
                ("", &[&api], "", Ok(images[0])),
                ("", &[&web, "--", "--no-dirty"], "", Ok(images[1])),
                ("", &[&call], "", Ok(called)),
            ],
        );
    }
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn the_shared_tasks_may_run_anywhere() {
    for dir in ["..", ".", "../web", "../tools"] {
        let utils = format!("{{taskfile: {UTILS}, dir: {dir}}}");
        let api = service("IMAGE_REPO: team/api", &utils);
        let all = root("api: {taskfile: api, dir: api}, web: web");
        let checkout = repository(&[("api/Taskfile.yml", &api), ("Taskfile.yml", &all), ("tools/x", "")]);
        let at_root = format!("api:{TAG}");
        check(
            &checkout,
            RUNS,
            &[
                ("api", &[TAG], "", Ok("team/api:1.0.0")),
                ("api", &[TAG, "IMAGE_REPO=team/cli"], "", Ok("team/cli:1.0.0")),
                ("api", &["call"], "", Ok("team/call:1.0.0")),
                ("", &[&at_root], "", Ok("team/api:1.0.0")),
                ("", &[&at_root, "--", "web"], "", Ok("team/web:2.0.0")),
            ],
        );
    }
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn the_shared_tasks_of_the_root_are_nobodys_unless_a_call_says_so() {
    let services = "api: {taskfile: api, dir: api}, web: {taskfile: web, dir: web}";
    for utils in [".github/utils/taskfile.yaml", "{taskfile: .github/utils/taskfile.yaml}"] {
        let includes = format!("{services}, utils: {utils}");
        let checkout = repository(&[("Taskfile.yml", &root(&includes))]);
        let at_api = format!("api:{TAG}");
        check(
            &checkout,
            RUNS,
            &[
                ("", &["utils:generate-version"], "", Err("cannot determine what utils is for")),
                ("", &["utils:generate-version", "--", "--whole"], "", Ok("9.0.0")),
                ("", &[TAG], "", Err("cannot determine what utils is for")),
                ("", &[TAG, "--", "web"], "", Ok("team/web:2.0.0")),
                ("", &[TAG], "team/all", Ok("team/all:9.0.0")),
                ("", &[TAG, "IMAGE_REPO=team/all"], "", Ok("team/all:9.0.0")),
                ("", &[&at_api], "", Ok("team/api:1.0.0")),
            ],
        );
        let own = format!("{}vars: {{IMAGE_REPO: team/all}}\n", root(&includes));
        let whole = [TAG, "--", "--whole"];
        check(
            &repository(&[("Taskfile.yml", &own)]),
            RUNS,
            &[
                ("", &[TAG], "", Err("cannot determine what utils is for")),
                ("", &whole, "", Ok("team/all:9.0.0")),
            ],
        );
    }
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn a_computed_image_is_never_another_services() {
    let computed = service("OWNER: acme\n  IMAGE_REPO: '{{.OWNER}}/api'", UTILS);
    let tag = &format!("api:{TAG}");
    let version = "api:utils:generate-version";
    let apart = root("api: {taskfile: api, dir: api}, web: {taskfile: web, dir: web}");
    let checkout = repository(&[("api/Taskfile.yml", &computed), ("Taskfile.yml", &apart)]);
    let known = Ok("acme/api:1.0.0");
    check(&checkout, RUNS, &[("api", &[TAG, "--", "--no-dirty"], "", known), ("", &[tag], "", known)]);
    let mixed = root("api: api, web: web");
    let checkout = repository(&[("api/Taskfile.yml", &computed), ("Taskfile.yml", &mixed)]);
    check(&checkout, RUNS, &[("", &[tag], "", Err("api/Taskfile.yml")), ("", &[version], "", Ok("1.0.0"))]);
}

/// The Taskfiles that `imgver init` writes, of services whose images the configuration names.
#[test]
#[ignore = "scripts/e2e runs it"]
fn a_service_of_the_configuration_needs_no_variable() {
    let configuration =
        "image: team/{service}\nservices:\n  group/api: {}\n  group/web: {directory: other}\n";
    let taskfile = |directory| service_taskfile(&ServiceTaskfile { directory, image: None });
    let apart = root_taskfile(&["group/api", "other", "web"]);
    // Without `dir`, Task mixes the image of `web` in by chance.
    for (root, runs) in [(apart, 1), (root("api: group/api, other: other, web: web"), RUNS)] {
        let checkout = repository(&[
            ("imgver.yaml", configuration),
            ("group/api/Taskfile.yml", &taskfile("group/api")),
            ("other/Taskfile.yml", &taskfile("other")),
            ("other/Dockerfile", "FROM scratch\n"),
            ("Taskfile.yml", &root),
        ]);
        let (api, other) = (Ok("team/group-api:1.0.0"), Ok("team/group-web:2.0.0"));
        let version = "utils:generate-version";
        check(
            &checkout,
            runs,
            &[
                ("group/api", &[version], "", Ok("1.0.0")),
                ("group/api", &[TAG], "", api),
                ("other", &[TAG], "", other),
                ("other", &[TAG, "--", "group/api"], "", api),
                ("other", &[TAG], "team/env", Ok("team/env:2.0.0")),
                ("other", &[TAG, "IMAGE_REPO=team/cli"], "", Ok("team/cli:2.0.0")),
                ("", &[&format!("api:{version}")], "", Ok("1.0.0")),
                ("", &[&format!("api:{TAG}")], "", api),
                ("", &[&format!("other:{TAG}")], "", other),
                ("", &[&format!("web:{TAG}")], "", Ok("team/web:2.0.0")),
            ],
        );
        for program in tasks() {
            for (task, image) in [("build", "team/group-web:2.0.0"), ("build-multi", "team/group-web:2.0.0")]
            {
                let built = Task::new(&program, &checkout).within("other").run(&[task, "--", "--dry-run"]);
                assert!(built.stdout.contains(&format!("--tag {image}-0000-")), "{built}");
            }
        }
    }
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn somebodys_own_taskfile_is_of_the_teams_service() {
    let team = service("IMAGE_REPO: team/api", UTILS);
    let checkout = repository(&[("api/Taskfile.yml", ""), (".gitignore", "/api/Taskfile.yml\n")]);
    checkout.repo.write("api/Taskfile.dist.yml", team);
    checkout.repo.git(["add", "api/Taskfile.dist.yml"]);
    for (own, image) in [
        (
            "version: '3'\nincludes: {base: {taskfile: ./Taskfile.dist.yml, flatten: true}}\n".to_owned(),
            "team/api:1.0.0",
        ),
        (service("IMAGE_REPO: mine/api", UTILS), "mine/api:1.0.0"),
        (service("", UTILS), "team/api:1.0.0"),
    ] {
        checkout.repo.write("api/Taskfile.yml", own);
        check(&checkout, 1, &[("api", &[TAG, "--", "--no-dirty"], "", Ok(image))]);
    }
}
