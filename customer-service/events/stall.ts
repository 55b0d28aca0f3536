import { messageOf } from '@event-sync/platform/described-error.ts';
import { needsMending } from '@event-sync/platform/transient-error.ts';
import type { Logger } from '@event-sync/platform/logger.ts';

/** In seconds. */
const tellAgainAfter = 30;
const notReadyAfter = 5;

/**
 * A batch that cannot be applied, through no fault of its events. It is told of at once, and then every half minute:
 * whoever looks into the log later must find why nothing is counted.
 */
export class Stall {
  readonly #logger: Logger;
  #current: { readonly since: number; tellAt: number; reason: string } | undefined;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Why a batch is not applied, for people; nothing in the first seconds. */
  get problem(): string | undefined {
    if (!this.#current || this.seconds < notReadyAfter) return undefined;
    return `a batch of events waits for ${Math.round(this.seconds)} s: ${this.#current.reason}`;
  }

  /** For how long; 0 if none waits. */
  get seconds(): number {
    return this.#current ? (performance.now() - this.#current.since) / 1_000 : 0;
  }

  over(): void {
    this.#current = undefined;
  }

  failed(error: Error, events: number): void {
    this.#current ??= { since: performance.now(), tellAt: 0, reason: '' };
    this.#current.reason = messageOf(error);
    if (this.seconds < this.#current.tellAt) return;
    this.#current.tellAt = this.seconds + tellAgainAfter;
    if (needsMending(error))
      this.#logger.error(
        { err: error, events },
        'a batch waits until somebody mends the database, or the rights in it: nothing is counted until then',
      );
    else this.#logger.warn({ err: error, events }, 'a batch failed: trying it again');
  }
}
