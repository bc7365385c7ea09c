//! What `imgver init` sets up in a repository: pure.

pub mod templates;
