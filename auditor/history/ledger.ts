import type { Snapshot } from '../reading/snapshot.ts';
import { history } from './history.ts';

/** What the order database says of one customer. Counts, as text. */
export interface LedgerLine {
  customer_id: string;
  orders: string;
  events: string;
  /** Orders without an event that are older than what is kept of the history. */
  outside: string;
  /** Orders without an event that should have one. */
  lost: string;
  /** Orders with more than one event. */
  several: string;
}

/**
 * One line for each customer, in the order of the ids, to be laid beside the customers. Added up by Postgres: a million
 * orders of a thousand customers are a thousand lines. The events are those of the bodies, which is what the consumer
 * counts, and not those of the orders they belong to.
 *
 * @param windowStart milliseconds since 1970: what happened since then must be in the history
 */
export const ledger = (snapshot: Snapshot, windowStart: number): AsyncGenerator<LedgerLine> =>
  snapshot.rows<LedgerLine>(
    `WITH ${history}, events AS MATERIALIZED (
       SELECT min(order_id) AS order_id, min(customer_id) AS customer_id FROM history WHERE counts GROUP BY event_id
     ), told AS (
       SELECT order_id, count(*) AS events FROM events GROUP BY order_id
     ), lines AS (
       SELECT customer_id, 1 AS orders, 0 AS events,
              (told.events IS NULL AND created_at < to_timestamp($1::float8 / 1000))::int AS outside,
              (told.events IS NULL AND created_at >= to_timestamp($1::float8 / 1000))::int AS lost,
              (told.events > 1)::int AS several
       FROM orders LEFT JOIN told ON told.order_id = orders.id
       UNION ALL
       SELECT customer_id, 0, 1, 0, 0, 0 FROM events WHERE customer_id IS NOT NULL
     )
     SELECT customer_id, sum(orders) AS orders, sum(events) AS events, sum(outside) AS outside, sum(lost) AS lost,
            coalesce(sum(several), 0) AS several
     FROM lines GROUP BY customer_id ORDER BY customer_id`,
    [windowStart],
  );
