//! Paths with `/`, from the root of a repository.

/// `path` as seen from the directory `base`, without `.`, `..` and empty components; none if it leaves the repository.
///
/// Links on the way are not followed, as docker does not either.
pub fn normal_path(base: &str, path: &str) -> Option<String> {
    let mut parts = Vec::new();
    for part in base.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_inside_or_is_none() {
        for (base, path, expected) in [
            ("", "a//b/./c/", Some("a/b/c")),
            ("a/b", "../c", Some("a/c")),
            ("a", "..", Some("")),
            ("a", "../..", None),
            ("", "a/../../a", None),
        ] {
            assert_eq!(normal_path(base, path).as_deref(), expected, "{base} {path}");
        }
    }
}
