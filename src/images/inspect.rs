//! Parses docker's descriptions of builders and daemon.

use std::collections::BTreeSet;

use crate::domain::Platform;

/// A buildx builder, as `docker buildx inspect` describes it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Builder {
    /// Its name.
    pub name: String,
    /// How it runs BuildKit: `docker`, `docker-container`, `kubernetes`, `remote`.
    pub driver: String,
    /// The platforms it builds for, as `OS/ARCH`; empty if it has not started yet.
    pub platforms: BTreeSet<String>,
    /// Errors of the builder or its nodes.
    pub errors: Vec<String>,
}

impl Builder {
    /// Reads the output of `docker buildx inspect`: lines of `KEY: VALUE`, first the builder's, then those of its nodes.
    pub fn parse(text: &str) -> Self {
        let mut builder = Builder::default();
        for line in text.lines() {
            // Lists and files that belong to a key are indented.
            let Some((key, value)) = line.split_once(':').filter(|_| !line.starts_with([' ', '\t'])) else {
                continue;
            };
            let value = value.trim();
            match key {
                "Name" if builder.name.is_empty() => value.clone_into(&mut builder.name),
                "Driver" => value.clone_into(&mut builder.driver),
                "Error" => builder.errors.push(value.to_owned()),
                "Platforms" => builder.platforms.extend(value.split(',').filter_map(os_and_architecture)),
                _ => {}
            }
        }
        builder
    }

    /// Whether steps of a build can run on `platform` here, as far as can be determined before the builder has started.
    pub fn runs(&self, platform: &Platform) -> bool {
        self.platforms.is_empty()
            || platform.os_and_architecture().is_none_or(|platform| self.platforms.contains(platform))
    }
}

/// `OS/ARCH` of `linux/arm/v7`, `linux/amd64*` (chosen by hand) or `linux/amd64 (+3)` (with variants).
fn os_and_architecture(listed: &str) -> Option<String> {
    let word = listed.split_whitespace().next()?.trim_end_matches('*');
    let platform: Platform = word.parse().ok()?;
    platform.os_and_architecture().map(ToOwned::to_owned)
}

/// The local docker, as `docker info --format` describes it with [`Daemon::FORMAT`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Daemon {
    /// Why it cannot be reached; none if it can.
    pub error: Option<String>,
    /// Whether it keeps images in containerd's image store, which alone can store multi-platform images.
    pub has_image_store: bool,
}

impl Daemon {
    /// The template for `docker info --format`.
    pub const FORMAT: &str = "{{json .ServerErrors}}\n{{json .DriverStatus}}";

    /// Reads the answer, a line for each. Some versions of docker exit with success although no daemon runs.
    pub fn parse(text: &str) -> Self {
        let mut lines = text.lines();
        let errors: Option<Vec<String>> = lines.next().and_then(|line| serde_json::from_str(line).ok());
        let status: Option<Vec<(String, String)>> =
            lines.next().and_then(|line| serde_json::from_str(line).ok());
        Daemon {
            error: errors.and_then(|errors| errors.into_iter().next()),
            has_image_store: status
                .unwrap_or_default()
                .iter()
                .any(|(key, value)| key == "driver-type" && value.starts_with("io.containerd.snapshotter.")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const REMOTE: &str = "\
Name:          two
Driver:        remote
Last Activity: 2026-11-23 17:00:00 +0000 UTC

Nodes:
Name:             two0
Endpoint:         unix:///run/a.sock
Status:           running
BuildKit version: v0.13.2
Platforms:        linux/amd64*, linux/amd64/v2, linux/386
Labels:
 org.mobyproject.buildkit.worker.executor: oci
 Error: not one of ours
GC Policy rule#0:
 All:           false

Name:     two1
Endpoint: unix:///run/b.sock
Error:    no such host
Platforms: linux/arm64 (+1)
";

    fn platform(text: &str) -> Platform {
        text.parse().unwrap()
    }

    #[test]
    fn builders_are_read() {
        let builder = Builder::parse(REMOTE);
        assert_eq!((&*builder.name, &*builder.driver), ("two", "remote"));
        assert_eq!(builder.errors, ["no such host"]);
        let platforms: Vec<_> = builder.platforms.iter().map(String::as_str).collect();
        assert_eq!(platforms, ["linux/386", "linux/amd64", "linux/arm64"]);
        assert!(builder.runs(&platform("linux/arm64/v8")) && builder.runs(&platform("arm64")));
        assert!(!builder.runs(&platform("linux/s390x")));
    }

    #[test]
    fn a_builder_that_has_not_started_may_run_anything() {
        let builder =
            Builder::parse("Name: ci\nDriver: docker-container\nNodes:\nName: ci0\nStatus: inactive\n");
        assert!(builder.errors.is_empty() && builder.runs(&platform("linux/arm64")));
    }

    #[test]
    fn the_image_store_shows_in_the_status_of_the_driver() {
        let has_image_store = |status: &str| {
            let daemon = Daemon::parse(&format!("null\n{status}\n"));
            assert_eq!(daemon.error, None);
            daemon.has_image_store
        };
        assert!(has_image_store(r#"[["driver-type","io.containerd.snapshotter.v1"]]"#));
        assert!(!has_image_store(r#"[["Backing Filesystem","extfs"],["driver-type","x"]]"#));
        for text in ["", "null", "{}", "[[1]]", "<no value>"] {
            assert!(!has_image_store(text), "{text}");
        }
    }

    #[test]
    fn a_daemon_that_does_not_answer_is_known_by_its_error() {
        let error = |text: &str| Daemon::parse(text).error;
        assert_eq!(error("[\"Cannot connect\"]\nnull\n").as_deref(), Some("Cannot connect"));
        for text in ["", "null", "[]\nnull", "<no value>\n"] {
            assert_eq!(error(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(Name|Driver|Error|Platforms|:|,|/|\\*|\n|\\[|\\]|\"a\"|\\PC){0,40}") {
            let _ = (Builder::parse(&text), Daemon::parse(&text));
        }
    }
}
