import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, createServer, get } from 'node:http';
import { connect } from 'node:net';
import { test } from 'node:test';
import { drainable } from '../src/drain.js';

/** Starts a server that keeps its responses until they are released. */
async function start(t) {
  const held = [];
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    if (request.url === '/held') held.push(response);
    else response.end('done');
  });
  const drain = drainable(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { server, drain, held, port: server.address().port };
}

async function ask(port, path, agent) {
  const [response] = await once(get({ port, path, agent, host: '127.0.0.1' }), 'response');
  let body = '';
  for await (const chunk of response) body += chunk;
  return { connection: response.headers.connection, body };
}

// With a timeout, waiting forever is a failure and not a run that never ends.
const soon = { timeout: 5_000 };

test('closes a connection that is kept alive', soon, async (t) => {
  const { drain, port } = await start(t);
  const agent = new Agent({ keepAlive: true });
  t.after(() => agent.destroy());
  assert.equal((await ask(port, '/', agent)).connection, 'keep-alive');
  await drain();
});

test('closes a connection that was never used', soon, async (t) => {
  const { server, drain, port } = await start(t);
  const accepted = once(server, 'connection');
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  await accepted;
  await drain();
  socket.destroy();
});

test('lets a request in flight finish, and accepts no new one', soon, async (t) => {
  const { server, drain, held, port } = await start(t);
  const agent = new Agent({ keepAlive: true });
  t.after(() => agent.destroy());
  const received = once(server, 'request');
  const answer = ask(port, '/held', agent);
  await received;

  let drained = false;
  const end = drain().then(() => (drained = true));
  await assert.rejects(ask(port, '/'), { code: 'ECONNREFUSED' });
  assert.equal(drained, false);

  held[0].end('late');
  assert.deepEqual(await answer, { connection: 'close', body: 'late' });
  await end;
});

test('closes a connection whose response was in progress', soon, async (t) => {
  const { server, drain, held, port } = await start(t);
  const agent = new Agent({ keepAlive: true });
  t.after(() => agent.destroy());
  const received = once(server, 'request');
  const answer = ask(port, '/held', agent);
  await received;

  held[0].write('first, ');
  const end = drain();
  held[0].end('last');
  assert.equal((await answer).body, 'first, last');
  await end;
});

test('ends at once if the server never listened', soon, async () => {
  await drainable(createServer())();
});
