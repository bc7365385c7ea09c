//! Names of services, and suggestions for misspelled names.

/// The last component of a service's path.
pub fn short_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Up to three of the names in `known` that `wanted` may be a misspelling of, most similar first.
///
/// Paths are compared both in full and by their last component.
pub fn nearest<'n>(wanted: &str, known: impl IntoIterator<Item = &'n str>) -> Vec<&'n str> {
    // A far-fetched suggestion is worse than none, and so is another one beside a close match.
    const SIMILARITY_MIN: f64 = 0.7;
    const BEHIND_BEST_MAX: f64 = 0.05;
    // Comparing takes time in the product of the lengths, and nobody misspells more.
    const LENGTH_MAX: usize = 256;
    if wanted.len() > LENGTH_MAX {
        return Vec::new();
    }
    let similarity = |name: &str| {
        strsim::jaro_winkler(name, wanted).max(strsim::jaro_winkler(short_name(name), short_name(wanted)))
    };
    let known = known.into_iter().filter(|name| name.len() <= LENGTH_MAX);
    let mut near: Vec<(&str, f64)> = known.map(|name| (name, similarity(name))).collect();
    near.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(b.0)));
    let least = near.first().map_or(0.0, |(_, best)| (best - BEHIND_BEST_MAX).max(SIMILARITY_MIN));
    near.into_iter().take(3).filter(|(_, similarity)| *similarity >= least).map(|(name, _)| name).collect()
}

/// The hint `did you mean a or b?` with the [`nearest`] names to `wanted`; none where no name is close.
pub fn did_you_mean<'n>(wanted: &str, known: impl IntoIterator<Item = &'n str>) -> Option<String> {
    let near = nearest(wanted, known);
    (!near.is_empty()).then(|| format!("did you mean {}?", near.join(" or ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVICES: [&str; 4] =
        ["services/go/api-golang", "services/node/api-node", "services/other/migrator", "services/react/web"];

    #[test]
    fn a_close_name_is_suggested() {
        for (wanted, suggestion) in [
            ("migrater", Some("did you mean services/other/migrator?")),
            ("service/go/api-golang", Some("did you mean services/go/api-golang?")),
            ("webb", Some("did you mean services/react/web?")),
            ("postgres", None),
            ("", None),
        ] {
            assert_eq!(did_you_mean(wanted, SERVICES).as_deref(), suggestion, "{wanted}");
        }
    }

    #[test]
    fn equally_close_names_are_suggested_in_order() {
        assert_eq!(did_you_mean("api", ["b/api", "a/api"]).as_deref(), Some("did you mean a/api or b/api?"));
    }
}
