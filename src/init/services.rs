//! From builds to services: which there are, and what each of them is built of.

use std::collections::{BTreeMap, BTreeSet};

use super::dockerfiles::{self, is_development_word, needed_context};
use super::fact::{BuildFact, Spot};
use super::images::{Images, images};
use super::naming;
use super::value::NamedImage;
use super::{Discovery, Sources, Sureness};
use crate::workspace::taskfile::directory_of;

/// From as many on, services that have something in common share a line of the configuration.
pub(super) const MANY: usize = 3;

/// A service as `imgver.yaml` is to have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProposedService {
    /// Its name.
    pub name: String,
    /// Its directory; empty for the root.
    pub directory: String,
    /// Its Dockerfile.
    pub dockerfile: String,
    /// The directory that its build reads; empty for the root.
    pub context: String,
    /// The stage; none for the last.
    pub target: Option<String>,
    /// Its images, the main one first; empty where nothing names them, or its Taskfile does.
    pub images: Vec<String>,
    /// Images that many services have, so that it has none of them: each needs its own.
    pub shared_images: Vec<String>,
    /// Whether files contradict each other about its images, so that it has none.
    pub is_contradicted: bool,
    /// Platforms.
    pub platforms: Vec<String>,
    /// Values of `ARG`s.
    pub args: BTreeMap<String, String>,
    /// Whether its Taskfile names its image.
    pub has_taskfile: bool,
    /// What is left to people, for comments beside it.
    pub remarks: Vec<String>,
    /// Why it may be no service: then all of it is a comment.
    pub doubt: Option<String>,
    /// Where it was found.
    pub spot: Spot,
}

/// What is built of one Dockerfile up to one stage.
struct Group<'f> {
    dockerfile: &'f str,
    target: Option<String>,
    /// The likeliest release first.
    facts: Vec<&'f BuildFact>,
    /// Why it may be no service.
    doubt: Option<String>,
    remarks: Vec<String>,
}

/// The services that `facts` and the Dockerfiles make, sorted by name; `discoveries` gets what makes none.
pub(super) fn services(
    facts: &[BuildFact],
    taskfiles: &BTreeMap<String, Option<String>>,
    sources: &Sources,
    discoveries: &mut Vec<Discovery>,
) -> Vec<ProposedService> {
    let groups = groups(facts, sources, discoveries);
    let named: Vec<Images> = groups.iter().map(|group| images(&group.facts)).collect();
    let names = naming::names(
        &groups
            .iter()
            .zip(&named)
            .map(|(group, images)| naming::Nameless {
                dockerfile: group.dockerfile,
                target: group.target.as_deref(),
                label: group.facts.iter().find_map(|fact| fact.label.as_deref()),
                image: images.known.first().map(String::as_str),
                is_doubtful: group.doubt.is_some(),
            })
            .collect::<Vec<_>>(),
        taskfiles.keys(),
        sources,
    );
    let mut services: Vec<ProposedService> = groups
        .into_iter()
        .zip(named)
        .zip(names)
        .map(|((group, images), name)| service(group, images, name, taskfiles, sources))
        .collect();
    share_no_image(&mut services);
    services.sort_by(|a, b| a.name.cmp(&b.name));
    services
}

fn groups<'f>(
    facts: &'f [BuildFact],
    sources: &'f Sources,
    discoveries: &mut Vec<Discovery>,
) -> Vec<Group<'f>> {
    let mut by_dockerfile: BTreeMap<&str, Vec<&BuildFact>> = BTreeMap::new();
    for fact in facts {
        by_dockerfile.entry(&fact.dockerfile).or_default().push(fact);
    }
    let mut groups = Vec::new();
    for (dockerfile, facts) in &mut by_dockerfile {
        // What is pushed counts most, and what is nearer to the root is nearer to the whole.
        facts.sort_by_key(|fact| {
            (!fact.is_pushed, fact.source, fact.spot.file.matches('/').count(), &fact.spot)
        });
        groups.extend(by_target(dockerfile, facts, discoveries));
    }
    let built: BTreeSet<&str> = by_dockerfile.keys().copied().collect();
    let tracked = sources.tracked.iter().map(String::as_str);
    for dockerfile in tracked.filter(|file| dockerfiles::is_named_so(file) && !built.contains(file)) {
        let doubt = (!built.is_empty()).then(|| "no compose file and no workflow builds it".to_owned());
        groups.push(Group { dockerfile, target: None, facts: Vec::new(), doubt, remarks: Vec::new() });
    }
    for group in &mut groups {
        let is_released = group.facts.iter().any(|fact| fact.is_release() && !fact.images.is_empty());
        let aside = dockerfiles::aside(group.dockerfile).map(|part| format!("it is below {part}/"));
        let for_development = dockerfiles::is_for_development(group.dockerfile)
            .then(|| "its name says that it is for development".to_owned());
        if !is_released {
            group.doubt = aside.or(for_development).or(group.doubt.take());
        }
    }
    groups.sort_by(|a, b| (a.dockerfile, &a.target).cmp(&(b.dockerfile, &b.target)));
    groups
}

/// One group for each stage that is built of a Dockerfile, but none for a stage that is for development beside another.
fn by_target<'f>(
    dockerfile: &'f str,
    facts: &[&'f BuildFact],
    discoveries: &mut Vec<Discovery>,
) -> Vec<Group<'f>> {
    let mut targets: BTreeMap<Option<&str>, Vec<&BuildFact>> = BTreeMap::new();
    for fact in facts {
        targets.entry(fact.target.as_deref()).or_default().push(fact);
    }
    let is_development = |target: &Option<&str>| target.is_some_and(is_development_word);
    let (development, released): (Vec<_>, Vec<_>) =
        targets.into_iter().partition(|(target, _)| is_development(target));
    let group = |target: Option<&str>, facts, remarks| Group {
        dockerfile,
        target: target.map(ToOwned::to_owned),
        facts,
        doubt: None,
        remarks,
    };
    if released.is_empty() {
        // All that is known is how it is developed: the image that is released may be the last stage.
        let stages: Vec<&str> = development.iter().filter_map(|(target, _)| *target).collect();
        let facts: Vec<&BuildFact> = development.into_iter().flat_map(|(_, facts)| facts).collect();
        let spot = facts.first().map(|fact| fact.spot.to_string()).unwrap_or_default();
        let remark = stages.first().map(|stage| format!("target: {stage}   # for development, says {spot}"));
        return vec![group(None, facts, remark.into_iter().collect())];
    }
    // Where one stage is pushed, files that push nothing build the others for themselves.
    let is_release = |facts: &[&BuildFact]| facts.iter().any(|fact| fact.is_release());
    let any_release = released.iter().any(|(_, facts)| is_release(facts));
    let (released, tried): (Vec<_>, Vec<_>) =
        released.into_iter().partition(|(_, facts)| !any_release || is_release(facts));
    let aside = development.iter().map(|it| (it, "for development"));
    for ((target, facts), why) in aside.chain(tried.iter().map(|it| (it, "while another is pushed"))) {
        let stage = target.map_or("last stage".to_owned(), |target| format!("stage {target}"));
        for fact in facts {
            let what = format!("{dockerfile} is built up to its {stage}, {why}");
            discoveries.push(Discovery::new(fact.spot.clone(), what, "nothing", Sureness::Likely));
        }
    }
    let split = |(target, facts)| by_args(facts).into_iter().map(move |facts| (target, facts));
    released.into_iter().flat_map(split).map(|(target, facts)| group(target, facts, Vec::new())).collect()
}

/// The facts of one Dockerfile and one stage, apart where both their images and the values of `ARG`s are others.
fn by_args(facts: Vec<&BuildFact>) -> Vec<Vec<&BuildFact>> {
    let mut groups: Vec<Build<'_>> = Vec::new();
    for fact in facts.iter().filter(|fact| fact.is_release()) {
        let mut build = Build::of(fact);
        if build.images.is_empty() {
            continue;
        }
        // It may be what two of them have in common.
        let (same, others) = groups.into_iter().partition(|group: &Build<'_>| group.is_same(&build));
        groups = others;
        let same: Vec<Build<'_>> = same;
        same.into_iter().rev().for_each(|group| build = group.with(std::mem::take(&mut build)));
        groups.push(build);
    }
    if groups.len() < 2 { vec![facts] } else { groups.into_iter().map(|build| build.facts).collect() }
}

/// Facts about one image.
#[derive(Default)]
struct Build<'f> {
    args: Vec<BTreeMap<&'f str, &'f str>>,
    images: BTreeSet<String>,
    facts: Vec<&'f BuildFact>,
}

impl<'f> Build<'f> {
    fn of(fact: &'f BuildFact) -> Self {
        let known = fact.args.iter().filter_map(|(name, value)| Some((name.as_str(), value.known()?)));
        let images = fact.images.iter().filter_map(|image| match image.image()? {
            NamedImage::Known(image) => Some(image),
            NamedImage::Open(_) => None,
        });
        Build { args: vec![known.collect()], images: images.collect(), facts: vec![fact] }
    }

    fn is_same(&self, other: &Self) -> bool {
        !self.images.is_disjoint(&other.images) || other.args.iter().any(|args| self.args.contains(args))
    }

    fn with(mut self, other: Self) -> Self {
        self.args.extend(other.args);
        self.images.extend(other.images);
        self.facts.extend(other.facts);
        self
    }
}

fn service(
    group: Group<'_>,
    images: Images,
    name: String,
    taskfiles: &BTreeMap<String, Option<String>>,
    sources: &Sources,
) -> ProposedService {
    let Group { dockerfile, target, facts, doubt, mut remarks } = group;
    let context = match facts.first() {
        Some(fact) => fact.context.clone(),
        None => needed_context(dockerfile, sources.text(dockerfile).unwrap_or_default(), sources),
    };
    let directory = directory(dockerfile, &name);
    let others: BTreeSet<&str> =
        facts.iter().map(|fact| fact.context.as_str()).filter(|other| *other != context).collect();
    for other in others {
        let place = facts.iter().find(|fact| fact.context == other).map(|fact| fact.spot.to_string());
        remarks.push(format!("context: {}   # says {}", dot(other), place.unwrap_or_default()));
    }
    let task_image = taskfiles.get(&directory).filter(|_| name == directory);
    let mut found = Vec::new();
    match task_image {
        Some(Some(task)) => {
            let differs = |image: &&String| *image != task;
            remarks.extend(
                images.known.iter().find(differs).map(|image| {
                    format!("image: {image}   # says {}; its Taskfile says {task}", images.place)
                }),
            );
        }
        Some(None) => {}
        None => {
            found = images.known;
            let open = images.open.into_iter().filter(|_| found.is_empty());
            remarks.extend(open.map(|(image, spot)| format!("image: {image}   # guessed from {spot}")));
            remarks.extend(
                images.others.into_iter().map(|(image, spot)| format!("image: {image}   # says {spot}")),
            );
        }
    }
    if doubt.is_none() && !dockerfiles::is_within(&context, &directory) {
        let what =
            if context.is_empty() { "the whole repository".to_owned() } else { format!("all of {context}") };
        let own = dot(&directory);
        remarks.push(format!("watch-inputs: true   # its build can read {what}, but it watches {own} only"));
    }
    ProposedService {
        platforms: platforms(&facts),
        args: args(&facts, &dockerfiles::declared_args(sources.text(dockerfile).unwrap_or_default())),
        spot: facts.first().map_or_else(|| Spot::file(dockerfile), |fact| fact.spot.clone()),
        name,
        dockerfile: dockerfile.to_owned(),
        context,
        target,
        images: found,
        shared_images: Vec::new(),
        is_contradicted: images.is_contradicted && task_image.is_none(),
        has_taskfile: task_image.is_some(),
        remarks,
        doubt,
        directory,
    }
}

/// The directory of the service `name`: the one of its Dockerfile, or the one around that if the service is named after it.
fn directory(dockerfile: &str, name: &str) -> String {
    let own = directory_of(dockerfile);
    if directory_of(own) == name { name.to_owned() } else { own.to_owned() }
}

/// A directory as the configuration spells it.
pub(super) fn dot(directory: &str) -> &str {
    if directory.is_empty() { "." } else { directory }
}

/// The platforms of all steps that build an image in the same way as the first: workflows have a job for each.
fn platforms(facts: &[&BuildFact]) -> Vec<String> {
    let first = facts.iter().find(|fact| !fact.platforms.is_empty());
    let same = facts.iter().filter(|fact| first.is_some_and(|first| first.source == fact.source));
    let mut platforms: Vec<String> = Vec::new();
    for platform in same.flat_map(|fact| &fact.platforms) {
        if !platforms.contains(platform) {
            platforms.push(platform.clone());
        }
    }
    platforms.sort();
    platforms
}

/// The args that the Dockerfile declares, and for which all files of the likeliest kind have the same value; imgver itself sets
/// the version.
fn args(facts: &[&BuildFact], declared: &BTreeSet<String>) -> BTreeMap<String, String> {
    const OURS: [&str; 2] = ["VERSION", "SOURCE_DATE_EPOCH"];
    let Some(first) = facts.first() else { return BTreeMap::new() };
    let same_kind = || facts.iter().filter(|fact| fact.source == first.source);
    let agreed = |name: &str, value: &str| {
        same_kind().filter_map(|fact| fact.args.get(name)).all(|other| other.known() == Some(value))
    };
    let known = first.args.iter().filter_map(|(name, value)| Some((name.clone(), value.known()?.to_owned())));
    known
        .filter(|(name, value)| {
            declared.contains(name) && !OURS.contains(&name.as_str()) && agreed(name, value)
        })
        .filter(|(_, value)| !value.contains(['\n', '\r']))
        .collect()
}

/// Takes away images that several services have: they are told apart by tags there, which have the version here.
fn share_no_image(services: &mut [ProposedService]) {
    let mut users: BTreeMap<String, usize> = BTreeMap::new();
    let all = services.iter().filter(|service| service.doubt.is_none());
    for image in all.flat_map(|service| service.images.clone()) {
        *users.entry(image).or_default() += 1;
    }
    for service in services.iter_mut() {
        let is_shared = |image: &String| users.get(image).is_some_and(|users| *users > 1);
        let (shared, own): (Vec<String>, Vec<String>) =
            std::mem::take(&mut service.images).into_iter().partition(is_shared);
        service.images = own;
        let count = |image: &String| users.get(image).copied().unwrap_or_default();
        let (by_many, by_few): (Vec<String>, Vec<String>) =
            shared.into_iter().partition(|image| count(image) >= MANY);
        service.shared_images = by_many;
        service.remarks.extend(by_few.iter().map(|image| {
            let services = count(image);
            format!(
                "image: {image}   # {} names it for {services} services: each needs its own",
                service.spot
            )
        }));
    }
}

/// What was found of a service, and what it becomes.
pub(super) fn discovery(service: &ProposedService) -> Discovery {
    let built = if service.spot.line.is_some() {
        format!("builds {}", service.dockerfile)
    } else {
        "a Dockerfile".to_owned()
    };
    let stage = service.target.as_ref().map(|target| format!(" up to {target}")).unwrap_or_default();
    let what = format!("{built}{stage}, context {}", dot(&service.context));
    let image = match service.images.as_slice() {
        [] if service.has_taskfile => " (image from its Taskfile)".to_owned(),
        [] if service.is_contradicted => ", image left to you: files contradict each other".to_owned(),
        [] => ", image left to you".to_owned(),
        images => format!(", image {}", images.join(" and ")),
    };
    let (becomes, sureness) = match &service.doubt {
        Some(doubt) => (format!("a comment: {doubt}"), Sureness::Unsure),
        None if service.is_contradicted => (format!("{}{image}", service.name), Sureness::Unsure),
        None if service.spot.line.is_none() => (format!("{}{image}", service.name), Sureness::Likely),
        None => (format!("{}{image}", service.name), Sureness::Sure),
    };
    Discovery::new(service.spot.clone(), what, becomes, sureness)
}
