//! Texts reach buildx as they were given, whatever they would mean to bake.

use serde_json::Value;

use super::shop::{SERVICES, Shop};
use crate::support::Rng;

#[test]
#[ignore = "scripts/e2e runs it"]
fn every_text_survives_the_definition() {
    let shop = Shop::new("definitions");
    let parts = [
        "$", "%", "{", "}", "~", "\"", "\\", "a", "\n", " ", "\r", "\t", "é", "u0024", "if true", "=", ",",
        "💣",
    ];
    let mut rng = Rng::new(4);
    let mut texts: Vec<String> =
        ["${x}", "%{y}", "$${", "$$${x}", "%%{", "a$%{b}", "\r${", "%{if true}x%{endif}", "${", "'", ""]
            .map(ToOwned::to_owned)
            .to_vec();
    for _ in 0..600 {
        let length = rng.within(0..12);
        texts.push((0..length).map(|_| *rng.pick(&parts)).collect());
    }
    let mut args = vec!["--all".to_owned()];
    for (number, text) in texts.iter().enumerate() {
        args.extend([format!("--build-arg=A{number}={text}"), format!("--label=l{number}={text}")]);
    }
    args.extend(["--".to_owned(), "--print".to_owned()]);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let understood: Value = shop.build(&args).run().json();
    for target in ["api-golang", "client-react"] {
        let target = &understood["target"][target];
        for (number, text) in texts.iter().enumerate() {
            assert_eq!(target["args"][format!("A{number}")], **text);
            assert_eq!(target["labels"][format!("l{number}")], **text);
        }
    }
}

/// Each step fails unless it is given what the options say, and the last stage fails in any case.
const DEMANDING: &str = r#"FROM python:3.13-slim-trixie AS run
ARG GIVEN=unset
ARG ABSENT=unset
RUN test "$GIVEN" = "of the environment" && test "$ABSENT" = unset
RUN --mount=type=secret,id=file,required=true test "$(cat /run/secrets/file)" = "of a file"
RUN --mount=type=secret,id=variable,required=true test "$(cat /run/secrets/variable)" = "of a variable"
RUN --mount=type=ssh,required=true test -S "$SSH_AUTH_SOCK"
FROM run
RUN false
"#;

#[test]
#[ignore = "scripts/e2e runs it"]
fn options_mean_the_same_for_one_and_for_several() {
    let shop = Shop::new("options");
    let services = [SERVICES[1], SERVICES[3]];
    for (service, _) in services {
        shop.repo.write(&format!("{service}/Dockerfile"), DEMANDING);
    }
    shop.repo.write("services/secret of a file", "of a file");
    let key = shop.repo.sandbox().join("key");
    let generate = ["-q", "-t", "ed25519", "-N", "", "-f", key.to_str().unwrap()];
    assert_eq!(shop.program("ssh-keygen").args(generate).run().code, 0);
    let ssh = format!("--ssh=default={}", key.display());
    let options = [
        "--push",
        "--target=run",
        "--secret=id=file,src=secret of a file",
        "--secret=id=variable,env=TOKEN",
        &*ssh,
        "--build-arg=GIVEN",
        "--build-arg=ABSENT",
        "--no-cache",
        "--pull",
        "--provenance=false",
        "--sbom=false",
    ];
    let all = services.map(|(service, _)| service);
    for (version, chosen) in [("one", &all[..1]), ("several", &all[..])] {
        let run = shop.build(chosen).args(options).args(["--set-version", version]).cwd("services");
        let output = run.env("GIVEN", "of the environment").env("TOKEN", "of a variable").run();
        assert_eq!(output.code, 0, "{output}");
        for (_, image) in services.iter().take(chosen.len()) {
            // Without attestations, there is one manifest and no list.
            let manifest = shop.manifest(&shop.reference(image, version));
            assert!(
                manifest["config"]["digest"].is_string() && manifest.get("manifests").is_none(),
                "{manifest}"
            );
        }
    }
}
