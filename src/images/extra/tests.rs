use super::*;
use crate::error::Kind;

fn words(args: &[&str]) -> Vec<OsString> {
    args.iter().map(OsString::from).collect()
}

fn extra(args: &[&str], form: Form) -> Result<ExtraArgs> {
    ExtraArgs::of(&words(args), form)
}

#[track_caller]
fn refused_as(args: &[&str], form: Form) -> String {
    let error = extra(args, form).expect_err(&format!("{args:?} was taken"));
    assert_eq!(error.kind(), Kind::Usage);
    let mut text = Vec::new();
    error.render(&mut text, crate::paint::Painter::PLAIN).unwrap();
    String::from_utf8(text).unwrap()
}

#[test]
fn what_the_command_takes_is_handed_on_as_it_is() {
    let (one, several) = (Form::Build, Form::Bake);
    for (args, form) in [
        (&["--no-cache", "--secret", "id=a,src=b c", "--target=x"][..], one),
        (&["--network", "host", "-q", "-f", "other/Dockerfile"], one),
        (&["-qfother", "-qo", "type=oci,dest=-", "-t=a:b"], one),
        (&["--tag", "-x", "--build-context", "a b=c", "--build-arg", "VERSIONS=1"], one),
        (&["--flag-of-tomorrow", "value", "--quiet"], one),
        (
            &["--progress", "plain", "--no-cache", "--pull=true", "--provenance=false", "--sbom", "false"],
            several,
        ),
        (&["--set", "*.dockerfile=x", "--set=api.output=type=oci", "--print", "-D"], several),
        (&["-f", "more.hcl", "-fmore.json", "--file=docker-bake.yml"], several),
    ] {
        let taken = extra(args, form).unwrap_or_else(|error| panic!("{args:?}: {error}"));
        assert_eq!(taken.all().cloned().collect::<Vec<_>>(), words(args));
    }
    let odd = vec!["--tag".into(), OsString::from_vec(b"a\xffb".to_vec())];
    assert_eq!(ExtraArgs::of(&odd, one).unwrap().all().cloned().collect::<Vec<_>>(), odd);
}

#[test]
fn what_bake_does_not_take_is_refused_with_what_to_write_instead() {
    for (args, message, hint) in [
        (
            &["--secret", "id=a,src=b c"][..],
            "--secret id=a,src=b c after -- is not",
            "before --: --secret 'id=a,src=b c'",
        ),
        (&["--target=run"], "--target=run after", "before --: --target run"),
        (&["--ssh", "default"], "--ssh default", "before --: --ssh default"),
        (&["--build-arg", "A=1"], "--build-arg A=1", "before --: --build-arg 'A=1'"),
        (&["--platform", "linux/arm64"], "--platform", "before --: --platform linux/arm64"),
        (&["--no-cache-filter", "deps"], "--no-cache-filter", "--set '*.no-cache-filter=deps'"),
        (&["--annotation", "a=b"], "--annotation", "--set '*.annotations=a=b'"),
        (&["--attest", "type=sbom"], "--attest", "--set '*.attest=type=sbom'"),
        (&["--build-context", "a=../b"], "--build-context", "--set '*.contexts.a=../b'"),
        (&["-o", "type=oci"], "-o type=oci", "--set '*.output=type=oci'"),
        (&["-otype=oci"], "-otype=oci", "--set '*.output=type=oci'"),
        (
            &["--file", "docker/Dockerfile"],
            "would be read as a bake file",
            "--set '*.dockerfile=docker/Dockerfile'",
        ),
        (&["-fDockerfile.prod"], "would be read as a bake file", "--set '*.dockerfile=Dockerfile.prod'"),
        (&["--cache-to", "type=inline"], "--cache-to", "--set '*.cache-to=type=inline'"),
        (&["-q"], "-q after", "--progress quiet"),
        (&["--iidfile", "x"], "--iidfile", "--metadata-file FILE"),
        (&["--network=host"], "--network=host", "one at a time"),
        (&["--no-cahce"], "--no-cahce after", "did you mean --no-cache?"),
        // As in docker itself, no flag can be abbreviated.
        (&["--no-cach"], "--no-cach after", "did you mean --no-cache?"),
        (&["--xyzzy", "1"], "--xyzzy after", "docker buildx bake --help"),
        (&["-x"], "-x after", "docker buildx bake --help"),
        (&["api"], "api after -- would be the only target", "name services before --"),
        (&["--no-cache", "true"], "true after -- would be the only target", "--flag=value"),
        (&["--", "--pull"], "-- after -- would be", "name services"),
        (&[""], "'' after -- would be", "name services"),
        (&["--set"], "--set after -- needs a value", "--flag=value"),
    ] {
        let text = refused_as(args, Form::Bake);
        assert!(text.starts_with("error: ") && text.contains(message), "{message}: {text}");
        assert!(text.contains("hint: ") && text.contains(hint), "{hint}: {text}");
    }
}

#[test]
fn what_build_does_not_take_is_refused_likewise() {
    for (args, message, hint) in [
        (&["--set", "*.dockerfile=x y"][..], "is an option of docker buildx bake", "hint: --file 'x y'"),
        (&["--set=*.args.A=1=2"], "is an option of docker buildx bake", "hint: --build-arg 'A=1=2'"),
        (&["--set", "api.no-cache-filter=deps"], "is an option", "hint: --no-cache-filter deps"),
        (&["--print"], "is an option of docker buildx bake", "hint: --dry-run prints"),
        (&["--var", "a=b"], "is an option of docker buildx bake", "hint: docker buildx build --help"),
        (&["other"], "other after -- would be a second build context", "hint: imgver passes"),
        (&["--quiet", "--", "-x"], "-- after -- would be a second build context", ""),
        // The service's directory would be taken for the value.
        (&["--quiet", "--secret"], "--secret after -- needs a value", ""),
        (&["-f"], "-f after -- needs a value", ""),
    ] {
        let text = refused_as(args, Form::Build);
        assert!(text.contains(message) && text.contains(hint), "{args:?}: {text}");
    }
}

#[test]
fn what_imgver_sets_is_refused_in_every_spelling() {
    for form in [Form::Build, Form::Bake] {
        for (args, hint) in [
            (&["--push"][..], "put --push before --"),
            (&["--push=true"], "put --push before --"),
            (&["--load=1"], "put --load before --"),
            (&["--push=false"], "leave out --push"),
            (&["--load=F"], "type=cacheonly"),
            (&["--build-arg", "VERSION=1"], "--set-version V before -- sets both"),
            (&["--build-arg=VERSION"], "--set-version V before -- sets both"),
            (&["--set", "*.args.VERSION=1"], "--set-version V before -- sets both"),
            (&["--set=api.args.VERSION"], "--set-version V before -- sets both"),
            (&["--dry-run"], "put it before --"),
            (&["-q", "--environment", "production"], ""),
            (&["--set-version=1"], "put it before --"),
            (&["-C", "services"], "put it before --"),
            (&["--no-cache", "--load"], "put --load before --"),
            (&["--metadata-file", "m.json"], "before --: --metadata-file m.json"),
            (&["--metadata-file=m.json"], "before --: --metadata-file m.json"),
        ] {
            assert!(refused_as(args, form).contains(hint), "{args:?}");
        }
    }
}

#[test]
fn images_keep_their_names() {
    for args in [&["--set", "*.tags=x/y:1"][..], &["--set=api.tags+=x/y:1"], &["--set", "api.tags="]] {
        let text = refused_as(args, Form::Bake);
        assert!(text.contains("other names than imgver") && text.contains("IMAGE_REPO"), "{text}");
    }
    for args in [&["--set", "*.labels.tags=x"][..], &["--set", "*.args.version=1"]] {
        assert!(extra(args, Form::Bake).is_ok(), "{args:?}");
    }
    for (args, gives) in [(&["-t", "x"][..], true), (&["-qtx"], true), (&["--tag=x"], true), (&["-q"], false)]
    {
        assert_eq!(extra(args, Form::Build).unwrap().give_tags(), gives, "{args:?}");
    }
    let builders = extra(&["--builder=a", "-q", "--builder", "b"], Form::Build).unwrap();
    assert_eq!(
        (builders.builder().as_deref(), extra(&["-q"], Form::Build).unwrap().builder()),
        (Some("b"), None)
    );
}

#[test]
fn outputs_are_known_in_every_spelling() {
    for args in [
        &["--output", "x"][..],
        &["--output=x"],
        &["-o", "x"],
        &["-ox"],
        &["-qo=x"],
        &["--set", "*.output=type=oci"],
        &["--set=api.output+=type=oci"],
        &["--no-cache", "--set", "api.push=true"],
    ] {
        assert!(name_output(&words(args)), "{args:?}");
    }
    for args in [
        &["--secret", "--output"][..],
        &["--set", "*.args.output=x"],
        &["--label", "-o"],
        &["--set", "*.tags=output"],
        &["--", "-o"],
        &["output"],
        &[],
    ] {
        assert!(!name_output(&words(args)), "{args:?}");
    }
}

#[test]
fn a_run_from_the_cache_builds_nothing_anew() {
    let all = [
        "--no-cache",
        "--pull",
        "--set",
        "*.cache-to=type=inline",
        "--set=*.args.A=1",
        "--progress=plain",
        "--set",
        "*.no-cache=true",
        "--set",
        "api.no-cache-filter=x",
    ];
    let taken = extra(&all, Form::Bake).unwrap();
    for (no_cache, ignores) in [("--no-cache=1", true), ("--no-cache=False", false), ("--no-cache=0", false)]
    {
        assert_eq!(extra(&[no_cache], Form::Bake).unwrap().ignore_cache(), ignores, "{no_cache}");
    }
    assert!(taken.write_cache() && taken.ignore_cache() && !taken.decide_outcome(Form::Bake));
    let left: Vec<OsString> = taken.for_cached_run().cloned().collect();
    assert_eq!(left, words(&["--pull", "--set=*.args.A=1", "--progress=plain"]));
    let taken = extra(&["--cache-to", "type=inline", "--iidfile", "id", "-q"], Form::Build).unwrap();
    assert!(taken.write_cache() && !taken.ignore_cache());
    assert_eq!(taken.for_cached_run().cloned().collect::<Vec<_>>(), words(&["--iidfile", "id", "-q"]));
    assert_eq!(
        taken.without_results().cloned().collect::<Vec<_>>(),
        words(&["--cache-to", "type=inline", "-q"])
    );
}

#[test]
fn a_look_at_the_build_is_no_build() {
    for args in
        [&["--print"][..], &["--call", "check"], &["--check"], &["--list=targets"], &["-f", "more.hcl"]]
    {
        assert!(extra(args, Form::Bake).unwrap().decide_outcome(Form::Bake), "{args:?}");
    }
    assert!(!extra(&["-f", "Dockerfile.prod"], Form::Build).unwrap().decide_outcome(Form::Build));
}

#[test]
fn what_is_said_in_place_of_settings_is_known() {
    let given = |args: &[&str], is_one| Given::of(&words(args), is_one);
    let here = |path: &str| Some(GivenDockerfile::FromHere(path.into()));
    let from_context = |path: &str| Some(GivenDockerfile::FromContext(path.to_owned()));
    for (args, dockerfile) in [
        (&["--file", "a"][..], here("a")),
        (&["-fa", "--file=b c"], here("b c")),
        (&["-qf=x"], here("x")),
        (&["--tag", "--file", "--build-arg=-f"], None),
        (&["--target", "file"], None),
    ] {
        assert_eq!(given(args, true).dockerfile, dockerfile, "{args:?}");
    }
    for (args, dockerfile) in [
        (&["--set", "*.dockerfile=a=b"][..], from_context("a=b")),
        (&["--set=api.dockerfile=a", "--set=*.dockerfile=b"], from_context("b")),
        // That is another definition.
        (&["--file", "more.hcl"], None),
        (&["--set", "*.args.dockerfile=x"], None),
    ] {
        assert_eq!(given(args, false).dockerfile, dockerfile, "{args:?}");
    }
    for (args, platforms) in [
        (&["--platform", "linux/amd64"][..], Some(GivenPlatforms::Added)),
        (&["--set", "*.platform=linux/amd64"], Some(GivenPlatforms::Replacing)),
        (&["--set", "*.platform+=linux/amd64"], Some(GivenPlatforms::Replacing)),
        (&["--set", "*.target=platform"], None),
    ] {
        let form = args[0] == "--platform";
        assert_eq!(given(args, form).platforms, platforms, "{args:?}");
    }
}
