import type { Component } from '@event-sync/platform/lifecycle.ts';
import type { Logger } from '@event-sync/platform/logger.ts';
import { scheduledTask } from '@event-sync/platform/scheduled-task.ts';
import type pg from 'pg';
import { prune } from './outbox/prune.ts';

/** Deletes published rows whose retention is over. */
export function pruneByTheClock(options: {
  pool: pg.Pool;
  logger: Logger;
  schedule: string;
  retentionHours: number;
}): Component {
  const { pool, logger, schedule, retentionHours } = options;
  return scheduledTask({
    name: 'prune published rows',
    schedule,
    logger,
    run: async () => {
      const deleted = await prune(pool, { retentionHours });
      if (deleted === undefined) logger.info('housekeeping: another run is under way');
      else if (deleted > 0)
        logger.info({ deleted, retention_hours: retentionHours }, 'housekeeping: published rows deleted');
    },
  });
}
