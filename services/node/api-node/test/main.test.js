import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

// Nothing listens on port 1.
const UNREACHABLE = 'postgres://demo:secret@127.0.0.1:1/demo';
const soon = { timeout: 20_000 };

/** Runs a file of the service in a separate process, with only the given environment. */
function run(t, file, env, args = []) {
  const path = fileURLToPath(new URL(`../src/${file}`, import.meta.url));
  const child = spawn(process.execPath, [path, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => child.kill('SIGKILL'));
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (data) => (stdout += data));
  child.stderr.setEncoding('utf8').on('data', (data) => (stderr += data));
  const exit = once(child, 'close').then(([code, signal]) => ({ code, signal, stdout, stderr }));
  return { child, exit };
}

/** Starts the service and waits until it listens. */
async function start(t, env) {
  const service = run(t, 'main.js', { PORT: await freePort(), ...env });
  const listening = new Promise((resolve) => {
    service.child.stderr.on('data', (data) => {
      const port = data.match(/"message":"listening","port":(\d+)/)?.[1];
      if (port) resolve(port);
    });
  });
  const port = await Promise.race([
    listening,
    service.exit.then((result) => assert.fail(`ended early: ${JSON.stringify(result)}`)),
  ]);
  return { ...service, port, ask: (path) => fetch(`http://127.0.0.1:${port}${path}`) };
}

async function listen(t, host) {
  const server = createServer();
  const sockets = [];
  server.on('connection', (socket) => sockets.push(socket.on('error', () => {})));
  server.listen(0, host);
  await once(server, 'listening');
  t.after(() => {
    sockets.forEach((socket) => socket.destroy());
    server.close();
  });
  return server;
}

async function freePort() {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const port = `${server.address().port}`;
  server.close();
  await once(server, 'close');
  return port;
}

for (const [title, env, message] of [
  ['no database is set', {}, /DATABASE_URL is not set/],
  ['the database is not a URL', { DATABASE_URL: 'secret' }, /DATABASE_URL does not have the form/],
  ['the port is not a number', { DATABASE_URL: UNREACHABLE, PORT: 'http' }, /PORT is not a number/],
]) {
  test(`exits with 2 and one line if ${title}`, soon, async (t) => {
    const { code, stdout, stderr } = await run(t, 'main.js', env).exit;
    assert.equal(code, 2);
    assert.equal(stdout, '');
    assert.match(stderr, /^[^\n]+\n$/);
    assert.match(JSON.parse(stderr).message, message);
    assert.doesNotMatch(stderr, /secret/);
  });
}

test('exits with 2 if it is given an argument', soon, async (t) => {
  const { code, stderr } = await run(t, 'main.js', { DATABASE_URL: UNREACHABLE }, ['--port=1']).exit;
  assert.equal(code, 2);
  assert.equal(JSON.parse(stderr).message, 'unexpected argument: "--port=1"');
});

test('exits with 1 if the port is taken', soon, async (t) => {
  // On all addresses, like the service: on some systems that does not conflict with a single address.
  const { port } = (await listen(t)).address();
  const { code, stderr } = await run(t, 'main.js', { DATABASE_URL: UNREACHABLE, PORT: `${port}` }).exit;
  assert.equal(code, 1);
  assert.match(stderr, /EADDRINUSE/);
});

test('runs without its database, and says so', soon, async (t) => {
  const { child, exit, ask } = await start(t, { DATABASE_URL: UNREACHABLE, VERSION: '1.2.3' });
  assert.equal(await (await ask('/ping')).text(), 'pong');
  assert.equal((await ask('/healthz')).status, 503);
  const response = await ask('/');
  assert.equal(response.status, 503);
  assert.deepEqual(await response.json(), { error: 'database unavailable' });

  child.kill('SIGTERM');
  const { code, stdout, stderr } = await exit;
  assert.equal(code, 0);
  assert.equal(stdout, '');
  const lines = stderr.trimEnd().split('\n').map((line) => JSON.parse(line));
  assert.deepEqual(
    lines.map(({ message }) => message),
    ['listening', 'request failed', 'request failed', 'shutting down', 'stopped'],
  );
  assert.equal(lines[0].version, '1.2.3');
  assert.equal(lines[1].error.cause.code, 'ECONNREFUSED');
  assert.doesNotMatch(stderr, /secret/);
});

for (const signal of ['SIGTERM', 'SIGINT']) {
  test(`${signal} lets a request in flight finish`, soon, async (t) => {
    // A database that accepts the connection and never responds keeps the request waiting until the service's timeout.
    const database = await listen(t, '127.0.0.1');
    const { port } = database.address();
    const { child, exit, ask } = await start(t, { DATABASE_URL: `postgres://demo@127.0.0.1:${port}/demo` });
    const asked = once(database, 'connection');
    const answer = ask('/');
    await asked;

    child.kill(signal);
    const response = await answer;
    assert.equal(response.status, 503);
    assert.equal(response.headers.get('connection'), 'close');
    await response.text();
    const { code, stderr } = await exit;
    assert.equal(code, 0);
    assert.match(stderr, /"message":"stopped"/);
  });
}

test('the health check queries the running service', soon, async (t) => {
  const { port } = await start(t, { DATABASE_URL: UNREACHABLE });
  assert.equal((await run(t, 'healthcheck.js', { PORT: port }).exit).code, 0);
  assert.equal((await run(t, 'healthcheck.js', { PORT: '1' }).exit).code, 1);
});
