import { settledMeanwhile } from '@event-sync/auditor/inbox/applied-ids.ts';
import { deadLetterQueue, orderEventsQueue } from '@event-sync/contracts/topology.ts';
import { expect } from 'chai';
import { expectDrift, order } from './world/audit.ts';
import { eventually } from './world/eventually.ts';
import { lockTable, waitsForLock } from './world/locks.ts';
import { World } from './world/world.ts';

describe('a dead letter that a person discards', () => {
  let world: World;
  let customers = 0;

  before(async () => {
    world = await World.create();
    await Promise.all([world.start('customerWeb'), world.start('orderService'), world.start('outboxRelay')]);
    // Once, for the queues.
    await (await world.start('customerWorker')).stop();
  });
  beforeEach(async () => {
    await world.orderDb.query('TRUNCATE orders, outbox, outbox_published');
    await world.customerDb.query('TRUNCATE inbox, discarded_events');
    await world.rabbit.drain(deadLetterQueue);
    await world.customerDb.query('UPDATE customers SET orders_count = 0');
    await world.redis.flushdb();
  });
  after(() => world.destroy());

  /** An order of a new customer, whose event could not be applied. */
  async function deadLetter(): Promise<{ order: string; event: string; customer: number }> {
    const customer = ++customers;
    await world.putCustomer(customer);
    const placed = await order(world, customer);
    const content = await takeFromQueue();
    await world.rabbit.publish('', deadLetterQueue, content, {
      messageId: placed.event,
      headers: { 'x-dead-reason': 'refused-by-database' },
    });
    await world.redis.flushdb();
    return { ...placed, customer };
  }
  async function takeFromQueue(): Promise<string> {
    const [message] = await eventually(async () => {
      const messages = await world.rabbit.drain(orderEventsQueue);
      expect(messages).to.have.length(1);
      return messages;
    });
    await eventually(async () => expect(await world.rowsIn('outbox')).to.equal(0));
    return message!.content.toString();
  }
  const deadLetters = (...parameters: string[]) =>
    world.run('customer-service/dead-letters.main.ts', parameters, { settingsOf: 'customerWorker' });
  async function done(program: ReturnType<typeof deadLetters>): Promise<void> {
    expect((await program.exited).code, program.logs()).to.equal(0);
  }
  const discard = (event: string) => done(deadLetters('discard', '--id', event));
  const noted = async () =>
    (await world.customerDb.query<{ event_id: string }>('SELECT * FROM discarded_events')).rows;
  const inDeadLetters = (of: { order: string; event: string; customer: number }) => [
    { kind: 'dead-letter', of: { ...of, queue: deadLetterQueue } },
  ];

  it('is written down with who and why; the audit counts it for nobody, and repairs nothing', async () => {
    const letter = await deadLetter();
    await expectDrift(world, inDeadLetters(letter));
    await done(deadLetters('discard', '--id', letter.event, '--who', 'Juan', '--why', 'nobody wants it'));
    expect(await world.rabbit.ready(deadLetterQueue)).to.equal(0);
    const [row] = await noted();
    expect(row).to.include({
      event_id: letter.event,
      order_id: letter.order,
      customer_id: String(letter.customer),
      reason: 'refused-by-database',
      who: 'Juan',
      why: 'nobody wants it',
    });
    const { unchecked, repaired } = await expectDrift(world, [], ['--repair']);
    expect(unchecked).to.include({ discarded: 1 });
    expect(repaired).to.deep.equal([]);
    expect(await world.rowsIn('outbox')).to.equal(0);
  });

  it('is written down before it is gone, so that who dies in between loses neither', async () => {
    const letter = await deadLetter();
    const unlock = await lockTable(world.customerDb, 'discarded_events');
    const program = deadLetters('discard', '--all');
    await waitsForLock(world.customerDb, 'dead-letters-console');
    await program.kill();
    await unlock();
    // What the killed program had asked for is done all the same; the message it had not come to.
    await eventually(async () => expect(await noted()).to.have.length(1));
    await eventually(async () => expect(await world.rabbit.ready(deadLetterQueue)).to.equal(1));
    await expectDrift(world, inDeadLetters(letter));

    await done(deadLetters('replay', '--all'));
    expect(await noted(), 'to be counted again').to.deep.equal([]);
    const worker = await world.start('customerWorker');
    await eventually(async () => expect(await world.countOf(letter.customer)).to.equal(1));
    await worker.stop();
    expect((await expectDrift(world, [])).unchecked).to.include({ discarded: 0 });
  });

  it('stays where it is if it cannot be written down', async () => {
    const letter = await deadLetter();
    await world.customerDb.query('ALTER TABLE discarded_events RENAME TO elsewhere');
    try {
      expect((await deadLetters('discard', '--all').exited).code).to.equal(1);
    } finally {
      await world.customerDb.query('ALTER TABLE elsewhere RENAME TO discarded_events');
    }
    await expectDrift(world, inDeadLetters(letter));
  });

  it('is to be counted after all if its event is published again: named if that is lost, and counted once', async () => {
    const letter = await deadLetter();
    await discard(letter.event);
    const replayed = world.run('outbox-relay/outbox.main.ts', [
      ...['replay', '--id', letter.event, '--why', 'somebody wants it'],
    ]);
    await done(replayed);
    await takeFromQueue();
    const worker = await world.start('customerWorker');
    const { repaired } = await expectDrift(world, [{ kind: 'event-not-applied', of: letter }], ['--repair']);
    expect(repaired).to.have.length(1);
    await eventually(async () => expect(await world.countOf(letter.customer)).to.equal(1));
    await eventually(async () => expect(await world.rowsIn('outbox')).to.equal(0));
    await worker.stop();
    const { unchecked, checked } = await expectDrift(world, []);
    expect(unchecked, 'applied, and so not discarded').to.include({ discarded: 0 });
    expect(checked).to.include({ appliedIds: 1, events: 1 });
  });

  it('is not taken for lost by an audit that had begun before, unless its event was published after it', async () => {
    const letter = await deadLetter();
    await discard(letter.event);
    const at = (last_published: number) =>
      settledMeanwhile(
        (text, values) => world.customerDb.query(text, values),
        [{ event_id: letter.event, last_published }],
      );
    expect([...(await at(Date.now() - 3_600_000))]).to.deep.equal([letter.event]);
    expect([...(await at(Date.now() + 3_600_000))]).to.deep.equal([]);
  });

  it('is remembered when the history of its order is over', async () => {
    const letter = await deadLetter();
    await discard(letter.event);
    await world.orderDb.query(
      "TRUNCATE outbox_published; UPDATE orders SET created_at = now() - interval '10 days'",
    );
    const { unchecked } = await expectDrift(world, []);
    expect(unchecked).to.include({ discarded: 1, ordersOlderThanHistory: 1 });
    await world.customerDb.query('TRUNCATE discarded_events');
    await expectDrift(world, [{ kind: 'count-differs', of: { customer: letter.customer } }]);
  });
});
