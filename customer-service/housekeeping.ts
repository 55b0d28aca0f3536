import { pruneInbox } from '@event-sync/outbox/prune-inbox.ts';
import type { Component } from '@event-sync/platform/lifecycle.ts';
import type { Logger } from '@event-sync/platform/logger.ts';
import { scheduledTask } from '@event-sync/platform/scheduled-task.ts';
import type { VersionedCache } from '@event-sync/platform/versioned-cache.ts';
import type { Knex } from 'knex';
import { sweepPendingEvictions } from './customers/pending-evictions.ts';

/** Deletes the ids of events whose retention is over. */
export function pruneByTheClock(options: {
  knex: Knex;
  logger: Logger;
  schedule: string;
  retentionHours: number;
}): Component {
  const { knex, logger, schedule, retentionHours } = options;
  return scheduledTask({
    name: 'prune inbox',
    schedule,
    logger,
    run: async () => {
      const deleted = await pruneInbox(knex, { retentionHours });
      if (deleted)
        logger.info({ deleted, retention_hours: retentionHours }, 'housekeeping: old inbox ids deleted');
    },
  });
}

/** Settles, each second, the evictions that Redis missed. */
export function sweepEvictions(options: { knex: Knex; cache: VersionedCache; logger: Logger }): Component {
  const { knex, cache, logger } = options;
  return scheduledTask({
    name: 'sweep evictions',
    schedule: '* * * * * *',
    logger,
    // Who noted the eviction has said at warn that Redis is away; this comes every second.
    failureLevel: 'debug',
    run: async () => {
      const evicted = await sweepPendingEvictions(knex, cache);
      if (evicted > 0) logger.info({ evicted }, 'customers evicted that redis had missed');
    },
  });
}
