//! What this repository's workflows promise, read from their files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use imgver::ci::github::WorkflowFilter;
use serde_yaml::Value;

use crate::support::Repo;

fn github() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(".github")
}

fn read(path: &Path) -> Value {
    serde_yaml::from_str(&fs::read_to_string(path).unwrap())
        .unwrap_or_else(|error| panic!("{path:?}: {error}"))
}

fn workflow(name: &str) -> Value {
    read(&github().join("workflows").join(name))
}

/// All workflows, by file name.
fn workflows() -> BTreeMap<String, Value> {
    let files = fs::read_dir(github().join("workflows")).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    let named = files.map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), read(&path)));
    let workflows: BTreeMap<_, _> = named.collect();
    let names: Vec<&str> = workflows.keys().map(|name| &**name).collect();
    assert_eq!(names, ["build-push.yaml", "ci.yaml", "release.yaml", "test.yaml"]);
    workflows
}

fn texts(list: &Value) -> Vec<&str> {
    list.as_sequence().expect("a list").iter().map(|item| item.as_str().expect("a text")).collect()
}

/// The jobs of all workflows, under names for messages.
fn jobs(workflows: &BTreeMap<String, Value>) -> Vec<(String, &Value)> {
    let jobs = workflows.iter().flat_map(|(file, workflow)| {
        let jobs = workflow["jobs"].as_mapping().unwrap().iter();
        jobs.map(move |(name, job)| (format!("{file}, job {}", name.as_str().unwrap()), job))
    });
    jobs.collect()
}

#[test]
fn release_tags_and_nothing_else_start_a_build() {
    let workflow = workflow("build-push.yaml");
    let tags = WorkflowFilter::parse(texts(&workflow["on"]["push"]["tags"])).unwrap();
    for tag in [
        "services/go/api-golang@1.0.9",
        "services/other/migrator@0.0.0",
        "services/react/client-react@10.20.30",
        "services/deeper/down/api@1.2.3",
    ] {
        assert!(tags.matches(tag), "{tag}");
    }
    for tag in [
        "v1.0.9",
        "1.0.9",
        "services/go/api-golang@1.0",
        "services/go/api-golang@1.0.0-rc.1",
        "services/go/api-golang@1.0.9.1",
        "services/go/api-golang@v1.0.9",
        "services/go/api-golang@1x0x9",
        "services/go/api-golang@1..9",
        "services/go/api-golang-1.0.9",
        "other/go/api-golang@1.0.9",
        "old/services/go/api-golang@1.0.9",
    ] {
        assert!(!tags.matches(tag), "{tag}");
    }
}

#[test]
fn imgvers_own_releases_are_no_services() {
    let release = workflow("release.yaml");
    let own = WorkflowFilter::parse(texts(&release["on"]["push"]["tags"])).unwrap();
    assert!(own.matches("v1.0.9"));
    for tag in ["v1.0", "v1.0.0-rc.1", "services/go/api-golang@1.0.9", "services/v1.0.9"] {
        assert!(!own.matches(tag), "{tag}");
    }
}

#[test]
fn pushes_to_main_that_touch_a_service_start_a_build() {
    let workflow = workflow("build-push.yaml");
    let push = &workflow["on"]["push"];
    let branches = WorkflowFilter::parse(texts(&push["branches"])).unwrap();
    assert!(branches.matches("main") && !branches.matches("main2") && !branches.matches("feature/main"));
    let paths = WorkflowFilter::parse(texts(&push["paths"])).unwrap();
    assert!(paths.matches_any(["README.md", "services/go/api-golang/cmd/x/main.go"]));
    assert!(paths.matches_any([".github/workflows/build-push.yaml"]), "all filters name it");
    assert!(paths.matches_any(["imgver.yaml"]), "settings make new versions, too");
    assert!(!paths.matches_any(["README.md", "src/main.rs", "old/services/x", ".github/workflows/ci.yaml"]));
}

#[test]
fn every_service_can_be_asked_for() {
    let workflow = workflow("build-push.yaml");
    let inputs = &workflow["on"]["workflow_dispatch"]["inputs"];
    let mut services = Vec::new();
    for language in fs::read_dir(github().parent().unwrap().join("services")).unwrap() {
        let language = language.unwrap().path();
        for service in fs::read_dir(&language).unwrap().map(|entry| entry.unwrap().path()) {
            let parts = [language.file_name().unwrap(), service.file_name().unwrap()];
            services.push(format!("services/{}/{}", parts[0].display(), parts[1].display()));
        }
    }
    services.sort();
    assert_eq!(services.len(), 5);
    assert_eq!(inputs["service"]["type"].as_str(), Some("choice"));
    assert_eq!(inputs["service"]["required"].as_bool(), Some(true));
    assert_eq!(texts(&inputs["service"]["options"]), services);
    assert_eq!(inputs["version"]["required"].as_bool(), Some(false));
}

#[test]
fn actions_of_others_are_pinned() {
    let mut files: Vec<PathBuf> =
        workflows().keys().map(|name| github().join("workflows").join(name)).collect();
    files.push(github().join("actions/setup-dependencies/action.yaml"));
    let mut versions: BTreeMap<String, String> = BTreeMap::new();
    for file in files {
        for line in fs::read_to_string(&file).unwrap().lines() {
            let Some((_, action)) = line.split_once("uses: ") else { continue };
            if action.starts_with("./") {
                continue;
            }
            let (name, pin) = action.split_once('@').unwrap_or_else(|| panic!("{line}"));
            let (hash, version) = pin.split_once(" # v").unwrap_or_else(|| panic!("no version: {line}"));
            assert!(hash.len() == 40 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()), "{line}");
            assert_eq!(version.split('.').count(), 3, "{line}");
            // One place that is forgotten would use another revision.
            let other = versions.insert(name.to_owned(), pin.to_owned());
            assert!(other.is_none_or(|other| other == pin), "{name} is pinned in two ways");
        }
    }
    assert!(versions.len() > 8, "{versions:?}");
}

#[test]
fn actions_get_the_inputs_that_they_have() {
    // Those that stand for actions of others in the end-to-end tests have what the real ones have, as far as it is used here.
    // A runner only warns of others.
    let ours = github().parent().unwrap().join("tests/e2e/docker/actions");
    let [build, test] = ["build-push.yaml", "test.yaml"].map(workflow);
    let action = read(&github().join("actions/setup-dependencies/action.yaml"));
    let jobs = [build, test].map(|workflow| workflow["jobs"].as_mapping().unwrap().clone());
    let jobs = jobs.into_iter().flatten().map(|(_, job)| job["steps"].clone());
    let steps = jobs.chain([action["runs"]["steps"].clone()]);
    let mut seen = 0;
    for step in steps.flat_map(|steps| steps.as_sequence().unwrap().clone()) {
        let Some(uses) = step["uses"].as_str() else { continue };
        let inputs = match uses.strip_prefix("./.github/") {
            Some(action) => read(&github().join(action).join("action.yaml"))["inputs"].clone(),
            None => read(&ours.join(uses.split('@').next().unwrap()).join("action.yml"))["inputs"].clone(),
        };
        for (input, value) in step["with"].as_mapping().into_iter().flatten() {
            assert!(inputs.get(input).is_some(), "{uses} has no input {input:?}");
            assert!(value.as_str().is_none_or(|value| !value.is_empty()), "{uses}: {input:?}");
            seen += 1;
        }
        for (input, about) in inputs.as_mapping().into_iter().flatten() {
            let needed = about["required"].as_bool() == Some(true) && about.get("default").is_none();
            assert!(!needed || step["with"].get(input).is_some(), "{uses} needs {input:?}");
        }
    }
    assert!(seen > 20, "{seen}");
}

/// What `imgver tag --output github` says of a service is what docker's action builds.
#[test]
fn a_service_is_built_as_imgver_describes_it() {
    let workflow = workflow("build-push.yaml");
    let steps = workflow["jobs"]["build-push"]["steps"].as_sequence().unwrap();
    let position = |is_it: &dyn Fn(&Value) -> bool| steps.iter().position(is_it).unwrap();
    let uses = |action: &str| {
        position(&|step| step["uses"].as_str().is_some_and(|uses| uses.starts_with(&format!("{action}@"))))
    };
    let described = position(&|step| step["run"].as_str().is_some_and(|run| run.contains("imgver tag ")));
    assert_eq!(steps[described]["id"].as_str(), Some("image"));
    let [login, emulation, build] = ["login-action", "setup-qemu-action", "build-push-action"]
        .map(|action| uses(&format!("docker/{action}")));
    assert!(described < login && login < emulation && emulation < build);

    let inputs = &steps[build]["with"];
    for (input, output) in [
        ("file", "dockerfile"),
        ("target", "target"),
        ("tags", "tags"),
        ("labels", "labels"),
        ("build-args", "build_args"),
        ("build-contexts", "build_contexts"),
    ] {
        let expected = format!("${{{{ steps.image.outputs.{output} }}}}");
        assert_eq!(inputs[input].as_str(), Some(&*expected));
    }
    // Never empty: then the action would fetch the repository by itself, without what earlier steps made.
    assert_eq!(inputs["context"].as_str(), Some("./${{ steps.image.outputs.context }}"));
    // Emulation is for the platforms that are built.
    let platforms = "steps.image.outputs.platforms || env.PLATFORMS";
    assert_eq!(inputs["platforms"].as_str(), Some(&*format!("${{{{ {platforms} }}}}")));
    let condition = steps[emulation]["if"].as_str().unwrap();
    assert!(condition.ends_with("'linux/arm64' || 'linux/amd64')"), "{condition}");
    assert!(condition.contains(&format!("({platforms}) != (")), "{condition}");
    assert_eq!(workflow["jobs"]["build-push"]["env"]["PLATFORMS"].as_str(), Some("linux/amd64"));
}

/// Where an image of the commit is there already, nothing is built. Either way, its digest is recorded.
#[test]
fn an_image_that_is_there_is_promoted_and_all_are_recorded() {
    let workflow = workflow("build-push.yaml");
    let job = &workflow["jobs"]["build-push"];
    let steps = job["steps"].as_sequence().unwrap();
    let names: Vec<&str> = steps.iter().filter_map(|step| step["name"].as_str()).collect();
    let from = names.iter().position(|name| *name == "Promote").unwrap();
    assert!(names[..from].contains(&"Log in to Docker Hub"), "{names:?}");
    let built = ["Set up QEMU", "Set up Buildx", "Build and push", "Read back"];
    let last = ["Report what was built", "Keep the record", "Move the floating tags"];
    assert_eq!(names[from..], [&["Promote"], &built[..], &last].concat());

    let step = |name: &str| steps.iter().find(|step| step["name"].as_str() == Some(name)).unwrap();
    for name in built {
        let condition = step(name)["if"].as_str().unwrap();
        assert!(condition.contains("steps.promote.outputs.digest == ''"), "{name}: {condition}");
    }
    // A record is kept where one is written: by either of the steps that know the digest, for one push.
    let record = "${{ runner.temp }}/${{ steps.record.outputs.name }}.json";
    for name in ["Promote", "Read back"] {
        assert_eq!(step(name)["env"]["RECORD"].as_str(), Some(record));
        assert!(step(name)["run"].as_str().unwrap().contains(r#"--images-file "$RECORD""#));
    }
    assert_eq!(step("Keep the record")["with"]["path"].as_str(), Some(record));
    for name in ["Promote", "Read back", "Keep the record", "Move the floating tags"] {
        let condition = step(name)["if"].as_str().unwrap();
        assert!(condition.contains("needs.filter.outputs.push == 'true'"), "{name}: {condition}");
    }
    let digest = "${{ steps.promote.outputs.digest || steps.build.outputs.digest }}";
    assert_eq!(job["outputs"]["digest"].as_str(), Some(digest));
    assert_eq!(step("Report what was built")["env"]["DIGEST"].as_str(), Some(digest));
}

/// The script that looks for the setting, run by the shell.
#[test]
fn a_plan_is_by_what_is_missing_where_versions_count_by_service() {
    let workflow = workflow("build-push.yaml");
    let steps = workflow["jobs"]["filter"]["steps"].as_sequence().unwrap();
    let step = |id: &str| steps.iter().find(|step| step["id"].as_str() == Some(id)).unwrap();
    let script = step("how")["run"].as_str().unwrap();
    let asks = |configuration: Option<&str>| {
        let repo = Repo::new();
        let output = repo.sandbox().join("output");
        fs::write(&output, "").unwrap();
        if let Some(text) = configuration {
            repo.write("imgver.yaml", text);
        }
        let run = repo.program("bash").args(["-e", "-c", script]).env("GITHUB_OUTPUT", &output).run();
        assert_eq!((run.code, &*run.stdout, &*run.stderr), (0, "", ""));
        fs::read_to_string(output).unwrap() == "missing=true\n"
    };
    for text in [
        "scope: service",
        "image: x\nscope: service # why\nservices: {}\n",
        "scope:   'service'\t# why\n",
        "\"scope\" : \"service\"\r\nimage: x\r\n",
    ] {
        assert!(asks(Some(text)), "{text}");
    }
    assert!(!asks(None));
    for text in [
        "scope: repository\n",
        "# scope: service\n",
        "services:\n  a:\n    scope: service\n",
        "scope: services\n",
        "scope: service#x\n",
        "image: scope: service\n",
        "",
    ] {
        assert!(!asks(Some(text)), "{text}");
    }
    // Only then the job logs in.
    let logins: Vec<&str> =
        steps.iter().filter_map(|step| step["if"].as_str()).filter(|text| text.contains("env.ACT")).collect();
    assert_eq!(logins, ["env.ACT != 'true' && steps.how.outputs.missing == 'true'"]);
    assert_eq!(step("plan")["run"].as_str(), Some("imgver plan ${MISSING:+--missing}"));
    assert_eq!(step("plan")["env"]["MISSING"].as_str(), Some("${{ steps.how.outputs.missing }}"));
}

/// A version that somebody gives to a run by hand must not replace a release.
#[test]
fn a_version_that_reads_as_a_release_is_promoted_before_it_is_built() {
    let workflow = workflow("build-push.yaml");
    let steps = workflow["jobs"]["build-push"]["steps"].as_sequence().unwrap();
    let step = |id: &str| steps.iter().find(|step| step["id"].as_str() == Some(id)).unwrap();
    let script = step("record")["run"].as_str().unwrap();
    for (version, is_release) in [
        ("1.0.0", true),
        ("10.20.30-rc.1", true),
        ("", false),
        ("1.0", false),
        ("try-1.0.0", false),
        ("1.0.0.1", false),
        ("v1.0.0", false),
    ] {
        let repo = Repo::new();
        let output = repo.sandbox().join("output");
        fs::write(&output, "").unwrap();
        let run = repo.program("bash").args(["-e", "-c", script]).env("GITHUB_OUTPUT", &output);
        let run = run.env("SERVICE", "a").env("VERSION", version).run();
        assert_eq!((run.code, &*run.stdout, &*run.stderr), (0, "", ""), "{version}");
        let outputs = fs::read_to_string(output).unwrap();
        // SHA-256 of `a`.
        let name = "name=image-ca978112ca1bbdca\n";
        assert_eq!(
            outputs,
            if is_release { format!("{name}release=true\n") } else { name.to_owned() },
            "{version}"
        );
    }
    assert!(step("promote")["if"].as_str().unwrap().contains("steps.record.outputs.release == 'true'"));
}

/// Whether text from elsewhere becomes part of a step's script.
fn pastes(step: &Value) -> bool {
    step["run"].as_str().is_some_and(|run| run.contains("${{"))
}

#[test]
fn jobs_may_do_only_what_they_say_and_end_in_time() {
    let workflows = workflows();
    for (file, workflow) in &workflows {
        assert_eq!(workflow["permissions"].as_mapping().map(serde_yaml::Mapping::len), Some(0), "{file}");
        assert!(workflow["concurrency"]["group"].is_string(), "{file}");
    }
    for (name, job) in jobs(&workflows) {
        assert!(job["timeout-minutes"].as_u64().is_some_and(|minutes| minutes <= 60), "{name}");
        let write: &[&str] = match &*name {
            "release.yaml, job publish" => &["contents", "id-token", "attestations"],
            "release.yaml, job crates" | "release.yaml, job pypi" => &["id-token"],
            _ => &[],
        };
        for (what, access) in job["permissions"].as_mapping().unwrap() {
            let what = what.as_str().unwrap();
            let needed = if write.contains(&what) { "write" } else { "read" };
            assert_eq!(access.as_str(), Some(needed), "{name}: {what}");
            assert!(what == "contents" || write.contains(&what), "{name}: {what}");
        }
        for step in job["steps"].as_sequence().unwrap() {
            let is_checkout = step["uses"].as_str().is_some_and(|uses| uses.starts_with("actions/checkout@"));
            assert!(!is_checkout || step["with"]["persist-credentials"].as_bool() == Some(false), "{name}");
            assert!(!pastes(step), "{name}");
        }
    }
    let action = read(&github().join("actions/setup-dependencies/action.yaml"));
    for step in action["runs"]["steps"].as_sequence().unwrap() {
        assert!(!pastes(step), "{step:?}");
    }
}

#[test]
fn imgver_finds_all_history() {
    let workflows = workflows();
    let mut found = Vec::new();
    for (name, job) in jobs(&workflows) {
        let steps = job["steps"].as_sequence().unwrap();
        let runs = |words: &[&str]| {
            let mut runs = steps.iter().filter_map(|step| step["run"].as_str());
            runs.any(|run| words.iter().any(|word| run.contains(word)))
        };
        if runs(&["imgver plan", "imgver tag", "imgver promote", "-- version", " list"]) {
            let depth = steps.iter().find_map(|step| step["with"]["fetch-depth"].as_u64());
            assert_eq!(depth, Some(0), "{name}");
            found.push(name);
        }
    }
    let builds = ["build-push.yaml, job build-push", "build-push.yaml, job filter", "ci.yaml, job checks"];
    let others = ["release.yaml, job verify", "test.yaml, job filter"];
    found.sort();
    assert_eq!(found, [&builds[..], &others].concat());
}

#[test]
fn nothing_that_pushes_is_cancelled() {
    for file in ["build-push.yaml", "release.yaml"] {
        assert_eq!(workflow(file)["concurrency"]["cancel-in-progress"].as_bool(), Some(false), "{file}");
    }
    // Of runs that wait in one group, GitHub keeps the newest only: each commit and each tag has a group of its own.
    let group = |workflow: &Value| workflow["concurrency"]["group"].as_str().unwrap().to_owned();
    assert!(group(&workflow("build-push.yaml")).contains("${{ github.sha }}"));
    assert!(group(&workflow("release.yaml")).contains("${{ github.ref }}"));
}
