import { probe } from '@event-sync/platform/probe.ts';
import { messageOf } from '@event-sync/platform/described-error.ts';
import { isTooSlow, isTransient, needsMending } from '@event-sync/platform/transient-error.ts';
import type { BrokerLink } from '@event-sync/platform/broker/broker-link.ts';
import { QueueConsumer, type Delivery } from '@event-sync/platform/broker/queue-consumer.ts';
import type { Component } from '@event-sync/platform/lifecycle.ts';
import type { Logger } from '@event-sync/platform/logger.ts';
import type { Knex } from 'knex';
import { setTimeout as delay } from 'node:timers/promises';
import { applyBatch, type AppliedBatch } from './apply-batch.ts';
import { Batcher } from './batcher.ts';
import type { ConsumerMetrics } from './consumer-metrics.ts';
import type { ReceivedEvent } from './event-handler.ts';
import { handlers } from './handlers.ts';
import { parseMessage, type Parsed } from './parse-message.ts';
import { attemptsOf, maxAttempts, type PutAside } from './put-aside.ts';
import { Stall } from './stall.ts';

export interface ConsumerOptions {
  link: Pick<BrokerLink, 'connect' | 'restoreTopology'>;
  queue: string;
  knex: Knex;
  putAside: PutAside;
  /** Events have been applied and committed. */
  onApplied: () => void;
  /** Evicts, or notes down durably what could not be evicted. Never lets the batch fail for a cache. */
  evict: (evictions: AppliedBatch['evictions']) => Promise<void>;
  metrics: ConsumerMetrics;
  logger: Logger;
  maxBatch: number;
  waitMs: number;
}

/** The type comes from outside: what is remembered of it must have a bound. */
const maxIgnoredTypes = 100;

/** So often a batch that takes too long is tried as a whole, before its halves are. */
const wholeTries = 2;
/** What is being put aside when the process is asked to stop has so long, in milliseconds; else it stays in its queue. */
const asideAtStopMs = 1_000;

/** What became of a message. */
type MessageOutcome = 'applied' | 'duplicate' | 'ignored' | 'retry' | 'dead-letter';

/** A delivery that is not for a handler, and why. */
interface NotApplicable {
  readonly delivery: Delivery;
  readonly parsed: Exclude<Parsed, { kind: 'event' }>;
}

/** A delivery, read as it came: while Postgres works on a batch, the next one is being read. */
type Received = ReceivedEvent | NotApplicable;

/**
 * Takes events from the queue and applies them in batches, one after the other; the eviction and the acknowledgement of
 * a batch go on while the next one is applied, and beside both what cannot be applied is put aside. Every message ends
 * as `applied`, `duplicate`, `ignored`, `retry` or `dead-letter`, and is acknowledged last: after the commit and after
 * the eviction, or after its copy is safe in another queue. A process that dies before is sent the message again.
 */
export class Consumer implements Component {
  readonly name = 'consumer';
  /** Whether, and why, a batch cannot be applied. */
  readonly stall: Stall;
  readonly #options: ConsumerOptions;
  readonly #batcher: Batcher<Received>;
  readonly #source: QueueConsumer;
  readonly #stopping = new AbortController();
  readonly #ignoredTypes = new Set<string>();
  #stopped: Promise<void> | undefined;
  /** Resolves when the batches that are committed are evicted and acknowledged. */
  #finished: Promise<void> = Promise.resolve();
  readonly #aside = new Set<Promise<unknown>>();
  readonly #prefetch: number;

  constructor(options: ConsumerOptions) {
    this.#options = options;
    this.stall = new Stall(options.logger);
    const { link, queue, putAside, logger, maxBatch: maxItems, waitMs } = options;
    this.#batcher = new Batcher((received) => this.#work(received), { maxItems, waitMs });
    // One batch at work, and the next one waiting. Three waiting, or two at work: no difference beyond the noise.
    this.#prefetch = 2 * maxItems;
    this.#source = new QueueConsumer({
      connect: () => link.connect(),
      queue,
      prefetch: this.#prefetch,
      onDelivery: (delivery) => {
        probe('consumer.delivered');
        if (delivery.redelivered) options.metrics.redelivered();
        this.#batcher.add(read(delivery));
      },
      onMissing: () => link.restoreTopology(),
      // What waits here comes again, and would wait twice. Not before the batch in hand is applied: else each loss of a
      // connection, while the database is away, takes one of their deliveries from as many messages as are prefetched.
      onInterrupted: async () => {
        putAside.giveUp();
        await this.#batcher.discard();
      },
      logger,
    });
  }

  /** Why nothing is consumed, for people. */
  get problem(): string | undefined {
    if (this.#aside.size >= this.#prefetch) return 'all that was fetched waits to be put aside';
    return this.#source.problem;
  }

  async start(): Promise<void> {
    if (!this.#stopped) await this.#source.start();
  }

  stop(): Promise<void> {
    return (this.#stopped ??= this.#stop());
  }

  /**
   * Takes nothing more and works off what was delivered. What cannot be applied now, because a server is away, is left
   * unacknowledged: the end of the connection puts it back into the queue.
   */
  async #stop(): Promise<void> {
    this.#stopping.abort();
    await this.#source.cancel();
    await this.#batcher.drain();
    await this.#finished;
    await Promise.race([Promise.all(this.#aside), delay(asideAtStopMs, undefined, { ref: false })]);
    await this.#source.stop();
  }

  async #work(received: Received[]): Promise<void> {
    this.#options.metrics.batch(received.length);
    const events: ReceivedEvent[] = [];
    for (const each of received) {
      if ('handler' in each) events.push(each);
      else this.#endUnapplied(each);
    }
    try {
      await this.#apply(events);
    } catch (error) {
      this.#tellFailed(error);
    }
  }

  #endUnapplied({ delivery, parsed }: NotApplicable): void {
    const { putAside } = this.#options;
    switch (parsed.kind) {
      case 'unknown-type':
        this.#tellIgnored(parsed.type);
        this.#end('ignored', [{ delivery }]);
        break;
      case 'poison':
        this.#endAside(
          'dead-letter',
          { delivery },
          putAside.deadLetter(delivery, parsed.reason, parsed.explanation),
        );
        break;
    }
  }

  /**
   * Beside the batches, for a broker that takes nothing for a while must stop neither counting nor evicting. There are
   * never more than are prefetched: none is acknowledged before it is safe.
   */
  #endAside(
    outcome: 'retry' | 'dead-letter',
    message: { readonly delivery: Delivery },
    putAside: Promise<boolean>,
  ): void {
    const ended = putAside
      .then((safe) => safe && this.#end(outcome, [message]))
      .catch((error: unknown) => this.#tellFailed(error))
      .finally(() => this.#aside.delete(ended));
    this.#aside.add(ended);
  }

  /** Whatever was not acknowledged goes back to its queue when the channel closes. */
  #tellFailed(error: unknown): void {
    if (this.#stopping.signal.aborted) return;
    this.#options.logger.error({ err: error }, 'a batch failed: this is a defect');
  }

  /** Once for each type: a producer that is ahead of us may send many. The metric counts them all. */
  #tellIgnored(type: string): void {
    if (this.#ignoredTypes.has(type) || this.#ignoredTypes.size >= maxIgnoredTypes) return;
    this.#ignoredTypes.add(type);
    this.#options.logger.warn(
      { type },
      'no handler for this type of event: it is acknowledged, counted as ignored, and not told again',
    );
  }

  /**
   * A failure that is not the events' is waited out with the batch in hand, so that they keep their place: one that
   * passes by itself, and one that a person has to mend. By any other the batch is halved until the event that causes
   * it stands alone. It is halved, too, if it is too slow as a whole.
   */
  async #apply(events: readonly ReceivedEvent[]): Promise<void> {
    const { knex, logger, putAside } = this.#options;
    if (events.length === 0) return;
    for (let failures = 0; ; failures++) {
      try {
        const applied = await applyBatch(knex, events);
        probe('consumer.committed');
        this.stall.over();
        await this.#finished;
        this.#finished = this.#finish(applied).catch((error: unknown) => this.#tellFailed(error));
        return;
      } catch (error) {
        this.#stopping.signal.throwIfAborted();
        const several = events.length > 1;
        const halves = several && isTooSlow(error) && failures + 1 >= wholeTries;
        if (!halves && (isTransient(error) || needsMending(error))) {
          this.stall.failed(error as Error, events.length);
          await delay(backoff(failures), undefined, { signal: this.#stopping.signal });
        } else if (several) {
          logger.warn(
            { err: error, events: events.length },
            halves
              ? 'a batch takes too long: trying its halves'
              : 'a batch cannot be applied: halving it to find the cause',
          );
          const middle = events.length >> 1;
          await this.#apply(events.slice(0, middle));
          await this.#apply(events.slice(middle));
          return;
        } else {
          const [event] = events as [ReceivedEvent];
          this.stall.over();
          const explanation = `The database refused the event: ${messageOf(error as Error)}`;
          this.#endAside(
            'dead-letter',
            event,
            putAside.deadLetter(event.delivery, 'refused-by-database', explanation, event.id),
          );
          return;
        }
      }
    }
  }

  /** After the commit: evict, then acknowledge. */
  async #finish({ outcomes, evictions }: AppliedBatch): Promise<void> {
    const { logger, metrics, onApplied, putAside } = this.#options;
    onApplied();
    await this.#evict(evictions);
    probe('consumer.evicted');
    if (logger.isLevelEnabled('debug')) this.#tellEach(outcomes, evictions);
    metrics.applied(outcomes.applied);
    this.#end('applied', outcomes.applied);
    this.#end('duplicate', outcomes.duplicate);
    for (const event of outcomes['customer-not-found']) {
      const { delivery, id } = event;
      if (attemptsOf(delivery) + 1 < maxAttempts) {
        this.#endAside('retry', event, putAside.retryLater(delivery, id));
      } else {
        const explanation =
          'The customer does not exist. Create it with PUT /customers/:id, then replay this message.';
        this.#endAside(
          'dead-letter',
          event,
          putAside.deadLetter(delivery, 'customer-not-found', explanation, id),
        );
      }
    }
  }

  #tellEach(outcomes: AppliedBatch['outcomes'], evictions: AppliedBatch['evictions']): void {
    const { logger } = this.#options;
    const eventIds = Object.values(outcomes).flatMap((events) => events.map(({ id }) => id));
    logger.debug({ event_ids: eventIds, customers: evictions.map(({ id }) => id) }, 'evicted');
    for (const { id } of outcomes.applied) logger.debug({ event_id: id }, 'applied');
    for (const { id } of outcomes.duplicate) logger.debug({ event_id: id }, 'duplicate');
  }

  /** Tries until it is done, or the process stops: an event that was not evicted must not be acknowledged. */
  async #evict(evictions: AppliedBatch['evictions']): Promise<void> {
    const { evict, logger } = this.#options;
    for (let failures = 0; ; failures++) {
      try {
        await evict(evictions);
        return;
      } catch (error) {
        this.#stopping.signal.throwIfAborted();
        if (failures === 0)
          logger.warn(
            { err: error, customers: evictions.length },
            'could neither evict nor note it: trying again',
          );
        await delay(backoff(failures), undefined, { signal: this.#stopping.signal });
      }
    }
  }

  /** The one place in which an outcome becomes an acknowledgement. */
  #end(outcome: MessageOutcome, messages: readonly { readonly delivery: Delivery }[]): void {
    if (messages.length === 0) return;
    this.#options.metrics.ended(outcome, messages.length);
    for (const { delivery } of messages) delivery.ack();
  }
}

function read(delivery: Delivery): Received {
  const parsed = parseMessage(delivery);
  if (parsed.kind !== 'event') return { delivery, parsed };
  const { id, contract, data, changedAt } = parsed;
  const handler = handlers.get(contract);
  if (!handler) return { delivery, parsed: { kind: 'unknown-type', type: contract.event } };
  return { id, handler, data: handler.keep(data), changedAt, delivery };
}

/** Milliseconds, with jitter, so that two workers that collided do not meet again. */
function backoff(failures: number): number {
  return Math.min(50 * 2 ** failures, 5_000) * (0.5 + Math.random() / 2);
}
