//! test.yaml: the tests of what a proposal changes.

use serde_json::{Value, json};

use super::{Act, GO, MIGRATOR, NODE, PYTHON, Pipeline, Ran};

fn propose(pipeline: &Pipeline, base: &str) -> Ran {
    let head = pipeline.shop.repo.head();
    let payload: Value = json!({"pull_request": {
        "number": 7,
        "base": {"ref": "main", "sha": base},
        "head": {"ref": "proposal", "sha": head},
    }});
    pipeline.run("test.yaml", "pull_request", &payload, Act::Seen)
}

fn results(ran: &Ran) -> Vec<(&str, &str)> {
    ran.jobs.iter().map(|(job, result)| (&**job, &**result)).collect()
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn a_proposal_has_its_services_tested() {
    let pipeline = Pipeline::new("proposed");
    // The migrator is tested when the API that uses its tables changes.
    let jobs = [GO, NODE, MIGRATOR, PYTHON].map(|service| format!("test {service}"));

    let base = pipeline.shop.repo.head();
    pipeline.shop.repo.commit("nothing");
    let ran = propose(&pipeline, &base);
    assert_eq!(results(&ran), [("filter", "success"), ("tested", "success")], "{}", ran.output);

    pipeline.change(&[GO, NODE, PYTHON]);
    let ran = propose(&pipeline, &base);
    let tests = jobs.each_ref().map(|job| (&**job, "success"));
    let all = [&[("filter", "success")], &tests[..], &[("tested", "success")]].concat();
    assert_eq!(results(&ran), all, "{}", ran.output);
    for job in &jobs {
        assert_eq!(ran.step(&format!("{job}: Test")), "success");
    }

    // A plan that fails is told, and not taken for one without services.
    let filters = ".github/utils/file-filters.yaml";
    let kept = std::fs::read(pipeline.shop.repo.path().join(filters)).unwrap();
    pipeline.shop.repo.write(filters, "a: [\n");
    pipeline.shop.repo.commit("break the filters");
    let ran = propose(&pipeline, &base);
    assert_eq!(results(&ran), [("filter", "failure"), ("tested", "failure")], "{}", ran.output);
    ran.assert_failed_by_imgver();
    pipeline.shop.repo.write(filters, kept);
    pipeline.shop.repo.commit("mend the filters");

    let base = pipeline.shop.repo.head();
    let failing = "import test from \"node:test\";\ntest(\"fails\", () => { throw new Error(); });\n";
    pipeline.shop.repo.write(&format!("{NODE}/test/broken.test.js"), failing);
    pipeline.shop.repo.commit("break it");
    let ran = propose(&pipeline, &base);
    let all = [("filter", "success"), (&*jobs[1], "failure"), ("tested", "failure")];
    assert_eq!(results(&ran), all, "{}", ran.output);
    assert_eq!(ran.step(&format!("{}: Test", jobs[1])), "failure");
    assert_ne!(ran.output.code, 0);
}
