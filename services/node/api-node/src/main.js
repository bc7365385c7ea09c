import { createServer } from 'node:http';
import { createApi } from './api.js';
import { ConfigError, readConfig } from './config.js';
import { drainable } from './drain.js';
import { createLog } from './log.js';
import { createStore } from './store.js';

// How long orchestrators commonly wait before they kill the process.
const SHUTDOWN_DEADLINE = 10_000;

const log = createLog(process.stderr);

function main() {
  const { databaseUrl, port, version } = readConfig(process.env);
  const store = createStore({ databaseUrl, log });
  const server = createServer(
    // As in api-golang. A request has no body worth waiting for.
    { headersTimeout: 5_000, requestTimeout: 10_000, connectionsCheckingInterval: 1_000, keepAliveTimeout: 60_000 },
    createApi({ store, version, log }),
  );
  const drain = drainable(server);

  async function shutDown(signal) {
    log('info', 'shutting down', { signal });
    const deadline = setTimeout(() => {
      log('error', 'shutdown deadline exceeded, exiting', { deadline: SHUTDOWN_DEADLINE });
      process.exit(1);
    }, SHUTDOWN_DEADLINE);
    await drain();
    await store.close();
    clearTimeout(deadline);
    log('info', 'stopped');
    // Nothing keeps the process alive any more, so it exits by itself once the log is written.
  }

  // By default, PID 1 of a container ignores these signals. A second signal of the same kind has no listener, so a second
  // Ctrl-C ends the process at once.
  let stopping;
  for (const signal of ['SIGTERM', 'SIGINT']) {
    process.once(signal, () => (stopping ??= shutDown(signal)));
  }

  server.on('error', (error) => {
    log('error', 'cannot listen', { port, error });
    process.exit(1);
  });
  server.listen(port, () => log('info', 'listening', { port: server.address().port, version }));
}

try {
  if (process.argv.length > 2) throw new ConfigError(`unexpected argument: ${JSON.stringify(process.argv[2])}`);
  main();
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  log('error', error.message);
  process.exitCode = 2;
}
