import { orderCreated } from '@event-sync/contracts/events/order-created.ts';

/** Where an event can stand, as bits: one that was replayed stands in more than one place. */
export const places = { waiting: 1, published: 2, parked: 4, discarded: 8 } as const;

/**
 * An id out of the body, or null if it holds none. Read once and never cast before it is known to be a bigint: one event
 * that another program has written must not end the audit. `least` passes over null.
 */
const idIn = (member: string) =>
  `nullif(least(substring(body #>> '{data,${member}}' FROM '^[0-9]{1,19}$')::numeric, 9223372036854775808),
          9223372036854775808)::bigint`;

/**
 * Every order_created event that is kept, wherever it stands: a WITH item of the name `history`. What happened to the
 * event last is `moved_at`: what moved a moment ago may still be on its way. Events of other types are not ours to check.
 */
export const history = `
  history AS (
    SELECT event_id, ${idIn('order_id')} AS order_id, ${idIn('customer_id')} AS customer_id,
           place, published_at, moved_at
    FROM (
      SELECT event_id, body, ${places.waiting} AS place, NULL::timestamptz AS published_at, created_at AS moved_at
      FROM outbox WHERE type = '${orderCreated.event}'
      UNION ALL
      SELECT event_id, body, ${places.published}, published_at, published_at
      FROM outbox_published WHERE type = '${orderCreated.event}'
      UNION ALL
      SELECT event_id, body, CASE WHEN discarded_at IS NULL THEN ${places.parked} ELSE ${places.discarded} END, NULL,
             coalesce(discarded_at, parked_at)
      FROM outbox_parked WHERE type = '${orderCreated.event}'
    ) AS kept
  )`;
