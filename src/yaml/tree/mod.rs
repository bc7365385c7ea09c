//! A YAML document as a tree in which every part knows its place.
//!
//! Scalars keep their text as written, since readers differ in what they take it for: to GitHub the key `on` is text like
//! any other. Duplicate keys are kept as well, so that they can be reported.

mod node;
mod parse;

pub use super::error::Place;
pub use node::{Kind, Node, Scalar};
pub use parse::{parse, parse_only};

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tree(text: &str) -> Node {
        parse(text).unwrap().unwrap_or_else(|| panic!("nothing in {text}"))
    }

    fn at(node: &Node) -> (usize, usize) {
        (node.place.line, node.place.column)
    }

    #[test]
    fn everything_knows_where_it_stands() {
        let tree = tree("\u{feff}# é\non:\n  push: {tags: ['é', \"v\\x2a\"]}\n\r\nname: |\n  a\n  b\n");
        let (on, push) = tree.entry("on").unwrap();
        assert_eq!((at(on), at(push)), ((2, 1), (3, 3)));
        let tags = push.get("push").and_then(|push| push.get("tags")).unwrap();
        let found: Vec<_> = tags.items().iter().map(|item| (item.text().unwrap(), at(item))).collect();
        assert_eq!(found, [("é", (3, 17)), ("v*", (3, 22))]);
        assert_eq!(at(tags), (3, 16));
        assert_eq!(tree.get("name").unwrap().text(), Some("a\nb\n"));
    }

    #[test]
    fn what_stands_twice_is_kept_and_the_last_counts() {
        let tree = tree("a: 1\nb: 2\na: 3\n");
        assert_eq!(tree.entries().len(), 3);
        assert_eq!(tree.get("a").unwrap().text(), Some("3"));
    }

    #[test]
    fn aliases_and_merge_keys_are_read_through() {
        let tree = tree("x: &x [a]\ny: *x\nz: {<<: [{p: 1}, {p: 2, q: 3}], r: 4}\nw: [b]\n");
        let (x, y) = (tree.get("x").unwrap(), tree.get("y").unwrap());
        assert!(x.is_shared && x == y && at(&y.items()[0]) == (1, 8), "{y:?}");
        assert!(!tree.get("w").unwrap().is_shared);
        let z = tree.get("z").unwrap();
        let value = |key| z.get(key).and_then(Node::text);
        assert_eq!([value("p"), value("q"), value("r"), value("s")], [Some("1"), Some("3"), Some("4"), None]);
    }

    #[test]
    fn nothing_is_nothing() {
        for text in ["", "# only this\n", "---\n", "~\n", "null"] {
            assert_eq!(parse(text), Ok(None), "{text}");
        }
        let tree = tree("a:\nb: ''\nc: ~\n");
        let nulls = ["a", "b", "c"].map(|key| tree.get(key).unwrap().is_null());
        assert_eq!(nulls, [true, false, true]);
    }

    #[test]
    fn what_is_wrong_is_located() {
        for (text, line) in
            [("a: [1\nb: 2\n", 2), ("a:\n\t- b\n", 2), ("a: *b\n", 1), ("a: 'x\n", 2), ("a: b: c\n", 1)]
        {
            let error = parse(text).unwrap_err();
            let found = error.location.map(|place| place.line);
            assert!(found.is_some_and(|found| found.abs_diff(line) <= 1), "{text}: {error:?}");
        }
    }

    #[test]
    fn what_multiplies_or_never_ends_is_refused() {
        let mut text = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
        for level in 1..12 {
            let aliases = vec![format!("*a{}", level - 1); 10].join(",");
            text.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
        }
        assert!(parse(&text).unwrap_err().message.contains("aliases"));
        assert!(parse("a: &a [*a]\n").unwrap_err().message.contains("contains it"));
        assert!(parse(&"[".repeat(5_000)).is_err());
        assert!(parse(&"- ".repeat(5_000)).unwrap_err().message.contains("deeper"));
        let mut nested = String::from("a0: &a0 [x]\n");
        for level in 1..200 {
            nested.push_str(&format!("a{level}: &a{level} [*a{}]\n", level - 1));
        }
        assert!(parse(&nested).unwrap_err().message.contains("deeper"));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_text_panics(text in "(\\PC|\n|\r|\t|  |: |- |\\? |---|\\.\\.\\.|%YAML|[&*!#|>,{}'\"\\[\\]]|<<: |on:|[a-c]){0,60}") {
            if let Ok(Some(node)) = parse(&text) {
                node.visit(&mut |node| assert!(node.place.line > 0 && node.place.column > 0));
            }
        }
    }
}
