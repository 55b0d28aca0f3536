import type { Snapshot } from '../reading/snapshot.ts';
import { history } from './history.ts';

export interface OddOrder {
  id: string;
  customer_id: string;
  /** None, or more than one. */
  event_ids: string[];
}

/**
 * The orders with no event, or with more than one. Asked only when the ledger counts such orders: it reads the history
 * once more, which a clean system is spared.
 */
export const oddOrders = (snapshot: Snapshot, windowStart: number): AsyncGenerator<OddOrder> =>
  snapshot.rows<OddOrder>(
    `WITH ${history}, told AS (
       SELECT order_id, (array_agg(DISTINCT event_id::text))[1:10] AS event_ids FROM history WHERE counts GROUP BY order_id
     )
     SELECT orders.id, orders.customer_id, coalesce(told.event_ids, '{}') AS event_ids
     FROM orders LEFT JOIN told ON told.order_id = orders.id
     WHERE cardinality(told.event_ids) > 1
        OR (told.event_ids IS NULL AND orders.created_at >= to_timestamp($1::float8 / 1000))
     ORDER BY orders.id`,
    [windowStart],
  );
