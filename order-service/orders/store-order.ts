import {
  orderCreated,
  orderCreatedDataOf,
  orderingKeyOf,
} from '@event-sync/contracts/events/order-created.ts';
import { appendEvent, eventBody, newEventId } from '@event-sync/outbox/append-event.ts';
import { appendInStatement } from '@event-sync/outbox/append-in-statement.ts';
import { queryPrepared } from '@event-sync/platform/postgres.ts';
import { probe } from '@event-sync/platform/probe.ts';
import type { Knex } from 'knex';
import { insertOrder, orderColumns } from './order-store.ts';
import { totalAmount, type NewOrder, type Order } from './order.ts';

/** An order that is stored together with the event that tells of it. */
export interface StoredOrder {
  readonly order: Order;
  readonly eventId: string;
}

interface Trace {
  /** W3C trace context of the request. */
  readonly traceparent?: string | undefined;
}

const { event: type, version, exchange, routingKey } = orderCreated;

/** In the caller's transaction, which may do more. */
export async function storeOrder(
  trx: Knex.Transaction,
  newOrder: NewOrder,
  { traceparent }: Trace = {},
): Promise<StoredOrder> {
  const order = await insertOrder(trx, newOrder);
  probe('order.inserted');
  const { id: eventId } = await appendEvent(trx, {
    type,
    version,
    exchange,
    routingKey,
    orderingKey: orderingKeyOf(order),
    data: orderCreatedDataOf(order),
    timestamp: order.created_at,
    traceparent,
  });
  probe('order.event-appended');
  return { order, eventId };
}

/** An order that was asked for, with the trace of its request. */
export interface AskedOrder extends Trace {
  readonly order: NewOrder;
}

/**
 * Any number of orders with their events as one statement, which is the transaction: the same rows at one round trip and
 * one commit for all of them. All are stored, or none is.
 *
 * @returns in the order in which they were asked for
 */
export async function storeOrders(knex: Knex, asked: readonly AskedOrder[]): Promise<StoredOrder[]> {
  const rows = asked.map(({ order, traceparent }) => {
    const eventId = newEventId();
    const total = totalAmount(order);
    return { order, eventId, total, traceparent, body: bodyAround(eventId, order, total) };
  });
  probe('order.statement-before');
  const stored = await queryPrepared<Order & { number: string }>(knex, {
    name: 'store-orders',
    text: statement,
    values: [
      rows.map(({ order }) => order.customer_id),
      rows.map(({ order }) => order.product_name),
      rows.map(({ order }) => order.quantity),
      rows.map(({ order }) => order.price),
      rows.map(({ total }) => total),
      rows.map(({ order }) => order.status),
      rows.map(({ eventId }) => eventId),
      rows.map(({ order }) => orderingKeyOf(order)),
      rows.map(({ traceparent }) => traceparent ?? null),
      ...([0, 1, 2] as const).map((part) => rows.map(({ body }) => body[part])),
      ...[type, version, exchange, routingKey],
    ],
  });
  probe('order.statement-committed');
  if (stored.length !== asked.length) throw new Error('not every order that was stored came back');
  const answers = new Array<StoredOrder>(asked.length);
  for (const { number, ...order } of stored) {
    const index = Number(number) - 1;
    answers[index] = { order, eventId: rows[index]!.eventId };
  }
  return answers;
}

/**
 * The event's body but for what Postgres decides: when it was made, and the order's id. Nobody can have written the
 * marks that stand for them into a name, since the event's id is a moment old.
 */
function bodyAround(eventId: string, newOrder: NewOrder, total_amount: string): [string, string, string] {
  const timestamp = `${eventId}/timestamp`;
  const order_id = `${eventId}/order_id`;
  const data = { ...orderCreatedDataOf({ ...newOrder, id: '0', total_amount }), order_id };
  const text = eventBody(eventId, { type, version, timestamp, data });
  const [first = '', rest = ''] = text.split(timestamp);
  const [second = '', third = ''] = rest.split(JSON.stringify(order_id));
  return [first, second, third];
}

// The ids are drawn first, because an INSERT can return nothing of the row that it was made from. The time is that of the
// transaction in both tables; cut to the millisecond, as node-postgres reads it into a Date.
const statement = `
  WITH asked AS MATERIALIZED (
    SELECT nextval('orders_id_seq') AS id, unnested.*,
      $13::text AS type, $14::integer AS version, $15::text AS exchange, $16::text AS routing_key
    FROM unnest($1::bigint[], $2::text[], $3::integer[], $4::numeric[], $5::numeric[], $6::text[], $7::uuid[], $8::text[],
                $9::text[], $10::text[], $11::text[], $12::text[])
      WITH ORDINALITY AS unnested (customer_id, product_name, quantity, price, total_amount, status, event_id,
                                   ordering_key, traceparent, before_time, before_id, after_id, number)
  ), placed AS (
    INSERT INTO orders (id, customer_id, product_name, quantity, price, total_amount, status)
    OVERRIDING SYSTEM VALUE
    SELECT id, customer_id, product_name, quantity, price, total_amount, status FROM asked
    RETURNING ${orderColumns.join(', ')}
  ), appended AS (${appendInStatement({
    events: 'asked',
    body: `before_time || to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') || before_id || id || after_id`,
  })}
  )
  SELECT placed.*, asked.number FROM placed JOIN asked USING (id)`;
