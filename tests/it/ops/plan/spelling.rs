//! The default filter file in another spelling: never left aside in silence.

use imgver::domain::{ChangeKind, Changes};
use imgver::error::{Kind, Result};
use imgver::filters::Detail;
use imgver::ops::changed::{Answer, ChangeSource, Request, changed};
use imgver::ops::{Checkout, FilterRequest, Outcome};

use crate::ops::check::shop::brief;
use crate::ops::{checkout, checkout_in, refused};
use crate::plan::shop::{GO, MIGRATOR, NODE, Shop};
use crate::support::Repo;

const FILTERS: &str = ".github/utils/file-filters.yaml";
const OTHERS: [&str; 6] = [
    ".github/utils/file-filters.yml",
    ".github/utils/File-Filters.yaml",
    ".github/utils/file-filters.YAML",
    ".github/Utils/file-filters.yaml",
    ".GitHub/utils/file-filters.yaml",
    ".GITHUB/UTILS/FILE-FILTERS.YML",
];

/// What a change of the migrator's file affects.
fn affected(repo: &Repo, file: Option<&str>) -> Result<Outcome<Answer>> {
    asked(&checkout(repo), file)
}

fn asked(checkout: &Checkout, file: Option<&str>) -> Result<Outcome<Answer>> {
    let mut changes = Changes::default();
    changes.add(format!("{MIGRATOR}/main.txt"), ChangeKind::Modified);
    let filters = FilterRequest { file: file.map(Into::into), ..FilterRequest::default() };
    changed(Request { changes: ChangeSource::Listed(changes), filters, detail: Detail::First }, checkout)
}

/// The findings of `imgver check` about filter files elsewhere: severity and file.
fn found(repo: &Repo) -> Vec<String> {
    brief(repo, &[]).into_iter().filter(|line| line.contains("filter-file-elsewhere")).collect()
}

#[test]
fn it_is_refused_where_it_is_alone() {
    let shop = Shop::new();
    let repo = &shop.repo;
    for other in OTHERS {
        let directory = other.rsplit_once('/').unwrap().0;
        repo.write(&format!("{directory}/keep"), "");
        repo.git(["mv", FILTERS, other]);
        for error in
            [refused(affected(repo, None), Kind::Input), shop.event("push-branch").refusal(Kind::Input)]
        {
            for word in [other, FILTERS, "git mv", "--filters"] {
                assert!(error.contains(word), "{word} in {error}");
            }
        }
        let findings = found(repo);
        assert!(
            matches!(&*findings, [only] if only.contains(other) && only.starts_with("error")),
            "{findings:?}"
        );
        // The hints work where they are given.
        let inner = refused(asked(&checkout_in(repo, GO), None), Kind::Input);
        assert!(inner.contains(&format!("--filters ../../../{other}")), "{inner}");
        let hint = inner.lines().find_map(|line| line.strip_prefix("hint: rename it: ")).unwrap();
        repo.program("sh").args(["-ec", hint]).cwd(GO).run().text();
        assert!(affected(repo, None).is_ok(), "{hint}");
        repo.git(["mv", FILTERS, other]);
        // What is asked for is read, and what reads no filters is not disturbed.
        let both = [GO.to_owned(), MIGRATOR.to_owned()];
        let outcome = affected(repo, Some(other)).unwrap();
        assert!(outcome.answer.selection.paths().eq(both.iter().map(String::as_str)), "{other}");
        assert_eq!(shop.event("push-branch").filters(other).decided().services, both);
        assert_eq!(shop.event("dispatch").decided().services, [NODE]);
        assert_eq!(shop.event("schedule").decided().services.len(), 3);
        // Whether git tracks it makes no difference to what reads it.
        repo.git(["rm", "-q", "--cached", other]);
        let untracked = refused(affected(repo, None), Kind::Input);
        assert!(untracked.contains(&format!(" mv {other} ")) && !untracked.contains("git mv"), "{untracked}");
        repo.git(["add", other]);
        repo.git(["mv", other, FILTERS]);
    }
}

#[test]
fn beside_the_file_it_is_warned_about() {
    let shop = Shop::new();
    for other in OTHERS {
        shop.repo.write(other, "services/node/api-node: '**'\n");
        shop.repo.git(["add", other]);
        let plan = shop.event("push-branch").decided();
        assert_eq!(plan.services, [GO, MIGRATOR], "{other}");
        assert!(
            matches!(&*plan.warnings, [only] if only.contains(other) && only.contains(FILTERS)),
            "{:?}",
            plan.warnings
        );
        assert_eq!(affected(&shop.repo, None).unwrap().warnings, plan.warnings);
        let findings = found(&shop.repo);
        assert!(
            matches!(&*findings, [only] if only.contains(other) && only.starts_with("warning")),
            "{findings:?}"
        );
        shop.repo.git(["rm", "-q", "-f", other]);
    }
}

#[test]
fn other_files_are_none_of_its_spellings() {
    let shop = Shop::new();
    for other in [
        ".github/utils/file-filters.json",
        ".github/utils/file-filters.yaml.orig",
        ".github/utils/file-filters",
        ".github/utils/filters.yml",
        ".github/utils.yml/file-filters.yaml",
        "utils/file-filters.yml",
        "services/.github/utils/file-filters.yml",
        ".github/utils/file-filters.yml/README.md",
    ] {
        shop.repo.write(other, "services/node/api-node: '**'\n");
        shop.repo.git(["add", other]);
        assert_eq!(shop.event("push-branch").decided().warnings, Vec::<String>::new(), "{other}");
        assert_eq!(found(&shop.repo), Vec::<String>::new(), "{other}");
    }
}

#[test]
fn a_sparse_checkout_leaves_no_filter_file_aside() {
    let shop = Shop::new();
    let right = shop.repo.head();
    shop.repo.git(["mv", FILTERS, OTHERS[0]]);
    let wrong = shop.repo.commit("another spelling");
    for options in [&["--no-cone"][..], &["--cone"], &["--cone", "--sparse-index"]] {
        let clone = shop.repo.cloned(&format!("sparse{}", options.concat()), &[]);
        clone.git(["sparse-checkout", "set"].iter().chain(options).chain(&["services"]));
        assert!(!clone.path().join(".github").exists(), "{options:?}");
        let error = shop.event("push-branch").in_repository(&clone).refusal(Kind::Input);
        assert!(error.contains(OTHERS[0]), "{error}");
        assert_eq!(found(&clone).len(), 1, "{options:?}");
        clone.git(["checkout", "-q", "--detach", &right]);
        assert!(!clone.path().join(".github").exists(), "{options:?}");
        let plan = shop.event("push-branch").in_repository(&clone).decided();
        assert_eq!((plan.services, plan.warnings), (vec![GO.to_owned(), MIGRATOR.to_owned()], vec![]));
        clone.git(["checkout", "-q", &wrong]);
    }
}
