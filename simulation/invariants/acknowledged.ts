import type { Broker } from '../servers/broker.ts';
import type { SimulatedCache } from '../servers/cache.ts';
import type { CustomerDatabase } from '../servers/customer-database.ts';
import { tell, type Events } from './events.ts';

/**
 * A message leaves the orders' queue only when its event is counted and nobody is given a customer from before any
 * more, or when there is a copy of it in a queue.
 */
export function mayBeAcknowledged(
  {
    events,
    customers,
    cache,
    broker,
  }: { events: Events; customers: CustomerDatabase; cache: SimulatedCache; broker: Broker },
  eventId: string,
): void {
  const event = events.get(eventId);
  const { countedAs, customer } = event;
  // Whoever acknowledges the copy has the duty.
  if (broker.holds(eventId)) return;
  if (countedAs === undefined)
    return events.promises.broken(`${tell(event)} was acknowledged and not counted`);
  const fenced = Math.max(cache.fenceOf(customer), customers.tables.notes.get(customer) ?? 0);
  if (fenced < countedAs)
    events.promises.broken(`${tell(event)} was acknowledged before customer ${customer} was evicted`);
}
