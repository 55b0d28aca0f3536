import { eventsExchange } from '@event-sync/contracts/topology.ts';
import { expect } from 'chai';
import { eventually } from '../world/eventually.ts';
import type { World } from '../world/world.ts';

/** A queue that gets a copy of everything that is published: what arrived, how often, and in which order. */
export const tapQueue = 'tap';

export interface Arrival {
  readonly eventId: string;
  readonly customer: string;
}

export async function installTap(world: World): Promise<void> {
  await world.rabbit.declare(async (channel) => {
    await channel.assertExchange(eventsExchange, 'topic', { durable: true });
    await channel.assertQueue(tapQueue, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
    await channel.bindQueue(tapQueue, eventsExchange, '#');
  });
}

/** Takes what has come since the last time, in the order of its arrival. */
export async function arrivals(world: World): Promise<Arrival[]> {
  const expected = await world.rabbit.ready(tapQueue);
  const taken: Arrival[] = [];
  const stop = await world.rabbit.consume(tapQueue, ({ content }) => {
    const { id, data } = JSON.parse(content.toString()) as { id: string; data: { customer_id: unknown } };
    taken.push({ eventId: id, customer: String(data.customer_id) });
  });
  await eventually(() => expect(taken, 'messages taken from the tap').to.have.length.of.at.least(expected));
  await stop();
  return taken;
}
