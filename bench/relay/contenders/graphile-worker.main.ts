/**
 * graphile-worker with what its documentation names for throughput: a local queue, so that jobs are fetched in batches,
 * and batched completion. https://worker.graphile.org/docs/performance
 *
 * Jobs have no queue name: those of a named queue run one at a time, which costs much of its speed. So it keeps no order.
 */
import { Logger, run } from 'graphile-worker';
import pg from 'pg';
import { openConfirmedPublish } from './confirmed-publish.ts';
import { databaseConfig } from '../../contender-environment.ts';
import { graphileWorkerSettings as settings } from './settings.ts';

const publish = await openConfirmedPublish();
const pgPool = new pg.Pool({ ...databaseConfig(), max: settings.maxPoolSize });
pgPool.on('error', (error) => {
  throw error;
});
await run({
  pgPool,
  // By default it writes a line for each job.
  logger: new Logger(() => (level, message) => {
    if (String(level) === 'error') console.error(message);
  }),
  preset: {
    worker: {
      concurrentJobs: settings.concurrentJobs,
      localQueue: { size: settings.localQueueSize },
      completeJobBatchDelay: settings.completeJobBatchDelay,
      failJobBatchDelay: settings.completeJobBatchDelay,
    },
  },
  taskList: {
    publish: (payload) => publish(Buffer.from(JSON.stringify(payload)), (payload as { id: string }).id),
  },
});
