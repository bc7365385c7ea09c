//! Images of other services that a build is made of.

use super::{explained, gaps, inputs, paths, service};
use crate::support::{Repo, image_of};

/// Two services, the second built from the first.
fn two() -> Repo {
    let repo = Repo::new();
    service(&repo, "base", "FROM scratch\nCOPY a /\n");
    repo.write("base/a", "");
    repo.write("base/b", "");
    service(&repo, "web", &format!("FROM {}:latest\nCOPY w /\n", image_of("base")));
    repo.write("web/w", "");
    repo
}

#[test]
fn the_inputs_of_a_base_count() {
    let repo = two();
    let found = inputs(&repo, "web");
    assert_eq!(paths(&found), ["base/Dockerfile", "base/a", "web/Dockerfile", "web/w"]);
    assert_eq!(found["files"][1]["why"][0]["through"], "base");
    assert_eq!((&found["edges"][0]["service"], &found["edges"][0]["line"]), (&"base".into(), &1.into()));
    let explained = explained(&repo, "web");
    let edge = format!(
        "web/Dockerfile:1: FROM {}:latest is the image of base: its inputs count, too\n",
        image_of("base")
    );
    assert!(explained.contains(&edge), "{explained}");
    assert!(
        explained.contains("base/Dockerfile:2: COPY a reads 1 file of base (through base)\n"),
        "{explained}"
    );
    // Further on, and by any instruction.
    service(&repo, "top", &format!("FROM scratch\nCOPY --from={} /w /\n", image_of("web")));
    let found = inputs(&repo, "top");
    assert_eq!(paths(&found), ["base/Dockerfile", "base/a", "top/Dockerfile", "web/Dockerfile", "web/w"]);
    assert_eq!(found["edges"].as_array().unwrap().len(), 2);
    assert_eq!(found["edges"][1]["through"], "web");
}

#[test]
fn every_spelling_of_an_image_is_one() {
    let repo = two();
    let base = image_of("base");
    for (line, is_edge) in [
        (format!("FROM docker.io/{base}"), true),
        (format!("FROM --platform=linux/amd64 index.docker.io/{base}:edge AS x"), true),
        (format!("FROM scratch\nRUN --mount=type=bind,from={base},target=/x true"), true),
        (format!("ARG BASE={base}\nFROM $BASE"), true),
        (format!("FROM ghcr.io/{base}"), false),
        (format!("FROM {base}-slim"), false),
        (format!("FROM {base} AS unused\nFROM scratch"), false),
    ] {
        repo.write("web/Dockerfile", &line);
        let found = inputs(&repo, "web");
        assert_eq!(paths(&found).contains(&"base/a"), is_edge, "{line}\n{found}");
    }
}

#[test]
fn a_pin_is_no_edge() {
    let repo = two();
    let base = image_of("base");
    let digest = format!("{base}@sha256:{}", "0".repeat(64));
    for image in [format!("{base}:1.2.3"), digest.clone(), format!("docker.io/{digest}")] {
        repo.write("web/Dockerfile", format!("FROM {image}\n"));
        let found = inputs(&repo, "web");
        assert_eq!(paths(&found), ["web/Dockerfile"], "{image}");
        assert_eq!(
            (found["edges"].as_array().unwrap().len(), &found["pins"][0]["service"]),
            (0, &"base".into())
        );
    }
    let explained = explained(&repo, "web");
    assert!(explained.contains("is an image of base that stays what it is"), "{explained}");
}

#[test]
fn a_reference_with_unknown_parts_is_every_image_that_fits() {
    let repo = two();
    service(&repo, "other", "FROM scratch\nCOPY o /\n");
    repo.write("other/o", "");
    for (line, is_base, is_other) in [
        ("ARG REGISTRY\nFROM ${REGISTRY}/base:latest", true, false),
        ("ARG TAG\nFROM sample/base:${TAG}", true, false),
        ("ARG BASE\nFROM ${BASE}", true, true),
        ("ARG REGISTRY\nFROM ${REGISTRY}/base:1.0.0", false, false),
    ] {
        let line = line.replace("sample/base", &image_of("base"));
        let line = line.replace("}/base", &format!("}}/{}", image_of("base").rsplit('/').next().unwrap()));
        repo.write("web/Dockerfile", &line);
        let found = inputs(&repo, "web");
        let has = |path| paths(&found).contains(&path);
        assert_eq!((has("base/a"), has("other/o")), (is_base, is_other), "{line}\n{found}");
    }
}

#[test]
fn a_circle_is_named_all_the_way_round() {
    let repo = two();
    repo.write("base/Dockerfile", format!("FROM scratch\nCOPY --from={} /w /\n", image_of("web")));
    service(&repo, "top", &format!("FROM {}\n", image_of("web")));
    repo.commit("a circle");
    for service in ["web", "top"] {
        let output = repo.imgver(["inputs", service]).run();
        let error = output.fails(5);
        assert!(error.contains("web -> base -> web"), "{error}");
        assert!(error.contains("web/Dockerfile:1") && error.contains("base/Dockerfile:2"), "{error}");
    }
    repo.write("base/Dockerfile", format!("FROM {}\n", image_of("base")));
    repo.commit("itself");
    let output = repo.imgver(["inputs", "base"]).run();
    assert!(output.fails(5).contains("base -> base"), "{output}");
    // What only may be one is none.
    repo.write("base/Dockerfile", "ARG BASE\nFROM ${BASE}\n");
    repo.commit("any");
    assert!(repo.imgver(["inputs", "base"]).run().text().contains("web/w"));
}

#[test]
fn what_a_base_leaves_to_be_run_reads_the_context_of_what_is_built_from_it() {
    let repo = two();
    repo.write("base/Dockerfile", "FROM scratch\nONBUILD COPY late /\nCOPY a /\n");
    repo.write("web/late/x", "");
    repo.write("web/never", "");
    let found = inputs(&repo, "web");
    assert!(paths(&found).contains(&"web/late/x") && !paths(&found).contains(&"web/never"), "{found}");
    assert_eq!(gaps(&found), [""; 0]);
}

#[test]
fn a_context_that_is_an_image_is_an_edge() {
    let repo = two();
    repo.write(
        "imgver.yaml",
        format!(
            "services:\n  web:\n    build-contexts: {{ src: 'docker-image://{}:edge' }}\n",
            image_of("base")
        ),
    );
    repo.write("web/Dockerfile", "FROM scratch\nCOPY --from=src /a /\n");
    let found = inputs(&repo, "web");
    assert!(paths(&found).contains(&"base/a"), "{found}");
    repo.write(
        "imgver.yaml",
        format!(
            "services:\n  web:\n    build-contexts: {{ src: 'docker-image://{}:1.0.0' }}\n",
            image_of("base")
        ),
    );
    assert_eq!(paths(&inputs(&repo, "web")), ["web/Dockerfile"]);
}
