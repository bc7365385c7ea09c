//! Filter files: any text results in filters or an error with a message, and filters handle any path.
#![no_main]

use imgver::domain::{ChangeKind, Changes};
use imgver::filters::{Detail, FilterFile, Quantifier, Watcher};
use libfuzzer_sys::fuzz_target;

const SERVICES: [&str; 3] = ["a", "services/go/api", "services/node/api"];

fuzz_target!(|input: (&str, Vec<Vec<u8>>)| {
    let (text, paths) = input;
    let file = match FilterFile::parse(text) {
        Ok(file) => file,
        Err(error) => return assert!(!error.message.is_empty()),
    };
    let mut changes = Changes::default();
    changes.add("a/file", ChangeKind::Added);
    changes.add_rename("services/go/api/x", "services/node/api/x");
    for path in paths.into_iter().take(10) {
        changes.add(path, ChangeKind::Modified);
    }
    let watchers = SERVICES.map(Watcher::new);
    let (watches, problems) = file.assign(&watchers);
    assert!(problems.len() <= file.names().count());
    for quantifier in [Quantifier::Some, Quantifier::Every, Quantifier::SomeWithExcludes] {
        let selected = watches.select(&changes, quantifier, Detail::All);
        assert_eq!(selected.iter().map(|found| found.service).collect::<Vec<_>>(), SERVICES);
        for files in selected.into_iter().map(|found| found.files) {
            assert!(files.len() <= changes.len());
            assert!(files.is_sorted_by(|a, b| a.path < b.path));
        }
    }
});
