import { eventsExchange } from '@event-sync/contracts/topology.ts';
import { orderCreated } from '@event-sync/contracts/events/order-created.ts';
import { expect } from 'chai';
import { eventually } from '../../world/eventually.ts';
import { World } from '../../world/world.ts';

export interface LargeAudit {
  readonly checked: Readonly<Record<string, number>>;
  readonly drift: Readonly<Record<string, number>>;
  readonly seconds: number;
  /** The most that the audit's process ever had, in MiB. */
  readonly residentMiB: number;
}

interface Options {
  orders: number;
  customers: number;
  /** Events that were published and never applied: the last ones. */
  lost: number;
  onProgress?: (text: string) => void;
}

/** As many orders as are asked for, made by SQL as the services would have left them, with every customer cached. */
export async function largeAudit({
  orders,
  customers,
  lost,
  onProgress = () => {},
}: Options): Promise<{ empty: LargeAudit; full: LargeAudit }> {
  const world = await World.create();
  try {
    await world.start('customerWeb');
    // It makes the queues.
    await (await world.start('customerWorker')).stop();
    const empty = await measuredAudit(world);
    onProgress(`audited the empty system: ${empty.residentMiB.toFixed(0)} MiB`);
    await fill(world, { orders, customers, lost });
    onProgress(`${orders} orders of ${customers} customers made`);
    for (let id = 1; id <= customers; id += cachedAtOnce) {
      const ids = Array.from(
        { length: Math.min(cachedAtOnce, customers - id + 1) },
        (_, index) => id + index,
      );
      await Promise.all(ids.map((each) => world.customer(each)));
    }
    // What a request has filled is there a moment after its answer.
    await eventually(async () => expect(await cached(world)).to.equal(customers));
    onProgress(`${customers} customers cached`);
    return { empty, full: await measuredAudit(world) };
  } finally {
    await world.destroy();
  }
}

const cachedAtOnce = 50;

const cached = async (world: World): Promise<number> =>
  (await world.redis.keys('customer:*')).filter((key) => !key.endsWith(':fence')).length;

/** @param options as in `largeAudit` */
async function fill(world: World, { orders, customers, lost }: Omit<Options, 'onProgress'>): Promise<void> {
  // By the order's number, a UUID that looks like one of version 7: the ids of a system grow with time as well.
  const eventId = `('019ac0de-' || lpad(to_hex(number >> 16), 4, '0') || '-7000-8000-' || lpad(to_hex(number), 12, '0'))::uuid`;
  const customerOf = `1 + number % ${customers}`;
  const numbers = `generate_series(1, ${orders}::bigint) AS number`;
  const { event, version, routingKey } = orderCreated;
  await withoutLimits(world.orderDb, [
    `INSERT INTO orders (id, customer_id, product_name, quantity, price, total_amount, status) OVERRIDING SYSTEM VALUE
     SELECT number, ${customerOf}, 'Laptop', 1, 9.99, 9.99, 'pending' FROM ${numbers}`,
    `INSERT INTO outbox_published
       (position, event_id, ordering_key, type, version, exchange, routing_key, body, created_at)
     SELECT number, ${eventId}, 'customer:' || ${customerOf}, '${event}', ${version}, '${eventsExchange}', '${routingKey}',
            json_build_object('id', ${eventId}, 'event', '${event}', 'version', ${version}, 'timestamp', now(), 'data',
              json_build_object('order_id', number, 'customer_id', ${customerOf}, 'product_name', 'Laptop', 'quantity', 1,
                                'price', '9.99', 'total_amount', '9.99', 'status', 'pending')), now()
     FROM ${numbers}`,
    'ANALYZE',
  ]);
  await withoutLimits(world.customerDb, [
    `INSERT INTO inbox (event_id) SELECT ${eventId} FROM ${numbers} WHERE number <= ${orders - lost}`,
    `INSERT INTO customers (id, name, address, orders_count)
     SELECT ${customerOf}, 'Customer', 'Calle 123, Ciudad', count(*) FILTER (WHERE number <= ${orders - lost})
     FROM ${numbers} GROUP BY 1`,
    'ANALYZE',
  ]);
}

async function withoutLimits(pool: World['orderDb'], statements: readonly string[]): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('SET statement_timeout = 0');
    for (const statement of statements) await client.query(statement);
  } finally {
    client.release(true);
  }
}

/** The heap is that of docker-compose.yml. */
async function measuredAudit(world: World): Promise<LargeAudit> {
  const run = world.run('auditor/main.ts', ['--json'], {
    settingsOf: 'auditor',
    nodeOptions: ['--max-semi-space-size=8', '--max-old-space-size=128'],
  });
  const { code } = await run.exited;
  expect(code, run.logs()).to.be.oneOf([0, 1]);
  return JSON.parse(run.logs()) as LargeAudit;
}
