//! Templates: text with names in braces, such as `{service}@{version}`.

/// A part of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'t> {
    /// Text that stands for itself.
    Literal(&'t str),
    /// The name between an opening brace and the next closing one.
    Placeholder(&'t str),
}

/// There is an opening brace without a closing one, or the other way round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct UnmatchedBrace;

/// The parts of `text` in their order. Nothing of use follows an unmatched brace.
pub(super) fn pieces(text: &str) -> impl Iterator<Item = Result<Piece<'_>, UnmatchedBrace>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = rest.find(['{', '}']).unwrap_or(rest.len());
        let (literal, from_brace) = rest.split_at(end);
        if !literal.is_empty() {
            rest = from_brace;
            return Some(Ok(Piece::Literal(literal)));
        }
        let placeholder = from_brace.strip_prefix('{').and_then(|inner| inner.split_once('}'));
        rest = placeholder.map_or("", |(_, tail)| tail);
        Some(placeholder.map(|(name, _)| Piece::Placeholder(name)).ok_or(UnmatchedBrace))
    })
}
