import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { percentile, Progress, table } from './display.ts';
import { metricsOf } from '../metrics-of.ts';
import { growth, readCounters } from './counters.ts';
import { RunningSystem } from './running-system.ts';

const usage = `Usage: npm run demo -- [options]        on a running system: npm start, or docker compose up

Places orders for some new customers, and shows how they go through the outbox and the queue until they are counted.

  --orders N        how many (default 500)
  --customers N     for how many customers (default 5)
  --clients N       how many orders are on their way at once (default 10)
  --help

Environment: ORDER_PORT (3001), CUSTOMER_PORT (3002), RELAY_PORT (3003), WORKER_PORT (3004), as for npm start,
and WORKER_PORTS (3004-3013), as for Compose.`;

const values = parameters();
if (values.help) {
  console.log(usage);
  process.exit(0);
}
const [orders, customers, clients] = [values.orders, values.customers, values.clients].map((text) => {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= 1_000_000) return number;
  console.error(`"${text}" is no number from 1 to 1000000.\n\n${usage}`);
  process.exit(2);
}) as [number, number, number];

function parameters() {
  try {
    return parseArgs({
      options: {
        orders: { type: 'string', default: '500' },
        customers: { type: 'string', default: '5' },
        clients: { type: 'string', default: '10' },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    process.exit(2);
  }
}

/** How often the counts are looked at, in milliseconds: the resolution of the latencies. */
const lookEveryMs = 10;
/** Without any progress for this long, the demo gives up and says so. */
const patienceMs = 60_000;

const system = RunningSystem.fromEnvironment(process.env);
const problem = await system.problem();
if (problem) {
  console.error(`${problem}\nStart the system first: npm start, or docker compose up -d --build --wait`);
  process.exit(1);
}

const ids = await Promise.all(
  Array.from({ length: customers }, (_, i) => system.createCustomer(`Demo customer ${i + 1}`)),
);
/** By customer: when each of its orders was accepted, in that order. An order is counted when the count reaches it. */
const acceptedAt = new Map<number, number[]>(ids.map((id) => [id, []]));
const counted = new Map<number, number>(ids.map((id) => [id, 0]));
const latencies: number[] = [];
const refused = new Map<string, number>();
const before = {
  relay: await readCounters([system.relayUrl]),
  workers: await readCounters(system.workerUrls),
};

let sent = 0;
let accepted = 0;
let backlog: number | undefined;
const sum = (numbers: Iterable<number>) => [...numbers].reduce((total, number) => total + number, 0);
const progress = new Progress(orders, () => ({
  accepted,
  counted: sum(counted.values()),
  note: backlog === undefined ? '' : `outbox ${String(backlog).padStart(5)}`,
}));

async function placeOrders(): Promise<void> {
  while (sent < orders) {
    const id = ids[sent++ % ids.length]!;
    const status = await system.placeOrder(id);
    if (status === 201) {
      accepted++;
      acceptedAt.get(id)!.push(performance.now());
    } else refused.set(String(status), (refused.get(String(status)) ?? 0) + 1);
  }
}

async function watchCustomer(id: number, isDone: () => boolean): Promise<void> {
  while (!isDone()) {
    const count = await system.ordersCount(id);
    const now = performance.now();
    const times = acceptedAt.get(id)!;
    for (let order = counted.get(id)!; order < Math.min(count ?? 0, times.length); order++) {
      latencies.push(now - times[order]!);
      counted.set(id, order + 1);
    }
    await delay(lookEveryMs);
  }
}

async function watchBacklog(isDone: () => boolean): Promise<void> {
  while (!isDone()) {
    backlog = (await metricsOf(system.relayUrl)).get('outbox_backlog_rows');
    await delay(200);
  }
}

const startedAt = performance.now();
let placed = false;
let lastProgressAt = startedAt;
let gaveUp = false;
const isDone = () => {
  const total = sum(counted.values());
  if (total !== latestCount) [latestCount, lastProgressAt] = [total, performance.now()];
  gaveUp ||= placed && performance.now() - lastProgressAt > patienceMs;
  return gaveUp || (placed && total >= accepted);
};
let latestCount = 0;
progress.start();
const watching = [...ids.map((id) => watchCustomer(id, isDone)), watchBacklog(isDone)];
await Promise.all(Array.from({ length: clients }, placeOrders));
placed = true;
lastProgressAt = performance.now();
await Promise.all(watching);
progress.stop();
const seconds = (performance.now() - startedAt) / 1_000;

const settled = await system.relayCaughtUp();
const after = {
  relay: await readCounters([system.relayUrl]),
  workers: await readCounters(system.workerUrls),
};
console.log(
  table([
    ['orders accepted', `${accepted} in ${seconds.toFixed(1)} s`],
    ...[...refused].map(([status, count]) => [`orders answered ${status}`, String(count)] as const),
    ['events published', growth(before.relay, after.relay, 'outbox_settled_total')],
    ['orders counted', String(sum(counted.values()))],
    [
      'duplicates dropped',
      growth(before.workers, after.workers, 'events_consumed_total{outcome="duplicate"}'),
    ],
    ['left in the outbox', settled ? '0' : 'some: see npm start or docker compose logs outbox_relay'],
    ['order to count, p50', `${percentile(latencies, 0.5).toFixed(0)} ms`],
    ['order to count, p99', `${percentile(latencies, 0.99).toFixed(0)} ms`],
  ]),
);
if (gaveUp)
  console.error(`Not all orders were counted within ${patienceMs / 1_000} s: see the logs of the worker.`);
process.exit(gaveUp || refused.size > 0 ? 1 : 0);
