//! `imgver promote` against the real registry: the image of a commit gets the tag of its release, and nothing else ever does.

use std::fs;
use std::thread;

use serde_json::{Value, json};

use super::images::REVISION;
use super::proxy::{Fault, Proxy, When};
use super::server::Registry;
use crate::support::{Output, Repo};

const IMAGE: &str = "team/api";

/// A service with the release 1.0.0 and a change since, at `address`; `settings` are lines of its imgver.yaml.
fn service(address: &str, settings: &str) -> Repo {
    let repo = Repo::new();
    repo.write("imgver.yaml", format!("{settings}services: {{ api: {{ image: '{address}/{IMAGE}' }} }}\n"));
    repo.write("api/Dockerfile", "FROM scratch\n");
    repo.commit("the service");
    repo.tag("api@1.0.0");
    repo.write("api/Dockerfile", "FROM scratch\nLABEL a=b\n");
    repo.commit("a change");
    repo
}

fn extended(repo: &Repo) -> String {
    repo.extended("api", &[])["extended"].as_str().expect("a version").to_owned()
}

fn promote(repo: &Repo, args: &[&str]) -> Output {
    repo.imgver(["promote", "api"]).args(args).run()
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn what_was_built_before_the_release_gets_its_tag() {
    let registry = Registry::start();
    let repo = service(registry.address(), "");
    let (version, head) = (extended(&repo), repo.head());
    let digest = registry.push_image(IMAGE, &version, &[(REVISION, &head)]);
    repo.tag("api@1.0.1");
    let (output, images) = (repo.sandbox().join("output"), repo.sandbox().join("images.json"));
    fs::write(&output, "").unwrap();
    let name = format!("{}/{IMAGE}", registry.address());
    let run = || {
        let run = repo.imgver(["promote", "api", "--images-file"]).args([&images]);
        run.env("GITHUB_OUTPUT", &output).run()
    };
    let first = run();
    assert_eq!((first.code, &*first.stdout), (0, &*format!("digest={digest}\n")), "{first}");
    assert_eq!(first.stderr, format!("api: {name}:1.0.1 is {name}:{version}, {digest}\n"));
    assert_eq!(registry.digest(IMAGE, "1.0.1"), Some(digest.clone()));
    assert_eq!(fs::read_to_string(&output).unwrap(), format!("digest={digest}\n"));
    let record = json!([
        { "service": "api", "reference": format!("{name}:1.0.1"), "digest": digest, "version": "1.0.1", "commit": head }
    ]);
    let read = || serde_json::from_str::<Value>(&fs::read_to_string(&images).unwrap()).unwrap();
    assert_eq!(read(), record);
    // Again, it is there, and all is said as before.
    let again = run();
    assert_eq!((again.code, &again.stdout), (0, &first.stdout), "{again}");
    assert_eq!(again.stderr, format!("api: {name}:1.0.1 is there already, {digest}\n"));
    assert_eq!(read(), record);
    assert_eq!(registry.tags(IMAGE), [version, "1.0.1".to_owned()]);
}

/// The image that was tested as a candidate is the one that is released, whichever candidate of the commit it was.
#[test]
#[ignore = "scripts/e2e runs it"]
fn the_image_of_a_pre_release_becomes_that_of_the_release() {
    for scope in ["", "scope: service\n"] {
        let registry = Registry::start();
        let repo = service(registry.address(), &format!("prereleases: [rc]\nfloating: [latest]\n{scope}"));
        let (version, head) = (extended(&repo), repo.head());
        repo.tag("api@1.1.0-rc.1");
        repo.tag("api@1.1.0-rc.2");
        let built = registry.push_image(IMAGE, "1.1.0-rc.1", &[(REVISION, &head)]);
        // Built of the same commit, but not what was tested.
        let branch = registry.push_image(IMAGE, &version, &[(REVISION, &head), ("of", "the branch")]);
        assert_ne!(built, branch);
        let run = promote(&repo, &["--environment", "candidate"]);
        assert_eq!((run.code, &*run.stdout), (0, &*format!("digest={built}\n")), "{run}");
        assert_eq!(registry.digest(IMAGE, "1.1.0-rc.2"), Some(built.clone()));
        repo.tag("api@1.1.0");
        let run = promote(&repo, &[]);
        assert_eq!((run.code, &*run.stdout), (0, &*format!("digest={built}\n")), "{run}");
        assert_eq!(registry.digest(IMAGE, "1.1.0"), Some(built));
        // Another commit's image under the name of a candidate is never replaced.
        registry.push_image(IMAGE, "1.1.0-rc.3", &[(REVISION, &"1".repeat(40))]);
        repo.tag("api@1.1.0-rc.3");
        promote(&repo, &["--environment", "candidate"]).fails(4);
    }
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn versions_by_service_are_found_by_their_last_change() {
    let registry = Registry::start();
    let repo = service(registry.address(), "scope: service\n");
    let (version, change) = (extended(&repo), repo.head());
    let digest = registry.push_image(IMAGE, &version, &[(REVISION, &change)]);
    repo.write("elsewhere", "nothing of the service\n");
    repo.commit("something else");
    assert_eq!(extended(&repo), version);
    repo.tag("api@1.0.1");
    let run = promote(&repo, &[]);
    assert_eq!((run.code, &*run.stdout), (0, &*format!("digest={digest}\n")), "{run}");
    // The release after it, without any change of the service, is the same image: that with an earlier base.
    repo.write("elsewhere", "nothing of the service again\n");
    repo.commit("something else again");
    repo.tag("api@1.0.2");
    assert_eq!(promote(&repo, &[]).stdout, format!("digest={digest}\n"));
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn earlier_bases_count_and_other_images_are_passed_over() {
    let registry = Registry::start();
    let repo = service(registry.address(), "");
    let head = repo.head();
    let short = &head[..7];
    let other = "1".repeat(40);
    registry.push_image(IMAGE, &format!("1.0.0-0001-{short}"), &[(REVISION, &other)]);
    repo.tag("api@1.0.1");
    let run = promote(&repo, &[]);
    assert_eq!((run.code, &*run.stdout), (4, ""), "{run}");
    assert!(run.stderr.contains(&format!(":1.0.0-0001-{short} is an image of {other}")), "{run}");
    let unlabelled = registry.push_image(IMAGE, &format!("0.0.0-0002-{short}"), &[("a", "b")]);
    let run = promote(&repo, &["--digest", &unlabelled]);
    assert!(run.code == 4 && run.stderr.contains("has no label"), "{run}");
    let optional = promote(&repo, &["--optional"]);
    assert_eq!((optional.code, &*optional.stdout), (0, "digest=\n"), "{optional}");
    let digest = registry.push_image(IMAGE, &format!("0.0.0-0002-{short}"), &[(REVISION, &head)]);
    let wrong = format!("sha256:{}", "0".repeat(64));
    let run = promote(&repo, &["--digest", &wrong]);
    assert!(run.code == 4 && run.stderr.contains(&digest), "{run}");
    let run = promote(&repo, &["--digest", &digest]);
    assert_eq!((run.code, &*run.stdout), (0, &*format!("digest={digest}\n")), "{run}");
    let run = promote(&repo, &["--optional", "--digest", &wrong]);
    assert_eq!((run.code, &*run.stdout), (4, ""), "it is there with another digest: {run}");
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn a_release_is_never_replaced() {
    let registry = Registry::start();
    let repo = service(registry.address(), "");
    let (version, head, other) = (extended(&repo), repo.head(), "1".repeat(40));
    registry.push_image(IMAGE, &version, &[(REVISION, &head)]);
    repo.tag("api@1.0.1");
    let there: [(&str, &[(&str, &str)]); 2] = [(&other, &[(REVISION, &other)]), ("no label", &[("a", "b")])];
    for (why, labels) in there {
        let digest = registry.push_image(IMAGE, "1.0.1", labels);
        for args in [&[][..], &["--optional"], &["--digest", &digest]] {
            let run = promote(&repo, args);
            assert_eq!((run.code, &*run.stdout), (4, ""), "{run}");
            assert!(run.stderr.contains(why) && run.stderr.contains(&head), "{run}");
            assert_eq!(registry.digest(IMAGE, "1.0.1"), Some(digest.clone()));
        }
    }
    // An index of platforms that were built of different commits is nobody's.
    let mine: &[(&str, &str)] = &[(REVISION, &head)];
    let others: &[(&str, &str)] = &[(REVISION, &other)];
    registry.push_index(IMAGE, "1.0.1", &[("amd64", mine), ("arm64", others)]);
    assert_eq!(promote(&repo, &["--optional"]).code, 4);
    let digest = registry.push_index(IMAGE, "1.0.1", &[("amd64", mine), ("arm64", mine)]);
    assert_eq!(promote(&repo, &[]).stdout, format!("digest={digest}\n"));
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn an_index_is_promoted_as_a_whole() {
    let registry = Registry::start();
    let repo = service(registry.address(), "");
    let (version, head) = (extended(&repo), repo.head());
    let labels: &[(&str, &str)] = &[(REVISION, &head)];
    let digest = registry.push_index(IMAGE, &version, &[("amd64", labels), ("arm64", labels)]);
    repo.tag("api@1.0.1");
    assert_eq!(promote(&repo, &[]).stdout, format!("digest={digest}\n"));
    assert_eq!(registry.digest(IMAGE, "1.0.1"), Some(digest));
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn other_environments_ask_whether_the_image_is_there() {
    let registry = Registry::start();
    let repo = service(registry.address(), "");
    let (version, head) = (extended(&repo), repo.head());
    let staging = ["--environment", "staging", "--optional"];
    assert_eq!(promote(&repo, &staging).stdout, "digest=\n");
    let digest = registry.push_image(IMAGE, &version, &[(REVISION, &head)]);
    let run = promote(&repo, &staging);
    assert_eq!((run.code, &*run.stdout), (0, &*format!("digest={digest}\n")), "{run}");
    let run = promote(&repo, &["--environment", "staging", "--set-version", "try-1"]);
    assert_eq!((run.code, &*run.stdout), (0, &*format!("digest={digest}\n")), "{run}");
    assert_eq!(registry.digest(IMAGE, "try-1").as_ref(), Some(&digest));
    // What is no release may be another commit's.
    registry.push_image(IMAGE, "try-1", &[(REVISION, &"1".repeat(40))]);
    let run = promote(&repo, &["--environment", "staging", "--set-version", "try-1"]);
    assert_eq!((run.code, &*run.stdout), (0, &*format!("digest={digest}\n")), "{run}");
    assert_eq!(registry.digest(IMAGE, "try-1"), Some(digest));
    registry.push_image(IMAGE, &version, &[(REVISION, &"1".repeat(40))]);
    registry.push_image(IMAGE, "try-1", &[("a", "b")]);
    for more in [&[][..], &["--set-version", "try-1"]] {
        let run = promote(&repo, &[&staging, more].concat());
        assert_eq!((run.code, &*run.stdout), (0, "digest=\n"), "{run}");
    }
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn nothing_is_written_without_the_docker_that_copies() {
    let (one, two) = (Registry::start(), Registry::start());
    let repo = Repo::new();
    let images = format!("[{}/{IMAGE}, {}/{IMAGE}]", one.address(), two.address());
    repo.write("imgver.yaml", format!("services: {{ api: {{ image: {images} }} }}\n"));
    repo.write("api/Dockerfile", "FROM scratch\n");
    repo.commit("the service");
    let version = extended(&repo);
    one.push_image(IMAGE, &version, &[(REVISION, &repo.head())]);
    repo.tag("api@1.0.0");
    let run = repo.imgver(["promote", "api"]).env("PATH", "/nonexistent").run();
    assert_eq!((run.code, &*run.stdout), (6, ""), "{run}");
    assert_eq!(one.tags(IMAGE), [version]);
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn a_run_that_ends_at_any_request_is_completed_by_the_next() {
    let registry = Registry::start();
    let proxy = Proxy::start(&registry);
    let repo = service(proxy.address(), "");
    let (version, head) = (extended(&repo), repo.head());
    repo.tag("api@1.0.1");
    let prepared = |image: &str| {
        let labels: &[(&str, &str)] = &[(REVISION, &head)];
        let digest = registry.push_index(image, &version, &[("amd64", labels), ("arm64", labels)]);
        [(format!("{image}:{version}"), digest.clone()), (format!("{image}:1.0.1"), digest)].into()
    };
    let run = |image: &str, file: &str| {
        let run = repo.imgver(["promote", "api", "--optional"]);
        let output = repo.sandbox().join(file);
        fs::write(&output, "").unwrap();
        let run = run
            .env("IMGVER_IMAGE", format!("{}/{image}", proxy.address()))
            .env("GITHUB_OUTPUT", &output)
            .run();
        (run, fs::read_to_string(&output).unwrap())
    };
    let expected = prepared("team/undisturbed");
    let (undisturbed, written) = run("team/undisturbed", "output");
    assert_eq!(undisturbed.code, 0, "{undisturbed}");
    assert_eq!(registry.state(&["team/undisturbed"]), expected);
    let requests = proxy.requests().len();
    assert!(requests > 6, "{requests}");
    for fault in [Fault::Status(403), Fault::RetryAfter(503, "3600".to_owned())] {
        for stop in 0..requests {
            let image = &*format!("team/stopped-{stop}-{}", matches!(fault, Fault::Status(_)));
            let expected = prepared(image);
            proxy.clear();
            proxy.fail(fault.clone(), When::nth(stop));
            let (stopped, output) = run(image, "stopped");
            assert!(
                stopped.code == 8 || stopped.code == 0 && registry.state(&[image]) == expected,
                "{stop}: {stopped}"
            );
            let said = if stopped.code == 0 { &*written } else { "" };
            assert_eq!((&*stopped.stdout, &*output), (said, said), "{stopped}");
            proxy.clear();
            let (again, output) = run(image, "again");
            assert_eq!((again.code, &again.stdout, &output), (0, &undisturbed.stdout, &written), "{again}");
            assert_eq!(registry.state(&[image]), expected, "stopped at request {stop} of {requests}");
        }
    }
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn two_runs_at_once_end_as_one() {
    let registry = Registry::start();
    let repo = service(registry.address(), "");
    let (version, head) = (extended(&repo), repo.head());
    repo.tag("api@1.0.1");
    for round in 0..20 {
        let image = &*format!("team/at-once-{round}");
        let digest = registry.push_image(image, &version, &[(REVISION, &head), ("round", image)]);
        thread::scope(|scope| {
            for _ in 0..2 {
                let (repo, registry, digest) = (&repo, &registry, &digest);
                scope.spawn(move || {
                    let named = format!("{}/{image}", registry.address());
                    let run = repo.imgver(["promote", "api"]).env("IMGVER_IMAGE", named).run();
                    assert_eq!((run.code, run.stdout.clone()), (0, format!("digest={digest}\n")), "{run}");
                });
            }
        });
        assert_eq!(registry.digest(image, "1.0.1"), Some(digest));
    }
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn no_fault_of_a_registry_reads_as_nothing_to_promote() {
    let registry = Registry::start();
    let proxy = Proxy::start(&registry);
    let repo = service(proxy.address(), "");
    let (version, head) = (extended(&repo), repo.head());
    registry.push_image(IMAGE, &version, &[(REVISION, &head)]);
    let before = registry.state(&[IMAGE]);
    repo.tag("api@1.0.1");
    for fault in [
        Fault::Status(401),
        Fault::Status(403),
        Fault::Status(400),
        Fault::RetryAfter(429, "3600".to_owned()),
        Fault::RetryAfter(503, "3600".to_owned()),
        Fault::Garbage,
        Fault::WrongDigest,
        Fault::WrongBody,
    ] {
        proxy.clear();
        proxy.fail(fault.clone(), When::matching("GET", "manifests"));
        let run = promote(&repo, &["--optional"]);
        assert_eq!((run.code, &*run.stdout), (8, ""), "{fault:?}: {run}");
        assert_eq!(registry.state(&[IMAGE]), before, "{fault:?}");
    }
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn a_fault_that_passes_is_waited_for() {
    let registry = Registry::start();
    let proxy = Proxy::start(&registry);
    let repo = service(proxy.address(), "");
    let (version, head) = (extended(&repo), repo.head());
    repo.tag("api@1.0.1");
    let promoted = |image: &str| {
        let named = format!("{}/{image}", proxy.address());
        repo.imgver(["promote", "api"]).env("IMGVER_IMAGE", named).run()
    };
    let prepared = |image: &str| registry.push_image(image, &version, &[(REVISION, &head)]);
    prepared("team/undisturbed");
    promoted("team/undisturbed").text();
    let requests = proxy.requests().len();
    let faults = [Fault::RetryAfter(429, "0".to_owned()), Fault::RetryAfter(503, "0".to_owned()), Fault::Cut];
    for (number, fault) in faults.into_iter().enumerate() {
        for nth in 0..requests {
            let image = &*format!("team/fault-{number}-{nth}");
            let digest = prepared(image);
            proxy.clear();
            proxy.fail(fault.clone(), When::nth(nth));
            assert_eq!(promoted(image).line(), format!("digest={digest}"), "{fault:?} at {nth}");
            assert_eq!(proxy.requests().len(), requests + 1, "{fault:?} at {nth}");
            let expected = [&*version, "1.0.1"].map(|tag| (format!("{image}:{tag}"), digest.clone()));
            assert_eq!(registry.state(&[image]), expected.into(), "{fault:?} at {nth}");
        }
    }
}
