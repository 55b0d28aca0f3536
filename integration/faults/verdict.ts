import { orderEventsQueue, retryQueue } from '@event-sync/contracts/topology.ts';
import { expect } from 'chai';
import { expectDrift } from '../world/audit.ts';
import { eventually } from '../world/eventually.ts';
import type { World } from '../world/world.ts';
import type { Asked } from './clients.ts';
import { arrivals } from './tap.ts';

/** What the clients and the queue say of a run, in numbers. */
export interface Verdict {
  readonly accepted: number;
  readonly unknown: number;
  /** Messages that arrived; and those among them that had arrived before. */
  readonly arrived: number;
  readonly repeated: number;
}

/** Waits until nothing is under way: every event is counted, parked or a dead letter, and nothing waits to be evicted. */
export async function quiesce(world: World, { withinMs = 60_000 } = {}): Promise<void> {
  await eventually(
    async () => {
      expect(await world.rowsIn('outbox'), 'rows in the outbox').to.equal(0);
      for (const queue of [orderEventsQueue, retryQueue])
        expect(await world.rabbit.ready(queue), `messages in ${queue}`).to.equal(0);
      // What was replayed stands in the history once more.
      const { rows } = await world.orderDb.query<{ events: number }>(
        'SELECT count(DISTINCT event_id)::int AS events FROM outbox_published',
      );
      expect(await world.rowsIn('inbox'), 'events that were applied').to.be.at.least(rows[0]!.events);
      expect(await world.rowsIn('pending_evictions'), 'evictions that are due').to.equal(0);
    },
    { withinMs },
  );
}

/**
 * Holds a run against its promises, when it has come to rest: the audit finds no difference, and
 * - an order that was answered with 201 is there, once (nothing lost);
 * - no order is there twice, whatever was answered (nothing doubled);
 * - every message tells of an event that was committed (no ghosts);
 * - of each customer, events arrived for the first time in the order in which they were committed.
 */
export async function judge(world: World, log: readonly Asked[]): Promise<Verdict> {
  return { ...(await judgeOrders(world, log)), ...(await judgeArrivals(world)) };
}

/** The first two of these promises, and the audit: what holds even where a replay has changed the order. */
export async function judgeOrders(
  world: World,
  log: readonly Asked[],
): Promise<Pick<Verdict, 'accepted' | 'unknown'>> {
  // What could not be evicted is noted after it is counted, and swept within a second. What is wrong stays wrong.
  await eventually(() => expectDrift(world, []), { withinMs: 10_000 });
  const { rows } = await world.orderDb.query<{ token: string; stored: number }>(
    'SELECT product_name AS token, count(*)::int AS stored FROM orders WHERE product_name = ANY($1) GROUP BY 1',
    [log.map(({ token }) => token)],
  );
  const stored = new Map(rows.map((row) => [row.token, row.stored]));
  const tokensOf = (those: (asked: Asked, times: number) => boolean) =>
    log.filter((asked) => those(asked, stored.get(asked.token) ?? 0)).map(({ token }) => token);
  expect(
    tokensOf(({ answer }, times) => answer === 'accepted' && times === 0),
    'accepted and lost',
  ).to.deep.equal([]);
  expect(
    tokensOf((_, times) => times > 1),
    'stored twice',
  ).to.deep.equal([]);
  expect(
    tokensOf(({ answer }, times) => answer === 'refused' && times > 0),
    'refused and stored',
  ).to.deep.equal([]);
  return {
    accepted: tokensOf(({ answer }) => answer === 'accepted').length,
    unknown: tokensOf(({ answer }) => answer === 'unknown').length,
  };
}

async function judgeArrivals(world: World): Promise<Pick<Verdict, 'arrived' | 'repeated'>> {
  const { rows } = await world.orderDb.query<{ event_id: string; ordering_key: string }>(
    'SELECT event_id, ordering_key FROM outbox_published ORDER BY position',
  );
  const committed = new Map(
    rows.map(({ event_id, ordering_key }, place) => [event_id, { ordering_key, place }]),
  );
  const last = new Map<string, { place: number; eventId: string }>();
  const seen = new Set<string>();
  const ghosts: string[] = [];
  const late: { eventId: string; after: string }[] = [];
  const all = await arrivals(world);
  for (const { eventId } of all) {
    const event = committed.get(eventId);
    if (!event) ghosts.push(eventId);
    else if (!seen.has(eventId)) {
      const before = last.get(event.ordering_key);
      if (before && event.place < before.place) late.push({ eventId, after: before.eventId });
      last.set(event.ordering_key, { place: event.place, eventId });
    }
    seen.add(eventId);
  }
  expect(ghosts, 'published, but never committed').to.deep.equal([]);
  expect(
    await trulyLate(world, late),
    'arrived after one of their key that was committed later',
  ).to.deep.equal([]);
  return { arrived: all.length, repeated: all.length - seen.size };
}

/**
 * The tap has not seen what arrived while it was unbound: it may take a repetition for the first arrival. What the
 * worker has applied before the other has come before it. Of two that it applied in one transaction the tap alone speaks.
 */
async function trulyLate(
  world: World,
  late: readonly { eventId: string; after: string }[],
): Promise<string[]> {
  const { rows } = await world.customerDb.query<{ event_id: string }>(
    `SELECT late.event_id
     FROM unnest($1::uuid[], $2::uuid[]) AS late (event_id, after_id)
     JOIN inbox AS this ON this.event_id = late.event_id JOIN inbox AS other ON other.event_id = late.after_id
     WHERE this.applied_at >= other.applied_at`,
    [late.map(({ eventId }) => eventId), late.map(({ after }) => after)],
  );
  return rows.map(({ event_id }) => event_id);
}
