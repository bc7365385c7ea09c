//! The docker command that builds images.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use super::cache::Entries;
use super::{Options, Output, Target, bake};
use crate::display::shell_quoted;
use crate::error::Result;

/// A run of docker: data until the last moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DockerCommand {
    /// A description for messages: `docker buildx build of services/go/api-golang`.
    pub title: String,
    /// The arguments.
    pub args: Vec<OsString>,
    /// Additional environment variables.
    pub env: Vec<(&'static str, &'static str)>,
    /// Its standard input; none means that of the caller.
    pub stdin: Option<String>,
}

impl DockerCommand {
    /// The run that builds `targets`: one by `docker buildx build`, several by one `docker buildx bake`, so that
    /// BuildKit schedules all of them on one graph.
    ///
    /// # Errors
    /// Text that bake would change.
    pub fn new(targets: &[Target], options: &Options) -> Result<Self> {
        match targets {
            [target] => Ok(Self::build(target, options)),
            targets => Self::bake(targets, options),
        }
    }

    fn build(target: &Target, options: &Options) -> Self {
        let mut args = Args::new("build", options);
        if !options.platforms.is_empty() {
            let platforms: Vec<_> = options.platforms.iter().map(super::Platform::as_str).collect();
            args.option("--platform", platforms.join(","));
        }
        args.option("--tag", target.reference.to_string());
        for (name, value) in &target.args {
            args.option("--build-arg", format!("{name}={value}"));
        }
        for (name, value) in &target.labels {
            args.option("--label", format!("{name}={value}"));
        }
        let Entries { from, to } = options.cache.entries(&target.service, options.output);
        args.options("--cache-from", from);
        args.options("--cache-to", to);
        args.0.extend(options.extra.iter().cloned());
        args.0.push(target.context.clone().into());
        let what = if target.service.is_empty() { "this repository" } else { &target.service };
        let title = format!("docker buildx build of {what}");
        DockerCommand { title, args: args.0, env: Vec::new(), stdin: None }
    }

    fn bake(targets: &[Target], options: &Options) -> Result<Self> {
        let mut args = Args::new("bake", options);
        args.option("--file", "-");
        args.0.extend(options.extra.iter().cloned());
        let definition = bake::definition(targets, options)?;
        let title = title_of_several(targets);
        // Newer buildx asks before it reads files outside the current directory for a definition from elsewhere. This
        // definition contains only paths that the user gave.
        let env = vec![("BUILDX_BAKE_ENTITLEMENTS_FS", "0")];
        Ok(DockerCommand { title, args: args.0, env, stdin: Some(definition) })
    }

    /// The run as a shell takes it: a POSIX command line, with what is read from standard input as a here-document, and in
    /// `directory` if one is given.
    pub fn to_shell(&self, directory: Option<&Path>) -> Vec<u8> {
        let quoted = |arg: &OsStr| shell_quoted(arg.as_bytes());
        let mut line = Vec::new();
        if let Some(directory) = directory {
            // In a subshell, so that pasting it does not change the directory.
            line.extend_from_slice(b"(cd ");
            line.extend(quoted(directory.as_os_str()));
            line.extend_from_slice(b" && ");
        }
        for (name, value) in &self.env {
            line.extend_from_slice(format!("{name}={value} ").as_bytes());
        }
        line.extend_from_slice(b"docker");
        for arg in &self.args {
            line.push(b' ');
            line.extend(quoted(arg));
        }
        if let Some(definition) = &self.stdin {
            // No line of JSON equals this word: strings contain no line breaks.
            line.extend_from_slice(format!(" <<'DEFINITION'\n{definition}DEFINITION").as_bytes());
        }
        if directory.is_some() {
            // A here-document ends with its line.
            line.extend_from_slice(if self.stdin.is_some() { b"\n)" } else { b")" });
        }
        line.push(b'\n');
        line
    }
}

fn title_of_several(targets: &[Target]) -> String {
    const NAMED: usize = 8;
    let mut services: Vec<_> = targets.iter().take(NAMED).map(|target| &*target.service).collect();
    if targets.len() > NAMED {
        services.push("…");
    }
    format!("docker buildx bake of {} services ({})", targets.len(), services.join(", "))
}

struct Args(Vec<OsString>);

impl Args {
    fn new(command: &str, options: &Options) -> Self {
        let mut args = Args(vec!["buildx".into(), command.into()]);
        args.options("--builder", options.builder.as_ref());
        args.options("--metadata-file", options.metadata_file.as_ref());
        match options.output {
            Output::Load => args.0.push("--load".into()),
            Output::Push => args.0.push("--push".into()),
            Output::AsGiven => {}
        }
        args
    }

    fn option(&mut self, name: &str, value: impl AsRef<OsStr>) {
        self.0.push(name.into());
        self.0.push(value.as_ref().to_owned());
    }

    fn options(&mut self, name: &str, values: impl IntoIterator<Item = impl AsRef<OsStr>>) {
        for value in values {
            self.option(name, value);
        }
    }
}
