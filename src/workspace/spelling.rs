//! Other spellings of a file's name, which a person takes for the same.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::Workspace;
use crate::error::Result;

/// Whether `path` is `file` but for upper and lower case, and for `.yml` in the place of `.yaml`.
pub fn is_other_spelling(path: &str, file: &str) -> bool {
    path != file && is_alike(path, file)
}

fn is_alike(one: &str, other: &str) -> bool {
    match (yaml_stem(one), yaml_stem(other)) {
        (Some(one), Some(other)) => one.eq_ignore_ascii_case(other),
        _ => one.eq_ignore_ascii_case(other),
    }
}

/// `name` without its extension, if that is one of YAML files.
fn yaml_stem(name: &str) -> Option<&str> {
    let (stem, extension) = name.rsplit_once('.')?;
    ["yaml", "yml"].iter().any(|it| it.eq_ignore_ascii_case(extension)).then_some(stem)
}

impl Workspace<'_> {
    /// The other spellings of `file` that there are, tracked or not, and whether or not a sparse checkout leaves them out;
    /// sorted.
    ///
    /// # Errors
    /// An index that cannot be read.
    pub fn other_spellings(&self, file: &str) -> Result<BTreeSet<String>> {
        let mut found = BTreeSet::new();
        for path in self.on_disk(file) {
            let path = path.strip_prefix(self.root).ok().and_then(Path::to_str);
            found.extend(path.filter(|path| *path != file).map(ToOwned::to_owned));
        }
        let is_above = |directory: &str| {
            file.get(..directory.len()).is_some_and(|above| above.eq_ignore_ascii_case(directory))
        };
        found.extend(self.repository.left_out(is_above, |path| is_other_spelling(path, file))?);
        Ok(found)
    }

    /// The files on disk that are spelled like `file`, it included.
    fn on_disk(&self, file: &str) -> Vec<PathBuf> {
        let mut paths = vec![self.root.to_owned()];
        for name in file.split('/') {
            let entries = paths.iter().filter_map(|path| path.read_dir().ok()).flatten().flatten();
            let is_like = |path: &PathBuf| {
                path.file_name().and_then(|name| name.to_str()).is_some_and(|found| is_alike(found, name))
            };
            paths = entries.map(|entry| entry.path()).filter(is_like).collect();
        }
        paths.retain(|path| path.is_file());
        paths
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_are_told_apart() {
        let file = ".github/utils/file-filters.yaml";
        for other in [
            ".github/utils/file-filters.yml",
            ".github/utils/File-Filters.yaml",
            ".GitHub/Utils/FILE-FILTERS.YML",
        ] {
            assert!(is_other_spelling(other, file), "{other}");
        }
        for other in [
            file,
            ".github/file-filters.yaml",
            ".github/utils/file-filters",
            ".github/utils/file-filters.json",
            ".github/utils/file_filters.yaml",
            ".github/utils/file-filters.yaml.yml",
            "x/.github/utils/file-filters.yml",
        ] {
            assert!(!is_other_spelling(other, file), "{other}");
        }
    }
}
