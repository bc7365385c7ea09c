const crypto = require("node:crypto");
const os = require("node:os");
const path = require("node:path");

function required(name) {
  const value = (process.env[`INPUT_${name.toUpperCase()}`] ?? "").trim();
  if (value === "") {
    console.log(`::error::Input required and not supplied: ${name}`);
    process.exit(1);
  }
  return value;
}

const key = required("key");
const given = required("path");
const workspace = process.env.GITHUB_WORKSPACE;
const name = crypto.createHash("sha256").update(`${given}|${key}`).digest("hex");

/** Where it is kept: `content`, and in `place` where it goes. */
exports.kept = path.join(process.env.IMGVER_E2E_CACHE, name);
/** The path, as seen from the workspace. */
exports.place = path.relative(workspace, path.resolve(workspace, given.replace(/^~/, os.homedir())));
/** The absolute path of a place. */
exports.absolute = (place) => path.resolve(workspace, place);
