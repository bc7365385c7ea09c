// Records the answers of picomatch into answers.json: run after changing its paths or patterns.
//
//   npm install --no-save --prefix "$TMPDIR" pm2@npm:picomatch@2.3.1 pm4@npm:picomatch@4.0.7
//   node record.mjs "$TMPDIR/node_modules"
//
// A row is a pattern, the answers of v2 for the paths in their order (1: it matches; null: picomatch throws),
// and those of v4 where they differ.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

const table = new URL('answers.json', import.meta.url);
const require = createRequire(resolve(process.argv[2], 'index.js'));
const { paths, rows } = JSON.parse(readFileSync(table, 'utf8'));

const answers = (picomatch, pattern) => {
  try {
    const matches = picomatch(pattern, { dot: true });
    return paths.map((path) => (matches(path) ? 1 : 0)).join('');
  } catch {
    return null;
  }
};

const byText = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
const patterns = [...new Set(rows.map(([pattern]) => pattern))].sort(byText);
const recorded = patterns.map((pattern) => {
  const [v2, v4] = ['pm2', 'pm4'].map((name) => answers(require(name), pattern));
  return JSON.stringify(v2 === v4 ? [pattern, v2] : [pattern, v2, v4]);
});
const versions = ['pm2', 'pm4'].map((name) => require(`${name}/package.json`).version);
const head = `{"versions": ${JSON.stringify(versions)},\n"paths": ${JSON.stringify(paths)},\n`;
writeFileSync(table, `${head}"rows": [\n${recorded.join(',\n')}\n]}\n`);
