//! Which Taskfile includes a task: found by the task's full name, without Task.
//!
//! Task knows it, but tells a task only its name, and mixes the variables of all Taskfiles: those of an include in the short
//! form are merged into the including Taskfile's, in an order that differs from run to run. So the value that a task sees
//! need not be that of the Taskfile that includes it.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::includes::{self, Include, IncludeForm, Layout, joined};
use super::taskfile::{self, ImageRepo};
use crate::files;
use crate::yaml::{self, YamlError};

/// A deeper chain of includes is nobody's.
const DEPTH_MAX: usize = 16;

/// The Taskfiles from the one that Task was started with to the one that includes a task's own Taskfile.
#[derive(Debug)]
pub struct TaskChain {
    links: Vec<Link>,
    /// Whether the last of them includes the task's Taskfile as a map.
    ends_with_map: bool,
    taskfiles: Taskfiles,
}

/// One of the Taskfiles.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Link {
    file: PathBuf,
    /// Whether the Taskfile before it includes it as a map.
    is_map: bool,
}

impl TaskChain {
    /// The chain from the Taskfile `root` to the task called `task`, which the Taskfile `target` defines; none if it cannot be
    /// found without Task.
    pub fn find(root: &Path, task: &str, target: &Path) -> Option<Self> {
        let target = target.canonicalize().ok()?;
        let taskfiles = Taskfiles::default();
        let mut links = vec![Link { file: root.to_owned(), is_map: false }];
        let ends_with_map = search(&taskfiles, &mut links, task, &target, &mut BTreeSet::new())?;
        Some(TaskChain { links, ends_with_map, taskfiles })
    }

    /// The Taskfiles, the one that includes the task's own first.
    pub fn files_from_innermost(&self) -> impl Iterator<Item = (usize, &Path)> {
        self.links.iter().enumerate().rev().map(|(index, link)| (index, &*link.file))
    }

    /// Whether the Taskfile that Task was started with includes the task's own itself.
    pub fn is_direct(&self) -> bool {
        self.links.len() == 1
    }

    /// Whether what the task sees of the variable is what the Taskfile at `index` sets.
    ///
    /// Source: `Tasks.Merge` and `Compiler.getVariables` of Task. The tasks of a map get a copy of the variables that the
    /// including Taskfile has by then, in which the last one merged is the included one's; the outermost map replaces the
    /// copies of those inside. Without a map, the task sees what all Taskfiles were merged into.
    pub fn shows_variable_of(&self, index: usize) -> bool {
        let maps = self.links.iter().map(|link| link.is_map).chain([self.ends_with_map]);
        let outermost = maps.enumerate().find(|(_, is_map)| *is_map).map(|(at, _)| at);
        let shown = outermost.map_or(0, |at| at.min(self.links.len() - 1));
        let next = self.links.get(index + 1).map(|next| &next.file);
        shown == index
            && self.links.get(index).is_some_and(|link| {
                let sets_variable = |taskfile: &Taskfile| !matches!(taskfile.image, Ok(None));
                let mut others = self.taskfiles.included(&link.file).into_iter();
                others.all(|file| Some(&file) == next || !self.taskfiles.any_in_tree(file, &sets_variable))
            })
    }

    /// The innermost Taskfile that sets the variable for others than itself: in `env`, in a file that its `dotenv` lists, or in
    /// the `vars` of an include.
    pub fn sets_outside_of_vars(&self) -> Option<&Path> {
        let sets = |file: &Path| self.taskfiles.get(file).is_some_and(|taskfile| taskfile.sets_for_others);
        self.files_from_innermost().map(|(_, file)| file).find(|file| sets(file))
    }

    /// Whether one of all Taskfiles that Task reads may set the variable to `value`. If none does, a task that sees this value
    /// has it from the command line or the environment.
    pub fn may_set(&self, value: &str) -> bool {
        let sets = |taskfile: &Taskfile| {
            let plain = match &taskfile.image {
                Ok(None) => false,
                Ok(Some(ImageRepo::Plain { text, .. })) => text == value,
                Ok(Some(ImageRepo::Computed { .. })) | Err(_) => true,
            };
            // What only Task can find may set anything.
            let is_unknown = |include: &Include| include.taskfile.is_none();
            plain || taskfile.sets_for_others || taskfile.layout.includes.iter().any(is_unknown)
        };
        self.links.first().is_some_and(|root| self.taskfiles.any_in_tree(root.file.clone(), &sets))
    }
}

/// Goes on from the last of `links` to `task` in `target`; says whether the last step is a map. Tries no file twice for one
/// task.
fn search(
    taskfiles: &Taskfiles,
    links: &mut Vec<Link>,
    task: &str,
    target: &Path,
    seen: &mut BTreeSet<(PathBuf, String)>,
) -> Option<bool> {
    let file = links.last()?.file.clone();
    if links.len() > DEPTH_MAX || !seen.insert((file.clone(), task.to_owned())) {
        return None;
    }
    let taskfile = taskfiles.get(&file)?;
    for include in &taskfile.layout.includes {
        let below = task.strip_prefix(&*include.namespace).and_then(|rest| rest.strip_prefix(':'));
        let Some(rest) = (if include.is_flat() { Some(task) } else { below }) else { continue };
        let is_map = include.form != IncludeForm::Short;
        let is_task = !rest.contains(':');
        match resolved(&file, include) {
            Some(next) if is_task && next.canonicalize().is_ok_and(|next| next == target) => {
                return Some(is_map);
            }
            Some(next) => {
                links.push(Link { file: next, is_map });
                if let Some(found) = search(taskfiles, links, rest, target, seen) {
                    return Some(found);
                }
                links.pop();
            }
            // Only Task knows the path, but nothing else can be called so.
            None if is_task && !include.is_flat() => return Some(is_map),
            None => {}
        }
    }
    None
}

/// The Taskfile that `file` includes.
fn resolved(file: &Path, include: &Include) -> Option<PathBuf> {
    find_taskfile(joined(file.parent()?, include.taskfile.as_deref()?))
}

/// The Taskfile that `path`, a Taskfile or a directory, means to Task.
pub fn find_taskfile(path: PathBuf) -> Option<PathBuf> {
    if !path.is_dir() {
        return path.exists().then_some(path);
    }
    taskfile::NAMES.into_iter().map(|name| path.join(name)).find(|file| file.exists())
}

/// Taskfiles, each read at most once.
#[derive(Debug, Default)]
struct Taskfiles(RefCell<HashMap<PathBuf, Option<Rc<Taskfile>>>>);

/// What is asked of a Taskfile.
#[derive(Debug)]
struct Taskfile {
    image: Result<Option<ImageRepo>, YamlError>,
    layout: Layout,
    /// Whether it sets the variable for others than itself.
    sets_for_others: bool,
}

impl Taskfiles {
    /// The Taskfile `file`; none where there is no text to read.
    fn get(&self, file: &Path) -> Option<Rc<Taskfile>> {
        if let Some(known) = self.0.borrow().get(file) {
            return known.clone();
        }
        let read = Taskfile::read(file).map(Rc::new);
        self.0.borrow_mut().insert(file.to_owned(), read.clone());
        read
    }

    fn included(&self, file: &Path) -> Vec<PathBuf> {
        let taskfile = self.get(file);
        let includes = taskfile.iter().flat_map(|taskfile| &taskfile.layout.includes);
        includes.filter_map(|include| resolved(file, include)).collect()
    }

    /// Whether `is_it` holds for the Taskfile `file`, or for one that it includes, however deep.
    fn any_in_tree(&self, file: PathBuf, is_it: &dyn Fn(&Taskfile) -> bool) -> bool {
        let (mut waiting, mut seen) = (vec![file], BTreeSet::new());
        while let Some(file) = waiting.pop() {
            let Some(taskfile) = self.get(&file).filter(|_| seen.insert(file.clone())) else { continue };
            if is_it(&taskfile) {
                return true;
            }
            waiting.extend(self.included(&file));
        }
        false
    }
}

impl Taskfile {
    fn read(file: &Path) -> Option<Self> {
        let read = text(file)?;
        let layout = includes::layout(&read);
        let listed = layout.environment.dotenv.iter();
        let mut listed = listed.filter_map(|(path, _)| text(&joined(file.parent()?, path)));
        let sets_for_others = layout.environment.variable.is_some()
            || layout.includes.iter().any(|include| include.sets_variable)
            || listed.any(|text| includes::dotenv_sets(&text));
        Some(Taskfile { image: taskfile::image_repo(&read), layout, sets_for_others })
    }
}

fn text(file: &Path) -> Option<String> {
    files::read(file, files::YAML_MAX).ok().and_then(|bytes| yaml::text(bytes).ok())
}
