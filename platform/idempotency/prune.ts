import type { Knex } from 'knex';
import type { Component } from '../lifecycle.ts';
import type { Logger } from '../logger.ts';
import { cronExpression, scheduledTask } from '../scheduled-task.ts';
import { hours } from '../config.ts';

export const idempotencySettings = {
  /** As long as a client can send a request again and be sure that nothing is done twice. */
  IDEMPOTENCY_RETENTION_HOURS: hours(24),
  IDEMPOTENCY_HOUSEKEEPING_CRON: cronExpression('*/15 * * * *'),
};

/** Forgets, by the clock, the answers whose time is over. */
export function pruneIdempotencyKeys(options: {
  knex: Knex;
  logger: Logger;
  schedule: string;
  retentionHours: number;
}): Component {
  const { knex, logger, schedule, retentionHours } = options;
  return scheduledTask({
    name: 'prune idempotency keys',
    schedule,
    logger,
    run: async () => {
      const deleted = await prune(knex, retentionHours);
      if (deleted > 0) logger.info({ deleted }, 'housekeeping: old idempotency keys deleted');
    },
  });
}

/** Rows of one transaction: so few that nobody waits for it. */
const batch = 5_000;
const maxBatches = 1_000;

/** Several processes may do it at once: each takes other rows. @returns how many were deleted */
async function prune(knex: Knex, retentionHours: number): Promise<number> {
  let total = 0;
  for (let run = 0; run < maxBatches; run++) {
    const { rowCount } = await knex.raw<{ rowCount: number }>(
      `DELETE FROM idempotency_keys WHERE key IN (
         SELECT key FROM idempotency_keys WHERE created_at < clock_timestamp() - ?::float8 * interval '1 hour'
         ORDER BY created_at LIMIT ? FOR UPDATE SKIP LOCKED)`,
      [retentionHours, batch],
    );
    total += rowCount;
    if (rowCount < batch) break;
  }
  return total;
}
