import pg from 'pg';

const API_NAME = 'node';

// The new row is not yet visible to the query that inserts it, hence the one more. A single statement is its own
// transaction and needs a single round trip.
const RECORD = `
  WITH inserted AS (INSERT INTO request (api_name) VALUES ($1))
  SELECT now() AS time, count(*) + 1 AS count FROM request WHERE api_name = $1`;

// Connection trouble, lack of resources, and a server that shuts down or starts: classes of errors that pass.
const PASSING = ['08', '53', '57'];

/** The database cannot be used right now; trying again later may help. */
export class UnavailableError extends Error {}

/** Opens no connection yet: the service may start before its database. */
export function createStore({ databaseUrl, log }) {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    application_name: 'api-node',
    // Together well below the deadline of a shutdown, so that no request outlives it.
    connectionTimeoutMillis: 2_000,
    query_timeout: 5_000,
  });
  // Without a listener, the loss of a connection that nobody is using would end the process.
  pool.on('error', (error) => log('warn', 'lost an idle database connection', { error }));

  async function query(text, values) {
    try {
      return await pool.query(text, values);
    } catch (error) {
      const refused = error instanceof pg.DatabaseError && !PASSING.includes(error.code?.slice(0, 2));
      // Everything but a refusal by the database itself means that we had no answer from it.
      throw refused ? error : new UnavailableError('the database is unavailable', { cause: error });
    }
  }

  return {
    /** Records one request; tells the database's time and how many requests it knows, this one included. */
    async recordRequest() {
      const { rows } = await query(RECORD, [API_NAME]);
      // The driver hands a bigint over as text.
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
