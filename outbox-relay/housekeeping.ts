import type { Component } from '@event-sync/platform/lifecycle.ts';
import type { Logger } from '@event-sync/platform/logger.ts';
import { scheduledTask } from '@event-sync/platform/scheduled-task.ts';
import type pg from 'pg';
import { prune } from './outbox/prune.ts';

/** Takes away published events whose retention is over: at the start, and then by the clock. */
export function prunePublishedEvents(options: {
  pool: pg.Pool;
  logger: Logger;
  schedule: string;
  retentionHours: number;
}): Component {
  const { pool, logger, schedule, retentionHours } = options;
  return scheduledTask({
    name: 'prune published events',
    schedule,
    // The tables of the days to come may be used up, after a time in which no relay ran.
    atStart: true,
    logger,
    run: async () => {
      const pruned = await prune(pool, { retentionHours });
      if (pruned === undefined) logger.info('housekeeping: another run is under way');
      else if (pruned.days.length > 0 || pruned.rows > 0)
        logger.info({ ...pruned, retention_hours: retentionHours }, 'housekeeping: published events deleted');
    },
  });
}
