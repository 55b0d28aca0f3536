import type { Logger } from './logger.ts';

/** Anything long-lived. Both calls are idempotent; `stop` may be called before, during or after `start`. */
export interface Component {
  readonly name: string;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Milliseconds after which a stop goes on without it; 3,000 if not said. Shorter once another was late. */
  readonly stopLimitMs?: number;
}

/**
 * Starts the components in the order given and stops them in the reverse order: first what lets work in, last what the
 * work needs. `SIGTERM` and `SIGINT` stop the process with exit code 0; a second signal, or a stop that takes longer
 * than `stopTimeoutMs`, ends it with 1. A component that does not stop, because the server that it talks to is frozen,
 * is left behind: what it had in hand is done again. So does a `failure`: something that only a person can resolve, found while
 * running.
 */
export async function runProcess(
  components: readonly Component[],
  {
    logger,
    stopTimeoutMs = 10_000,
    failure,
  }: { logger: Logger; stopTimeoutMs?: number; failure?: Promise<never> },
): Promise<void> {
  let stopping = false;
  const stop = async (why: string, exitCode: number) => {
    if (stopping) {
      logger.fatal({ why }, 'asked to stop a second time: ending at once');
      process.exit(1);
    }
    stopping = true;
    logger.info({ why }, 'stopping');
    setTimeout(() => {
      logger.fatal(
        { stopTimeoutMs },
        'did not stop in time: ending with work in hand (it will be done again)',
      );
      process.exit(1);
    }, stopTimeoutMs).unref();
    let code = exitCode;
    let someLate = false;
    for (const component of components.toReversed()) {
      try {
        // Several servers that are away together must not use up the time of the whole.
        const limit: number = someLate ? hurriedLimitMs : (component.stopLimitMs ?? usualLimitMs);
        if (!(await stopped(component, limit, logger))) someLate = true;
      } catch (error) {
        logger.error({ err: error, component: component.name }, 'a component failed to stop');
        code = 1;
      }
    }
    logger.info('stopped');
    process.exit(code);
  };

  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop(signal, 0));
  process.on('unhandledRejection', (error) => {
    logger.fatal({ err: error }, 'unhandled rejection: this is a defect');
    void stop('unhandled rejection', 1);
  });
  process.on('uncaughtException', (error) => {
    logger.fatal({ err: error }, 'uncaught exception: this is a defect');
    void stop('uncaught exception', 1);
  });

  failure?.catch((error: unknown) => {
    logger.fatal({ err: error }, (error as Error).message);
    if (!stopping) void stop('failure', 1);
  });

  for (const component of components) {
    if (stopping) return;
    try {
      await component.start();
    } catch (error) {
      logger.fatal({ err: error, component: component.name }, 'could not start');
      if (!stopping) await stop(`${component.name} could not start`, 1);
      return;
    }
  }
  logger.info('started');
}

const usualLimitMs = 3_000;
/** Once a component was left behind. */
const hurriedLimitMs = 1_000;

/** @returns whether it stopped within the limit. */
async function stopped(component: Component, limitMs: number, logger: Logger): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<false>();
  const timer = setTimeout(() => {
    logger.warn(
      { component: component.name, limit_ms: limitMs },
      'does not stop, a server may be away: going on without it',
    );
    resolve(false);
  }, limitMs);
  const inTime = await Promise.race([component.stop().then(() => true), late]);
  clearTimeout(timer);
  return inTime;
}
