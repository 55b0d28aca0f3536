import { orderCreated } from '@event-sync/contracts/events/order-created.ts';
import { partitionCount } from '@event-sync/outbox/migrations/0001-outbox.ts';
import type { HeldBack } from '@event-sync/outbox-relay/outbox/held-back.ts';
import type { Outbox } from '@event-sync/outbox-relay/outbox/outbox.ts';
import type { OutboxRow } from '@event-sync/outbox-relay/outbox/row.ts';
import type { EventRecord, Events } from '../invariants/events.ts';
import type { Server } from './server.ts';

/** A row as the table has it. Rows are replaced, not changed: an open snapshot keeps what it saw. */
interface StoredRow extends Omit<OutboxRow, 'wait_ms'> {
  readonly number: number;
  readonly nextAttemptAt: number | undefined;
}

/**
 * The order service's database: the outbox, with transactions that are written at one time and seen at another. The
 * outbox's statements are those of `outbox-relay/outbox`, as one step each.
 */
export class OrderDatabase {
  readonly server: Server;
  readonly #events: Events;
  readonly rows = new Map<string, StoredRow>();
  readonly parked = new Map<string, StoredRow>();
  /** Written and not yet committed, with their locks on their ordering keys. */
  readonly #open = new Map<EventRecord, StoredRow>();
  #positions = 0;

  constructor(server: Server, events: Events) {
    this.server = server;
    this.#events = events;
  }

  get open(): readonly EventRecord[] {
    return [...this.#open.keys()];
  }

  /** Spread, so that two and three relays share them. */
  partitionOf({ customer }: EventRecord): number {
    return (Number(customer) * 19) % partitionCount;
  }

  /** Whether another transaction has the lock on the ordering key: an order would have to wait for it. */
  isLocked(customer: string): boolean {
    for (const event of this.#open.keys()) if (event.customer === customer) return true;
    return false;
  }

  /** A transaction draws its position; nobody sees the row before the commit. */
  begin(customer: string): EventRecord {
    const position = String(++this.#positions);
    const event = this.#events.add(customer, position);
    this.#open.set(event, {
      ...{ position, number: event.number, event_id: event.id, partition: this.partitionOf(event) },
      ...{ ordering_key: `customer:${customer}`, type: orderCreated.event, exchange: orderCreated.exchange },
      routing_key: orderCreated.routingKey,
      body: `{"id":"${event.id}","event":"order_created","version":1,"timestamp":"2026-01-01T00:00:00.000Z","data":{"order_id":${event.number},"customer_id":${customer}}}`,
      ...{ traceparent: null, created_at: Date.UTC(2026, 0, 1) + this.server.now },
      ...{ attempts: 0, nextAttemptAt: undefined },
    });
    return event;
  }

  end(event: EventRecord, how: 'committed' | 'rolled-back'): void {
    const row = this.#open.get(event);
    if (!row) return;
    this.#open.delete(event);
    this.#events.ended(event, how);
    if (how === 'committed') this.rows.set(row.position, row);
  }

  /** What `npm run outbox -- replay` does: parked rows get their old place. */
  replayParked(): void {
    for (const row of this.parked.values()) {
      this.rows.set(row.position, { ...row, attempts: 0, nextAttemptAt: undefined });
      this.#events.replayed(row.event_id);
    }
    this.parked.clear();
  }

  /** The table, for the relay that calls. */
  readonly outbox: Outbox = {
    openPass: async ({ partitions, rows, heldBack }) => {
      const snapshot = await this.server.call('pass', () => this.#snapshot(new Set(partitions), heldBack));
      const fetch = () =>
        snapshot.splice(0, rows).map((row): OutboxRow => ({
          ...row,
          wait_ms: row.nextAttemptAt === undefined ? null : row.nextAttemptAt - this.server.now,
        }));
      let fetched = fetch();
      let last = fetched.length < rows;
      return {
        next: async () => {
          if (fetched.length === 0 && !last) {
            fetched = await this.server.call('fetch', fetch);
            last = fetched.length < rows;
          }
          return fetched.splice(0);
        },
        get ended() {
          return last && fetched.length === 0;
        },
        close: () => this.server.call('end of pass', () => {}).catch(() => {}),
      };
    },
    settle: (positions) =>
      this.server.call('settle', () => {
        let settled = 0;
        for (const position of positions) {
          const row = this.rows.get(position);
          if (!row) continue;
          this.rows.delete(position);
          this.#events.settled(row.event_id);
          settled++;
        }
        return settled;
      }),
    park: (rows) =>
      this.server.call('park', () => {
        for (const { position } of rows) {
          const row = this.rows.get(position);
          if (!row) continue;
          this.rows.delete(position);
          this.parked.set(position, row);
        }
      }),
    postpone: (rows) =>
      this.server.call('postpone', () => {
        for (const { position, delayMs } of rows) {
          const row = this.rows.get(position);
          if (!row) continue;
          const nextAttemptAt = this.server.now + delayMs;
          this.rows.set(position, { ...row, attempts: row.attempts + 1, nextAttemptAt });
        }
      }),
  };

  #snapshot(partitions: ReadonlySet<number>, heldBack: HeldBack | undefined): StoredRow[] {
    const rows: StoredRow[] = [];
    for (const row of this.rows.values()) {
      if (partitions.has(row.partition) && !this.#isBehindParked(row)) rows.push(row);
    }
    rows.sort((one, other) => one.number - other.number);
    return heldBack ? this.#leavingOut(rows, heldBack) : rows;
  }

  #leavingOut(rows: readonly StoredRow[], { routes, trials }: HeldBack): StoredRow[] {
    const held = new Set<string>();
    return rows.filter((row) => {
      const waits =
        (row.nextAttemptAt ?? 0) > this.server.now ||
        routes.some(
          ({ exchange, routing_key = row.routing_key }) =>
            exchange === row.exchange && routing_key === row.routing_key,
        );
      if (waits && !trials.includes(row.position)) held.add(row.ordering_key);
      return !held.has(row.ordering_key);
    });
  }

  #isBehindParked(row: StoredRow): boolean {
    for (const parked of this.parked.values())
      if (parked.ordering_key === row.ordering_key && parked.number < row.number) return true;
    return false;
  }
}
