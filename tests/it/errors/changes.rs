//! Comparisons that cannot be made, lists and filter files that are none.

use super::page::{Page, Row, row};
use crate::support::Repo;

const FILTERS: &str = ".github/utils/file-filters.yaml";

pub(crate) fn fill(page: &mut Page) {
    let repo = Repo::new();
    for service in ["services/api", "services/web", "tools/api"] {
        repo.service(service);
    }
    repo.commit("begin");
    page.rows(&repo, comparisons());
    page.rows(&repo, lists());
    page.rows(&repo, filters());
    let other = ".github/utils/file-filters.yml";
    page.rows(
        &repo,
        [
            row(5, "a filter file with another extension", "imgver changed --base HEAD").with(other, ""),
            row(0, "two spellings of the filter file", "imgver changed --base HEAD")
                .with(other, "")
                .with(FILTERS, ""),
        ],
    );
    repo.git(["checkout", "-q", "--orphan", "island"]);
    repo.commit("island");
    page.rows(&repo, [row(3, "branches with nothing in common", "imgver changed --base main --merge-base")]);
    repo.git(["checkout", "-q", "main"]);
    for branch in ["one", "two"] {
        repo.git(["checkout", "-q", "-b", branch, "main"]);
        repo.commit(branch);
        repo.commit(branch);
    }
    let shallow = repo.cloned("shallow", &["--depth=1", "--no-single-branch"]);
    page.rows(
        &shallow,
        [
            row(
                3,
                "a clone that is too shallow for a merge base",
                "imgver changed --base origin/one --merge-base",
            ),
            row(3, "a commit that a shallow clone lacks", "imgver changed --base HEAD~1"),
            row(
                0,
                "a proposal whose merge base a shallow clone lacks",
                "imgver plan --event-name pull_request --base origin/one",
            ),
        ],
    );
}

fn comparisons() -> Vec<Row> {
    vec![
        row(3, "a base that is none", "imgver changed --base no-such"),
        row(3, "a head that is none", "imgver changed --base HEAD --head no-such"),
    ]
}

fn lists() -> Vec<Row> {
    let list = |what, text: &'static str| row(5, what, "imgver changed --files-from list").with("list", text);
    let nul =
        |what, text: &'static str| row(5, what, "imgver changed --files-from list --null").with("list", text);
    vec![
        row(5, "a list that is not there", "imgver changed --files-from no-such"),
        row(5, "a list on standard input", "printf 'README.md\\n../x\\n' | imgver changed --files-from -"),
        list("a path out of the repository", "README.md\n../x\n"),
        list("a status that git has not", "Q\tx\n"),
        list("a status with no score", "R\ta\tb\n"),
        list("a status with two paths", "M\ta\tb\n"),
        list("a status with one path too few", "R100\ta\n"),
        list("a path in quotes that are not git's", "\"a\\q\"\n"),
        list("records of NUL", "a\0b\0"),
        list("an error of git", "fatal: ambiguous argument 'origin/main': unknown revision\n"),
        list("lines of git status", "README.md\n M services/api/main.go\n"),
        list("a table of changes", " services/api/main.go | 2 +-\n 1 file changed, 1 insertion(+)\n"),
        list("a history", "commit 488b7400d4c92cdde875caea87ca2e72b87344ff\nAuthor: Ada <ada@example.com>\n"),
        list("blanks instead of a tab", "M   services/api/main.go\n"),
        list("an array", "[\"README.md\"]\n"),
        list("all paths on one line", "services/api/Taskfile.yaml services/web/gone.ts\n"),
        list("the separators of Windows", "services\\api\\main.go\n"),
        list("text of two bytes a character", "M\0\t\0a\0\n\0"),
        nul("lines that are no records", "a\nb\n"),
        nul("a record with a status and no path", "M\0a\0D\0"),
    ]
}

fn filters() -> Vec<Row> {
    let filter = |what, text: &str| row(5, what, "imgver changed --base HEAD").with(FILTERS, text);
    let many = "  - a\n".repeat(100_001);
    vec![
        row(5, "a filter file that is not there", "imgver changed --base HEAD --filters no-such.yaml"),
        row(5, "a filter file that is a directory", "imgver changed --base HEAD --filters services"),
        row(5, "a filter file in another encoding", "imgver changed --base HEAD")
            .with(FILTERS, b"web: \xff\n"),
        row(5, "a filter file that is too large", "imgver changed --base HEAD")
            .with(FILTERS, format!("#{}\n", "x".repeat(1 << 20))),
        row(
            5,
            "a filter file that is a link to nothing",
            "mkdir -p .github/utils; ln -s gone .github/utils/file-filters.yaml; imgver changed --base HEAD; code=$?; rm .github/utils/file-filters.yaml; exit $code",
        ),
        filter("a filter file that is no YAML", "web: x\napi: [y\n"),
        filter("a filter file that is a list", "- services/**\n"),
        filter("a pattern that YAML takes for an alias", "web:\n  - **/*.go\n"),
        filter("a pattern that YAML takes for a tag", "web:\n  - x\n  - !docs/**\n"),
        filter("a list of tags", "web:\n  - modified: !docs/**\n"),
        filter("a filter without a pattern", "web:\n"),
        filter("a pattern that is a number", "web:\n  - x\n  - 7\n"),
        filter("a change type without a pattern", "web:\n  - added:\n"),
        filter("a change type that is none", "web:\n  - addded: x\n"),
        filter("a change type that is empty", "web:\n  - '|': x\n"),
        filter("a change type twice", "web:\n  - added: x\n    added: y\n"),
        filter("a filter twice", "web: x\nweb: y\n"),
        filter("a name that is a list", "[a]: x\n"),
        filter("a merge of what is no map", "<<: x\n"),
        filter("two documents", "web: x\n---\nweb: y\n"),
        filter("too many rules", &format!("web:\n{many}")),
        filter("an alias within its own anchor", "web: &web [x, *web]\n"),
        filter("aliases that multiply", &multiplied()),
        filter("lists within lists without end", &format!("web:\n  {}x\n", "- ".repeat(101))),
        filter("too many brackets", &format!("web: {}", "[".repeat(10_001))),
        filter("two filters of one service", "web: x\nservices/web: y\n"),
        filter(
            "a pattern that cannot be matched exactly",
            "web:\n  - services/web/**\n  - 'docs/[[:foo:]]'\n",
        ),
        row(0, "a filter of no service", "imgver changed --base HEAD").with(FILTERS, "shared: x\n"),
        row(0, "a filter with a slip", "imgver changed --base HEAD").with(FILTERS, "services/wep: x\n"),
        row(0, "a filter with the short name of two services", "imgver changed --base HEAD")
            .with(FILTERS, "api: x\n"),
    ]
}

/// A list of lists of lists and so on, each ten times the one before.
fn multiplied() -> String {
    let first = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    let next =
        |level: usize| format!("a{level}: &a{level} [{}]\n", vec![format!("*a{}", level - 1); 10].join(", "));
    std::iter::once(first).chain((1..7).map(next)).collect()
}
