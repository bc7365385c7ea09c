//! Layouts of Taskfiles in which Task runs a service's tasks elsewhere, or gives them another's image.

use std::collections::HashMap;

use super::{At, Finding, Rule, Setup};
use crate::workspace::UnnameableService;
use crate::workspace::includes::{Dir, Include, IncludeForm, Layout, seen_from};
use crate::workspace::taskfile::{NAMES, below, directory_of, is_named_so};

pub(super) fn check(setup: &Setup<'_>, findings: &mut Vec<Finding>) {
    for UnnameableService { taskfile, reason } in setup.unnameable {
        let message = format!("this does not make a service: the path of its directory {reason}");
        findings.push(
            Finding::warning(Rule::ServicePath, At::file(taskfile, None), message)
                .why("imgver leaves it out everywhere: it has no version, and is never built")
                .fix("rename the directory"),
        );
    }
    let files = Files::of(setup);
    for taskfile in setup.taskfiles {
        let includes = taskfile.layout.includes.iter();
        findings.extend(includes.filter_map(|include| files.include(taskfile, include)));
        findings.extend(files.variable(taskfile));
    }
}

/// A Taskfile, as far as its layout goes.
#[derive(Debug, Clone)]
pub struct CheckedTaskfile {
    /// Its path from the root.
    pub file: String,
    pub(super) layout: Layout,
    pub(super) text: String,
}

impl CheckedTaskfile {
    /// The Taskfile `file` with this text and layout.
    pub fn new(file: String, layout: Layout, text: String) -> Self {
        CheckedTaskfile { file, layout, text }
    }

    /// Whether it has the shared tasks.
    pub(super) fn has_shared_tasks(&self) -> bool {
        self.text.contains("generate-version-tag:")
    }
}

/// The Taskfiles, and what is known about each.
struct Files<'s> {
    /// By path.
    taskfiles: HashMap<&'s str, &'s CheckedTaskfile>,
    /// The directories of services.
    services: Vec<&'s str>,
    /// Paths of further files that set the variable for `dotenv`.
    dotenv: &'s [String],
}

impl<'s> Files<'s> {
    fn of(setup: &'s Setup<'_>) -> Self {
        Files {
            taskfiles: setup.taskfiles.iter().map(|taskfile| (&*taskfile.file, taskfile)).collect(),
            services: setup.services.iter().map(|checked| &*checked.service.directory).collect(),
            dotenv: setup.dotenv,
        }
    }

    /// What is wrong with an include.
    fn include(&self, taskfile: &CheckedTaskfile, include: &Include) -> Option<Finding> {
        let from = directory_of(&taskfile.file);
        let target = resolve(&self.taskfiles, from, include.taskfile.as_deref()?)?;
        let to = directory_of(&target);
        let at = || At::file(&taskfile.file, include.place);
        if to != from && is_named_so(&target) && self.services.contains(&to) {
            return service_include(include, from, to, at());
        }
        let is_utils = self.taskfiles.get(&*target).is_some_and(|taskfile| taskfile.has_shared_tasks());
        if include.sets_variable && !self.services.contains(&from) && !self.services.contains(&to) {
            let how = format!("the include '{}' sets IMAGE_REPO", include.namespace);
            return Some(not_in_vars(&how, if is_utils { from } else { to }, at()));
        }
        if is_utils && self.services.contains(&from) { utils_include(include, from, at()) } else { None }
    }

    /// The variable where it does not make a service.
    fn variable(&self, taskfile: &CheckedTaskfile) -> Option<Finding> {
        let here = directory_of(&taskfile.file);
        if here.is_empty() || !is_named_so(&taskfile.file) || self.services.contains(&here) {
            return None;
        }
        let environment = &taskfile.layout.environment;
        let sets = |path: &str| seen_from(here, path).is_some_and(|path| self.dotenv.contains(&path));
        let (place, how) = match environment.variable {
            Some(place) => (place, "env sets IMAGE_REPO".to_owned()),
            None => {
                let (path, place) = environment.dotenv.iter().find(|(path, _)| sets(path))?;
                (*place, format!("{path}, a dotenv file, sets IMAGE_REPO"))
            }
        };
        Some(not_in_vars(&how, here, At::file(&taskfile.file, place)))
    }
}

/// The one of `taskfiles` that `path` names, as seen from `directory`: a file, or the directory that it is in.
pub(super) fn resolve(
    taskfiles: &HashMap<&str, &CheckedTaskfile>,
    directory: &str,
    path: &str,
) -> Option<String> {
    let path = seen_from(directory, path)?;
    if taskfiles.contains_key(&*path) {
        return Some(path);
    }
    let mut names = NAMES.into_iter().map(|name| below(&path, name));
    names.find(|file| taskfiles.contains_key(&**file))
}

/// The variable is set so, for tasks in `directory`, but makes no service of it.
fn not_in_vars(how: &str, directory: &str, at: At) -> Finding {
    Finding::error(Rule::ImageVariable, at, format!("{how}, and the vars of the Taskfile in {directory} do not"))
        .why(format!("{directory} is not a service: it has no version of its own, and imgver refuses to answer for its tasks"))
        .fix("set it in vars, at the top level of that Taskfile; or name the directory and its image in imgver.yaml")
}

/// The include, from `from`, of the Taskfile of the service `service`.
fn service_include(include: &Include, from: &str, service: &str, at: At) -> Option<Finding> {
    let name = &include.namespace;
    let named =
        |directory: &str| if directory.is_empty() { "the root".to_owned() } else { directory.to_owned() };
    let finding = match &include.form {
        IncludeForm::Short => {
            Finding::error(Rule::IncludeDir, at, format!("the include '{name}' of the service {service} has no dir"))
                .why("its tasks run in another directory, and share variables with all other Taskfiles: their IMAGE_REPO may be another service's, and another one in the next run")
        }
        IncludeForm::Map { dir, .. } => {
            let directory = match dir {
                Dir::Unset => from.to_owned(),
                Dir::Path(dir) => seen_from(from, dir)?,
                Dir::Computed => return None,
            };
            if directory == service {
                return None;
            }
            let place = named(&directory);
            Finding::warning(
                Rule::IncludeDir,
                at,
                format!("the tasks of the include '{name}' run in {place}, not in their service's directory, {service}"),
            )
            .why("commands in them are started in the wrong directory, and so is imgver where the shared tasks do not call it")
        }
    };
    let path = path_between(from, service);
    Some(finding.fix(format!("{name}: {{ taskfile: {path}, dir: {path} }}")))
}

/// The include of the shared tasks by the service `service`.
fn utils_include(include: &Include, service: &str, at: At) -> Option<Finding> {
    let IncludeForm::Map { dir: Dir::Path(dir), .. } = &include.form else { return None };
    let place = match seen_from(service, dir).as_deref() {
        None => "outside of the repository".to_owned(),
        Some("") => "in the root".to_owned(),
        Some(inner)
            if inner.strip_prefix(service).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) =>
        {
            return None;
        }
        Some(directory) => format!("in {directory}"),
    };
    Some(
        Finding::warning(
            Rule::IncludeDir,
            at,
            format!("the shared tasks run {place}, not in the directory of the service that includes them, {service}"),
        )
        .why("paths behind -- are seen from there, not from the service")
        .fix("remove dir"),
    )
}

/// The way from one directory to another.
fn path_between(from: &str, to: &str) -> String {
    let parts = |path: &'_ str| {
        path.split('/').filter(|part| !part.is_empty()).map(ToOwned::to_owned).collect::<Vec<_>>()
    };
    let (from, to) = (parts(from), parts(to));
    let common = from.iter().zip(&to).take_while(|(one, other)| one == other).count();
    let up = from.iter().skip(common).map(|_| "..".to_owned());
    up.chain(to.iter().skip(common).cloned()).collect::<Vec<_>>().join("/")
}
