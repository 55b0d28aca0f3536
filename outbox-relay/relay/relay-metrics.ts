import type { Outcome } from '@event-sync/platform/broker/confirm-publisher.ts';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Backlog } from '../outbox/backlog.ts';
import type { OutboxRow } from '../outbox/row.ts';

export interface RelayMetrics {
  outcome(kind: Outcome['kind']): void;
  settled(rows: readonly OutboxRow[]): void;
  parked(rows: number): void;
}

/** What `/metrics` says of the relay, besides Node's own figures. The gauges ask when they are scraped. */
export function relayMetrics(
  registry: Registry,
  look: {
    backlog: () => Promise<Backlog>;
    ownedPartitions: () => number;
    suspendedRoutes: () => number;
    available: () => boolean;
  },
): RelayMetrics {
  const registers = [registry];
  // Counted here and handed over when it is scraped: finding the label's value for each message costs more.
  const outcomes: Partial<Record<Outcome['kind'], number>> = {};
  new Counter({
    name: 'outbox_publish_total',
    help: 'Messages by what became of them: confirmed, returned, nacked or unknown',
    labelNames: ['outcome'],
    registers,
    collect() {
      this.reset();
      for (const [outcome, count] of Object.entries(outcomes)) this.inc({ outcome }, count);
    },
  });
  const settled = new Counter({
    name: 'outbox_settled_total',
    help: 'Rows that were confirmed and taken out of the outbox',
    registers,
  });
  const latency = new Histogram({
    name: 'outbox_settle_seconds',
    help: 'From the write of the row to its settling, in seconds',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600],
    registers,
  });
  const parked = new Counter({
    name: 'outbox_parked_total',
    help: 'Events that this relay has parked',
    registers,
  });
  let looking: Promise<Backlog> | undefined;
  /** One look for all gauges of a scrape: the registry asks them at once, and none waits for another. */
  const backlog = () => (looking ??= look.backlog().finally(() => (looking = undefined)));
  const backlogGauge = (name: string, help: string, value: (backlog: Backlog) => number) =>
    new Gauge({
      name,
      help,
      registers,
      async collect() {
        try {
          this.set(value(await backlog()));
        } catch {
          // No figure is better than a wrong one, and /metrics must answer while Postgres is away.
          this.remove();
        }
      },
    });
  backlogGauge('outbox_backlog_rows', 'Rows in the outbox, counted up to 100,000', ({ rows }) => rows);
  backlogGauge(
    'outbox_oldest_seconds',
    'Age of the oldest row in the outbox, in seconds',
    ({ oldestSeconds }) => oldestSeconds,
  );
  backlogGauge(
    'outbox_parked_rows',
    'Events that cannot be published and wait for a person',
    ({ parked }) => parked,
  );
  const gauge = (name: string, help: string, value: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value());
      },
    });
  gauge('outbox_owned_partitions', 'Hash partitions that this relay publishes', look.ownedPartitions);
  gauge('outbox_suspended_routes', 'Routes without a queue: their events wait', look.suspendedRoutes);
  gauge('outbox_broker_available', '1 while messages can be published', () => Number(look.available()));

  return {
    parked: (rows) => parked.inc(rows),
    outcome: (kind) => {
      outcomes[kind] = (outcomes[kind] ?? 0) + 1;
    },
    settled: (rows) => {
      settled.inc(rows.length);
      const now = Date.now();
      for (const row of rows) latency.observe(Math.max(0, (now - row.created_at) / 1_000));
    },
  };
}
