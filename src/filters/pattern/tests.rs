//! What the recorded table cannot say.

use proptest::prelude::*;

use super::syntax;
use super::tree::{Node, Times};
use super::*;

fn pattern(text: &str) -> Pattern {
    Pattern::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn matching<'p>(text: &str, paths: &[&'p str]) -> Vec<&'p str> {
    let pattern = pattern(text);
    paths.iter().copied().filter(|path| pattern.matches(&PathText::new(path.as_bytes()))).collect()
}

#[test]
fn real_filters_work() {
    let paths = [
        ".github/workflows/ci.yml",
        "README.md",
        "app/[id]/page.tsx",
        "services/go/api/main.go",
        "services/go/api/main_test.go",
        "services/go/web/Dockerfile",
        "src",
        "src/a.d.ts",
        "src/a.ts",
    ];
    assert_eq!(matching("**", &paths), paths);
    assert_eq!(matching("src/**", &paths), ["src", "src/a.d.ts", "src/a.ts"]);
    assert_eq!(matching("*.md", &paths), ["README.md"]);
    assert_eq!(matching("**/*.{yml,yaml}", &paths), [".github/workflows/ci.yml"]);
    assert_eq!(matching("app/[id]/*", &paths), ["app/[id]/page.tsx"]);
    assert_eq!(matching("services/go/!(api)/**", &paths), ["services/go/web/Dockerfile"]);
    assert_eq!(matching("services/@(go|rust)/*/*_test.go", &paths), ["services/go/api/main_test.go"]);
    assert_eq!(matching("src/!(*.d).ts", &paths), ["src/a.ts"]);
    assert_eq!(matching("!{src,services}{,/**}", &paths), [paths[0], paths[1], paths[2]]);
}

#[test]
fn oddities_are_kept() {
    assert_eq!(matching("[!a]", &["a", "b", "!", "[!a]"]), ["a", "!", "[!a]"]);
    assert_eq!(matching("{1..10}", &["0", "1", "2", "10"]), ["0", "1"]);
    assert_eq!(matching("c++", &["c", "c+", "c+++", "c++"]), ["c+", "c+++", "c++"]);
    assert_eq!(matching("src/c++", &["src/c+", "src/c++"]), ["src/c++"]);
    assert_eq!(matching("(ab+)", &["ab", "abb", "ab+"]), ["ab", "abb"]);
    assert_eq!(matching("a|b", &["a", "b", "a|b"]), ["a|b"]);
    assert_eq!(matching("x/a|b", &["x/a", "b", "x/b"]), ["x/a", "b"]);
    assert_eq!(matching("a*", &["a/", "ab"]), ["ab"]);
    assert_eq!(matching("x/a*", &["x/a/", "x/ab"]), ["x/a/", "x/ab"]);
    assert_eq!(matching("a/**.js", &["a/b.js", "a/b/c.js"]), ["a/b.js"]);
    assert_eq!(matching("!!*", &["..", "a"]), ["..", "a"]);
    assert_eq!(matching("!!!*", &["..", "a"]), [".."]);
}

#[test]
fn three_paths_are_special() {
    for text in ["**", "!a", "!", "[^/]", "(|a)"] {
        assert!(!pattern(text).matches(&PathText::new(b"")), "{text}");
        assert!(pattern(text).matches(&PathText::new(text.as_bytes())), "{text}");
    }
    assert_eq!(matching("!a", &["b\nc", "b"]), ["b"]);
    assert_eq!(matching("**", &["b\nc", "b"]), ["b"]);
}

#[test]
fn paths_are_code_units() {
    assert_eq!(matching("?", &["é", "😀"]), ["é"]);
    assert_eq!(matching("??", &["é", "😀"]), ["😀"]);
    let unreadable = PathText::new(b"a\xFF/b");
    assert_eq!(unreadable.as_str(), "a\u{FFFD}/b");
    assert!(pattern("a?/b").matches(&unreadable));
}

#[test]
fn an_odd_number_of_bangs_negates() {
    for (text, negated) in [("a", false), ("!a", true), ("!!a", false), ("!!!a", true), ("./!a", true)] {
        assert_eq!(pattern(text).is_negated(), negated, "{text}");
    }
    for (text, negated) in [("!(a)", false), ("!!(a)", true), ("!!!(a)", false), ("\\!a", false)] {
        assert_eq!(pattern(text).is_negated(), negated, "{text}");
    }
}

#[test]
fn errors_name_the_construct_and_its_column() {
    let error = |text: &str| Pattern::parse(text).map_or_else(|error| error.to_string(), |_| String::new());
    assert_eq!(error(""), "it is empty: write `**` for every path");
    assert_eq!(error("é/{a,b"), "the `{` at character 3 is not closed: write `\\{` for the character itself");
    assert_eq!(
        error("file.{1..3}"),
        "picomatch changes the text at character 5 when the pattern has a range such as `{1..3}`: \
         write `[1-3]` or `{1,2,3}`"
    );
    assert_eq!(Pattern::parse("a/(?:b)").map_err(|error| error.column()).err(), Some(3));
}

/// Slow or deep ones would hang here or overflow the stack.
#[test]
fn hostile_patterns_end() {
    let nested = |open: &str, times: usize| format!("{}a{}", open.repeat(times), ")".repeat(times));
    let letters: Vec<String> = (0..1_500).map(|number| number.to_string()).collect();
    let patterns = [
        nested("*(", 90),
        nested("+(a|", 90),
        nested("!(", 90),
        nested("*(!(*", 45),
        nested("(", 10_000),
        format!("x/{}", "*a".repeat(2_000)),
        format!("x/{}", "**/a/".repeat(1_500)),
        format!("{}b", "!(a)".repeat(1_000)),
        format!("{}b", "*(a|aa)".repeat(1_000)),
        format!("{}b", "{a,}".repeat(2_000)),
        format!("[{}]", "a-z".repeat(3_000)),
        format!("@({})", letters.join("|")),
        format!("{{{}}}", letters.join(",")),
        format!("{}(", "{".repeat(9_000)),
        "*".repeat(65_000),
        "(a+)+(a+)+(a+)+(a+)+b".to_owned(),
    ];
    let path = PathText::new("a".repeat(4_000).as_bytes());
    for text in patterns {
        if let Ok(pattern) = Pattern::parse(&text) {
            pattern.matches(&path);
        }
    }
}

/// The places at which a match of `node` from `at` on may end, by the definition of the tree.
fn ends(node: &Node, path: &[u16], at: usize) -> Vec<usize> {
    let mut found = match node {
        Node::Unit(set) => {
            path.get(at).filter(|unit| set.contains(**unit)).map(|_| at + 1).into_iter().collect()
        }
        Node::Assert(assertion) => Vec::from_iter(assertion.holds(path, at).then_some(at)),
        Node::NotAhead(part) => Vec::from_iter(ends(part, path, at).is_empty().then_some(at)),
        Node::Sequence(nodes) => nodes.iter().fold(vec![at], |places, node| {
            let mut next: Vec<usize> = places.into_iter().flat_map(|at| ends(node, path, at)).collect();
            next.sort_unstable();
            next.dedup();
            next
        }),
        Node::OneOf(nodes) => nodes.iter().flat_map(|node| ends(node, path, at)).collect(),
        Node::Repeat(part, times) => {
            let mut places = if *times == Times::Some { ends(part, path, at) } else { vec![at] };
            let mut tried = 0;
            while let Some(place) =
                places.get(tried).copied().filter(|_| *times != Times::Optional || tried == 0)
            {
                let more = ends(part, path, place);
                places.extend(more.into_iter().filter(|end| !places.contains(end)).collect::<Vec<_>>());
                tried += 1;
            }
            places
        }
    };
    found.sort_unstable();
    found.dedup();
    found
}

/// A pattern of a few constructs, most of them well-formed.
fn any_pattern() -> impl Strategy<Value = String> {
    let token = prop::sample::select(vec![
        "a",
        "b",
        ".",
        "/",
        "*",
        "**",
        "?",
        "!",
        "+",
        "|",
        "\\",
        "[ab]",
        "[^a]",
        "{a,b}",
        "{1..3}",
        "@(a|b)",
        "!(a)",
        "!(*a)",
        "!(a/b)",
        "*(a|!(b))",
        "?(a)",
        "+(a*)",
        "(a)",
        "é",
        "😀",
        "[",
        ")",
        "{",
        "[[:alpha:]]",
    ]);
    prop::collection::vec(token, 1..8).prop_map(|tokens| tokens.concat())
}

proptest! {
    #[test]
    fn the_machine_does_what_the_tree_means(text in any_pattern(), path in "[ab./é😀\n]{0,8}") {
        if let Ok((tree, _)) = syntax::parse(&text) {
            let units: Vec<u16> = path.encode_utf16().collect();
            let matches = ends(&tree, &units, 0).contains(&units.len());
            prop_assert_eq!(Program::new(&tree).matches(&units), matches);
            prop_assert!(!matches || units.starts_with(&literal_prefix(&tree)));
        }
    }

    #[test]
    fn no_pattern_panics(text in "\\PC{0,20}|[\\[\\](){}*?!+@|,./\\\\a:^-]{0,20}", path: Vec<u8>) {
        match Pattern::parse(&text) {
            Ok(pattern) => {
                pattern.matches(&PathText::new(&path));
                prop_assert!(pattern.matches(&PathText::new(text.as_bytes())));
            }
            Err(error) => prop_assert!((1..=text.chars().count().max(1)).contains(&error.column())),
        }
    }
}
