//! `docs/imgver.schema.json`, which editors check the file by, agrees with the reader: what it refuses, the reader refuses, and
//! the other way round but for what a schema cannot express.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use imgver::config::{Config, ServiceKey, TopKey};
use proptest::prelude::*;
use serde_json::{Map, Value};

use super::refusals::{self, By};
use crate::support::json_schema::Schema;

/// What both must take.
const ACCEPTED: &[&str] = &[
    "",
    "{}\n",
    "services: {}\n",
    "scope: service\n",
    "tag-format: v{version}\n",
    "tag-format: '{service}/v{version}'\n",
    "tag-format: ['{service}@{version}', '{name}-v{version}', 'release-{version}-{service}{name}']\n",
    "image: ghcr.io/acme/{name}\n",
    "image: localhost:5000/{service}-x\n",
    "prereleases: []\nfloating: []\n",
    "prereleases: rc\nfloating: latest\n",
    "prereleases: [rc, beta-1, 1a, '-']\nfloating: [latest, minor, major]\n",
    "scope: repository\nnext: minor\nfirst-parent: true\nfilters: ./.github/filters.yaml\nquantifier: some-with-excludes\n",
    "services:\n  apps/orders:\n  apps/web: {}\n  ./apps/api/: {image: acme/api}\n  123: {}\n  true: {}\n  c++: {}\n",
    "services: {'src/*': {}, 'apps/{a,b}/**': {image: 'acme/{name}', context: .}, 'x-?': , 'a[b-c]': {target: 1}}\n",
    "services: {'\\[id\\]': {directory: .}, '\\!a': {directory: ./a//b/}, '@acme/web': {directory: a/..}}\n",
    "services: {a: {image: [acme/b, 'acme/{service}'], context: ./, dockerfile: docker/a.Dockerfile}}\n",
    "services: {a: {target: Run-time_1.0}, b: {target: 0}, c: {directory: ..a/b}, d: {context: a b}}\n",
    "services: {a: {platforms: linux/amd64}, b: {platforms: 'linux/amd64, linux/arm/v7'}, c: {platforms: []}, d: {platforms: [local]}}\n",
    "services: {a: {build-args: {A: b, _c: 1.20, D: true, E: '', F: -3, g9: 'a b'}}, b: {build-args: {}}}\n",
    "services: {a: {build-contexts: {shared: libs/shared, 'acme/base:1': 'docker-image://acme/base:2', far: 'https://example.com/a.git#v1', g: 'git@example.com:a/b.git', r: .}}, b: {build-contexts: {}}}\n",
    "services: {a: {watch: 'libs/**'}, b: {watch: [a, [b, [c]], '!(d|e)/**', './f', 'g/[!h]']}, c: {watch: []}}\n",
    "services:\n  a: &a {platforms: [linux/amd64], watch-inputs: false}\n  b: {<<: *a, target: x}\n  c: *a\n",
];

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/imgver.schema.json");
    Schema::parse(&fs::read_to_string(file).expect("read the schema"))
});

/// `text` as an editor hands it to a schema; none if it is not YAML with texts as keys.
fn document(text: &str) -> Option<Value> {
    let mut value: serde_yaml::Value = serde_yaml::from_str(text).ok()?;
    value.apply_merge().ok()?;
    json(value)
}

fn json(value: serde_yaml::Value) -> Option<Value> {
    Some(match value {
        serde_yaml::Value::Sequence(items) => {
            Value::Array(items.into_iter().map(json).collect::<Option<_>>()?)
        }
        serde_yaml::Value::Mapping(entries) => {
            let entry = |(key, value)| {
                let key = match json(key)? {
                    Value::String(text) => text,
                    key @ (Value::Bool(_) | Value::Number(_)) => key.to_string(),
                    _ => return None,
                };
                Some((key, json(value)?))
            };
            Value::Object(entries.into_iter().map(entry).collect::<Option<Map<_, _>>>()?)
        }
        serde_yaml::Value::Tagged(_) => return None,
        scalar => serde_json::to_value(scalar).ok()?,
    })
}

#[test]
fn schema_and_reader_have_the_same_keys_and_every_key_is_explained() {
    let wanted = |names: &[&'static str]| names.iter().copied().collect::<BTreeSet<_>>();
    for (path, names) in [
        ("/properties", wanted(&TopKey::NAMES.map(|(name, _)| name))),
        ("/definitions/service/properties", wanted(&ServiceKey::NAMES.map(|(name, _)| name))),
    ] {
        let properties = SCHEMA.at(path).as_object().unwrap();
        assert_eq!(properties.keys().map(String::as_str).collect::<BTreeSet<_>>(), names, "{path}");
        for (name, property) in properties {
            let explained = property["description"].as_str().is_some_and(|text| text.ends_with('.'));
            assert!(explained, "{name} has no description");
        }
    }
}

#[test]
fn schema_and_reader_agree_on_what_is_right() {
    for text in ACCEPTED {
        if let Err(error) = Config::parse(text) {
            panic!("{error}\n{text}");
        }
        assert!(SCHEMA.allows(&document(text).unwrap_or_else(|| panic!("{text}"))), "{text}");
    }
}

#[test]
fn schema_and_reader_agree_on_what_is_wrong() {
    for refusal in refusals::all() {
        let document = document(&refusal.text());
        let is_refused = document.as_ref().is_some_and(|document| !SCHEMA.allows(document));
        assert_eq!(is_refused, refusal.by == By::Both, "{}: {:?}", refusal.what, document);
    }
}

#[test]
fn examples_and_defaults_of_the_schema_are_right() {
    for (path, before, after) in
        [("/properties", "", ""), ("/definitions/service/properties", "services: {a: {", "}}")]
    {
        for (name, property) in SCHEMA.at(path).as_object().unwrap() {
            let examples = property["examples"].as_array().into_iter().flatten();
            for value in examples.chain(property.get("default")) {
                let text = format!("{before}\"{name}\": {value}{after}\n");
                assert!(Config::parse(&text).is_ok() && SCHEMA.allows(&document(&text).unwrap()), "{text}");
            }
        }
    }
}

/// Any value of what people might write.
fn value() -> impl Strategy<Value = String> {
    let words = "(apps/web|\\./a//b/|\\.\\./a|/a|~/a|a/\\.\\./\\.\\./b|'\\*'|src/\\*|v\\{version\\}|acme/\\{name\\}|ghcr\\.io/Acme/a|rc|1|1\\.20|true|no|~|latest|minor|repository|service|patch|some|'!a'|linux/amd64|linux/arm64,linux/amd64|'a,'|'-a'|''|'\\.'|a b|'\\[a'|'\\\\\\[a\\\\\\]'|C:/a|'\\$A'|'\\{\\{\\.A\\}\\}')";
    let scalar = words.prop_map(|text: String| text);
    scalar.prop_recursive(2, 12, 3, |inner| {
        let list = prop::collection::vec(inner.clone(), 0..3)
            .prop_map(|items| format!("[{}]", quoted(&items).join(", ")));
        let map = prop::collection::btree_map("(A|VERSION|b-c|image|directory|watch)", inner, 0..3).prop_map(
            |entries| {
                let entries: Vec<_> = entries
                    .iter()
                    .map(|(key, value)| format!("{key}: {}", quoted(std::slice::from_ref(value))[0]))
                    .collect();
                format!("{{{}}}", entries.join(", "))
            },
        );
        prop_oneof![list, map]
    })
}

/// Values that flow YAML takes for one text each.
fn quoted(values: &[String]) -> Vec<String> {
    let one = |value: &String| match value.starts_with(['[', '{', '\'']) {
        true => value.clone(),
        false if value.contains(['{', ',', '*']) => format!("'{value}'"),
        false => value.clone(),
    };
    values.iter().map(one).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    /// A red line under what works would be worse than none under what does not.
    #[test]
    fn what_the_reader_takes_the_schema_allows(
        at in 0..TopKey::NAMES.len() + ServiceKey::NAMES.len(), value in value(), name in value(),
    ) {
        let value = &quoted(&[value])[0];
        let text = match TopKey::NAMES.get(at) {
            Some((key, _)) => format!("{key}: {value}\n"),
            None => {
                let (key, _) = ServiceKey::NAMES[at - TopKey::NAMES.len()];
                format!("services: {{? {} : {{{key}: {value}}}}}\n", quoted(&[name])[0])
            }
        };
        if Config::parse(&text).is_ok() {
            prop_assert!(document(&text).is_some_and(|document| SCHEMA.allows(&document)), "{text}");
        }
    }
}
