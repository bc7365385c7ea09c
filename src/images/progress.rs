//! Which images are where, while docker's runs for them end one after another.

use serde_json::{Map, Value};

use super::plan::{Aim, Build, PlannedImage};
use super::{DockerCommand, Presence, Stage};
use crate::error::{Error, Kind};
use crate::programs::Ran;

/// What is known of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It is where it should be.
    There,
    /// It is not.
    Missing,
    /// Nobody can tell.
    Unknown,
}

/// How far a build has come: what docker is to do next, and what its runs have shown.
#[derive(Debug)]
pub struct Progress<'b> {
    build: &'b Build,
    /// The number of the stage.
    stage: usize,
    /// The images, by number, that the stage is for.
    current: Vec<usize>,
    /// If they go through it one by one: those that are still to come, the next one last, and those that have.
    one_by_one: Option<(Vec<usize>, Vec<usize>)>,
    /// Of each reference of each image.
    fates: Vec<Vec<Fate>>,
    failures: Vec<Failure>,
    /// The image, by number, whose own push has just failed: docker also fails if it does not hear that all went well.
    doubtful: Option<usize>,
    /// What is said besides of images of which it is not known whether they were pushed.
    doubts: Vec<String>,
    is_over: bool,
    /// Whether somebody wanted a run to end.
    was_stopped: bool,
    /// What docker has written about the images.
    metadata: Map<String, Value>,
}

/// A run of docker that failed.
#[derive(Debug)]
struct Failure {
    what: String,
    /// Whether docker's output says why: nobody has stopped it.
    is_explained: bool,
}

impl<'b> Progress<'b> {
    /// The beginning of `build`.
    pub fn new(build: &'b Build) -> Self {
        Progress {
            build,
            stage: 0,
            current: (0..build.images.len()).collect(),
            one_by_one: None,
            fates: build.images.iter().map(|image| vec![Fate::Missing; image.references.len()]).collect(),
            failures: Vec::new(),
            doubtful: None,
            doubts: Vec::new(),
            is_over: false,
            was_stopped: false,
            metadata: Map::new(),
        }
    }

    /// What docker is to run next; none at the end.
    pub fn next(&self) -> Option<DockerCommand> {
        let stage = self.stage().filter(|_| !self.is_over)?;
        let running = self.running();
        Some(match running.len() == self.build.images.len() {
            true => stage.command.clone(),
            false => stage
                .only(&running.iter().filter_map(|image| self.build.images.get(*image)).collect::<Vec<_>>()),
        })
    }

    fn stage(&self) -> Option<&'b Stage> {
        self.build.stages.get(self.stage)
    }

    /// The images of the next run.
    fn running(&self) -> Vec<usize> {
        match &self.one_by_one {
            Some((waiting, _)) => waiting.last().copied().into_iter().collect(),
            None => self.current.clone(),
        }
    }

    /// Takes down how the run ended, and what docker wrote about its images.
    pub fn ended(&mut self, ran: &Ran, written: Option<Map<String, Value>>) {
        let Some(stage) = self.stage() else { return };
        let running = self.running();
        if ran.status.success() {
            self.metadata.extend(written.unwrap_or_default());
            self.succeeded(&running, stage.aim);
        } else {
            self.failed(&running, stage, ran);
        }
        self.was_stopped |= ran.was_stopped();
        self.is_over |= self.was_stopped || self.current.is_empty();
    }

    fn succeeded(&mut self, running: &[usize], aim: Aim) {
        if aim != Aim::Cache {
            self.set(running, Fate::There);
        }
        match &mut self.one_by_one {
            Some((waiting, through)) => {
                through.extend(waiting.pop());
                self.next_of_one_by_one();
            }
            None => self.stage += 1,
        }
    }

    fn failed(&mut self, running: &[usize], stage: &Stage, ran: &Ran) {
        let title = self.next().map(|command| command.title).unwrap_or_default();
        let failure = Failure {
            what: format!("{title} {}", ran.end()),
            is_explained: ran.signal.is_none() && matches!(ran.status.code(), Some(1..128)),
        };
        let is_one = running.len() == 1;
        let goes_on = !is_one && (stage.aim == Aim::Push || self.build.keep_going);
        if ran.was_stopped() {
            self.failures.push(failure);
            if stage.aim != Aim::Cache {
                // A run for all of them has put some of them there, or none.
                let open =
                    self.one_by_one.as_ref().map_or_else(|| running.to_vec(), |(waiting, _)| waiting.clone());
                self.set(&open, Fate::Unknown);
            }
        } else if goes_on {
            // Each by itself: then docker's status says what became of it.
            self.one_by_one = Some((running.iter().rev().copied().collect(), Vec::new()));
        } else {
            self.failures.push(failure);
            if stage.aim == Aim::Push || (!is_one && stage.aim != Aim::Cache) {
                self.set(running, Fate::Unknown);
                self.doubtful = running.first().copied().filter(|_| is_one && !self.build.has_other_tags);
            }
            match &mut self.one_by_one {
                Some((waiting, _)) => {
                    waiting.pop();
                    self.next_of_one_by_one();
                }
                None => self.is_over = true,
            }
        }
    }

    /// The references of the image of which only their registries can say whether it was pushed, since its own push has just
    /// failed; empty if nothing is in doubt.
    pub fn doubtful(&self) -> &'b [String] {
        let image = self.doubtful.and_then(|image| self.build.images.get(image));
        image.map_or(&[], |image| &image.references)
    }

    /// Takes down what the registries say of each of the doubtful references.
    pub fn looked_up(&mut self, presences: Vec<Presence>) {
        let references = self.doubtful();
        let Some(fates) = self.doubtful.take().and_then(|image| self.fates.get_mut(image)) else { return };
        for ((reference, fate), presence) in references.iter().zip(fates).zip(presences) {
            match presence {
                Presence::Missing => *fate = Fate::Missing,
                Presence::There => self.doubts.push(format!(
                    "the registry has an image {reference}, which this run may have pushed: docker buildx imagetools inspect {reference}"
                )),
                Presence::Unknown(why) => {
                    self.doubts.push(format!("the registry does not say whether it has {reference}: {why}"));
                }
            }
        }
    }

    /// Goes on with the next stage once all have gone through this one.
    fn next_of_one_by_one(&mut self) {
        if let Some((_, through)) = self.one_by_one.take_if(|(waiting, _)| waiting.is_empty()) {
            self.current = through;
            self.stage += 1;
        }
    }

    fn set(&mut self, images: &[usize], fate: Fate) {
        for image in images {
            self.fates.get_mut(*image).into_iter().flatten().for_each(|known| *known = fate);
        }
    }

    /// The metadata while docker runs: of an image that is not there yet, nothing is known.
    pub fn metadata_so_far(&self) -> Map<String, Value> {
        self.metadata_with(|fate| (fate == Fate::There).then_some(true))
    }

    /// The metadata of all images: what docker wrote, and where they are.
    pub fn metadata(&self) -> Map<String, Value> {
        self.metadata_with(|fate| match fate {
            Fate::There => Some(true),
            Fate::Missing => Some(false),
            Fate::Unknown => None,
        })
    }

    fn metadata_with(&self, is_there: impl Fn(Fate) -> Option<bool>) -> Map<String, Value> {
        let mut metadata = self.metadata.clone();
        let aim = self.build.aim();
        let describe = |entry: &mut Map<String, Value>, image: &PlannedImage, fate: Fate| {
            let service = Some(&image.service).filter(|service| !service.is_empty());
            entry.insert("imgver.service".to_owned(), service.cloned().into());
            // As docker writes several.
            entry.entry("image.name").or_insert_with(|| image.references.join(",").into());
            let (key, is_there) = match aim {
                Aim::Load => ("imgver.loaded", is_there(fate)),
                Aim::Push | Aim::Cache => ("imgver.pushed", is_there(fate)),
                Aim::AsGiven => ("imgver.pushed", None),
            };
            entry.insert(key.to_owned(), is_there.into());
        };
        if let ([image], false) = (&*self.build.images, self.build.is_baked) {
            describe(&mut metadata, image, self.fates.first().map_or(Fate::Unknown, |fates| together(fates)));
            return metadata;
        }
        for (image, fates) in self.build.images.iter().zip(&self.fates) {
            let entry = metadata.entry(image.target.clone()).or_insert_with(|| Map::new().into());
            if let Value::Object(entry) = entry {
                describe(entry, image, together(fates));
            }
        }
        metadata
    }

    /// The references under which images are not known to be where they should be.
    pub fn not_there(&self) -> impl Iterator<Item = &'b str> {
        let references = self.build.images.iter().flat_map(|image| &image.references);
        let known = references.zip(self.fates.iter().flatten());
        known.filter(|(_, fate)| **fate != Fate::There).map(|(reference, _)| &**reference)
    }

    /// Whether somebody wanted it to end.
    pub fn was_stopped(&self) -> bool {
        self.was_stopped
    }

    /// The failure of the build, if anything failed: with what is where.
    pub fn failure(&self) -> Option<Error> {
        if self.failures.is_empty() {
            return self.interruption();
        }
        let what: Vec<&str> = self.failures.iter().map(|failure| &*failure.what).collect();
        let mut error = Error::new(Kind::DockerFailed, format!("{}{}", what.join(", "), self.whereabouts()));
        // Whoever stopped docker knows why; a status of 128 or more stands for a signal.
        if self.failures.iter().any(|failure| failure.is_explained) {
            error = error.hint("see docker's output above; imgver build --dry-run prints the command");
            let is_first = self.stage().is_some_and(|stage| stage.aim == Aim::Cache);
            if is_first && self.build.images.len() > 1 && !self.build.keep_going {
                error = error.hint("--keep-going builds and pushes the others");
            }
        }
        error = self.doubts.iter().fold(error, Error::hint);
        if self.build.has_other_tags && self.fates.iter().flatten().any(|fate| *fate == Fate::Unknown) {
            error = error
                .hint("imgver cannot tell what was pushed: the arguments after -- give the image more tags");
        }
        if self.build.aim() == Aim::AsGiven {
            error = error
                .hint("imgver cannot tell what was pushed: the arguments after -- decide where images go");
        }
        Some(error)
    }

    /// The failure of a build that was stopped between two runs of docker.
    fn interruption(&self) -> Option<Error> {
        self.stage()?;
        let services = self.build.images.len();
        let what = if services == 1 {
            "the build was".to_owned()
        } else {
            format!("the build of {services} services was")
        };
        Some(Error::new(Kind::DockerFailed, format!("{what} stopped{}", self.whereabouts())))
    }

    /// Where the images are, as the end of a sentence.
    fn whereabouts(&self) -> String {
        let with = |wanted: Fate| -> Vec<&str> {
            let references = self.build.images.iter().flat_map(|image| &image.references);
            let known = references.zip(self.fates.iter().flatten()).filter(|(_, fate)| **fate == wanted);
            known.map(|(reference, _)| &**reference).collect()
        };
        let (there, missing, unknown) = (with(Fate::There), with(Fate::Missing), with(Fate::Unknown));
        let done = match self.build.aim() {
            Aim::Push | Aim::Cache => "pushed",
            Aim::Load if self.build.keep_going => "loaded",
            Aim::AsGiven if self.build.keep_going => "built",
            // One of several that fails fails all.
            Aim::Load | Aim::AsGiven => return String::new(),
        };
        if there.is_empty() && unknown.is_empty() {
            return match &*missing {
                [image] => format!("; {image} was not {done}"),
                _ => format!("; nothing was {done}"),
            };
        }
        let mut text = String::new();
        for (what, images) in [
            (done.to_owned(), there),
            (format!("not {done}"), missing),
            (format!("not known whether {done}"), unknown),
        ] {
            if !images.is_empty() {
                text.push_str(&format!("; {what}: {}", images.join(", ")));
            }
        }
        text
    }
}

/// What is known of an image with these references: it is where it should be if it is so under each of them.
fn together(fates: &[Fate]) -> Fate {
    let worst = [Fate::Missing, Fate::Unknown].into_iter().find(|fate| fates.contains(fate));
    worst.unwrap_or(Fate::There)
}

#[cfg(test)]
mod tests;
