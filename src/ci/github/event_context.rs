//! The event of a run, from the variables that GitHub sets and the payload of the event.
//!
//! Sources: "Variables reference" and "Events that trigger workflows" in GitHub's documentation of Actions, "Webhook
//! events and payloads" in that of webhooks.

use super::payload::Payload;
use crate::ci::{Asked, Base, Event, Hash, Merge};
use crate::domain::ImageTag;
use crate::error::{Context as _, Error, Kind, Result};

/// The variable that names the file of the event's payload.
pub const EVENT_PATH: &str = "GITHUB_EVENT_PATH";

/// The variable that names the workflow of a run: `OWNER/REPOSITORY/.github/workflows/FILE@REF`. Gitea does not
/// set it.
pub const WORKFLOW_REF: &str = "GITHUB_WORKFLOW_REF";

/// The file name of the workflow in the value of [`WORKFLOW_REF`], if it has one.
pub fn workflow_file(reference: &str) -> Option<&str> {
    let (_, rest) = reference.split_once("/.github/workflows/")?;
    // The ref may have more of them: a release tag has.
    let file = rest.split('@').next()?;
    (!file.is_empty() && !file.contains('/')).then_some(file)
}

/// Whether the run is one of act on somebody's own machine. `variable` returns the value of one; none if it is unset or empty.
///
/// The runners of Gitea and Forgejo are built on act and set `ACT`, too, but in the runs of a server they also say whose runner
/// they are; their command `exec`, which runs a workflow locally, does not.
pub fn is_local(variable: impl Fn(&str) -> Option<String>) -> bool {
    let is_true = |name| variable(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
    is_true("ACT") && !is_true("GITEA_ACTIONS") && !is_true("FORGEJO_ACTIONS")
}

/// The names of the events that a plan can be made for, sorted. Of `release`, it is the activity type
/// [`PLANNED_RELEASE`] alone.
pub const PLANNED_EVENTS: &[&str] = &[
    "merge_group",
    "pull_request",
    "push",
    "release",
    "repository_dispatch",
    "schedule",
    "workflow_dispatch",
];

/// The activity type of the event `release` that a plan can be made for. The others repeat it, or come before the tag is there
/// or after it is gone.
pub const PLANNED_RELEASE: &str = "published";

/// The input `service` that stands for all services.
pub const ALL_SERVICES: &str = Asked::ALL;

/// What is known about an event: each field from a flag, or from the variable of GitHub's that it stands for.
#[derive(Debug, Clone, Default)]
pub struct EventContext {
    /// `GITHUB_EVENT_NAME`, e.g. `push`.
    pub event_name: Option<String>,
    /// `GITHUB_REF`, e.g. `refs/heads/main`.
    pub reference: Option<String>,
    /// `GITHUB_REF_TYPE`: `branch` or `tag`.
    pub ref_type: Option<String>,
    /// `GITHUB_REF_NAME`: the ref without `refs/heads/` or `refs/tags/`.
    pub ref_name: Option<String>,
    /// `GITHUB_SHA`: the commit that the run is for.
    pub sha: Option<String>,
    /// The content of the file that [`EVENT_PATH`] names.
    pub payload: Option<Payload>,
}

impl EventContext {
    /// Takes what is not given from GitHub's variables. `variable` returns the value of one; none if it is unset or empty.
    ///
    /// `GITHUB_REF` is left alone if the type or the name of the ref is given: it would win over them.
    #[must_use]
    pub fn or_variables(self, variable: impl Fn(&str) -> Option<String>) -> Self {
        let is_ref_given = self.ref_type.is_some() || self.ref_name.is_some();
        let or = |given: Option<String>, name| given.or_else(|| variable(name));
        EventContext {
            event_name: or(self.event_name, "GITHUB_EVENT_NAME"),
            reference: if is_ref_given { self.reference } else { or(self.reference, "GITHUB_REF") },
            ref_type: or(self.ref_type, "GITHUB_REF_TYPE"),
            ref_name: or(self.ref_name, "GITHUB_REF_NAME"),
            sha: or(self.sha, "GITHUB_SHA"),
            payload: self.payload,
        }
    }

    /// The commit of the run; none if nothing says so.
    ///
    /// # Errors
    /// What is given is not a hash.
    pub fn commit(&self) -> Result<Option<Hash>> {
        let parse = |text: &str| Hash::parse(text, "the commit of the run (GITHUB_SHA or --sha)");
        self.sha.as_deref().map(parse).transpose()
    }

    /// What happened. `base` is the revision to compare with instead of the commit that the event names (`--base`).
    ///
    /// # Errors
    /// An event without a plan, or a field that is missing or malformed.
    pub fn event(&self, base: Option<&str>) -> Result<Event> {
        let given = base.map(|base| Base::Given(base.to_owned()));
        let tip = self.commit()?;
        match self.event_name.as_deref() {
            Some("push") => self.pushed(tip, given),
            Some("workflow_dispatch") => self.dispatched(),
            Some("release") => self.released(),
            Some("schedule") => Ok(Event::Scheduled),
            Some("repository_dispatch") => Ok(Event::Requested),
            Some("pull_request") => {
                let head = self.hash("pull_request.head.sha")?;
                // Gitea and Forgejo merge nothing beforehand: there the commit of the run is the head.
                let both = tip.clone().zip(head.clone()).filter(|(commit, head)| !commit.is(head));
                let merge = both.map(|(commit, head)| Merge { commit, head });
                self.proposed("pull_request.base.sha", head, tip, given, merge)
            }
            Some("merge_group") => {
                let head = self.hash("merge_group.head_sha")?;
                self.proposed("merge_group.base_sha", head, tip, given, None)
            }
            Some("workflow_call") => {
                let error =
                    Error::new(Kind::Input, "the event 'workflow_call' does not say what started the run");
                Err(error.hint(
                    "Gitea names no other event in a called workflow: pass github.event_name of the calling one to it as an input, and that as --event-name",
                ))
            }
            Some(other) => Err(unsupported(&format!("there is no plan for the event '{other}'"))),
            None => Err(unsupported("no event is given").hint(
                "outside of CI, options describe one: imgver plan --event-name push --ref refs/heads/main --base HEAD~1",
            )),
        }
    }

    fn pushed(&self, tip: Option<Hash>, given: Option<Base>) -> Result<Event> {
        let reference = self.full_ref()?;
        let before = self.hash("before")?;
        let after = self.hash("after")?;
        let deleted = self.payload.as_ref().map_or(Ok(false), |payload| payload.is_true("deleted"))?;
        if deleted || after.as_ref().is_some_and(Hash::is_zero) {
            // A deleted ref cannot be checked out, so the run itself may be on another one.
            let reference = self.text("ref")?.map_or(reference, ToOwned::to_owned);
            return Ok(Event::Deleted { reference });
        }
        if let Some(tag) = reference.strip_prefix("refs/tags/") {
            return Ok(Event::TagPushed { tag: tag.to_owned() });
        }
        let Some(branch) = reference.strip_prefix("refs/heads/") else {
            return Err(Error::new(Kind::Input, format!("'{reference}' is neither a branch nor a tag"))
                .hint("GITHUB_REF or --ref must be refs/heads/BRANCH or refs/tags/TAG"));
        };
        let before = before.filter(|before| !before.is_zero()).map(Base::Event);
        Ok(Event::BranchPushed { branch: branch.to_owned(), base: given.or(before), tip: tip.or(after) })
    }

    fn dispatched(&self) -> Result<Event> {
        let reference = match self.given_ref()? {
            None => self.text("ref")?.map(ToOwned::to_owned),
            given => given,
        };
        let tag = reference.and_then(|reference| Some(reference.strip_prefix("refs/tags/")?.to_owned()));
        if self.payload.is_none() && tag.is_none() {
            return Err(no_payload("inputs.service"));
        }
        let asked = self.text("inputs.service")?.and_then(Asked::of);
        let version = self.text("inputs.version")?.filter(|version| !version.is_empty());
        let version = version.map(str::parse::<ImageTag>).transpose();
        let version = version.context(Kind::Input, || "the input 'version' is not a valid image tag")?;
        Ok(Event::Dispatched { asked, version, tag })
    }

    fn released(&self) -> Result<Event> {
        let Some(payload) = &self.payload else { return Err(no_payload("release.tag_name")) };
        let field =
            |path| payload.text(path)?.filter(|text| !text.is_empty()).ok_or_else(|| payload.lacks(path));
        let action = field("action")?;
        if action != PLANNED_RELEASE {
            let what = format!("there is no plan for a release with the activity type '{action}'");
            return Err(Error::new(Kind::Input, what).hint(format!(
                "write `types: [{PLANNED_RELEASE}]` below `release:` in the workflow, or else other types start it as well"
            )));
        }
        let tag = field("release.tag_name")?;
        let reference = self.given_ref()?;
        match reference.as_ref().and_then(|reference| reference.strip_prefix("refs/tags/")) {
            Some(other) if other != tag => Err(Error::new(
                Kind::Input,
                format!("{} is '{tag}', but the ref is the tag '{other}'", payload.field("release.tag_name")),
            )
            .hint("leave out GITHUB_REF and --ref, or set them to the tag of the release")),
            _ => Ok(Event::ReleasePublished { tag: tag.to_owned() }),
        }
    }

    /// A change for a branch that is at the hash in the field `base`.
    fn proposed(
        &self,
        base: &str,
        head: Option<Hash>,
        tip: Option<Hash>,
        given: Option<Base>,
        merge: Option<Merge>,
    ) -> Result<Event> {
        let merge = merge.filter(|_| given.is_none());
        let of_event = self.hash(base)?.map(Base::Event);
        let lacks = || {
            let payload = self.payload.as_ref();
            payload.map_or_else(|| no_payload(base), |payload| payload.lacks(base))
        };
        let base = given.or(of_event).ok_or_else(lacks)?;
        Ok(Event::ChangeProposed { base, tips: head.into_iter().chain(tip).collect(), merge })
    }

    /// The ref in full: as given, else from its type and name; none if neither is.
    fn given_ref(&self) -> Result<Option<String>> {
        if let Some(reference) = &self.reference {
            return Ok(Some(reference.clone()));
        }
        match (self.ref_type.as_deref(), &self.ref_name) {
            (Some("branch"), Some(name)) => Ok(Some(format!("refs/heads/{name}"))),
            (Some("tag"), Some(name)) => Ok(Some(format!("refs/tags/{name}"))),
            (Some(other), Some(_)) => Err(Error::new(
                Kind::Input,
                format!("the ref type '{other}' is neither branch nor tag"),
            )
            .hint("GITHUB_REF_TYPE or --ref-type is the type of the ref that GITHUB_REF_NAME or --ref-name names")),
            _ => Ok(None),
        }
    }

    /// The ref in full: as given, else as the payload has it.
    fn full_ref(&self) -> Result<String> {
        match (self.given_ref()?, &self.payload) {
            (Some(reference), _) => Ok(reference),
            (None, Some(payload)) => payload.required_text("ref").map(ToOwned::to_owned),
            (None, None) => Err(Error::new(Kind::Input, "cannot determine what was pushed: no ref is given")
                .hint("set GITHUB_REF or pass --ref, e.g. --ref refs/heads/main")),
        }
    }

    /// The text at `path` of the payload.
    fn text(&self, path: &str) -> Result<Option<&str>> {
        self.payload.as_ref().map_or(Ok(None), |payload| payload.text(path))
    }

    /// The hash at `path` of the payload.
    fn hash(&self, path: &str) -> Result<Option<Hash>> {
        let Some(payload) = &self.payload else { return Ok(None) };
        let text = payload.text(path)?.filter(|text| !text.is_empty());
        text.map(|text| Hash::parse(text, &payload.field(path))).transpose()
    }
}

fn no_payload(path: &str) -> Error {
    Error::new(Kind::Input, format!("the event's field '{path}' is needed, but no event file is given"))
        .hint("set GITHUB_EVENT_PATH or pass --event-path, the file with the event's payload as JSON")
}

fn unsupported(what: &str) -> Error {
    let planned = PLANNED_EVENTS.join(", ");
    Error::new(Kind::Input, what)
        .hint(format!("imgver makes plans for these (GITHUB_EVENT_NAME or --event-name): {planned}"))
}
