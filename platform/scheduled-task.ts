import { createTask, validate, type ScheduledTask } from 'node-cron';
import { z } from 'zod';
import type { Component } from './lifecycle.ts';
import type { Logger } from './logger.ts';

/** A cron expression of five fields, or six with seconds first. */
export const cronExpression = (fallback: string) =>
  z
    .string()
    .refine((expression) => validate(expression), { error: 'must be a cron expression, like "*/5 * * * *"' })
    .default(fallback);

/**
 * Runs something by the clock. A run that is still at it when the next is due is not joined by a second one; runs in
 * other processes are the task's own affair. A run that fails is logged, and the next one tries again.
 */
export function scheduledTask(options: {
  name: string;
  schedule: string;
  /** Long work looks at the signal: it is asked to end. */
  run: (stopping: AbortSignal) => Promise<void>;
  /** Whether it runs once when it starts, too. The start does not wait for it. */
  atStart?: boolean;
  /** At which level a failure is logged. */
  failureLevel?: 'warn' | 'debug';
  logger: Logger;
}): Component {
  const { name, schedule, logger } = options;
  let running: Promise<void> | undefined;
  const stopping = new AbortController();
  const run = () => {
    if (stopping.signal.aborted || running) return running;
    running = options
      .run(stopping.signal)
      .catch((error: unknown) =>
        logger[options.failureLevel ?? 'warn']({ err: error, task: name }, 'a scheduled task failed'),
      )
      .finally(() => (running = undefined));
    return running;
  };
  let task: ScheduledTask | undefined;
  return {
    name,
    start: async () => {
      if (task || stopping.signal.aborted) return;
      task = createTask(schedule, run, {
        noOverlap: true,
        suppressMissedWarning: true,
        logger: {
          info: (message) => logger.debug({ task: name }, message),
          debug: (message) => logger.debug({ task: name }, String(message)),
          warn: (message) => logger.debug({ task: name }, message),
          error: (message) => logger.warn({ task: name, err: message }, 'the scheduler failed'),
        },
      });
      await task.start();
      if (options.atStart) void run();
    },
    stop: async () => {
      stopping.abort();
      await task?.destroy();
      // What it needs is closed after it.
      await running;
    },
  };
}
