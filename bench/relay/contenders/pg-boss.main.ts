/**
 * pg-boss by `fetch` and `complete` in large batches, its fastest interface; `work` polls at most twice a second. Without
 * priorities and delays, so that the fetch is the simplest that it has.
 */
import PgBoss from 'pg-boss';
import { openConfirmedPublish } from './confirmed-publish.ts';
import { databaseConfig } from '../../contender-environment.ts';
import { pgBossSettings as settings } from './settings.ts';

const publish = await openConfirmedPublish();
const boss = new PgBoss({ ...databaseConfig(), supervise: false, schedule: false, migrate: false });
boss.on('error', (error) => {
  throw error;
});
await boss.start();

async function work(): Promise<never> {
  for (;;) {
    const jobs = await boss.fetch<{ id: string }>('publish', {
      batchSize: settings.batchSize,
      priority: false,
      ignoreStartAfter: true,
    });
    if (jobs.length === 0) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      continue;
    }
    await Promise.all(jobs.map(({ data }) => publish(Buffer.from(JSON.stringify(data)), data.id)));
    await boss.complete(
      'publish',
      jobs.map(({ id }) => id),
    );
  }
}

await Promise.all(Array.from({ length: settings.workers }, work));
