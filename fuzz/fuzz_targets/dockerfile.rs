//! Dockerfiles: any content is read or refused with a reason, and what it reads can be asked about any path.
#![no_main]

use std::collections::{BTreeMap, BTreeSet};

use imgver::dockerfile::{BuildOptions, Dockerfile, Expanded};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &str, bool)| {
    let (text, path, has_platforms) = input;
    let lines = text.split('\n').count();
    let file = match Dockerfile::parse(text.as_bytes()) {
        Ok(file) => file,
        Err(error) => {
            assert!((1..=lines).contains(&error.line));
            return assert!(!error.why.is_empty());
        }
    };
    let args = BTreeMap::from([("A".to_owned(), "a/*".to_owned())]);
    let platforms = ["linux/amd64".parse().unwrap(), "linux/arm64".parse().unwrap()];
    let options = |target| BuildOptions {
        target,
        args: &args,
        open_args: &["VERSION"],
        platforms: if has_platforms { &platforms } else { &[] },
        contexts: &CONTEXTS,
        triggers: &|_: &Expanded| Vec::new(),
    };
    let reads = file.reads(&options(None));
    assert_eq!(reads, file.reads(&options(None)), "the same is read each time");
    for source in &reads.sources {
        assert!((1..=lines).contains(&source.line));
        source.paths.has(path);
        source.paths.goes_through(path);
    }
    for image in &reads.images {
        assert!(image.image.text().is_none_or(|text| image.image.matches(text)), "an image is itself");
    }
    file.reads(&options(Some(path)));
});

static CONTEXTS: std::sync::LazyLock<BTreeSet<&str>> = std::sync::LazyLock::new(|| BTreeSet::from(["a", "base"]));
