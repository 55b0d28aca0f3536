/**
 * Places orders at a steady rate, as the order service does and by its own code, consumes the queue, and prints how long
 * each event took on its way. A process of its own, so that nothing else delays its clock.
 */
import { placeOrder } from '@event-sync/order-service/orders/place-order.ts';
import { OrderWriter } from '@event-sync/order-service/orders/order-writer.ts';
import { storeOrders } from '@event-sync/order-service/orders/store-order.ts';
import { outboxChannel, Hint } from '@event-sync/outbox/hint.ts';
import amqp from 'amqplib';
import knexFactory from 'knex';
import { setTimeout as delay } from 'node:timers/promises';
import { percentile, rounded } from '../../statistics.ts';
import { keys } from '../events.ts';
import type { Latency } from '../latency.ts';
import { Queue } from '../queue.ts';
import { databaseConfig, required } from '../../contender-environment.ts';

const ordersPerSecond = 200;
/** Placed, and not counted: until everything on the way is compiled. */
const warmUp = 2 * ordersPerSecond;
const orders = warmUp + Number(required('BENCH_SECONDS')) * ordersPerSecond;

const knex = knexFactory({ client: 'pg', connection: databaseConfig(), pool: { min: 0, max: 10 } });
const hint = new Hint(() => knex.raw(`NOTIFY ${outboxChannel}`));
const customers = { exists: async () => 'exists' as const };

/** By event id; milliseconds of our clock. */
const committedAt = new Map<string, number>();
const receivedAt = new Map<string, number>();

const connection = await amqp.connect(required('RABBITMQ_URL'));
const channel = await connection.createChannel();
await channel.consume(
  Queue.queueName,
  (message) => {
    const id = message?.properties.messageId as string;
    if (!receivedAt.has(id)) receivedAt.set(id, performance.now());
  },
  { noAck: true },
);

const writer = new OrderWriter((orders) => storeOrders(knex, orders));
const counted: string[] = [];
async function place(number: number): Promise<void> {
  const outcome = await placeOrder(
    { customers, hint, store: (order) => writer.store({ order }) },
    {
      customer_id: String((number % keys) + 1),
      product_name: 'Benchmark product',
      quantity: 1,
      price: '9.99',
      status: 'pending',
    },
  );
  if (outcome.kind !== 'placed') throw new Error(outcome.kind);
  committedAt.set(outcome.eventId, performance.now());
  if (number >= warmUp) counted.push(outcome.eventId);
}

// By the clock and not one after the other: an order that takes long must not hide that others would have waited.
const placing: Promise<void>[] = [];
const beganAt = performance.now();
for (let number = 0; number < orders; number++) {
  const wait = beganAt + (number * 1_000) / ordersPerSecond - performance.now();
  if (wait > 0) await delay(wait);
  placing.push(place(number));
}
await Promise.all(placing);
const deadline = performance.now() + 30_000;
while (receivedAt.size < orders || (await settled()) < orders) {
  if (performance.now() > deadline)
    throw new Error(`${receivedAt.size} of ${orders} events came within 30 s`);
  await delay(50);
}

async function settled(): Promise<number> {
  const { rows } = await knex.raw<{ rows: { count: number }[] }>(
    'SELECT count(*)::int AS count FROM outbox_published',
  );
  return rows[0]!.count;
}

/** Postgres' clock minus ours, in milliseconds, by the quickest of some questions. */
async function clockDifference(): Promise<number> {
  let best = { took: Infinity, difference: 0 };
  for (let i = 0; i < 50; i++) {
    const asked = performance.now();
    const { rows } = await knex.raw<{ rows: { now: number }[] }>(
      'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now',
    );
    const took = performance.now() - asked;
    if (took < best.took) best = { took, difference: rows[0]!.now - (asked + took / 2) };
  }
  return best.difference;
}

const difference = await clockDifference();
const { rows } = await knex.raw<{ rows: { event_id: string; at: number }[] }>(
  'SELECT event_id, (extract(epoch FROM published_at) * 1000)::float8 AS at FROM outbox_published',
);
const settledAt = new Map(rows.map(({ event_id, at }) => [event_id, at - difference]));

/** The relay can be quicker than the answer to our COMMIT: then nobody waited. */
const since = (moments: Map<string, number>) => {
  const latencies = counted.map((id) => Math.max(0, moments.get(id)! - committedAt.get(id)!));
  return { p50: rounded(percentile(latencies, 0.5), 2), p99: rounded(percentile(latencies, 0.99), 2) };
};
const result: Latency = {
  orders: counted.length,
  orders_per_s: ordersPerSecond,
  commit_to_confirm_ms: since(settledAt),
  commit_to_consumer_ms: since(receivedAt),
};
console.log(JSON.stringify(result));
process.exit(0);
