/** In one: beyond this nothing is gained, and a statement should stay well under its time limit. */
const maxBatch = 1_000;

/**
 * What comes while one batch is being written is the next batch: one statement at a time, however much there is to
 * write. A statement for each would stand in a queue before the pool, and with it whatever else the process asks of
 * Postgres.
 */
export class Batches<T> {
  readonly #write: (batch: readonly T[]) => Promise<void>;
  #waiting: T[] = [];
  #running = false;

  /** @param write never rejects: nobody would hear of it. */
  constructor(write: (batch: readonly T[]) => Promise<void>) {
    this.#write = write;
  }

  add(item: T): void {
    this.#waiting.push(item);
    if (!this.#running) void this.#run();
  }

  async #run(): Promise<void> {
    this.#running = true;
    // For those that the broker has refused in the same packet.
    await new Promise(setImmediate);
    while (this.#waiting.length > 0) await this.#write(this.#waiting.splice(0, maxBatch));
    this.#running = false;
  }
}
