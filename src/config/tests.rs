use proptest::prelude::*;

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

#[test]
fn nothing_said_is_nothing_set() {
    for text in ["", "# a comment\n", "---\n", "\u{feff}", "\r\n", "{}", "services: {}\n"] {
        let config = config(text);
        assert!(config.tag_formats.is_empty() && config.image.is_none() && config.services.is_empty());
        assert!(config.next.is_none() && config.first_parent.is_none() && config.quantifier.is_none());
    }
    assert_eq!(only("{}"), ServiceSettings::default());
    assert_eq!(only("~"), ServiceSettings::default());
    let empty_lists =
        config("prereleases: []\nfloating: []\nservices: {a: {platforms: [], watch: [], build-args: {}}}");
    assert_eq!(empty_lists.services[0].settings, ServiceSettings::default());
}

#[test]
fn line_ends_marks_and_tabs_change_nothing() {
    let written: [fn(&str) -> String; 4] = [
        |text| text.replace('\n', "\r\n"),
        |text| format!("\u{feff}{text}"),
        |text| text.replace(": ", ":\t"),
        |text| format!("---{text}...\n"),
    ];
    for change in written {
        let text = change(WHOLE);
        assert_eq!(format!("{:?}", config(&text)), format!("{:?}", config(WHOLE)), "{text}");
    }
}

#[test]
fn anchors_and_merge_keys_are_read_through() {
    let config = config(
        "
services:
  a: &base
    platforms: &platforms [linux/amd64]
    watch: &ui [libs/ui/**]
    build-args: &args { A: 1, B: 2 }
  b: { <<: *base, target: runtime, watch: [*ui, docs/*] }
  c: { platforms: *platforms, build-args: { <<: *args, B: 3 } }
",
    );
    let [_, b, c] = [0, 1, 2].map(|at| &config.services[at].settings);
    assert_eq!((b.platforms.len(), b.target.as_deref(), b.watch.len()), (1, Some("runtime"), 2));
    assert_eq!((c.platforms.len(), &*c.build_args["A"], &*c.build_args["B"]), (1, "1", "3"));
}

#[test]
fn one_value_needs_no_list() {
    let config = config("tag-format: v{version}\nprereleases: rc\nfloating: latest\n");
    assert_eq!([config.tag_formats.len(), config.prereleases.len(), config.floating.len()], [1, 1, 1]);
    let settings = only("{image: acme/a, platforms: 'linux/amd64, linux/arm64', watch: 'libs/**'}");
    assert_eq!([settings.images.len(), settings.platforms.len(), settings.watch.len()], [1, 2, 1]);
    // These differ for all services but one.
    let wildcard = "services: {'services/*': {image: [acme/api, 'acme/{name}', 'acme/{service}']}}";
    assert_eq!(self::config(wildcard).services[0].settings.images.len(), 3);
}

#[test]
fn paths_have_one_spelling() {
    for (written, path) in [
        ("apps/orders", "apps/orders"),
        ("./apps/orders", "apps/orders"),
        ("apps/orders/", "apps/orders"),
        ("apps//orders", "apps/orders"),
        ("apps/./orders/.", "apps/orders"),
        ("apps/web/../orders", "apps/orders"),
        ("123", "123"),
        ("1.20", "1.20"),
        ("true", "true"),
        ("c++", "c++"),
        ("'@acme/web'", "@acme/web"),
        ("a b", "a b"),
        ("~x", "~x"),
        (r"'\[id\]'", "[id]"),
        (r#""app/\\(shop\\)/web""#, "app/(shop)/web"),
        (r"\!x", "!x"),
        ("it's", "it's"),
    ] {
        assert_eq!(name(written), (path.to_owned(), false), "{written}");
    }
    for (written, pattern) in [
        ("'src/*'", "src/*"),
        ("'./src/*/'", "src/*"),
        ("'*'", "*"),
        ("src/*", "src/*"),
        ("'{apps,libs}/**'", "{apps,libs}/**"),
        ("'svc-?'", "svc-?"),
        (r"'\[id\]/*'", r"\[id\]/*"),
    ] {
        assert_eq!(name(written), (pattern.to_owned(), true), "{written}");
    }
    for (written, path) in
        [("'.'", ""), ("./", ""), ("a/..", ""), ("./a//b/", "a/b"), ("a/../b", "b"), ("..a", "..a")]
    {
        let settings = only(&format!("{{context: {written}}}"));
        assert_eq!(settings.context.map(|path| path.value).as_deref(), Some(path), "{written}");
    }
}

#[test]
fn every_spelling_of_a_key_is_told_the_right_one() {
    let spellings: [fn(&str) -> String; 5] = [
        |key| key.replace('-', "_"),
        |key| {
            let mut parts = key.split('-').map(ToOwned::to_owned);
            let first = parts.next().unwrap();
            let upper = |part: String| part[..1].to_uppercase() + &part[1..];
            first + &parts.map(upper).collect::<String>()
        },
        |key| key.to_uppercase(),
        |key| key[..1].to_owned() + &key[2..],
        |key| key.trim_end_matches('s').to_owned() + "ss",
    ];
    let top = TopKey::NAMES.map(|(key, _)| (key, "", "services"));
    let of_service = ServiceKey::NAMES.map(|(key, _)| (key, "services: {a: {", "x"));
    for (key, before, _) in top.into_iter().chain(of_service) {
        for spelling in spellings.iter().map(|spelling| spelling(key)).filter(|spelling| spelling != key) {
            let after = if before.is_empty() { "" } else { "}}" };
            let text = format!("{before}{spelling}: x{after}\n");
            let error = Config::parse(&text).unwrap_err();
            assert!(
                error.message.starts_with(&format!("unknown key '{spelling}': did you mean {key}")),
                "{error}"
            );
        }
    }
}

#[test]
fn large_files_are_read_and_what_multiplies_is_refused() {
    let entry = |at: usize| format!("  group/service-{at}:\n    watch:\n      - libs/ui/**\n");
    let entries: String = (0..10_000).map(entry).collect();
    assert_eq!(config(&format!("services:\n{entries}")).services.len(), 10_000);
    let comment = format!("{WHOLE}# {}\n", "x".repeat(2 << 20));
    assert_eq!(config(&comment).services.len(), 4);
    // Read once and copied: less than what the parts of a tree may be.
    let pattern = format!("libs/{}/**", "x".repeat(9_000));
    let aliases = vec!["*a"; 10_000].join(", ");
    let repeated = format!("services: {{a: {{watch: &a '{pattern}'}}, b: {{watch: [{aliases}]}}}}\n");
    assert!(Config::parse(&repeated).unwrap_err().message.contains("too many patterns"));
    for deep in ["services: ".to_owned() + &"[".repeat(5_000), "{a: ".repeat(5_000), "- ".repeat(5_000)] {
        assert!(Config::parse(&deep).is_err());
    }
    let nested = format!("services: {{a: {{watch: {}'x'{}}}}}\n", "[".repeat(90), "]".repeat(90));
    assert_eq!(config(&nested).services[0].settings.watch.len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_panics_and_every_error_is_located(
        lines in prop::collection::vec(
            "(  |    )?(tag-format|image|services|a/b|'c/\\*'|context|platforms|build-args|A|watch|next|floating)?:? ?\
             (\\PC{0,4}|[\\[{]|\\]|'[^']{0,4}'|\\{version\\}|\\.\\./x|linux/arm|&a|\\*a|<<|[|>]|true|1)?",
            0..12,
        ),
    ) {
        let text = lines.join("\n");
        if let Err(error) = Config::parse(&text) {
            prop_assert!(error.location.is_some_and(|place| place.line > 0 && place.column > 0), "{text}\n{error}");
        }
    }

    #[test]
    fn a_path_that_is_taken_stays_inside(text in "([a-z.~/\\\\$:-]|\\.\\./|/\\./){0,12}") {
        let text = format!("services: {{a: {{context: '{text}'}}}}\n");
        if let Ok(config) = Config::parse(&text) {
            let path = config.services[0].settings.context.clone().unwrap().value;
            let is_part = |part: &str| !matches!(part, "" | "." | "..");
            prop_assert!(path.is_empty() || path.split('/').all(is_part), "{text}: {path}");
        }
    }
}
