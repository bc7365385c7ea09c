import pg from 'pg';

const API_NAME = 'node';

// The new row is not yet visible to the query that inserts it, hence the "+ 1". A single statement is its own
// transaction and needs only one round trip.
const RECORD = `
  WITH inserted AS (INSERT INTO request (api_name) VALUES ($1))
  SELECT now() AS time, count(*) + 1 AS count FROM request WHERE api_name = $1`;

// Temporary error classes: connection problems, lack of resources, and a server that is shutting down or starting.
const PASSING = ['08', '53', '57'];

/** The database cannot be used right now; trying again later may help. */
export class UnavailableError extends Error {}

/** Opens no connection yet: the service may start before its database. */
export function createStore({ databaseUrl, log }) {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    application_name: 'api-node',
    // Together well below the shutdown deadline, so that no request outlives it.
    connectionTimeoutMillis: 2_000,
    query_timeout: 5_000,
  });
  // Without a listener, losing an idle connection would end the process.
  pool.on('error', (error) => log('warn', 'lost an idle database connection', { error }));

  async function query(text, values) {
    try {
      return await pool.query(text, values);
    } catch (error) {
      const refused = error instanceof pg.DatabaseError && !PASSING.includes(error.code?.slice(0, 2));
      // Any error other than a rejection by the database itself means that it did not respond.
      throw refused ? error : new UnavailableError('the database is unavailable', { cause: error });
    }
  }

  return {
    /** Records one request; returns the database's time and its number of requests, including this one. */
    async recordRequest() {
      const { rows } = await query(RECORD, [API_NAME]);
      // The driver returns a bigint as text.
      return { time: rows[0].time, count: Number(rows[0].count) };
    },

    async ping() {
      await query('SELECT 1');
    },

    async close() {
      await pool.end();
    },
  };
}
