import type { Queue } from './queue.ts';
import type { MessageCount } from './run-contender.ts';

/** From here on a queue would be measured that writes to disk and reads back, and no relay. */
const limit = 20_000;
/** For the settings in a result. */
export const emptiedQueueSetting = `classic, durable, purged at ${limit.toLocaleString('en')} messages`;

/**
 * A queue whose messages nobody needs, for runs that are longer than what should lie in one: it is purged now and then,
 * and what was purged counts on.
 */
export class EmptiedQueue implements MessageCount {
  readonly #queue: Queue;
  #purged = 0;

  constructor(queue: Queue) {
    this.#queue = queue;
  }

  /** Messages that have come since the last `purge()`. */
  async count(): Promise<number> {
    const waiting = await this.#queue.count();
    if (waiting < limit) return this.#purged + waiting;
    return (this.#purged += await this.#queue.purge());
  }

  async purge(): Promise<void> {
    await this.#queue.purge();
    this.#purged = 0;
  }
}
