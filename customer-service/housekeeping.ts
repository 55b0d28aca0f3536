import type { Component } from '@event-sync/platform/lifecycle.ts';
import type { Logger } from '@event-sync/platform/logger.ts';
import { scheduledTask } from '@event-sync/platform/scheduled-task.ts';
import type { VersionedCache } from '@event-sync/platform/versioned-cache.ts';
import type { Knex } from 'knex';
import { sweepPendingEvictions } from './customers/pending-evictions.ts';

/** Settles, each second, the evictions that Redis missed. */
export function sweepEvictions(options: { knex: Knex; cache: VersionedCache; logger: Logger }): Component {
  const { knex, cache, logger } = options;
  return scheduledTask({
    name: 'sweep evictions',
    schedule: '* * * * * *',
    logger,
    // Who noted the eviction has said at warn that Redis is away; this comes every second.
    failureLevel: 'debug',
    run: async (stopping) => {
      const evicted = await sweepPendingEvictions(knex, cache, stopping);
      if (evicted > 0) logger.info({ evicted }, 'customers evicted that redis had missed');
    },
  });
}
