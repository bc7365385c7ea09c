const fs = require("node:fs");
const { directory, kept } = require("./place.js");

if (!fs.existsSync(kept)) fs.cpSync(directory, kept, { recursive: true });
