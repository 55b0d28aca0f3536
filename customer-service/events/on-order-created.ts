import type { OrderCreatedData } from '@event-sync/contracts/events/order-created.ts';
import type { Knex } from 'knex';
import type { EventHandler } from './event-handler.ts';

/** Counts orders for their customers, any number at once. */
export const onOrderCreated: EventHandler<OrderCreatedData, Pick<OrderCreatedData, 'customer_id'>> = {
  keep: ({ customer_id }) => ({ customer_id }),
  subjectOf: ({ customer_id }) => customer_id,

  async apply(trx, events) {
    const counts = new Map<string, number>();
    for (const { data } of events) counts.set(data.customer_id, (counts.get(data.customer_id) ?? 0) + 1);
    return addToCounts(trx, counts);
  },
};

/**
 * The rows are locked in the order of their ids before any is changed: two workers with the same customers in their
 * batches wait for each other and never in a circle. An UPDATE alone locks in whatever order its plan finds the rows.
 *
 * @returns the new version of each customer that is there; one that is missing is not in it.
 */
async function addToCounts(
  trx: Knex.Transaction,
  counts: ReadonlyMap<string, number>,
): Promise<Map<string, string>> {
  const { rows } = await trx.raw<{ rows: { id: string; version: string }[] }>(
    `WITH added AS (
       SELECT * FROM unnest(:ids::bigint[], :counts::int[]) AS added (customer_id, orders)
     ), locked AS MATERIALIZED (
       SELECT id FROM customers WHERE id IN (SELECT customer_id FROM added) ORDER BY id FOR NO KEY UPDATE
     )
     UPDATE customers
     SET orders_count = orders_count + added.orders, version = version + 1, updated_at = now()
     FROM added JOIN locked ON locked.id = added.customer_id
     WHERE customers.id = locked.id
     RETURNING customers.id, customers.version`,
    // As texts: pg looks through each element of an array for characters to escape.
    { ids: `{${[...counts.keys()].join(',')}}`, counts: `{${[...counts.values()].join(',')}}` },
  );
  return new Map(rows.map(({ id, version }) => [id, version]));
}
