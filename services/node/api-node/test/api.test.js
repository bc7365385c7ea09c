import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { test } from 'node:test';
import { createApi } from '../src/api.js';
import { UnavailableError } from '../src/store.js';

const TIME = new Date('2026-01-02T03:04:05.678Z');

/** Starts the API on a free port. Without a store, the API must not use one. */
async function start(t, store = {}) {
  const logged = [];
  const log = (level, message, fields) => logged.push({ level, message, ...fields });
  const server = createServer(createApi({ store, version: '1.2.3', log, timeout: 60, healthTimeout: 50 }));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const ask = (path, options) => fetch(`http://127.0.0.1:${server.address().port}${path}`, options);
  return { ask, logged, port: server.address().port };
}

test('GET / records the request and reports it', async (t) => {
  let count = 41;
  const { ask, logged } = await start(t, { recordRequest: async () => ({ time: TIME, count: ++count }) });

  const response = await ask('/');
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('content-type'), 'application/json');
  assert.equal(response.headers.get('cache-control'), 'no-store');
  assert.deepEqual(await response.json(), {
    api: 'node',
    version: '1.2.3',
    currentTime: '2026-01-02T03:04:05.678Z',
    requestCount: 42,
  });

  assert.equal((await (await ask('/?again')).json()).requestCount, 43);
  assert.deepEqual(logged, []);
});

test('GET / answers 503 while the database is unavailable, and logs why', async (t) => {
  const cause = new Error('connect ECONNREFUSED 10.0.0.1:5432');
  const recordRequest = () => Promise.reject(new UnavailableError('the database is unavailable', { cause }));
  const { ask, logged } = await start(t, { recordRequest });

  const response = await ask('/');
  assert.equal(response.status, 503);
  assert.equal(response.headers.get('content-type'), 'application/json');
  assert.deepEqual(await response.json(), { error: 'database unavailable' });
  assert.equal(logged.length, 1);
  assert.equal(logged[0].level, 'warn');
  assert.equal(logged[0].error.cause, cause);
});

test('GET / answers 500 for any other error, and logs why', async (t) => {
  const error = new Error('relation "request" does not exist');
  const { ask, logged } = await start(t, { recordRequest: () => Promise.reject(error) });

  const response = await ask('/');
  assert.equal(response.status, 500);
  assert.deepEqual(await response.json(), { error: 'internal error' });
  assert.deepEqual(logged, [{ level: 'error', message: 'request failed', method: 'GET', path: '/', error }]);
});

test('GET /ping answers without the database', async (t) => {
  const { ask } = await start(t);
  const response = await ask('/ping');
  assert.equal(response.status, 200);
  assert.match(response.headers.get('content-type'), /^text\/plain/);
  assert.equal(await response.text(), 'pong');
});

test('GET /healthz answers 200 if the database answers', async (t) => {
  const { ask } = await start(t, { ping: async () => {} });
  const response = await ask('/healthz');
  assert.equal(response.status, 200);
  assert.equal(await response.text(), 'ok');
});

test('GET /healthz answers 503 if the database fails', async (t) => {
  const { ask } = await start(t, { ping: () => Promise.reject(new UnavailableError('away')) });
  const response = await ask('/healthz');
  assert.equal(response.status, 503);
  assert.deepEqual(await response.json(), { error: 'database unavailable' });
});

test('GET /healthz does not wait for a database that hangs', async (t) => {
  const { ask, logged } = await start(t, { ping: () => new Promise(() => {}) });
  const response = await ask('/healthz');
  assert.equal(response.status, 503);
  assert.match(logged[0].error.message, /no answer within 50 ms/);
});

test('GET / does not wait for a database that hangs', async (t) => {
  const { ask, logged } = await start(t, { recordRequest: () => new Promise(() => {}) });
  const response = await ask('/');
  assert.equal(response.status, 503);
  assert.match(logged[0].error.message, /no answer within 60 ms/);
});

for (const [target, status] of [
  ['http://api/ping?x', 200],
  ['HTTP://api:3000/nowhere', 404],
  ['http://api', 405],
  ['*', 404],
]) {
  test(`understands the target ${target}`, async (t) => {
    const { port } = await start(t);
    const [response] = await once(request({ port, method: status === 200 ? 'GET' : 'OPTIONS', path: target }).end(), 'response');
    response.resume();
    assert.equal(response.statusCode, status);
  });
}

for (const path of ['/nowhere', '/ping/', '/%70ing', '//', '/constructor', '/ping%2f']) {
  test(`GET ${path} answers 404`, async (t) => {
    const { ask } = await start(t);
    const response = await ask(path);
    assert.equal(response.status, 404);
    assert.deepEqual(await response.json(), { error: 'not found' });
  });
}

for (const [path, method, allow] of [
  ['/', 'POST', 'GET'],
  ['/', 'HEAD', 'GET'],
  ['/', 'OPTIONS', 'GET'],
  ['/ping', 'DELETE', 'GET, HEAD'],
  ['/healthz', 'PUT', 'GET, HEAD'],
]) {
  test(`${method} ${path} answers 405`, async (t) => {
    const { ask } = await start(t);
    const response = await ask(path, { method });
    assert.equal(response.status, 405);
    assert.equal(response.headers.get('allow'), allow);
    if (method !== 'HEAD') assert.deepEqual(await response.json(), { error: 'method not allowed' });
  });
}
