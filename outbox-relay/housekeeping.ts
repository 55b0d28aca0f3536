import type { Component } from '@event-sync/platform/lifecycle.ts';
import type { Logger } from '@event-sync/platform/logger.ts';
import { createTask, type ScheduledTask } from 'node-cron';
import type pg from 'pg';
import { prune } from './outbox/prune.ts';

/** Deletes published rows whose retention is over, by the clock. */
export function housekeeping(options: {
  pool: pg.Pool;
  logger: Logger;
  /** A cron expression. */
  schedule: string;
  retentionHours: number;
}): Component {
  const { pool, logger, schedule, retentionHours } = options;
  const run = async () => {
    try {
      const deleted = await prune(pool, { retentionHours });
      if (deleted === undefined) logger.info('housekeeping: another run is under way');
      else if (deleted > 0)
        logger.info({ deleted, retention_hours: retentionHours }, 'housekeeping: published rows deleted');
    } catch (error) {
      logger.warn({ err: error }, 'housekeeping failed: the next run tries again');
    }
  };
  let task: ScheduledTask | undefined;
  return {
    name: 'housekeeping',
    start: async () => {
      if (task) return;
      // noOverlap keeps this process from starting a second run, the advisory lock in prune() all the others.
      task = createTask(schedule, run, { noOverlap: true });
      await task.start();
    },
    stop: async () => void (await task?.destroy()),
  };
}
