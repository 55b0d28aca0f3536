import { orderCreated } from '@event-sync/contracts/events/order-created.ts';
import { jsonIdentifier } from '@event-sync/contracts/identifiers.ts';
import { appendEvent } from '@event-sync/outbox/append-event.ts';
import { derivedEventId } from '@event-sync/outbox/derived-event-id.ts';
import type { Knex } from 'knex';
import type { z } from 'zod';

/**
 * Appends an order's event, made of the order as it is now, for one whose event is gone. The id depends on the order
 * alone, so that two repairs at once append one event twice, which is counted once.
 *
 * @returns its id, or undefined if the order is gone as well
 */
export async function appendForOrder(trx: Knex.Transaction, orderId: string): Promise<string | undefined> {
  const [order] = await trx('orders').where({ id: orderId }).select<Order[]>();
  if (!order) return undefined;
  const data: z.input<typeof orderCreated.data> = {
    order_id: jsonIdentifier(order.id),
    customer_id: jsonIdentifier(order.customer_id),
    product_name: order.product_name,
    quantity: order.quantity,
    price: order.price,
    total_amount: order.total_amount,
    status: order.status,
  };
  const { id } = await appendEvent(trx, {
    type: orderCreated.event,
    version: orderCreated.version,
    exchange: orderCreated.exchange,
    routingKey: orderCreated.routingKey,
    orderingKey: `customer:${order.customer_id}`,
    id: derivedEventId(`${orderCreated.event}:${order.id}`),
    data,
    timestamp: order.created_at,
  });
  return id;
}

interface Order {
  id: string;
  customer_id: string;
  product_name: string;
  quantity: number;
  price: string;
  total_amount: string;
  status: string;
  created_at: Date;
}
