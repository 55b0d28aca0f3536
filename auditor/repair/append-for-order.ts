import {
  orderCreated,
  orderCreatedDataOf,
  orderingKeyOf,
  type ToldOrder,
} from '@event-sync/contracts/events/order-created.ts';
import { appendEvent } from '@event-sync/outbox/append-event.ts';
import { derivedEventId } from '@event-sync/outbox/derived-event-id.ts';
import type { Knex } from 'knex';

/**
 * Appends an order's event, made of the order as it is now, for one whose event is gone. The id depends on the order
 * alone, so that two repairs at once append one event twice, which is counted once.
 *
 * @returns its id, or undefined if the order is gone as well
 */
export async function appendForOrder(trx: Knex.Transaction, orderId: string): Promise<string | undefined> {
  const [order] = await trx('orders').where({ id: orderId }).select<(ToldOrder & { created_at: Date })[]>();
  if (!order) return undefined;
  const { id } = await appendEvent(trx, {
    type: orderCreated.event,
    version: orderCreated.version,
    exchange: orderCreated.exchange,
    routingKey: orderCreated.routingKey,
    orderingKey: orderingKeyOf(order),
    id: derivedEventId(`${orderCreated.event}:${order.id}`),
    data: orderCreatedDataOf(order),
    timestamp: order.created_at,
  });
  return id;
}
