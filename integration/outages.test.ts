import { orderEventsQueue } from '@event-sync/contracts/topology.ts';
import { freePort } from '@event-sync/stack/ports.ts';
import { expect } from 'chai';
import { eventually } from './world/eventually.ts';
import { request } from './world/http.ts';
import { World } from './world/world.ts';

describe('while a server is away', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.create();
  });
  afterEach(async () => {
    const told = world.started.flatMap((service) => service.logs().split('\n'));
    await world.destroy();
    const telling = /\\n {4}at |\b(?:insert into|update \S+ set|delete from|select .{1,200} from)\b/i;
    expect(
      told.filter((line) => telling.test(line)).slice(0, 3),
      'a stack, or a statement, in a log',
    ).to.deep.equal([]);
  });

  it('RabbitMQ and the relay: orders are accepted, and counted once both are there', async function () {
    this.timeout(240_000);
    await Promise.all([world.start('customerWeb'), world.start('orderService')]);
    await world.putCustomer(1);
    await world.servers.control.rabbitmq.stop();
    const [relay, worker] = [world.spawn('outboxRelay'), world.spawn('customerWorker')];
    try {
      for (let i = 0; i < 10; i++) expect((await world.placeOrder({ customer_id: 1 })).status).to.equal(201);
      await eventually(async () => {
        const { status, body } = await request(world.url('outboxRelay', '/readyz'));
        expect(status).to.equal(503);
        expect(body.dependencies.postgres).to.equal('ok');
        expect(body.dependencies.rabbitmq).not.to.equal('ok');
      });
      expect(await world.rowsIn('outbox')).to.equal(10);
    } finally {
      await world.servers.control.rabbitmq.start();
    }
    // The same processes: neither was restarted.
    await Promise.all([relay.ready(), worker.ready()]);
    await eventually(async () => expect(await world.countOf(1)).to.equal(10));
    await eventually(async () => expect(await world.rowsIn('outbox')).to.equal(0));
  });

  it('RabbitMQ, stopped and started under load: nothing is lost and nothing is counted twice', async function () {
    this.timeout(240_000);
    await world.startAll();
    // Several: of each customer one event is on its way at a time, and two outages leave many.
    const customers = [1, 2, 3, 4, 5, 6, 7, 8];
    for (const id of customers) await world.putCustomer(id);
    let placed = 0;
    let loading = true;
    const load = Promise.all(
      Array.from({ length: 4 }, async () => {
        while (loading) {
          const id = customers[placed++ % customers.length]!;
          expect((await world.placeOrder({ customer_id: id })).status).to.equal(201);
        }
      }),
    );
    for (const way of ['stop', 'kill'] as const) {
      const before = placed;
      await eventually(() => expect(placed).to.be.greaterThan(before + 30));
      await world.servers.control.rabbitmq[way]();
      const during = placed;
      await eventually(() => expect(placed).to.be.greaterThan(during + 30));
      await world.servers.control.rabbitmq.start();
    }
    loading = false;
    await load;
    await eventually(async () => expect(await world.rowsIn('inbox')).to.equal(placed), { withinMs: 60_000 });
    await eventually(async () => expect(await world.rowsIn('outbox')).to.equal(0));
    for (const [index, id] of customers.entries()) {
      expect(await world.countOf(id), `customer ${id}`).to.equal(
        Math.ceil((placed - index) / customers.length),
      );
    }
    expect(await world.rowsIn('inbox')).to.equal(placed);
    expect(await world.rabbit.ready(orderEventsQueue)).to.equal(0);
  });

  it('every connection to RabbitMQ, closed by an operator: publishing and consuming go on', async () => {
    await world.startAll();
    await world.putCustomer(1);
    for (let round = 1; round <= 3; round++) {
      await Promise.all(
        (['outbox-relay', 'customer-worker'] as const).map((name) => world.rabbit.closeConnections(name)),
      );
      expect((await world.placeOrder({ customer_id: 1 })).status).to.equal(201);
      await eventually(async () => expect(await world.countOf(1)).to.equal(round));
    }
  });

  it('Redis: orders and reads go by Postgres and HTTP, and no old value is left when it is back', async () => {
    const { customerWorker } = await world.startAll();
    await world.putCustomer(1);
    await world.cacheCustomer(1);
    // Paused and not stopped: it keeps the old value, which is what must not be served afterwards.
    await world.servers.control.redis.pause();
    try {
      expect((await world.placeOrder({ customer_id: 1 })).status).to.equal(201);
      await eventually(async () => expect(await world.countOf(1)).to.equal(1));
      await eventually(async () => {
        expect(await world.metric(customerWorker, 'events_consumed_total{outcome="applied"')).to.equal(1);
      });
      expect((await world.customer(1)).body.orders_count).to.equal(1);
    } finally {
      await world.servers.control.redis.resume();
    }
    await eventually(async () => expect(await world.rowsIn('pending_evictions')).to.equal(0));
    expect((await world.customer(1)).body.orders_count).to.equal(1);
  });

  it('Redis, stopped: everything goes on without the cache', async () => {
    await world.startAll();
    await world.putCustomer(1);
    await world.servers.control.redis.stop();
    try {
      expect((await world.putCustomer(2)).status).to.equal(201);
      for (const id of [1, 2]) expect((await world.placeOrder({ customer_id: id })).status).to.equal(201);
      await eventually(async () => {
        for (const id of [1, 2]) expect((await world.customer(id)).body.orders_count).to.equal(1);
      });
      expect((await request(world.url('customerWeb', '/readyz'))).status).to.equal(503);
      expect((await request(world.url('customerWeb', '/up'))).status).to.equal(200);
    } finally {
      await world.servers.control.redis.start();
    }
    await eventually(async () => {
      expect((await request(world.url('customerWeb', '/readyz'))).status).to.equal(200);
      expect(await world.rowsIn('pending_evictions')).to.equal(0);
    });
  });

  it('Redis, out of reach of the worker alone: what it could not evict is evicted by the next that can', async () => {
    await Promise.all([world.start('customerWeb'), world.start('orderService'), world.start('outboxRelay')]);
    await world.putCustomer(1);
    await world.cacheCustomer(1);
    const worker = world.spawn('customerWorker', { REDIS_URL: `redis://127.0.0.1:${await freePort()}` });
    expect((await world.placeOrder({ customer_id: 1 })).status).to.equal(201);
    await eventually(async () => {
      expect(await world.metric(worker, 'events_consumed_total{outcome="applied"')).to.equal(1);
    });
    await eventually(() => expect(worker.logs()).to.contain('noted down for when redis is back'));
    await worker.stop();
    await world.start('customerWorker');
    await eventually(async () => expect((await world.customer(1)).body.orders_count).to.equal(1));
    await eventually(async () => expect(await world.rowsIn('pending_evictions')).to.equal(0));
  });

  it('the customer service, and the customer is not cached: 503 with Retry-After, and nothing is stored', async () => {
    await world.start('orderService');
    const answer = await world.placeOrder({ customer_id: 1 });
    expect(answer.status).to.equal(503);
    expect(Number(answer.headers.get('retry-after'))).to.be.greaterThan(0);
    expect(answer.headers.get('content-type')).to.contain('application/problem+json');
    expect(answer.body.error).to.be.a('string');
    expect(await world.rowsIn('orders')).to.equal(0);
    expect(await world.rowsIn('outbox')).to.equal(0);
  });

  it('the customer service, and the customer is cached: the order is accepted', async () => {
    const web = await world.start('customerWeb');
    await world.start('orderService');
    await world.putCustomer(1);
    await world.cacheCustomer(1);
    await web.kill();
    await eventually(async () => expect((await world.placeOrder({ customer_id: 1 })).status).to.equal(201));
  });

  it('Postgres of the orders: 503 with Retry-After, and orders again when it is back', async () => {
    await world.startAll();
    await world.putCustomer(1);
    await world.servers.control.postgresOrder.kill();
    try {
      const answer = await world.placeOrder({ customer_id: 1 });
      expect(answer.status).to.equal(503);
      expect(answer.headers.get('retry-after')).to.match(/^[0-9]+$/);
    } finally {
      await world.servers.control.postgresOrder.start();
    }
    await eventually(async () => expect((await world.placeOrder({ customer_id: 1 })).status).to.equal(201));
    await eventually(async () => expect(await world.countOf(1)).to.equal(1));
  });

  it('Postgres of the customers: events wait in the queue, in hand, and are counted when it is back', async () => {
    const { customerWorker } = await world.startAll();
    await world.putCustomer(1);
    await world.cacheCustomer(1);
    await world.servers.control.postgresCustomer.kill();
    try {
      for (let i = 0; i < 5; i++) expect((await world.placeOrder({ customer_id: 1 })).status).to.equal(201);
      await eventually(async () => expect(await world.rowsIn('outbox')).to.equal(0));
      await eventually(() => expect(customerWorker.logs()).to.contain('a batch failed: trying it again'));
    } finally {
      await world.servers.control.postgresCustomer.start();
    }
    await eventually(async () => expect(await world.countOf(1)).to.equal(5));
    expect(await world.rowsIn('inbox')).to.equal(5);
  });

  for (const frozen of [['rabbitmq'], ['rabbitmq', 'postgresOrder', 'postgresCustomer', 'redis']] as const) {
    it(`${frozen.join(', ')}, frozen: relay and worker end with 0 within ten seconds when they are asked to`, async () => {
      const { outboxRelay, customerWorker } = await world.startAll();
      await world.putCustomer(1);
      await world.servers.control.rabbitmq.pause();
      const others = frozen.slice(1);
      try {
        expect((await world.placeOrder({ customer_id: 1 })).status).to.equal(201);
        await Promise.all(others.map((name) => world.servers.control[name].pause()));
        expect(await Promise.all([outboxRelay.stop(), customerWorker.stop()])).to.deep.equal([0, 0]);
        // Not left behind, with its last acknowledgements: it knows by itself how long a broker may take. It has less
        // time where another component was late, as a sweep may be that waits for the database.
        const left = customerWorker.logs().match(/.*consumer.*does not stop.*/g);
        if (others.length === 0) expect(left, 'components left behind').to.equal(null);
      } finally {
        await Promise.all(frozen.map((name) => world.servers.control[name].resume()));
      }
      await Promise.all([world.start('outboxRelay'), world.start('customerWorker')]);
      await eventually(async () => expect(await world.countOf(1)).to.equal(1));
    });
  }
});
