//! The Taskfile reader: any text results in an answer or an error with a location.
#![no_main]

use imgver::workspace::taskfile::{ImageRepo, image_repo};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    // Without the variable's name the answer would always be the same.
    let text =
        if text.contains("IMAGE_REPO") { text.to_owned() } else { format!("vars:\n  IMAGE_REPO: {text}") };
    match image_repo(&text) {
        Ok(Some(ImageRepo::Plain { text: repository, .. })) => {
            assert!(!repository.is_empty() && !repository.contains("{{"))
        }
        Ok(Some(ImageRepo::Computed { place, .. })) => {
            assert!((1..=text.lines().count().max(1)).contains(&place.line))
        }
        Ok(None) => {}
        Err(error) => assert!(!error.message.is_empty()),
    }
});
