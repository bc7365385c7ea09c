/** A mistake in the configuration; the message is meant for the operator. */
export class ConfigError extends Error {}

/** Reads and checks the environment, so that a mistake is reported at startup, not with the first request. */
export function readConfig(env) {
  const mistakes = [];
  const read = (parse, value) => {
    try {
      return parse(value);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      mistakes.push(error.message);
    }
  };
  const config = {
    databaseUrl: read(databaseUrl, env.DATABASE_URL),
    port: read(port, env.PORT || '3000'),
    version: env.VERSION || '0.0.0',
  };
  // All at once, not one per attempt to start.
  if (mistakes.length > 0) throw new ConfigError(mistakes.join('; '));
  return config;
}

// Messages do not repeat the value, which may contain a password.
function databaseUrl(value) {
  if (!value) {
    throw new ConfigError('DATABASE_URL is not set: expected postgres://user:password@host:5432/database');
  }
  try {
    // The URL of a Unix socket has no host. The driver accepts that, but the URL class rejects a user without a host.
    const { protocol, username, password, pathname } = new URL(value.replace('@/', '@socket/'));
    // The driver decodes these only for the first connection, too late to report a stray percent sign.
    [username, password, pathname].forEach(decodeURIComponent);
    if (protocol === 'postgres:' || protocol === 'postgresql:') return value;
  } catch {
    // The message below covers this case too.
  }
  throw new ConfigError('DATABASE_URL does not have the form postgres://user:password@host:5432/database');
}

function port(value) {
  // 0 would mean any free port, which neither a client nor the health check could know. Number() alone would also
  // accept ' 1e3'.
  if (!/^\d{1,5}$/.test(value) || Number(value) < 1 || Number(value) > 65535) {
    throw new ConfigError(`PORT is not a number from 1 to 65535: ${JSON.stringify(value)}`);
  }
  return Number(value);
}
