//! YAML as all our readers need it: a tree that knows the place of every part, and errors with places.

mod error;
pub mod tree;

pub(crate) use error::shown;
pub use error::{Place, Placed, YamlError};

/// `bytes` as text.
///
/// # Errors
/// They are not UTF-8.
pub(crate) fn text(bytes: Vec<u8>) -> Result<String, YamlError> {
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let before = String::from_utf8_lossy(error.as_bytes().get(..valid).unwrap_or_default());
        YamlError::new("this is not UTF-8: save the file as UTF-8", Place::behind(&before))
    })
}
