const fs = require("node:fs");
const path = require("node:path");
const { absolute, kept, place } = require("./entry.js");

const content = absolute(place);
if (process.env.STATE_hit) {
  console.log("restored before, not saved");
} else if (!fs.existsSync(content)) {
  console.log(`::warning::${content} does not exist, not saved`);
} else if (!fs.existsSync(kept)) {
  // Jobs end at the same time: the first one wins, and nobody restores half an entry.
  const saving = `${kept}.${process.pid}`;
  fs.cpSync(content, path.join(saving, "content"), { recursive: true });
  fs.writeFileSync(path.join(saving, "place"), place);
  try {
    fs.renameSync(saving, kept);
  } catch {
    fs.rmSync(saving, { recursive: true });
  }
}
