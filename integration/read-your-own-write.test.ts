import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { eventually } from './world/eventually.ts';
import { request, type Answer } from './world/http.ts';
import { endBackends, holdLocks, lockTable, waitsForLock } from './world/locks.ts';
import { World } from './world/world.ts';

describe('reading one’s own write', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.create();
    await Promise.all([world.start('customerWeb'), world.start('orderService'), world.start('outboxRelay')]);
    await world.putCustomer(1);
  });
  afterEach(() => world.destroy());

  const customerAfter = (eventId: string, prefer?: string): Promise<Answer> =>
    request(world.url('customerWeb', '/customers/1'), {
      headers: { 'Event-Id': eventId, ...(prefer === undefined ? {} : { Prefer: prefer }) },
    });
  const placed = async (): Promise<string> => {
    const { status, headers } = await world.placeOrder({ customer_id: 1 });
    expect(status).to.equal(201);
    return headers.get('event-id')!;
  };
  const answers = (expected: { applied: boolean; count: number; wait?: number }, answer: Answer) => {
    expect(answer.status).to.equal(200);
    expect(answer.headers.get('event-applied')).to.equal(String(expected.applied));
    expect(answer.headers.get('preference-applied')).to.equal(
      expected.wait === undefined ? null : `wait=${expected.wait}`,
    );
    expect(answer.body.orders_count).to.equal(expected.count);
  };

  it('is answered as soon as the event is applied, to everybody who waits for it', async () => {
    await world.start('customerWorker');
    // It keeps the worker from writing, and nobody from looking.
    const release = await lockTable(world.customerDb, 'inbox');
    const eventId = await placed();
    await waitsForLock(world.customerDb, 'customer-worker');
    const asked = performance.now();
    let early = true;
    const waiting = Promise.all(
      Array.from({ length: 20 }, async () => {
        const answer = await customerAfter(eventId, 'wait=10');
        expect(early, 'answered before it was applied').to.equal(false);
        return answer;
      }),
    );
    // An event that was applied must not wake those who wait for another.
    answers({ applied: false, count: 0, wait: 1 }, await customerAfter(randomUUID(), 'wait=1'));
    early = false;
    await release();
    for (const answer of await waiting) answers({ applied: true, count: 1, wait: 10 }, answer);
    // Woken: by the end of its time every one of them would have had the same answer.
    expect(performance.now() - asked).to.be.lessThan(9_000);
  });

  it('is answered after the wait with what is there, and says so', async () => {
    const eventId = await placed();
    answers({ applied: false, count: 0, wait: 1 }, await customerAfter(eventId, 'wait=1'));
    answers({ applied: false, count: 0 }, await customerAfter(eventId));
    answers({ applied: false, count: 0 }, await customerAfter(eventId, 'wait=soon'));
  });

  it('goes past the cache, and takes an id in either case', async () => {
    const { body: old } = await world.customer(1);
    await world.start('customerWorker');
    const eventId = await placed();
    answers({ applied: true, count: 1, wait: 10 }, await customerAfter(eventId, 'wait=600'));
    // As it is between the commit of the worker and its eviction.
    await world.redis.set('customer:1', JSON.stringify({ ...old, version: '1' }));
    answers({ applied: true, count: 1 }, await customerAfter(eventId.toUpperCase()));
  });

  it('is woken again after the connection of the hints was cut', async () => {
    await world.start('customerWorker');
    await endBackends(world.customerDb, 'customer-web-hints');
    const listening = async () => {
      const { rowCount } = await world.customerDb.query(
        `SELECT 1 FROM pg_stat_activity
         WHERE datname = current_database() AND application_name = 'customer-web-hints' AND query LIKE 'LISTEN%'`,
      );
      expect(rowCount).to.equal(1);
    };
    await eventually(listening);
    const started = performance.now();
    answers({ applied: true, count: 1, wait: 10 }, await customerAfter(await placed(), 'wait=10'));
    expect(performance.now() - started).to.be.lessThan(9_000);
  });

  it('does not hold up a service that is asked to stop', async () => {
    const web = world.started.find(({ name }) => name === 'customer-web')!;
    const release = await holdLocks(world.customerDb, 'LOCK TABLE inbox');
    const waiting = customerAfter(await placed(), 'wait=10');
    // It has begun to wait once it has asked the inbox.
    await waitsForLock(world.customerDb, 'customer-web', 'FROM inbox WHERE event_id');
    await release();
    const stopped = performance.now();
    expect(await web.stop()).to.equal(0);
    expect(performance.now() - stopped).to.be.lessThan(5_000);
    answers({ applied: false, count: 0, wait: 10 }, await waiting);
  });

  it('refuses an id that is none', async () => {
    for (const id of ['1', 'x'.repeat(36), `${randomUUID()}, ${randomUUID()}`]) {
      const { status, body } = await customerAfter(id, 'wait=1');
      expect(status, id).to.equal(400);
      expect(body.detail).to.contain('Event-Id');
    }
    const missing = await request(world.url('customerWeb', '/customers/404'), {
      headers: { 'Event-Id': randomUUID() },
    });
    expect(missing.status).to.equal(404);
  });
});
