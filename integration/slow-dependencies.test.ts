import { expect } from 'chai';
import type { Service } from '@event-sync/stack/services.ts';
import { eventually } from './world/eventually.ts';
import type { Answer } from './world/http.ts';
import { World } from './world/world.ts';

/** Statuses, each with how often it came. */
const statuses = (answers: readonly Answer[]) =>
  Object.fromEntries(
    [...Map.groupBy(answers, ({ status }) => status)].map(([status, those]) => [status, those.length]),
  );

describe('what is slow, but not down', () => {
  let world: World;
  let web: Service;
  let orders: Service;
  beforeEach(async () => {
    world = await World.create();
    [web, orders] = await Promise.all([world.start('customerWeb'), world.start('orderService')]);
    for (const id of [1, 2, 3]) await world.putCustomer(id);
  });
  afterEach(() => world.destroy());

  const placeMany = (count: number, customer: number): Promise<Answer[]> =>
    Promise.all(Array.from({ length: count }, () => world.placeOrder({ customer_id: customer })));
  const breakerOpen = (name: string) => world.metric(orders, `breaker_open{name="${name}"`);

  it('customer service: 200 orders for a customer that is not cached ask it once', async () => {
    const asked = () =>
      world.metric(
        web,
        'http_request_duration_seconds_count{service="customer-web",method="GET",route="/customers/:id",status="200"',
      );
    const looked = async () =>
      Number(/cmdstat_get:calls=([0-9]+)/.exec(await world.redis.info('commandstats'))?.[1] ?? 0);
    // Its first orders take a process far longer, and here Redis and the customer service have to be asked in time.
    await placeMany(200, 2);
    await world.customerDb.query(
      "INSERT INTO customers (id, name, address) SELECT id, 'Customer', 'Calle 123' FROM generate_series(10, 99) AS id",
    );
    let id = 9;
    // The answer has to come within two seconds: where the machine stood still meanwhile, another customer is asked for.
    await eventually(async () => {
      id++;
      const before = { asked: await asked(), looked: await looked() };
      process.kill(web.pid, 'SIGSTOP');
      let answers: Promise<Answer[]>;
      try {
        answers = placeMany(200, id);
        await eventually(async () => expect(await looked()).to.be.at.least(before.looked + 200));
      } finally {
        process.kill(web.pid, 'SIGCONT');
      }
      expect(statuses(await answers)).to.deep.equal({ 201: 200 });
      expect((await asked()) - before.asked).to.equal(1);
    });
  });

  it('customer service: after three answers that did not come, nobody is held for one', async () => {
    await world.cacheCustomer(2);
    process.kill(web.pid, 'SIGSTOP');
    try {
      for (let i = 0; i < 3; i++) expect((await world.placeOrder({ customer_id: 1 })).status).to.equal(503);
      expect(await breakerOpen('customer-service')).to.equal(1);
      const held = () => orders.logs().match(/the customer service did not say/g)?.length ?? 0;
      const before = held();
      const answers = await placeMany(50, 1);
      expect(held() - before, 'one may try whether it answers again').to.be.at.most(1);
      expect(statuses(answers)).to.deep.equal({ 503: 50 });
      for (const { headers } of answers) expect(Number(headers.get('retry-after'))).to.be.greaterThan(0);
      await eventually(async () =>
        expect((await world.placeOrder({ customer_id: 2 })).status, 'a customer that is cached').to.equal(
          201,
        ),
      );
    } finally {
      process.kill(web.pid, 'SIGCONT');
    }
    // Not customer 1: its service has found those questions when it woke up, and has cached it.
    await eventually(async () => {
      expect((await world.placeOrder({ customer_id: 3 })).status).to.equal(201);
      await world.redis.flushdb();
      expect(await breakerOpen('customer-service')).to.equal(0);
    });
  });

  it('Redis: it costs a bounded time, then it is not asked', async () => {
    await world.customerDb.query(
      "INSERT INTO customers (id, name, address) SELECT id, 'Customer', 'Calle 123' FROM generate_series(10, 2000) AS id",
    );
    // Each time another customer: one that was there a moment ago is not looked for in Redis.
    let id = 9;
    const place = async () => (await world.placeOrder({ customer_id: ++id })).status;
    await world.servers.control.redis.pause();
    try {
      for (let i = 0; i < 3; i++) expect(await place()).to.equal(201);
      expect(await breakerOpen('redis')).to.equal(1);
      const started = performance.now();
      for (let i = 0; i < 40; i++) expect(await place()).to.equal(201);
      expect(performance.now() - started, '40 times the wait for redis are 10,000 ms').to.be.lessThan(7_000);
    } finally {
      await world.servers.control.redis.resume();
    }
    await eventually(async () => {
      expect(await place()).to.equal(201);
      expect(await breakerOpen('redis')).to.equal(0);
    });
    await eventually(async () => {
      expect(await place()).to.equal(201);
      expect(await world.redis.exists(`customer:${id}`)).to.equal(1);
    });
  });

  it('Redis and the customer service: who has ordered a moment ago can order again', async () => {
    try {
      // A moment are two seconds, which a machine that stands still can use up.
      await eventually(async () => {
        process.kill(web.pid, 'SIGCONT');
        expect((await world.placeOrder({ customer_id: 1 })).status).to.equal(201);
        await world.redis.flushdb();
        process.kill(web.pid, 'SIGSTOP');
        expect((await world.placeOrder({ customer_id: 1 })).status).to.equal(201);
      });
      expect((await world.placeOrder({ customer_id: 2 })).status).to.equal(503);
    } finally {
      process.kill(web.pid, 'SIGCONT');
    }
  });
});
