import { expect } from 'chai';
import { order } from '../world/audit.ts';
import { eventually } from '../world/eventually.ts';
import { Planted } from '../world/plant.ts';
import { World } from '../world/world.ts';
import type { Asked } from './clients.ts';
import { arrivals, installTap, tapQueue } from './tap.ts';
import { judge, quiesce } from './verdict.ts';

/** A verdict that has never been "guilty" says nothing: here it has to find each of what it is there to find. */
describe('the verdict, tested: it says so when', () => {
  let world: World;
  const planted = new Planted();
  let first: { order: string; event: string };
  let second: { order: string; event: string };
  before(async () => {
    world = await World.create();
    await installTap(world);
    await world.startAll();
    await world.putCustomer(1);
    first = await order(world, 1);
    // In a transaction of its own: of two in one, no time says which was applied first.
    await quiesce(world);
    second = await order(world, 1);
    expect((await world.placeOrder({ customer_id: 1, product_name: 'Mouse' })).status).to.equal(201);
    await quiesce(world);
  });
  after(() => world.destroy());
  afterEach(async () => {
    await planted.undo();
    await world.rabbit.drain(tapQueue);
  });

  const asked = (token: string, answer: Asked['answer']): Asked => ({
    token,
    customer: 1,
    keyed: true,
    answer,
  });
  const expectGuilty = async (log: readonly Asked[], finding: RegExp) => {
    const verdict = await judge(world, log).then(
      () => 'not guilty',
      (error: Error) => error.message,
    );
    expect(verdict).to.match(finding);
  };
  const send = (...eventIds: string[]) =>
    world.rabbit.publishAll(
      '',
      tapQueue,
      eventIds.map((id) => JSON.stringify({ id, data: { customer_id: '1' } })),
    );

  it('nothing is wrong', async () => {
    const { arrived, repeated } = await judge(world, []);
    expect({ arrived, repeated }).to.deep.equal({ arrived: 3, repeated: 0 });
  });

  it('an order that was answered with 201 is not there', async () => {
    await expectGuilty([asked('never stored', 'accepted')], /accepted and lost.*never stored/s);
  });

  it('an order is there twice', async () => {
    // Both are of this product.
    await expectGuilty([asked('Laptop', 'accepted')], /stored twice.*Laptop/s);
  });

  it('an order that was refused is there', async () => {
    await expectGuilty([asked('Mouse', 'refused')], /refused and stored.*Mouse/s);
  });

  it('a count is not what was applied', async () => {
    await planted.addToCount(world.customerDb, 1, 1);
    await expectGuilty([], /count-differs/);
  });

  it('a message tells of an event that was never committed', async () => {
    const ghost = '019ac0de-0000-7000-8000-000000000000';
    await send(ghost);
    await expectGuilty([], /published, but never committed/);
  });

  it('events of one customer arrive in another order than they were committed in', async () => {
    await send(second.event, first.event);
    // As texts: a Date has no microseconds.
    const [{ applied_at: early }, { applied_at: late }] = (
      await world.customerDb.query<{ applied_at: string }>(
        'SELECT applied_at::text FROM inbox WHERE event_id = ANY($1) ORDER BY event_id = $2',
        [[first.event, second.event], second.event],
      )
    ).rows as [{ applied_at: string }, { applied_at: string }];
    const setTimes = (times: readonly [string, string]) =>
      world.customerDb.query(
        `UPDATE inbox SET applied_at = times.applied_at
         FROM unnest($1::uuid[], $2::timestamptz[]) AS times (event_id, applied_at)
         WHERE inbox.event_id = times.event_id`,
        [[first.event, second.event], times],
      );
    planted.undoBy(() => setTimes([early, late]));
    await setTimes([late, early]);
    await expectGuilty([], /committed later/);
  });

  it('and not when the tap alone missed the first of them, which the worker had applied before', async () => {
    await send(second.event, first.event);
    await judge(world, []);
  });

  it('an event does not come to rest', async () => {
    await planted.delete(world.customerDb, 'inbox', 'event_id = $1', [first.event]);
    const verdict = await quiesce(world, { withinMs: 200 }).then(
      () => 'at rest',
      (error: Error) => error.message,
    );
    expect(verdict).to.match(/events that were applied/);
    await eventually(async () => expect(await arrivals(world)).to.deep.equal([]));
  });
});
