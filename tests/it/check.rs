//! `imgver check` as a program. What is printed: text, JSON, annotations, and what hostile names make of them.

use crate::ops::check::shop::{API, BUILD, FILTERS, WEB, edit, findings, shop, shop_with};
use crate::support::{Output, Repo};

/// What a check prints where nothing is wrong.
#[track_caller]
fn clean(repo: &Repo, args: &[&str]) -> Output {
    let output = repo.imgver(["check"]).args(args).run();
    assert_eq!((output.code, &*output.stdout), (0, ""), "{output}");
    output
}

#[test]
fn where_nothing_is_wrong_one_line_says_what_was_looked_at() {
    let repo = shop();
    let output = clean(&repo, &[]);
    assert_eq!(
        output.stderr,
        format!(
            "no problems found: checked 2 services, the filters in {FILTERS}, 1 workflow with imgver, 2 release tags\n"
        )
    );
    let json = repo.imgver(["check", "--output", "json"]).run();
    assert_eq!(json.line(), "[]");
    assert_eq!(clean(&repo, &["--output", "github"]).stderr, output.stderr);
}

#[test]
fn a_tag_of_several_services_is_counted_once() {
    let repo = Repo::new();
    ["apps/api", "apps/web", "apps/jobs"].iter().for_each(|service| repo.service(service));
    repo.commit("Three services");
    repo.tag("v1.0.0");
    repo.commit("More");
    repo.tag("v1.1.0");
    let output = clean(&repo, &["--tag-format", "v{version}"]);
    assert_eq!(
        output.stderr,
        "no problems found: checked 3 services, 0 workflows with imgver, 2 release tags\n"
    );
}

#[test]
fn the_text_is_for_people_and_editors() {
    let repo = shop_with(FILTERS, "  - lib/**\n", "  - libs/**\n");
    edit(&repo, BUILD, "fetch-depth: 0", "fetch-depth: 2");
    let output = repo.imgver(["check"]).run();
    assert_eq!(output.code, 5);
    assert_eq!(
        output.stdout,
        "\
.github/utils/file-filters.yaml:3:5: warning[pattern-matches-nothing]: the pattern 'libs/**' of the filter 'services/go/api' matches no file that git tracks
  why: it may be misspelled, or the files were moved: then changes to them build nothing
  fix: correct or remove it; patterns are relative to the root of the repository, and git ls-files shows the files
.github/workflows/build.yaml:18:9: error[shallow-checkout]: this checkout has fetch-depth 2, but the job 'plan' then calls imgver plan
  why: versions and changes are determined from history and tags, which the job then lacks
  fix: give it `with: { fetch-depth: 0 }`
"
    );
    assert_eq!(output.stderr, "error: 1 error and 1 warning\n");
}

#[test]
fn errors_are_findings_and_an_exit_code_in_every_form() {
    let repo = shop_with(BUILD, "          fetch-depth: 0\n", "          fetch-depth: 1\n");
    for form in ["text", "json", "github"] {
        let output = repo.imgver(["check", "--output", form]).run();
        assert_eq!(output.code, 5, "{output}");
        assert!(output.stdout.contains("shallow-checkout"), "{output}");
        assert_eq!(output.stderr, "error: 1 error\n");
    }
}

#[test]
fn json_has_null_for_what_is_not_known() {
    let repo = shop();
    repo.tag(&format!("{API}@1.1"));
    let found = findings(&repo, &[]);
    let finding = found[0].as_object().unwrap();
    let keys: Vec<&str> = finding.keys().map(String::as_str).collect();
    let mut expected = ["severity", "rule", "file", "line", "column", "ref", "message", "why", "fix"];
    expected.sort_unstable();
    assert_eq!(keys, expected);
    assert!(["file", "line", "column"].iter().all(|key| finding[*key].is_null()), "{finding:?}");
    assert_eq!(finding["ref"], format!("refs/tags/{API}@1.1"));
}

#[test]
fn annotations_stand_beside_their_lines() {
    let repo = shop_with(BUILD, "          fetch-depth: 0\n", "          fetch-depth: 1\n");
    repo.tag(&format!("{API}@1.1"));
    let output = repo.imgver(["check", "--output", "github"]).run();
    let lines: Vec<&str> = output.stdout.lines().collect();
    let begun = [
        "::error file=.github/workflows/build.yaml,line=18,col=9,title=imgver check%3A shallow-checkout::this checkout has fetch-depth 1, but",
        "::warning title=imgver check%3A malformed-tag::refs/tags/services/go/api@1.1: this tag is not a release",
    ];
    for (line, begun) in lines.iter().zip(begun) {
        assert!(line.starts_with(begun) && line.contains("%0Awhy: ") && line.contains("%0Afix: "), "{line}");
    }
}

/// Names that a terminal or a runner would take for something else.
const HOSTILE: [&str; 5] =
    ["::error::x", "a%0A::set-output name=x::y", "x,line=1", "##[error]x", "a\u{202e}b"];

#[test]
fn hostile_names_stay_text() {
    for name in HOSTILE {
        let repo = shop();
        // As a filter, an option, a pattern, a key, a workflow's name and its file's.
        let quoted = serde_json::to_string(name).unwrap();
        edit(
            &repo,
            FILTERS,
            "services/node/web: [",
            &format!("{quoted}: [{quoted}]\nservices/node/web: [{quoted}, "),
        );
        edit(&repo, BUILD, "- services/node/web", &format!("- {quoted}"));
        edit(&repo, BUILD, "  lint:", &format!("  {quoted}: {{{quoted}: 1, {quoted}: 2}}\n  lint:"));
        repo.write(&format!(".github/workflows/{name}.yaml"), "on: push\non: push\n");
        repo.commit("Attack");
        assert!(findings(&repo, &[]).len() >= 5, "{name}");
        safe(&repo);
    }
}

#[test]
fn line_ends_in_names_stay_text() {
    let repo = shop();
    let name = "a\n::error::x\r\n";
    let quoted = serde_json::to_string(name).unwrap();
    edit(&repo, FILTERS, "services/node/web: [", &format!("{quoted}: [x]\nservices/node/web: [{quoted}, "));
    edit(&repo, BUILD, "- services/node/web", &format!("- {quoted}"));
    edit(&repo, BUILD, "  lint:", &format!("  {quoted}: {{{quoted}: 1, {quoted}: 2}}\n  lint:"));
    repo.write(".github/workflows/a\n::error::x.yaml", "on: push\non: push\n");
    repo.commit("Attack");
    assert!(findings(&repo, &[]).len() >= 5);
    safe(&repo);
    let github = repo.imgver(["check", "--output", "github"]).run().stdout;
    assert!(github.contains("file=.github/workflows/a%0A%3A%3Aerror%3A%3Ax.yaml,line=2,col=1,"), "{github}");
}

/// No line is a workflow command but those that are meant, and nothing hidden is printed.
fn safe(repo: &Repo) {
    let text = repo.imgver(["check"]).run();
    for line in text.stdout.lines().chain(text.stderr.lines()) {
        assert!(!line.trim_start().starts_with("::") && !line.contains("##["), "{line}");
        assert!(!line.contains(|c: char| c.is_control() || c == '\u{202e}'), "{line:?}");
    }
    let github = repo.imgver(["check", "--output", "github"]).run();
    for line in github.stdout.lines() {
        let (command, data) = line.strip_prefix("::").unwrap().split_once("::").unwrap();
        let (severity, properties) = command.split_once(' ').unwrap();
        assert!(["error", "warning"].contains(&severity), "{line}");
        for property in properties.split(',') {
            let (key, value) = property.split_once('=').unwrap();
            assert!(["file", "line", "col", "title"].contains(&key) && !value.contains(':'), "{line}");
        }
        assert!(!data.contains('\r') && !data.contains("##["), "{line}");
    }
}

#[test]
fn the_answer_is_the_same_from_anywhere() {
    let repo = shop_with(FILTERS, "  - lib/**\n", "  - libs/**\n");
    edit(&repo, BUILD, "fetch-depth: 0", "fetch-depth: 2");
    let here = repo.imgver(["check"]).run();
    for _ in 0..3 {
        assert_eq!(repo.imgver(["check"]).run().stdout, here.stdout);
    }
    let from = |output: crate::support::Output| (output.stdout, output.stderr, output.code);
    let here = from(here);
    assert_eq!(from(repo.imgver(["check"]).cwd(format!("{WEB}/src")).run()), here);
    assert_eq!(from(repo.imgver(["-C", WEB, "check"]).run()), here);
    assert_eq!(from(repo.imgver(["check", "-C", API]).run()), here);
    let filters = ["check", "-C", WEB, "--filters", "../../../.github/utils/file-filters.yaml"];
    assert_eq!(from(repo.imgver(filters).run()), here);
    let whole = repo.path().join(FILTERS);
    assert_eq!(from(repo.imgver(["check", "--filters"]).args([whole]).run()), here);
    assert_eq!(from(repo.imgver(["check"]).env("LC_ALL", "C.UTF-8").env("TZ", "Asia/Tokyo").run()), here);
}

#[test]
fn warnings_alone_are_no_failure() {
    let repo = shop_with(FILTERS, "  - lib/**\n", "  - libs/**\n");
    let output = repo.imgver(["check"]).run();
    assert_eq!((output.code, &*output.stderr), (0, "1 warning\n"), "{output}");
}

#[test]
fn nothing_is_wrong_with_this_repository() {
    let repo = Repo::new();
    repo.copy_from_here(&[".github", "services", "Taskfile.yaml"]);
    repo.commit("Copy");
    clean(&repo, &[]);
}

#[test]
fn options_are_those_of_the_other_commands() {
    let repo = shop();
    repo.imgver(["check", "--tag-format", "x"]).run().fails(2);
    clean(&repo, &["--tag-format", "{service}@{version}", "--filters", FILTERS, "--quantifier", "every"]);
    repo.git(["mv", FILTERS, ".github/filters.yml"]);
    edit(&repo, ".github/filters.yml", "lib/**", "libs/**");
    let output = repo.imgver(["check", "--filters", ".github/filters.yml"]).run();
    assert_eq!((output.code, output.stdout.lines().count()), (0, 3), "{output}");
    edit(&repo, ".github/filters.yml", "- libs/**", "- '!lib/**'");
    let negated = |quantifier: &str| {
        repo.imgver(["check", "--filters", ".github/filters.yml", "--quantifier", quantifier]).run()
    };
    assert!(negated("some").stdout.contains("[negated-pattern]"));
    assert!(!negated("some-with-excludes").stdout.contains("[negated-pattern]"));
}
