//! Image references: an accepted one contains no character that could end a word, a line or the reference.
#![no_main]

use imgver::domain::{ImageRepository, ImageTag};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    if let Ok(repository) = text.parse::<ImageRepository>() {
        assert_eq!(repository.as_str(), text);
        assert!(text.len() <= 255 && text.bytes().all(|byte| word(byte) || b"/:[]".contains(&byte)));
        let last = text.rsplit('/').next().unwrap_or_default();
        assert!(!last.is_empty() && !last.contains(':'), "part of {text} could be parsed as a tag");
    }
    if text.parse::<ImageTag>().is_ok() {
        assert!((1..=128).contains(&text.len()) && text.bytes().all(word) && !text.starts_with(['.', '-']));
    }
});
