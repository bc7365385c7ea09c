import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError, readConfig } from '../src/config.js';

const DATABASE_URL = 'postgres://demo:secret@db:5432/demo';

test('has defaults for everything except the database', () => {
  assert.deepEqual(readConfig({ DATABASE_URL }), { databaseUrl: DATABASE_URL, port: 3000, version: '0.0.0' });
});

test('uses the values that are set', () => {
  const config = readConfig({ DATABASE_URL, PORT: '8080', VERSION: '1.2.3' });
  assert.equal(config.port, 8080);
  assert.equal(config.version, '1.2.3');
});

test('treats an empty value as unset', () => {
  const config = readConfig({ DATABASE_URL, PORT: '', VERSION: '' });
  assert.equal(config.port, 3000);
  assert.equal(config.version, '0.0.0');
  assert.throws(() => readConfig({ DATABASE_URL: '' }), /DATABASE_URL is not set/);
});

for (const url of ['postgresql:///demo?host=/run/postgresql', 'postgres://demo:secret@/demo?host=/run/postgresql']) {
  test(`accepts a database behind a Unix socket: ${url}`, () => {
    assert.equal(readConfig({ DATABASE_URL: url }).databaseUrl, url);
  });
}

for (const url of ['db:5432/secret', 'mysql://demo:secret@db/demo', 'postgres://demo:secret%zz@db/demo', 'secret']) {
  test(`rejects the database ${url} without repeating it`, () => {
    assert.throws(
      () => readConfig({ DATABASE_URL: url }),
      (error) => error instanceof ConfigError && /DATABASE_URL/.test(error.message) && !/secret/.test(error.message),
    );
  });
}

test('reports all mistakes at once', () => {
  assert.throws(() => readConfig({ PORT: 'http' }), /DATABASE_URL is not set.*; PORT is not a number/);
});

for (const port of ['http', '0', '00000', '-1', '65536', '3000x', ' 3000', '1e3', '3000.5']) {
  test(`rejects the port ${JSON.stringify(port)}`, () => {
    assert.throws(() => readConfig({ DATABASE_URL, PORT: port }), {
      message: `PORT is not a number from 1 to 65535: ${JSON.stringify(port)}`,
    });
  });
}
