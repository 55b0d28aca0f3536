import type { Knex } from 'knex';

/** Any number that no one else uses for an advisory lock in this database. */
const advisoryLock = 7_104_003;

/**
 * Deletes the ids of events that were applied longer ago than the retention, in batches that each commit alone. The
 * retention must be longer than anything that can deliver an event again: the outbox's retention, and the time a dead
 * letter may wait to be replayed.
 *
 * @returns the number of ids deleted, or `undefined` if another run is under way.
 */
export async function pruneInbox(
  knex: Knex,
  {
    retentionHours,
    batch = 5_000,
    maxBatches = 1_000,
    signal,
  }: { retentionHours: number; batch?: number; maxBatches?: number; signal?: AbortSignal },
): Promise<number | undefined> {
  let total = 0;
  for (let run = 0; run < maxBatches; run++) {
    const deleted = await knex.transaction(async (trx) => {
      const lock = await trx.raw<{ rows: { locked: boolean }[] }>(
        'SELECT pg_try_advisory_xact_lock(?) AS locked',
        [advisoryLock],
      );
      if (!lock.rows[0]?.locked) return undefined;
      const { rowCount } = await trx.raw<{ rowCount: number }>(
        `DELETE FROM inbox WHERE event_id IN (
           SELECT event_id FROM inbox WHERE applied_at < clock_timestamp() - ?::float8 * interval '1 hour'
           ORDER BY applied_at LIMIT ?)`,
        [retentionHours, batch],
      );
      return rowCount;
    });
    if (deleted === undefined) return run === 0 ? undefined : total;
    total += deleted;
    if (deleted < batch || signal?.aborted) break;
  }
  return total;
}
