//! What `imgver.yaml` cannot say.

/// A text that is refused.
pub(crate) struct Refusal {
    /// What is wrong with it.
    pub(crate) what: &'static str,
    /// The text; `‸` is where the error is.
    marked: &'static str,
    /// What its error says, in part.
    pub(crate) says: &'static str,
    /// Whether an editor that knows the schema shows it, too.
    pub(crate) by: By,
}

/// Who refuses a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    /// The reader, and the schema as well.
    Both,
    /// The reader alone: it is no YAML, or a rule that a schema cannot express.
    Reader,
}

use By::{Both, Reader};

impl Refusal {
    /// The text itself.
    pub(crate) fn text(&self) -> String {
        self.marked.replace('‸', "")
    }

    /// Line and column of the error.
    pub(crate) fn place(&self) -> (usize, usize) {
        let (before, _) = self.marked.split_once('‸').expect("every text marks its error");
        let line = before.rsplit('\n').next().unwrap();
        (before.matches('\n').count() + 1, line.chars().count() + 1)
    }
}

const fn no(what: &'static str, marked: &'static str, says: &'static str, by: By) -> Refusal {
    Refusal { what, marked, says, by }
}

/// The file as a whole, and its keys.
pub(crate) const KEYS: &[Refusal] = &[
    no("a list", "‸- apps/web\n", "expected a map with keys such as `services`, but found a list", Both),
    no("text", "‸services\n", "expected a map with keys such as `services`, but found text", Both),
    no("a tag", "‸!config {next: patch}\n", "but found a value with a tag", Reader),
    no("a second document", "next: patch\n‸---\nnext: minor\n", "the file may have only one", Reader),
    no("a tab in front", "services:\n\t‸apps/web: {}\n", "tab", Reader),
    no("a tag format without quotes", "tag-format: {service}‸@{version}\n", "", Reader),
    no(
        "a key twice",
        "next: patch\n‸next: minor\n",
        "the key 'next' is duplicated (first on line 1)",
        Reader,
    ),
    no("a misspelled key", "‸servces: {}\n", "unknown key 'servces': did you mean services?", Both),
    no(
        "a key in camel case",
        "‸tagFormat: v{version}\n",
        "unknown key 'tagFormat': did you mean tag-format?",
        Both,
    ),
    no(
        "a key that does not exist",
        "‸registry: ghcr.io\n",
        "unknown key 'registry': use one of tag-format, image,",
        Both,
    ),
    no("a list for a key", "‸[a]: b\n", "expected the name of a key, but found a list", Reader),
    no("nothing for a key", "‸~: b\n", "expected the name of a key, but found nothing", Reader),
    no("a service at the top", "‸apps/web: {}\n", "a path of a service belongs below `services`", Both),
    no(
        "a service's key at the top",
        "‸build-arg: {A: 1}\n",
        "`build-args` is a key of a service: write it below",
        Both,
    ),
    no(
        "a key of the file in a service",
        "services:\n  apps/web:\n    ‸tag_format: v{version}\n",
        "`tag-format` is the same for all services: write it at the top",
        Both,
    ),
    no(
        "a misspelled key of a service",
        "services: {a: {‸images: b}}\n",
        "unknown key 'images': did you mean image?",
        Both,
    ),
    no(
        "another key in a service",
        "services: {a: {‸zzz: b}}\n",
        "unknown key 'zzz': use one of image, directory,",
        Both,
    ),
];

/// Values at the top level.
pub(crate) const VALUES: &[Refusal] = &[
    no(
        "a number as tag format",
        "tag-format: ‸1.0\n",
        "`tag-format`: expected a tag format in quotes, such as",
        Both,
    ),
    no(
        "a tag format of nothing",
        "tag-format:‸\nnext: patch\n",
        "but found nothing: write it, or leave it out",
        Both,
    ),
    no(
        "a tag format without a version",
        "tag-format: ‸'{service}'\n",
        "cannot use '{service}': a tag format must contain",
        Both,
    ),
    no("a tag format with two versions", "tag-format: ‸'{version}-{version}'\n", "once, not 2 times", Both),
    no(
        "an unknown placeholder in a tag format",
        "tag-format: ‸'{svc}@{version}'\n",
        "unknown placeholder {svc} in a tag format",
        Both,
    ),
    no(
        "a brace that is not closed in a tag format",
        "tag-format: ‸'v{version'\n",
        "unmatched brace in a tag format",
        Both,
    ),
    no(
        "a version beside a name",
        "tag-format: ‸'{name}{version}'\n",
        "{version} must be separated from",
        Both,
    ),
    no(
        "a tag format that git refuses",
        "tag-format: ‸'v {version}'\n",
        "git allows no tag called 'v 1.2.3'",
        Reader,
    ),
    no(
        "no tag format in a list",
        "tag-format: ‸[]\n",
        "but the list is empty: leave the key out for the default",
        Both,
    ),
    no(
        "a tag format twice",
        "tag-format: ['v{version}', ‸'v{version}']\n",
        "'v{version}' is duplicated (first on line 1)",
        Both,
    ),
    no("a list in the list of tag formats", "tag-format: [‸['v{version}']]\n", "but found a list", Both),
    no(
        "several images for all services",
        "image: ‸[acme/a, acme/b]\n",
        "`image`: expected an image in quotes",
        Both,
    ),
    no(
        "an image with an unknown placeholder",
        "image: ‸acme/{path}\n",
        "unknown placeholder {path} in an image: use {name} or {service}",
        Both,
    ),
    no(
        "an image with a variable",
        "image: ‸ghcr.io/${OWNER}/{name}\n",
        "variables are not expanded here: the environment variable IMGVER_IMAGE",
        Both,
    ),
    no(
        "an image with a tag",
        "image: ‸acme/{name}:latest\n",
        "cannot use 'acme/{name}:latest': 'acme/api:latest' is not a valid image repository: it has a tag",
        Reader,
    ),
    no(
        "an image with uppercase letters",
        "image: ‸ghcr.io/Acme/{name}\n",
        "it has uppercase letters",
        Reader,
    ),
    no(
        "an image with a brace that is not closed",
        "image: ‸acme/{name\n",
        "unmatched brace in an image",
        Both,
    ),
    no(
        "a number as pre-release",
        "prereleases: [rc, ‸1]\n",
        "cannot use '1': it has only digits, and imgver adds the number itself",
        Both,
    ),
    no("a pre-release with its number", "prereleases: ‸rc.1\n", "imgver adds '.' and a number itself", Both),
    no("a pre-release twice", "prereleases: [rc,\n  ‸rc]\n", "'rc' is duplicated (first on line 1)", Both),
    no(
        "a list in the list of pre-releases",
        "prereleases: [‸[rc]]\n",
        "expected an identifier such as rc",
        Both,
    ),
    no(
        "an unknown floating tag",
        "floating: [latest, ‸patch]\n",
        "cannot use 'patch': expected one of latest, minor, major",
        Both,
    ),
    no("a floating tag twice", "floating: [major, ‸major]\n", "'major' is duplicated", Both),
    no(
        "true for floating tags",
        "floating: ‸true\n",
        "expected one of latest, minor, major, but found a boolean",
        Both,
    ),
    no(
        "an unknown scope",
        "scope: ‸directory\n",
        "cannot use 'directory': expected one of repository, service",
        Both,
    ),
    no(
        "a list of scopes",
        "scope: ‸[service]\n",
        "expected one of repository, service, but found a list",
        Both,
    ),
    no("major as the next part", "next: ‸major\n", "cannot use 'major': expected one of patch, minor", Both),
    no(
        "yes for true",
        "first-parent: ‸yes\n",
        "expected true or false, without quotes, but found 'yes'",
        Both,
    ),
    no(
        "true in quotes",
        "first-parent: ‸'true'\n",
        "expected true or false, without quotes, but found 'true'",
        Both,
    ),
    no(
        "a list for true",
        "first-parent: ‸[true]\n",
        "expected true or false, without quotes, but found a list",
        Both,
    ),
    no("nothing for true", "first-parent:‸\n", "but found nothing: write it, or leave it out", Both),
    no(
        "a directory as filter file",
        "filters: ‸.github/\n",
        "it is a directory: write the path of the file",
        Both,
    ),
    no(
        "several filter files",
        "filters: ‸[a.yaml, b.yaml]\n",
        "expected the path of a file, from the root of the repository, but found a list",
        Both,
    ),
    no(
        "an unknown quantifier",
        "quantifier: ‸all\n",
        "cannot use 'all': expected one of some, every, some-with-excludes",
        Both,
    ),
];

/// Names below `services`.
pub(crate) const NAMES: &[Refusal] = &[
    no(
        "nothing below services",
        "services:‸\n",
        "expected a map from paths of services to what is set for them",
        Both,
    ),
    no("a list of services", "services: ‸[apps/web]\n", "such as `apps/orders: {}`, but found a list", Both),
    no(
        "an image as a service",
        "services:\n  apps/web: ‸acme/web\n",
        "`apps/web`: expected a map of settings such as image",
        Both,
    ),
    no(
        "a list as a service",
        "services:\n  apps/web: ‸[image]\n",
        "or {} for the defaults, but found a list",
        Both,
    ),
    no(
        "no name of a service",
        "services: {‸~: {}}\n",
        "expected the path of a service, but found nothing",
        Reader,
    ),
    no(
        "a list as a service's name",
        "services: {‸[a]: {}}\n",
        "expected the path of a service, but found a list",
        Reader,
    ),
    no(
        "a service outside",
        "services:\n  ‸../web: {}\n",
        "cannot use '../web': it leaves the repository",
        Both,
    ),
    no("a service that goes outside", "services:\n  ‸a/../../web: {}\n", "it leaves the repository", Reader),
    no(
        "an absolute service",
        "services:\n  ‸/apps/web: {}\n",
        "it is absolute: write the path from the root of the repository, without a slash",
        Both,
    ),
    no("a service on a drive", "services:\n  ‸'C:/web': {}\n", "it is absolute", Both),
    no("a service in somebody's home", "services:\n  ‸~/web: {}\n", "~ is not expanded here", Both),
    no(
        "a service with a variable",
        "services:\n  ‸'apps/${APP}': {}\n",
        "variables are not expanded here: write the path itself",
        Both,
    ),
    no(
        "a service that is a URL",
        "services:\n  ‸https://example.com/web: {}\n",
        "it is a URL, and only paths of this repository",
        Both,
    ),
    no(
        "a service with a backslash",
        "services:\n  ‸apps\\web: {}\n",
        "it has a backslash: write / between directories",
        Both,
    ),
    no(
        "a service with a line break",
        "services:\n  ‸\"apps\\nweb\": {}\n",
        "it contains control characters",
        Both,
    ),
    no("a service with a NUL", "services:\n  ‸\"apps\\0web\": {}\n", "it contains control characters", Both),
    no(
        "a service like an option",
        "services:\n  ‸'-web': {}\n",
        "it begins with '-', which programs take for an option",
        Both,
    ),
    no(
        "a service like a command",
        "services:\n  ‸'::stop::': {}\n",
        "it is a command to a CI system",
        Reader,
    ),
    no(
        "a service without a name",
        "services:\n  ‸'': {}\n",
        "it is empty: write the path of the service's directory",
        Both,
    ),
    no(
        "the root as a service",
        "services:\n  ‸.: {}\n",
        "choose one, and write `directory: .` below it",
        Both,
    ),
    no(
        "a service twice",
        "services:\n  a: {}\n  ‸a: {}\n",
        "the key 'a' is duplicated (first on line 2)",
        Reader,
    ),
    no(
        "a service in two spellings",
        "services:\n  apps/web: {}\n  ‸./apps//web/: {}\n",
        "'./apps//web/' is configured twice: first on line 2, as 'apps/web'",
        Reader,
    ),
    no(
        "a wildcard twice",
        "services:\n  'a/*': {}\n  ‸'a/*/': {}\n",
        "'a/*/' is configured twice: first on line 2, as 'a/*'",
        Reader,
    ),
    no("a wildcard outside", "services:\n  ‸'../*': {}\n", "it leaves the repository", Both),
    no(
        "a wildcard that cannot be used",
        "services:\n  'apps/‸[ab': {}\n",
        "the pattern 'apps/[ab' cannot be used: the `[` at character 6",
        Reader,
    ),
    no("a negated wildcard", "services:\n  ‸'!apps/*': {}\n", "a name cannot exclude services", Both),
    no(
        "a directory for a wildcard",
        "services:\n  'apps/*': { directory: ‸web }\n",
        "every service of a wildcard is in the directory that it matches",
        Both,
    ),
];

/// What is set for a service.
pub(crate) const SETTINGS: &[Refusal] = &[
    no(
        "no image in the list of images",
        "services: {a: {image: ‸[]}}\n",
        "expected an image or a list of images, but the list is empty",
        Both,
    ),
    no(
        "an image twice",
        "services: {a: {image: [acme/a, ‸docker.io/acme/a]}}\n",
        "'docker.io/acme/a' is duplicated (first on line 1)",
        Reader,
    ),
    no(
        "an image twice by its template",
        "services: {apps/a: {image: [acme/a, ‸'acme/{name}']}}\n",
        "'acme/{name}' is duplicated",
        Reader,
    ),
    no(
        "an image that the service's name spoils",
        "services: {apps/Web: {image: ‸'acme/{name}'}}\n",
        "cannot use 'acme/{name}': 'acme/Web' is not a valid image repository",
        Reader,
    ),
    no(
        "a context outside",
        "services: {a: {context: ‸../..}}\n",
        "`context`: cannot use '../..': it leaves the repository",
        Both,
    ),
    no(
        "a context that is a URL",
        "services: {a: {context: ‸'https://example.com/a.git'}}\n",
        "it is a URL",
        Both,
    ),
    no("a context like an option", "services: {a: {context: ‸'-'}}\n", "it begins with '-'", Both),
    no("an empty context", "services: {a: {context: ‸''}}\n", "it is empty: write . for the root", Both),
    no(
        "a list of contexts",
        "services: {a: {context: ‸[.]}}\n",
        "expected the path of a directory, from the root of the repository, but found a list",
        Both,
    ),
    no(
        "a directory with a backslash",
        "services: {a: {directory: ‸apps\\web}}\n",
        "it has a backslash",
        Both,
    ),
    no(
        "a number as directory",
        "services: {a: {directory: ‸1}}\n",
        "but found a number: put quotes around text",
        Both,
    ),
    no(
        "a Dockerfile in somebody's home",
        "services: {a: {dockerfile: ‸~/Dockerfile}}\n",
        "~ is not expanded here",
        Both,
    ),
    no(
        "a directory as Dockerfile",
        "services: {a: {dockerfile: ‸docker/}}\n",
        "it is a directory: write the path of the file",
        Both,
    ),
    no(
        "the root as Dockerfile",
        "services: {a: {dockerfile: ‸.}}\n",
        "it is a directory: write the path of the file",
        Both,
    ),
    no(
        "a stage with blanks",
        "services: {a: {target: ‸'run time'}}\n",
        "cannot use 'run time': a stage's name has letters",
        Both,
    ),
    no(
        "a list of stages",
        "services: {a: {target: ‸[b]}}\n",
        "expected the name of a stage of the Dockerfile, but found a list",
        Both,
    ),
    no(
        "platforms in a map",
        "services: {a: {platforms: ‸{linux: amd64}}}\n",
        "`platforms`: expected a list of platforms, such as [linux/amd64, linux/arm64], but found a map",
        Both,
    ),
    no(
        "a misspelled platform",
        "services: {a: {platforms: [‸linux//amd64]}}\n",
        "'linux//amd64' is not a valid platform",
        Both,
    ),
    no(
        "a platform twice",
        "services: {a: {platforms: [linux/amd64, ‸linux/amd64]}}\n",
        "'linux/amd64' is duplicated",
        Both,
    ),
    no(
        "a platform in two spellings",
        "services: {a: {platforms: [linux/amd64, ‸linux/x86_64]}}\n",
        "'linux/x86_64' is another spelling of linux/amd64",
        Reader,
    ),
    no(
        "a comma too many",
        "services: {a: {platforms: ‸'linux/amd64,'}}\n",
        "'' is not a valid platform",
        Both,
    ),
    no(
        "build arguments in a list",
        "services: {a: {build-args: ‸[A=1]}}\n",
        "expected a map from names to values, such as { NODE_ENV: production }, but found a list",
        Both,
    ),
    no(
        "a build argument without a value",
        "services: {a: {build-args: {A:‸ }}}\n",
        "`A`: a build argument needs a value: write '' for an empty one",
        Both,
    ),
    no(
        "a list as build argument",
        "services: {a: {build-args: {A: ‸[b]}}}\n",
        "expected text, a number, true or false, but found a list",
        Both,
    ),
    no(
        "a build argument of two lines",
        "services:\n  a:\n    build-args:\n      A: |\n        ‸b\n        c\n",
        "must be on one line",
        Both,
    ),
    no(
        "the version as build argument",
        "services: {a: {build-args: {‸VERSION: '1'}}}\n",
        "cannot use 'VERSION': imgver sets it for every image",
        Both,
    ),
    no(
        "the time as build argument",
        "services: {a: {build-args: {‸SOURCE_DATE_EPOCH: 0}}}\n",
        "imgver sets it for every image",
        Both,
    ),
    no(
        "a build argument with a dash",
        "services: {a: {build-args: {‸NODE-ENV: b}}}\n",
        "a name has letters, digits and '_'",
        Both,
    ),
    no(
        "a number as the name of a build argument",
        "services: {a: {build-args: {‸1: b}}}\n",
        "expected the name of a build argument, but found a number",
        Both,
    ),
    no(
        "a list of build contexts",
        "services: {a: {build-contexts: ‸[shared]}}\n",
        "expected a map from names to directories",
        Both,
    ),
    no(
        "a build context outside",
        "services: {a: {build-contexts: {shared: ‸../libs}}}\n",
        "it leaves the repository",
        Both,
    ),
    no(
        "a build context of another kind",
        "services: {a: {build-contexts: {shared: ‸'oci-layout://dir'}}}\n",
        "expected a directory of the repository, an image (docker-image://…), or a URL",
        Both,
    ),
    no(
        "a build context that is another target",
        "services: {a: {build-contexts: {shared: ‸'target:base'}}}\n",
        "expected a directory of the repository, an image (docker-image://…), or a URL",
        Both,
    ),
    no(
        "a build context with a variable",
        "services: {a: {build-contexts: {shared: ‸'${DIR}/a'}}}\n",
        "variables are not expanded here",
        Both,
    ),
    no(
        "a build context that is no image",
        "services: {a: {build-contexts: {shared: ‸'docker-image://Acme/base'}}}\n",
        "it has uppercase letters",
        Reader,
    ),
    no(
        "a number as a build context",
        "services: {a: {build-contexts: {shared: ‸1}}}\n",
        "expected a directory of the repository, an image (docker-image://…) or a URL, as text, but found a number",
        Both,
    ),
    no(
        "the name of a build context",
        "services: {a: {build-contexts: {‸'a b': libs}}}\n",
        "a name is like that of an image",
        Both,
    ),
    no(
        "one build context by two names",
        "services: {a: {build-contexts: {base: libs, ‸'base:latest': libs}}}\n",
        "the same context is named twice (first on line 1)",
        Reader,
    ),
    no(
        "a number as the name of a build context",
        "services: {a: {build-contexts: {‸1: libs}}}\n",
        "expected the name of a context, which the Dockerfile uses, but found a number",
        Reader,
    ),
    no(
        "a negated pattern",
        "services: {a: {watch: [libs/**, ‸'!libs/docs/**']}}\n",
        "`watch` only adds to what a service watches: remove the '!'",
        Both,
    ),
    no(
        "a negated pattern without quotes",
        "services: {a: {watch: ‸!libs/docs/**}}\n",
        "`watch` only adds",
        Reader,
    ),
    no(
        "an absolute pattern",
        "services: {a: {watch: ‸'/libs/**'}}\n",
        "patterns are from the root of the repository: remove the slash",
        Both,
    ),
    no("a pattern outside", "services: {a: {watch: ‸'../libs/**'}}\n", "it leaves the repository", Both),
    no(
        "a pattern that cannot be used",
        "services: {a: {watch: ['libs/‸{a']}}\n",
        "the pattern 'libs/{a' cannot be used: the `{` at character 6 is not closed",
        Reader,
    ),
    no("an empty pattern", "services: {a: {watch: ‸''}}\n", "it is empty: write `**` for every path", Both),
    no(
        "a number as pattern",
        "services: {a: {watch: ‸1}}\n",
        "expected a pattern in quotes or a list of patterns, but found a number",
        Both,
    ),
    no(
        "text for true",
        "services: {a: {watch-inputs: ‸on}}\n",
        "expected true or false, without quotes, but found 'on'",
        Both,
    ),
];

/// All of them.
pub(crate) fn all() -> impl Iterator<Item = &'static Refusal> {
    [KEYS, VALUES, NAMES, SETTINGS].into_iter().flatten()
}
