import { orderEventsQueue } from '@event-sync/contracts/topology.ts';
import { appendEvent } from '@event-sync/outbox/append-event.ts';
import { expect } from 'chai';
import type { Knex } from 'knex';
import { randomUUID } from 'node:crypto';
import { TcpProxy } from './faults/tcp-proxy.ts';
import { eventually } from './world/eventually.ts';
import { lockTable, waitsToSettle } from './world/locks.ts';
import { World, withKnex } from './world/world.ts';

const event = (key: string, number: number) => ({
  type: 'numbered',
  version: 1,
  exchange: 'events',
  routingKey: 'numbered',
  orderingKey: key,
  data: { key, number },
});

/** For NODE_OPTIONS: a process whose wall clock is off by some hours. */
function clockOff(hours: number): string {
  const program = `
    const { Date: Right } = globalThis;
    const now = () => Right.now() + ${hours * 3_600_000};
    globalThis.Date = class Date extends Right {
      constructor(...given) { super(...(given.length > 0 ? given : [now()])); }
      static now() { return now(); }
    };`;
  return `--import=data:text/javascript,${encodeURIComponent(program)}`;
}

/** The numbers of each key, in the order in which they came, each at its first arrival. */
class Arrivals {
  readonly byKey = new Map<string, number[]>();
  readonly #seen = new Set<string>();
  duplicates = 0;

  take(content: Buffer): void {
    const { id, data } = JSON.parse(content.toString()) as {
      id: string;
      data: { key: string; number: number };
    };
    if (this.#seen.has(id)) {
      this.duplicates++;
      return;
    }
    this.#seen.add(id);
    this.byKey.set(data.key, [...(this.byKey.get(data.key) ?? []), data.number]);
  }

  get count(): number {
    return this.#seen.size;
  }

  expectInOrder(): void {
    for (const [key, numbers] of this.byKey) {
      expect(numbers, `order of ${key}`).to.deep.equal(numbers.toSorted((a, b) => a - b));
    }
  }
}

describe('the relay', () => {
  let world: World;
  let arrivals: Arrivals;
  let stopConsuming: () => Promise<void>;
  const links: TcpProxy[] = [];
  beforeEach(async () => {
    world = await World.create();
    arrivals = new Arrivals();
    await world.rabbit.declare(async (channel) => {
      await channel.assertExchange('events', 'topic', { durable: true });
      await channel.assertQueue('numbered', { durable: true, arguments: { 'x-queue-type': 'quorum' } });
      await channel.bindQueue('numbered', 'events', 'numbered');
    });
    stopConsuming = await world.rabbit.consume('numbered', ({ content }) => arrivals.take(content));
  });
  afterEach(async () => {
    await stopConsuming().catch(() => {});
    await world.destroy();
    for (const link of links.splice(0)) await link.close();
  });

  /** A way to RabbitMQ for one relay, with a weather of its own. */
  async function linkToRabbitmq(): Promise<{ url: string; link: TcpProxy }> {
    const url = new URL(world.environment('outboxRelay').RABBITMQ_URL!);
    const link = await TcpProxy.open({ host: url.hostname, port: Number(url.port) });
    links.push(link);
    [url.hostname, url.port] = ['127.0.0.1', String(link.port)];
    return { url: url.href, link };
  }

  /** Appends `perKey` numbered events for each key, one transaction each, `at once` of them in parallel. */
  async function append(knex: Knex, keys: number, from: number, perKey: number): Promise<void> {
    await Promise.all(
      Array.from({ length: keys }, async (_, key) => {
        for (let number = from; number < from + perKey; number++) {
          await knex.transaction((trx) => appendEvent(trx, event(`key-${key}`, number)));
        }
      }),
    );
  }

  it('publishes nothing of a transaction that is rolled back', async () => {
    await world.start('outboxRelay');
    await withKnex(world.addresses.postgresOrder, async (knex) => {
      await knex
        .transaction(async (trx) => {
          await appendEvent(trx, event('a', 1));
          throw new Error('rolled back');
        })
        .catch(() => {});
      await knex.transaction((trx) => appendEvent(trx, event('a', 2)));
    });
    await eventually(() => expect(arrivals.count).to.equal(1));
    expect(arrivals.byKey.get('a')).to.deep.equal([2]);
  });

  it('does not skip a transaction that commits late', async () => {
    await world.start('outboxRelay');
    await withKnex(world.addresses.postgresOrder, async (knex) => {
      const late = await knex.transaction();
      await appendEvent(late, event('late', 1));
      await knex.transaction((trx) => appendEvent(trx, event('early', 2)));
      // Its position is higher, and it is settled while the other is still open.
      await eventually(async () => expect(await world.rowsIn('outbox_published')).to.equal(1));
      await late.commit();
    });
    await eventually(() => expect(arrivals.byKey.get('late')).to.deep.equal([1]));
  });

  it('makes a second transaction for the same key wait for the first, so that positions follow the commits', async () => {
    await withKnex(world.addresses.postgresOrder, async (knex) => {
      const first = await knex.transaction();
      await appendEvent(first, event('same', 1));
      const second = knex.transaction((trx) => appendEvent(trx, event('same', 2)));
      await eventually(async () => {
        const { rowCount } = await world.orderDb.query(
          "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted",
        );
        expect(rowCount).to.equal(1);
      });
      await first.commit();
      await second;
    });
    const { rows } = await world.orderDb.query<{ number: number }>(
      "SELECT (body->'data'->>'number')::int AS number FROM outbox ORDER BY position",
    );
    expect(rows.map(({ number }) => number)).to.deep.equal([1, 2]);
  });

  it('keeps the order within a key when two commits fall between two reads of one pass', async () => {
    // The relay reads four rows, and no more before all of them are settled.
    await world.start('outboxRelay', { OUTBOX_BATCH: '4', OUTBOX_WINDOW: '1' });
    await withKnex(world.addresses.postgresOrder, async (knex) => {
      const first = await knex.transaction();
      await appendEvent(first, event('key', 1));
      const release = await lockTable(world.orderDb, 'outbox_published');
      await knex.transaction(async (trx) => {
        for (const key of ['a', 'b', 'c', 'd']) await appendEvent(trx, event(key, 1));
      });
      await waitsToSettle(world.orderDb);
      // One before what the pass has read, one after it.
      await first.commit();
      await knex.transaction((trx) => appendEvent(trx, event('key', 2)));
      await release();
    });
    await eventually(() => expect(arrivals.count).to.equal(6));
    expect(arrivals.byKey.get('key')).to.deep.equal([1, 2]);
  });

  it('publishes without pauses when its window is small beside its fetch', async () => {
    await world.start('outboxRelay', { OUTBOX_BATCH: '1000', OUTBOX_WINDOW: '2' });
    await withKnex(world.addresses.postgresOrder, (knex) => append(knex, 20, 1, 15));
    await eventually(() => expect(arrivals.count).to.equal(300));
    arrivals.expectInOrder();
  });

  it('two at once: both work, each event comes once, and in order', async () => {
    const [one, two] = [await world.start('outboxRelay'), await world.startAnother('outboxRelay')];
    await eventually(async () => {
      expect(await world.metric(one, 'outbox_owned_partitions')).to.equal(32);
      expect(await world.metric(two, 'outbox_owned_partitions')).to.equal(32);
    });
    await withKnex(world.addresses.postgresOrder, (knex) => append(knex, 20, 1, 25));
    await eventually(() => expect(arrivals.count).to.equal(500));
    await eventually(async () => expect(await world.rowsIn('outbox')).to.equal(0));
    arrivals.expectInOrder();
    expect(arrivals.duplicates).to.equal(0);
    for (const relay of [one, two]) expect(await world.metric(relay, 'outbox_settled_total')).to.be.above(0);
  });

  it('is taken over within ten seconds when it is killed, and hands over at once when it is asked to stop', async () => {
    const [one, two] = [await world.start('outboxRelay'), await world.startAnother('outboxRelay')];
    await eventually(async () => expect(await world.metric(two, 'outbox_owned_partitions')).to.equal(32));
    await one.kill();
    await eventually(async () => expect(await world.metric(two, 'outbox_owned_partitions')).to.equal(64), {
      withinMs: 10_000,
    });
    const three = await world.startAnother('outboxRelay');
    await eventually(async () => expect(await world.metric(three, 'outbox_owned_partitions')).to.equal(32));
    expect(await two.stop()).to.equal(0);
    await withKnex(world.addresses.postgresOrder, (knex) => append(knex, 20, 1, 2));
    await eventually(() => expect(arrivals.count).to.equal(40));
    arrivals.expectInOrder();
  });

  it('leaves its partitions to another while it cannot publish itself, and takes its share when it can', async () => {
    const { url, link } = await linkToRabbitmq();
    const cutOff = await world.start('outboxRelay', { RABBITMQ_URL: url });
    const other = await world.startAnother('outboxRelay');
    await eventually(async () => expect(await world.metric(other, 'outbox_owned_partitions')).to.equal(32));
    link.weather = { cut: ['to-server'] };
    link.reset();
    await withKnex(world.addresses.postgresOrder, (knex) => append(knex, 20, 1, 5));
    await eventually(() => expect(arrivals.count).to.equal(100));
    expect(await world.metric(other, 'outbox_owned_partitions')).to.equal(64);
    link.weather = {};
    await eventually(async () => {
      for (const relay of [cutOff, other])
        expect(await world.metric(relay, 'outbox_owned_partitions')).to.equal(32);
    });
    await withKnex(world.addresses.postgresOrder, (knex) => append(knex, 20, 6, 1));
    await eventually(() => expect(arrivals.count).to.equal(120));
    arrivals.expectInOrder();
  });

  for (const [words, hours] of [
    ['an hour fast', 1],
    ['an hour slow', -1],
  ] as const) {
    it(`leaves leases to their owner until they have run out, on a machine whose clock is ${words}`, async () => {
      const neighbour = randomUUID();
      const partitionsOf = async (owner: string) =>
        (await world.orderDb.query('SELECT 1 FROM outbox_partition WHERE owner = $1', [owner])).rowCount;
      // Nearly as far ahead as is believed.
      const neighbourLives = () =>
        world.orderDb.query(
          `INSERT INTO outbox_relay VALUES ($1, clock_timestamp() + interval '11 seconds')
           ON CONFLICT (relay_id) DO UPDATE SET alive_until = EXCLUDED.alive_until`,
          [neighbour],
        );
      const neighbourRenews = () =>
        world.orderDb.query(
          "UPDATE outbox_partition SET owner = $1, owned_until = clock_timestamp() + interval '11 seconds'",
          [neighbour],
        );
      await neighbourLives();
      await neighbourRenews();
      const relay = world.spawn('outboxRelay', { NODE_OPTIONS: clockOff(hours) });
      const heartbeat = async () => {
        await neighbourLives();
        expect(await partitionsOf(neighbour)).to.equal(64);
        await neighbourRenews();
        const { rows } = await world.orderDb.query<{ alive_until: string }>(
          'SELECT alive_until::text FROM outbox_relay WHERE relay_id <> $1',
          [neighbour],
        );
        expect(rows).to.have.length(1);
        return rows[0]!.alive_until;
      };
      const first = await eventually(heartbeat, { withinMs: 40_000 });
      // With its second heartbeat it has been through a whole round.
      await eventually(async () => expect(await heartbeat()).not.to.equal(first));
      expect(await partitionsOf(neighbour)).to.equal(64);
      await world.orderDb.query(
        "UPDATE outbox_partition SET owned_until = clock_timestamp() - interval '1 second'",
      );
      await eventually(async () => {
        await neighbourLives();
        expect(await world.metric(relay, 'outbox_owned_partitions'), 'its share beside a neighbour').to.equal(
          32,
        );
      });
    });
  }

  it('takes over from a relay that died before the clock of the database was set back', async () => {
    await world.orderDb.query(
      "INSERT INTO outbox_relay VALUES (gen_random_uuid(), clock_timestamp() + interval '10 minutes')",
    );
    await world.orderDb.query(
      "UPDATE outbox_partition SET owner = gen_random_uuid(), owned_until = clock_timestamp() + interval '10 minutes'",
    );
    const relay = await world.start('outboxRelay');
    await eventually(async () => expect(await world.metric(relay, 'outbox_owned_partitions')).to.equal(64));
  });

  it('tries what was put off before the clock of the database was set back', async () => {
    await withKnex(world.addresses.postgresOrder, (knex) => append(knex, 3, 1, 1));
    await world.orderDb.query(
      "UPDATE outbox SET next_attempt_at = clock_timestamp() + interval '10 minutes'",
    );
    await world.start('outboxRelay');
    await eventually(() => expect(arrivals.count).to.equal(3));
  });

  it('publishes nothing more of what it had read when it wakes up after its leases have run out', async () => {
    // Fifty a second at the most, by what stands still when the test does: else all could be sent before it is stopped.
    const { url, link } = await linkToRabbitmq();
    link.weather = { latencyMs: 10 };
    const paused = await world.start('outboxRelay', { RABBITMQ_URL: url });
    await withKnex(world.addresses.postgresOrder, async (knex) => {
      await knex.transaction(async (trx) => {
        for (let number = 1; number <= 200; number++) await appendEvent(trx, event('key', number));
      });
      await eventually(() => expect(arrivals.count).to.be.above(10));
      process.kill(paused.pid, 'SIGSTOP');
      link.weather = {};
      const next = await world.startAnother('outboxRelay');
      await eventually(async () => expect(await world.rowsIn('outbox')).to.equal(0));
      await eventually(() => expect(arrivals.count).to.equal(200));
      expect(await world.metric(next, 'outbox_settled_total'), 'left by the paused one').to.be.above(100);
      const { duplicates } = arrivals;
      process.kill(paused.pid, 'SIGCONT');
      await eventually(async () => {
        expect(await world.metric(paused, 'outbox_owned_partitions')).to.equal(32);
      });
      await append(knex, 20, 1, 1);
      await eventually(() => expect(arrivals.count).to.equal(220));
      // The one that it was about to send when it was stopped, at the most.
      expect(arrivals.duplicates - duplicates).to.be.within(0, 1);
    });
    arrivals.expectInOrder();
  });

  it('settles what it has published before it ends when it is asked to stop, so that nothing is sent twice', async () => {
    const relay = await world.start('outboxRelay');
    const release = await lockTable(world.orderDb, 'outbox_published');
    await withKnex(world.addresses.postgresOrder, async (knex) => {
      await append(knex, 20, 1, 1);
      await waitsToSettle(world.orderDb);
      // Confirmed while a settling is under way: these wait for the next one.
      await append(knex, 20, 2, 1);
      await eventually(() => expect(arrivals.count).to.equal(40));
      const stopped = relay.stop();
      await eventually(() => expect(relay.logs()).to.contain('"msg":"stopping"'));
      await release();
      expect(await stopped).to.equal(0);
      expect(await world.rowsIn('outbox')).to.equal(0);
      await world.start('outboxRelay');
      await append(knex, 20, 3, 1);
    });
    await eventually(() => expect(arrivals.count).to.equal(60));
    expect(arrivals.duplicates).to.equal(0);
    arrivals.expectInOrder();
  });

  it('gives partitions back only when what it has published of them is settled', async () => {
    const one = await world.start('outboxRelay');
    await eventually(async () => expect(await world.metric(one, 'outbox_owned_partitions')).to.equal(64));
    const release = await lockTable(world.orderDb, 'outbox_published');
    await withKnex(world.addresses.postgresOrder, (knex) => append(knex, 20, 1, 1));
    await eventually(() => expect(arrivals.count).to.equal(20));
    const two = await world.startAnother('outboxRelay');
    const { rows } = await world.orderDb.query<{ ready: string }>('SELECT clock_timestamp()::text AS ready');
    // Two rounds of both: one could have given, and the other taken and published. A heartbeat lasts six seconds.
    await eventually(async () => {
      const { rowCount } = await world.orderDb.query(
        "SELECT 1 FROM outbox_relay WHERE alive_until > $1::timestamptz + interval '10.5 seconds'",
        [rows[0]!.ready],
      );
      expect(rowCount).to.equal(2);
    });
    await release();
    await eventually(async () => expect(await world.metric(two, 'outbox_owned_partitions')).to.equal(32));
    await eventually(async () => expect(await world.rowsIn('outbox')).to.equal(0));
    expect(arrivals.duplicates).to.equal(0);
  });

  it('keeps the order within a key while connections are cut and relays are killed', async () => {
    // The queue is read at the end, by one consumer. One that is there all the time may be cut off as well, or, as the
    // list of connections lags, not be cut off and share the queue with its successor: both show a wrong order.
    await stopConsuming();
    // They look often: what is cut off should have something in flight.
    const busy = { OUTBOX_POLL_MS: '5' };
    let relay = await world.start('outboxRelay', busy);
    const survivor = await world.startAnother('outboxRelay', busy);
    const unconfirmed = () => world.metric(survivor, 'outbox_publish_total{outcome="unknown"');
    await withKnex(world.addresses.postgresOrder, async (knex) => {
      const keys = 20;
      let perKey = 0;
      const appendToKey = (key: number) =>
        knex.transaction(async (trx) => {
          for (let number = perKey; number < perKey + 10; number++)
            await appendEvent(trx, event(`key-${key}`, number));
        });
      const fault = async (round: number) => {
        if (round % 2 === 0) {
          const before = await unconfirmed();
          await eventually(async () => {
            await world.rabbit.closeConnections('outbox-relay');
            expect(await unconfirmed(), 'what was in flight').to.be.greaterThan(before);
          });
        } else {
          // Not one that has no partitions yet: those of the last one that was killed are still leased.
          await eventually(async () =>
            expect(await world.metric(relay, 'outbox_settled_total')).to.be.above(0),
          );
          await relay.kill();
          relay = await world.start('outboxRelay', busy);
        }
      };
      for (let round = 0; round < 6; round++) {
        let over = false;
        const load = async () => {
          for (; !over; perKey += 10) {
            await Promise.all(Array.from({ length: keys }, (_, key) => appendToKey(key)));
            // No more than can be published afterwards.
            await eventually(async () => expect(await world.rowsIn('outbox')).to.be.below(10_000), {
              withinMs: 60_000,
            });
          }
        };
        await Promise.all([load(), fault(round).finally(() => (over = true))]);
      }
      await eventually(async () => expect(await world.rowsIn('outbox')).to.equal(0), { withinMs: 60_000 });
      stopConsuming = await world.rabbit.consume('numbered', ({ content }) => arrivals.take(content));
      await eventually(() => expect(arrivals.count).to.equal(keys * perKey), { withinMs: 60_000 });
    });
    arrivals.expectInOrder();
  });

  it('lets events wait whose route leads to no queue, and goes on by itself when a queue is bound', async () => {
    const relay = await world.start('outboxRelay');
    await world.rabbit.declare((channel) => channel.unbindQueue('numbered', 'events', 'numbered'));
    await withKnex(world.addresses.postgresOrder, (knex) => append(knex, 3, 1, 5));
    await eventually(async () => {
      expect(await world.metric(relay, 'outbox_publish_total{outcome="returned"')).to.be.above(1);
    });
    expect(await world.rowsIn('outbox')).to.equal(15);
    expect(await world.rowsIn('outbox_published')).to.equal(0);
    expect(relay.logs().match(/no queue is bound/g), 'one alarm').to.have.length(1);
    await world.rabbit.declare((channel) => channel.bindQueue('numbered', 'events', 'numbered'));
    await eventually(() => expect(arrivals.count).to.equal(15));
    arrivals.expectInOrder();
    const { rows } = await world.orderDb.query('SELECT 1 FROM outbox WHERE attempts > 0');
    expect(rows, 'attempts used up').to.have.length(0);
  });

  /** Reading row by row nobody comes to the end of so many within a pass. */
  const manyRows = 100_000;
  const rowByRow = { OUTBOX_BATCH: '1', OUTBOX_WINDOW: '5' };
  const appendMany = (routingKey: string, nextAttempt: string) =>
    world.orderDb.query(
      `INSERT INTO outbox (event_id, ordering_key, type, version, exchange, routing_key, body, next_attempt_at)
       SELECT gen_random_uuid(), 'key-' || i, 'numbered', 1, 'events', $1,
              json_build_object('id', i, 'data', json_build_object('key', 'key-' || i, 'number', 1)), ${nextAttempt}
       FROM generate_series(1, ${manyRows}) AS i`,
      [routingKey],
    );

  for (const [what, routingKey, nextAttempt] of [
    ['that lead to no queue', 'nowhere', 'NULL'],
    ['that are to be tried again later', 'numbered', "clock_timestamp() + interval '50 seconds'"],
  ] as const) {
    it(`reaches what stands behind a great many events ${what}, and only those behind one of their key wait`, async () => {
      await appendMany(routingKey, nextAttempt);
      await withKnex(world.addresses.postgresOrder, async (knex) => {
        await knex.transaction((trx) => appendEvent(trx, event('key-5', 2)));
        await knex.transaction((trx) => appendEvent(trx, event('free', 1)));
        await world.start('outboxRelay', rowByRow);
        await eventually(() => expect([...arrivals.byKey.keys()]).to.deep.equal(['free']));
        // A pass that sees this one sees that of key-5, too.
        await knex.transaction((trx) => appendEvent(trx, event('free', 2)));
        await eventually(() => expect(arrivals.byKey.get('free')).to.deep.equal([1, 2]));
      });
      expect([...arrivals.byKey.keys()]).to.deep.equal(['free']);
    });
  }

  it('tries a route with a great many events before its own that cannot go, and lets them go when a queue is bound', async () => {
    await appendMany('nowhere', 'NULL');
    await world.rabbit.declare((channel) => channel.unbindQueue('numbered', 'events', 'numbered'));
    const relay = await world.start('outboxRelay', rowByRow);
    const appendOneOf = (keys: readonly string[]) =>
      world.orderDb.query(
        `INSERT INTO outbox (event_id, ordering_key, type, version, exchange, routing_key, body)
         SELECT gen_random_uuid(), key, 'numbered', 1, 'events', 'numbered',
                json_build_object('id', key, 'data', json_build_object('key', key, 'number', 1))
         FROM unnest($1::text[]) AS key`,
        [keys],
      );
    const keys = (name: string) => Array.from({ length: 10 }, (_, n) => `${name}-${n}`);
    const [gone, later] = [keys('gone'), keys('later')];
    await appendOneOf(gone);
    await eventually(async () => expect(await world.metric(relay, 'outbox_suspended_routes')).to.equal(2));
    // The one with which the route is tried is among them, whichever it is.
    await world.orderDb.query('DELETE FROM outbox WHERE ordering_key = ANY($1)', [gone]);
    await appendOneOf(later);
    await world.rabbit.declare((channel) => channel.bindQueue('numbered', 'events', 'numbered'));
    await eventually(() => expect([...arrivals.byKey.keys()]).to.include.members(later));
    expect(await world.metric(relay, 'outbox_suspended_routes')).to.equal(1);
    expect(relay.logs().match(/"nowhere".*no queue is bound/g), 'one alarm').to.have.length(1);
  });

  it('tries a refused event again, in order, when the queue has room again', async () => {
    await stopConsuming();
    await world.rabbit.routeToFullQueue('numbered', { instead: 'numbered', maxLength: 3 });
    const relay = await world.start('outboxRelay');
    await withKnex(world.addresses.postgresOrder, (knex) => append(knex, 2, 1, 5));
    await eventually(async () => {
      expect(await world.metric(relay, 'outbox_publish_total{outcome="nacked"')).to.be.above(1);
    });
    await eventually(async () => {
      const { rows } = await world.orderDb.query<{ attempts: number; last_error: string }>(
        'SELECT attempts, last_error FROM outbox WHERE attempts > 0',
      );
      expect(rows.length, 'attempts are written down').to.be.above(0);
      expect(rows[0]!.last_error).to.contain('refused by the broker');
    });
    stopConsuming = await world.rabbit.consume('full', ({ content }) => arrivals.take(content));
    await eventually(() => expect(arrivals.count).to.equal(10));
    arrivals.expectInOrder();
  });

  it('counts the attempts of thousands of refused events, and keeps its leases meanwhile', async function () {
    this.timeout(240_000);
    const events = 5_000;
    await world.rabbit.routeToFullQueue('numbered', { instead: 'numbered', maxLength: 1 });
    await world.orderDb.query(
      `INSERT INTO outbox (event_id, ordering_key, type, version, exchange, routing_key, body)
       SELECT gen_random_uuid(), 'key-' || i, 'numbered', 1, 'events', 'numbered', '{}' FROM generate_series(1, $1) AS i`,
      [events],
    );
    const relay = await world.start('outboxRelay');
    await eventually(
      async () => {
        expect(await world.metric(relay, 'outbox_owned_partitions')).to.equal(64);
        const { rows } = await world.orderDb.query<{ refused: number; untried: number }>(
          `SELECT count(*) FILTER (WHERE attempts >= 3)::int AS refused, count(*) FILTER (WHERE attempts = 0)::int AS untried
         FROM outbox`,
        );
        expect(rows[0]).to.deep.equal({ refused: await world.rowsIn('outbox'), untried: 0 });
      },
      { withinMs: 60_000 },
    );
    expect(await world.rowsIn('outbox')).to.be.greaterThan(events - 10);
    expect(relay.logs()).not.to.match(/cannot renew|could not note|partitions changed.*partitions changed/s);
  });

  it('forgets published events when their retention is over, by the day, and never those that wait', async () => {
    const days = async () => {
      const { rows } = await world.orderDb.query<{ name: string }>(
        `SELECT relid::text AS name FROM pg_partition_tree('outbox_published') WHERE isleaf ORDER BY 1`,
      );
      return rows.map(({ name }) => name);
    };
    const dayOf = async (offset: string) => {
      const { rows } = await world.orderDb.query<{ day: string }>(
        `SELECT to_char((now() + $1::interval) AT TIME ZONE 'UTC', 'YYYYMMDD') AS day`,
        [offset],
      );
      return rows[0]!.day;
    };
    const [old, before, today, tomorrow] = await Promise.all(
      ['-10 days', '-9 days', '0 days', '1 day'].map(dayOf),
    );
    await world.orderDb.query(
      `CREATE TABLE outbox_published_${old} PARTITION OF outbox_published FOR VALUES FROM ('${old} 00:00Z') TO ('${before} 00:00Z')`,
    );
    await world.orderDb.query(`DROP TABLE outbox_published_${tomorrow}`);
    const relay = await world.start('outboxRelay', {
      OUTBOX_RETENTION_HOURS: '240',
      OUTBOX_HOUSEKEEPING_CRON: '0 0 1 1 *',
    });
    await withKnex(world.addresses.postgresOrder, async (knex) => {
      await append(knex, 2, 1, 5);
      await eventually(async () => expect(await world.rowsIn('outbox_published')).to.equal(10));
      await world.rabbit.declare((channel) => channel.unbindQueue('numbered', 'events', 'numbered'));
      await append(knex, 1, 6, 1);
      await knex.raw("UPDATE outbox SET created_at = now() - interval '1 year'");
      // Six on the old day, of which a part is still to be kept, and two on a day that has no table.
      await knex.raw(
        `UPDATE outbox_published SET published_at = '${old} 23:59:59Z' WHERE position % 10 NOT IN (0, 1, 2, 3)`,
      );
      await knex.raw(
        "UPDATE outbox_published SET published_at = now() - interval '1 year' WHERE position % 10 < 2",
      );
    });
    // Made anew at the start, and the old day, of which some is to be kept, is still there.
    await eventually(async () => expect(await days()).to.include(`outbox_published_${tomorrow}`));
    expect(await days()).to.include(`outbox_published_${old}`);
    await relay.stop();

    await world.start('outboxRelay', { OUTBOX_RETENTION_HOURS: '216' });
    await eventually(async () => expect(await world.rowsIn('outbox_published')).to.equal(2));
    expect(await days()).not.to.include(`outbox_published_${old}`);
    expect(await days()).to.include.members([`outbox_published_${today}`, 'outbox_published_rest']);
    expect(await world.rowsIn('outbox')).to.equal(1);
  });

  it('says how to migrate when the replaced system has left a classic queue, and ends', async () => {
    await world.rabbit.declare((channel) => channel.assertQueue(orderEventsQueue, { durable: true }));
    const worker = world.spawn('customerWorker');
    expect((await worker.exited).code).to.equal(1);
    expect(worker.logs()).to.contain('docs/operations.md');
  });

  it('says what to do about an exchange that is there with another type, and ends', async () => {
    await world.rabbit.declare((channel) => channel.assertExchange('other', 'direct', { durable: true }));
    const relay = world.spawn('outboxRelay', { OUTBOX_EXCHANGES: 'events,other' });
    expect((await relay.exited).code).to.equal(1);
    expect(relay.logs()).to.contain('durable topic exchange').and.not.to.contain('quorum queue');
  });
});
