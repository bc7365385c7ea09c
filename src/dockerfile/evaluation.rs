//! What a build reads: the stages that it needs, and what their instructions take from contexts.
//!
//! The rules are those of BuildKit (`dockerfile2llb/convert.go`, `convert_copy.go` and `convert_runmount.go`): only stages are built
//! that the target needs; `FROM` names a stage above it, and `COPY --from` one above its own; a context of a stage's or an
//! image's name takes its place; the triggers of an image run at the beginning of a stage that is built from it, and not again
//! in stages that are built from that one.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::contexts::{context_of_image, context_of_stage, contexts_matching};
use super::lexer::{Variable, WordError, expand};
use super::mount::Mount;
use super::reads::{
    BuildOptions, Dockerfile, ImageUse, Instruction, Reads, Source, Stage, Trigger, Unresolved,
};
use super::statement::{Copy, Statement};
use super::text::Expanded;
use super::variables::{Globals, Scope};
use super::wildcard::Wildcard;
use crate::domain::Platform;

/// A build for one platform.
pub(super) struct Evaluation<'a> {
    file: &'a Dockerfile,
    options: &'a BuildOptions<'a>,
    may_be_windows: bool,
    globals: Globals<'a>,
    /// The stage that a name means: the last of that name.
    names: BTreeMap<&'a str, usize>,
    bases: Vec<Base>,
    reads: Reads,
}

/// What a stage begins from: where the reference is not known as a whole, it may be any of these.
#[derive(Debug, Default)]
struct Base {
    /// The reference of an image; none where it cannot be one.
    image: Option<Expanded>,
    stages: Vec<usize>,
    contexts: Vec<String>,
    error: Option<String>,
}

/// What files are copied or mounted from.
enum Origin {
    Nothing,
    Stage(usize),
    Context(String),
    Image,
    /// The build fails, or it is not known.
    Unresolved(String),
}

impl<'a> Evaluation<'a> {
    pub(super) fn new(
        file: &'a Dockerfile,
        options: &'a BuildOptions<'a>,
        platform: Option<&Platform>,
    ) -> Self {
        let last = file.stages.last().and_then(|stage| stage.name.as_deref());
        let mut globals = Globals::new(options, platform, options.target.or(last).unwrap_or_default());
        for (name, default) in &file.args {
            globals.declare(name, default.as_deref(), file.escape);
        }
        let may_be_windows = platform.is_none_or(|platform| {
            !platform.as_str().contains('/') || platform.as_str().starts_with("windows")
        });
        let (names, bases) = (BTreeMap::new(), Vec::new());
        let mut evaluation =
            Evaluation { file, options, may_be_windows, globals, names, bases, reads: Reads::default() };
        for (at, stage) in file.stages.iter().enumerate() {
            let base = evaluation.base(stage);
            evaluation.bases.push(base);
            if let Some(name) = &stage.name {
                evaluation.names.insert(name, at);
            }
        }
        evaluation
    }

    pub(super) fn reads(mut self) -> Reads {
        self.check_frontend();
        let target = match self.options.target {
            None => self.file.stages.len() - 1,
            Some(name) => match self.names.get(&*name.to_lowercase()) {
                Some(target) => *target,
                None => {
                    self.unresolved(1, format!("there is no stage '{name}'"));
                    return self.reads;
                }
            },
        };
        if let Some((stage, context)) = self.file.stages.get(target).zip(self.context_of_stage(target)) {
            self.read_all(stage.line, context);
            return self.reads;
        }
        let mut scopes: BTreeMap<usize, Rc<Scope>> = BTreeMap::new();
        let needed = self.needed(target);
        for at in &needed {
            let scope = self.read_stage(*at, &scopes);
            scopes.insert(*at, Rc::new(scope));
        }
        self.reads.triggers = self.triggers_of_stage(target).cloned().collect();
        self.reads
    }

    /// An argument can name another frontend, too.
    fn check_frontend(&mut self) {
        let name = "BUILDKIT_SYNTAX";
        let given = self.options.args.get(name).map(|image| super::directives::check_frontend(image.trim()));
        match given {
            Some(Err(why)) => self.unresolved(1, why),
            None if self.options.open_args.contains(&name) => {
                self.unresolved(1, format!("the build argument {name} decides which frontend reads it"));
            }
            _ => {}
        }
    }

    fn unresolved(&mut self, line: usize, why: String) {
        self.reads.unresolved.push(Unresolved { line, why });
    }

    fn read_all(&mut self, line: usize, context: String) {
        let paths = Wildcard::all(".");
        self.reads.sources.push(Source {
            line,
            instruction: Instruction::From,
            context: Some(context),
            paths,
        });
    }

    fn use_image(&mut self, line: usize, instruction: Instruction, image: Expanded) {
        self.reads.images.push(ImageUse { line, instruction, image });
    }

    /// What `stage` begins from, where the names are those of the stages above it.
    fn base(&self, stage: &Stage) -> Base {
        let image = match self.globals.expand(&stage.base, self.file.escape) {
            Ok(image) => image,
            Err(error) => return Base { error: Some(reason(&stage.base, &error)), ..Base::default() },
        };
        let Some(text) = image.text() else {
            let names = self.names.iter().filter(|(name, _)| image.matches(name));
            let stages = names.map(|(_, at)| *at).collect();
            let contexts = contexts_matching(self.options.contexts, &image);
            return Base { image: Some(image), stages, contexts, error: None };
        };
        if let Some(at) = self.names.get(text) {
            return Base { stages: vec![*at], ..Base::default() };
        }
        match context_of_image(self.options.contexts, text) {
            _ if text.is_empty() => {
                Base { error: Some(format!("'{}' is empty", stage.base)), ..Base::default() }
            }
            _ if text == "scratch" => Base::default(),
            Some(context) => Base { contexts: vec![context], ..Base::default() },
            None => Base { image: Some(image), ..Base::default() },
        }
    }

    /// The context that takes a stage's place.
    fn context_of_stage(&self, at: usize) -> Option<String> {
        let name = self.file.stages.get(at)?.name.as_deref()?;
        context_of_stage(self.options.contexts, name)
    }

    /// The instructions that `ONBUILD` of a stage leaves.
    fn triggers_of_stage(&self, at: usize) -> impl Iterator<Item = &'a Trigger> + use<'a> {
        let statements = self.file.stages.get(at).map(|stage| &*stage.statements).unwrap_or_default();
        statements.iter().filter_map(|(_, statement)| match statement {
            Statement::OnBuild(trigger) => Some(trigger),
            _ => None,
        })
    }

    /// What a stage runs: first what its base has left to it.
    fn statements(&self, at: usize) -> Vec<(usize, Result<Cow<'a, Statement>, String>)> {
        let (Some(stage), Some(base)) = (self.file.stages.get(at), self.bases.get(at)) else {
            return Vec::new();
        };
        let images =
            base.contexts.iter().map(|context| Expanded::known(context.as_str())).chain(base.image.clone());
        let of_stages = base.stages.iter().flat_map(|at| self.triggers_of_stage(*at)).cloned();
        let triggers = images.flat_map(|image| (self.options.triggers)(&image)).chain(of_stages);
        let triggers = triggers.map(|trigger| {
            let why = |why: String| {
                format!(
                    "the trigger '{}' cannot be read: {why}",
                    trigger.text.lines().next().unwrap_or_default()
                )
            };
            (stage.line, trigger.statement().map(Cow::Owned).map_err(why))
        });
        triggers
            .chain(stage.statements.iter().map(|(line, statement)| (*line, Ok(Cow::Borrowed(statement)))))
            .collect()
    }

    /// What `name` means to `COPY --from` and mounts of the stage `at`; only the former know numbers.
    fn origin(&self, at: usize, name: &str, takes_numbers: bool) -> Origin {
        let number = name.strip_prefix('+').unwrap_or(name).parse::<usize>().ok().filter(|_| takes_numbers);
        let found = number.or_else(|| self.names.get(&*name.to_lowercase()).copied());
        match found {
            Some(stage) if stage >= at => {
                Origin::Unresolved(format!("'{name}' is not a stage above this one"))
            }
            Some(stage) => self.context_of_stage(stage).map_or(Origin::Stage(stage), Origin::Context),
            None if name == "scratch" => Origin::Nothing,
            None => context_of_image(self.options.contexts, name).map_or(Origin::Image, Origin::Context),
        }
    }

    fn origin_of_copy(&self, at: usize, from: &str) -> Origin {
        match expand(from, self.file.escape, &|_| Variable::Unset) {
            Ok(same) if same.text() == Some(from) => self.origin(at, from, true),
            _ => Origin::Unresolved(format!("variables are not supported in --from={from}")),
        }
    }

    /// The stages that `target` needs.
    fn needed(&self, target: usize) -> BTreeSet<usize> {
        let (mut needed, mut rest) = (BTreeSet::from([target]), vec![target]);
        while let Some(at) = rest.pop() {
            let mut stages = self.bases.get(at).map(|base| base.stages.clone()).unwrap_or_default();
            for (_, statement) in self.statements(at) {
                let origins = match statement.as_deref() {
                    Ok(Statement::Copy(copy)) => {
                        copy.from.iter().map(|from| self.origin_of_copy(at, from)).collect()
                    }
                    Ok(Statement::Run(mounts)) => {
                        let mounts = mounts.iter().filter(|mount| !mount.reads_nothing(&mount.kind));
                        let from = mounts.filter_map(|mount| mount.from.as_deref());
                        from.map(|from| self.origin(at, from, false)).collect()
                    }
                    _ => Vec::new(),
                };
                stages.extend(origins.iter().filter_map(|origin| match origin {
                    Origin::Stage(stage) => Some(*stage),
                    _ => None,
                }));
            }
            for stage in stages {
                if self.context_of_stage(stage).is_none() && needed.insert(stage) {
                    rest.push(stage);
                }
            }
        }
        needed
    }

    fn read_stage(&mut self, at: usize, scopes: &BTreeMap<usize, Rc<Scope>>) -> Scope {
        let Some(stage) = self.file.stages.get(at) else { return Scope::of_image() };
        let statements = self.statements(at);
        let mut scope = self.read_base(at, stage.line, scopes);
        for (line, statement) in statements {
            match statement.as_deref() {
                Ok(Statement::Arg(args)) => {
                    for (name, default) in args {
                        scope.declare(name, default.as_deref(), &self.globals, self.file.escape);
                    }
                }
                Ok(Statement::Env(pairs)) => scope.assign(pairs, self.file.escape),
                Ok(Statement::Copy(copy)) => self.read_copy(at, line, copy, &scope),
                Ok(Statement::Run(mounts)) => {
                    mounts.iter().for_each(|mount| self.read_mount(at, line, mount, &scope));
                }
                Ok(Statement::OnBuild(_) | Statement::From { .. } | Statement::Other) => {}
                Err(why) => self.unresolved(line, why.clone()),
            }
        }
        scope
    }

    /// The variables that a stage begins with.
    fn read_base(&mut self, at: usize, line: usize, scopes: &BTreeMap<usize, Rc<Scope>>) -> Scope {
        let Some(base) = self.bases.get_mut(at).map(std::mem::take) else { return Scope::of_image() };
        if let Some(why) = base.error {
            self.unresolved(line, why);
            return Scope::of_image();
        }
        let of_stages = base.stages.iter().filter_map(|stage| self.context_of_stage(*stage));
        for context in of_stages.chain(base.contexts.iter().cloned()).collect::<Vec<_>>() {
            self.read_all(line, context);
        }
        let scope = match (&base.image, base.stages.as_slice(), base.contexts.as_slice()) {
            (None, [], []) => Scope::empty(),
            (None, [stage], []) => scopes.get(stage).cloned().map_or_else(Scope::of_image, Scope::of_stage),
            _ => Scope::of_image(),
        };
        if let Some(image) = base.image {
            if image.mentions("onbuild") && (self.options.triggers)(&image).is_empty() {
                self.unresolved(line, format!("the image {image} may have ONBUILD instructions"));
            }
            self.use_image(line, Instruction::From, image);
        }
        scope
    }

    fn read_copy(&mut self, at: usize, line: usize, copy: &Copy, scope: &Scope) {
        let context = match copy.from.as_deref().map(|from| self.origin_of_copy(at, from)) {
            None => None,
            Some(Origin::Context(context)) => Some(context),
            Some(Origin::Nothing | Origin::Stage(_)) => return,
            Some(Origin::Image) => {
                let image = Expanded::known(copy.from.clone().unwrap_or_default());
                return self.use_image(line, copy.instruction, image);
            }
            Some(Origin::Unresolved(why)) => return self.unresolved(line, why),
        };
        for written in &copy.sources {
            let source = match scope.expand(written, self.file.escape) {
                Ok(source) => source,
                Err(error) => {
                    self.unresolved(line, reason(written, &error));
                    continue;
                }
            };
            if copy.instruction == Instruction::Add && is_remote(&source) {
                continue;
            }
            let paths = if copy.has_parents {
                Wildcard::parents(written, &source)
            } else {
                Wildcard::source(written, &source, self.may_be_windows)
            };
            match paths {
                Some(paths) => {
                    let (instruction, context) = (copy.instruction, context.clone());
                    let paths = paths.excluding(&copy.excludes);
                    self.read_source(&source, Source { line, instruction, context, paths });
                }
                None => self.unresolved(line, format!("'{source}' is not a valid pattern")),
            }
        }
    }

    /// Adds `source`, whose name is `named`: where it may be any path, that is told.
    fn read_source(&mut self, named: &Expanded, source: Source) {
        if let Some(unknown) = named.first_unknown().filter(|_| source.paths.is_all()) {
            self.unresolved(source.line, format!("the value of {unknown} is not known"));
        }
        self.reads.sources.push(source);
    }

    fn read_mount(&mut self, at: usize, line: usize, mount: &Mount, scope: &Scope) {
        let kind = scope.expand(&mount.kind, self.file.escape).unwrap_or_default();
        if kind.text().is_some_and(|kind| mount.reads_nothing(kind)) {
            return;
        }
        let instruction = Instruction::Run;
        let context = match mount.from.as_deref().map(|from| self.origin(at, from, false)) {
            None => None,
            Some(Origin::Context(context)) => Some(context),
            Some(Origin::Nothing | Origin::Stage(_)) => return,
            Some(Origin::Image) => {
                let image = Expanded::known(mount.from.clone().unwrap_or_default());
                return self.use_image(line, instruction, image);
            }
            Some(Origin::Unresolved(why)) => return self.unresolved(line, why),
        };
        let written = if mount.source.is_empty() { "." } else { &mount.source };
        match scope.expand(&mount.source, self.file.escape) {
            Ok(source) => {
                let paths = Wildcard::literal(written, &source);
                self.read_source(&source, Source { line, instruction, context, paths });
            }
            Err(error) => self.unresolved(line, reason(written, &error)),
        }
    }
}

fn reason(word: &str, error: &WordError) -> String {
    match error {
        WordError::Invalid(why) => format!("'{word}' cannot be evaluated: {why}"),
        WordError::TooDeep => format!("'{word}' cannot be evaluated: its variables are nested too deeply"),
    }
}

/// Whether `ADD` fetches it, by HTTP or with git, from elsewhere.
fn is_remote(source: &Expanded) -> bool {
    let Some(super::text::Part::Known(text)) = source.parts().first() else { return false };
    let is_word = |text: &str, others: &str| {
        !text.is_empty()
            && text.chars().all(|character| character.is_ascii_alphanumeric() || others.contains(character))
    };
    if let Some((scheme, _)) = text.split_once("://") {
        // In capital letters, only git takes the first two for that.
        return matches!(scheme, "http" | "https")
            || matches!(&*scheme.to_ascii_lowercase(), "git" | "ssh") && source.text().is_some();
    }
    // git@github.com:acme/repository.git
    text.split_once('@').is_some_and(|(user, rest)| {
        rest.split_once(':').is_some_and(|(host, _)| is_word(user, "-_") && is_word(host, "-."))
    })
}
