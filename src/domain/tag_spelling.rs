//! Which tag format the tags of a repository fit, by their names.

use std::collections::{BTreeMap, HashMap};

use super::{Version, short_name};

/// What release tags without a service may have before their version. Other words are names of something.
const PLAIN: [&str; 12] =
    ["", "v", "V", "v.", "r", "release-", "release/", "release-v", "release/v", "version-", "ver-", "rel-"];

/// What may stand before the name of a service.
const LEADS: [&str; 4] = ["", "release/", "releases/", "release-"];

/// What may stand between the name of a service and a version, and before an optional `v`.
const SEPARATORS: [char; 5] = ['@', '-', '/', '_', '.'];

/// The services of a repository, as far as tags name them.
pub struct TagSpellings<'s> {
    paths: HashMap<&'s str, usize>,
    /// By short name; none where several services have it, so that no format by short name can be used.
    names: HashMap<&'s str, Option<usize>>,
}

/// The format that a tag fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagSpelling {
    /// As `--tag-format` takes it.
    pub format: String,
    /// The service that the tag names, by position; none where its format names none.
    pub service: Option<usize>,
}

/// A format that several tags fit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FormatProposal {
    /// As `--tag-format` takes it.
    pub format: String,
    /// The tag of the highest version among them.
    pub example: String,
    /// How many they are.
    pub tags: usize,
}

/// What the tags of a repository look like.
#[derive(Default)]
pub struct TagSurvey<'t> {
    /// By the service that they name, and their format.
    formats: BTreeMap<(Option<usize>, String), Fitting<'t>>,
}

/// A format of one service, or of none, and its tags.
type Format<'s, 't> = (&'s (Option<usize>, String), &'s Fitting<'t>);

/// The tags of one format.
struct Fitting<'t> {
    tags: usize,
    highest: (Version, &'t str),
}

impl<'s> TagSpellings<'s> {
    /// With the paths of all services.
    pub fn new(services: impl IntoIterator<Item = &'s str>) -> Self {
        let mut spellings = TagSpellings { paths: HashMap::new(), names: HashMap::new() };
        for (position, path) in services.into_iter().enumerate() {
            spellings.paths.insert(path, position);
            spellings.names.entry(short_name(path)).and_modify(|of| *of = None).or_insert(Some(position));
        }
        spellings
    }

    /// The format that `tag` fits, if it ends in a version and names a service, or nothing at all.
    pub fn of(&self, tag: &str) -> Option<TagSpelling> {
        self.with_version(tag).map(|(spelling, _)| spelling)
    }

    /// As [`TagSpellings::of`], with the version of the tag.
    pub fn with_version(&self, tag: &str) -> Option<(TagSpelling, Version)> {
        let digits = tag.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.').len();
        let version = tag.get(digits..)?.trim_start_matches('.');
        let before = tag.strip_suffix(version)?;
        let spelling = self.named(before).or_else(|| {
            let format = format!("{before}{{version}}");
            PLAIN.contains(&before).then_some(TagSpelling { format, service: None })
        });
        Some((spelling?, Version::parse(version)?))
    }

    /// The format of a tag with `before` in front of its version, if that names a service.
    fn named(&self, before: &str) -> Option<TagSpelling> {
        let head =
            before.strip_suffix(['v', 'V']).filter(|head| head.ends_with(SEPARATORS)).unwrap_or(before);
        let head = head.strip_suffix(SEPARATORS)?;
        let tail = before.get(head.len()..)?;
        LEADS.iter().find_map(|lead| {
            let name = head.strip_prefix(lead)?;
            let by_path = self.paths.get(name).map(|service| (*service, "{service}"));
            let by_name = || Some(((*self.names.get(name)?)?, "{name}"));
            let (service, placeholder) = by_path.or_else(by_name)?;
            Some(TagSpelling {
                format: format!("{lead}{placeholder}{tail}{{version}}"),
                service: Some(service),
            })
        })
    }

    /// What all `tags` of a repository look like.
    pub fn survey<'t>(&self, tags: impl Iterator<Item = &'t str>) -> TagSurvey<'t> {
        let mut survey = TagSurvey::default();
        for tag in tags {
            if let Some((TagSpelling { format, service }, version)) = self.with_version(tag) {
                let here = (version, tag);
                let entry = survey.formats.entry((service, format));
                let fitting = entry.or_insert(Fitting { tags: 0, highest: here });
                fitting.tags += 1;
                fitting.highest = fitting.highest.max(here);
            }
        }
        survey
    }
}

impl<'t> TagSurvey<'t> {
    /// All formats that tags fit: the service that they name, by position, and the highest version among them.
    pub fn by_service(&self) -> impl Iterator<Item = (Option<usize>, Version, FormatProposal)> {
        self.formats.iter().map(|((of, format), Fitting { tags, highest: (version, example) })| {
            let proposal =
                FormatProposal { format: format.clone(), example: (*example).to_owned(), tags: *tags };
            (*of, *version, proposal)
        })
    }

    /// The format that reads the releases of `service` (by position; none for the repository as a whole), if none of its tags
    /// has the default one. Tags that name the service count before those that name none; the latter not where any service
    /// has tags in the default format, which then is the repository's. Where neither has any, those of other services do.
    pub fn proposal(&self, service: Option<usize>) -> Option<FormatProposal> {
        let is_default = |service: Option<usize>, format: &str| match service {
            Some(_) => format == "{service}@{version}",
            None => matches!(format, "{version}" | "v{version}"),
        };
        if self.formats.keys().any(|(of, format)| *of == service && is_default(*of, format)) {
            return None;
        }
        let default_is_used = service.is_some()
            && self.formats.keys().any(|(of, format)| of.is_some() && is_default(*of, format));
        let found = self.formats.iter().filter(|((of, _), _)| match of {
            Some(_) => *of == service,
            None => !default_is_used,
        });
        // The format with the most tags; of several, that of the highest version.
        let rank = |((of, _), fitting): &Format<'_, 't>| (of.is_some(), fitting.tags, fitting.highest);
        // A service without any is released as the others are.
        let others = self.formats.iter().filter(|_| service.is_some() && !default_is_used);
        let best = found.max_by_key(rank).or_else(|| others.max_by_key(rank))?;
        let ((_, format), Fitting { tags, highest: (_, example) }) = best;
        Some(FormatProposal { format: format.clone(), example: (*example).to_owned(), tags: *tags })
    }

    /// All formats of the tags, whatever service they name; that of the highest version first.
    pub fn formats(&self) -> Vec<FormatProposal> {
        let mut formats: BTreeMap<&str, (usize, (Version, &str))> = BTreeMap::new();
        for ((_, format), Fitting { tags, highest }) in &self.formats {
            let (sum, best) = formats.entry(format).or_insert((0, *highest));
            *sum += tags;
            *best = (*best).max(*highest);
        }
        let mut formats: Vec<_> = formats.into_iter().collect();
        formats.sort_by_key(|(format, (_, highest))| (std::cmp::Reverse(*highest), *format));
        let proposal = |(format, (tags, (_, example))): (&str, (usize, (Version, &str)))| FormatProposal {
            format: format.to_owned(),
            example: example.to_owned(),
            tags,
        };
        formats.into_iter().map(proposal).collect()
    }
}

impl FormatProposal {
    /// The tags, as the beginning of a sentence, and its verb: `v1.2.3 and 16 other tags fit`.
    pub fn fit(&self) -> String {
        let FormatProposal { example, tags, .. } = self;
        match tags - 1 {
            0 => format!("{example} fits"),
            1 => format!("{example} and 1 other tag fit"),
            others => format!("{example} and {others} other tags fit"),
        }
    }

    /// The setting that reads them.
    pub fn setting(&self) -> String {
        tag_format_setting(&self.format)
    }
}

/// How to set the tag format `format`: for good, for a call, or for a job.
pub fn tag_format_setting(format: &str) -> String {
    format!("tag-format: '{format}' in imgver.yaml, --tag-format '{format}' or IMGVER_TAG_FORMAT='{format}'")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::TagFormat;

    const SERVICES: [&str; 4] = ["services/api", "services/web", "a/twin", "b/twin"];

    #[test]
    fn tags_have_a_format() {
        let spellings = TagSpellings::new(SERVICES);
        for (tag, format) in [
            ("v1.2.3", Some("v{version}")),
            ("1.2.3", Some("{version}")),
            ("release-1.2.3", Some("release-{version}")),
            ("api-v1.2.3", Some("{name}-v{version}")),
            ("web@1.2.3", Some("{name}@{version}")),
            ("web@v1.2.3", Some("{name}@v{version}")),
            ("services/api/v1.2.3", Some("{service}/v{version}")),
            ("services/api-1.2.3", Some("{service}-{version}")),
            ("services/api@1.2.3", Some("{service}@{version}")),
            ("release/api/1.2.3", Some("release/{name}/{version}")),
            ("api_V1.2.3", Some("{name}_V{version}")),
            ("api.1.2.3", Some("{name}.{version}")),
            ("a/twin/1.2.3", Some("{service}/{version}")),
            ("twin-1.2.3", None),
            ("other-1.2.3", None),
            ("apiv1.2.3", None),
            ("v1.2", None),
            ("v1.2.3-rc.1", None),
            ("v1.2.3.4", None),
            ("v01.2.3", None),
            ("", None),
            ("...", None),
            ("é1.2.3", None),
        ] {
            let spelling = spellings.of(tag);
            assert_eq!(spelling.as_ref().map(|spelling| &*spelling.format), format, "{tag}");
            if let Some(TagSpelling { format, service }) = spelling {
                let path = service.map_or("", |service| SERVICES[service]);
                let pattern = format.parse::<TagFormat>().unwrap().pattern(path);
                assert!(pattern.version_of(tag).is_some(), "{format} reads {tag}");
            }
        }
    }

    fn proposed(service: &str, tags: &[&str]) -> Option<String> {
        let service = SERVICES.iter().position(|path| *path == service);
        let proposal = TagSpellings::new(SERVICES).survey(tags.iter().copied()).proposal(service)?;
        Some(format!("{} {}", proposal.fit(), proposal.format))
    }

    #[test]
    fn a_format_is_proposed_for_a_service() {
        let api = |tags: &[&str]| proposed("services/api", tags);
        assert_eq!(
            api(&["v1.9.0", "v1.10.0", "x"]).as_deref(),
            Some("v1.10.0 and 1 other tag fit v{version}")
        );
        assert_eq!(
            api(&["v1.0.0", "v1.1.0", "api-1.0.0"]).as_deref(),
            Some("api-1.0.0 fits {name}-{version}")
        );
        assert_eq!(
            api(&["web-1.0.0"]).as_deref(),
            Some("web-1.0.0 fits {name}-{version}"),
            "as another service"
        );
        assert_eq!(api(&["v1.0.0", "services/api@1.0.0"]), None, "it has releases");
        assert_eq!(api(&["v1.0.0", "services/web@1.0.0"]), None, "the default is what is used here");
        assert_eq!(
            api(&["api/v1.0.0", "services/web@1.0.0"]).as_deref(),
            Some("api/v1.0.0 fits {name}/v{version}")
        );
        assert_eq!(api(&[]), None);
    }

    #[test]
    fn all_formats_are_known_by_their_highest_version() {
        let tags = ["v1.0.0", "v3.0.0", "2026.6.0", "api-v9.0.0", "web-v1.0.0", "other"];
        let found = TagSpellings::new(SERVICES).survey(tags.into_iter()).formats();
        let brief: Vec<_> = found.iter().map(|it| (&*it.format, &*it.example, it.tags)).collect();
        assert_eq!(
            brief,
            [
                ("{version}", "2026.6.0", 1),
                ("{name}-v{version}", "api-v9.0.0", 2),
                ("v{version}", "v3.0.0", 2)
            ]
        );
    }

    #[test]
    fn a_format_is_proposed_for_the_repository() {
        assert_eq!(proposed("", &["v1.0.0", "release-1.0.0"]), None);
        assert_eq!(proposed("", &["release-1.0.0"]).as_deref(), Some("release-1.0.0 fits release-{version}"));
        assert_eq!(proposed("", &["api-1.0.0", "services/api@1.0.0"]), None);
    }
}
