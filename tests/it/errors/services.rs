//! Services that are not there, Taskfiles that make none, images that are none, tags that tell nobody apart.

use std::fs;

use super::page::{Page, Row, row};
use crate::support::Repo;

pub(crate) fn fill(page: &mut Page) {
    let repo = Repo::new();
    for service in ["services/go/api", "services/node/api", "services/node/web", "tools/job"] {
        repo.service(service);
    }
    repo.write("docs/index.md", "");
    repo.commit("begin");
    page.rows(&repo, names());
    repo.write("services/rust/worker/Taskfile.yaml", "version: '3'\n");
    repo.git(["add", "services/rust"]);
    page.rows(
        &repo,
        [
            row(5, "a directory whose Taskfile sets no image", "imgver extended services/rust/worker"),
            row(5, "the same by its short name", "imgver extended worker"),
        ],
    );
    std::fs::remove_file(repo.path().join("services/rust/worker/Taskfile.yaml")).unwrap();
    page.rows(&repo, [row(5, "a directory whose Taskfile was deleted", "imgver extended worker")]);
    repo.git(["rm", "-q", "-r", "-f", "services/rust"]);
    page.rows(&repo, taskfiles());
    page.rows(&repo, images());
    page.rows(&repo, formats());
    identities(page);
    page.rows(&repo, calls_by_task());
    repo.write("-dash/Taskfile.yaml", "vars: {IMAGE_REPO: team/dash}\n");
    repo.git(["add", "./-dash"]);
    page.rows(&repo, [row(5, "a path that begins like an option", "imgver version ./-dash")]);
    repo.git(["rm", "-q", "-f", "./-dash/Taskfile.yaml"]);
    repo.write("services/node/web/Taskfile.yaml", "vars: {IMAGE_REPO: [a]}\n");
    page.rows(
        &repo,
        [
            row(0, "a list with a Taskfile that cannot be read", "imgver list"),
            row(5, "all changed services, with a Taskfile that cannot be read", "imgver changed --base HEAD"),
            row(5, "all images, with a Taskfile that cannot be read", "imgver build --all --dry-run"),
        ],
    );
    fs::remove_file(repo.path().join("services/node/web/Taskfile.yaml")).unwrap();
    fs::create_dir(repo.path().join("services/node/web/Taskfile.yaml")).unwrap();
    page.rows(&repo, [row(5, "a Taskfile that is a directory", "imgver version services/node/web")]);
    let bare = repo.cloned("bare", &["--bare"]);
    page.rows(
        &bare,
        [
            row(3, "a service of a bare repository", "imgver version web"),
            row(3, "all services of a bare repository", "imgver list"),
            row(3, "the changed services of a bare repository", "imgver changed --base HEAD"),
            row(3, "a build in a bare repository", "imgver build web"),
        ],
    );
    let empty = Repo::new();
    empty.write("README.md", "");
    empty.commit("begin");
    page.rows(
        &empty,
        [
            row(0, "a list without any service", "imgver list"),
            row(0, "changes without any service", "imgver changed --base HEAD"),
            row(5, "all images without any service", "imgver build --all"),
            row(5, "a service where there is none at all", "imgver version api"),
        ],
    );
}

/// Calls by the shared tasks, which say so in a variable.
fn calls_by_task() -> Vec<Row> {
    const CALL: &str = r#"IMGVER_TASK='{"task":"job:utils:call","taskfile":"TMP/repo/utils/taskfile.yaml","directory":"TMP/repo","root":"TMP/repo","root_taskfile":"TMP/repo","image":"team/x","shared":"team/x","environment":""}' imgver version"#;
    let utils = ("utils/taskfile.yaml", "version: '3'\n");
    let direct = CALL.replace("job:utils", "utils").replace("imgver", "IMAGE_REPO=team/x imgver");
    vec![
        row(5, "a call by tasks that the root includes itself", &direct)
            .with(utils.0, utils.1)
            .with("tools/job/Taskfile.yaml", "vars: {IMAGE_REPO: team/x}\n")
            .with(
                "Taskfile.yml",
                "includes:\n  job: {taskfile: tools/job, dir: tools/job}\n  utils: utils/taskfile.yaml\n",
            ),
        row(2, "a call by tasks of another version", "IMGVER_TASK=api:utils imgver version"),
        row(5, "a call by tasks that cannot be found", CALL)
            .with(utils.0, utils.1)
            .with("Taskfile.yml", "includes:\n  job: '{{.JOB}}'\n"),
        row(5, "a call by tasks of a directory that is no service", CALL)
            .with(utils.0, utils.1)
            .with("Taskfile.yml", "includes:\n  job: docs\n")
            .with(
                "docs/Taskfile.yml",
                "env: {IMAGE_REPO: team/x}\nincludes:\n  utils: ../utils/taskfile.yaml\n",
            ),
    ]
}

fn names() -> Vec<Row> {
    vec![
        row(5, "a service that is not there", "imgver version nothing"),
        row(5, "a service with a slip", "imgver version tools/jop"),
        row(5, "a short name of two services", "imgver version api"),
        row(5, "a directory that is no service", "imgver version docs"),
        row(5, "a path out of the repository", "imgver version ../../x"),
        row(5, "no service to build here", "imgver build"),
    ]
}

fn taskfiles() -> Vec<Row> {
    const FILE: &str = "tools/job/Taskfile.yaml";
    let version = "imgver version tools/job";
    vec![
        row(5, "a Taskfile that is no YAML", version).with(FILE, "vars:\n  IMAGE_REPO: [a\n  b: c\n"),
        row(5, "vars that are no mapping", version).with(FILE, "version: '3'\nvars: IMAGE_REPO\n"),
        row(5, "an IMAGE_REPO that is a list", version).with(FILE, "vars:\n  A: 1\n  IMAGE_REPO: [a]\n"),
        row(5, "a merge of what is no mapping", version).with(FILE, "vars:\n  <<: 7\n  IMAGE_REPO: a\n"),
        row(5, "a Taskfile that is no mapping", version).with(FILE, "- IMAGE_REPO\n"),
        row(5, "a Taskfile in another encoding", version).with(FILE, b"vars:\n  IMAGE_REPO: a # \xff\n"),
        row(5, "a Taskfile of too many brackets", version)
            .with(FILE, format!("vars:\n  IMAGE_REPO: {}", "[".repeat(10_001))),
        row(5, "a Taskfile that is too large", version)
            .with(FILE, format!("vars:\n  IMAGE_REPO: a\n#{}\n", "x".repeat(1 << 20))),
        row(5, "an image that Task computes from a template", "imgver tag job")
            .with(FILE, "version: '3'\nvars:\n  IMAGE_REPO: '{{.REGISTRY}}/job'\n"),
        row(5, "an image that Task gets from a command", "imgver tag job")
            .with(FILE, "version: '3'\nvars:\n  IMAGE_REPO:\n    sh: echo job\n"),
        row(5, "an image that Task refers to", "imgver tag job")
            .with(FILE, "version: '3'\nvars:\n  IMAGE_REPO:\n    ref: .OTHER\n"),
        row(5, "an image in a Taskfile that is none", "imgver tag job")
            .with(FILE, "version: '3'\n\nvars:\n  IMAGE_REPO: Team/job\n"),
        row(5, "an image in a Taskfile with a tag", "imgver build job --dry-run")
            .with(FILE, "vars: {IMAGE_REPO: 'team/job:latest'}\n"),
        row(0, "a list with an image that is none", "imgver list")
            .with(FILE, "version: '3'\n\nvars:\n  IMAGE_REPO: Team/job\n"),
    ]
}

fn images() -> Vec<Row> {
    let long = "a".repeat(256);
    vec![
        row(5, "no image repository at all", "imgver tag"),
        row(5, "no image repository for a version", "imgver version --image"),
        row(5, "--repo with uppercase letters", "imgver tag job --repo Team/job"),
        row(5, "--repo with a tag", "imgver version job --repo team/job:1"),
        row(5, "--repo with a digest", "imgver version job --repo team/job@sha256:0"),
        row(5, "--repo with a scheme", "imgver version job --repo https://registry.example/job"),
        row(5, "--repo with a registry that is no host", "imgver version job --repo registry_.example:x/job"),
        row(5, "--repo with an odd separator", "imgver version job --repo team/a..b"),
        row(5, "--repo that is empty", "imgver version job --repo ''"),
        row(5, "--repo that is too long", format!("imgver version job --repo {long}")),
        row(5, "IMAGE_REPO that is none", "IMAGE_REPO=team/job: imgver tag job"),
        row(
            0,
            "IMAGE_REPO that is none, where only a version is asked for",
            "IMAGE_REPO=X imgver version job --output json",
        ),
        row(2, "IMAGE_REPO for several services", "IMAGE_REPO=team/one imgver build job web"),
        row(5, "a version by hand with a space", "imgver tag job --set-version 'a b'"),
        row(5, "a version by hand that begins with a dot", "imgver tag job --set-version .1"),
        row(
            5,
            "a version by hand that is too long",
            format!("imgver tag job --set-version {}", "1".repeat(129)),
        ),
        row(5, "a version by hand, for a build", "imgver build job --set-version 1.0+x"),
        row(0, "outputs for a workflow outside of one", "imgver tag job --set-version 1 --output github"),
        row(
            1,
            "outputs that cannot be written",
            "GITHUB_OUTPUT=TMP/none/output imgver tag job --set-version 1 --output github",
        ),
        row(
            1,
            "outputs on a full disk",
            "GITHUB_OUTPUT=/dev/full imgver tag job --set-version 1 --output github",
        ),
        row(5, "an output that ends with a space", "imgver tag web --set-version 1 --output github")
            .with("imgver.yaml", "services:\n  web: { image: acme/web, build-args: { NAME: 'x ' } }\n"),
    ]
}

fn identities(page: &mut Page) {
    let repo = Repo::new();
    for service in ["services/api", "services/web"] {
        repo.service(service);
    }
    for service in ["jobs/in", "jobs/out"] {
        repo.write(&format!("{service}/Taskfile.yaml"), "vars: {IMAGE_REPO: team/jobs}\n");
    }
    repo.commit("begin");
    repo.tag("services/web@1.0.0");
    repo.commit("more");
    const ORDERS: &str = "services/web/Taskfile.yaml";
    const TEMPLATE: &str = "vars: {IMAGE_REPO: '{{.REGISTRY}}/orders'}\n";
    page.rows(
        &repo,
        [
            row(5, "the image of another service", "imgver tag api --repo example/services-web"),
            row(
                5,
                "the image of another service in the environment",
                "IMAGE_REPO=docker.io/example/services-web imgver -C services/api build --dry-run",
            ),
            row(
                5,
                "the image of one of several services",
                "IMAGE_REPO=example/services-web imgver build api web --dry-run",
            ),
            row(5, "the image of several services", "imgver extended --repo team/jobs"),
            row(
                5,
                "the image of a service for the whole",
                "imgver version --whole --repo example/services-web",
            ),
            row(5, "the image of a service in the root's Taskfile", "imgver version --whole --image")
                .with("Taskfile.yml", "vars: {IMAGE_REPO: example/services-web}\n"),
            row(5, "what may be the image of a service", "imgver version --repo ghcr.io/team/orders")
                .with(ORDERS, TEMPLATE),
            row(
                5,
                "what may be the image of a service in the environment",
                "IMAGE_REPO=ghcr.io/team/orders imgver version",
            )
            .with(ORDERS, TEMPLATE),
            row(
                5,
                "what may be the image of another service",
                "IMAGE_REPO=ghcr.io/team/orders imgver version api --image",
            )
            .with(ORDERS, TEMPLATE),
            row(2, "a service and the whole", "imgver version api --whole"),
            row(0, "a version of the whole where there are services", "imgver version --repo fork/x"),
            row(0, "the image of a release for a later commit", "imgver version web --image"),
        ],
    );
    let bare = repo.cloned("bare", &["--bare"]);
    let tree = repo.git(["rev-parse", "HEAD:services/api"]);
    let packs = bare.path().join("objects/pack");
    let packed: Vec<_> = fs::read_dir(&packs).unwrap().map(|entry| entry.unwrap().path()).collect();
    let pack = packed.iter().find(|path| path.extension().is_some_and(|end| end == "pack")).unwrap();
    let objects = bare.beside("loose.pack");
    fs::rename(pack, objects.path()).unwrap();
    fs::remove_dir_all(&packs).unwrap();
    bare.git_run(["unpack-objects", "-q"]).input(fs::read(objects.path()).unwrap()).run().text();
    fs::remove_file(bare.path().join("objects").join(&tree[..2]).join(&tree[2..])).unwrap();
    page.rows(
        &bare,
        [row(3, "the services of a bare repository without its trees", "imgver version --repo fork/x")],
    );
}

fn formats() -> Vec<Row> {
    vec![
        row(2, "a format without a version", "imgver version job --tag-format '{service}'"),
        row(2, "a format with two versions", "imgver version job --tag-format '{version}-{version}'"),
        row(
            2,
            "a format with a placeholder that is none",
            "IMGVER_TAG_FORMAT='{svc}@{version}' imgver version job",
        ),
        row(2, "a format with a lone brace", "imgver list --tag-format 'v{version'"),
        row(2, "a format that no tag can have", "imgver list --tag-format '{service}..{version}'"),
        row(2, "a format that sets nothing off", "imgver list --tag-format '{name}{version}'"),
        row(
            2,
            "a format with a service, where there is none",
            "imgver version --tag-format '{name}-v{version}'",
        ),
        row(5, "short names that tell no services apart", "imgver list --tag-format '{name}-v{version}'"),
        row(
            5,
            "a short name that is another service's",
            "imgver version services/go/api --tag-format '{name}-v{version}'",
        ),
    ]
}
