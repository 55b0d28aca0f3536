import type { Knex } from 'knex';
import { v7 as uuidv7 } from 'uuid';

/** The advisory locks of ordering keys, apart from any other use of such locks. */
export const orderingLock = 7105;

/** An event to be published if, and only if, the transaction that appends it commits. */
export interface NewEvent {
  /** The body's `event` and the AMQP `type`, e.g. `order_created`. */
  type: string;
  version: number;
  exchange: string;
  routingKey: string;
  /** Events of one key reach the queue in the order in which they were committed. Usually the aggregate: `customer:1`. */
  orderingKey: string;
  /** The body's `data`; must survive `JSON.stringify`. */
  data: object;
  /** When the change was made; now, if not given. */
  timestamp?: Date;
  /** A UUID of its own, for an event that must be the same however often it is appended; a new UUID v7, if not given. */
  id?: string;
  /** W3C trace context of the request, published as a header. */
  traceparent?: string | undefined;
}

/**
 * Writes an event to the outbox, in the caller's transaction. Nothing is sent here: the relay publishes the row after
 * the commit, and never if there is none.
 *
 * The advisory lock makes position order equal to commit order within one ordering key: a second transaction for the
 * same key draws its position only after the first has committed. It costs nothing between different keys. Two
 * transactions that append for the same two keys in opposite order can deadlock; Postgres ends one of them with 40P01
 * and it can be tried again.
 *
 * @returns the event's id, by which consumers drop duplicates.
 */
export async function appendEvent(trx: Knex.Transaction, event: NewEvent): Promise<{ id: string }> {
  if (!trx.isTransaction) throw new TypeError('appendEvent needs the transaction that makes the change');
  const id = event.id ?? newEventId();
  const body = eventBody(id, { ...event, timestamp: (event.timestamp ?? new Date()).toISOString() });
  await trx.raw(insertStatement, {
    id,
    orderingKey: event.orderingKey,
    type: event.type,
    version: event.version,
    exchange: event.exchange,
    routingKey: event.routingKey,
    body,
    traceparent: event.traceparent ?? null,
  });
  return { id };
}

/** A UUID v7: grows with time, so that an index of ids grows at its end. */
export const newEventId = (): string => uuidv7();

/** The message's body. */
export function eventBody(
  id: string,
  { type, version, timestamp, data }: Pick<NewEvent, 'type' | 'version' | 'data'> & { timestamp: string },
): string {
  return JSON.stringify({ id, event: type, version, timestamp, data });
}

// The lock is taken in FROM and the position is drawn in the target list, which is computed for each row of FROM: so
// always after the lock. A default that is evaluated before the lock would let a later transaction take a lower position.
const insertStatement = `
  INSERT INTO outbox (event_id, ordering_key, type, version, exchange, routing_key, body, traceparent)
  SELECT :id::uuid, :orderingKey, :type, :version::integer, :exchange, :routingKey, :body::json, :traceparent
  FROM (SELECT pg_advisory_xact_lock(hashtextextended(:orderingKey, ${orderingLock}))) AS ordering_lock`;
