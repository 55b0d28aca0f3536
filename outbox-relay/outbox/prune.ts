import type pg from 'pg';

/** Any number that no one else uses for an advisory lock in this database. */
const advisoryLock = 7_104_002;

const over = "clock_timestamp() - $1::float8 * interval '1 hour'";
const statements = [
  `DELETE FROM outbox_published WHERE position IN (
     SELECT position FROM outbox_published WHERE published_at < ${over} ORDER BY published_at LIMIT $2)`,
  // What is parked waits for a person, however long; only what a person has discarded goes.
  `DELETE FROM outbox_parked WHERE position IN (
     SELECT position FROM outbox_parked WHERE discarded_at < ${over} LIMIT $2)`,
];

/**
 * Deletes what was published or discarded longer ago than the retention, in batches that each commit alone, so that no lock is held
 * for long. Only one run at a time, whatever the number of relays: who finds the lock taken does nothing.
 *
 * @returns the number of rows deleted, or `undefined` if another run is under way.
 */
export async function prune(
  pool: pg.Pool,
  {
    retentionHours,
    batch = 5_000,
    maxBatches = 1_000,
  }: { retentionHours: number; batch?: number; maxBatches?: number },
): Promise<number | undefined> {
  const client = await pool.connect();
  let failure: Error | undefined;
  try {
    const { rows } = await client.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1) AS locked', [
      advisoryLock,
    ]);
    if (!rows[0]?.locked) return undefined;
    let total = 0;
    for (const statement of statements) {
      for (let run = 0; run < maxBatches; run++) {
        const { rowCount } = await client.query(statement, [retentionHours, batch]);
        total += rowCount ?? 0;
        if ((rowCount ?? 0) < batch) break;
      }
    }
    await client.query('SELECT pg_advisory_unlock($1)', [advisoryLock]);
    return total;
  } catch (error) {
    failure = error as Error;
    throw error;
  } finally {
    // A client in an unknown state is thrown away, and the lock with it.
    client.release(failure);
  }
}
