import { orderingLock } from './append-event.ts';

/** What the parameters of the statement are, in their order, from the number that it was made with. */
export interface AppendParameters {
  /** A UUID v7. */
  readonly id: string;
  readonly orderingKey: string;
  readonly type: string;
  readonly version: number;
  readonly exchange: string;
  readonly routingKey: string;
  readonly traceparent: string | undefined;
}

/**
 * `appendEvent` as a part of the statement that makes the change, for a use case that is one statement: one round trip
 * and one commit, where a transaction around several takes four. The statement is the transaction. Meant for a `WITH`,
 * behind the query that makes the change:
 *
 *     WITH placed AS (INSERT INTO orders … RETURNING id), appended AS (${appendInStatement(…)}) SELECT * FROM placed
 *
 * @param change the query of the same `WITH` that makes the change, and whose one row the body is made of
 * @param body an expression of type text, over the columns of that row: what `eventBody` makes
 * @param firstParameter the number of the first of seven parameters
 */
export function appendInStatement({
  change,
  body,
  firstParameter: first,
}: {
  change: string;
  body: string;
  firstParameter: number;
}): string {
  const [id, orderingKey, type, version, exchange, routingKey, traceparent] = Array.from(
    { length: 7 },
    (_, i) => `$${first + i}`,
  );
  // As in append-event.ts: the lock first, and the position after it.
  return `
    INSERT INTO outbox (event_id, ordering_key, type, version, exchange, routing_key, body, traceparent)
    SELECT ${id}::uuid, ${orderingKey}, ${type}, ${version}::integer, ${exchange}, ${routingKey}, (${body})::json, ${traceparent}
    FROM ${change}, (SELECT pg_advisory_xact_lock(hashtextextended(${orderingKey}, ${orderingLock}))) AS ordering_lock`;
}

export const appendParameters = (event: AppendParameters): unknown[] => [
  event.id,
  event.orderingKey,
  event.type,
  event.version,
  event.exchange,
  event.routingKey,
  event.traceparent ?? null,
];
