//! `imgver.yaml`: any text results in a configuration or an error with a message, and every path stays in the repository.
#![no_main]

use imgver::config::{Config, EntryName};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let config = match Config::parse(text) {
        Ok(config) => config,
        Err(error) => return assert!(!error.message.is_empty()),
    };
    let is_inside =
        |path: &str| path.is_empty() || path.split('/').all(|part| !matches!(part, "" | "." | ".."));
    assert!(config.filters.iter().all(|file| is_inside(&file.value) && !file.value.is_empty()));
    for entry in &config.services {
        if let EntryName::Exact(path) = &entry.name {
            assert!(is_inside(path) && !path.is_empty());
        }
        let settings = &entry.settings;
        let paths = [&settings.directory, &settings.context, &settings.dockerfile];
        assert!(paths.into_iter().flatten().all(|path| is_inside(&path.value)));
        assert!(settings.watch.iter().all(|pattern| !pattern.value.is_negated()));
        assert!(settings.build_args.iter().all(|(name, value)| !name.is_empty() && !value.contains('\n')));
    }
});
