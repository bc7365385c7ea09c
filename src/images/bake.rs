//! The definition for `docker buildx bake`, which builds all targets as one graph.
//!
//! Its format is bake's JSON ("Bake file reference" in docker's documentation), in which strings are templates.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use unicode_normalization::is_nfc;

use super::cache::Entries;
use super::{Options, Target};
use crate::domain::short_name;
use crate::error::{Context as _, Error, Kind, Result};

/// The group that bake builds if no target is named.
const DEFAULT: &str = "default";

#[derive(Serialize)]
struct Definition<'a> {
    group: BTreeMap<&'static str, Group<'a>>,
    target: BTreeMap<&'a str, BakeTarget>,
}

#[derive(Serialize)]
struct Group<'a> {
    targets: Vec<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct BakeTarget {
    context: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    dockerfile: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    contexts: BTreeMap<String, String>,
    tags: Vec<String>,
    args: BTreeMap<String, String>,
    labels: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    platforms: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    secret: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ssh: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_from: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_to: Option<Vec<String>>,
}

/// The definition of all `targets`, which must name different services and are called `names`, with the caches that
/// `entries` gives for each.
///
/// # Errors
/// Text that bake would change: it normalizes all text to Unicode NFC, which changes paths.
pub(super) fn definition(
    targets: &[Target],
    names: &[String],
    options: &Options,
    entries: impl Fn(&Target) -> Entries,
) -> Result<String> {
    let bake_target = |target: &Target| -> Result<BakeTarget> {
        let literals = |map: &BTreeMap<String, String>| -> Result<_> {
            map.iter().map(|(key, value)| Ok((literal(key)?, literal(value)?))).collect()
        };
        let one = |text: &String| Ok(vec![literal(text)?]);
        let dockerfile = target.dockerfile.as_ref().map(|dockerfile| &*dockerfile.from_context);
        let Entries { from, to } = entries(target);
        let all = |texts: &[String]| texts.iter().map(|text| literal(text)).collect::<Result<Vec<_>>>();
        Ok(BakeTarget {
            context: literal(&target.context)?,
            dockerfile: dockerfile.map(literal).transpose()?,
            contexts: literals(&target.contexts)?,
            tags: target
                .references
                .iter()
                .map(|reference| literal(&reference.to_string()))
                .collect::<Result<_>>()?,
            args: literals(&target.args)?,
            labels: literals(&target.labels)?,
            platforms: target.platforms.iter().map(|platform| platform.as_str().to_owned()).collect(),
            target: target.stage.as_deref().map(literal).transpose()?,
            secret: all(&options.secrets)?,
            ssh: all(&options.ssh)?,
            cache_from: from.as_ref().map(one).transpose()?,
            cache_to: to.as_ref().map(one).transpose()?,
        })
    };
    let bake_targets = targets.iter().map(bake_target).collect::<Result<Vec<_>>>()?;
    let group = Group { targets: names.iter().map(String::as_str).collect() };
    let definition = Definition {
        group: BTreeMap::from([(DEFAULT, group)]),
        target: names.iter().map(String::as_str).zip(bake_targets).collect(),
    };
    let text = serde_json::to_string_pretty(&definition);
    Ok(text.context(Kind::Unexpected, || "cannot write the bake definition as JSON")? + "\n")
}

/// `text` as a template of HCL, where `${` and `%{` begin an expression.
///
/// HCL's own way to escape them, a doubled first character, means something else after another `$`, `%` or carriage
/// return. So each of these is written as an expression that gives it.
///
/// # Errors
/// Text that bake would normalize.
fn literal(text: &str) -> Result<String> {
    if !is_nfc(text) {
        return Err(Error::new(
            Kind::Input,
            format!("docker buildx bake would change '{text}': its letters and accents are not composed (Unicode NFC)"),
        )
        .hint("rename it, or build the service alone"));
    }
    if !text.contains("${") && !text.contains("%{") {
        return Ok(text.to_owned());
    }
    let mut template = String::new();
    for character in text.chars() {
        match character {
            '$' => template.push_str(r#"${"\u0024"}"#),
            '%' => template.push_str(r#"${"\u0025"}"#),
            '\r' => template.push_str(r#"${"\u000d"}"#),
            other => template.push(other),
        }
    }
    Ok(template)
}

/// The bake name of each target: the service's short name if that is unique and valid, else a name made of the whole
/// path.
pub(super) fn names(targets: &[Target]) -> Vec<String> {
    let fits = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-');
    let word = |text: &str| -> String {
        text.chars().map(|character| if fits(character) { character } else { '_' }).collect()
    };
    let mut users: BTreeMap<String, usize> = BTreeMap::from([(DEFAULT.to_owned(), 1)]);
    for target in targets {
        *users.entry(word(short_name(&target.service))).or_default() += 1;
    }
    let mut taken: BTreeSet<String> = users.keys().cloned().collect();
    let name = |target: &Target| {
        let short = word(short_name(&target.service));
        if users.get(&short) == Some(&1) && !short.is_empty() {
            return short;
        }
        let path = word(&target.service);
        let numbered = (2_u64..).map(|number| format!("{path}_{number}"));
        let free = std::iter::once(path.clone()).chain(numbered).find(|name| taken.insert(name.clone()));
        free.unwrap_or(path)
    };
    targets.iter().map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Reference;
    use crate::images::{Cache, CacheAttributes, Dockerfile, Output};

    fn reference(text: &str) -> Reference {
        let (repository, tag) = Reference::split(text);
        Reference { repository: repository.unwrap().parse().unwrap(), tag: tag.unwrap().parse().unwrap() }
    }

    fn target(service: &str) -> Target {
        Target {
            service: service.to_owned(),
            context: format!("./{service}"),
            dockerfile: None,
            contexts: BTreeMap::new(),
            stage: None,
            platforms: Vec::new(),
            references: vec![reference("team/app:1.0.0")],
            args: BTreeMap::from([("VERSION".to_owned(), "1.0.0".to_owned())]),
            inherited_args: BTreeSet::new(),
            labels: BTreeMap::from([("price".to_owned(), "5${x} 100%{y} $z".to_owned())]),
        }
    }

    fn names_of(services: &[&str]) -> Vec<String> {
        names(&services.iter().map(|service| target(service)).collect::<Vec<_>>())
    }

    #[test]
    fn targets_are_called_by_short_names_where_those_tell_them_apart() {
        assert_eq!(names_of(&["services/go/api", "services/node/web"]), ["api", "web"]);
        assert_eq!(names_of(&["go/api", "node/api", "x/web"]), ["go_api", "node_api", "web"]);
        assert_eq!(names_of(&["a/default", "a/b.c"]), ["a_default", "b_c"]);
        // Different paths may still come to the same name.
        assert_eq!(names_of(&["a/b/api", "a_b/api", "x/a_b_api"]), ["a_b_api_2", "a_b_api_3", "a_b_api"]);
        assert_eq!(names_of(&["a/é", "b/ü"]), ["a__", "b__"]);
        assert_eq!(names_of(&["default/x", "y/default", "default"]), ["x", "y_default", "default_2"]);
    }

    fn options() -> Options {
        Options {
            cache: Cache::Gha(CacheAttributes::default()),
            secrets: vec!["id=a,src=b%{c".to_owned()],
            ssh: vec!["default".to_owned()],
            ..Options::new(Output::Push)
        }
    }

    fn defined(targets: &[Target]) -> Result<String> {
        let options = options();
        let entries = |target: &Target| options.cache.entries(&target.service, options.output);
        definition(targets, &names(targets), &options, entries)
    }

    #[test]
    fn text_that_bake_would_change_is_refused() {
        let decomposed = "cafe\u{301}";
        let mut in_label = target("a/api");
        in_label.labels.insert("x".to_owned(), decomposed.to_owned());
        let mut in_name = target("a/api");
        in_name.args.insert(decomposed.to_owned(), String::new());
        for odd in [target(decomposed), in_label, in_name] {
            let error = defined(&[odd, target("b/web")]).unwrap_err();
            assert!(error.to_string().contains(decomposed), "{error}");
        }
        assert!(defined(&[target("café"), target("b/web")]).is_ok());
    }

    #[test]
    fn nothing_in_a_definition_is_a_template() {
        let mut api = Target {
            stage: Some("run${x}".to_owned()),
            platforms: vec!["linux/amd64".parse().unwrap()],
            dockerfile: Some(Dockerfile {
                from_here: "./a/api/Dockerfile.${x}".to_owned(),
                from_context: "./Dockerfile.${x}".to_owned(),
            }),
            ..target("a/api")
        };
        api.references.push(reference("other.example:5000/app:1.0.0"));
        let text = defined(&[api, target("b/web")]).unwrap();
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(json["group"]["default"]["targets"], serde_json::json!(["api", "web"]));
        let api = serde_json::json!({
            "context": "./a/api",
            "dockerfile": r#"./Dockerfile.${"\u0024"}{x}"#,
            "tags": ["team/app:1.0.0", "other.example:5000/app:1.0.0"],
            "args": {"VERSION": "1.0.0"},
            "labels": {"price": r#"5${"\u0024"}{x} 100${"\u0025"}{y} ${"\u0024"}z"#},
            "platforms": ["linux/amd64"],
            "target": r#"run${"\u0024"}{x}"#,
            "secret": [r#"id=a,src=b${"\u0025"}{c"#],
            "ssh": ["default"],
            "cache-from": ["type=gha,scope=a/api"],
            "cache-to": ["type=gha,mode=max,scope=a/api"],
        });
        assert_eq!(json["target"]["api"], api);
        let web = &json["target"]["web"];
        for absent in ["dockerfile", "platforms", "target"] {
            assert!(web.get(absent).is_none(), "{web}");
        }
    }
}
