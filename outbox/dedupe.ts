import type { Knex } from 'knex';

/**
 * Writes the ids of delivered events to the inbox, in the transaction that applies them, and tells which are new. An id
 * that is not returned was applied before: its event must not be applied again, only acknowledged.
 *
 * If another transaction is applying the same event right now, this waits for it to end: if it commits, the id is a
 * duplicate here; if it rolls back, it is new here.
 *
 * The ids are inserted in one order everywhere, so that two consumers with the same redelivered events wait for each
 * other and never in a circle.
 *
 * @param ids UUIDs in lower case; one id may stand there more than once.
 */
export async function dedupe(trx: Knex.Transaction, ids: readonly string[]): Promise<Set<string>> {
  if (!trx.isTransaction) throw new TypeError('dedupe needs the transaction that applies the events');
  const distinct = new Set(ids);
  // As one text: pg looks through each element of an array for characters to escape.
  const sorted = `{${[...distinct].sort().join(',')}}`;
  const { rows } = await trx.raw<{ rows: { fresh: string | null }[] }>(
    `WITH inserted AS (
       INSERT INTO inbox (event_id) SELECT unnest(:ids::uuid[]) ON CONFLICT DO NOTHING RETURNING event_id
     )
     SELECT CASE WHEN count(*) < :all THEN coalesce(array_to_string(array_agg(event_id), ','), '') END AS fresh
     FROM inserted`,
    { ids: sorted, all: distinct.size },
  );
  const { fresh } = rows[0]!;
  // All of them, as nearly always; then no row is sent for each.
  if (fresh === null) return distinct;
  return new Set(fresh === '' ? [] : fresh.split(','));
}

/** Takes ids back that `dedupe` wrote in this same transaction, for events that cannot be applied yet. */
export async function forget(trx: Knex.Transaction, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await trx.raw('DELETE FROM inbox WHERE event_id = ANY(:ids::uuid[])', { ids: [...ids] });
}
