import type pg from 'pg';
import { longestDelay, notHeldBack, type HeldBack } from './held-back.ts';
import { largeBodies } from './large-bodies.ts';
import type { OutboxRow } from './row.ts';

export interface Pass {
  /** The next rows, by position. */
  next(): Promise<OutboxRow[]>;
  /** Nothing comes after what `next` has given. */
  readonly ended: boolean;
  close(): Promise<void>;
}

export interface PassOptions {
  partitions: readonly number[];
  /** Rows that `next` gives at the most. */
  rows: number;
  /** Of bodies, that `next` gives at the most: so many in small ones, and so many in large ones, or one that is larger. */
  bytes: number;
  /** To be left out, with what is behind it. Without this it is among the rows. */
  heldBack?: HeldBack | undefined;
}

/**
 * What is held back is found by reading the whole table, so it may take longer than a statement usually may. By a hash, and
 * never row by row, as Postgres does where it takes the held ones for few: of 300,000 it would not come to an end.
 */
const leavingOutMs = 15_000;
const leavingOut = `
        SET LOCAL enable_nestloop = off;
        SET LOCAL work_mem = '32MB';
        SET LOCAL statement_timeout = ${leavingOutMs};`;

/** A row as it is fetched. Of a large body it is only told that there is one. */
type FetchedRow = Omit<OutboxRow, 'body'> & { body: string | null };

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
 * A fetch counts rows, and a thousand of them can be 400 kB or 16 GB. So large bodies do not come with it: they are read
 * afterwards, as many as fit. It costs rows with small ones nothing that could be measured, see docs/decisions/0008.
 *
 * Opening is one round trip with the first fetch; a pass that finds less than a fetch costs one more to end. The
 * numbers are put into the text because the simple protocol, which takes several statements at once, has no parameters.
 */
export async function openPass(
  pool: pg.Pool,
  { partitions, rows, bytes, heldBack }: PassOptions,
): Promise<Pass> {
  const client = await pool.connect();
  const list = partitions.map(Math.trunc).join(',');
  const small = Math.floor(bytes / rows);
  const fetch = `FETCH ${Math.trunc(rows)} FROM pass`;
  try {
    const opening = `
        BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;${heldBack ? leavingOut : ''}
        DECLARE pass NO SCROLL CURSOR FOR
          SELECT position, event_id, partition, ordering_key, type, exchange, routing_key,
                 CASE WHEN pg_column_size(body) <= ${small}
                       AND (pg_column_compression(body) IS NULL OR octet_length(body::text) <= ${small})
                      THEN body::text END AS body,
                 traceparent, date_part('epoch', created_at) * 1000 AS created_at, attempts,
                 CASE WHEN next_attempt_at < clock_timestamp() + interval '${longestDelay}'
                      THEN date_part('epoch', next_attempt_at - clock_timestamp()) * 1000 END AS wait_ms
          FROM outbox
          WHERE partition IN (${list})
            AND NOT EXISTS (SELECT 1 FROM outbox_parked AS parked
                            WHERE parked.ordering_key = outbox.ordering_key AND parked.position < outbox.position
                              AND parked.discarded_at IS NULL)
            ${heldBack ? `AND ${notHeldBack(list, heldBack)}` : ''}
          ORDER BY position;`;
    let fetched = heldBack
      ? await openSlowly(client, opening, fetch)
      : await openAtOnce(client, opening, fetch);
    let last = fetched.length < rows;
    return {
      next: async () => {
        if (fetched.length === 0 && !last) {
          fetched = (await client.query<FetchedRow>(fetch)).rows;
          last = fetched.length < rows;
        }
        const large = fetched.filter(({ body }) => body === null).map(({ position }) => position);
        const bodies = large.length > 0 ? await largeBodies(client, large, bytes) : undefined;
        const fitting = fetched.findIndex(({ body, position }) => body === null && !bodies?.has(position));
        return fetched
          .splice(0, fitting < 0 ? fetched.length : fitting)
          .map((row) =>
            row.body === null ? { ...row, body: bodies!.get(row.position)! } : (row as OutboxRow),
          );
      },
      get ended() {
        return last && fetched.length === 0;
      },
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

async function openAtOnce(client: pg.ClientBase, opening: string, fetch: string): Promise<FetchedRow[]> {
  const results = (await client.query(`${opening} ${fetch}`)) as unknown as pg.QueryResult<FetchedRow>[];
  return results.at(-1)!.rows;
}

/** The first fetch may take long. That the connection is there is known by then. */
async function openSlowly(client: pg.ClientBase, opening: string, fetch: string): Promise<FetchedRow[]> {
  await client.query(opening);
  const first: pg.QueryConfig & { query_timeout: number } = {
    text: fetch,
    query_timeout: leavingOutMs + 1_000,
  };
  return (await client.query<FetchedRow>(first)).rows;
}
