//! How a plan reaches the next job: `GITHUB_OUTPUT`, `GITHUB_STEP_SUMMARY` and standard output, all of it or nothing.

use std::fs;

use serde_json::{Value, json};

use super::github;
use super::shop::{ALL, EARLIER, GO, MIGRATOR, NODE, Shop, lines};
use crate::support::{Repo, image_of, taskfile};

/// What files that held `before` hold afterwards; none if there was no file before.
fn appended(shop: &Shop, fixture: &str, before: Option<&str>) -> [String; 2] {
    let event = shop.event(fixture);
    let step = event.step();
    let files = ["output", "summary"].map(|name| step.path().join(name));
    for file in &files {
        if let Some(before) = before {
            fs::write(file, before).unwrap();
        }
    }
    event.ready(&step, &files[0], &files[1]).run().text();
    files.map(|file| fs::read_to_string(file).unwrap())
}

#[test]
fn what_was_there_stays() {
    let shop = Shop::new();
    let [new_outputs, new_summary] = appended(&shop, "push-branch", None);
    assert_eq!(github::outputs(&new_outputs).len(), 5);
    assert!(new_outputs.ends_with('\n') && new_summary.ends_with('\n'));
    assert!(new_outputs.starts_with("services"), "no empty line first: {new_outputs:?}");
    assert_eq!(appended(&shop, "push-branch", Some("")), [new_outputs.clone(), new_summary.clone()]);
    for before in ["a=1\n", "a<<E\n1\nE\n", "a=1\n\n", "\n", "a=1\r\n"] {
        let [outputs, summary] = appended(&shop, "push-branch", Some(before));
        assert_eq!(outputs, format!("{before}{new_outputs}"), "{before:?}");
        assert_eq!(github::table(&summary), github::table(&new_summary), "{before:?}");
    }
    // A last line without an end does not swallow the first output.
    for before in ["a=1", "a<<E\n1\nE", "a=\u{e9}"] {
        let [outputs, summary] = appended(&shop, "push-branch", Some(before));
        assert_eq!(outputs, format!("{before}\n{new_outputs}"), "{before:?}");
        assert_eq!(github::table(&summary), github::table(&new_summary), "{before:?}");
        assert!(summary.starts_with(before), "{summary}");
    }
    // A paragraph before a table must not become a part of it.
    let [_, summary] = appended(&shop, "push-branch", Some("| a | b | c |\n| - | - | - |\n| 1 | 2 | 3 |\n"));
    let ours = summary.strip_prefix("| a | b | c |\n| - | - | - |\n| 1 | 2 | 3 |\n").unwrap();
    assert!(!ours.starts_with('|'), "{summary}");
}

#[test]
fn twice_is_twice() {
    let shop = Shop::new();
    let [first, _] = appended(&shop, "push-branch", Some(""));
    let [second, _] = appended(&shop, "push-tag", Some(&first));
    let pairs = github::outputs(&second);
    assert_eq!(pairs.len(), 10);
    assert_eq!(pairs[..5], github::outputs(&first)[..]);
    assert_eq!(pairs[5], ("services".to_owned(), format!("[\"{GO}\"]")));
}

#[test]
fn without_the_variables_there_is_standard_output() {
    let shop = Shop::new();
    let event = shop.event("push-branch");
    let expected = lines(&[GO, MIGRATOR], "staging", true, "");
    let step = event.step();
    let run = || event.ready(&step, "x".as_ref(), "x".as_ref());
    let without = run().without_env("GITHUB_OUTPUT").without_env("GITHUB_STEP_SUMMARY").run();
    assert_eq!(without.text() + "\n", expected);
    let empty = run().env("GITHUB_OUTPUT", "").env("GITHUB_STEP_SUMMARY", "").run();
    assert_eq!(empty.text() + "\n", expected);
    for (unset, other) in [("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"), ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT")]
    {
        let file = step.path().join(other);
        let one = run().without_env(unset).env(other, &file).run();
        assert_eq!(one.text() + "\n", expected);
        assert!(fs::read_to_string(&file).unwrap().contains(MIGRATOR), "{other}");
    }
    assert_eq!(
        fs::read_dir(shop.repo.path()).unwrap().count(),
        4,
        "nothing but .git, .github, README, services"
    );
}

#[test]
fn files_that_cannot_be_written() {
    let shop = Shop::new();
    for fixture in ["push-branch", "push-tag", "dispatch", "push-branch-deleted"] {
        let event = shop.event(fixture);
        let step = event.step();
        step.write("fine", EARLIER);
        let fine = step.path().join("fine");
        let unwritable = ["/dev/full".into(), step.path().to_owned(), step.path().join("no-such/file")];
        for bad in &unwritable {
            let output = event.ready(&step, bad, &fine).run();
            let error = output.fails(1);
            assert!(error.contains(&*bad.to_string_lossy()), "{error}");
            assert_eq!(fs::read_to_string(&fine).unwrap(), EARLIER, "the summary of {}", bad.display());
        }
        // What is seen before anything is written is an error before anything is written.
        for bad in &unwritable[1..] {
            let output = event.ready(&step, &fine, bad).run();
            let error = output.fails(1);
            assert!(error.contains(&*bad.to_string_lossy()), "{error}");
            assert_eq!(fs::read_to_string(&fine).unwrap(), EARLIER, "the outputs beside {}", bad.display());
        }
        assert!(!step.path().join("no-such").exists());
    }
}

/// Names that mean something to Markdown, JSON, a shell or a runner, and that git and file systems take.
const ODD: [&str; 23] = [
    "services/a b",
    "services/a|b",
    "services/a\\|b",
    "services/a\\",
    "services/a`b`c",
    "services/```",
    "services/*bold*",
    "services/__bold__",
    "services/_it_",
    "services/~~gone~~",
    "services/<b>x<b>",
    "services/<img src=x>",
    "services/[a](http:b)",
    "services/![a](b)",
    "services/&lt;x&gt;",
    "services/#1 @octo-ada",
    "services/\"quoted\"",
    "services/$(id)`id`",
    "services/${{ github.token }}",
    "services/x<<EOF",
    "services/x=y",
    "services/%0Ax::warning::y",
    "services/ünïcödé🚢",
];

#[test]
fn odd_names_are_shown_as_they_are() {
    let repo = Repo::new();
    for (number, service) in ODD.iter().enumerate() {
        repo.write(&format!("{service}/Taskfile.yaml"), taskfile(&format!("team/a__b_c.d-{number}")));
    }
    let shop = Shop::of(repo);
    let mut expected: Vec<&str> = [&ODD[..], &[GO, NODE, MIGRATOR]].concat();
    expected.sort_unstable();
    let planned = shop.event("push-branch-first").run();
    // `plan` looks for every service in a table whose rows are all of one width.
    let plan = planned.plan();
    assert_eq!(plan.services, expected);
    assert_eq!(plan.stdout.lines().count(), 5);
    let matrix: Value =
        serde_json::from_str(plan.stdout.lines().last().unwrap().split_once('=').unwrap().1).unwrap();
    let rows = github::table(&planned.summary);
    for (number, service) in ODD.iter().enumerate() {
        let image = format!("team/a__b_c.d-{number}");
        let name = service.strip_prefix("services/").unwrap();
        let name = name.rsplit('/').next().unwrap();
        let entry = json!({"service": service, "name": name, "context": service, "dockerfile": "", "target": "", "platforms": "", "image": image, "images": image});
        assert!(matrix["include"].as_array().unwrap().contains(&entry), "{entry} in {matrix}");
        let row = rows.iter().find(|row| row.iter().any(|cell| cell == service)).unwrap();
        assert!(row.iter().any(|cell| cell.contains(&image)), "{image} in {row:?}");
    }
}

#[test]
fn control_characters_make_no_service() {
    let repo = Repo::new();
    for (number, name) in
        ["new\nservices=[]\nline", "tab\there", "\u{1b}[2J", "carriage\rreturn"].iter().enumerate()
    {
        repo.write(&format!("services/{name}/Taskfile.yaml"), taskfile(&format!("team/odd-{number}")));
    }
    let shop = Shop::of(repo);
    let planned = shop.event("push-branch-first").run();
    assert_eq!(planned.plan().stdout, lines(&ALL, "staging", true, ""), "no tag can name them");
    assert_eq!(github::table(&planned.summary).len(), 4, "a head and three services: {}", planned.summary);
    // Their files are files like any other.
    let before = shop.repo.head();
    shop.repo.write(&format!("{NODE}/new\nservices=[]\nline"), "");
    let after = shop.repo.commit("an odd file");
    let event = shop.event("push-branch").with_field("/before", before).set("GITHUB_SHA", &after);
    assert_eq!(event.plan().stdout, lines(&[NODE], "staging", true, ""));
}

#[test]
fn the_summary_says_what_the_outputs_say() {
    let shop = Shop::new();
    let (pushed, kept) = ("are to be built and then pushed", "are to be built, and none is to be pushed");
    for (fixture, services, words) in [
        ("push-tag", &[GO][..], &["production", "1.4.0", pushed][..]),
        ("release", &[GO], &["production", "1.4.0", pushed]),
        ("dispatch-version", &[NODE], &["development", "try-7", pushed]),
        ("push-branch", &[GO, MIGRATOR], &["staging", "from its tags and commits", pushed]),
        ("schedule", &ALL, &["staging", pushed]),
        ("pull-request", &[NODE], &["development", kept]),
    ] {
        let planned = shop.event(fixture).run();
        let summary = planned.summary.strip_prefix(EARLIER).unwrap();
        assert_eq!(github::table(summary).len(), 1 + services.len(), "{summary}");
        let written = services.iter().map(|service| image_of(service));
        for word in words.iter().map(|word| (*word).to_owned()).chain(written) {
            assert!(summary.contains(&word), "{word} in {summary}");
        }
        // Nothing has been built yet.
        let local = shop.event(fixture).set("ACT", "true").run().summary;
        assert!(local.contains(kept) && !local.contains(pushed), "{local}");
    }
    let nothing = shop.event("push-branch").with_field("/before", &*shop.main).run();
    assert!(nothing.summary.contains("nothing to build"), "{}", nothing.summary);
}

#[test]
fn warnings_forge_nothing_in_the_summary() {
    let shop = Shop::new();
    for name in [
        "| a | b | c | d |\\n| - | - | - | - |\\n| services/x | x | 1 | pushed |",
        "x\\n\\n| a |\\n| - |\\n",
        "x\\n\\n# production\\n",
        "x` <img src=x onerror=y> `",
        "```",
        "[a](http://example.com)",
        "</code></td><h1>production",
        "*x* ~~y~~ _z_",
    ] {
        shop.repo.write(".github/utils/file-filters.yaml", format!("\"{name}\": x\n"));
        let planned = shop.event("push-branch").run();
        let plan = planned.plan();
        assert_eq!(plan.stdout, lines(&[MIGRATOR], "staging", true, ""), "{name}");
        assert_eq!(plan.warnings.len(), 1, "{:?}", plan.warnings);
        assert_eq!(planned.output.stderr.lines().count(), 1, "{}", planned.output);
        assert_eq!(github::table(&planned.summary).len(), 2, "{name}: {}", planned.summary);
        let plain = planned.summary.lines().filter(|line| !line.starts_with('|'));
        let headings = plain.clone().filter(|line| line.starts_with('#')).count();
        assert!(headings <= 1, "{name}: {}", planned.summary);
        // Whatever is shown of a name is shown as it is.
        plain.for_each(|line| drop(github::shown(line.trim_start_matches(['#', '>']))));
    }
}

#[test]
fn a_matrix_has_256_jobs_at_most() {
    let repo = Repo::new();
    for number in 0..254 {
        repo.service(&format!("many/{number:03}"));
    }
    let shop = Shop::of(repo);
    let all = ["dispatch-all", "schedule", "repository-dispatch"];
    for fixture in ["push-branch-first", "push-branch-force"].into_iter().chain(all) {
        let error = shop.event(fixture).refused(5);
        assert!(error.contains("256") && error.contains("257"), "{error}");
    }
    // What counts is what is built.
    assert_eq!(shop.event("push-branch").plan().services, [GO, MIGRATOR]);
    assert_eq!(shop.event("push-tag").plan().services, [GO]);
    assert_eq!(shop.event("push-branch-deleted").plan().services, [""; 0]);
    shop.repo.git(["rm", "-q", "-r", "many/000"]);
    assert_eq!(shop.event("push-branch-first").plan().services.len(), 256);
    assert_eq!(shop.event("schedule").plan().services.len(), 256);
}

#[test]
fn a_failure_leaves_no_file_behind() {
    let shop = Shop::new();
    let event = shop.event("push-branch");
    let step = event.step();
    let summary = step.path().join("summary");
    for outputs in ["no/such/directory/output", "/dev/full"] {
        let output = event.ready(&step, &step.path().join(outputs), &summary).run();
        output.fails(1);
        assert!(!summary.exists(), "{output}");
    }
    let both = step.path().join("both");
    event.ready(&step, &both, &both).run().text();
    let text = fs::read_to_string(&both).unwrap();
    assert!(text.contains("\nservices=[") && text.contains("| service |"), "{text}");
}
