import type pg from 'pg';
import { audited, columns, type Operator } from './replay.ts';

/** What was published from a time on and before another, as texts that Postgres takes. */
export interface Window {
  publishedFrom: string;
  publishedTo: string;
}

export interface Replayed {
  /** Of the events that are in the outbox now; what waits in it already is left out. */
  ids: string[];
  /** What is still to be replayed; nothing when all of it was. */
  rest?: Window;
}

/** In one transaction, about: less than a second's work, where a statement may take five. */
const chunkRows = 10_000;

/** Of a time, to the microsecond: whoever goes on from there leaves out nothing and takes nothing twice. */
const textOf = (time: string) => `to_char((${time}) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

/**
 * Appends what was published in a window to the outbox, in its order: a transaction for each piece, in which it is
 * written down. What is published again meanwhile, by this or otherwise, is in no window: it ends now.
 *
 * An event that was published in it more than once is appended once. That can only be after a replay, so only those that
 * were replayed since the window began have to be remembered.
 */
export async function* replayWindow(
  pool: pg.Pool,
  window: Window,
  operator: Operator,
): AsyncGenerator<Replayed, void> {
  const { rows } = await pool.query<{ event_id: string }>(
    `SELECT DISTINCT unnest(event_ids) AS event_id FROM outbox_audit WHERE action = 'replay' AND at >= $1`,
    [window.publishedFrom],
  );
  const again = new Set(rows.map(({ event_id }) => event_id));
  const done: string[] = [];
  for (let rest: Window | undefined = window; rest;) {
    const replayed: Replayed = await replayBeginning(pool, rest, operator, done);
    for (const id of replayed.ids) if (again.has(id)) done.push(id);
    yield replayed;
    rest = replayed.rest;
  }
}

/**
 * Appends what a window begins with, so much that it takes no longer than a statement may, and says what is left of it.
 *
 * Where it ends is found by the first rows that are read, which lie in the order of time but for a few: the piece can be
 * somewhat larger, and everything of its time is in it. To sort the window for that would be to read all of it each time.
 *
 * @param except ids of events that are left out
 */
export async function replayBeginning(
  pool: pg.Pool,
  window: Window,
  operator: Operator,
  except: readonly string[] = [],
): Promise<Replayed> {
  let rest: Window | undefined;
  const piece = { ...window };
  const ids = await audited(pool, 'replay', piece, operator, async (client) => {
    // The planner counts on finding enough rows early in a day's table, and would read all that lies before the window;
    // and it knows nothing yet of how much a replay has just put into the outbox.
    await client.query(
      'SET LOCAL enable_seqscan = off; SET LOCAL enable_nestloop = off; SET LOCAL max_parallel_workers_per_gather = 0',
    );
    const { rows } = await client.query<{ found: number; piece_to: string; window_to: string }>(
      `WITH ends AS (SELECT least($2::timestamptz, now()) AS window_to),
            beginning AS (SELECT published_at FROM outbox_published
                     WHERE published_at >= $1 AND published_at < (SELECT window_to FROM ends) LIMIT $3)
       SELECT count(*)::int AS found, ${textOf("max(published_at) + interval '1 microsecond'")} AS piece_to,
              ${textOf('SELECT window_to FROM ends')} AS window_to
       FROM beginning`,
      [window.publishedFrom, window.publishedTo, chunkRows],
    );
    const { found, piece_to, window_to } = rows[0]!;
    piece.publishedTo = found < chunkRows ? window_to : piece_to;
    if (found === chunkRows) rest = { publishedFrom: piece_to, publishedTo: window_to };
    const published = await client.query<{ event_id: string }>(
      `INSERT INTO outbox (${columns})
       SELECT ${columns} FROM (
         SELECT DISTINCT ON (event_id) position, ${columns} FROM outbox_published AS published
         WHERE published_at >= $1 AND published_at < $2 AND event_id <> ALL ($3::uuid[])
           AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.event_id = published.event_id)
         ORDER BY event_id, position
       ) AS first
       ORDER BY position
       RETURNING event_id`,
      [piece.publishedFrom, piece.publishedTo, except],
    );
    return published.rows.map(({ event_id }) => event_id);
  });
  return rest ? { ids, rest } : { ids };
}
