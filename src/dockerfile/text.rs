//! Text in which variables were replaced.

/// Text of a Dockerfile whose variables were replaced by their values, as far as these are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expanded {
    /// The known parts in order; between two of them is text that is not known.
    parts: Vec<String>,
}

impl Expanded {
    /// Text that is known as a whole.
    pub fn known(text: impl Into<String>) -> Self {
        Expanded { parts: vec![text.into()] }
    }

    /// The text, if all of it is known.
    pub fn text(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }
}
