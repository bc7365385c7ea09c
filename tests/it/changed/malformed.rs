//! Filter files that are wrong: refused, with the place.

use crate::support::Repo;

/// Services `api` and `ui` in the directory `s`.
fn services() -> Repo {
    let repo = Repo::new();
    for service in ["s/api", "s/ui"] {
        repo.service(service);
    }
    repo.commit("the services");
    repo
}

/// The errors for a filter file of this text, by flag and by default.
#[track_caller]
fn refused(repo: &Repo, text: impl AsRef<[u8]>) -> String {
    repo.write(".github/utils/file-filters.yaml", &text);
    let by_default = repo.imgver(["changed", "--files-from", "-"]).input("s/api/x\n").run();
    assert!(by_default.fails(5).contains(".github/utils/file-filters.yaml"), "{by_default}");
    repo.write("f.yaml", text);
    repo.imgver(["changed", "--filters", "f.yaml", "--base", "HEAD"]).run().fails(5).to_owned()
}

/// The line and column behind `f.yaml:`.
#[track_caller]
fn place(error: &str) -> (usize, usize) {
    let after = error.split("f.yaml:").nth(1).unwrap_or_else(|| panic!("no place in: {error}"));
    let mut numbers = after.split(|c: char| !c.is_ascii_digit());
    let mut number = || numbers.next().and_then(|number| number.parse().ok());
    let (Some(line), Some(column)) = (number(), number()) else { panic!("no line and column in: {error}") };
    (line, column)
}

#[test]
fn no_yaml() {
    let repo = services();
    for text in [
        "api: [x",
        "ui: x\napi: 'x",
        "ui: x\n\tapi: x\n",
        "ui: x\napi: *nothing\n",
        "api: &api [x, *api]\n",
        "ui: x\nui: y\n",
        "{ui: x",
        "%",
    ] {
        // Where a parser gives up may be behind the end.
        let (line, column) = place(&refused(&repo, text));
        let lines = text.lines().count();
        assert!((1..=lines + 1).contains(&line) && column > 0, "{text:?}: {line}:{column}");
    }
}

#[test]
fn shapes() {
    let repo = services();
    for (text, line) in [
        // No map of filters.
        ("- x\n", 1),
        ("x\n", 1),
        ("7\n", 1),
        // No filters.
        ("ui: x\napi:\n", 2),
        ("ui: x\napi: 7\n", 2),
        ("ui: x\napi: true\n", 2),
        ("ui: x\napi: 1.5\n", 2),
        ("api:\n  - x\n  - 7\n", 3),
        ("api:\n  - x\n  -\n", 3),
        ("api:\n  - x\n  - - y\n    - [false]\n", 4),
        // No rules for change types.
        ("api:\n  added:\n", 2),
        ("api:\n  added: 7\n", 2),
        ("api:\n  added: {modified: x}\n", 2),
        ("api:\n  added: [x, {modified: x}]\n", 2),
        // Also under a name that is no service.
        ("shared: 7\n", 1),
        ("api: x\nshared: [[7]]\n", 2),
    ] {
        let error = refused(&repo, text);
        let (found, column) = place(&error);
        assert_eq!(found, line, "{text:?}: {error}");
        assert!(column > 0, "{text:?}: {error}");
    }
}

#[test]
fn change_types_that_are_none() {
    let repo = services();
    for (text, expected, word) in [
        ("api:\n  addded: x\n", (2, 3), "addded"),
        ("api:\n  added|modifed: x\n", (2, 3), "modifed"),
        ("api:\n  - x\n  - create: x\n", (3, 5), "create"),
        ("ui: x\napi: {s/ui: x}\n", (2, 7), "s/ui"),
    ] {
        let error = refused(&repo, text);
        assert_eq!(place(&error), expected, "{text:?}: {error}");
        assert!(error.contains(word), "{error}");
    }
}

#[test]
fn patterns_that_are_none() {
    let repo = services();
    let long = format!("api: {}\n", "x".repeat(65_537));
    for (text, line) in [
        ("api: ''\n", 1),
        ("ui: x\napi: [x, '']\n", 2),
        ("api:\n  - x\n  - added: ''\n", 3),
        (long.as_str(), 1),
        ("ui: x\nshared:\n  - - ''\n", 3),
    ] {
        let error = refused(&repo, text);
        assert_eq!(place(&error).0, line, "{error}");
    }
    // An alias is wrong where it is written, if not where it is used.
    let error = refused(&repo, "shared: &shared\n  - x\n  - ''\napi: *shared\n");
    assert!([3, 4].contains(&place(&error).0), "{error}");
}

#[test]
fn two_filters_of_one_service() {
    let repo = services();
    for text in ["api: x\ns/api: y\n", "s/api: x\nui: y\napi: x\n"] {
        let error = refused(&repo, text);
        assert!(error.contains("s/api"), "{error}");
        assert!(error.contains("f.yaml") && error.contains("'api'"), "{error}");
    }
}

#[test]
fn files_that_are_none() {
    let repo = services();
    for missing in ["none.yaml", "no/such/none.yaml", "s"] {
        let output = repo.imgver(["changed", "--base", "HEAD", "--filters", missing]).run();
        assert!(output.fails(5).contains(missing), "{output}");
    }
    refused(&repo, b"api: \xff\n");
    refused(&repo, b"api: x\0y\n");
}

#[test]
fn files_that_would_eat_the_machine() {
    let repo = services();
    refused(&repo, format!("api: {}\n", "[".repeat(100_000)));
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let aliases = vec![format!("*a{}", level - 1); 9].join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
    }
    bomb.push_str("api: *a11\n");
    refused(&repo, bomb);
}

#[test]
fn brackets_without_end() {
    let repo = services();
    let hidden = "[']',".repeat(200_000);
    assert!(refused(&repo, format!("s/api:\n  {hidden}")).contains("brackets"));
    assert_eq!(place(&refused(&repo, format!("s/api:\n  {hidden}"))), (2, 3 + 5 * 10_000));
    // So many are no nesting.
    let listed = "  - 'x/[ab]/**'\n".repeat(5_000);
    repo.write("f.yaml", format!("# {}\ns/api:\n{listed}", "[ ".repeat(300)));
    let output = repo.imgver(["changed", "--filters", "f.yaml", "--files-from", "-"]).input("x/a/b\n").run();
    assert_eq!(output.text(), "s/api");
}
