import { dayTable, daysAhead } from '@event-sync/outbox/published-days.ts';
import { probe } from '@event-sync/platform/probe.ts';
import type pg from 'pg';

/** Any number that no one else uses for an advisory lock in this database. */
const advisoryLock = 7_104_002;

/**
 * Making or dropping a day waits for whoever reads the history, and settling waits behind it: not for long. But longer
 * than `deadlock_timeout`, a second: only then does an autovacuum of the table give way.
 */
const lockTimeoutMs = 2_500;

/** SQLSTATE: rows of that day stand in `outbox_published_rest` already, and stay there. */
const checkViolation = '23514';

const over = "clock_timestamp() - $1::float8 * interval '1 hour'";
const daysThatAreOver = `
  SELECT relname AS name, right(relname, 8) AS day FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
  WHERE inhparent = 'outbox_published'::regclass AND relname ~ '${dayTable}'
    AND (to_date(right(relname, 8), 'YYYYMMDD') + 1)::timestamp AT TIME ZONE 'UTC' <= ${over}
  ORDER BY relname`;
const statements = [
  `DELETE FROM outbox_published_rest WHERE ctid = ANY (ARRAY(
     SELECT ctid FROM outbox_published_rest WHERE published_at < ${over} LIMIT $2))`,
  // What is parked waits for a person, however long; only what a person has discarded goes.
  `DELETE FROM outbox_parked WHERE position IN (
     SELECT position FROM outbox_parked WHERE discarded_at < ${over} LIMIT $2)`,
];

export interface Pruned {
  /** Tables of whole days that were dropped. */
  days: string[];
  /** Rows that were deleted one by one: discarded ones, and those of days without a table. */
  rows: number;
}

/**
 * Makes the tables of the days to come, and takes away what was published or discarded longer ago than the retention:
 * a day when all of it is over, and what belongs to no day in batches that each commit alone, so that no lock is held
 * for long. Only one run at a time, whatever the number of relays: who finds the lock taken does nothing.
 *
 * @returns what is gone, or `undefined` if another run is under way.
 */
export async function prune(
  pool: pg.Pool,
  {
    retentionHours,
    batch = 5_000,
    maxBatches = 1_000,
  }: { retentionHours: number; batch?: number; maxBatches?: number },
): Promise<Pruned | undefined> {
  const client = await pool.connect();
  let failure: Error | undefined;
  try {
    const { rows } = await client.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1) AS locked', [
      advisoryLock,
    ]);
    if (!rows[0]?.locked) return undefined;
    await client.query(`SET lock_timeout = ${lockTimeoutMs}`);
    probe('prune.locked');
    const days = await dropDays(client, retentionHours);
    probe('prune.days-dropped');
    await createDays(client);
    await client.query('RESET lock_timeout');
    const pruned = { days, rows: 0 };
    for (const statement of statements) {
      for (let run = 0; run < maxBatches; run++) {
        const { rowCount } = await client.query(statement, [retentionHours, batch]);
        pruned.rows += rowCount ?? 0;
        probe('prune.rows-deleted');
        if ((rowCount ?? 0) < batch) break;
      }
    }
    await client.query('SELECT pg_advisory_unlock($1)', [advisoryLock]);
    return pruned;
  } catch (error) {
    failure = error as Error;
    throw error;
  } finally {
    // A client in an unknown state is thrown away, and the lock with it.
    client.release(failure);
  }
}

async function dropDays(client: pg.PoolClient, retentionHours: number): Promise<string[]> {
  const { rows } = await client.query<{ name: string; day: string }>(daysThatAreOver, [retentionHours]);
  for (const { day } of rows)
    await client.query("SELECT outbox_drop_published_day(to_date($1, 'YYYYMMDD'))", [day]);
  return rows.map(({ name }) => name);
}

async function createDays(client: pg.PoolClient): Promise<void> {
  for (let ahead = 0; ahead <= daysAhead; ahead++) {
    try {
      await client.query('SELECT outbox_create_published_day($1)', [ahead]);
    } catch (error) {
      if ((error as { code?: string }).code !== checkViolation) throw error;
    }
  }
}
