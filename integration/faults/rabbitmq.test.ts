import { deadLetterQueue, orderEventsQueue } from '@event-sync/contracts/topology.ts';
import { expect } from 'chai';
import { eventually } from '../world/eventually.ts';
import { request } from '../world/http.ts';
import type { World } from '../world/world.ts';
import { UnderLoad } from './under-load.ts';

/** The relay begins no look at the outbox from now on until it has renewed its leases twice: it would look 20 times. */
async function nothingIsClaimed({ orderDb }: World): Promise<void> {
  const { rows: began } = await orderDb.query<{ now: string }>('SELECT clock_timestamp()::text AS now');
  const { now } = began[0]!;
  let claims = 0;
  await eventually(async () => {
    const { rows } = await orderDb.query<{ claims: number; renewed: boolean }>(
      `SELECT (SELECT count(*)::int FROM pg_stat_activity
               WHERE datname = current_database() AND application_name = 'outbox-relay'
                 AND query_start > $1 AND (query LIKE '%DECLARE pass%' OR query = 'COMMIT')) AS claims,
              -- A heartbeat lasts six seconds.
              (SELECT max(alive_until) FROM outbox_relay) > $1::timestamptz + interval '10.5 seconds' AS renewed`,
      [now],
    );
    if (rows[0]!.claims > 0) claims++;
    expect(rows[0]!.renewed, 'two renewals of its leases').to.equal(true);
  });
  expect(claims, 'times that it was seen to claim').to.equal(0);
}

/** How an operator provokes an alarm, and takes it back to what RabbitMQ has by default. */
const alarms = {
  memory: {
    raise: ['set_vm_memory_high_watermark', '0.000001'],
    clear: ['set_vm_memory_high_watermark', '0.6'],
  },
  disk: { raise: ['set_disk_free_limit', '1000000000000000'], clear: ['set_disk_free_limit', '50MB'] },
} as const;

describe('RabbitMQ, when it takes no more', () => {
  let loaded: UnderLoad;
  before(async () => {
    loaded = await UnderLoad.start('rabbitmq');
  });
  after(() => loaded.world.destroy());

  const relayIs = (status: number, saying: RegExp) =>
    eventually(async () => {
      const answer = await request(loaded.world.url('outboxRelay', '/readyz'));
      expect(answer.status, JSON.stringify(answer.body)).to.equal(status);
      expect(answer.body.dependencies.rabbitmq).to.match(saying);
    });

  for (const [resource, { raise, clear }] of Object.entries(alarms)) {
    it(`because its ${resource} is short: orders are accepted, the relay waits, the worker goes on, and then all of it flows`, async () => {
      const { world } = loaded;
      await loaded.suffer(async () => {
        // Something for the worker to do while nobody may publish.
        await loaded.services.customerWorker.stop();
        await loaded.ordersAreAccepted(50);
        // And something that it cannot put aside.
        await world.rabbit.publish('', orderEventsQueue, '{');
        await loaded.ordersAreAccepted(50);
        await eventually(async () =>
          expect(await world.rabbit.ready(orderEventsQueue)).to.be.greaterThan(100),
        );
        await world.servers.rabbitmqctl(raise);
        try {
          await relayIs(503, new RegExp(`blocks publishers: low on ${resource}`));
          // Not ready: it may not publish either.
          loaded.services.customerWorker = world.spawn('customerWorker');
          await loaded.ordersAreAccepted(50);
          await nothingIsClaimed(world);
          const published = await world.rowsIn('outbox_published');
          await eventually(async () => {
            expect(await world.rowsIn('inbox'), 'events that were applied').to.equal(published);
            expect(await world.rabbit.ready(orderEventsQueue)).to.equal(0);
          });
          expect(await world.rowsIn('outbox'), 'events that wait').to.be.at.least(50);
          expect(await world.rowsIn('outbox_published'), 'events published in the meantime').to.equal(
            published,
          );
          const { rows } = await world.orderDb.query('SELECT FROM outbox WHERE attempts > 0');
          expect(rows, 'events of which attempts were used up').to.have.length(0);
        } finally {
          await world.servers.rabbitmqctl(clear);
        }
        await relayIs(200, /^ok$/);
        await loaded.services.customerWorker.ready();
        await eventually(async () => expect(await world.rabbit.ready(deadLetterQueue)).to.equal(1));
        await world.rabbit.drain(deadLetterQueue);
      });
    });
  }

  it('because the queue is full: events are refused, noted, tried again in order, and all of them arrive', async () => {
    const { world } = loaded;
    const nacked = () => world.metric(loaded.services.outboxRelay, 'outbox_publish_total{outcome="nacked"');
    await loaded.suffer(async () => {
      await loaded.services.customerWorker.stop();
      const takeAll = await world.rabbit.limitQueue(orderEventsQueue, 10);
      try {
        await eventually(async () => {
          expect(await nacked(), 'refusals').to.be.greaterThan(12);
          const { rows } = await world.orderDb.query<{ last_error: string }>(
            'SELECT last_error FROM outbox WHERE attempts > 1',
          );
          expect(rows.length, 'rows that were refused twice').to.be.greaterThan(0);
          expect(rows[0]!.last_error).to.contain('refused by the broker');
        });
        await loaded.startAgain('customerWorker');
        // With the limit gone while the queue is over it, RabbitMQ 3.10 goes on refusing on channels that are open.
        await eventually(async () => {
          const { rows } = await world.orderDb.query('SELECT FROM outbox WHERE attempts > 0');
          expect(rows, 'rows that were refused and wait').to.have.length(0);
        });
      } finally {
        await takeAll();
      }
    });
  });
});
