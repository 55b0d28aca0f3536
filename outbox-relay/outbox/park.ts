import type pg from 'pg';

export interface Parked {
  readonly position: string;
  /** How often the broker has refused it, this time included. */
  readonly attempts: number;
  readonly reason: string;
}

/**
 * Takes rows that cannot be published out of the line, with the reasons, for a person to replay or discard. Events of
 * the same key that come after one wait behind it; no other event does.
 */
export async function park(pool: pg.Pool, rows: readonly Parked[]): Promise<void> {
  await pool.query({
    name: 'park',
    text: `
      WITH taken AS (
        DELETE FROM outbox
        USING unnest($1::bigint[], $2::integer[], $3::text[]) AS parked (position, attempts, reason)
        WHERE outbox.position = parked.position
        RETURNING outbox.position, event_id, ordering_key, type, version, exchange, routing_key, body, traceparent,
                  created_at, parked.attempts, parked.reason
      )
      INSERT INTO outbox_parked
        (position, event_id, ordering_key, type, version, exchange, routing_key, body, traceparent, created_at,
         attempts, reason)
      SELECT * FROM taken`,
    values: [
      rows.map(({ position }) => position),
      rows.map(({ attempts }) => attempts),
      rows.map(({ reason }) => reason),
    ],
  });
}
