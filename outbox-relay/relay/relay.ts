import type { ConfirmPublisher, Outcome } from '@event-sync/platform/broker/confirm-publisher.ts';
import type { OutgoingMessage } from '@event-sync/platform/broker/outgoing-message.ts';
import type { Component } from '@event-sync/platform/lifecycle.ts';
import type { Logger } from '@event-sync/platform/logger.ts';
import { probe } from '@event-sync/platform/probe.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { backoff } from '../outbox/postpone.ts';
import type { OutboxRow } from '../outbox/row.ts';
import type { Ownership } from '../ownership/ownership.ts';
import { toMessage, unpublishable } from '../publisher/message.ts';
import { Batches } from './batches.ts';
import { Lanes } from './lanes.ts';
import { Routes } from './routes.ts';
import type { Settler } from './settler.ts';
import type { RelayMetrics } from './relay-metrics.ts';
import { Signal } from './signal.ts';
import { setTimeout as delay } from 'node:timers/promises';

export interface RelayOptions {
  outbox: Outbox;
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
  /** Times that the broker may refuse a row before it is parked. */
  maxAttempts: number;
  maxMessageBytes: number;
}

interface Refused {
  row: OutboxRow;
  delayMs: number;
  reason: string;
}

interface Unpublishable {
  row: OutboxRow;
  attempts: number;
  reason: string;
}

/** Bodies in one fetch, and bodies in hand beyond which none is made: with the window, the bound of the memory. */
const fetchBytes = 8 * 2 ** 20;
const maxBytesInHand = 16 * 2 ** 20;

/** AMQP's reply code for it. */
const noSuchExchange = 404;

/** A pass holds a snapshot, and a snapshot holds back vacuum: after this time the next one begins. */
const passLimitMs = 5_000;

/** A pass that has read for so long, and more than half of it in vain, is not the way to what stands behind that. */
const vainLimitMs = 1_000;
/** The row that tries a suspended route has not come for so long after its turn. */
const overdueMs = 10_000;

/** How long what is held back is left out by the database, until it is read again. */
const leaveOutMs = 10_000;
const maxPauseMs = 1_000;
/** How long it is read all the same when the database could not leave it out. */
const readThroughMs = 60_000;

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
  readonly #postponing = new Batches<Refused>((rows) => this.#postpone(rows));
  readonly #parking = new Batches<Unpublishable>((rows) => this.#parkAll(rows));
  readonly #maxInHand: number;
  readonly #maxFetch: number;
  #inFlight = 0;
  /**
   * Messages to send one by one, because the broker closed the channel over one of those in flight and does not say
   * which. With one in flight it is known.
   */
  #suspects = 0;
  #leaveOutUntil = 0;
  #readThroughUntil = 0;
  #running: Promise<void> | undefined;
  #stopping = false;
  #pumping = false;

  constructor(options: RelayOptions) {
    this.#options = options;
    // Enough rows ahead to find a full window of different keys among them.
    this.#maxInHand = options.window * 4;
    // A fetch of more than may be in hand would wait in each pass until its end. Half of it: the rest is published meanwhile.
    this.#maxFetch = options.batch <= this.#maxInHand ? options.batch : this.#maxInHand / 2;
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
    await this.#untilDrained(() => this.#lanes.size === 0 && this.#options.settler.idle);
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
    const { outbox, publisher, ownership } = this.#options;
    const partitions = ownership.claimable;
    // Nobody to publish to, or nothing to publish: claiming would only fill the memory.
    if (!publisher.available || partitions.length === 0) return false;
    this.#askForExchanges();
    const begunAt = performance.now();
    // Where no pass comes to the end of a long backlog.
    this.#routes.forgetOverdue(begunAt - overdueMs);
    const heldBack = begunAt < this.#leaveOutUntil ? this.#routes.heldBack(begunAt) : undefined;
    this.#lanes.beginPass(begunAt);
    const pass = await outbox
      .openPass({ partitions, rows: this.#maxFetch, bytes: fetchBytes, heldBack })
      .catch((error: unknown) => {
        if (heldBack) this.#readThroughUntil = performance.now() + readThroughMs;
        this.#leaveOutUntil = 0;
        throw error;
      });
    probe('relay.claimed');
    const openedAt = performance.now();
    const endsAt = openedAt + passLimitMs;
    let read = 0;
    try {
      for (;;) {
        const rows = await pass.next();
        const now = performance.now();
        read += rows.length;
        for (const row of rows) this.#lanes.add(row, this.#routes.admits(row, now));
        this.#pump();
        if (pass.ended) {
          this.#routes.forgetOverdue(begunAt);
          return false;
        }
        const inVain = now - openedAt > vainLimitMs && this.#lanes.readInVain * 2 > read;
        if (inVain && now > this.#readThroughUntil) {
          this.#leaveOutUntil = now + leaveOutMs;
          return true;
        }
        while (this.#lanes.size > this.#maxInHand - this.#maxFetch || this.#lanes.bytes > maxBytesInHand) {
          const rest = endsAt - performance.now();
          if (rest <= 0 || !publisher.available || this.#stopping) return true;
          await this.#progress.wait(rest);
        }
        if (performance.now() > endsAt || this.#stopping) return true;
      }
    } finally {
      await pass.close();
      // To find what is held back the database reads the whole table: not all the time.
      if (heldBack) await delay(Math.min(openedAt - begunAt, maxPauseMs));
    }
  }

  /** Messages for an exchange that is not there wait until it is. */
  #askForExchanges(): void {
    for (const exchange of this.#routes.toAskFor(performance.now())) {
      void this.#options.publisher.hasExchange(exchange).then((there) => {
        if (!there) return;
        this.#options.logger.info({ exchange }, 'the exchange is there: going on');
        this.#routes.found(exchange);
        this.#work.raise();
      });
    }
  }

  #pump(): void {
    const { publisher, ownership, source, window } = this.#options;
    // Some outcomes come before publish() returns, and would make this a recursion as deep as the queue is long.
    if (this.#pumping) return;
    if (!publisher.available) return this.#lanes.giveUpQueued();
    this.#pumping = true;
    while (this.#inFlight < (this.#suspects > 0 ? 1 : window)) {
      const row = publisher.available ? this.#lanes.next() : undefined;
      if (!row) break;
      if (!ownership.holds(row.partition) || this.#stopping) {
        this.#lanes.failed(row, 0);
        continue;
      }
      const message = this.#messageOf(row, source);
      if (!message) continue;
      const alone = this.#suspects > 0;
      this.#inFlight++;
      probe('relay.publish-before');
      publisher.publish(message, (outcome) => this.#outcome(row, outcome, alone));
      probe('relay.published');
    }
    this.#pumping = false;
  }

  /** @returns nothing for a row of which no message can be made: it is parked. */
  #messageOf(row: OutboxRow, source: string): OutgoingMessage | undefined {
    let reason = unpublishable(row, this.#options.maxMessageBytes);
    try {
      if (reason === undefined) return toMessage(row, source);
    } catch (error) {
      reason = `no message can be made of it: ${(error as Error).message}`;
    }
    this.#park(row, row.attempts, reason);
    return undefined;
  }

  /** The one place in which what became of a message becomes what becomes of its row. */
  #outcome(row: OutboxRow, outcome: Outcome, alone: boolean): void {
    const { logger, metrics, settler } = this.#options;
    this.#inFlight--;
    metrics.outcome(outcome.kind);
    switch (outcome.kind) {
      case 'confirmed':
        probe('relay.confirmed');
        if (this.#suspects > 0) this.#suspects--;
        this.#ledToQueue(row);
        logger.debug({ event_id: row.event_id }, 'confirmed');
        this.#lanes.confirmed(row);
        settler.add(row);
        break;
      case 'returned':
        this.#unroutable(row);
        break;
      case 'nacked':
        this.#ledToQueue(row);
        this.#refused(row, outcome.reason);
        break;
      case 'unknown':
        this.#undecided(row, outcome, alone);
        break;
    }
    this.#pump();
    this.#progress.raise();
  }

  #ledToQueue(row: OutboxRow): void {
    if (!this.#routes.ledToQueue(row)) return;
    const { exchange, routing_key } = row;
    this.#options.logger.info({ exchange, routing_key }, 'the route leads to a queue again: going on');
  }

  /** Rows of the route wait, without using up attempts, until one that is tried each second arrives. */
  #unroutable(row: OutboxRow): void {
    const { exchange, routing_key, event_id } = row;
    if (this.#routes.returned(row, performance.now())) {
      this.#options.logger.error(
        { exchange, routing_key, event_id },
        'no queue is bound for this exchange and routing key: its events wait in the outbox. Start the consumer, or bind a queue',
      );
    }
    this.#lanes.failed(row, 0);
  }

  #refused(row: OutboxRow, reason: string): void {
    const { logger, maxAttempts } = this.#options;
    const attempts = row.attempts + 1;
    if (attempts >= maxAttempts) return this.#park(row, attempts, `${reason}, ${attempts} times`);
    const delayMs = backoff(row.attempts);
    logger.warn({ event_id: row.event_id, attempts, delay_ms: delayMs }, reason);
    this.#lanes.refused(row);
    this.#postponing.add({ row, delayMs, reason });
  }

  async #postpone(refused: readonly Refused[]): Promise<void> {
    const { outbox, logger } = this.#options;
    try {
      await outbox.postpone(
        refused.map(({ row, delayMs, reason }) => ({ position: row.position, delayMs, reason })),
      );
    } catch (error) {
      logger.warn({ err: error, rows: refused.length }, 'could not note the attempts: they do not count');
    }
    const now = performance.now();
    for (const { row, delayMs } of refused) this.#lanes.failed(row, now + delayMs);
    this.#progress.raise();
  }

  /**
   * It may have arrived. It is sent again, and the consumer drops the second one by its id.
   *
   * @param alone whether it was in flight alone, so that a refusal can only mean this one.
   */
  #undecided(row: OutboxRow, { code, reason }: Outcome & { kind: 'unknown' }, alone: boolean): void {
    if (code === undefined || !alone) {
      if (code !== undefined && this.#suspects === 0) {
        this.#options.logger.warn(
          { code, reason },
          'rabbitmq closed the channel over a message: sending one by one',
        );
        this.#suspects = this.#options.window;
      }
      return this.#lanes.failed(row, 0);
    }
    this.#suspects = 0;
    if (code !== noSuchExchange) return this.#park(row, row.attempts + 1, reason);
    this.#options.logger.error(
      { exchange: row.exchange, event_id: row.event_id },
      'there is no such exchange: its events wait in the outbox. Start the consumer, or declare it',
    );
    this.#routes.missing(row.exchange, performance.now());
    this.#lanes.failed(row, 0);
  }

  #park(row: OutboxRow, attempts: number, reason: string): void {
    this.#options.logger.error(
      { event_id: row.event_id, ordering_key: row.ordering_key, attempts, reason },
      'parked: it cannot be published, and the events behind it in its key wait. See npm run outbox -- --help',
    );
    this.#lanes.refused(row);
    this.#parking.add({ row, attempts, reason });
  }

  async #parkAll(those: readonly Unpublishable[]): Promise<void> {
    const { outbox, metrics, logger } = this.#options;
    probe('relay.park-before');
    try {
      await outbox.park(
        those.map(({ row, attempts, reason }) => ({ position: row.position, attempts, reason })),
      );
      probe('relay.parked');
      metrics.parked(those.length);
    } catch (error) {
      logger.warn({ err: error, rows: those.length }, 'could not park them: they are tried again');
    }
    // From the next pass on, which does not read what is parked, nor what is behind it.
    for (const { row } of those) this.#lanes.failed(row, 0);
    this.#progress.raise();
  }
}
