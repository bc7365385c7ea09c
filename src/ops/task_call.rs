//! A call by the shared utils tasks: which service is meant, and whose image Task passes on.
//!
//! Task runs these tasks wherever an include says, and lets them see one value of IMAGE_REPO, which may be another Taskfile's
//! ([`TaskChain`]). So the service is that of the Taskfile which includes the tasks, and the value counts only where it must be
//! that Taskfile's own, or comes from the command line.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::Deserialize;

use super::Checkout;
use crate::error::{Error, Kind, Result};
use crate::workspace::taskfile::{self, ImageRepo};
use crate::workspace::{Service, TaskChain, Workspace, find_taskfile};

/// What the utils tasks say about themselves.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct TaskCall {
    /// The full name of the running task, e.g. `api:utils:call`.
    task: String,
    /// The Taskfile that defines it.
    taskfile: PathBuf,
    /// The directory that it runs in.
    directory: PathBuf,
    /// The directory that Task was started for.
    root: PathBuf,
    /// The Taskfile there, or only that directory.
    root_taskfile: PathBuf,
    /// IMAGE_REPO as the task sees it, without what the call itself sets.
    image: String,
    /// IMAGE_REPO as all Taskfiles share it, before those of an include replace it.
    shared: String,
    /// IMAGE_REPO in the environment that Task was started in, which the task sees where no Taskfile sets another.
    environment: String,
}

impl FromStr for TaskCall {
    type Err = serde_json::Error;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        serde_json::from_str(text)
    }
}

/// What a call by the utils tasks comes to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ResolvedCall {
    /// The service that the tasks are for, if it is not that of the current directory.
    pub service: Option<String>,
    /// What counts as the environment variable `IMAGE_REPO`.
    pub variable: Option<String>,
}

impl TaskCall {
    /// Finds the service that the call is for, and decides whether `variable`, the environment variable `IMAGE_REPO`, counts.
    /// `is_elsewhere`: the arguments name a subject.
    ///
    /// # Errors
    /// Taskfiles that are malformed, and layouts in which the service cannot be found.
    pub fn resolve(
        &self,
        is_elsewhere: bool,
        variable: Option<String>,
        checkout: &Checkout,
    ) -> Result<ResolvedCall> {
        let Some(workspace) = checkout.workspace()? else {
            return Ok(ResolvedCall { service: None, variable });
        };
        let chain = TaskChain::find(&self.root_file(), &self.task, &self.taskfile);
        // A directory that the arguments enter (`-C`) names a subject, too.
        let is_elsewhere = is_elsewhere || !is_same(&self.directory, &checkout.directory);
        let owner = match &chain {
            Some(chain) if !is_elsewhere => Owner::in_chain(chain, &workspace)?,
            _ => None,
        };
        let here = if is_elsewhere { None } else { workspace.enclosing(&checkout.prefix)? };
        let is_passed_on = variable.as_deref() == Some(self.value());
        let of_command_line = self.on_command_line(chain.as_ref());
        let is_mixed = chain.as_ref().is_some_and(|chain| chain.is_direct() && !chain.shows_variable_of(0));
        if is_mixed && is_passed_on && of_command_line.is_none() && here.is_none() && !is_elsewhere {
            return Err(self.mixed());
        }
        let value = match (&owner, &here) {
            (Some(owner), Some(here)) if owner.service.path.is_empty() => {
                return Err(self.misplaced(&format!("which is in the service {}", here.path), checkout));
            }
            _ if let Some(given) = of_command_line => Value::FromCommandLine(given),
            (Some(owner), _) => owner.judge(self.value()),
            (None, Some(here)) if self.value().is_empty() || is_plainly(here, self.value()) => Value::Own,
            (None, Some(_)) => Value::NotOurs,
            (None, None) if is_elsewhere => Value::NotOurs,
            (None, None) => self.without_service(chain.as_ref(), &workspace, checkout)?,
        };
        let is_from_call = variable.as_ref().is_some_and(|it| *it != self.image && *it != self.environment);
        let variable = match value {
            Value::FromCommandLine(given) if !is_from_call => Some(given.to_owned()),
            Value::NotOurs if is_passed_on => None,
            // It is that of the service which is left for another one.
            Value::Own if is_passed_on && is_elsewhere => None,
            _ => variable,
        };
        let service = owner.map(|owner| owner.service).filter(|owner| here.as_ref() != Some(owner));
        Ok(ResolvedCall {
            service: service.map(|owner| owner.path).filter(|path| !path.is_empty()),
            variable,
        })
    }

    /// The value that the command line sets: one that no Taskfile does.
    fn on_command_line(&self, chain: Option<&TaskChain>) -> Option<&str> {
        let mut candidates = [&*self.image, &*self.shared].into_iter();
        candidates.find(|value| {
            !value.is_empty()
                && *value != self.environment
                && chain.is_some_and(|chain| !chain.may_set(value))
        })
    }

    /// What Taskfiles or the command line set IMAGE_REPO to; empty if they do not.
    fn value(&self) -> &str {
        if self.image == self.environment { "" } else { &self.image }
    }

    /// The Taskfile that Task was started with. Some versions of Task name it exactly only if it was given to them.
    fn root_file(&self) -> PathBuf {
        let named = self.root_taskfile.file_name().map(|name| self.root.join(name));
        let candidates = [Some(self.root_taskfile.clone()), named];
        let named = candidates.into_iter().flatten().find(|file| file.is_file());
        named.or_else(|| find_taskfile(self.root.clone())).unwrap_or_else(|| self.root_taskfile.clone())
    }

    /// What the value is where neither the Taskfiles nor the directory are a service's.
    fn without_service(
        &self,
        chain: Option<&TaskChain>,
        workspace: &Workspace<'_>,
        checkout: &Checkout,
    ) -> Result<Value<'static>> {
        if self.value().is_empty() {
            return Ok(Value::Own);
        }
        let Some(chain) = chain else { return Err(self.misplaced("which is in no service", checkout)) };
        let Some(file) = chain.sets_outside_of_vars() else { return Ok(Value::NotOurs) };
        // Task merges what all Taskfiles set there, so that it may be another's.
        let mut services = workspace.services()?.services.into_iter();
        match chain.is_direct()
            && chain.shows_variable_of(0)
            && services.any(|service| is_plainly(&service, self.value()))
        {
            true => Ok(Value::Own),
            false => Err(not_in_vars(file)),
        }
    }

    /// The error of tasks that the Taskfile at the root includes itself, beside services: a call may have passed on the value
    /// that they see, or Task may have mixed it in from any Taskfile, another one in the next run.
    fn mixed(&self) -> Error {
        let names = self.task.rsplit_once(':').map_or(&*self.task, |(names, _)| names);
        Error::new(
            Kind::Input,
            // The value would be another one in the next run.
            format!("cannot determine what {names} is for: Task may have taken IMAGE_REPO from any included Taskfile"),
        )
        .hint("name the service: task … -- SERVICE")
        .hint("or pass --whole for the repository as a whole: task … -- --whole")
    }

    fn misplaced(&self, place: &str, checkout: &Checkout) -> Error {
        let names = self.task.rsplit_once(':').map_or(&*self.task, |(names, _)| names);
        let (image, directory) = (&self.image, checkout.directory.display());
        Error::new(
            Kind::Input,
            format!("cannot determine which service {names} is for: Task sets IMAGE_REPO to {image} and runs in {directory}, {place}"),
        )
        .hint("include the Taskfile of a service with its directory: NAME: {taskfile: DIR, dir: DIR}")
        .hint("or name the service: task … -- SERVICE")
    }
}

fn not_in_vars(file: &Path) -> Error {
    let file = file.display();
    Error::new(
        Kind::Input,
        format!("{file} sets IMAGE_REPO, but not in vars, so that it is the image of no service"),
    )
    .hint("set it in vars, at the top level of the Taskfile of the service, not in env, dotenv or an include")
}

/// What the value of IMAGE_REPO that a task sees is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Value<'c> {
    /// What the Taskfile of the service sets.
    Own,
    /// This one, which Task's command line sets.
    FromCommandLine(&'c str),
    /// It may be any Taskfile's.
    NotOurs,
}

/// The service whose Taskfile is nearest to the utils tasks.
struct Owner {
    service: Service,
    /// Whether the value that the tasks see is of its Taskfile.
    is_shown: bool,
    /// Whether that Taskfile is one that somebody put before the one that git tracks.
    is_override: bool,
}

impl Owner {
    fn in_chain(chain: &TaskChain, workspace: &Workspace<'_>) -> Result<Option<Self>> {
        for (index, file) in chain.files_from_innermost() {
            let directory = file.parent().and_then(|directory| workspace.path_of(directory));
            let Some(directory) = directory else { continue };
            if !is_taskfile_of_directory(file) {
                continue;
            }
            let of_root = if directory.is_empty() { workspace.root_service()? } else { None };
            let service = match of_root {
                Some(service) => Some(service),
                None => workspace.service_in_directory(&directory)?,
            };
            if let Some(service) = service {
                let taskfile = service.origin.taskfile.as_deref();
                let is_override = taskfile.is_some_and(|taskfile| {
                    !Path::new(taskfile).ends_with(file.file_name().unwrap_or_default())
                });
                return Ok(Some(Owner { service, is_shown: chain.shows_variable_of(index), is_override }));
            }
        }
        Ok(None)
    }

    /// What `value` is to the service.
    fn judge(&self, value: &str) -> Value<'static> {
        let is_computed =
            self.service.known_images().any(|image| matches!(image.repo, ImageRepo::Computed { .. }));
        let is_own = value.is_empty()
            || is_plainly(&self.service, value)
            || self.is_shown && (is_computed || self.is_override);
        if is_own { Value::Own } else { Value::NotOurs }
    }
}

/// Whether Task takes `file` for the Taskfile of its directory.
fn is_taskfile_of_directory(file: &Path) -> bool {
    file.to_str().is_some_and(taskfile::is_named_so)
}

fn is_plainly(service: &Service, value: &str) -> bool {
    service.known_images().any(|image| image.plain() == Some(value))
}

fn is_same(one: &Path, other: &Path) -> bool {
    one == other || one.canonicalize().is_ok_and(|one| one == other)
}
