//! Which services changed, and through which files.

use std::collections::HashMap;
use std::fmt;

use super::file::{FilterFile, Matches, Quantifier, Rule};
use super::pattern::Pattern;
use crate::domain::{ChangeKinds, Changes, did_you_mean, nearest, short_name};

/// What makes a service count as changed.
#[derive(Debug, Clone, Copy)]
pub enum Watch<'f> {
    /// No filter names the service: anything in its own directory.
    OwnDirectory,
    /// The filter that names it.
    Filter {
        /// The filter's name, as written.
        name: &'f str,
        /// Its rules.
        rules: Rules<'f>,
    },
}

/// The rules of one filter.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'f>(&'f [Rule]);

/// A changed file that concerns a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match<'a> {
    /// Its path.
    pub path: &'a [u8],
    /// How it changed.
    pub kinds: ChangeKinds,
    /// The patterns that made it count; none where the service watches its own directory.
    pub patterns: Vec<&'a str>,
}

/// A filter whose name selects nothing, or a service that another filter names already.
///
/// Displays as one line for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Misnomer<'f> {
    /// There is no such service.
    Unknown {
        /// The filter.
        filter: &'f str,
        /// The services that may be meant, the likeliest first.
        near: Vec<String>,
    },
    /// It is the short name of several services.
    Ambiguous {
        /// The filter.
        filter: &'f str,
        /// These services.
        services: Vec<String>,
    },
    /// Two filters name one service: it cannot be known which is meant.
    Again {
        /// The filter.
        filter: &'f str,
        /// The one before it.
        other: &'f str,
        /// The service.
        service: String,
    },
}

/// Finds for each of `services` (paths, sorted) what it watches, and which filters are named wrong.
///
/// A filter's name is a service's path, or its last component where no other service shares it.
pub fn assign<'f>(file: &'f FilterFile, services: &[&str]) -> (Vec<Watch<'f>>, Vec<Misnomer<'f>>) {
    let mut watches = vec![Watch::OwnDirectory; services.len()];
    let mut by_name: HashMap<&str, Vec<usize>> = HashMap::new();
    for (position, path) in services.iter().enumerate() {
        by_name.entry(short_name(path)).or_default().push(position);
    }
    let owned = |at: &usize| services.get(*at).map(|service| (*service).to_owned());
    let mut misnomers = Vec::new();
    for (filter, rules) in &file.filters {
        let named = match services.binary_search(&&**filter) {
            Ok(position) => &[position][..],
            Err(_) => by_name.get(&**filter).map(Vec::as_slice).unwrap_or_default(),
        };
        match named {
            [] => {
                let near = nearest(filter, services.iter().copied());
                let near = near.into_iter().map(ToOwned::to_owned).collect();
                misnomers.push(Misnomer::Unknown { filter, near });
            }
            [position] => match watches.get_mut(*position) {
                Some(Watch::Filter { name: other, .. }) => {
                    let service = owned(position).unwrap_or_default();
                    misnomers.push(Misnomer::Again { filter, other, service });
                }
                Some(watch) => *watch = Watch::Filter { name: filter, rules: Rules(rules) },
                None => {}
            },
            several => {
                let services = several.iter().filter_map(owned).collect();
                misnomers.push(Misnomer::Ambiguous { filter, services });
            }
        }
    }
    (watches, misnomers)
}

impl<'f> Misnomer<'f> {
    /// The filter that is named wrong.
    pub fn filter(&self) -> &'f str {
        match self {
            Misnomer::Unknown { filter, .. }
            | Misnomer::Ambiguous { filter, .. }
            | Misnomer::Again { filter, .. } => filter,
        }
    }
}

impl fmt::Display for Misnomer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Misnomer::Unknown { filter, near } => {
                write!(f, "the filter '{filter}' names no service and selects nothing")?;
                let suggestion = did_you_mean(filter, near.iter().map(String::as_str));
                suggestion.map_or(Ok(()), |suggestion| write!(f, ": {suggestion}"))
            }
            Misnomer::Ambiguous { filter, services } => write!(
                f,
                "the filter '{filter}' selects nothing: it is the short name of several services, {}",
                services.join(", ")
            ),
            Misnomer::Again { filter, other, service } => {
                write!(f, "the filters '{other}' and '{filter}' both name the service {service}")
            }
        }
    }
}

impl<'f> Rules<'f> {
    /// The patterns of these rules, which are of `file`, in order, each with the kinds of change that it is for; none
    /// means any.
    pub fn patterns(self, file: &'f FilterFile) -> impl Iterator<Item = (Option<ChangeKinds>, &'f Pattern)> {
        let patterns = self.0.iter().flat_map(|rule| rule.patterns.iter().map(|at| (rule.kinds, *at)));
        patterns.filter_map(|(kinds, at)| Some((kinds, file.patterns.get(at)?)))
    }
}

/// How much of an answer is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Whether a service changed: one file is enough.
    First,
    /// All files that concern a service.
    All,
}

/// The files among `changes` that concern each of `services`, which watch what `watches` says.
pub fn select<'a>(
    services: &[&str],
    watches: &[Watch<'_>],
    file: &'a FilterFile,
    changes: &'a Changes,
    quantifier: Quantifier,
    detail: Detail,
) -> Vec<Vec<Match<'a>>> {
    let mut selected: Vec<Vec<Match<'a>>> = services.iter().map(|_| Vec::new()).collect();
    let mut owners: HashMap<&[u8], usize> = HashMap::new();
    let mut waiting: Vec<(usize, &[Rule])> = Vec::new();
    for (position, (service, watch)) in services.iter().zip(watches).enumerate() {
        match watch {
            Watch::OwnDirectory => drop(owners.insert(service.as_bytes(), position)),
            Watch::Filter { rules, .. } => waiting.push((position, rules.0)),
        }
    }
    for (path, kinds) in changes.iter() {
        let mut matches = Matches::new(file, path);
        let owned = at_and_above(path).filter_map(|directory| owners.get(directory));
        let owned = owned.map(|position| (*position, Vec::new()));
        let filtered = waiting.iter().filter_map(|(position, rules)| {
            let patterns = quantifier.counts(rules, kinds, &mut matches)?;
            let texts = patterns.into_iter().filter_map(|at| file.patterns.get(at));
            Some((*position, texts.map(Pattern::as_str).collect()))
        });
        for (position, patterns) in owned.chain(filtered) {
            if let Some(selected) = selected.get_mut(position)
                && (detail == Detail::All || selected.is_empty())
            {
                selected.push(Match { path, kinds, patterns });
            }
        }
        if detail == Detail::First {
            waiting.retain(|(position, _)| selected.get(*position).is_some_and(Vec::is_empty));
        }
    }
    selected
}

/// `path` and every directory around it. A service among them is one whose `DIRECTORY/**` matches, with nothing special
/// in the directory's name.
fn at_and_above(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    let slashes = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
    slashes.chain([path.len()]).filter_map(|end| path.get(..end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ChangeKind;
    use crate::filters::Quantifier::{Every, Some as SomeOf, SomeWithExcludes};

    const API: &str = "services/go/api";
    const SERVICES: [&str; 2] = [API, "services/node/web"];

    /// The files that make `services/go/api` count as changed.
    fn selected(filters: &str, quantifier: Quantifier) -> Vec<String> {
        let file = FilterFile::parse(filters).unwrap();
        let mut changes = Changes::default();
        changes.add("docs/a.md", ChangeKind::Added);
        changes.add("services/go/api/main.go", ChangeKind::Modified);
        changes.add("services/go/api/notes.md", ChangeKind::Deleted);
        changes.add_rename("services/go/api/old.go", "services/node/web/new.go");
        let (watches, warnings) = assign(&file, &SERVICES);
        assert_eq!(warnings, []);
        let selected = select(&SERVICES, &watches, &file, &changes, quantifier, Detail::All);
        let first = select(&SERVICES, &watches, &file, &changes, quantifier, Detail::First);
        for (all, first) in selected.iter().zip(first) {
            assert_eq!(all.iter().take(1).cloned().collect::<Vec<_>>(), first);
        }
        selected[0].iter().map(|file| String::from_utf8_lossy(file.path).into_owned()).collect()
    }

    #[test]
    fn a_service_without_a_filter_watches_its_directory() {
        let all = ["services/go/api/main.go", "services/go/api/notes.md", "services/go/api/old.go"];
        assert_eq!(selected("", SomeOf), all);
        assert_eq!(selected("web: docs/**", Every), all);
        let above: Vec<&[u8]> = at_and_above(b"services/[go]/a").collect();
        assert_eq!(above, [&b"services"[..], b"services/[go]", b"services/[go]/a"]);
    }

    #[test]
    fn quantifiers_combine_rules() {
        let rules = "api: ['services/go/**', '!**/*.md']";
        assert_eq!(selected(rules, Every), ["services/go/api/main.go", "services/go/api/old.go"]);
        assert_eq!(selected(rules, SomeWithExcludes), selected(rules, Every));
        // As a rule of its own, a negated pattern holds for everything else.
        assert_eq!(selected(rules, SomeOf).last().map(String::as_str), Some("services/node/web/new.go"));
        let any = "api: ['docs/**', 'services/go/**', '!**/*.md']";
        assert_eq!(selected(any, Every), [""; 0]);
        assert_eq!(selected(any, SomeWithExcludes), ["services/go/api/main.go", "services/go/api/old.go"]);
        assert_eq!(selected("api: []", SomeOf), [""; 0]);
        assert_eq!(selected("api: []", Every).len(), 5);
        assert_eq!(selected("api: '!docs/**'", SomeWithExcludes), [""; 0]);
    }

    #[test]
    fn change_types_narrow_a_rule() {
        for (rule, expected) in [
            ("added: '**'", vec!["docs/a.md", "services/node/web/new.go"]),
            ("deleted: '**'", vec!["services/go/api/notes.md", "services/go/api/old.go"]),
            ("renamed: '**'", vec!["services/go/api/old.go", "services/node/web/new.go"]),
            ("copied: '**'", vec![]),
            (
                " Added | modified : ['services/**', 'docs/**']",
                vec!["docs/a.md", "services/go/api/main.go", "services/node/web/new.go"],
            ),
            ("{added: 'docs/**', deleted: '**/*.go'}", vec!["docs/a.md", "services/go/api/old.go"]),
        ] {
            assert_eq!(selected(&format!("api: [{rule}]"), SomeOf), expected, "{rule}");
        }
    }

    #[test]
    fn lists_anchors_and_merge_keys_are_read_through() {
        let filters = "
x: &shared [docs/**]
base: &base {modified: '**'}
services/go/api:
  - *shared
  - [[services/node/**]]
  - {<<: *base, deleted: '**/*.md'}
";
        let file = FilterFile::parse(filters).unwrap();
        assert_eq!(file.names().collect::<Vec<_>>(), ["x", "base", "services/go/api"]);
        let api = &file.filters[2].1;
        assert_eq!(api.len(), 4);
        assert_eq!(file.patterns.len(), 4, "'docs/**' and '**' are shared");
        let merged = FilterFile::parse("a: &a {api: x, web: y}\n").map(|_| ()).unwrap_err();
        assert!(merged.message.contains("change type"), "{merged}");
        let file = FilterFile::parse("<<: {api: x, web: y}\napi: z\n").unwrap();
        assert_eq!(file.names().collect::<Vec<_>>(), ["api", "web"]);
        assert_eq!(file.patterns[file.filters[0].1[0].patterns[0]].as_str(), "z");
    }

    #[test]
    fn what_is_wrong_is_located() {
        for (text, line, column) in [
            ("api:\n  - 1\n", 2, 5),
            ("api:\n  - a\n  - {addded: b}\n", 3, 6),
            ("api: a\n\napi: b\n", 3, 1),
            ("api:\n  - {added: {b: c}}\n", 2, 13),
            ("api: !docs/**\n", 1, 6),
            ("api: [a\nb: c\n", 2, 2),
            ("- a\n", 1, 1),
        ] {
            assert_eq!(FilterFile::parse(text).unwrap_err().location, Some((line, column)), "{text}");
        }
        assert!(FilterFile::parse("a: x\n---\nb: y\n").is_err());
    }

    #[test]
    fn names_are_paths_or_short_names() {
        let file = |text: &str| FilterFile::parse(text).unwrap();
        let wrong = |text: &str, services: &[&str]| -> Vec<String> {
            let file = file(text);
            let (watches, wrong) = assign(&file, services);
            assert_eq!(watches.len(), services.len());
            wrong.iter().map(ToString::to_string).collect()
        };
        assert_eq!(
            wrong("api: a\nservices/go/api: b", &SERVICES),
            ["the filters 'api' and 'services/go/api' both name the service services/go/api"]
        );
        assert_eq!(
            wrong("web: a\nwebb: b\nshared: c", &SERVICES),
            [
                "the filter 'webb' names no service and selects nothing: did you mean services/node/web?",
                "the filter 'shared' names no service and selects nothing"
            ]
        );
        assert!(wrong("api: a", &["a/api", "b/api"])[0].contains("a/api, b/api"));
    }

    #[test]
    fn aliases_that_multiply_are_refused() {
        let mut text = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
        for level in 1..12 {
            let aliases = vec![format!("*a{}", level - 1); 10].join(",");
            text.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
        }
        assert!(FilterFile::parse(&text).is_err());
    }
}
