import type { EventContract } from '@event-sync/contracts/events/envelope.ts';
import { orderCreated } from '@event-sync/contracts/events/order-created.ts';
import type { z } from 'zod';
import type { EventHandler } from './event-handler.ts';
import { onOrderCreated } from './on-order-created.ts';

/** One line for each version of each type of event that this service reacts to: the worker binds its queue to them. */
export const handlers: ReadonlyMap<EventContract, EventHandler<unknown, unknown>> = new Map([
  on(orderCreated, onOrderCreated),
]);

/** What a handler is given is what its contract has parsed, and what it kept itself: nobody else looks into either. */
function on<Data, Kept>(
  contract: EventContract & { data: z.ZodType<Data> },
  handler: EventHandler<Data, Kept>,
) {
  return [contract, handler as unknown as EventHandler<unknown, unknown>] as const;
}
