//! Escapes: `\x` stands for the character `x`.

use super::error::{PatternError, Refusal};

/// The character that the `\` at the place `at` makes literal, and the place behind it.
pub(super) fn escaped(text: &[char], at: usize) -> Result<(char, usize), PatternError> {
    let refuse = |refusal| Err(PatternError::new(refusal, at));
    let run = text.iter().skip(at).take_while(|character| **character == '\\').count();
    match text.get(at + 1).copied() {
        None => refuse(Refusal::EndingBackslash),
        Some('\\') if run > 3 => refuse(Refusal::ManyBackslashes),
        Some('/') => refuse(Refusal::EscapedSlash),
        // All but these are the letter itself.
        Some(name) if "bBcdDfknpPrsStuvwWx0123456789".contains(name) => refuse(Refusal::RegexEscape(name)),
        Some(character) => Ok((character, at + 2)),
    }
}
