import { audit, remaining } from '../invariants/at-rest.ts';
import { customers, type World } from './world.ts';

/** Milliseconds in which a system that nothing troubles any more has done all that was left. */
export const restLimitMs = 60_000;
const lookEveryMs = 250;
const operatorEveryMs = 1_000;

/**
 * Takes all troubles away, as operators would: servers are back, what was paused goes on, what was killed is started
 * again. Then lets the system come to rest and audits it.
 *
 * @returns how long it took to come to rest, in simulated milliseconds
 */
export async function healAndAudit(world: World): Promise<number> {
  heal(world);
  const healedAt = world.clock.now;
  let operatorAt = healedAt;
  for (;;) {
    await world.advance(lookEveryMs);
    const left = remaining(world);
    if (left === undefined) break;
    const took = world.clock.now - healedAt;
    if (took > restLimitMs) world.promises.broken(`${took / 1_000} s after it was healed there are ${left}`);
    if (world.clock.now - operatorAt < operatorEveryMs) continue;
    operatorAt = world.clock.now;
    operate(world);
  }
  const took = world.clock.now - healedAt;
  audit(world);
  return took;
}

function heal(world: World): void {
  world.journal.note(() => '— everything is healed');
  const { orders, broker, cache } = world;
  for (const server of [orders.server, world.customers.server, cache.server]) server.heal();
  broker.heal();
  world.customers.refused.clear();
  for (const event of orders.open) orders.end(event, 'committed');
  for (const process of world.processes) process.resume();
  operate(world);
}

/** What waits for a person, or for what restarts processes. */
function operate(world: World): void {
  const { orders, broker, customers: database, web } = world;
  if (!world.relays.some((relay) => relay?.process.alive)) world.startRelay(0);
  if (!world.workers.some((worker) => worker?.process.alive)) world.startWorker(0);
  for (const id of customers) if (!database.tables.customers.has(id)) web.put(id);
  orders.replayParked();
  broker.replayDeadLetters();
}
