import { deadLetterQueue, orderEventsQueue } from '@event-sync/contracts/topology.ts';
import type { Service } from '@event-sync/stack/services.ts';
import { expect } from 'chai';
import { eventually } from './world/eventually.ts';
import { endBackends, lockTable, waitsForLock, waitsToSettle } from './world/locks.ts';
import { Clients } from './faults/clients.ts';
import { Seeded } from './faults/seeded.ts';
import { judgeOrders, quiesce } from './faults/verdict.ts';
import { World, type ServiceName } from './world/world.ts';

describe('a process that ends', () => {
  let world: World;
  let customerWeb: Service;
  let orderService: Service;
  beforeEach(async () => {
    world = await World.create();
    [customerWeb, orderService] = await Promise.all([
      world.start('customerWeb'),
      world.start('orderService'),
    ]);
    await world.putCustomer(1);
  });
  afterEach(() => world.destroy());

  it('relay, between the confirm and the settling: the event is sent twice and counted once', async () => {
    // The worker makes the queue, and is away for the rest of the scene.
    const first = await world.start('customerWorker');
    await first.stop();
    const release = await lockTable(world.orderDb, 'outbox_published');
    const relay = await world.start('outboxRelay');
    expect((await world.placeOrder({ customer_id: 1 })).status).to.equal(201);
    await eventually(async () => expect(await world.rabbit.ready(orderEventsQueue)).to.equal(1));
    await waitsToSettle(world.orderDb);
    await relay.kill();
    await endBackends(world.orderDb, 'outbox-relay');
    await release();
    expect(await world.rowsIn('outbox'), 'confirmed, but not settled').to.equal(1);

    await world.start('outboxRelay');
    await eventually(async () => expect(await world.rabbit.ready(orderEventsQueue)).to.equal(2));
    await eventually(async () => expect(await world.rowsIn('outbox')).to.equal(0));
    const worker = await world.start('customerWorker');
    await eventually(async () => {
      expect(await world.metric(worker, 'events_consumed_total{outcome="duplicate"')).to.equal(1);
    });
    expect(await world.countOf(1)).to.equal(1);
  });

  it('worker, between the commit and the acknowledgement: the event comes again and is not counted again', async () => {
    const worker = await world.start('customerWorker');
    await world.start('outboxRelay');
    await world.cacheCustomer(1);
    // With Redis and the notes out of reach the worker stands right after its commit, before eviction and ack.
    const release = await lockTable(world.customerDb, 'pending_evictions');
    await world.servers.control.redis.pause();
    try {
      await eventually(async () => expect((await world.placeOrder({ customer_id: 1 })).status).to.equal(201));
      await eventually(async () => expect(await world.countOf(1)).to.equal(1));
      await waitsForLock(world.customerDb, 'customer-worker');
      await worker.kill();
      await endBackends(world.customerDb, 'customer-worker');
    } finally {
      await world.servers.control.redis.resume();
      await release();
    }
    await eventually(async () => expect(await world.rabbit.ready(orderEventsQueue)).to.equal(1));
    expect(await world.rowsIn('pending_evictions')).to.equal(0);
    // Redis found the eviction in its socket when it woke up: put the old value back, as if the crash had come first.
    const old = { ...(await world.customer(1)).body, orders_count: 0, has_orders: false, version: '1' };
    await world.redis.set('customer:1', JSON.stringify(old));

    const next = await world.start('customerWorker');
    await eventually(async () => {
      expect(await world.metric(next, 'events_consumed_total{outcome="duplicate"')).to.equal(1);
    });
    expect(await world.countOf(1)).to.equal(1);
    await eventually(async () =>
      expect((await world.customer(1)).body.orders_count, 'evicted on the duplicate path').to.equal(1),
    );
  });

  it('order service, cut off from Postgres before the commit: neither the order nor its event is there', async () => {
    const release = await lockTable(world.orderDb, 'outbox');
    const answer = world.placeOrder({ customer_id: 1 }).catch(() => undefined);
    await waitsForLock(world.orderDb, 'order-service');
    await endBackends(world.orderDb, 'order-service');
    await release();
    expect((await answer)?.status).to.equal(503);
    expect(await world.rowsIn('orders')).to.equal(0);
    expect(await world.rowsIn('outbox')).to.equal(0);
  });

  it('each of them once under load: every order answered with 201 is counted exactly once', async () => {
    let { relay, worker } = {
      relay: await world.start('outboxRelay'),
      worker: await world.start('customerWorker'),
    };
    const customers = [1, 2, 3, 4, 5, 6, 7];
    for (const id of customers) await world.putCustomer(id);
    const accepted = new Map<number, number>();
    let [sent, loading] = [0, true];
    const client = async () => {
      while (loading) {
        const id = customers[sent++ % customers.length]!;
        const { status } = await world.placeOrder({ customer_id: id });
        expect(status, 'an order while something else is down').to.equal(201);
        accepted.set(id, (accepted.get(id) ?? 0) + 1);
      }
    };
    // Those of now, and not those before them: who waits for the leases of a dead relay has nothing in hand to lose.
    const atWork = async () => {
      await eventually(async () => {
        expect(await world.metric(relay, 'outbox_settled_total')).to.be.above(50);
        expect(await world.metric(worker, 'events_consumed_total{outcome="applied"')).to.be.above(50);
      });
    };
    const load = Promise.all(Array.from({ length: 8 }, client));
    // Heard at the end.
    load.catch(() => {});
    try {
      await atWork();
      await relay.kill();
      relay = await world.start('outboxRelay');
      await atWork();
      await worker.kill();
      worker = await world.start('customerWorker');
      await atWork();
      await world.servers.control.rabbitmq.kill();
      const before = sent;
      await eventually(() => expect(sent).to.be.above(before + 100));
    } finally {
      await world.servers.control.rabbitmq.start();
      loading = false;
    }
    await load;

    const total = [...accepted.values()].reduce((sum, count) => sum + count);
    await eventually(async () => expect(await world.rowsIn('inbox')).to.equal(total), { withinMs: 60_000 });
    for (const id of customers) expect(await world.countOf(id), `customer ${id}`).to.equal(accepted.get(id));
    await eventually(async () => expect(await world.rabbit.ready(orderEventsQueue)).to.equal(0));
    expect(await world.rabbit.ready(deadLetterQueue)).to.equal(0);
    await eventually(async () => expect(await world.rowsIn('outbox')).to.equal(0));
    expect(await world.rowsIn('outbox_published')).to.equal(total);
    await eventually(async () => {
      for (const id of customers)
        expect((await world.customer(id)).body.orders_count).to.equal(accepted.get(id));
    });
    expect(relay.logs() + worker.logs()).not.to.contain('this is a defect');
  });

  it('by SIGTERM, under load: each of the four ends with 0 within ten seconds, and holds nothing back', async () => {
    const [customerWorker, outboxRelay] = [
      await world.start('customerWorker'),
      await world.start('outboxRelay'),
    ];
    const clients = new Clients({
      world,
      random: new Seeded('SIGTERM'),
      customers: [1],
      name: 'sigterm',
      rate: 50,
    });
    clients.start();
    try {
      for (const [name, service] of Object.entries({
        outboxRelay,
        customerWorker,
        orderService,
        customerWeb,
      })) {
        const applied = await world.rowsIn('inbox');
        await eventually(async () => expect(await world.rowsIn('inbox')).to.be.greaterThan(applied + 50));
        const { length: before } = clients.log;
        const asked = performance.now();
        expect(await service.stop(), `exit code of ${name}`).to.equal(0);
        expect(performance.now() - asked, `ms until ${name} had ended`).to.be.below(10_000);
        if (name === 'outboxRelay') {
          const { rows } = await world.orderDb.query(
            'SELECT 1 FROM outbox_partition WHERE owner IS NOT NULL',
          );
          expect(rows, 'partitions still owned by the relay that left').to.have.length(0);
        }
        await eventually(() => expect(clients.log.length, 'orders go on').to.be.greaterThan(before));
        await world.start(name as ServiceName);
      }
    } finally {
      await clients.stop();
    }
    await quiesce(world);
    const { unknown } = await judgeOrders(world, clients.log);
    expect(unknown, 'orders without an answer').to.equal(0);
    for (const status of clients.statuses.keys()) expect(status).not.to.match(/50[0124]/);
  });
});
