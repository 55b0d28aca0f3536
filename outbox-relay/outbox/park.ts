import type pg from 'pg';

/**
 * Takes a row that cannot be published out of the line, with the reason, for a person to replay or discard. Events of
 * the same key that come after it wait behind it; no other event does.
 */
export async function park(
  pool: pg.Pool,
  row: { position: string; attempts: number; reason: string },
): Promise<void> {
  await pool.query({
    name: 'park',
    text: `
      WITH taken AS (
        DELETE FROM outbox WHERE position = $1
        RETURNING position, event_id, ordering_key, type, version, exchange, routing_key, body, traceparent, created_at
      )
      INSERT INTO outbox_parked
        (position, event_id, ordering_key, type, version, exchange, routing_key, body, traceparent, created_at,
         attempts, reason)
      SELECT taken.*, $2, $3 FROM taken`,
    values: [row.position, row.attempts, row.reason],
  });
}
