import {
  BrokenCircuitError,
  circuitBreaker,
  CircuitState,
  ConsecutiveBreaker,
  handleAll,
  type CircuitBreakerPolicy,
} from 'cockatiel';
import { Gauge, type Registry } from 'prom-client';
import type { Logger } from './logger.ts';

export interface BreakerOptions {
  /** What is called, for logs and metrics. */
  readonly name: string;
  /** Calls that fail one after the other before it opens. */
  readonly failures: number;
  /** How long nothing is called then, in milliseconds; after it one call tries whether things are better. */
  readonly pauseMs: number;
  readonly logger: Logger;
  readonly metrics: Registry;
}

/**
 * Stops calling what does not answer, so that who asks gets a quick no in place of a slow one. One call at a time tries
 * whether it answers again; the others are not held for it.
 */
export class Breaker {
  readonly #policy: CircuitBreakerPolicy;

  constructor({ name, failures, pauseMs, logger, metrics }: BreakerOptions) {
    this.#policy = circuitBreaker(handleAll, {
      halfOpenAfter: pauseMs,
      breaker: new ConsecutiveBreaker(failures),
    });
    const gauge = gaugeOf(metrics);
    gauge.set({ name }, 0);
    let open = false;
    this.#policy.onStateChange((state) => {
      if (state === CircuitState.Open && !open) {
        open = true;
        gauge.set({ name }, 1);
        logger.warn(
          { name, failures, pause_ms: pauseMs },
          'failed several times in a row: going on without it, and trying it at intervals',
        );
      } else if (state === CircuitState.Closed && open) {
        open = false;
        gauge.set({ name }, 0);
        logger.info({ name }, 'answers again');
      }
    });
  }

  /** Whether calls are made as usual. */
  get closed(): boolean {
    return this.#policy.state === CircuitState.Closed;
  }

  /** @throws {BrokenCircuitError} at once, while it is open; else what the call throws. */
  async run<T>(call: () => Promise<T>): Promise<T> {
    // The library would hold this call until the one that tries has ended.
    if (this.#policy.state === CircuitState.HalfOpen) throw new BrokenCircuitError();
    return this.#policy.execute(call);
  }
}

/** Whether the call was not made, because those before it had failed. */
export const isBroken = (error: unknown): boolean => error instanceof BrokenCircuitError;

/** One gauge in a registry for all its breakers. */
function gaugeOf(registry: Registry): Gauge<'name'> {
  const name = 'breaker_open';
  return (
    (registry.getSingleMetric(name) as Gauge<'name'> | undefined) ??
    new Gauge({
      name,
      help: '1 while something is not called because it failed several times in a row',
      labelNames: ['name'],
      registers: [registry],
    })
  );
}
