import type { Component } from './lifecycle.ts';
import type { Logger } from './logger.ts';
import { probe } from './probe.ts';
import { scheduledTask } from './scheduled-task.ts';

/** Deletes, by the clock, what is older than its retention. */
export function pruneByTheClock(options: {
  /** In the plural, as in "old inbox ids deleted". */
  what: string;
  schedule: string;
  retentionHours: number;
  /** Resolves with how many were deleted; with nothing, if another process is at it. */
  prune: (retentionHours: number, stopping: AbortSignal) => Promise<number | undefined>;
  logger: Logger;
}): Component {
  const { what, schedule, retentionHours, prune, logger } = options;
  return scheduledTask({
    name: `prune ${what}`,
    schedule,
    logger,
    run: async (stopping) => {
      probe('prune.before');
      const deleted = await prune(retentionHours, stopping);
      probe('prune.done');
      if (deleted)
        logger.info({ deleted, retention_hours: retentionHours }, `housekeeping: old ${what} deleted`);
    },
  });
}
