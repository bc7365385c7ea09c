//! Words that YAML does not take for text.

/// Those that some version of YAML takes for something else (YAML 1.1, "Boolean", "Null").
const WORDS: [&str; 9] = ["true", "false", "yes", "no", "on", "off", "y", "n", "null"];

/// Whether some version of YAML takes `text`, without quotes, for a boolean or for nothing.
pub fn is_yaml_word(text: &str) -> bool {
    WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
}
