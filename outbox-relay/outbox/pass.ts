import type pg from 'pg';
import type { OutboxRow } from './row.ts';

export interface Pass {
  /** The first batch. */
  readonly rows: OutboxRow[];
  next(count: number): Promise<OutboxRow[]>;
  close(): Promise<void>;
}

/**
 * One look at the outbox: the rows of some partitions, in position order, as one snapshot sees them.
 *
 * Never `position > last seen` from one look to the next: positions are drawn before the commit, so a transaction that
 * commits late leaves a smaller position behind a cursor that has already passed it. Each pass starts at the beginning
 * again, which is cheap because what is settled is deleted.
 *
 * One snapshot for the whole pass, and so a cursor: two separate reads could miss position 5 in the first and find
 * position 9 of the same key in the second, if both commits fall between them.
 *
 * A parked event holds back what comes after it in its key, and nothing else; the events behind it are not even read.
 *
 * Opening is one round trip with the first batch; a pass that finds less than a batch costs one more to end. The
 * numbers are put into the text because the simple protocol, which takes several statements at once, has no parameters.
 */
export async function openPass(pool: pg.Pool, partitions: readonly number[], first: number): Promise<Pass> {
  const client = await pool.connect();
  const list = partitions.map(Math.trunc).join(',');
  try {
    const results = (await client.query(`
      BEGIN READ ONLY;
      DECLARE pass NO SCROLL CURSOR FOR
        SELECT position, event_id, partition, ordering_key, type, exchange, routing_key, body::text AS body,
               traceparent, date_part('epoch', created_at) * 1000 AS created_at, attempts,
               CASE WHEN next_attempt_at IS NOT NULL
                    THEN date_part('epoch', next_attempt_at - clock_timestamp()) * 1000 END AS wait_ms
        FROM outbox
        WHERE partition IN (${list})
          AND NOT EXISTS (SELECT 1 FROM outbox_parked AS parked
                          WHERE parked.ordering_key = outbox.ordering_key AND parked.position < outbox.position
                            AND parked.discarded_at IS NULL)
        ORDER BY position;
      FETCH ${Math.trunc(first)} FROM pass`)) as unknown as pg.QueryResult<OutboxRow>[];
    return {
      rows: results.at(-1)!.rows,
      next: async (count) => (await client.query<OutboxRow>(`FETCH ${Math.trunc(count)} FROM pass`)).rows,
      close: async () => {
        try {
          await client.query('COMMIT');
          client.release();
        } catch (error) {
          client.release(error as Error);
        }
      },
    };
  } catch (error) {
    client.release(error as Error);
    throw error;
  }
}
