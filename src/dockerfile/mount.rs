//! `RUN --mount=…`.

/// A mount, with variables that are not replaced yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mount {
    /// `bind` where none is given.
    pub kind: String,
    pub from: Option<String>,
    /// Empty where none is given.
    pub source: String,
}

impl Mount {
    /// Reads the value of the flag.
    ///
    /// # Errors
    /// An option is not known, or the builder does not accept it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut mount = Mount { kind: "bind".to_owned(), from: None, source: String::new() };
        if text.contains('"') {
            return Err(format!("the mount '{text}' has a quote"));
        }
        for option in text.split(',') {
            let (key, value) =
                option.split_once('=').map_or((option, None), |(key, value)| (key, Some(value)));
            let key = key.to_lowercase();
            match (&*key, value) {
                ("type", Some(value)) => value.clone_into(&mut mount.kind),
                // The builder does not expand it, but accepts a dollar sign at its end.
                ("from", Some(value)) if value.find('$').is_some_and(|at| at + 1 < value.len()) => {
                    return Err("a variable in 'from' of a mount is not supported".to_owned());
                }
                ("from", Some(value)) => mount.from = Some(value.to_owned()).filter(|from| !from.is_empty()),
                ("source" | "src", Some(value)) => value.clone_into(&mut mount.source),
                ("readonly" | "ro" | "readwrite" | "rw" | "required", _) => {}
                (
                    "target" | "dst" | "destination" | "id" | "sharing" | "size" | "mode" | "uid" | "gid"
                    | "env",
                    Some(_),
                ) => {}
                _ => return Err(format!("'{option}' is not a known option of a mount")),
            }
        }
        Ok(mount)
    }

    /// Whether a mount of this `kind` is of neither a context, nor a stage or an image.
    pub(super) fn reads_nothing(&self, kind: &str) -> bool {
        match &*kind.to_ascii_lowercase() {
            "tmpfs" | "secret" | "ssh" => true,
            "cache" => self.from.is_none(),
            _ => false,
        }
    }
}
