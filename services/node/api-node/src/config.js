/** Something the operator has to correct; its message is written for them. */
export class ConfigError extends Error {}

/** Reads and checks the environment, so that a mistake shows at the start and not with the first request. */
export function readConfig(env) {
  return {
    databaseUrl: databaseUrl(env.DATABASE_URL),
    port: port(env.PORT || '3000'),
    version: env.VERSION || '0.0.0',
  };
}

// Messages do not repeat the value: it may hold a password.
function databaseUrl(value) {
  if (!value) {
    throw new ConfigError('DATABASE_URL is not set, e.g. to postgres://user:password@host:5432/database');
  }
  try {
    // A database behind a Unix socket has no host there, which URL refuses beside a user and the driver accepts.
    const { protocol, username, password, pathname } = new URL(value.replace('@/', '@socket/'));
    // The driver decodes these with the first connection, which is too late to hear of a stray percent sign.
    [username, password, pathname].forEach(decodeURIComponent);
    if (protocol === 'postgres:' || protocol === 'postgresql:') return value;
  } catch {
    // The same message serves.
  }
  throw new ConfigError('DATABASE_URL is not of the form postgres://user:password@host:5432/database');
}

function port(value) {
  // 0 lets the system pick a free port, which the tests need. Number() alone would take ' 1e3' too.
  if (!/^\d{1,5}$/.test(value) || Number(value) > 65535) {
    throw new ConfigError(`PORT is not a number from 0 to 65535: ${JSON.stringify(value)}`);
  }
  return Number(value);
}
