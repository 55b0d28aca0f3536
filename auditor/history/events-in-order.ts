import type { Snapshot } from '../reading/snapshot.ts';
import { history } from './history.ts';

/** An event, and the order that it tells of. Times are milliseconds since 1970; a bigint is text. */
export interface KnownEvent {
  event_id: string;
  /** Whether it tells of an order, which is counted. */
  counts: boolean;
  /** As its body says; null if that cannot be read. */
  order_id: string | null;
  customer_id: string | null;
  /** The customer of that order; null if there is no such order. */
  order_customer_id: string | null;
  /** Bits of `places`. */
  places: number;
  first_published: number | null;
  last_published: number | null;
  moved: number;
}

/**
 * Every event once, in the order of its id, to be laid beside the inbox. Postgres sorts, on disk if it must: there is no
 * index on the id (settling would pay for it with each event, see outbox/migrations/0002-published-by-day), and pages
 * without one would read the table once each. The order is joined here, in the same reading of the bodies.
 */
export const eventsInOrder = (snapshot: Snapshot): AsyncGenerator<KnownEvent> =>
  snapshot.rows<KnownEvent>(`
    WITH ${history}
    SELECT event_id, bool_or(counts) AS counts, min(history.order_id) AS order_id, min(history.customer_id) AS customer_id,
           min(orders.customer_id) AS order_customer_id, bit_or(place) AS places,
           extract(epoch FROM min(published_at))::float8 * 1000 AS first_published,
           extract(epoch FROM max(published_at))::float8 * 1000 AS last_published,
           extract(epoch FROM max(moved_at))::float8 * 1000 AS moved
    FROM history LEFT JOIN orders ON orders.id = history.order_id
    GROUP BY event_id ORDER BY event_id`);
