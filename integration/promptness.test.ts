import { outboxChannel } from '@event-sync/outbox/hint.ts';
import { appendEvent } from '@event-sync/outbox/append-event.ts';
import { expect } from 'chai';
import { eventually } from './world/eventually.ts';
import { endBackends } from './world/locks.ts';
import { World, withKnex } from './world/world.ts';

/** More than any of these tests waits: a relay with it lives on hints alone. */
const hardlyEverPolls = { OUTBOX_POLL_MS: '10000' };

describe('how soon the relay publishes', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.create();
    await world.rabbit.declare(async (channel) => {
      await channel.assertExchange('events', 'topic', { durable: true });
      await channel.assertQueue('heard', { durable: true, arguments: { 'x-queue-type': 'quorum' } });
      await channel.bindQueue('heard', 'events', 'heard');
    });
  });
  afterEach(() => world.destroy());

  /** The write of an event alone: nobody is told of it. */
  const append = (number: number) =>
    withKnex(world.addresses.postgresOrder, (knex) =>
      knex.transaction((trx) =>
        appendEvent(trx, {
          type: 'heard',
          version: 1,
          exchange: 'events',
          routingKey: 'heard',
          orderingKey: `key-${number}`,
          data: { number },
        }),
      ),
    );

  const hint = () => world.orderDb.query(`NOTIFY ${outboxChannel}`);
  const publishedAre = (rows: number) =>
    eventually(async () => expect(await world.rowsIn('outbox_published'), 'published').to.equal(rows));

  /** Seconds from its write, or from `since`, to its settling; on one clock, and whenever this test looks. */
  async function secondsOfTheLast(since?: string): Promise<number> {
    const { rows } = await world.orderDb.query<{ seconds: number }>(
      `SELECT extract(epoch FROM published_at - coalesce($1::timestamptz, created_at))::float8 AS seconds
       FROM outbox_published ORDER BY position DESC LIMIT 1`,
      [since],
    );
    return rows[0]!.seconds;
  }

  async function listening(): Promise<void> {
    await eventually(async () => {
      const { rowCount } = await world.orderDb.query(
        `SELECT 1 FROM pg_stat_activity
         WHERE datname = current_database() AND application_name = 'outbox-relay-hints' AND state = 'idle'
           AND query LIKE 'LISTEN%'`,
      );
      expect(rowCount).to.equal(1);
    });
  }

  /** Of five events, one after the other: a machine that stands still for a moment is not what is looked for. */
  async function medianSeconds(publish: (number: number) => Promise<unknown>): Promise<number> {
    const seconds: number[] = [];
    for (let number = 2; number <= 6; number++) {
      await publish(number);
      await publishedAre(number);
      seconds.push(await secondsOfTheLast());
    }
    return seconds.sort((a, b) => a - b)[2]!;
  }

  it('finds within a second what nobody has told it of', async () => {
    await world.start('outboxRelay');
    // What is compiled and connected at the first event is no part of the promise.
    await append(1);
    await publishedAre(1);
    expect(await medianSeconds(append)).to.be.lessThan(1);
  });

  it('finds within a second what it was told of while it could not hear', async () => {
    await world.start('outboxRelay');
    await append(1);
    await publishedAre(1);
    const seconds = await medianSeconds(async (number) => {
      await listening();
      await endBackends(world.orderDb, 'outbox-relay-hints');
      await append(number);
      await hint();
    });
    expect(seconds).to.be.lessThan(1);
  });

  it('is told of a commit long before it would look by itself, and again after that connection was cut', async () => {
    await world.start('outboxRelay', hardlyEverPolls);
    await listening();
    for (const number of [1, 2, 3, 4]) {
      await append(number);
      await hint();
      await publishedAre(number);
      expect(await secondsOfTheLast(), `event ${number}`).to.be.lessThan(5);
      await endBackends(world.orderDb, 'outbox-relay-hints');
      await listening();
    }
  });

  it('has its first confirm within five seconds of the return of the broker', async () => {
    await world.start('outboxRelay');
    await append(1);
    await publishedAre(1);
    await world.servers.control.rabbitmq.stop();
    try {
      await append(2);
    } finally {
      await world.servers.control.rabbitmq.start();
    }
    // `start` ends when the broker answers.
    const { rows } = await world.orderDb.query<{ now: string }>('SELECT clock_timestamp()::text AS now');
    await publishedAre(2);
    expect(await secondsOfTheLast(rows[0]!.now)).to.be.lessThan(5);
  });
});
