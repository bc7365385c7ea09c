//! Names of services: their parts, which paths can be one, and suggestions for misspelled names.

/// The last component of a service's path.
pub fn short_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Why no service can have the name `path`, as the end of a sentence; none if one can.
pub fn service_name_fault(path: &str) -> Option<&'static str> {
    if path.starts_with('-') {
        // Scripts pass names on, to imgver and to others.
        Some("begins with '-', which programs take for an option")
    } else if path.contains(char::is_control) {
        Some("contains control characters, which no tag can")
    } else if is_workflow_command(path) {
        Some("is a command to a CI system where it is printed on a line of its own")
    } else {
        None
    }
}

/// Whether a CI runner could interpret a line that begins with `text` as a command.
fn is_workflow_command(text: &str) -> bool {
    text.trim_start().starts_with("::") || text.contains("##[")
}

/// Up to three of the names in `known` that `wanted` may be meant for, most similar first: one that is spelled in other
/// cases or separators, one that `wanted` is a path in or a part of, or one that it is a misspelling of.
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
    let wanted = plain(wanted);
    let known = known.into_iter().filter(|name| name.len() <= LENGTH_MAX);
    let mut near: Vec<(&str, f64)> = known.map(|name| (name, similarity(&wanted, &plain(name)))).collect();
    near.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(b.0)));
    let least = near.first().map_or(0.0, |(_, best)| (best - BEHIND_BEST_MAX).max(SIMILARITY_MIN));
    near.into_iter().take(3).filter(|(_, similarity)| *similarity >= least).map(|(name, _)| name).collect()
}

/// `name` without what people mix up.
fn plain(name: &str) -> String {
    let is_dot = |part: &&str| !matches!(*part, "" | ".");
    let parts = name.split(['/', '\\']).filter(is_dot).collect::<Vec<_>>().join("/");
    parts.replace(['_', ' '], "-").to_lowercase()
}

/// How likely it is that `wanted` is meant for `name`, up to 1; both are [`plain`].
fn similarity(wanted: &str, name: &str) -> f64 {
    /// The same but for what `plain` takes away, in full.
    const SAME: f64 = 1.0;
    /// A path inside, or a part of the name: not worth naming beside a name that is the same.
    const PART: f64 = 0.94;
    /// The last component in full.
    const CALLED_SO: f64 = 0.949;
    /// A directory on the way to it: people call a service in `cart/src` `cart`. Not worth naming beside a service called so.
    const ON_THE_WAY: f64 = 0.895;
    /// Shorter parts occur anywhere.
    const PART_MIN: usize = 3;
    let is_inside = |path: &str, of: &str| path.strip_prefix(of).is_some_and(|rest| rest.starts_with('/'));
    let (short, wanted_short) = (short_name(name), short_name(wanted));
    let is_part = wanted.len() >= PART_MIN && short.contains(wanted);
    let is_on_the_way = !wanted.is_empty() && name.split('/').any(|part| part == wanted);
    if wanted == name {
        SAME
    } else if wanted == short && !wanted.is_empty() {
        CALLED_SO
    } else if is_part || !name.is_empty() && (is_inside(wanted, name) || is_inside(name, wanted)) {
        PART
    } else if is_on_the_way {
        ON_THE_WAY
    } else {
        strsim::jaro_winkler(name, wanted).max(strsim::jaro_winkler(short, wanted_short))
    }
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
    fn what_no_command_line_tag_or_runner_can_take_is_no_name() {
        for (path, fault) in [
            ("-x/api", "begins with '-'"),
            ("a\nb", "control characters"),
            ("a\u{7f}", "control characters"),
            ("::add-mask::x", "command to a CI system"),
            (" ::x", "command to a CI system"),
            ("a/##[group]", "command to a CI system"),
        ] {
            assert!(service_name_fault(path).is_some_and(|found| found.contains(fault)), "{path}");
        }
        for path in ["", "a", "a/-b", "a::b", "#[a]", "é", "a b", "c++", "[id]"] {
            assert_eq!(service_name_fault(path), None, "{path}");
        }
    }

    #[test]
    fn a_close_name_is_suggested() {
        for (wanted, suggestion) in [
            ("migrater", Some("did you mean services/other/migrator?")),
            ("service/go/api-golang", Some("did you mean services/go/api-golang?")),
            ("webb", Some("did you mean services/react/web?")),
            ("Services/Go/API-golang", Some("did you mean services/go/api-golang?")),
            ("API-NODE", Some("did you mean services/node/api-node?")),
            ("api_golang", Some("did you mean services/go/api-golang?")),
            ("golang", Some("did you mean services/go/api-golang?")),
            ("services\\other\\migrator", Some("did you mean services/other/migrator?")),
            ("./services/react/web/", Some("did you mean services/react/web?")),
            ("services/react/web/src/index.ts", Some("did you mean services/react/web?")),
            ("services/other", Some("did you mean services/other/migrator?")),
            ("postgres", None),
            ("", None),
        ] {
            assert_eq!(did_you_mean(wanted, SERVICES).as_deref(), suggestion, "{wanted}");
        }
    }

    #[test]
    fn a_directory_on_the_way_to_a_service_comes_before_what_is_spelled_alike() {
        let services = ["src/adservice", "src/cartservice/src"];
        assert_eq!(
            did_you_mean("cartservice", services).as_deref(),
            Some("did you mean src/cartservice/src?")
        );
        assert_eq!(
            did_you_mean("CartService", services).as_deref(),
            Some("did you mean src/cartservice/src?")
        );
    }

    #[test]
    fn equally_close_names_are_suggested_in_order() {
        assert_eq!(did_you_mean("api", ["b/api", "a/api"]).as_deref(), Some("did you mean a/api or b/api?"));
    }
}
