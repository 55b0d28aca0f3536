import type { Service } from '@event-sync/stack/services.ts';
import { setTimeout as delay } from 'node:timers/promises';
import { ours } from './contenders.ts';
import { withClient } from '../databases.ts';
import { nothingPending, startContender, timed, type Stage } from './run-contender.ts';

const balanceDeadlineMs = 30_000;

/**
 * Several relays on one outbox. They are started first, and the rows are written when the partitions are divided among
 * them: all rows become visible at one commit. Started on a full table, the first would have it for itself for seconds.
 *
 * @returns messages per second of all of them together
 */
export async function runReplicas(replicas: number, stage: Stage, rows: number): Promise<number> {
  const { install, fill, pending } = ours.database;
  await stage.queue.purge();
  const address = await stage.databases.create('ours', install);
  const services: Service[] = [];
  try {
    for (let i = 0; i < replicas; i++) services.push(await startContender(ours, stage, address));
    await Promise.all(services.map((service) => service.ready({ signal: stage.signal })));
    return await withClient(address, async (client) => {
      const deadline = performance.now() + balanceDeadlineMs;
      for (;;) {
        stage.signal.throwIfAborted();
        const { rows: owners } = await client.query<{ partitions: number }>(
          `SELECT count(*)::int AS partitions FROM outbox_partition WHERE owner IS NOT NULL GROUP BY owner`,
        );
        const counts = owners.map(({ partitions }) => partitions);
        const all = counts.reduce((sum, count) => sum + count, 0);
        if (counts.length === replicas && all === 64 && Math.max(...counts) - Math.min(...counts) <= 1) break;
        if (performance.now() > deadline)
          throw new Error(`${replicas} relays did not share the work evenly: ${counts.join(', ')}`);
        await delay(100);
      }
      await client.query('BEGIN');
      await client.query(fill(rows, 0));
      await client.query('ANALYZE outbox');
      await client.query('COMMIT');
      return timed(stage, rows, services, () => nothingPending(client, pending));
    });
  } finally {
    await Promise.all(services.map((service) => service.stop()));
    await stage.databases.drop(address);
  }
}
