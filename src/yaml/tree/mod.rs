//! A YAML document as a tree in which every part knows its place.
//!
//! Scalars keep their text as written, since readers differ in what they take it for: to GitHub the key `on` is text like
//! any other. Duplicate keys are kept as well, so that they can be reported.

mod node;
mod parse;

pub use super::error::Place;
pub use node::{Node, NodeKind, Scalar};
pub use parse::{parse, parse_only};

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use proptest::prelude::*;
    use serde_yaml::Value;

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
    fn tabs_separate_values_from_their_keys() {
        let tree = tree("a:\tb\nc: {d:\t\te, 'f':\tg}\nh: ':\ti'\n-j:\t-k\nl: |\n  m:\tn\n");
        let text = |key| tree.get(key).and_then(Node::text);
        assert_eq!(
            [text("a"), text("h"), text("-j"), text("l")],
            [Some("b"), Some(":\ti"), Some("-k"), Some("m:\tn\n")]
        );
        let inner = |key| tree.get("c").and_then(|c| c.get(key)).map(at);
        assert_eq!([inner("d"), inner("f")], [Some((2, 9)), Some((2, 17))]);
        assert!(parse(&"a:\tb\n".repeat(300)).is_err());
    }

    #[test]
    fn brackets_may_close_below_their_key() {
        let tree = tree("a:\n  b: [\n    1,\n  ]\n  c: {\n    d: 2\n  }\n  e: 3\n");
        let inner = tree.get("a").unwrap();
        assert_eq!(inner.get("b").unwrap().items().len(), 1);
        assert_eq!(inner.get("c").unwrap().get("d").map(at), Some((6, 8)));
        assert_eq!(inner.get("e").map(at), Some((8, 6)));
        assert!(parse("a:\n  b: [\n    1,\n]]\n").is_err());
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
        let long = format!("a: &a {}\nb: [{}]\n", "x".repeat(500_000), "*a,".repeat(1_000));
        assert!(parse(&long).unwrap_err().message.contains("aliases"));
        assert!(parse("a: &a [*a]\n").unwrap_err().message.contains("contains it"));
        assert!(parse(&"[".repeat(5_000)).is_err());
        assert!(parse(&"- ".repeat(5_000)).unwrap_err().message.contains("deeper"));
        let mut nested = String::from("a0: &a0 [x]\n");
        for level in 1..200 {
            nested.push_str(&format!("a{level}: &a{level} [*a{}]\n", level - 1));
        }
        assert!(parse(&nested).unwrap_err().message.contains("deeper"));
    }

    /// Any document that another writer of YAML writes.
    fn written() -> impl Strategy<Value = Value> {
        let scalar = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            "[a-c*!&@#:?{}, \\[\\]'\"|>\n-]{0,12}".prop_map(Value::from),
            "(true|null|~|1|0x1f|1e3|yes|no|on|<<|=)".prop_map(Value::from),
        ];
        scalar.prop_recursive(3, 24, 5, |inner| {
            let entries = prop::collection::btree_map("[a-c<~1*!: -]{1,8}", inner.clone(), 0..5);
            let map = |entries: BTreeMap<String, Value>| -> Value {
                Value::Mapping(entries.into_iter().map(|(key, value)| (Value::from(key), value)).collect())
            };
            prop_oneof![prop::collection::vec(inner, 0..5).prop_map(Value::from), entries.prop_map(map)]
        })
    }

    /// Whether `node` is what another reader takes for `value`.
    fn is_same(node: &Node, value: &Value) -> bool {
        match value {
            Value::Null => node.is_null(),
            Value::Bool(_) => node.scalar().is_some_and(|scalar| matches!(scalar, Scalar::Boolean)),
            Value::Number(_) => node.scalar().is_some_and(|scalar| matches!(scalar, Scalar::Number)),
            Value::String(text) => node.scalar() == Some(Scalar::Text(text)),
            Value::Sequence(values) => {
                let items = node.items();
                matches!(node.kind, NodeKind::List(_))
                    && items.len() == values.len()
                    && items.iter().zip(values).all(|(item, value)| is_same(item, value))
            }
            Value::Mapping(values) => {
                let entries = node.entries();
                let same = |((key, value), (other_key, other)): (&(Node, Node), (&Value, &Value))| {
                    is_same(key, other_key) && is_same(value, other)
                };
                matches!(node.kind, NodeKind::Map(_))
                    && entries.len() == values.len()
                    && entries.iter().zip(values).all(same)
            }
            Value::Tagged(_) => false,
        }
    }

    proptest! {
        #[test]
        fn what_another_library_writes_is_read_back(value in written()) {
            let text = serde_yaml::to_string(&value).unwrap();
            let tree = parse(&text);
            let is_same = match &tree {
                Ok(tree) => tree.as_ref().map_or(value.is_null(), |tree| is_same(tree, &value)),
                Err(_) => false,
            };
            prop_assert!(is_same, "{text}\n{tree:?}");
        }
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
