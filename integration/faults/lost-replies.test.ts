import { orderEventsQueue } from '@event-sync/contracts/topology.ts';
import { expect } from 'chai';
import { eventually } from '../world/eventually.ts';
import { request } from '../world/http.ts';
import { World, type ServiceName } from '../world/world.ts';
import { Network } from './network.ts';
import { installTap } from './tap.ts';
import { judge, quiesce } from './verdict.ts';

describe('a reply that is lost on its way', () => {
  let world: World;
  let network: Network;
  beforeEach(async () => {
    world = await World.create();
    await installTap(world);
    network = await Network.around(world);
    await Promise.all([start('customerWeb'), start('orderService')]);
    await world.putCustomer(1);
  });
  afterEach(async () => {
    await world.destroy();
    await network.close();
  });
  const start = (name: ServiceName, env: Record<string, string> = {}) =>
    world.start(name, { ...network.environment(name), ...env });
  /** The consumer's queue first: while only the tap is bound, what is published arrives there alone. */
  const startToPublish = async () => {
    await start('customerWorker');
    await start('outboxRelay');
  };
  const place = (headers: Record<string, string> = {}) =>
    request(world.url('orderService', '/orders'), {
      headers,
      json: { order: { customer_id: 1, product_name: 'Laptop', quantity: 1, price: 9.99 } },
    });

  it('of an order that is stored: the client is told that it is not known, and no second one is stored', async () => {
    expect((await place()).status).to.equal(201);
    const lost = network.link('orderService', 'postgres').loseReplyTo('store-orders');
    expect((await place()).status).to.equal(503);
    await lost;
    expect(await world.rowsIn('orders'), 'the first, and the one whose answer was lost').to.equal(2);
    await startToPublish();
    await quiesce(world);
    await judge(world, []);
    expect(await world.countOf(1)).to.equal(2);
  });

  it('of the COMMIT of an order with an Idempotency-Key: sent again, it is answered with the same order', async () => {
    expect((await place()).status).to.equal(201);
    const headers = { 'Idempotency-Key': 'sent-twice' };
    const lost = network.link('orderService', 'postgres').loseReplyTo('COMMIT');
    expect((await place(headers)).status).to.equal(503);
    await lost;
    const again = await place(headers);
    expect(again.status).to.equal(201);
    expect(again.headers.get('idempotent-replayed')).to.equal('true');
    expect(await world.rowsIn('orders')).to.equal(2);
    await startToPublish();
    await quiesce(world);
    await judge(world, []);
    expect(await world.countOf(1)).to.equal(2);
  });

  it("of the worker's COMMIT: the events are duplicates when they are tried again", async () => {
    // By the clock it commits for itself as well.
    const worker = await start('customerWorker', { INBOX_HOUSEKEEPING_CRON: '0 0 1 1 *' });
    const lost = network.link('customerWorker', 'postgres').loseReplyTo('COMMIT');
    await start('outboxRelay');
    expect((await place()).status).to.equal(201);
    await lost;
    await eventually(async () => {
      expect(await world.metric(worker, 'events_consumed_total{outcome="duplicate"')).to.equal(1);
    });
    expect(await world.metric(worker, 'events_consumed_total{outcome="applied"')).to.equal(0);
    await quiesce(world);
    await judge(world, []);
    expect(await world.countOf(1)).to.equal(1);
  });

  it('of the settling of a row: it is settled once', async () => {
    await start('customerWorker');
    const lost = network.link('outboxRelay', 'postgres').loseReplyTo('INSERT INTO outbox_published');
    await start('outboxRelay');
    expect((await place()).status).to.equal(201);
    await lost;
    expect(await world.rowsIn('outbox_published')).to.equal(1);
    expect((await place()).status).to.equal(201);
    await quiesce(world);
    const { arrived, repeated } = await judge(world, []);
    expect({ arrived, repeated }).to.deep.equal({ arrived: 2, repeated: 0 });
    expect(await world.rowsIn('outbox_published')).to.equal(2);
  });

  it('a confirm that comes after its time: the event is sent again, and counted once', async () => {
    await start('customerWorker');
    const relay = await start('outboxRelay', { OUTBOX_CONFIRM_TIMEOUT_MS: '2000' });
    const link = network.link('outboxRelay', 'rabbitmq');
    link.weather = { cut: ['to-client'] };
    expect((await place()).status).to.equal(201);
    await eventually(async () => expect(await world.countOf(1), 'counted before its confirm').to.equal(1));
    await eventually(async () => {
      expect(await world.metric(relay, 'outbox_publish_total{outcome="unknown"')).to.be.at.least(1);
    });
    expect(await world.rowsIn('outbox'), 'not settled without a confirm').to.equal(1);
    link.weather = {};
    await quiesce(world);
    const { arrived, repeated } = await judge(world, []);
    expect(repeated).to.be.at.least(1);
    expect(arrived).to.equal(1 + repeated);
    expect(await world.countOf(1)).to.equal(1);
  });

  it('a link to the broker whose other end is gone: relay and worker notice by themselves', async () => {
    await start('customerWorker');
    await start('outboxRelay', { OUTBOX_CONFIRM_TIMEOUT_MS: '2000' });
    expect((await place()).status).to.equal(201);
    await eventually(async () => expect(await world.countOf(1)).to.equal(1));
    for (const name of ['outboxRelay', 'customerWorker'] as const) {
      const link = network.link(name, 'rabbitmq');
      link.forget();
      expect(link.touched, `connections of ${name}`).to.be.greaterThan(0);
    }
    await eventually(async () => expect(await world.rabbit.consumers(orderEventsQueue)).to.equal(0));
    expect((await place()).status).to.equal(201);
    // The worker has nothing but AMQP's heartbeat, of 10 s, to notice it by.
    await eventually(async () => expect(await world.countOf(1)).to.equal(2), { withinMs: 60_000 });
    await quiesce(world);
    await judge(world, []);
  });
});
