import type { Logger } from '@event-sync/platform/logger.ts';
import type pg from 'pg';
import type { OutboxRow } from '../outbox/row.ts';
import { settle } from '../outbox/settle.ts';
import type { RelayMetrics } from './relay-metrics.ts';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Settles confirmed rows, one statement at a time: what is confirmed while one runs goes together into the next. So the
 * batches grow with the load by themselves. While Postgres is away it keeps trying; the rows are the caller's memory
 * until `onSettled`.
 */
export class Settler {
  onSettled: (positions: readonly string[]) => void = () => {};
  readonly #pool: pg.Pool;
  readonly #logger: Logger;
  readonly #metrics: RelayMetrics;
  #waiting: OutboxRow[] = [];
  #running = false;

  constructor(options: { pool: pg.Pool; logger: Logger; metrics: RelayMetrics }) {
    this.#pool = options.pool;
    this.#logger = options.logger;
    this.#metrics = options.metrics;
  }

  get idle(): boolean {
    return !this.#running && this.#waiting.length === 0;
  }

  add(row: OutboxRow): void {
    this.#waiting.push(row);
    if (!this.#running) void this.#run();
  }

  async #run(): Promise<void> {
    this.#running = true;
    // A turn later, so that the other confirms of the same packet come along.
    await new Promise(setImmediate);
    let failing = false;
    while (this.#waiting.length > 0) {
      const rows = this.#waiting.splice(0, maxBatch);
      const positions = rows.map(({ position }) => position);
      try {
        await settle(this.#pool, positions);
        if (failing) this.#logger.info('confirmed rows are settled again');
        failing = false;
        this.#metrics.settled(rows);
        this.onSettled(positions);
      } catch (error) {
        if (!failing) this.#logger.warn({ err: error }, 'confirmed rows cannot be settled: trying again');
        failing = true;
        this.#waiting = rows.concat(this.#waiting);
        await delay(500);
      }
    }
    this.#running = false;
  }
}

/** Rows in one statement: beyond this nothing was gained, and a statement should stay well under its time limit. */
const maxBatch = 2_000;
