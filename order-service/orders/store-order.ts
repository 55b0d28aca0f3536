import { orderCreated } from '@event-sync/contracts/events/order-created.ts';
import { jsonIdentifier } from '@event-sync/contracts/identifiers.ts';
import { appendEvent, eventBody, newEventId } from '@event-sync/outbox/append-event.ts';
import { appendInStatement, appendParameters } from '@event-sync/outbox/append-in-statement.ts';
import { queryPrepared } from '@event-sync/platform/postgres.ts';
import type { Knex } from 'knex';
import type { z } from 'zod';
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
const orderingKeyOf = ({ customer_id }: Pick<NewOrder, 'customer_id'>) => `customer:${customer_id}`;

/** In the caller's transaction, which may do more. */
export async function storeOrder(
  trx: Knex.Transaction,
  newOrder: NewOrder,
  { traceparent }: Trace = {},
): Promise<StoredOrder> {
  const order = await insertOrder(trx, newOrder);
  const { id: eventId } = await appendEvent(trx, {
    type,
    version,
    exchange,
    routingKey,
    orderingKey: orderingKeyOf(order),
    data: eventData(order),
    timestamp: order.created_at,
    traceparent,
  });
  return { order, eventId };
}

/** As one statement, which is the transaction: the same rows at one round trip in place of four. */
export async function storeOrderAtOnce(
  knex: Knex,
  newOrder: NewOrder,
  { traceparent }: Trace = {},
): Promise<StoredOrder> {
  const eventId = newEventId();
  const total = totalAmount(newOrder);
  const { customer_id, product_name, quantity, price, status } = newOrder;
  const event = { id: eventId, orderingKey: orderingKeyOf(newOrder), type, version, exchange, routingKey };
  const [order] = await queryPrepared<Order>(knex, {
    name: 'store-order',
    text: statement,
    values: [
      ...[customer_id, product_name, quantity, price, total, status],
      ...appendParameters({ ...event, traceparent }),
      ...bodyAround(eventId, newOrder, total),
    ],
  });
  if (!order) throw new Error('the statement that stores an order returned no row');
  return { order, eventId };
}

/**
 * The event's body but for what Postgres decides: when it was made, and the order's id. Nobody can have written the
 * marks that stand for them into a name, since the event's id is a moment old.
 */
function bodyAround(eventId: string, newOrder: NewOrder, total_amount: string): [string, string, string] {
  const timestamp = `${eventId}/timestamp`;
  const order_id = `${eventId}/order_id`;
  const data = { ...eventData({ ...newOrder, id: '0', total_amount }), order_id };
  const text = eventBody(eventId, { type, version, timestamp, data });
  const [first = '', rest = ''] = text.split(timestamp);
  const [second = '', third = ''] = rest.split(JSON.stringify(order_id));
  return [first, second, third];
}

// $14 to $16: the body around the two values. To the millisecond, cut, as node-postgres reads a timestamp into a Date.
const statement = `
  WITH placed AS (
    INSERT INTO orders (customer_id, product_name, quantity, price, total_amount, status)
    VALUES ($1, $2, $3, $4, $5, $6)
    RETURNING ${orderColumns.join(', ')}
  ), appended AS (${appendInStatement({
    change: 'placed',
    body: `$14 || to_char(placed.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') || $15 || placed.id || $16`,
    firstParameter: 7,
  })}
  )
  SELECT * FROM placed`;

/** Ids as JSON numbers with all their digits, as the replaced system sent them; amounts as exact decimal strings. */
function eventData(
  order: Omit<Order, 'created_at' | 'updated_at'>,
): Required<z.input<typeof orderCreated.data>> {
  return {
    order_id: jsonIdentifier(order.id),
    customer_id: jsonIdentifier(order.customer_id),
    product_name: order.product_name,
    quantity: order.quantity,
    price: order.price,
    total_amount: order.total_amount,
    status: order.status,
  };
}
