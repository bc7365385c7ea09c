//! Path patterns: nothing panics, and the properties that picomatch has for every pattern and path hold.
#![no_main]

use imgver::filters::pattern::{PathText, Pattern};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (String, Vec<u8>)| {
    let (text, path) = input;
    let path = PathText::new(&path);
    let pattern = match Pattern::parse(&text) {
        Ok(pattern) => pattern,
        Err(error) => {
            assert!((1..=text.chars().count().max(1)).contains(&error.column()), "{error}");
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    assert_eq!(pattern.as_str(), text);
    let matches = pattern.matches(&path);
    assert_eq!(matches, pattern.matches(&PathText::new(path.as_str().as_bytes())));
    assert!(pattern.matches(&PathText::new(text.as_bytes())), "every pattern matches its own text");
    assert!(!pattern.matches(&PathText::new(b"")), "no pattern matches the empty path");
    if text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-/".contains(&byte)) {
        assert_eq!(matches, path.as_str() == text, "a literal pattern matches only itself");
    }
    negation_is_the_opposite(&text, &path);
});

/// Checks `!x`, `!!x` and `!!!x` against each other. Except for its own text, a negated pattern does not match a path
/// of several lines. `x` itself is not checked, since picomatch may not parse it; and in `!!x`, a star or `./` of `x`
/// is not at the start.
fn negation_is_the_opposite(text: &str, path: &PathText) {
    let patterns = [1, 2, 3].map(|bangs| Pattern::parse(&format!("{}{text}", "!".repeat(bangs))));
    let [Ok(once), Ok(twice), Ok(thrice)] = patterns else { return };
    let is_own_text = [&once, &twice, &thrice].iter().any(|pattern| pattern.as_str() == path.as_str());
    if is_own_text || path.as_str().is_empty() || text.starts_with('!') {
        return;
    }
    assert_eq!(once.is_negated(), !text.starts_with('('));
    assert_eq!(once.is_negated(), thrice.is_negated());
    assert_eq!(once.matches(path), thrice.matches(path));
    if !text.starts_with(['*', '.', '(']) && !path.as_str().contains(['\n', '\r', '\u{2028}', '\u{2029}']) {
        assert_ne!(once.matches(path), twice.matches(path));
    }
}
