import type { Outcome, ConfirmPublisher } from '@event-sync/platform/broker/confirm-publisher.ts';
import type { Component } from '@event-sync/platform/lifecycle.ts';
import type { Logger } from '@event-sync/platform/logger.ts';
import type pg from 'pg';
import { openPass } from '../outbox/pass.ts';
import { backoff, postpone } from '../outbox/postpone.ts';
import type { OutboxRow } from '../outbox/row.ts';
import type { Ownership } from '../ownership/ownership.ts';
import { toMessage } from '../publisher/message.ts';
import { Lanes } from './lanes.ts';
import { Routes } from './routes.ts';
import type { Settler } from './settler.ts';
import type { RelayMetrics } from './relay-metrics.ts';
import { Signal } from './signal.ts';

export interface RelayOptions {
  pool: pg.Pool;
  publisher: ConfirmPublisher;
  ownership: Ownership;
  settler: Settler;
  metrics: RelayMetrics;
  logger: Logger;
  /** CloudEvents `source` of everything in this outbox. */
  source: string;
  /** Messages in flight at the most. */
  window: number;
  /** Rows in one fetch. */
  batch: number;
  pollMs: number;
}

/** A pass holds a snapshot, and a snapshot holds back vacuum: after this time the next one begins. */
const passLimitMs = 2_000;

/**
 * Claims rows, publishes them, and has them settled once they are confirmed. Outcomes become row updates here and
 * nowhere else, see `#outcome`.
 */
export class Relay implements Component {
  readonly name = 'relay';
  readonly #options: RelayOptions;
  readonly #lanes = new Lanes();
  readonly #routes = new Routes();
  /** Rows may be there to claim. */
  readonly #work = new Signal();
  /** Something in hand came to its end. */
  readonly #progress = new Signal();
  readonly #maxInHand: number;
  #inFlight = 0;
  #running: Promise<void> | undefined;
  #stopping = false;

  constructor(options: RelayOptions) {
    this.#options = options;
    // Enough rows ahead to find a full window of different keys among them; and the bound of the relay's memory.
    this.#maxInHand = options.window * 4;
    options.settler.onSettled = (positions) => {
      this.#lanes.settled(positions);
      this.#progress.raise();
    };
  }

  /** Something may have changed: look again at once. */
  wake(): void {
    this.#work.raise();
  }

  get suspendedRoutes(): number {
    return this.#routes.size;
  }

  async start(): Promise<void> {
    this.#running ??= this.#run();
  }

  /** Claims nothing more, waits for what is in flight and settles it. Bounded by the publisher's confirm timeout. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#work.raise();
    this.#progress.raise();
    await this.#running;
    this.#lanes.giveUpQueued();
    await this.#untilDrained(() => this.#inFlight === 0 && this.#options.settler.idle);
  }

  /** Gives up what is queued of these partitions and resolves when none of their rows is in hand. */
  async drain(partitions: readonly number[]): Promise<void> {
    const set = new Set(partitions);
    this.#lanes.giveUpQueued(set);
    await this.#untilDrained(() => !this.#lanes.has(set));
  }

  async #untilDrained(drained: () => boolean): Promise<void> {
    while (!drained()) await this.#progress.wait(100);
  }

  async #run(): Promise<void> {
    let failing = false;
    while (!this.#stopping) {
      try {
        const found = await this.#pass();
        if (failing) this.#options.logger.info('the outbox can be read again');
        failing = false;
        if (!found) await this.#work.wait(this.#options.pollMs);
      } catch (error) {
        if (!failing) this.#options.logger.warn({ err: error }, 'the outbox cannot be read: trying again');
        failing = true;
        await this.#work.wait(500);
      }
    }
  }

  /** @returns whether there may be more at once. */
  async #pass(): Promise<boolean> {
    const { pool, publisher, ownership, batch } = this.#options;
    const partitions = ownership.claimable;
    // Nobody to publish to, or nothing to publish: claiming would only fill the memory.
    if (!publisher.available || partitions.length === 0) return false;
    const endsAt = performance.now() + passLimitMs;
    this.#lanes.beginPass(performance.now());
    const pass = await openPass(pool, partitions, batch);
    try {
      for (let rows = pass.rows; ; rows = await pass.next()) {
        const now = performance.now();
        for (const row of rows) this.#lanes.add(row, this.#routes.admits(row, now));
        this.#pump();
        if (rows.length < batch) return false;
        while (this.#lanes.size > this.#maxInHand - batch) {
          const rest = endsAt - performance.now();
          if (rest <= 0 || !publisher.available || this.#stopping) return true;
          await this.#progress.wait(rest);
        }
        if (performance.now() > endsAt || this.#stopping) return true;
      }
    } finally {
      await pass.close();
    }
  }

  #pump(): void {
    const { publisher, ownership, source, window } = this.#options;
    if (!publisher.available) return this.#lanes.giveUpQueued();
    while (this.#inFlight < window) {
      const row = this.#lanes.next();
      if (!row) return;
      if (!ownership.holds(row.partition) || this.#stopping) {
        this.#lanes.failed(row, 0);
        continue;
      }
      this.#inFlight++;
      publisher.publish(toMessage(row, source), (outcome) => this.#outcome(row, outcome));
    }
  }

  #outcome(row: OutboxRow, outcome: Outcome): void {
    const { logger, metrics, settler, pool } = this.#options;
    const now = performance.now();
    this.#inFlight--;
    metrics.outcome(outcome.kind);
    switch (outcome.kind) {
      case 'confirmed':
        if (this.#routes.confirmed(row)) {
          logger.info(
            { exchange: row.exchange, routing_key: row.routing_key },
            'a queue is bound again: going on',
          );
        }
        logger.debug({ event_id: row.event_id }, 'confirmed');
        this.#lanes.confirmed(row);
        settler.add(row);
        break;
      case 'returned':
        if (this.#routes.returned(row, now)) {
          logger.error(
            { exchange: row.exchange, routing_key: row.routing_key, event_id: row.event_id },
            'no queue is bound for this exchange and routing key: its events wait in the outbox. Start the consumer, or bind a queue',
          );
        }
        this.#lanes.failed(row, 0);
        break;
      case 'nacked': {
        const delayMs = backoff(row.attempts);
        logger.warn(
          { event_id: row.event_id, attempts: row.attempts + 1, delay_ms: delayMs },
          outcome.reason,
        );
        this.#lanes.failed(row, now + delayMs);
        postpone(pool, { position: row.position, delayMs, reason: outcome.reason }).catch((error: unknown) =>
          logger.warn(
            { err: error, event_id: row.event_id },
            'could not note the attempt: the row is tried again sooner',
          ),
        );
        break;
      }
      case 'unknown':
        // It may have arrived. It is sent again, and the consumer drops the second one by its id.
        this.#lanes.failed(row, 0);
        break;
    }
    this.#pump();
    this.#progress.raise();
  }
}
