import { UnavailableError } from './store.js';

/** Returns the request listener of the service. The timeouts are those of a query and of a health check. */
export function createApi({ store, version, log, timeout = 5_000, healthTimeout = 1_000 }) {
  const routes = new Map([
    // No HEAD here: each request writes a row.
    ['/', { methods: ['GET'], answer: root }],
    ['/ping', { methods: ['GET', 'HEAD'], answer: () => text(200, 'pong') }],
    ['/healthz', { methods: ['GET', 'HEAD'], answer: health }],
  ]);

  async function root() {
    const { time, count } = await within(timeout, store.recordRequest());
    return json(200, { api: 'node', version, currentTime: time.toISOString(), requestCount: count });
  }

  async function health() {
    await within(healthTimeout, store.ping());
    return text(200, 'ok');
  }

  async function respond(request) {
    // A client may send a whole URL, as it does to a proxy.
    const path = request.url.replace(/^https?:\/\/[^/?]*/i, '').split('?', 1)[0] || '/';
    const route = routes.get(path);
    if (!route) return failure(404, 'not found');
    if (!route.methods.includes(request.method)) {
      return failure(405, 'method not allowed', { Allow: route.methods.join(', ') });
    }
    try {
      return await route.answer();
    } catch (error) {
      // The details are for the operator, not for clients.
      const unavailable = error instanceof UnavailableError;
      log(unavailable ? 'warn' : 'error', 'request failed', { method: request.method, path, error });
      return unavailable ? failure(503, 'database unavailable') : failure(500, 'internal error');
    }
  }

  return async (request, response) => {
    const { status, headers, body } = await respond(request);
    response.writeHead(status, {
      ...headers,
      'Content-Length': Buffer.byteLength(body),
      // Every response describes the current state.
      'Cache-Control': 'no-store',
    });
    response.end(body);
  };
}

async function within(milliseconds, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new UnavailableError(`no answer within ${milliseconds} ms`)), milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

function text(status, body) {
  return { status, headers: { 'Content-Type': 'text/plain; charset=utf-8' }, body };
}

function json(status, value, headers) {
  return { status, headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(value) };
}

function failure(status, error, headers) {
  return json(status, { error }, headers);
}
