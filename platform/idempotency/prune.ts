import type { Knex } from 'knex';
import { hours } from '../config.ts';
import type { Component } from '../lifecycle.ts';
import type { Logger } from '../logger.ts';
import { pruneByTheClock } from '../prune-by-the-clock.ts';
import { cronExpression } from '../scheduled-task.ts';

export const idempotencySettings = {
  /** As long as a client can send a request again and be sure that nothing is done twice. */
  IDEMPOTENCY_RETENTION_HOURS: hours(24),
  IDEMPOTENCY_HOUSEKEEPING_CRON: cronExpression('*/15 * * * *'),
};

/** Forgets, by the clock, the answers whose time is over. */
export const pruneIdempotencyKeys = (
  settings: { IDEMPOTENCY_RETENTION_HOURS: number; IDEMPOTENCY_HOUSEKEEPING_CRON: string },
  { knex, logger }: { knex: Knex; logger: Logger },
): Component =>
  pruneByTheClock({
    what: 'idempotency keys',
    schedule: settings.IDEMPOTENCY_HOUSEKEEPING_CRON,
    retentionHours: settings.IDEMPOTENCY_RETENTION_HOURS,
    prune: (retentionHours) => prune(knex, retentionHours),
    logger,
  });

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
