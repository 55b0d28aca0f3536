import type { Hint } from '@event-sync/outbox/hint.ts';
import { probe } from '@event-sync/platform/probe.ts';
import type { CustomerDirectory } from '../customers/customer-directory.ts';
import type { NewOrder } from './order.ts';
import type { StoredOrder } from './store-order.ts';

export type PlaceOrderOutcome =
  | ({ readonly kind: 'placed' } & StoredOrder)
  | { readonly kind: 'customer-not-found' }
  /** Whether the customer exists could not be found out; nothing was stored. */
  | { readonly kind: 'undecided' };

/**
 * Stores an order and the event that tells of it in one transaction: there is never one without the other. Neither the
 * broker nor the relay is needed for it.
 *
 * @param dependencies `store` is one of the ways of store-order.ts.
 */
export async function placeOrder(
  {
    customers,
    hint,
    store,
  }: {
    customers: Pick<CustomerDirectory, 'exists'>;
    hint: Hint;
    store: (newOrder: NewOrder) => Promise<StoredOrder>;
  },
  newOrder: NewOrder,
): Promise<PlaceOrderOutcome> {
  // Before the transaction: a slow customer service must not hold a connection to Postgres.
  const existence = await customers.exists(newOrder.customer_id);
  if (existence === 'not-found') return { kind: 'customer-not-found' };
  if (existence === 'undecided') return { kind: 'undecided' };
  const stored = await store(newOrder);
  hint.raise();
  probe('order.hinted');
  return { kind: 'placed', ...stored };
}
