//! Tag formats, patterns and versions: nothing panics, and a release tag survives a round trip.
#![no_main]

use imgver::domain::{TagFormat, TagPattern, Version};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (String, String, String)| {
    let (format, path, tag) = input;
    let patterns = [
        format.parse::<TagFormat>().ok().map(|format| format.pattern(&path)),
        Some(TagPattern::from_prefix(&*path)),
    ];
    for pattern in patterns.into_iter().flatten() {
        if let Some(version) = pattern.version_of(&tag) {
            assert_eq!(pattern.tag_of(version), tag);
            assert_eq!(Version::parse(&version.to_string()), Some(version));
        }
    }
    if let (Some(a), Some(b)) = (Version::parse(&format), Version::parse(&tag)) {
        assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
        assert_eq!(a == b, a.cmp(&b).is_eq());
    }
});
