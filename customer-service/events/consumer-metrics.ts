import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { ReceivedEvent } from './event-handler.ts';

export interface ConsumerMetrics {
  /** A message that the queue has handed over before. */
  redelivered(): void;
  batch(size: number): void;
  /** Events of one batch. */
  applied(events: readonly Pick<ReceivedEvent, 'changedAt'>[]): void;
  ended(outcome: string, messages: number): void;
}

/** What `/metrics` says of the consumer, besides Node's own figures. */
export function consumerMetrics(
  registry: Registry,
  look: { subscribed: () => boolean; stalledSeconds: () => number },
): ConsumerMetrics {
  const registers = [registry];
  const ended = new Counter({
    name: 'events_consumed_total',
    help: 'Messages by what became of them: applied, duplicate, ignored, retry or dead-letter',
    labelNames: ['outcome'],
    registers,
  });
  // From the start: a rule would miss the first of a kind, since before it there would be no series.
  for (const outcome of ['applied', 'duplicate', 'ignored', 'retry', 'dead-letter'])
    ended.inc({ outcome }, 0);
  const redelivered = new Counter({
    name: 'events_redelivered_total',
    help: 'Messages that the queue had handed over before, and got no acknowledgement for: after a crash or a lost connection',
    registers,
  });
  const sizes = new Histogram({
    name: 'events_batch_size',
    help: 'Messages in one batch',
    buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000],
    registers,
  });
  const lag = new Histogram({
    name: 'events_apply_seconds',
    help: 'From the time of the change to its effect here, in seconds',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600],
    registers,
  });
  new Gauge({
    name: 'events_subscribed',
    help: '1 while messages are consumed',
    registers,
    collect() {
      this.set(Number(look.subscribed()));
    },
  });
  new Gauge({
    name: 'events_stalled_seconds',
    help: 'For how long a batch of events has been tried again and again; 0 while none is',
    registers,
    collect() {
      this.set(look.stalledSeconds());
    },
  });
  return {
    redelivered: () => redelivered.inc(),
    batch: (size) => sizes.observe(size),
    ended: (outcome, messages) => ended.inc({ outcome }, messages),
    applied: (events) => {
      const now = Date.now();
      for (const { changedAt } of events)
        if (changedAt !== undefined && Number.isFinite(changedAt))
          lag.observe(Math.max(0, (now - changedAt) / 1_000));
    },
  };
}
