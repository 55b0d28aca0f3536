import { storeOrder } from '@event-sync/order-service/orders/store-order.ts';
import type { Service } from '@event-sync/stack/services.ts';
import { expect } from 'chai';
import { eventually } from '../world/eventually.ts';
import { withKnex, type ServiceName, type World } from '../world/world.ts';
import type { CrashPoint, Scene } from './crash-points.ts';

/** Settings of the process that is to die. */
export function settingsOf({ process, scene }: CrashPoint): Record<string, string> {
  if (scene === 'oversized-order') return { OUTBOX_MAX_MESSAGE_BYTES: '1000' };
  if (scene === 'old-rows' && process === 'customerWorker') return { INBOX_HOUSEKEEPING_CRON: '* * * * * *' };
  return {};
}

/** Ids that no test and no client uses. */
let nextCustomer = 1_000;

/** What has to happen, beside the clients' orders, for a point to be passed. */
export class Staging {
  readonly #world: World;
  readonly #process: ServiceName;
  readonly #scene: Scene | undefined;
  readonly #toCreate: number[] = [];
  #anotherRelay: Service | undefined;
  #noting: NodeJS.Timeout | undefined;

  constructor(world: World, { process, scene }: CrashPoint) {
    this.#world = world;
    this.#process = process;
    this.#scene = scene;
  }

  /** While the process that is to die is down. */
  async prepare(): Promise<void> {
    switch (this.#scene) {
      case 'oversized-order':
        for (const customer of [nextCustomer++, nextCustomer++]) {
          await this.#world.putCustomer(customer);
          await appendOrder(this.#world, customer, '📦'.repeat(250));
        }
        break;
      case 'order-without-customer':
        this.#toCreate.push(nextCustomer++, nextCustomer++, nextCustomer++);
        for (const customer of this.#toCreate) await appendOrder(this.#world, customer, 'Laptop');
        break;
      case 'old-rows':
        if (this.#process === 'outboxRelay') await addOldEvents(this.#world);
        else await addOldIds(this.#world);
        break;
      case 'due-evictions':
      case 'hand-over':
      case undefined:
    }
  }

  /** When the process that is to die runs. */
  async play(): Promise<void> {
    // Again and again: the web process sweeps as well, and whoever changes a customer settles what is due of it.
    if (this.#scene === 'due-evictions')
      this.#noting = setInterval(() => void noteEvictions(this.#world), 20);
    if (this.#scene !== 'hand-over') return;
    // Two that start together share from the beginning, and nothing is handed over.
    await eventually(async () => {
      const { rows } = await this.#world.orderDb.query('SELECT FROM outbox_partition WHERE owner IS NULL');
      expect(rows, 'partitions that the relay has not taken yet').to.have.length(0);
    });
    this.#anotherRelay = await this.#world.startAnother('outboxRelay');
  }

  /** When it has died: what it takes to come to rest again. */
  async end(): Promise<void> {
    clearInterval(this.#noting);
    for (const customer of this.#toCreate.splice(0)) await this.#world.putCustomer(customer);
    await this.#anotherRelay?.stop();
    if (this.#scene === 'oversized-order') await replayParked(this.#world);
  }
}

async function noteEvictions(world: World): Promise<void> {
  await world.customerDb
    .query(
      `INSERT INTO pending_evictions (customer_id, version) SELECT id, version FROM customers WHERE id <= 3
       ON CONFLICT DO NOTHING`,
    )
    .catch(() => {});
}

/** Past the order service, which would refuse it. */
async function appendOrder(world: World, customer: number, product: string): Promise<void> {
  await withKnex(world.addresses.postgresOrder, (knex) =>
    knex.transaction((trx) =>
      storeOrder(trx, {
        customer_id: String(customer),
        product_name: product,
        quantity: 1,
        price: '9.99',
        status: 'pending',
      }),
    ),
  );
}

/** As a person does, when the limit that was too low has been raised. */
async function replayParked(world: World): Promise<void> {
  const parameters = ['replay', '--parked', '--who', 'sweep', '--why', 'the limit is raised'];
  const replay = world.run('outbox-relay/outbox.main.ts', parameters);
  const { code } = await replay.exited;
  if (code !== 0) throw new Error(`npm run outbox -- ${parameters.join(' ')}: ${replay.logs()}`);
}

/** What the relay's housekeeping has to take away: rows, and a day's table. */
async function addOldEvents(world: World): Promise<void> {
  await world.orderDb.query(`
    INSERT INTO outbox_published_rest (position, event_id, ordering_key, type, version, exchange, routing_key, body,
                                       created_at, published_at)
    SELECT -number, gen_random_uuid(), 'old', 'order_created', 1, 'events', 'order.created', '{}',
           now() - interval '10 days', now() - interval '10 days'
    FROM generate_series(1, 5) AS number`);
  await world.orderDb.query(`
    CREATE TABLE IF NOT EXISTS outbox_published_20200101 PARTITION OF outbox_published
    FOR VALUES FROM ('2020-01-01T00:00:00Z') TO ('2020-01-02T00:00:00Z')`);
}

/** What the worker's has to take away. */
async function addOldIds(world: World): Promise<void> {
  await world.customerDb.query(
    `INSERT INTO inbox (event_id, applied_at)
     SELECT gen_random_uuid(), now() - interval '100 days' FROM generate_series(1, 5)`,
  );
}
