use super::*;

/// The example of everything.
const WHOLE: &str = r"
tag-format: ['{service}@{version}', 'v{version}']
image: ghcr.io/acme/{name}
prereleases: [rc, beta]
floating: [latest, minor, major]
scope: repository
next: patch
first-parent: false
filters: .github/utils/file-filters.yaml
quantifier: some
services:
  apps/orders: {}
  apps/web:
    image: [ghcr.io/acme/web, docker.io/acme/web]
    context: .
    dockerfile: apps/web/Dockerfile
    target: runtime
    platforms: [linux/amd64, linux/aarch64]
    build-args: { NODE_ENV: production, GO: 1.20, DEBUG: off, CGO: false, EMPTY: '' }
    watch: [libs/ui/**]
    watch-inputs: true
  apps/admin: { directory: apps/web, dockerfile: apps/web/Dockerfile.admin }
  'src/*':
";

fn config(text: &str) -> Config {
    Config::parse(text).unwrap_or_else(|error| panic!("{}: {error}\n{text}", error.place(FILE)))
}

fn placed<T: Clone>(values: &[Placed<T>]) -> Vec<T> {
    values.iter().map(|placed| placed.value.clone()).collect()
}

/// The settings of the only service.
fn only(settings: &str) -> ServiceSettings {
    let config = config(&format!("services: {{a: {settings}}}\n"));
    config.services.into_iter().next().unwrap().settings
}

/// The name of the only entry below `services`, and whether it is a wildcard.
fn name(text: &str) -> (String, bool) {
    let config = config(&format!("services:\n  {text}: {{}}\n"));
    match &config.services[0].name {
        EntryName::Exact(path) => (path.clone(), false),
        EntryName::Wildcard(pattern) => (pattern.as_str().to_owned(), true),
    }
}

#[test]
fn everything_is_read() {
    let config = config(WHOLE);
    let formats: Vec<String> = placed(&config.tag_formats).iter().map(ToString::to_string).collect();
    assert_eq!(formats, ["{service}@{version}", "v{version}"]);
    assert_eq!(config.tag_formats[1].place, Place { line: 2, column: 37 });
    assert_eq!(config.image.map(|image| image.value.to_string()).as_deref(), Some("ghcr.io/acme/{name}"));
    assert_eq!(placed(&config.prereleases), ["rc", "beta"]);
    assert_eq!(placed(&config.floating), [Floating::Latest, Floating::Minor, Floating::Major]);
    assert_eq!(config.scope.map(|scope| scope.value), Some(Scope::Repository));
    assert_eq!((config.next, config.first_parent), (Some(Bump::Patch), Some(false)));
    assert_eq!(config.filters.map(|file| file.value).as_deref(), Some(".github/utils/file-filters.yaml"));
    assert_eq!(config.quantifier, Some(Quantifier::Some));
    let [orders, web, admin, wildcard] = config.services.as_slice() else {
        panic!("{:?}", config.services);
    };
    assert!(matches!(&orders.name, EntryName::Exact(path) if path == "apps/orders"));
    assert_eq!(
        (orders.place, &orders.settings),
        (Place { line: 12, column: 3 }, &ServiceSettings::default())
    );
    let images: Vec<String> = placed(&web.settings.images).iter().map(ToString::to_string).collect();
    assert_eq!(images, ["ghcr.io/acme/web", "docker.io/acme/web"]);
    let web = &web.settings;
    assert_eq!(web.context.as_ref().map(|path| &*path.value), Some(""));
    assert_eq!(web.dockerfile.as_ref().map(|path| &*path.value), Some("apps/web/Dockerfile"));
    assert_eq!(web.target.as_deref(), Some("runtime"));
    let platforms: Vec<&str> = web.platforms.iter().map(Platform::as_str).collect();
    assert_eq!(platforms, ["linux/amd64", "linux/arm64"]);
    let args: Vec<(&str, &str)> = web.build_args.iter().map(|(name, value)| (&**name, &**value)).collect();
    assert_eq!(
        args,
        [("CGO", "false"), ("DEBUG", "off"), ("EMPTY", ""), ("GO", "1.20"), ("NODE_ENV", "production")]
    );
    assert_eq!(placed(&web.watch).iter().map(Pattern::as_str).collect::<Vec<_>>(), ["libs/ui/**"]);
    assert!(web.watch_inputs);
    assert_eq!(admin.settings.directory.as_ref().map(|path| &*path.value), Some("apps/web"));
    assert!(matches!(&wildcard.name, EntryName::Wildcard(pattern) if pattern.as_str() == "src/*"));
    assert_eq!(wildcard.settings, ServiceSettings::default());
}
