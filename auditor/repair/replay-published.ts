import type { Knex } from 'knex';

const columns = 'event_id, ordering_key, type, version, exchange, routing_key, body, traceparent, created_at';

/** Milliseconds around the time that we know: we have read it rounded. */
const slackMs = 1_000;

/**
 * Appends a published event to the outbox again, with its id: whoever has applied it drops it. One that waits there
 * already is left alone. The time it was published at finds its day's table, and in it the few blocks to read: there is
 * no index on the id alone.
 *
 * @returns whether it is in the outbox by this
 */
export async function replayPublished(
  trx: Knex.Transaction,
  { eventId, publishedAtMs }: { eventId: string; publishedAtMs: number },
): Promise<boolean> {
  const { rowCount } = await trx.raw<{ rowCount: number }>(
    `INSERT INTO outbox (${columns})
     SELECT ${columns} FROM outbox_published
     WHERE event_id = :eventId
       AND published_at BETWEEN to_timestamp(:from::float8 / 1000) AND to_timestamp(:to::float8 / 1000)
       AND NOT EXISTS (SELECT FROM outbox WHERE outbox.event_id = :eventId)
     ORDER BY published_at DESC LIMIT 1`,
    { eventId, from: publishedAtMs - slackMs, to: publishedAtMs + slackMs },
  );
  return rowCount > 0;
}

/** Who replayed what, where `npm run outbox` writes it down too. */
export async function noteReplay(
  trx: Knex.Transaction,
  { who, eventIds }: { who: string; eventIds: readonly string[] },
): Promise<void> {
  await trx.raw(
    `INSERT INTO outbox_audit (who, action, why, selection, event_ids)
     VALUES (:who, 'replay', 'npm run audit -- --repair', :selection::json, :eventIds::uuid[])`,
    { who, selection: JSON.stringify({ ids: eventIds }), eventIds: [...eventIds] },
  );
}
