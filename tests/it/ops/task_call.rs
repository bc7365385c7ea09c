//! Which service and which image a call by the shared utils tasks is about. What Task itself makes of each layout is in
//! `tests/e2e/tools/layouts.rs`.

use imgver::error::Kind;
use imgver::ops::{ResolvedCall, TaskCall};

use super::{checkout_in, refused, shown};
use crate::support::{Repo, taskfile};

const UTILS: &str = "utils/taskfile.yaml";

/// What Task says about a call, and what the arguments and the environment add.
#[derive(Clone)]
struct Call<'c> {
    task: &'c str,
    /// Where Task was started, and where the task runs.
    root: &'c str,
    directory: &'c str,
    image: &'c str,
    shared: &'c str,
    environment: &'c str,
    variable: &'c str,
    is_named: bool,
}

const AT_ROOT: Call<'_> = Call {
    task: "",
    root: "",
    directory: "",
    image: "",
    shared: "",
    environment: "",
    variable: "",
    is_named: false,
};

impl Call<'_> {
    fn resolve(&self, repo: &Repo) -> imgver::error::Result<ResolvedCall> {
        let at = |path: &str| repo.path().join(path).to_str().unwrap().trim_end_matches('/').to_owned();
        let call = serde_json::json!({
            "task": self.task, "taskfile": at(UTILS), "directory": at(self.directory), "root": at(self.root),
            // As Task 3.44 names it.
            "root_taskfile": at(self.root),
            "image": self.image, "shared": self.shared, "environment": self.environment,
        });
        let call: TaskCall = call.to_string().parse().unwrap();
        let variable = (!self.variable.is_empty()).then(|| self.variable.to_owned());
        call.resolve(self.is_named, variable, &checkout_in(repo, self.directory))
    }

    /// The service and the image that come of it.
    #[track_caller]
    fn is(&self, repo: &Repo, service: Option<&str>, variable: Option<&str>) {
        let found = self.resolve(repo).unwrap_or_else(|error| panic!("{}", shown(&error)));
        let expected =
            ResolvedCall { service: service.map(str::to_owned), variable: variable.map(str::to_owned) };
        assert_eq!(found, expected);
    }
}

/// A Taskfile with these lines that includes the shared tasks.
fn with_utils(lines: &str, way: &str) -> String {
    format!("version: '3'\n{lines}includes:\n  utils: {way}\n")
}

fn service(repo: &Repo, path: &str, image: &str) {
    let up = "../".repeat(path.split('/').count());
    let vars = format!("vars:\n  IMAGE_REPO: {image}\n");
    repo.write(&format!("{path}/Taskfile.yml"), with_utils(&vars, &format!("{up}{UTILS}")));
}

/// Two services, and this Taskfile at the root.
fn shop(root: &str) -> Repo {
    let repo = Repo::new();
    repo.write(UTILS, "version: '3'\n");
    service(&repo, "api", "team/api");
    service(&repo, "group/web", "team/web");
    if !root.is_empty() {
        repo.write("Taskfile.yml", format!("version: '3'\n{root}"));
    }
    repo.commit("services");
    repo
}

#[test]
fn whatever_image_task_shows_the_including_taskfile_decides() {
    for (root, task, directory, expected) in [
        ("includes: {a: api, b: group/web}\n", "a:utils:call", "", Some("api")),
        ("includes: {a: api, b: ./group/web/Taskfile.yml}\n", "b:utils:call", "", Some("group/web")),
        ("includes: {a: {taskfile: api}, b: {taskfile: group/web}}\n", "b:utils:call", "", Some("group/web")),
        ("includes: {a: {taskfile: api, dir: api}, b: group/web}\n", "a:utils:call", "api", None),
        (
            "includes: {a: {taskfile: api, dir: group/web}, b: group/web}\n",
            "a:utils:call",
            "group/web",
            Some("api"),
        ),
        ("includes: {a: {taskfile: api, flatten: true}, b: group/web}\n", "utils:call", "", Some("api")),
        ("includes: {a: api, 'b:c': group/web}\n", "b:c:utils:call", "", Some("group/web")),
        ("includes: {g: group, a: api}\n", "g:web:utils:call", "", Some("group/web")),
        ("includes: {g: {taskfile: group, dir: group}, a: api}\n", "g:web:utils:call", "group/web", None),
        (
            "includes: {g: {taskfile: group, flatten: true}, a: api}\n",
            "web:utils:call",
            "",
            Some("group/web"),
        ),
    ] {
        let repo = shop(root);
        repo.write("group/Taskfile.yml", "version: '3'\nincludes: {web: {taskfile: web, dir: web}}\n");
        for image in ["team/api", "team/web"] {
            for shared in ["team/api", "team/web"] {
                let call = Call { task, directory, image, shared, variable: image, ..AT_ROOT };
                let own = match expected.unwrap_or(directory) {
                    "api" => "team/api",
                    _ => "team/web",
                };
                call.is(&repo, expected, (image == own).then_some(own));
                // What an argument names is not ours to say.
                Call { is_named: true, ..call.clone() }.is(&repo, None, None);
                // The environment of Task is the user's.
                let exported = Call { environment: "team/mirror", variable: "team/mirror", ..call.clone() };
                exported.is(&repo, expected, Some("team/mirror"));
                // As is what the call and the command line set.
                Call { variable: "team/call", ..call.clone() }.is(&repo, expected, Some("team/call"));
                Call { shared: "team/cli", ..call }.is(&repo, expected, Some("team/cli"));
            }
        }
    }
}

/// An optional include that is not there sets nothing; one that only Task can find may set anything.
#[test]
fn the_command_line_counts_unless_an_unknown_include_may_have_set_it() {
    for (include, expected) in
        [("{taskfile: nowhere, optional: true}", "team/cli"), ("'{{.NOWHERE}}'", "team/api")]
    {
        let repo = shop(&format!("includes: {{a: {{taskfile: api, dir: api}}, b: {include}}}\n"));
        let call = Call { task: "a:utils:call", directory: "api", image: "team/api", ..AT_ROOT };
        let variable = Some(expected);
        Call { shared: "team/cli", variable: "team/api", ..call }.is(&repo, None, variable);
    }
}

#[test]
fn in_a_service_the_command_line_wins_over_the_environment() {
    let repo = shop("");
    let call = Call {
        task: "utils:call",
        root: "api",
        directory: "api",
        image: "team/api",
        shared: "team/api",
        ..AT_ROOT
    };
    call.is(&repo, None, None);
    Call { variable: "team/api", ..call.clone() }.is(&repo, None, Some("team/api"));
    let cli = Call { image: "team/cli", shared: "team/cli", ..call.clone() };
    Call { variable: "team/cli", ..cli.clone() }.is(&repo, None, Some("team/cli"));
    Call { variable: "team/env", environment: "team/env", ..cli.clone() }.is(&repo, None, Some("team/cli"));
    Call { variable: "team/call", environment: "team/env", ..cli.clone() }.is(&repo, None, Some("team/call"));
    // Behind arguments as well, where the service's own is not meant.
    Call { variable: "team/cli", is_named: true, ..cli.clone() }.is(&repo, None, Some("team/cli"));
    Call { variable: "team/api", is_named: true, ..call.clone() }.is(&repo, None, None);
    Call { variable: "team/env", environment: "team/env", is_named: true, ..call }.is(
        &repo,
        None,
        Some("team/env"),
    );
}

#[test]
fn shared_tasks_that_run_elsewhere_are_still_the_services() {
    for dir in ["..", "../group", "../utils", ".", "src", "../group/web"] {
        let repo = shop("includes: {a: {taskfile: api, dir: api}, b: group/web}\n");
        repo.write("api/src/main", "");
        let way = format!("{{taskfile: ../{UTILS}, dir: {dir}}}");
        repo.write("api/Taskfile.yml", with_utils("vars:\n  IMAGE_REPO: team/api\n", &way));
        let directory = format!("api/{dir}");
        let expected = (![".", "src"].contains(&dir)).then_some("api");
        for (task, root) in [("utils:call", "api"), ("a:utils:call", "")] {
            // Only at the root are there others.
            for shared in if root.is_empty() { &["team/api", "team/web"][..] } else { &["team/api"] } {
                let call = Call {
                    task,
                    root,
                    directory: &directory,
                    image: "team/api",
                    shared,
                    variable: "team/api",
                    ..AT_ROOT
                };
                call.is(&repo, expected, Some("team/api"));
            }
        }
    }
}

#[test]
fn a_value_that_only_task_knows_is_passed_on_where_it_must_be_the_services() {
    let computed = "'{{.OWNER}}/api'";
    for (root, task, from, directory, is_known) in [
        ("", "utils:call", "api", "api", true),
        ("includes: {a: {taskfile: api, dir: api}, b: group/web}\n", "a:utils:call", "", "api", true),
        ("includes: {a: {taskfile: api}}\n", "a:utils:call", "", "", true),
        ("includes: {a: api, b: group/web}\n", "a:utils:call", "", "", false),
        ("includes: {a: api}\n", "a:utils:call", "", "", false),
    ] {
        let repo = shop(root);
        service(&repo, "api", computed);
        for image in ["acme/api", "team/web"] {
            let call =
                Call { task, root: from, directory, image, shared: "team/web", variable: image, ..AT_ROOT };
            let expected = (directory != "api").then_some("api");
            call.is(&repo, expected, is_known.then_some(image));
            Call { is_named: true, ..call }.is(&repo, None, None);
        }
    }
}

#[test]
fn what_task_may_have_mixed_is_nobodys_at_the_root() {
    let root = "includes: {a: {taskfile: api, dir: api}, b: {taskfile: group/web, dir: group/web}, utils: utils/taskfile.yaml}\n";
    let repo = shop(root);
    for image in ["team/api", "team/web"] {
        let call = Call { task: "utils:call", image, shared: image, variable: image, ..AT_ROOT };
        assert!(refused(call.resolve(&repo), Kind::Input).contains("--whole"));
        Call { variable: "team/web-call", ..call.clone() }.is(&repo, None, Some("team/web-call"));
        Call { environment: "team/all", variable: "team/all", ..call.clone() }.is(
            &repo,
            None,
            Some("team/all"),
        );
        Call { image: "team/all", shared: "team/all", variable: "team/all", ..call }.is(
            &repo,
            None,
            Some("team/all"),
        );
        // With one of its own as well.
        let own = shop(&format!("vars:\n  IMAGE_REPO: team/all\n{root}"));
        let call = Call { task: "utils:call", image, shared: image, variable: image, ..AT_ROOT };
        for shown in [image, "team/all"] {
            let call = Call { image: shown, variable: shown, ..call.clone() };
            assert!(refused(call.resolve(&own), Kind::Input).contains("--whole"));
        }
        let message = refused(Call { directory: "api", ..call_in_api(image) }.resolve(&own), Kind::Input);
        assert!(message.contains("api"), "{message}");
    }
}

/// A call by tasks that a Taskfile at the root includes for the directory of a service.
fn call_in_api(image: &str) -> Call<'_> {
    Call { task: "utils:call", image, shared: image, variable: image, ..AT_ROOT }
}

#[test]
fn what_is_set_elsewhere_makes_no_service() {
    for (lines, way) in [
        ("env:\n  IMAGE_REPO: team/job\n", format!("../{UTILS}")),
        ("dotenv: [.env]\n", format!("../{UTILS}")),
        ("", format!("{{taskfile: ../{UTILS}, vars: {{IMAGE_REPO: team/job}}}}")),
    ] {
        let repo = shop("includes: {job: {taskfile: job, dir: job}, a: {taskfile: api, dir: api}}\n");
        repo.write("job/Taskfile.yml", with_utils(lines, &way));
        repo.write("job/.env", "IMAGE_REPO=team/job\n");
        for (task, root) in [("utils:call", "job"), ("job:utils:call", "")] {
            let call =
                Call { task, root, directory: "job", image: "team/job", variable: "team/job", ..AT_ROOT };
            let message = refused(call.resolve(&repo), Kind::Input);
            assert!(message.contains("job/Taskfile.yml") && message.contains("vars"), "{message}");
        }
    }
}

#[test]
fn a_layout_that_only_task_understands_is_refused_unless_the_directory_tells() {
    let repo = shop("includes: {a: '{{.PATH_OF_API}}', b: {taskfile: '{{.PATH_OF_API}}', dir: api}}\n");
    for image in ["team/api", "team/web"] {
        let call = Call { task: "a:utils:call", image, shared: image, variable: image, ..AT_ROOT };
        let message = refused(call.resolve(&repo), Kind::Input);
        assert!(message.contains("dir:"), "{message}");
        Call { is_named: true, ..call.clone() }.is(&repo, None, None);
        let placed = Call { task: "b:utils:call", directory: "api", ..call };
        placed.is(&repo, None, (image == "team/api").then_some(image));
    }
    // The last step needs no path.
    repo.write(
        "api/Taskfile.yml",
        with_utils("vars:\n  IMAGE_REPO: team/api\n", "'{{.UP}}/utils/taskfile.yaml'"),
    );
    let call = Call {
        task: "utils:call",
        root: "api",
        directory: "",
        image: "team/api",
        variable: "team/api",
        ..AT_ROOT
    };
    call.is(&repo, Some("api"), Some("team/api"));
}

/// A directory whose Taskfile sets no image is a service if the configuration says so, whatever Task mixes in from others.
#[test]
fn a_service_of_the_configuration_needs_no_image_variable() {
    let configuration = "\
image: team/{name}
services:
  job: {}
  alias: { directory: other }
  first: { directory: both }
  second: { directory: both }
  tool: { directory: . }
";
    for (place, task) in
        [("job", "j:utils:call"), ("other", "o:utils:call"), ("both", "b:utils:call"), ("", "utils:call")]
    {
        let own = with_utils("", &format!("{}{UTILS}", if place.is_empty() { "" } else { "../" }));
        let short = "version: '3'\nincludes: {a: api, j: job, o: other, b: both}\n";
        let repo = shop("");
        repo.write("imgver.yaml", configuration);
        for directory in ["job", "other", "both"] {
            repo.write(&format!("{directory}/Taskfile.yml"), with_utils("", &format!("../{UTILS}")));
        }
        repo.write("Taskfile.yml", if place.is_empty() { &own } else { short });
        repo.commit("configure");
        let expected = match place {
            "job" => "job",
            "other" => "alias",
            _ => "tool",
        };
        // In its directory, and at the root by an include without one.
        let inside = Call { task: "utils:call", root: place, directory: place, ..AT_ROOT };
        let outside = Call { task, ..AT_ROOT };
        if place == "both" {
            for call in [&inside, &outside] {
                let message = refused(call.resolve(&repo), Kind::Input);
                assert!(message.contains("both") && message.contains("first, second"), "{message}");
                Call { is_named: true, ..call.clone() }.is(&repo, None, None);
            }
            continue;
        }
        inside.is(&repo, None, None);
        Call { environment: "team/env", variable: "team/env", ..inside.clone() }.is(
            &repo,
            None,
            Some("team/env"),
        );
        Call { image: "team/cli", shared: "team/cli", variable: "team/cli", ..inside }.is(
            &repo,
            None,
            Some("team/cli"),
        );
        // At the root the current directory is that of `tool`.
        let expected = (!place.is_empty()).then_some(expected);
        outside.is(&repo, expected, None);
        for image in if place.is_empty() { &[][..] } else { &["team/api"] } {
            Call { image, shared: image, variable: image, ..outside.clone() }.is(&repo, expected, None);
        }
    }
}

#[test]
fn somebodys_own_taskfile_is_of_the_same_service() {
    let repo = shop("");
    repo.git(["mv", "api/Taskfile.yml", "api/Taskfile.dist.yml"]);
    repo.write(".gitignore", "Taskfile.yml\n!/group/**\n");
    repo.commit("Rename");
    let call = Call {
        task: "utils:call",
        root: "api",
        directory: "api",
        image: "team/api",
        variable: "team/api",
        ..AT_ROOT
    };
    repo.write(
        "api/Taskfile.yml",
        "version: '3'\nincludes: {base: {taskfile: ./Taskfile.dist.yml, flatten: true}}\n",
    );
    call.is(&repo, None, Some("team/api"));
    // One with an image of its own is asked as any other value.
    repo.write("api/Taskfile.yml", with_utils("vars:\n  IMAGE_REPO: mine/api\n", &format!("../{UTILS}")));
    Call { image: "mine/api", variable: "mine/api", ..call }.is(&repo, None, Some("mine/api"));
}

#[test]
fn circles_and_deep_chains_end() {
    let repo =
        shop("includes: {a: {taskfile: ./b.yml, flatten: true}, c: {taskfile: ./b.yml, flatten: true}}\n");
    repo.write("b.yml", "version: '3'\nincludes: {a: {taskfile: ./Taskfile.yml, flatten: true}, d: {taskfile: ./b.yml, flatten: true}}\n");
    let call = Call { task: "x:utils:call", image: "team/api", variable: "team/api", ..AT_ROOT };
    refused(call.resolve(&repo), Kind::Input);
    assert!("{}".parse::<TaskCall>().is_err());
    // A service of one file needs no root.
    repo.write("api/Taskfile.yml", taskfile("team/api"));
}
