const { execFileSync } = require("node:child_process");
const { randomUUID } = require("node:crypto");
const fs = require("node:fs");

const name = `builder-${randomUUID()}`;
fs.appendFileSync(process.env.GITHUB_STATE, `name=${name}\n`);
fs.appendFileSync(process.env.GITHUB_OUTPUT, `name=${name}\n`);
const create = ["create", "--name", name, "--driver", "docker-container", "--use"];
const options = ["--driver-opt", "network=host", "--config", process.env.IMGVER_E2E_BUILDKITD_CONFIG];
for (const args of [[...create, ...options], ["inspect", "--bootstrap", "--builder", name]]) {
  execFileSync("docker", ["buildx", ...args], { stdio: "inherit" });
}
