import { expect } from 'chai';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../../world/eventually.ts';
import { World } from '../../world/world.ts';
import { Clients } from '../clients.ts';
import { Seeded } from '../seeded.ts';
import { installTap } from '../tap.ts';
import { judge, quiesce } from '../verdict.ts';

export interface OutageReport {
  readonly accepted: number;
  /** Answers that were no success. */
  readonly refused: ReadonlyMap<string, number>;
  /** Rows in the outbox when the broker came back. */
  readonly backlog: number;
  readonly firstConfirmMs: number;
  /** From the broker's return until the outbox was empty, with orders coming all the time. */
  readonly drainedMs: number;
  /** Of the relay's resident memory: before the outage, and the most during it and until all was drained. */
  readonly residentMiB: { readonly before: number; readonly most: number };
}

const customers = Array.from({ length: 50 }, (_, index) => index + 1);

/** RabbitMQ is away, while orders come at a steady rate: what they, and the relay's memory, notice of it. */
export async function brokerOutage({
  minutes,
  rate,
  onProgress = () => {},
}: {
  minutes: number;
  /** Orders a second. */
  rate: number;
  onProgress?: (text: string) => void;
}): Promise<OutageReport> {
  const world = await World.create();
  try {
    await installTap(world);
    await Promise.all([world.start('customerWeb'), world.start('orderService')]);
    for (const id of customers) await world.putCustomer(id);
    await world.start('customerWorker', { LOG_LEVEL: 'info' });
    const relay = await world.start('outboxRelay', { LOG_LEVEL: 'info' });
    const residentMiB = async () => (await world.metric(relay, 'process_resident_memory_bytes')) / 2 ** 20;
    const published = () => world.rowsIn('outbox_published');

    const clients = new Clients({ world, random: new Seeded('outage', 1), customers, name: 'outage', rate });
    clients.start();
    try {
      // Long enough for the relay to have everything loaded and compiled.
      await eventually(async () => expect(await published()).to.be.at.least(rate * 10), { withinMs: 60_000 });
      const before = await residentMiB();
      let most = before;
      await world.servers.control.rabbitmq.stop();
      const stoppedAt = performance.now();
      onProgress(`RabbitMQ is stopped, the relay has ${before.toFixed(0)} MiB`);
      let told = 0;
      while (performance.now() - stoppedAt < minutes * 60_000) {
        await delay(500);
        most = Math.max(most, await residentMiB());
        const passed = Math.floor((performance.now() - stoppedAt) / 60_000);
        if (passed > told) {
          told = passed;
          onProgress(
            `${passed} min: ${await world.rowsIn('outbox')} rows in the outbox, ${most.toFixed(0)} MiB at the most`,
          );
        }
      }
      const backlog = await world.rowsIn('outbox');
      await world.servers.control.rabbitmq.start();
      const backAt = performance.now();
      onProgress(`RabbitMQ is back, ${backlog} rows wait`);
      const atReturn = await published();
      await eventually(async () => expect(await published()).to.be.greaterThan(atReturn), {
        withinMs: 60_000,
      });
      const firstConfirmMs = performance.now() - backAt;
      await eventually(
        async () => {
          most = Math.max(most, await residentMiB());
          // Orders go on coming: what is under way is never quite none.
          expect(await world.rowsIn('outbox')).to.be.at.most(rate);
        },
        { withinMs: 300_000 },
      );
      const drainedMs = performance.now() - backAt;
      await clients.stop();
      await quiesce(world, { withinMs: 120_000 });
      const { accepted } = await judge(world, clients.log);
      const refused = new Map([...clients.statuses].filter(([what]) => !/ 20[01]$/.test(what)));
      return { accepted, refused, backlog, firstConfirmMs, drainedMs, residentMiB: { before, most } };
    } finally {
      await clients.stop();
    }
  } finally {
    await world.destroy();
  }
}
