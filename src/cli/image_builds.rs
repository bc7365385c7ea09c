//! Carries out the build of images: docker's runs, and the file that says what became of the images.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::reply::{cannot_write, replaceable};
use crate::error::{Context as _, Kind, Result};
use crate::files;
use crate::images::docker::Docker;
use crate::images::{Build, Progress};
use crate::programs::Programs;

/// More than docker writes about hundreds of images.
const METADATA_MAX: u64 = 64 << 20;

const METADATA_FILE: &str = "--metadata-file takes a regular file, new or not, in a directory that exists";

/// What became of a build.
pub(super) struct Built {
    /// The references under which images are not known to be where they should be.
    pub(super) unfinished: Vec<String>,
    /// Whether somebody wanted it to end, so that nothing else should be started.
    pub(super) was_stopped: bool,
    /// The failure, if anything failed.
    pub(super) result: Result<()>,
}

/// Runs docker as often as `build` needs it. It fails if docker cannot be run or fails, or the metadata file cannot be written,
/// which is tried before anything is built.
pub(super) fn carry_out(build: &Build, programs: &Programs) -> Built {
    let mut progress = Progress::new(build);
    let result = run(build, &mut progress, programs);
    Built {
        unfinished: progress.not_there().map(ToOwned::to_owned).collect(),
        was_stopped: progress.was_stopped(),
        result,
    }
}

fn run(build: &Build, progress: &mut Progress<'_>, programs: &Programs) -> Result<()> {
    let docker = Docker::find(programs)?;
    let file = build.metadata_file.as_ref().map(|path| MetadataFile(programs.directory().join(path)));
    let write = |content: Map<String, Value>| file.iter().try_for_each(|file| file.write(content.clone()));
    // Whoever ends this process leaves nothing behind that is not true, such as the file of an earlier build.
    write(progress.metadata_so_far())?;
    while let Some(command) = progress.next() {
        let ran = docker.run(&command)?;
        progress.ended(&ran, file.as_ref().and_then(MetadataFile::read));
        let presence = |reference: &String| docker.presence(reference, build.builder.as_deref());
        let presences = progress.doubtful().iter().map(presence).collect::<Result<_>>()?;
        progress.looked_up(presences);
        if progress.next().is_some() {
            write(progress.metadata_so_far())?;
        }
    }
    let written = write(progress.metadata());
    progress.failure().map_or(Ok(()), Err)?;
    written
}

/// The file behind `path`, which may be a symbolic link: docker, too, would put a file in the link's place.
///
/// # Errors
/// There is something else than a regular file, such as a pipe or a device.
pub(super) fn metadata_file(path: PathBuf, directory: &Path) -> Result<PathBuf> {
    let named = directory.join(&path);
    let file = replaceable(&named, METADATA_FILE)?;
    Ok(if file == named { path } else { file })
}

/// Removes the metadata file of an earlier build at `path`, if there is one.
pub(super) fn forget(path: &Path) {
    let Ok(path) = files::behind_links(path) else { return };
    let file = MetadataFile(path);
    // Nothing but what such a build has left: the path may be a slip.
    if file.read().is_some() {
        files::remove(&file.0);
    }
}

struct MetadataFile(PathBuf);

impl MetadataFile {
    /// What docker has written; what imgver has, if docker has not.
    fn read(&self) -> Option<Map<String, Value>> {
        let bytes = files::read(&self.0, METADATA_MAX).ok()?;
        serde_json::from_slice(&bytes).ok()
    }

    fn write(&self, content: Map<String, Value>) -> Result<()> {
        let text = serde_json::to_string_pretty(&Value::Object(content));
        let text = text.context(Kind::Unexpected, || cannot_write(&self.0))? + "\n";
        let written =
            files::replace(&self.0, text.as_bytes()).context(Kind::Unexpected, || cannot_write(&self.0));
        written.map_err(|error| error.hint(METADATA_FILE))
    }
}
