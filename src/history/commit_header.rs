//! The header of a commit object: the lines `tree`, `parent` (any number), `author`, `committer`, as `git cat-file commit`
//! prints it.

/// The parents and the committer date (seconds since 1970) of a commit; none if `data` is not a commit.
///
/// Parents are in hex, of any length. A missing or malformed date is 0, as in git; it only decides which commit is visited
/// first.
pub(super) fn parse(data: &[u8]) -> Option<(impl Iterator<Item = &[u8]>, i64)> {
    let (_, after_tree) = split_line(data.strip_prefix(b"tree ")?);
    let mut rest = after_tree;
    while let Some(parent) = rest.strip_prefix(b"parent ") {
        rest = split_line(parent).1;
    }
    let parents = after_tree.get(..after_tree.len() - rest.len())?;
    let committer = rest
        .split(|&byte| byte == b'\n')
        .take_while(|line| !line.is_empty())
        .find_map(|line| line.strip_prefix(b"committer "))
        .unwrap_or_default();
    let parents = parents.split(|&byte| byte == b'\n').filter_map(|line| line.strip_prefix(b"parent "));
    Some((parents, date(committer)))
}

/// The tree of a commit, in hex, of any length; none if `data` is not a commit.
pub(super) fn tree(data: &[u8]) -> Option<&[u8]> {
    Some(split_line(data.strip_prefix(b"tree ")?).0)
}

fn split_line(data: &[u8]) -> (&[u8], &[u8]) {
    let end = data.iter().position(|&byte| byte == b'\n').unwrap_or(data.len());
    let (line, rest) = data.split_at(end);
    (line, rest.get(1..).unwrap_or_default())
}

/// The seconds in `NAME <EMAIL> SECONDS ZONE`.
fn date(signature: &[u8]) -> i64 {
    let after_email = signature.rsplit(|&byte| byte == b'>').next().unwrap_or_default();
    let seconds = after_email.split(|&byte| byte == b' ').find(|word| !word.is_empty());
    seconds.and_then(|word| std::str::from_utf8(word).ok()?.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::parse;
    use proptest::prelude::*;

    fn parsed(text: &str) -> Option<(Vec<&str>, i64)> {
        parse(text.as_bytes()).map(|(parents, date)| {
            (parents.map(|parent| std::str::from_utf8(parent).unwrap()).collect(), date)
        })
    }

    #[test]
    fn parents_and_date_are_found() {
        let header = |middle: &str| format!("tree 00\n{middle}encoding x\n\nparent of all\n");
        let people = "author A <a> 1 +0000\ncommitter B > C <b> 1700000000 -0130\n";
        assert_eq!(parsed(&header(people)), Some((vec![], 1_700_000_000)));
        let merge = format!("parent 11\nparent 22\n{people}");
        assert_eq!(parsed(&header(&merge)), Some((vec!["11", "22"], 1_700_000_000)));
        let undated = "author A <a> 1 +0000\ncommitter B <b>\n";
        assert_eq!(parsed(&header(undated)), Some((vec![], 0)));
        assert_eq!(parsed("tree 00\nparent 11\nparent 22"), Some((vec!["11", "22"], 0)));
        let before_1970 = "author A <a> 1 +0000\ncommitter B <b> -5 +0000\n";
        assert_eq!(parsed(&header(before_1970)), Some((vec![], -5)));
    }

    #[test]
    fn other_objects_are_not_commits() {
        for text in ["", "tree", "object 00\ntype commit\n", "blob"] {
            assert_eq!(parsed(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(data in prop::collection::vec(prop_oneof![Just(b'\n'), Just(b' '), Just(b'>'), any::<u8>()], 0..60)) {
            let with_tree = [b"tree 0\nparent 1\n".as_slice(), &data].concat();
            for data in [data, with_tree] {
                let _ = parse(&data).map(|(parents, _)| parents.count());
            }
        }
    }
}
