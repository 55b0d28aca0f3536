import { orderingLock } from './append-event.ts';

/**
 * `appendEvent` as a part of the statement that makes the changes, for a use case that is one statement: one round trip
 * and one commit, where a transaction around several takes four. The statement is the transaction, and can hold any
 * number of changes. Meant for a `WITH`:
 *
 *     WITH asked AS MATERIALIZED (…), placed AS (INSERT INTO orders … SELECT … FROM asked …),
 *       appended AS (${appendInStatement({ events: 'asked', body: '…' })}) SELECT …
 *
 * The locks are taken in the order of the keys: two statements with the same keys wait for each other and never in a
 * circle. As in append-event.ts each event's lock comes first, and its position after it.
 *
 * @param events a query of the same `WITH`, with a row for each event, in the columns `number` (its place among those
 *   of one key), `event_id`, `ordering_key`, `type`, `version`, `exchange`, `routing_key`, `traceparent`, and those that
 *   `body` is made of
 * @param body an expression of type text: what `eventBody` makes
 */
export function appendInStatement({ events, body }: { events: string; body: string }): string {
  return `
    INSERT INTO outbox (event_id, ordering_key, type, version, exchange, routing_key, body, traceparent)
    SELECT event_id, ordering_key, type, version, exchange, routing_key, (${body})::json, traceparent
    FROM (
      SELECT *, pg_advisory_xact_lock(hashtextextended(ordering_key, ${orderingLock}))
      FROM (SELECT * FROM ${events} ORDER BY ordering_key, number) AS in_order
    ) AS locked`;
}
