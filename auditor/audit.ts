import { deadLetterQueue } from '@event-sync/contracts/topology.ts';
import type { DatabaseSettings } from '@event-sync/platform/config.ts';
import type { Redis } from '@event-sync/platform/redis.ts';
import pg from 'pg';
import { checkCache } from './checks/cache.ts';
import { checkCounts, type CountsChecked } from './checks/counts.ts';
import { checkEvents, type EventsChecked } from './checks/events.ts';
import { nameMissing } from './checks/missing.ts';
import { nameOrders } from './checks/orders.ts';
import { checkQueues } from './checks/queues.ts';
import { timesAt } from './checks/times.ts';
import { Findings, type Finding, type Kind } from './findings.ts';
import { settledMeanwhile } from './inbox/applied-ids.ts';
import { lookAtQueues, type Queues } from './queues/queues.ts';
import { reach } from './reading/reach.ts';
import { readOnlySettings, Snapshot } from './reading/snapshot.ts';

export interface AuditOptions {
  readonly order: DatabaseSettings;
  readonly customer: DatabaseSettings;
  readonly rabbitmqUrl: string;
  /** Connected. */
  readonly redis: Redis;
  /** What is younger may be on its way; 0 when the system is at rest, and nothing may be. */
  readonly horizonSeconds: number;
  readonly outboxRetentionHours: number;
  readonly inboxRetentionHours: number;
}

export interface Audit {
  /** ISO 8601. */
  readonly at: string;
  readonly seconds: number;
  readonly horizonSeconds: number;
  readonly checked: {
    readonly orders: number;
    readonly events: number;
    readonly appliedIds: number;
    readonly customers: number;
    readonly cached: number;
    readonly deadLetters: number;
  };
  /** What is no difference, and could not be, or need not be, checked. */
  readonly unchecked: {
    /** Orders that are older than the history: checked by the counts alone. */
    readonly ordersOlderThanHistory: number;
    readonly idsOlderThanHistory: number;
    readonly younger: number;
    readonly discarded: number;
    readonly idsOfReplacedSystem: number;
  };
  readonly drift: Partial<Record<Kind, number>>;
  readonly total: number;
  /** At most 1,000 of a kind. */
  readonly findings: readonly Finding[];
}

/**
 * Checks the whole system against itself, and changes nothing.
 *
 * The customers' snapshot is the older one: whatever is in the inbox then was in the outbox before, so it must be found
 * in the later snapshot of the orders. What the orders know and the inbox does not is either young, or missing.
 *
 * @throws when a server cannot be reached
 */
export async function audit(options: AuditOptions): Promise<Audit> {
  const began = performance.now();
  const open: { close(): Promise<void> }[] = [];
  try {
    const customers = await reach('The database of the customers', Snapshot.open(options.customer));
    open.push(customers);
    const orders = await reach('The database of the orders', Snapshot.open(options.order));
    open.push(orders);
    await customers.now();
    const times = timesAt(await orders.now(), options);
    const current = new pg.Client(readOnlySettings(options.customer));
    current.on('error', () => {});
    open.push({ close: () => current.end().catch(() => {}) });
    await current.connect();

    const findings = new Findings();
    const queues = await reach('RabbitMQ', lookAtQueues(options.rabbitmqUrl));
    const deadLetters = queues.deadLetters;
    const events = await checkEvents({ orders, customers, deadLetters, times, findings });
    const counts = await checkCounts({ orders, customers, deadLetters, events, times, findings });
    const live = options.horizonSeconds > 0;
    const inQueues = messagesIn(queues, live);
    await nameOrders({
      ...{ orders, times, events, counts, findings },
      queuesEmpty: inQueues === 0 && deadLetters.length === 0,
    });
    const late = await nameMissing({
      ...{ events, counts, inQueues, findings },
      settledMeanwhile: (missing) => settledMeanwhile((text, values) => current.query(text, values), missing),
    });
    checkQueues(queues, { live, late, named: events.overlapping, findings });
    const { cached } = await checkCache({ ...options, customers: current, findings });
    return {
      at: new Date(times.now).toISOString(),
      seconds: Math.round(performance.now() - began) / 1_000,
      horizonSeconds: options.horizonSeconds,
      ...numbersOf(events, counts, { cached, deadLetters: deadLetters.length }),
      drift: findings.counts,
      total: findings.total,
      findings: findings.list,
    };
  } finally {
    await Promise.all(open.map((each) => each.close()));
  }
}

/** What workers hold at once and have not acknowledged: the broker counts it as neither here nor there. */
const heldByWorkers = 10_000;

function messagesIn({ ready }: Queues, live: boolean): number {
  let sum = 0;
  for (const [queue, messages = 0] of ready) if (queue !== deadLetterQueue) sum += messages;
  return live && sum > 0 ? sum + heldByWorkers : sum;
}

function numbersOf(
  events: EventsChecked,
  counts: CountsChecked,
  others: { cached: number; deadLetters: number },
): Pick<Audit, 'checked' | 'unchecked'> {
  return {
    checked: {
      orders: counts.orders,
      events: events.events,
      appliedIds: events.appliedIds,
      customers: counts.customers,
      ...others,
    },
    unchecked: {
      ordersOlderThanHistory: counts.outside,
      idsOlderThanHistory: events.outside,
      younger: events.young,
      discarded: events.givenUp,
      idsOfReplacedSystem: events.derived,
    },
  };
}
