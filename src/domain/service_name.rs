//! What services are called.

/// The last component of a service's path.
pub fn short_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Up to three of the services `known` that somebody who wrote `wanted` may have meant, the likeliest first.
pub fn nearest<'k>(wanted: &str, known: impl IntoIterator<Item = &'k str>) -> Vec<&'k str> {
    // Far-fetched suggestions are worse than none, and so are others beside a close one.
    const LIKENESS_MIN: f64 = 0.7;
    const BEHIND_BEST_MAX: f64 = 0.05;
    let likeness = |path: &str| {
        strsim::jaro_winkler(path, wanted).max(strsim::jaro_winkler(short_name(path), short_name(wanted)))
    };
    let mut near: Vec<(&str, f64)> = known.into_iter().map(|path| (path, likeness(path))).collect();
    near.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(b.0)));
    let least = near.first().map_or(0.0, |(_, best)| (best - BEHIND_BEST_MAX).max(LIKENESS_MIN));
    near.into_iter().take(3).filter(|(_, likeness)| *likeness >= least).map(|(path, _)| path).collect()
}
