import type { World } from '../world/world.ts';
import { tell } from './events.ts';

/** What still has to happen, or undefined when the system is at rest. */
export function remaining(world: World): string | undefined {
  const { orders, broker, customers, web } = world;
  if (orders.rows.size > 0) return `${orders.rows.size} rows in the outbox`;
  if (orders.parked.size > 0) return `${orders.parked.size} parked events`;
  if (!broker.orders.empty) return `${broker.orders.messages.length} messages in the queue`;
  if (!broker.retries.empty) return `${broker.retries.messages.length} messages in the retry queue`;
  if (!broker.dead.empty) return `${broker.dead.messages.length} dead letters`;
  if (customers.tables.notes.size > 0) return `${customers.tables.notes.size} noted evictions`;
  if (!web.idle) return 'requests that are not answered';
  if (!broker.quiet) return 'messages under way';
  return undefined;
}

/** What an audit compares, once the system is at rest: orders with the outbox, with the inbox, counts, cache. */
export function audit({ events, customers, cache, promises }: World): void {
  const committed = new Map<string, number>();
  for (const event of events.byId.values()) {
    if (event.state !== 'committed') continue;
    committed.set(event.customer, (committed.get(event.customer) ?? 0) + 1);
    if (!event.arrived) promises.broken(`${tell(event)} never arrived`);
    if (event.settled !== 1) promises.broken(`${tell(event)} was settled ${event.settled} times`);
    if (event.countedAs === undefined) promises.broken(`${tell(event)} was never counted`);
  }
  for (const [id, { orders_count: count }] of customers.tables.customers) {
    const orders = committed.get(id) ?? 0;
    if (count !== orders) promises.broken(`customer ${id} has ${orders} orders and a count of ${count}`);
  }
  for (const [id, { version }] of cache.values) {
    const current = customers.tables.customers.get(id)?.version;
    if (Number(version) !== current)
      promises.broken(`customer ${id} is cached in version ${version}, and has version ${current}`);
  }
}
