import { orderCreated } from '@event-sync/contracts/events/order-created.ts';
import type { EventHandler } from './event-handler.ts';
import { onOrderCreated } from './on-order-created.ts';

/** One line for each type of event that this service reacts to. */
export const handlers: ReadonlyMap<string, EventHandler<never>> = new Map([
  [orderCreated.event, onOrderCreated],
]);
