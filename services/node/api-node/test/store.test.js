import assert from 'node:assert/strict';
import { test } from 'node:test';
import pg from 'pg';
import { createStore, UnavailableError } from '../src/store.js';

// A separate name and schema, so that the tests can run against a database that is in use.
const OURS = 'api_node_test';
const databaseUrl = process.env.TEST_DATABASE_URL && apart(process.env.TEST_DATABASE_URL);
const needsDatabase = { skip: !databaseUrl && 'TEST_DATABASE_URL is not set' };

function apart(value) {
  const url = new URL(value);
  url.searchParams.set('application_name', OURS);
  url.searchParams.set('options', `-c search_path=${OURS}`);
  return url.href;
}

function open(t, url, log = () => {}) {
  const store = createStore({ databaseUrl: url, log });
  t.after(() => store.close());
  return store;
}

async function administrate(t) {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  await client.query(`DROP SCHEMA IF EXISTS ${OURS} CASCADE; CREATE SCHEMA ${OURS}`);
  t.after(async () => {
    await client.query(`DROP SCHEMA ${OURS} CASCADE`);
    await client.end();
  });
  return client;
}

test('distinguishes an unreachable database from one that rejects a query', async (t) => {
  // Nothing listens on port 1.
  const store = open(t, 'postgres://demo@127.0.0.1:1/demo');
  await assert.rejects(store.ping(), UnavailableError);
  await assert.rejects(store.recordRequest(), (error) => {
    return error instanceof UnavailableError && error.cause.code === 'ECONNREFUSED';
  });
});

test('counts the requests of this API only', needsDatabase, async (t) => {
  const admin = await administrate(t);
  await admin.query(
    'CREATE TABLE request (id bigserial PRIMARY KEY, api_name text, created_at timestamptz DEFAULT now())',
  );
  await admin.query("INSERT INTO request (api_name) VALUES ('golang'), ('golang')");

  const store = open(t, databaseUrl);
  await store.ping();
  assert.equal((await store.recordRequest()).count, 1);
  const { time, count } = await store.recordRequest();
  assert.equal(count, 2);
  assert.ok(Math.abs(time - Date.now()) < 60_000, `${time}`);

  const { rows } = await admin.query("SELECT count(*)::int AS count FROM request WHERE api_name = 'node'");
  assert.equal(rows[0].count, 2);
});

test('treats a missing table as a rejection', needsDatabase, async (t) => {
  await administrate(t);
  const store = open(t, databaseUrl);
  await assert.rejects(store.recordRequest(), (error) => {
    return !(error instanceof UnavailableError) && error.code === '42P01';
  });
});

test('survives the loss of its connections', needsDatabase, async (t) => {
  const admin = await administrate(t);
  let store;
  const logged = new Promise((resolve) => {
    store = open(t, databaseUrl, (level, message) => resolve(`${level}: ${message}`));
  });
  await store.ping();
  await admin.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE application_name = '${OURS}' AND pid <> pg_backend_pid()`,
  );
  assert.equal(await logged, 'warn: lost an idle database connection');
  await store.ping();
});
