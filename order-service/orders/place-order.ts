import { orderCreated } from '@event-sync/contracts/events/order-created.ts';
import { jsonIdentifier } from '@event-sync/contracts/identifiers.ts';
import { appendEvent } from '@event-sync/outbox/append-event.ts';
import type { Hint } from '@event-sync/outbox/hint.ts';
import type { Knex } from 'knex';
import type { z } from 'zod';
import type { CustomerDirectory } from '../customers/customer-directory.ts';
import { insertOrder } from './order-store.ts';
import type { NewOrder, Order } from './order.ts';

export type PlaceOrderOutcome =
  | { readonly kind: 'placed'; readonly order: Order; readonly eventId: string }
  | { readonly kind: 'customer-not-found' }
  /** Whether the customer exists could not be found out; nothing was stored. */
  | { readonly kind: 'undecided' };

/**
 * Stores an order and the event that tells of it in one transaction: there is never one without the other. Neither the
 * broker nor the relay is needed for it.
 */
export async function placeOrder(
  { knex, customers, hint }: { knex: Knex; customers: Pick<CustomerDirectory, 'exists'>; hint: Hint },
  newOrder: NewOrder,
  { traceparent }: { traceparent?: string | undefined } = {},
): Promise<PlaceOrderOutcome> {
  // Before the transaction: a slow customer service must not hold a connection to Postgres.
  const existence = await customers.exists(newOrder.customer_id);
  if (existence === 'not-found') return { kind: 'customer-not-found' };
  if (existence === 'undecided') return { kind: 'undecided' };

  const placed = await knex.transaction(async (trx) => {
    const order = await insertOrder(trx, newOrder);
    const event = await appendEvent(trx, {
      type: orderCreated.event,
      version: orderCreated.version,
      exchange: orderCreated.exchange,
      routingKey: orderCreated.routingKey,
      orderingKey: `customer:${order.customer_id}`,
      data: eventData(order),
      timestamp: order.created_at,
      traceparent,
    });
    return { kind: 'placed', order, eventId: event.id } as const;
  });
  hint.raise();
  return placed;
}

/** Ids as JSON numbers with all their digits, as the replaced system sent them; amounts as exact decimal strings. */
function eventData(order: Order): Required<z.input<typeof orderCreated.data>> {
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
