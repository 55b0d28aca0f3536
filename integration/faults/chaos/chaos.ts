import { expect } from 'chai';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../../world/eventually.ts';
import { recentLogs, World } from '../../world/world.ts';
import { request } from '../../world/http.ts';
import { Clients } from '../clients.ts';
import { Seeded } from '../seeded.ts';
import { judge, quiesce, type Verdict } from '../verdict.ts';
import { Ground } from './ground.ts';
import { faultKinds } from './kinds.ts';
import { Traces, type Counts } from './traces.ts';

export interface Inflicted {
  readonly kind: string;
  readonly detail: string | undefined;
  /** Seconds since the beginning. */
  readonly at: number;
  readonly lastedMs: number;
  /** From its end until an order of each of some customers, placed then, was counted. */
  readonly recoveryMs: number;
}

export interface ChaosReport {
  readonly faults: readonly Inflicted[];
  readonly verdict: Verdict;
  readonly counts: Counts;
  /** From the last answer until everything was counted. */
  readonly restMs: number;
  readonly statuses: ReadonlyMap<string, number>;
  /** Why the run shows nothing: something that had to happen never did. */
  readonly void: readonly string[];
}

const customers = Array.from({ length: 40 }, (_, index) => index + 1);
/**
 * Nobody else orders for them: their orders tell when the system is whole again. So many, that hardly a relay has the
 * partitions of none of them.
 */
const probeCustomers = [901, 902, 903, 904, 905, 906, 907, 908];
const recoveryLimitMs = 60_000;
const roundsMoreAtMost = 2;

/**
 * A whole system under a steady rate of orders, hurt in every way that is known, one after the other in an order that
 * the seed decides, until the time is over and each kind of fault has happened often enough.
 */
export async function chaos({
  minutes,
  rate,
  seed,
  each = 1,
  kinds = Object.keys(faultKinds),
  onFault = () => {},
}: {
  minutes: number;
  /** Orders a second. */
  rate: number;
  seed: number;
  /** Times that each kind of fault happens at the least. */
  each?: number;
  /** Those of `faultKinds` that happen: all. */
  kinds?: readonly string[];
  onFault?: (fault: Inflicted) => void;
}): Promise<ChaosReport> {
  const random = new Seeded('chaos', seed);
  const ground = await Ground.prepare(await World.create(), [...customers, ...probeCustomers]);
  const { world } = ground;
  try {
    const clients = new Clients({
      world,
      random: new Seeded('clients', seed),
      customers,
      name: 'chaos',
      rate,
    });
    const traces = new Traces(ground);
    const faults: Inflicted[] = [];
    const startedAt = performance.now();
    // A run that would be void goes on for a while: what has not happened yet is mostly a matter of chance.
    const isOver = (round: number) =>
      performance.now() - startedAt > minutes * 60_000 &&
      (round >= each + roundsMoreAtMost || Object.values(traces.counts()).every((count) => count > 0));
    traces.start();
    clients.start();
    try {
      for (let round = 0; round < each || !isOver(round); round++) {
        for (const kind of shuffled(kinds, random)) {
          if (round >= each && isOver(round)) break;
          const fault = await inflict(ground, kind, random, startedAt);
          faults.push(fault);
          onFault(fault);
          await delay(random.between(200, 1_000));
        }
      }
    } finally {
      await clients.stop();
    }
    const endedAt = performance.now();
    await quiesce(world, { withinMs: 120_000 });
    const restMs = performance.now() - endedAt;
    const counts = await traces.stop();
    const verdict = await judge(world, clients.log);
    const never = [
      ...kinds.filter((kind) => faults.filter((fault) => fault.kind === kind).length < each),
      ...Object.entries({ ...counts, repeated: verdict.repeated })
        .filter(([, count]) => count === 0)
        .map(([what]) => what),
    ];
    return { faults, verdict, counts, restMs, statuses: clients.statuses, void: never };
  } catch (error) {
    // Before the processes are gone, and their logs with them.
    throw new Error(`${(error as Error).message}\n\n${recentLogs()}`, { cause: error });
  } finally {
    await ground.end();
  }
}

async function inflict(ground: Ground, kind: string, random: Seeded, startedAt: number): Promise<Inflicted> {
  const from = performance.now();
  const detail = await faultKinds[kind]!(ground, random);
  const healed = performance.now();
  try {
    const key = `after-${Math.round(from)}`;
    await Promise.all(probeCustomers.map((customer) => countedAgain(ground.world, customer, key)));
  } catch (error) {
    throw new Error(`after "${kind}" (${detail ?? 'all of it'}): ${(error as Error).message}`, {
      cause: error,
    });
  }
  return {
    kind,
    detail: detail ?? undefined,
    at: Math.round((from - startedAt) / 1_000),
    lastedMs: Math.round(healed - from),
    recoveryMs: Math.round(performance.now() - healed),
  };
}

/** Until an order that is placed now is counted: the whole way works again. */
async function countedAgain(world: World, customer: number, key: string): Promise<void> {
  const eventId = await eventually(
    async () => {
      const answer = await request(world.url('orderService', '/orders'), {
        headers: { 'Idempotency-Key': `${key}-${customer}` },
        json: {
          order: { customer_id: customer, product_name: key, quantity: 1, price: 9.99 },
        },
      });
      expect(answer.status, 'the answer to an order').to.equal(201);
      return answer.headers.get('event-id');
    },
    { withinMs: recoveryLimitMs },
  );
  await eventually(
    async () => {
      const { rows } = await world.customerDb.query('SELECT FROM inbox WHERE event_id = $1', [eventId]);
      expect(rows.length, `event ${eventId} of the order placed after it, in the inbox`).to.equal(1);
    },
    { withinMs: recoveryLimitMs },
  ).catch(async (error: unknown) => {
    throw new Error(`${(error as Error).message}; ${await whereabouts(world, eventId)}`, { cause: error });
  });
}

/** Where an event stands that does not arrive. */
async function whereabouts(world: World, eventId: string | null): Promise<string> {
  const { rows } = await world.orderDb.query<{ place: string }>(
    `SELECT 'in the outbox, partition ' || partition || ' of ' || coalesce(owner::text, 'nobody') || ' for '
            || (owned_until - clock_timestamp()) || ', attempts ' || attempts || ', next at ' || coalesce(next_attempt_at::text, 'once')
              AS place
     FROM outbox JOIN outbox_partition USING (partition) WHERE event_id = $1
     UNION ALL SELECT 'published' FROM outbox_published WHERE event_id = $1`,
    [eventId],
  );
  return rows.map(({ place }) => place).join(', ') || 'nowhere to be found';
}

function shuffled<T>(items: readonly T[], random: Seeded): T[] {
  return items
    .map((item) => ({ item, place: random.between(0, 1e9) }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
}
