import { messageOf } from '@event-sync/platform/described-error.ts';
import { needsMending } from '@event-sync/platform/transient-error.ts';
import type { Logger } from '@event-sync/platform/logger.ts';

/** In milliseconds. */
const tellAgainAfter = 30_000;
const notReadyAfter = 5_000;

/**
 * A batch that cannot be applied, through no fault of its events. It is told of at once, and then every half minute:
 * whoever looks into the log later must find why nothing is counted.
 */
export class Stall {
  readonly #logger: Logger;
  #current: { readonly since: number; told: number; reason: string } | undefined;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Why a batch is not applied, for people; nothing in the first seconds. */
  get problem(): string | undefined {
    if (!this.#current) return undefined;
    const forMs = performance.now() - this.#current.since;
    if (forMs < notReadyAfter) return undefined;
    return `a batch of events waits for ${Math.round(forMs / 1_000)} s: ${this.#current.reason}`;
  }

  over(): void {
    this.#current = undefined;
  }

  failed(error: Error, events: number): void {
    const now = performance.now();
    this.#current ??= { since: now, told: -Infinity, reason: '' };
    this.#current.reason = messageOf(error);
    if (now - this.#current.told < tellAgainAfter) return;
    this.#current.told = now;
    if (needsMending(error))
      this.#logger.error(
        { err: error, events },
        'a batch waits until somebody mends the database, or the rights in it: nothing is counted until then',
      );
    else this.#logger.warn({ err: error, events }, 'a batch failed: trying it again');
  }
}
