import { deadLetterQueue, eventsExchange, orderEventsQueue } from '@event-sync/contracts/topology.ts';
import type { Service } from '@event-sync/stack/services.ts';
import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { eventually } from './world/eventually.ts';
import { connectBeside, endBackends, holdLocks, lockTable, waitsForLock } from './world/locks.ts';
import { World } from './world/world.ts';

const orderOf = (customer: number) =>
  JSON.stringify({
    id: randomUUID(),
    event: 'order_created',
    version: 1,
    timestamp: '2026-01-01T00:00:00.000Z',
    data: { order_id: 1, customer_id: customer },
  });

describe('what the worker does, in which order', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.create();
    await world.start('customerWeb');
  });
  afterEach(() => world.destroy());

  const send = (...contents: string[]) => world.rabbit.publishAll(eventsExchange, 'order.created', contents);

  /** Until it refuses more. A queue that is not there would be declared again. @returns what makes room in it again, and returns what came meanwhile */
  const fillDeadLetters = async () => {
    const takeAll = await world.rabbit.limitQueue(deadLetterQueue, 1);
    await eventually(async () => {
      const refused = await world.rabbit.publish('', deadLetterQueue, 'before').catch(() => true);
      expect(refused, 'full').to.equal(true);
    });
    return async () => {
      // There is room from the first on: what comes then is somebody's.
      const drained = await world.rabbit.drain(deadLetterQueue);
      await takeAll();
      return drained.filter(({ content }) => content.toString() !== 'before');
    };
  };

  it('keeps nothing of an event before the commit: killed until then, it is sent it again and counts it', async () => {
    await world.putCustomer(1);
    const worker = await world.start('customerWorker');
    const release = await lockTable(world.customerDb, 'customers');
    await send(orderOf(1));
    await waitsForLock(world.customerDb, 'customer-worker');
    await worker.kill();
    await endBackends(world.customerDb, 'customer-worker');
    await release();
    expect(await world.rowsIn('inbox')).to.equal(0);
    await eventually(async () => expect(await world.rabbit.ready(orderEventsQueue)).to.equal(1));
    await world.start('customerWorker');
    await eventually(async () => expect(await world.countOf(1)).to.equal(1));
  });

  it('evicts after the commit and not before', async () => {
    await world.putCustomer(1);
    await world.cacheCustomer(1);
    await world.start('customerWorker');
    // A transaction that writes to the inbox waits in its COMMIT for as long as the lock is held.
    await world.customerDb.query(`
      CREATE FUNCTION wait_at_commit() RETURNS trigger LANGUAGE plpgsql
        AS 'BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NULL; END';
      CREATE CONSTRAINT TRIGGER wait_at_commit AFTER INSERT ON inbox DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION wait_at_commit()`);
    const release = await holdLocks(world.customerDb, 'SELECT pg_advisory_xact_lock(1)');
    await send(orderOf(1));
    await waitsForLock(world.customerDb, 'customer-worker');
    expect(await world.redis.exists('customer:1')).to.equal(1);
    await release();
    await eventually(async () => expect(await world.redis.exists('customer:1')).to.equal(0));
    expect((await world.customer(1)).body.orders_count).to.equal(1);
  });

  describe('with two customers in one batch', () => {
    let worker: Service;
    // Stored in the opposite order of their ids, which is how a plan would find them.
    beforeEach(async () => {
      const { database } = world.addresses.postgresCustomer;
      // Long enough for a test to close a circle before it is looked for.
      await world.customerDb.query(`ALTER DATABASE ${database} SET deadlock_timeout = '3s'`);
      for (const id of [2, 1]) await world.putCustomer(id);
      worker = await world.start('customerWorker', { CONSUMER_BATCH: '2', CONSUMER_WAIT_MS: '1000' });
    });

    it('locks them in the order of their ids, so that two workers never wait in a circle', async () => {
      const release = await holdLocks(world.customerDb, 'SELECT FROM customers WHERE id = 1 FOR UPDATE');
      await send(orderOf(2), orderOf(1));
      await waitsForLock(world.customerDb, 'customer-worker');
      const { rowCount } = await world.customerDb.query(
        'SELECT FROM customers WHERE id = 2 FOR UPDATE SKIP LOCKED',
      );
      expect(rowCount, 'the second is not locked while it waits for the first').to.equal(1);
      await release();
      await eventually(async () => {
        for (const id of [1, 2]) expect(await world.countOf(id)).to.equal(1);
      });
    });

    it('applies the batch again when the database ends it because of a deadlock', async () => {
      const client = await connectBeside(world.customerDb);
      await client.query("BEGIN; SET LOCAL deadlock_timeout = '1min'");
      await client.query('SELECT FROM customers WHERE id = 2 FOR UPDATE');
      await send(orderOf(2), orderOf(1));
      await waitsForLock(world.customerDb, 'customer-worker');
      // This closes the circle. Who looks for one first finds it and is ended: the worker.
      await client.query('SELECT FROM customers WHERE id = 1 FOR UPDATE; COMMIT');
      await client.end();
      await eventually(async () => {
        for (const id of [1, 2]) expect(await world.countOf(id)).to.equal(1);
        expect(worker.logs()).to.match(/deadlock detected.*a batch failed: trying it again/);
      });
      expect(await world.rabbit.ready(deadLetterQueue)).to.equal(0);
    });

    it('forgets the evictions that are done in the order of their ids, too', async () => {
      const holder = await connectBeside(world.customerDb);
      // The sweep comes every second, and may come in between.
      await eventually(async () => {
        await holder.query('ROLLBACK');
        await world.customerDb.query(
          `INSERT INTO pending_evictions (customer_id, version, noted_at)
           VALUES (2, 1, now() - interval '1 minute'), (1, 1, now()) ON CONFLICT DO NOTHING`,
        );
        const first = 'SELECT FROM pending_evictions WHERE customer_id = 1 FOR UPDATE';
        await holder.query('BEGIN');
        expect((await holder.query(first)).rowCount).to.equal(1);
      });
      await waitsForLock(world.customerDb, 'customer-worker');
      const { rowCount } = await world.customerDb.query(
        'SELECT FROM pending_evictions WHERE customer_id = 2 FOR UPDATE SKIP LOCKED',
      );
      expect(rowCount, 'the second is not locked while it waits for the first').to.equal(1);
      await holder.end();
      await eventually(async () => expect(await world.rowsIn('pending_evictions')).to.equal(0));
    });
  });

  it('keeps a message until its dead letter is safe: killed before, it is sent the message again', async () => {
    const poison = '{"event":';
    const worker = await world.start('customerWorker');
    const empty = await fillDeadLetters();
    await send(poison);
    await eventually(() => expect(worker.logs()).to.contain('could not be put aside'));
    await worker.kill();
    await eventually(async () => expect(await world.rabbit.ready(orderEventsQueue)).to.equal(1));
    expect(await empty()).to.deep.equal([]);
    await world.start('customerWorker');
    const [dead] = await eventually(async () => {
      const messages = await world.rabbit.drain(deadLetterQueue);
      expect(messages).to.have.length(1);
      return messages;
    });
    expect(dead!.content.toString()).to.equal(poison);
    expect(await world.rabbit.ready(orderEventsQueue)).to.equal(0);
  });

  it('ends with 0 when it is asked to while a message waits for its dead letter queue, and keeps the message', async () => {
    const worker = await world.start('customerWorker');
    await fillDeadLetters();
    await send('{"event":');
    await eventually(() => expect(worker.logs()).to.contain('could not be put aside'));
    expect(await worker.stop()).to.equal(0);
    await eventually(async () => expect(await world.rabbit.ready(orderEventsQueue)).to.equal(1));
  });

  it('makes one dead letter, as it came, of what it was delivered three times while the queue for it was full', async () => {
    const worker = await world.start('customerWorker');
    const empty = await fillDeadLetters();
    const headers = { traceparent: 'of the sender' };
    await world.rabbit.publish(eventsExchange, 'order.created', '{"with an id":', {
      headers,
      messageId: 'one',
    });
    await world.rabbit.publish(eventsExchange, 'order.created', '{"without":', { headers });
    for (const deliveries of [1, 2, 3]) {
      await eventually(() => {
        expect(worker.logs().match(/"dead letter"/g)).to.have.length(2 * deliveries);
        // The last of an id waits for the one before it.
        expect(worker.logs().match(/could not be put aside/g)).to.have.length(2 * deliveries);
      });
      if (deliveries < 3) await world.rabbit.closeConsumingConnection(orderEventsQueue);
    }
    const early = await empty();
    await eventually(async () =>
      expect(early.length + (await world.rabbit.ready(deadLetterQueue))).to.be.at.least(2),
    );
    // Until this one comes again, after two seconds, whatever else were still put aside has had four more tries.
    await send(orderOf(999));
    await eventually(() =>
      expect(worker.logs().match(/put aside to be tried again/g)).to.have.length.at.least(2),
    );
    const dead = [...early, ...(await world.rabbit.drain(deadLetterQueue))];
    expect(dead.map(({ content }) => content.toString())).to.have.members(['{"with an id":', '{"without":']);
    for (const { properties } of dead) expect(properties.headers).to.include(headers);
    expect(await world.rabbit.ready(orderEventsQueue)).to.equal(0);
  });
});
