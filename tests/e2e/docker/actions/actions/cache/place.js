const path = require("node:path");

const { INPUT_PATH, INPUT_KEY, IMGVER_E2E_CACHE } = process.env;
exports.directory = INPUT_PATH;
exports.kept = path.join(IMGVER_E2E_CACHE, encodeURIComponent(INPUT_KEY));
