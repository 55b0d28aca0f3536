import knexFactory, { type Knex } from 'knex';
import type { Socket } from 'node:net';
import pg from 'pg';
import type { DatabaseSettings } from './config.ts';
import type { Component } from './lifecycle.ts';
import type { Logger } from './logger.ts';

/**
 * Limits for every connection, in milliseconds: `pg` has none by default, and a stalled server would hold a request
 * for ever. The client's own limit lies above the server's, so that the server's clearer error comes first.
 */
const statementTimeoutMs = 5_000;
const lockTimeoutMs = 4_000;
const connectTimeoutMs = 3_000;

export function connectionSettings(settings: DatabaseSettings, applicationName: string): pg.ClientConfig {
  return {
    host: settings.DATABASE_HOST,
    port: settings.DATABASE_PORT,
    user: settings.DATABASE_USER,
    password: settings.DATABASE_PASSWORD,
    database: settings.DATABASE_NAME,
    application_name: applicationName,
    keepAlive: true,
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: statementTimeoutMs,
    lock_timeout: lockTimeoutMs,
    idle_in_transaction_session_timeout: 10_000,
    query_timeout: statementTimeoutMs + 1_000,
  };
}

/** A knex instance with bounded pool and timeouts. `bigint` and `numeric` come back as strings: exact. */
export function createKnex(
  settings: DatabaseSettings,
  { applicationName, poolMax = 10, logger }: { applicationName: string; poolMax?: number; logger: Logger },
): Knex {
  // What fails a query is told by the query; knex's own lines, which go to the console by default, are details of it.
  // Of each the first line: the rest is a stack.
  const detail = (message: unknown) => logger.debug({ detail: String(message).split('\n', 1)[0] }, 'knex');
  return knexFactory({
    log: { warn: detail, error: detail, debug: detail, deprecate: detail },
    client: 'pg',
    connection: connectionSettings(settings, applicationName) as Knex.PgConnectionConfig,
    pool: { min: 0, max: poolMax, afterCreate: endOnReadTimeout },
    acquireConnectionTimeout: connectTimeoutMs,
  });
}

/**
 * A query that `query_timeout` gave up still runs. Without this knex would put the connection back into its pool with
 * the transaction open, because its ROLLBACK waits behind that query, is given up as well, and then never sent: the
 * next request on this connection would fail, or commit what was given up. Ended, the server rolls it back by itself.
 */
function endOnReadTimeout(
  connection: pg.Client,
  done: (error: Error | null, connection: pg.Client) => void,
): void {
  const query = connection.query.bind(connection) as (
    config: pg.QueryConfig,
    callback: QueryCallback,
  ) => void;
  const { stream } = (connection as unknown as { connection: { stream: Socket } }).connection;
  const bounded = (config: pg.QueryConfig, callback: QueryCallback) =>
    query(config, (error, result) => {
      if (error?.message === 'Query read timeout') stream.destroy();
      callback(error, result);
    });
  // Knex calls it in this form and no other.
  connection.query = bounded as typeof connection.query;
  done(null, connection);
}

type QueryCallback = (error: Error | null, result: pg.QueryResult) => void;

/**
 * Runs a statement that Postgres parses and plans once for each connection, on a connection of knex's pool. Knex itself
 * sends the text each time.
 */
export async function queryPrepared<Row>(
  knex: Knex,
  query: { readonly name: string; readonly text: string; readonly values: readonly unknown[] },
): Promise<Row[]> {
  const pool = knex.client as {
    acquireConnection(): Promise<pg.Client>;
    releaseConnection(connection: pg.Client): Promise<void>;
  };
  const connection = await pool.acquireConnection();
  const run = (config: pg.QueryConfig) =>
    new Promise<Row[]>((resolve, reject) => {
      connection.query(config, (error: Error | null, result: pg.QueryResult<Row & pg.QueryResultRow>) =>
        error ? reject(error) : resolve(result.rows),
      );
    });
  const config = { ...query, values: [...query.values] };
  try {
    try {
      return await run(config);
    } catch (error) {
      // A column's type was changed since the statement was prepared, and it was not run: it is prepared anew.
      if (!/cached plan must not change result type/.test((error as Error).message)) throw error;
      await run({ text: `DEALLOCATE ${pg.escapeIdentifier(query.name)}` });
      const { connection: wire } = connection as unknown as {
        connection: { parsedStatements: Record<string, string> };
      };
      delete wire.parsedStatements[query.name];
      return await run(config);
    }
  } finally {
    await pool.releaseConnection(connection);
  }
}

export function knexComponent(knex: Knex): Component {
  let stopped: Promise<void> | undefined;
  return {
    name: 'postgres',
    // Connects on first use: a service starts, and says why it is not ready, while its database is away.
    start: async () => {},
    stop: () => (stopped ??= knex.destroy()),
  };
}

/** A plain `pg` pool, for the processes that write their SQL themselves. */
export function createPool(
  settings: DatabaseSettings,
  {
    applicationName,
    max,
    onError,
  }: { applicationName: string; max: number; onError: (error: Error) => void },
): pg.Pool {
  const pool = new pg.Pool({ ...connectionSettings(settings, applicationName), max, min: 0 });
  // Without a listener a connection that breaks ends the process: an idle one is reported by the pool, one that is in
  // use by the query that it fails.
  pool.on('error', onError);
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

export function poolComponent(pool: pg.Pool): Component {
  let stopped: Promise<void> | undefined;
  return { name: 'postgres', start: async () => {}, stop: () => (stopped ??= pool.end()) };
}
