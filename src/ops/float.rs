//! `imgver float`: tags that move with releases.

/// The tags to set, of which services.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Floats {
    /// The services' paths, sorted.
    pub services: Vec<String>,
}
