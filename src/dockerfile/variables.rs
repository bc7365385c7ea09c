//! Variables: build arguments, and the environment of a stage, by the rules of BuildKit's `dockerfile2llb/convert.go`.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::lexer::{Variable, WordError, expand};
use super::reads::BuildOptions;
use super::text::Expanded;
use crate::domain::Platform;

/// The most text that variables hold: of what comes after, nothing is known.
const STORED_MAX: usize = 4 << 20;

/// Arguments that clients give of their own accord, from their settings or environment.
const OF_CLIENTS: [&str; 11] = [
    "ALL_PROXY",
    "FTP_PROXY",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
    "SOURCE_DATE_EPOCH",
    "all_proxy",
    "ftp_proxy",
    "http_proxy",
    "https_proxy",
    "no_proxy",
];

/// The build arguments that are declared in front of the first stage, and those that are always there.
pub(super) struct Globals<'a> {
    options: &'a BuildOptions<'a>,
    values: BTreeMap<String, Variable>,
}

impl<'a> Globals<'a> {
    /// Those that are always there, for a build of `stage` for `platform`; none means any.
    pub(super) fn new(options: &'a BuildOptions<'a>, platform: Option<&Platform>, stage: &str) -> Self {
        let mut globals = Globals { options, values: BTreeMap::new() };
        for name in ["BUILDPLATFORM", "BUILDOS", "BUILDOSVERSION", "BUILDARCH", "BUILDVARIANT"] {
            globals.set_always(name, None);
        }
        let platform = platform.map(Platform::as_str).filter(|text| text.contains('/'));
        let mut parts = platform.unwrap_or_default().splitn(3, '/');
        let mut part = || platform.map(|_| parts.next().unwrap_or_default());
        let (os, architecture, variant) = (part(), part(), part());
        globals.set_always("TARGETPLATFORM", platform);
        globals.set_always("TARGETOS", os);
        globals.set_always("TARGETARCH", architecture);
        globals.set_always("TARGETVARIANT", variant);
        // Only of Windows are there versions.
        globals.set_always("TARGETOSVERSION", os.filter(|os| *os != "windows").map(|_| ""));
        globals.set_always("TARGETSTAGE", Some(if stage.is_empty() { "default" } else { stage }));
        globals
    }

    fn set_always(&mut self, name: &str, value: Option<&str>) {
        let value = match value {
            Some(value) => Variable::Set(Expanded::known(value)),
            // The others may be empty, or have slashes.
            None if name.ends_with("OS") || name.ends_with("ARCH") => {
                Variable::Set(Expanded::word(format!("${name}")))
            }
            None => Variable::Unknown,
        };
        self.values.insert(name.to_owned(), self.given(name).unwrap_or(value));
    }

    /// What the build is given.
    fn given(&self, name: &str) -> Option<Variable> {
        if let Some(value) = self.options.args.get(name) {
            return Some(Variable::Set(Expanded::known(value)));
        }
        let is_open = self.options.open_args.contains(&name);
        is_open.then(|| Variable::Set(Expanded::word(format!("${{{name}}}"))))
    }

    /// An `ARG` in front of the first stage.
    pub(super) fn declare(&mut self, name: &str, default: Option<&str>, escape: char) {
        let value = match (self.given(name), default) {
            (Some(value), _) => value,
            (None, _) if OF_CLIENTS.contains(&name) => Variable::Unknown,
            (None, Some(default)) => self.expand(default, escape).map_or(Variable::Unknown, Variable::Set),
            (None, None) if self.values.contains_key(name) => return,
            (None, None) => Variable::Unknown,
        };
        self.values.insert(name.to_owned(), value);
    }

    /// A word outside of the stages.
    pub(super) fn expand(&self, word: &str, escape: char) -> Result<Expanded, WordError> {
        expand(word, escape, &|name| self.values.get(name).cloned().unwrap_or(Variable::Unset))
    }
}

/// The variables of a stage.
pub(super) struct Scope {
    values: BTreeMap<String, Variable>,
    /// Those that the image keeps, since `ENV` sets them: in a stage that begins from this one they come before arguments.
    kept: BTreeMap<String, Variable>,
    /// Those of the stage that it begins from.
    base: Option<Rc<Scope>>,
    /// Where nothing sets it.
    others: Variable,
    stored: usize,
}

impl Scope {
    /// Of a stage that begins with nothing.
    pub(super) fn empty() -> Self {
        let kept = BTreeMap::from([("PATH".to_owned(), Variable::Unknown)]);
        Scope { values: kept.clone(), kept, base: None, others: Variable::Unset, stored: 0 }
    }

    /// Of a stage that begins with an image that has variables of its own.
    pub(super) fn of_image() -> Self {
        Scope { others: Variable::Unknown, ..Scope::empty() }
    }

    pub(super) fn of_stage(base: Rc<Scope>) -> Self {
        let stored = base.stored;
        Scope {
            values: BTreeMap::new(),
            kept: BTreeMap::new(),
            base: Some(base),
            others: Variable::Unset,
            stored,
        }
    }

    fn get(&self, name: &str) -> Variable {
        if let Some(value) = self.values.get(name) {
            return value.clone();
        }
        let (mut scope, mut argument): (&Scope, Option<&Variable>) = (self, None);
        // An image may have a variable of the name of an argument, which comes before it, too.
        while scope.others == Variable::Unset {
            let Some(base) = &scope.base else { return argument.cloned().unwrap_or(Variable::Unset) };
            if let Some(value) = base.kept.get(name) {
                return value.clone();
            }
            argument = argument.or_else(|| base.values.get(name));
            scope = base;
        }
        Variable::Unknown
    }

    pub(super) fn expand(&self, word: &str, escape: char) -> Result<Expanded, WordError> {
        expand(word, escape, &|name| self.get(name))
    }

    fn set(&mut self, name: &str, value: Variable) {
        if let Variable::Set(text) = &value {
            self.stored += text.len();
        }
        let value = if self.stored > STORED_MAX { Variable::Unknown } else { value };
        self.values.insert(name.to_owned(), value);
    }

    /// `ARG` in a stage.
    pub(super) fn declare(&mut self, name: &str, default: Option<&str>, globals: &Globals<'_>, escape: char) {
        let value = match (globals.given(name), default) {
            (Some(value), _) => value,
            (None, _) if OF_CLIENTS.contains(&name) => Variable::Unknown,
            (None, Some(default)) => self.expand(default, escape).map_or(Variable::Unknown, Variable::Set),
            (None, None) => match (globals.values.get(name), self.get(name)) {
                (Some(value), _) => value.clone(),
                (None, Variable::Set(_)) => return,
                (None, _) => Variable::Unknown,
            },
        };
        self.set(name, value);
    }

    /// `ENV`: all values see the variables as they were in front of it.
    pub(super) fn assign(&mut self, pairs: &[(String, String)], escape: char) {
        let expanded: Vec<_> = pairs
            .iter()
            .map(|(name, value)| (self.expand(name, escape), self.expand(value, escape)))
            .collect();
        for (name, value) in expanded {
            let value = value.map_or(Variable::Unknown, Variable::Set);
            match name.as_ref().ok().and_then(Expanded::text) {
                Some(name) => {
                    self.set(name, value);
                    self.kept.extend(
                        self.values.get_key_value(name).map(|(name, value)| (name.clone(), value.clone())),
                    );
                }
                // It may be the name of any.
                None => {
                    self.values.clear();
                    self.kept.clear();
                    self.others = Variable::Unknown;
                }
            }
        }
    }
}
