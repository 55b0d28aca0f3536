import { deadLetterQueue, orderEventsQueue, retryQueue } from '@event-sync/contracts/topology.ts';
import { expect } from 'chai';
import { audit, expectDrift, order } from './world/audit.ts';
import { eventually } from './world/eventually.ts';
import { Planted } from './world/plant.ts';
import { World } from './world/world.ts';

/** One system, at rest: each test plants a difference, finds it, and takes it back. */
describe('the audit of a system at rest', () => {
  let world: World;
  const planted = new Planted();
  /** The first order of customer 1. */
  let first: { order: string; event: string };
  const of = () => ({ event: first.event, order: first.order, customer: 1 });

  /** Until everything that was placed is counted. */
  async function settle(): Promise<void> {
    const [relay, worker] = [await world.start('outboxRelay'), await world.start('customerWorker')];
    await eventually(async () => {
      expect(await world.rowsIn('outbox')).to.equal(0);
      expect(await world.rowsIn('inbox')).to.be.at.least(await world.rowsIn('orders'));
      expect(await world.rabbit.ready(orderEventsQueue)).to.equal(0);
    });
    await relay.stop();
    await worker.stop();
    await eventually(async () => expect(await world.rowsIn('pending_evictions')).to.equal(0));
  }

  before(async () => {
    world = await World.create();
    await Promise.all([world.start('customerWeb'), world.start('orderService')]);
    for (const id of [1, 2, 3]) await world.putCustomer(id);
    first = await order(world, 1);
    for (const id of [1, 1, 2, 2]) await order(world, id);
    await settle();
  });
  afterEach(async () => {
    await planted.undo();
    await world.redis.flushdb();
  });
  after(() => world.destroy());

  /** As if the event had never arrived. */
  async function neverApplied(): Promise<void> {
    await planted.delete(world.customerDb, 'inbox', 'event_id = $1', [first.event]);
    await planted.addToCount(world.customerDb, 1, -1);
  }
  async function leaveDeadLetter(): Promise<void> {
    const { rows } = await world.orderDb.query<{ body: string }>(
      'SELECT body::text AS body FROM outbox_published WHERE event_id = $1',
      [first.event],
    );
    await world.rabbit.publish('', deadLetterQueue, rows[0]!.body, {
      headers: { 'x-dead-reason': 'customer-not-found' },
    });
    planted.undoBy(() => world.rabbit.drain(deadLetterQueue));
  }
  /** In the place of the row in `outbox_published`, unless it is kept there. */
  async function park(columns = "'too large', NULL"): Promise<void> {
    await planted.insertEvent(
      world.orderDb,
      'outbox_parked',
      `INSERT INTO outbox_parked (position, event_id, ordering_key, type, version, exchange, routing_key, body, created_at,
                                  attempts, reason, discarded_at)
       SELECT position, event_id, ordering_key, type, version, exchange, routing_key, body, created_at, 1, ${columns}
       FROM outbox_published WHERE event_id = $1`,
      [first.event],
    );
  }
  const takeHistory = () => planted.delete(world.orderDb, 'outbox_published', 'event_id = $1', [first.event]);
  const insertPublished = (orderId: string, customerId: number) =>
    planted.insertEvent(
      world.orderDb,
      'outbox_published',
      `INSERT INTO outbox_published (position, event_id, ordering_key, type, version, exchange, routing_key, body, created_at)
       SELECT 1000000, gen_random_uuid(), 'customer:' || $2::bigint, 'order_created', 1, 'events', 'order.created',
              json_build_object('data', json_build_object('order_id', $1::bigint, 'customer_id', $2::bigint)), now()`,
      [orderId, customerId],
    );

  it('finds no drift in a clean one, and says what it has checked', async () => {
    await world.cacheCustomer(1);
    const { checked, unchecked } = await expectDrift(world, []);
    expect(checked).to.deep.equal({
      orders: 5,
      events: 5,
      appliedIds: 5,
      customers: 3,
      cached: 1,
      deadLetters: 0,
    });
    expect(Object.values(unchecked).every((number) => number === 0)).to.equal(true);
  });

  it('names an order whose event is gone from the history, and that it is counted', async () => {
    await takeHistory();
    const { findings } = await expectDrift(world, [
      { kind: 'order-without-event', of: { order: first.order, customer: 1 } },
    ]);
    expect(findings[0])
      .to.include({ repairable: false })
      .and.to.have.property('what')
      .that.contains('is counted');
  });

  it('names an event without an order', async () => {
    const ghost = await insertPublished('4711', 1);
    await expectDrift(world, [
      { kind: 'event-without-order', of: { event: ghost, order: 4711, customer: 1 } },
    ]);
  });

  it('names an event whose body says nothing that can be read, and goes on', async () => {
    const odd = await planted.insertEvent(
      world.orderDb,
      'outbox_published',
      `INSERT INTO outbox_published (position, event_id, ordering_key, type, version, exchange, routing_key, body, created_at)
       VALUES (1000000, gen_random_uuid(), 'x', 'order_created', 1, 'events', 'order.created',
               '{"data":{"order_id":"99999999999999999999","customer_id":9999999999999999999}}', now())`,
      [],
    );
    await expectDrift(world, [{ kind: 'event-without-order', of: { event: odd } }]);
  });

  it('names an order that two events tell of', async () => {
    const second = await insertPublished(first.order, 1);
    await planted.insertEvent(world.customerDb, 'inbox', 'INSERT INTO inbox (event_id) VALUES ($1)', [
      second,
    ]);
    await planted.addToCount(world.customerDb, 1, 1);
    const { findings } = await expectDrift(world, [
      { kind: 'order-with-several-events', of: { order: first.order, customer: 1 } },
    ]);
    expect(findings[0]!.what).to.contain(first.event).and.to.contain(second);
  });

  it('names an event that says another customer than its order', async () => {
    const move = (customer: number) =>
      world.orderDb.query('UPDATE orders SET customer_id = $2 WHERE id = $1', [first.order, customer]);
    await move(2);
    planted.undoBy(() => move(1));
    await expectDrift(world, [{ kind: 'event-of-another-customer', of: of() }]);
  });

  it('names an event that was published and never applied', async () => {
    await neverApplied();
    const { findings } = await expectDrift(world, [{ kind: 'event-not-applied', of: of() }]);
    expect(findings[0]!.repairable).to.equal(true);
  });

  it('names an event that is counted without its id in the inbox, and does not replay it', async () => {
    await planted.delete(world.customerDb, 'inbox', 'event_id = $1', [first.event]);
    const { findings, repaired } = await expectDrift(
      world,
      [{ kind: 'applied-without-inbox-id', of: of() }],
      ['--repair'],
    );
    expect(findings[0]!.advice).to.contain('Do not replay it');
    expect(repaired).to.deep.equal([]);
    expect(await world.rowsIn('outbox')).to.equal(0);
  });

  it('names an applied id that the history does not know', async () => {
    const id = await planted.insertEvent(
      world.customerDb,
      'inbox',
      'INSERT INTO inbox (event_id) VALUES (gen_random_uuid())',
      [],
    );
    await expectDrift(world, [{ kind: 'inbox-id-without-event', of: { event: id } }]);
  });

  it('finds nothing wrong with events of other types, applied or not, whatever they tell of', async () => {
    const insertNoted = () =>
      planted.insertEvent(
        world.orderDb,
        'outbox_published',
        `INSERT INTO outbox_published (position, event_id, ordering_key, type, version, exchange, routing_key, body, created_at)
         SELECT 1000000, gen_random_uuid(), 'customer:1', 'order_noted', 1, 'events', 'order.noted',
                json_build_object('data', json_build_object('order_id', $1::bigint, 'customer_id', 1)), now()`,
        [first.order],
      );
    const applied = await insertNoted();
    await planted.insertEvent(world.customerDb, 'inbox', 'INSERT INTO inbox (event_id) VALUES ($1)', [
      applied,
    ]);
    await insertNoted();
    await expectDrift(world, []);
  });

  it('names a count that is too high and one that is too low', async () => {
    await planted.addToCount(world.customerDb, 1, 1);
    await planted.addToCount(world.customerDb, 2, -1);
    await planted.addToCount(world.customerDb, 3, 5);
    const { findings, repaired } = await expectDrift(
      world,
      [1, 2, 3].map((customer) => ({ kind: 'count-differs', of: { customer } })),
      ['--repair'],
    );
    expect(findings[0]!.what).to.equal('orders_count is 4: 3 events are applied.');
    expect(repaired, 'a count is never written').to.deep.equal([]);
    expect(await world.countOf(1)).to.equal(4);
  });

  it('names a dead letter, and leaves it where it is', async () => {
    await neverApplied();
    await leaveDeadLetter();
    for (let look = 1; look <= 2; look++) {
      const { findings } = await expectDrift(world, [
        { kind: 'dead-letter', of: { ...of(), queue: deadLetterQueue } },
      ]);
      expect(findings[0]!.what).to.contain('customer-not-found');
    }
    expect(await world.rabbit.ready(deadLetterQueue)).to.equal(1);
  });

  it('names an event that is applied and a dead letter too, or parked', async () => {
    await leaveDeadLetter();
    await expectDrift(world, [{ kind: 'event-in-two-places', of: of() }]);
    await planted.undo();
    await park();
    await expectDrift(world, [{ kind: 'event-in-two-places', of: of() }]);
  });

  it('names a parked event; one that was discarded is no difference', async () => {
    await neverApplied();
    await park();
    await takeHistory();
    await expectDrift(world, [{ kind: 'event-parked', of: of() }]);
    await world.orderDb.query('UPDATE outbox_parked SET discarded_at = now()');
    expect((await expectDrift(world, [])).unchecked).to.include({ discarded: 1 });
  });

  it('names an event that waits in the outbox, and then the queue that holds it; within the horizon neither', async () => {
    const placed = await order(world, 3);
    await expectDrift(world, [{ kind: 'event-waiting', of: { ...placed, customer: 3 } }]);
    expect((await expectDrift(world, [], ['--horizon', '3600'])).unchecked).to.include({ younger: 1 });
    const relay = await world.start('outboxRelay');
    await eventually(async () => expect(await world.rowsIn('outbox')).to.equal(0));
    await relay.stop();
    await expectDrift(world, [{ kind: 'queue-not-empty', of: { queue: orderEventsQueue } }]);
    await expectDrift(world, [], ['--horizon', '3600']);
    await settle();
    await expectDrift(world, []);
  });

  it('names a queue that is not there', async () => {
    await world.rabbit.declare((channel) => channel.deleteQueue(retryQueue));
    planted.undoBy(settle);
    await expectDrift(world, [{ kind: 'queue-missing', of: { queue: retryQueue } }]);
  });

  it('names every key of the cache that is wrong, and evicts it', async () => {
    const put = async (id: number, change: object, ttl?: number) => {
      const cached = JSON.parse((await world.redis.get('customer:1'))!);
      const value = JSON.stringify({ ...cached, id, ...change });
      await (ttl === undefined
        ? world.redis.set(`customer:${id}`, value)
        : world.redis.set(`customer:${id}`, value, 'EX', ttl));
    };
    for (const id of [1, 2, 3]) await world.cacheCustomer(id);
    await world.redis.persist('customer:2');
    await world.redis.expire('customer:3', 700_000);
    await put(4, {}, 60);
    await put(1, { orders_count: 1 }, 60);
    await world.redis.set('customer:5', 'rubbish', 'EX', 60);
    await world.redis.persist('customer:3:fence');
    const key = (kind: string, customer: number, suffix = '') => ({
      kind,
      of: { customer, key: `customer:${customer}${suffix}` },
    });
    const expected = [
      key('cache-differs', 1),
      key('cache-ttl', 2),
      key('cache-ttl', 3),
      key('cache-ttl', 3, ':fence'),
      key('cache-differs', 4),
      key('cache-differs', 5),
    ];
    const { findings } = await expectDrift(world, expected, ['--repair']);
    expect(findings.map(({ what }) => what)).to.include('Cached: orders_count 1, and the row has 3.');
    await expectDrift(world, []);
    await world.cacheCustomer(1);
    expect((await world.customer(1)).body.orders_count).to.equal(3);
    expect(await world.redis.ttl('customer:1'), 'cached anew').to.be.greaterThan(60);
  });

  it('checks orders that are older than the history by the counts alone, and says how many', async () => {
    await world.orderDb.query(
      `INSERT INTO orders (customer_id, product_name, quantity, price, total_amount, status, created_at)
       VALUES (3, 'old', 1, 1, 1, 'pending', now() - interval '10 days')`,
    );
    planted.undoBy(() => world.orderDb.query("DELETE FROM orders WHERE product_name = 'old'"));
    await expectDrift(world, [{ kind: 'count-differs', of: { customer: 3 } }]);
    await planted.insertEvent(
      world.customerDb,
      'inbox',
      "INSERT INTO inbox (event_id) VALUES ('01900000-0000-7000-8000-000000000001')",
      [],
    );
    await planted.addToCount(world.customerDb, 3, 1);
    expect((await expectDrift(world, [])).unchecked).to.include({
      ordersOlderThanHistory: 1,
      idsOlderThanHistory: 1,
    });
    // With a history that should go back further, it is an order without an event.
    const { findings } = await audit(world, [], { OUTBOX_RETENTION_HOURS: '480' });
    expect(findings.map(({ kind }) => kind)).to.deep.equal(['order-without-event']);
  });

  it('knows messages of the replaced system by their ids, and takes them for no difference', async () => {
    await planted.insertEvent(
      world.customerDb,
      'inbox',
      "INSERT INTO inbox (event_id) VALUES ('6f1a4f0e-7d0b-5e0b-9c53-5f6b1c1f6a01')",
      [],
    );
    await planted.addToCount(world.customerDb, 3, 1);
    expect((await expectDrift(world, [])).unchecked).to.include({ idsOfReplacedSystem: 1 });
    await planted.addToCount(world.customerDb, 3, 1);
    await expectDrift(world, [{ kind: 'count-differs', of: { customer: 3 } }]);
  });

  it('repairs what was lost: it goes through the outbox and is counted once', async () => {
    await planted.delete(world.customerDb, 'inbox', 'event_id = $1', [first.event]);
    // Lost before it was published: another order, with nothing left of its event.
    const lost = await order(world, 2);
    await world.orderDb.query('DELETE FROM outbox WHERE event_id = $1', [lost.event]);
    await world.customerDb.query('UPDATE customers SET orders_count = orders_count - 1 WHERE id = 1');
    const { repaired } = await expectDrift(
      world,
      [
        { kind: 'event-not-applied', of: of() },
        { kind: 'order-without-event', of: { order: lost.order, customer: 2 } },
      ],
      ['--repair'],
    );
    expect(repaired!.map(({ kind }) => kind)).to.have.members(['event-not-applied', 'order-without-event']);
    // A second time, before the relay has come to it.
    await audit(world, ['--repair']);
    const { rows } = await world.orderDb.query<{ action: string; events: number }>(
      'SELECT action, cardinality(event_ids) AS events FROM outbox_audit',
    );
    expect(rows).to.deep.equal([{ action: 'replay', events: 2 }]);
    await settle();
    await expectDrift(world, []);
    expect(await world.countOf(1)).to.equal(3);
    expect(await world.countOf(2)).to.equal(3);
  });
});
