use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;

use serde_json::json;

use super::*;

fn command(title: &str) -> DockerCommand {
    DockerCommand { title: title.to_owned(), args: vec![title.into()], env: Vec::new(), stdin: None }
}

fn build(services: &[&str], aims: &[Aim], keep_going: bool) -> Build {
    let image = |service: &&str| PlannedImage {
        service: format!("s/{service}"),
        target: (*service).to_owned(),
        references: vec![format!("x/{service}:1")],
    };
    let stage = |aim: &Aim| Stage { command: command(&format!("{aim:?}")), aim: *aim };
    Build {
        images: services.iter().map(image).collect(),
        stages: aims.iter().map(stage).collect(),
        keep_going,
        metadata_file: None,
        builder: None,
        has_other_tags: false,
        is_baked: services.len() > 1,
    }
}

fn ran(status: i32) -> Ran {
    Ran { status: ExitStatus::from_raw(status << 8), signal: None }
}

/// Follows `build` with a docker that fails, with status 1, where `fails` says so of the arguments; returns the runs.
fn follow<'b>(build: &'b Build, fails: impl Fn(&[String]) -> bool) -> (Progress<'b>, Vec<String>) {
    let (mut progress, mut runs) = (Progress::new(build), Vec::new());
    while let Some(command) = progress.next() {
        let args: Vec<String> = command.args.iter().map(|arg| arg.to_string_lossy().into_owned()).collect();
        runs.push(args.join(" "));
        assert!(runs.len() < 20, "it never ends: {runs:?}");
        let written = json!({"a": {"digest": "d"}}).as_object().cloned();
        progress.ended(&ran(i32::from(fails(&args))), written);
        let asked = progress.doubtful().iter().map(|_| Presence::Missing).collect();
        progress.looked_up(asked);
    }
    (progress, runs)
}

/// Whether each image is where it should be, as the metadata say it.
fn whereabouts(progress: &Progress<'_>, key: &str) -> Vec<Value> {
    let metadata = progress.metadata();
    progress.build.images.iter().map(|image| metadata[&image.target][key].clone()).collect()
}

const BOTH: [Aim; 2] = [Aim::Cache, Aim::Push];

#[test]
fn all_goes_well_in_two_runs() {
    let build = build(&["a", "b"], &BOTH, false);
    let (progress, runs) = follow(&build, |_| false);
    assert_eq!(runs, ["Cache", "Push"]);
    assert!(progress.failure().is_none());
    assert_eq!(whereabouts(&progress, "imgver.pushed"), [true, true]);
    let metadata = Value::Object(progress.metadata());
    let a = json!({"digest": "d", "image.name": "x/a:1", "imgver.pushed": true, "imgver.service": "s/a"});
    assert_eq!(metadata["a"], a);
}

#[test]
fn what_cannot_be_built_leaves_nothing_pushed() {
    let build = build(&["a", "b", "c"], &BOTH, false);
    let (progress, runs) = follow(&build, |args| args[0] == "Cache");
    assert_eq!(runs, ["Cache"]);
    assert_eq!(progress.failure().unwrap().to_string(), "Cache failed with status 1; nothing was pushed");
    assert_eq!(whereabouts(&progress, "imgver.pushed"), [false, false, false]);
}

#[test]
fn what_cannot_be_pushed_is_found_by_pushing_each_by_itself() {
    let build = build(&["a", "b", "c"], &BOTH, false);
    let fails = |args: &[String]| args[0] == "Push" && (args.len() == 1 || args.contains(&"b".to_owned()));
    let (progress, runs) = follow(&build, fails);
    assert_eq!(runs, ["Cache", "Push", "Push a", "Push b", "Push c"]);
    let error = progress.failure().unwrap().to_string();
    assert_eq!(
        error,
        "docker buildx bake of s/b failed with status 1; pushed: x/a:1, x/c:1; not pushed: x/b:1"
    );
    assert_eq!(whereabouts(&progress, "imgver.pushed"), [true, false, true]);
    // A registry that only failed for a moment is no failure.
    let (progress, runs) = follow(&build, |args| args == ["Push"]);
    assert_eq!((runs.len(), progress.failure().is_none()), (5, true));
    let (progress, _) = follow(&build, |args| args[0] == "Push");
    assert!(progress.failure().unwrap().to_string().ends_with("; nothing was pushed"));
}

#[test]
fn the_others_go_on_where_that_is_asked_for() {
    let build = build(&["a", "b", "c", "d"], &BOTH, true);
    let has = |args: &[String], service: &str| args.contains(&service.to_owned());
    let fails = |args: &[String]| args.len() == 1 || (args[0] == "Cache" && has(args, "b"));
    let (progress, runs) = follow(&build, fails);
    let one_by_one = ["Cache", "Cache a", "Cache b", "Cache c", "Cache d", "Push a c d"];
    assert_eq!(runs, one_by_one);
    let error = progress.failure().unwrap().to_string();
    assert!(
        error.ends_with("s/b failed with status 1; pushed: x/a:1, x/c:1, x/d:1; not pushed: x/b:1"),
        "{error}"
    );
    // One that is built may still be refused.
    let fails = |args: &[String]| fails(args) || (args[0] == "Push" && has(args, "c"));
    let (progress, runs) = follow(&build, fails);
    assert_eq!(runs[..6], one_by_one);
    assert_eq!(runs[6..], ["Push a", "Push c", "Push d"]);
    assert_eq!(whereabouts(&progress, "imgver.pushed"), [true, false, false, true]);
    let (progress, runs) = follow(&build, |args| args[0] == "Cache");
    assert_eq!(runs.len(), 5);
    assert_eq!(whereabouts(&progress, "imgver.pushed"), [false, false, false, false]);
}

#[test]
fn loading_goes_on_likewise_and_otherwise_nothing_is_known() {
    let going_on = build(&["a", "b"], &[Aim::Load], true);
    let (progress, runs) = follow(&going_on, |args| args.len() == 1 || args[1] == "a");
    assert_eq!(runs, ["Load", "Load a", "Load b"]);
    assert!(progress.failure().unwrap().to_string().ends_with("; loaded: x/b:1; not loaded: x/a:1"));
    assert_eq!(whereabouts(&progress, "imgver.loaded"), [false, true]);
    let plain = build(&["a", "b"], &[Aim::Load], false);
    let (progress, runs) = follow(&plain, |_| true);
    assert_eq!(
        (runs.len(), progress.failure().unwrap().to_string()),
        (1, "Load failed with status 1".to_owned())
    );
    assert_eq!(whereabouts(&progress, "imgver.loaded"), [Value::Null, Value::Null]);
}

#[test]
fn an_output_of_its_own_is_never_claimed_to_be_known() {
    let build = build(&["a", "b"], &[Aim::AsGiven], false);
    for status in [false, true] {
        let (progress, runs) = follow(&build, |_| status);
        assert_eq!((runs.len(), progress.failure().is_some()), (1, status));
        assert_eq!(whereabouts(&progress, "imgver.pushed"), [Value::Null, Value::Null]);
    }
}

#[test]
fn one_image_has_its_metadata_at_the_top() {
    let build = build(&["a"], &[Aim::Push], false);
    let (progress, runs) = follow(&build, |_| true);
    assert_eq!(runs, ["Push"]);
    assert_eq!(progress.failure().unwrap().to_string(), "Push failed with status 1; x/a:1 was not pushed");
    let expected = json!({"image.name": "x/a:1", "imgver.pushed": false, "imgver.service": "s/a"});
    assert_eq!(Value::Object(progress.metadata()), expected);
}

#[test]
fn a_push_that_fails_may_have_reached_the_registry() {
    let mut one = build(&["a"], &[Aim::Push], false);
    let unknown = "Push failed with status 1; not known whether pushed: x/a:1";
    for (presence, message, fate, hint) in [
        (Some(Presence::Missing), "Push failed with status 1; x/a:1 was not pushed", json!(false), None),
        (Some(Presence::There), unknown, Value::Null, Some("which this run may have pushed")),
        (Some(Presence::Unknown("it says 429".to_owned())), unknown, Value::Null, Some("x/a:1: it says 429")),
        (None, unknown, Value::Null, None),
    ] {
        let mut progress = Progress::new(&one);
        progress.ended(&ran(1), None);
        assert_eq!(progress.doubtful(), ["x/a:1"]);
        presence.into_iter().for_each(|presence| progress.looked_up(vec![presence]));
        let error = progress.failure().unwrap();
        assert_eq!((error.to_string(), &progress.metadata()["imgver.pushed"]), (message.to_owned(), &fate));
        let mut text = Vec::new();
        error.render(&mut text, crate::paint::Painter::PLAIN).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert_eq!(text.matches("hint: ").count(), 1 + usize::from(hint.is_some()), "{text}");
        assert!(text.contains(hint.unwrap_or_default()), "{text}");
    }
    one.has_other_tags = true;
    let mut progress = Progress::new(&one);
    progress.ended(&ran(1), None);
    assert!(progress.doubtful().is_empty());
    assert_eq!(progress.failure().unwrap().to_string(), unknown);
    let mut progress = Progress::new(&one);
    progress.ended(&ran(0), None);
    assert_eq!(progress.metadata()["imgver.pushed"], true);
    // Each of several is looked up; what was only built is not.
    let several = build(&["a", "b"], &BOTH, false);
    let mut progress = Progress::new(&several);
    for (status, doubtful) in [(0, None), (1, None), (0, None), (1, Some("x/b:1"))] {
        progress.ended(&ran(status), None);
        assert_eq!(progress.doubtful().first().map(|reference| &**reference), doubtful);
    }
    progress.looked_up(vec![Presence::There]);
    assert_eq!(whereabouts(&progress, "imgver.pushed"), [json!(true), Value::Null]);
    assert!(progress.next().is_none() && progress.doubtful().is_empty());
    let built = build(&["a"], &BOTH, false);
    let mut progress = Progress::new(&built);
    progress.ended(&ran(1), None);
    assert!(progress.doubtful().is_empty() && progress.metadata()["imgver.pushed"] == false);
}

#[test]
fn an_image_is_pushed_once_every_registry_has_it() {
    let mut both = build(&["a", "b"], &BOTH, false);
    both.images[0].references.push("y/a:1".to_owned());
    let (progress, _) = follow(&both, |_| false);
    assert_eq!(whereabouts(&progress, "imgver.pushed"), [true, true]);
    assert_eq!(progress.metadata()["b"]["image.name"], "x/b:1");
    for (first, second, message, pushed) in [
        (Presence::Missing, Presence::Missing, "; pushed: x/b:1; not pushed: x/a:1, y/a:1", json!(false)),
        (
            Presence::There,
            Presence::Missing,
            "; pushed: x/b:1; not pushed: y/a:1; not known whether pushed: x/a:1",
            json!(false),
        ),
        (
            Presence::There,
            Presence::Unknown("429".to_owned()),
            "; pushed: x/b:1; not known whether pushed: x/a:1, y/a:1",
            Value::Null,
        ),
    ] {
        let mut progress = Progress::new(&both);
        for status in [0, 1, 1] {
            progress.ended(&ran(status), None);
        }
        assert_eq!(progress.doubtful(), ["x/a:1", "y/a:1"]);
        progress.looked_up(vec![first, second]);
        assert!(progress.doubtful().is_empty());
        progress.ended(&ran(0), None);
        let error = progress.failure().unwrap().to_string();
        assert!(error.ends_with(message), "{error}");
        assert_eq!(whereabouts(&progress, "imgver.pushed"), [pushed, json!(true)]);
        assert_eq!(progress.metadata()["a"]["image.name"], "x/a:1,y/a:1");
    }
}

#[test]
fn an_interrupt_is_named_and_nothing_is_advised() {
    let build = build(&["a", "b"], &BOTH, false);
    let mut progress = Progress::new(&build);
    progress.ended(&Ran { status: ExitStatus::from_raw(1 << 8), signal: Some(15) }, None);
    let mut text = Vec::new();
    progress.failure().unwrap().render(&mut text, crate::paint::Painter::PLAIN).unwrap();
    let expected = "error: Cache was interrupted by SIGTERM and failed with status 1; nothing was pushed\n";
    assert_eq!(String::from_utf8(text).unwrap(), expected);
}

#[test]
fn whoever_stops_docker_stops_the_build() {
    let stopped = [
        Ran { status: ExitStatus::from_raw(130 << 8), signal: None },
        Ran { status: ExitStatus::from_raw(15), signal: None },
        Ran { status: ExitStatus::from_raw(1 << 8), signal: Some(15) },
    ];
    let build = build(&["a", "b", "c"], &BOTH, true);
    for end in stopped {
        let mut progress = Progress::new(&build);
        progress.ended(&end, None);
        assert!(progress.next().is_none());
        assert!(progress.failure().unwrap().to_string().ends_with("; nothing was pushed"));

        let mut progress = Progress::new(&build);
        progress.ended(&ran(0), None);
        progress.ended(&end, None);
        assert!(progress.next().is_none());
        let error = progress.failure().unwrap().to_string();
        assert!(error.ends_with("; not known whether pushed: x/a:1, x/b:1, x/c:1"), "{error}");
        assert_eq!(whereabouts(&progress, "imgver.pushed"), [Value::Null, Value::Null, Value::Null]);

        // While each is pushed by itself, the ones before are known.
        let mut progress = Progress::new(&build);
        for status in [0, 1, 0] {
            progress.ended(&ran(status), None);
        }
        let so_far = progress.metadata_so_far();
        assert_eq!(
            (&so_far["a"]["imgver.pushed"], &so_far["b"]["imgver.pushed"]),
            (&json!(true), &Value::Null)
        );
        progress.ended(&end, None);
        assert!(progress.next().is_none());
        let error = progress.failure().unwrap().to_string();
        assert!(error.ends_with("; pushed: x/a:1; not known whether pushed: x/b:1, x/c:1"), "{error}");
    }
    // Between two runs.
    let mut progress = Progress::new(&build);
    progress.ended(&Ran { status: ExitStatus::from_raw(0), signal: Some(2) }, None);
    assert!(progress.next().is_none());
    assert_eq!(
        progress.failure().unwrap().to_string(),
        "the build of 3 services was stopped; nothing was pushed"
    );
    progress = Progress::new(&build);
    progress.ended(&ran(0), None);
    progress.ended(&Ran { status: ExitStatus::from_raw(0), signal: Some(2) }, None);
    assert!(progress.failure().is_none());
}
