import { expect } from 'chai';
import pg from 'pg';
import { eventually } from './eventually.ts';

/**
 * A connection beside the pool. A test that fails while it is open needs not close it: it ends with its database, where
 * a client of the pool that was not given back would hold up the end of the pool.
 */
export async function connectBeside(pool: pg.Pool): Promise<pg.Client> {
  const client = new pg.Client(pool.options);
  client.on('error', () => {});
  await client.connect();
  return client;
}

/** Begins a transaction with this statement, which takes locks, and holds them until the returned function is called. */
export async function holdLocks(pool: pg.Pool, statement: string): Promise<() => Promise<void>> {
  const client = await connectBeside(pool);
  await client.query(`BEGIN; ${statement}`);
  return () => client.end();
}

/** Holds a table so that nobody else can write to it, until the returned function is called. */
export const lockTable = (pool: pg.Pool, table: string) =>
  holdLocks(pool, `LOCK TABLE ${table} IN EXCLUSIVE MODE`);

/** When each statement of this application that waits for a lock began: each that contains this text. */
export async function lockWaits(pool: pg.Pool, application: string, text = ''): Promise<string[]> {
  const { rows } = await pool.query<{ began: string }>(
    `SELECT query_start::text AS began FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = $1 AND wait_event_type = 'Lock'
       AND strpos(query, $2) > 0`,
    [application, text],
  );
  return rows.map(({ began }) => began);
}

/** Resolves when a backend of this application waits for a lock, with a statement that contains this text. */
export async function waitsForLock(pool: pg.Pool, application: string, text?: string): Promise<void> {
  await eventually(async () =>
    expect(await lockWaits(pool, application, text), `${application} waiting for a lock`).to.not.deep.equal(
      [],
    ),
  );
}

/** Resolves when a relay that has confirms waits to settle their rows. Its housekeeping may wait for the same lock. */
export const waitsToSettle = (pool: pg.Pool) =>
  waitsForLock(pool, 'outbox-relay', 'INSERT INTO outbox_published');

/** A killed process leaves its backends at work until they notice: what they still did would not be a crash's doing. */
export async function endBackends(pool: pg.Pool, application: string): Promise<void> {
  await pool.query(
    'SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1',
    [application],
  );
}

/** Every connection of our processes to this database, those that listen for hints too. @returns how many there were */
export async function endAllBackends(pool: pg.Pool): Promise<number> {
  const { rowCount } = await pool.query(
    `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
     WHERE datname = current_database() AND backend_type = 'client backend' AND application_name <> $1`,
    [pool.options.application_name],
  );
  return rowCount ?? 0;
}
