import type pg from 'pg';

/** Who asks, and why: written down in `outbox_audit`, in the transaction that does it. */
export interface Operator {
  who: string;
  why: string;
}

/** Which events are meant: some by id, or all that are parked. */
export type Selection = { ids: readonly string[] } | { parked: 'all' };

/** What an event is, wherever it stands. */
export const columns =
  'event_id, ordering_key, type, version, exchange, routing_key, body, traceparent, created_at';

/**
 * Puts events back into the outbox. A parked one gets its old place, so that its key goes on in order. A discarded or a
 * published one is appended: its place has passed. Its id stays the same, so a consumer that has it in its inbox drops
 * it again.
 *
 * @returns the ids of the events that are in the outbox now; ids that are nowhere, or wait in it already, are left out.
 */
export async function replay(pool: pg.Pool, selection: Selection, operator: Operator): Promise<string[]> {
  return audited(pool, 'replay', selection, operator, async (client) => {
    const [condition, values] =
      'ids' in selection ? ['event_id = ANY($1::uuid[])', [selection.ids]] : ['true', []];
    const parked = await client.query<{ event_id: string }>(
      `WITH taken AS (DELETE FROM outbox_parked WHERE discarded_at IS NULL AND ${condition} RETURNING *)
       INSERT INTO outbox (position, ${columns}) OVERRIDING SYSTEM VALUE
       SELECT position, ${columns} FROM taken ORDER BY position
       RETURNING event_id`,
      values,
    );
    const ids = parked.rows.map(({ event_id }) => event_id);
    if ('ids' in selection) {
      const discarded = await client.query<{ event_id: string }>(
        `WITH taken AS (
           DELETE FROM outbox_parked WHERE discarded_at IS NOT NULL AND event_id = ANY($1::uuid[]) RETURNING *
         )
         INSERT INTO outbox (${columns}) SELECT ${columns} FROM taken ORDER BY position RETURNING event_id`,
        [selection.ids],
      );
      ids.push(...discarded.rows.map(({ event_id }) => event_id));
      // The last publication of each, once: an event that was replayed before stands there more than once.
      const published = await client.query<{ event_id: string }>(
        `INSERT INTO outbox (${columns})
         SELECT ${columns} FROM (
           SELECT DISTINCT ON (event_id) position, ${columns} FROM outbox_published AS published
           WHERE event_id = ANY($1::uuid[])
             AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.event_id = published.event_id)
           ORDER BY event_id, position DESC
         ) AS latest
         ORDER BY position
         RETURNING event_id`,
        [selection.ids],
      );
      ids.push(...published.rows.map(({ event_id }) => event_id));
    }
    return ids;
  });
}

/** Gives parked events up: they stay, discarded, for the retention, and hold back nothing any more. @returns their ids. */
export async function discard(pool: pg.Pool, selection: Selection, operator: Operator): Promise<string[]> {
  return audited(pool, 'discard', selection, operator, async (client) => {
    const [condition, values] =
      'ids' in selection ? ['event_id = ANY($1::uuid[])', [selection.ids]] : ['true', []];
    const { rows } = await client.query<{ event_id: string }>(
      `UPDATE outbox_parked SET discarded_at = now() WHERE discarded_at IS NULL AND ${condition} RETURNING event_id`,
      values,
    );
    return rows.map(({ event_id }) => event_id);
  });
}

/** Does it in one transaction, with who and why, unless it comes to nothing. @param work returns the ids of what it has changed. */
export async function audited(
  pool: pg.Pool,
  action: 'replay' | 'discard',
  selection: object,
  { who, why }: Operator,
  work: (client: pg.PoolClient) => Promise<string[]>,
): Promise<string[]> {
  const client = await pool.connect();
  let failure: Error | undefined;
  try {
    await client.query('BEGIN');
    const ids = await work(client);
    if (ids.length > 0) {
      await client.query(
        'INSERT INTO outbox_audit (who, action, why, selection, event_ids) VALUES ($1, $2, $3, $4, $5::uuid[])',
        [who, action, why, JSON.stringify(selection), ids],
      );
    }
    await client.query('COMMIT');
    return ids;
  } catch (error) {
    failure = error as Error;
    throw error;
  } finally {
    // Thrown away when something failed, and its transaction with it.
    client.release(failure);
  }
}
