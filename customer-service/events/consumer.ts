import { isTransient } from '@event-sync/platform/transient-error.ts';
import type { BrokerLink } from '@event-sync/platform/broker/broker-link.ts';
import type { RascalSession } from '@event-sync/platform/broker/rascal-broker.ts';
import type { Component } from '@event-sync/platform/lifecycle.ts';
import type { Logger } from '@event-sync/platform/logger.ts';
import type { Knex } from 'knex';
import { setTimeout as delay } from 'node:timers/promises';
import { applyBatch, type AppliedBatch } from './apply-batch.ts';
import { Batcher } from './batcher.ts';
import type { ConsumerMetrics } from './consumer-metrics.ts';
import type { Delivery, ReceivedEvent } from './delivery.ts';
import { parseMessage } from './parse-message.ts';
import { attemptsOf, maxAttempts, type PutAside } from './put-aside.ts';

export interface ConsumerOptions {
  link: BrokerLink;
  /** Name of rascal's subscription. */
  subscription: string;
  knex: Knex;
  putAside: PutAside;
  /** Evicts, or notes down durably what could not be evicted. Never lets the batch fail for a cache. */
  evict: (evictions: AppliedBatch['evictions']) => Promise<void>;
  metrics: ConsumerMetrics;
  logger: Logger;
  maxBatch: number;
  waitMs: number;
}

/**
 * Takes events from the queue and applies them in batches. Every message ends as `applied`, `duplicate`, `ignored`,
 * `retry` or `dead-letter`, and is acknowledged last: after the commit and after the eviction, or after its copy is
 * safe in another queue. A process that dies before is sent the message again.
 */
export class Consumer implements Component {
  readonly name = 'consumer';
  readonly #options: ConsumerOptions;
  readonly #batcher: Batcher<Delivery>;
  readonly #stopping = new AbortController();
  #session: RascalSession | undefined;
  #subscribing: Promise<void> | undefined;
  #subscribed = false;
  #connected = false;
  #stopped: Promise<void> | undefined;

  constructor(options: ConsumerOptions) {
    this.#options = options;
    this.#batcher = new Batcher((deliveries) => this.#work(deliveries), {
      maxItems: options.maxBatch,
      waitMs: options.waitMs,
    });
  }

  /** Why nothing is consumed, for people. */
  get problem(): string | undefined {
    return this.#subscribed && this.#connected ? undefined : 'not subscribed to the queue';
  }

  async start(): Promise<void> {
    if (this.#stopped) return;
    // Not waited for: the worker starts, and says that it is not ready, while the broker is away.
    this.#subscribing ??= this.#subscribe().catch((error: unknown) => {
      if (!this.#stopping.signal.aborted) this.#options.logger.error({ err: error }, 'cannot subscribe');
    });
  }

  stop(): Promise<void> {
    return (this.#stopped ??= this.#stop());
  }

  /**
   * Takes nothing more and works off what was delivered. What cannot be applied now, because a server is away, is left
   * unacknowledged: closing the channel puts it back into the queue.
   */
  async #stop(): Promise<void> {
    this.#stopping.abort();
    const cancelled = this.#session?.cancel().catch(() => {});
    await this.#batcher.drain();
    await cancelled;
  }

  async #subscribe(): Promise<void> {
    const { link, subscription, logger } = this.#options;
    const broker = await link.broker();
    if (this.#stopping.signal.aborted) return;
    const session = await broker.subscribe(subscription);
    this.#session = session;
    this.#connected = true;
    broker.on('disconnect', () => (this.#connected = false));
    broker.on('vhost_initialised', () => (this.#connected = true));
    session.on('error', (error) => {
      // Of a channel that is gone: the broker delivers those messages again, and they are dropped as duplicates.
      if (/channel has been closed/i.test(error.message))
        logger.debug({ err: error }, 'too late to acknowledge');
      else logger.warn({ err: error }, 'the subscription was interrupted: rascal is taking it up again');
    });
    session.on('subscribed', () => {
      this.#subscribed = true;
      logger.info({ subscription }, 'consuming');
    });
    session.on('invalid_content', (_error, message, ackOrNack) => this.#batcher.add({ message, ackOrNack }));
    session.on('message', (message, _content, ackOrNack) => this.#batcher.add({ message, ackOrNack }));
  }

  async #work(deliveries: Delivery[]): Promise<void> {
    const { logger, metrics } = this.#options;
    metrics.batch(deliveries.length);
    const events: ReceivedEvent[] = [];
    try {
      for (const delivery of deliveries) {
        const parsed = parseMessage(delivery.message);
        switch (parsed.kind) {
          case 'event':
            events.push({ ...parsed, delivery });
            break;
          case 'unknown-type':
            logger.debug({ type: parsed.type }, 'no handler for this type of event: ignored');
            this.#end(delivery, 'ignored');
            break;
          case 'poison':
            await this.#options.putAside.deadLetter(delivery.message, parsed.reason, parsed.explanation);
            this.#end(delivery, 'dead-letter');
            break;
        }
      }
      await this.#apply(events);
    } catch (error) {
      // Only when stopping: whatever was not acknowledged goes back to its queue when the channel closes.
      if (!this.#stopping.signal.aborted) logger.error({ err: error }, 'a batch failed: this is a defect');
    }
  }

  /**
   * A transient failure is waited out with the batch in hand, so that the events keep their place. One that would
   * happen again is halved until the event that causes it stands alone.
   */
  async #apply(events: readonly ReceivedEvent[]): Promise<void> {
    const { knex, logger, putAside } = this.#options;
    if (events.length === 0) return;
    for (let failures = 0; ; failures++) {
      try {
        const applied = await applyBatch(knex, events);
        await this.#finish(applied);
        return;
      } catch (error) {
        this.#stopping.signal.throwIfAborted();
        if (isTransient(error)) {
          if (failures === 0)
            logger.warn({ err: error, events: events.length }, 'a batch failed: trying it again');
          await delay(backoff(failures), undefined, { signal: this.#stopping.signal });
        } else if (events.length > 1) {
          logger.warn(
            { err: error, events: events.length },
            'a batch cannot be applied: halving it to find the cause',
          );
          const middle = events.length >> 1;
          await this.#apply(events.slice(0, middle));
          await this.#apply(events.slice(middle));
          return;
        } else {
          const [event] = events as [ReceivedEvent];
          const explanation = `The database refused the event: ${(error as Error).message}`;
          await putAside.deadLetter(event.delivery.message, 'refused-by-database', explanation, event.id);
          this.#end(event.delivery, 'dead-letter');
          return;
        }
      }
    }
  }

  /** After the commit: evict, then acknowledge. */
  async #finish({ outcomes, evictions }: AppliedBatch): Promise<void> {
    const { evict, logger, metrics, putAside } = this.#options;
    await evict(evictions);
    logger.debug(
      { event_ids: [...outcomes.keys()].map(({ id }) => id), customers: evictions.map(({ id }) => id) },
      'evicted',
    );
    for (const [event, outcome] of outcomes) {
      switch (outcome) {
        case 'applied':
          metrics.applied(event.timestamp);
          logger.debug({ event_id: event.id }, 'applied');
          this.#end(event.delivery, 'applied');
          break;
        case 'duplicate':
          logger.debug({ event_id: event.id }, 'duplicate');
          this.#end(event.delivery, 'duplicate');
          break;
        case 'customer-not-found': {
          const { message } = event.delivery;
          if (attemptsOf(message) + 1 < maxAttempts) {
            await putAside.retryLater(message, event.id);
            this.#end(event.delivery, 'retry');
          } else {
            await putAside.deadLetter(
              message,
              'customer-not-found',
              'The customer does not exist. Create it with PUT /customers/:id, then replay this message.',
              event.id,
            );
            this.#end(event.delivery, 'dead-letter');
          }
          break;
        }
      }
    }
  }

  /** The one place in which an outcome becomes an acknowledgement. */
  #end(delivery: Delivery, outcome: 'applied' | 'duplicate' | 'ignored' | 'retry' | 'dead-letter'): void {
    this.#options.metrics.ended(outcome);
    delivery.ackOrNack();
  }
}

/** Milliseconds, with jitter, so that two workers that collided do not meet again. */
function backoff(failures: number): number {
  return Math.min(50 * 2 ** failures, 5_000) * (0.5 + Math.random() / 2);
}
