import {
  deadLetterHeaders,
  deadLetterQueue,
  eventsExchange,
  orderEventsQueue,
  retryQueue,
} from '@event-sync/contracts/topology.ts';
import { freePort } from '@event-sync/stack/ports.ts';
import type { GetMessage } from 'amqplib';
import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import type { Service } from '@event-sync/stack/services.ts';
import { eventually } from './world/eventually.ts';
import { request } from './world/http.ts';
import { lockTable, lockWaits, waitsForLock } from './world/locks.ts';
import { World } from './world/world.ts';

const envelope = (overrides: Record<string, unknown> = {}) => ({
  id: randomUUID(),
  event: 'order_created',
  version: 1,
  timestamp: '2026-01-01T00:00:00.000Z',
  data: { order_id: 1, customer_id: 1 },
  ...overrides,
});

/** What the worker tells of an event whose customer is not there. */
const triedAgain = (id: string) => new RegExp(`"event_id":"${id}".*put aside to be tried again`);

/** Else one worker would take all that a test sends, and another would have nothing to do. */
const smallBatches = { CONSUMER_BATCH: '100' };

describe('the consumer', () => {
  let world: World;
  let worker: Service;
  let adminUrl: string;
  const token = 'a-token-of-some-length';
  before(async () => {
    world = await World.create();
    await world.start('customerWeb');
    const port = String(await freePort());
    adminUrl = `http://127.0.0.1:${port}`;
    worker = await world.start('customerWorker', { ...smallBatches, ADMIN_TOKEN: token, ADMIN_PORT: port });
  });
  after(() => world.destroy());
  beforeEach(async () => {
    await world.customerDb.query('TRUNCATE customers, inbox, pending_evictions');
    await world.redis.flushdb();
    await world.rabbit.drain(deadLetterQueue);
    await world.putCustomer(1);
  });

  const send = (body: unknown, options = {}) =>
    world.rabbit.publish(
      eventsExchange,
      'order.created',
      typeof body === 'string' ? body : JSON.stringify(body),
      options,
    );
  const ended = (outcome: string) => world.metric(worker, `events_consumed_total{outcome="${outcome}"`);

  it('counts an event once, however often it is delivered', async () => {
    const before = await ended('duplicate');
    const event = envelope();
    for (let i = 0; i < 10; i++) await send(event);
    await eventually(async () => expect(await ended('duplicate')).to.equal(before + 9));
    expect(await world.countOf(1)).to.equal(1);
    expect(await world.rowsIn('inbox')).to.equal(1);
  });

  it('takes an id for the same in whatever case it is written', async () => {
    const before = await ended('duplicate');
    const event = envelope();
    await send({ ...event, id: event.id.toUpperCase() });
    await send(event);
    await eventually(async () => expect(await ended('duplicate')).to.equal(before + 1));
    expect(await world.countOf(1)).to.equal(1);
  });

  it('counts messages of the replaced system, which have no id, once', async () => {
    const before = await ended('duplicate');
    const legacy = (order: number) => ({
      event: 'order_created',
      data: { order_id: order, customer_id: 1, total_amount: 999.99 },
      timestamp: '2024-05-01 10:00:00 UTC',
    });
    for (let i = 0; i < 3; i++) await send(legacy(7));
    await send(legacy(8));
    for (let i = 0; i < 2; i++) await send(legacy(9), { messageId: 'not a uuid' });
    await eventually(async () => expect(await ended('duplicate')).to.equal(before + 3));
    expect(await world.countOf(1)).to.equal(3);
  });

  it('takes the rest of a batch although a message in it is poison, and says what was wrong with it', async () => {
    const poison: [string, unknown, object][] = [
      ['not-json', '{"event":', {}],
      ['not-json', Buffer.from([0xff, 0xfe, 0x00]).toString('latin1'), {}],
      ['not-json', '', {}],
      ['wrong-envelope', '[]', {}],
      ['wrong-envelope', 'null', {}],
      ['wrong-envelope', { id: 'x', event: 'order_created', version: 1, timestamp: 'now', data: {} }, {}],
      ['wrong-envelope', envelope({ data: 'text' }), {}],
      ['wrong-envelope', { data: {} }, {}],
      ['unknown-version', envelope({ version: 99 }), {}],
      ['invalid-data', envelope({ data: { order_id: 1 } }), {}],
      ['invalid-data', envelope({ data: { order_id: 1, customer_id: -1 } }), {}],
      ['invalid-data', envelope({ data: { order_id: 1, customer_id: '9223372036854775808' } }), {}],
      ['not-json', '{"a":'.repeat(5_000), {}],
    ];
    for (const [, body, options] of poison) {
      await send(body, options);
      await send(envelope());
    }
    await eventually(async () => expect(await world.countOf(1)).to.equal(poison.length));
    await eventually(async () => expect(await world.rabbit.ready(deadLetterQueue)).to.equal(poison.length));
    const dead = await world.rabbit.drain(deadLetterQueue);
    expect(
      dead.map(({ properties }) => properties.headers![deadLetterHeaders.reason] as string),
    ).to.deep.equal(poison.map(([reason]) => reason));
    for (const { properties } of dead) {
      expect(properties.headers![deadLetterHeaders.explanation]).to.be.a('string').with.length.above(20);
      expect(properties.headers![deadLetterHeaders.time]).to.match(/^\d{4}-\d\d-\d\dT/);
    }
  });

  it('is not stopped by headers that mean something to a broker or a client, and harms no other message', async () => {
    const hostile = [
      { rascal: { encryption: { name: 'none' } } },
      { rascal: 'text' },
      { rascal: { recovery: { [orderEventsQueue]: { immediateNack: true } } } },
      { 'x-death': 'text' },
      { 'x-death': { count: 1 } },
      { 'x-death': [5] },
      { 'x-delivery-count': 100 },
      { 'x-attempts': 'many' },
    ];
    for (const headers of hostile) {
      for (let i = 0; i < 3; i++) await send(envelope());
      await send(envelope(), { headers, contentType: 'application/json' });
    }
    await eventually(async () => expect(await world.countOf(1)).to.equal(hostile.length * 4));
    expect(await world.rabbit.ready(deadLetterQueue)).to.equal(0);
  });

  it('makes one dead letter of one message, whatever its headers tell the broker to do with copies', async () => {
    await send('poison', {
      headers: {
        CC: [orderEventsQueue, deadLetterQueue],
        'x-death': [
          { queue: orderEventsQueue, reason: 'delivery_limit', count: 1, exchange: '', 'routing-keys': [] },
        ],
      },
    });
    // Marks the end: what the first one would have set off had come before it.
    const before = await world.countOf(1);
    await send(envelope());
    await eventually(async () => expect(await world.countOf(1)).to.equal(before + 1));
    const dead = await eventually(async () => {
      const messages = await world.rabbit.drain(deadLetterQueue);
      expect(messages).not.to.have.length(0);
      return messages;
    });
    // With the sender's CC on it, our copy would have come back to the queue, and made the next one, without an end.
    await send(envelope());
    await eventually(async () => expect(await world.countOf(1)).to.equal(before + 2));
    expect(dead.length + (await world.rabbit.drain(deadLetterQueue)).length).to.equal(1);
    expect(dead[0]!.properties.headers).to.have.property('x-original-CC').that.contains(orderEventsQueue);
    expect(dead[0]!.properties.headers).not.to.have.any.keys('CC', 'x-death');
  });

  it('tries an event again whose headers say that it has been a dead letter before', async () => {
    const event = envelope({ data: { order_id: 1, customer_id: 4 } });
    await send(event, {
      headers: {
        'x-death': [
          {
            queue: orderEventsQueue,
            reason: 'delivery_limit',
            count: 1,
            exchange: '',
            'routing-keys': ['x'],
          },
          { queue: retryQueue, reason: 'expired', count: 1, exchange: '', 'routing-keys': ['x'] },
        ],
      },
    });
    await eventually(() => expect(worker.logs()).to.match(triedAgain(event.id)));
    await world.putCustomer(4);
    await eventually(async () => expect(await world.countOf(4)).to.equal(1));
  });

  it('keeps a dead letter, however often somebody looks at it', async () => {
    await send('no JSON');
    await eventually(async () => expect(await world.rabbit.ready(deadLetterQueue)).to.equal(1));
    await world.rabbit.declare(async (channel) => {
      for (let look = 0; look < 25; look++) {
        await eventually(async () => {
          const message = await channel.get(deadLetterQueue);
          expect(message, `at look ${look}`).not.to.equal(false);
          if (message) channel.nack(message, false, true);
        });
      }
    });
    await eventually(async () => expect(await world.rabbit.drain(deadLetterQueue)).to.have.length(1));
  });

  describe('the admin API', () => {
    const api = (path: string, json?: unknown, authorization = `Bearer ${token}`) =>
      request(`${adminUrl}${path}`, { ...(json ? { json } : {}), headers: { authorization } });
    const waiting = () => world.rabbit.ready(deadLetterQueue);

    it('lists, shows, replays and discards dead letters, for those who have the token', async () => {
      const event = envelope({ data: { order_id: 1, customer_id: 4 } });
      const newer = envelope({ version: 99 });
      for (const each of [newer, event]) await send(each, { messageId: each.id });
      await send('no JSON');
      await eventually(async () => expect(await waiting()).to.equal(3), { withinMs: 30_000 });

      for (const authorization of ['', 'Bearer wrong', `Basic ${token}`])
        for (const path of ['/dead-letters', '/openapi.json'])
          expect((await api(path, undefined, authorization)).status).to.equal(401);
      expect(
        (await api('/dead-letters')).body.map(({ reason }: { reason: string }) => reason),
      ).to.have.members(['unknown-version', 'not-json', 'customer-not-found']);
      expect((await api('/dead-letters?limit=1')).body).to.have.length(1);
      const shown = await api(`/dead-letters/${event.id}`);
      expect(shown.body).to.include({ id: event.id, body: JSON.stringify(event) });
      expect((await api('/dead-letters/nobody')).status).to.equal(404);
      for (const body of [{}, { all: false }, { ids: [] }, { all: true, reason: 'not-json' }])
        expect((await api('/dead-letters/discard', body)).status, JSON.stringify(body)).to.equal(422);
      await eventually(async () => expect(await waiting()).to.equal(3));

      await world.putCustomer(4);
      const replayed = await api('/dead-letters/replay', { ids: [event.id, 'nobody'] });
      expect(replayed.body)
        .to.include({ count: 1, more: false })
        .and.to.have.deep.property('ids', [event.id]);
      await eventually(async () => expect(await world.countOf(4)).to.equal(1));
      expect((await api('/dead-letters/discard', { reason: 'not-json' })).body.count).to.equal(1);
      const ids = Array.from({ length: 9_999 }, (_, n) => String(n).padEnd(255, 'x'));
      const discarded = await api('/dead-letters/discard', { ids: [...ids, newer.id] });
      expect(discarded.body.ids, 'as many as may be').to.deep.equal([newer.id]);
      expect((await api('/dead-letters/discard', { ids: ['x'.repeat(256)] })).status).to.equal(422);
      expect(await waiting()).to.equal(0);
    });

    it('replays what comes back only once, for who goes on from the time of the first request', async () => {
      for (const number of [1, 2, 3]) await send('no JSON', { messageId: `of ${number}` });
      await eventually(async () => expect(await waiting()).to.equal(3));
      const first = await api('/dead-letters/replay', { all: true });
      expect(first.body).to.include({ count: 3, more: false });
      await eventually(async () => expect(await waiting()).to.equal(3));
      const next = await api('/dead-letters/replay', { all: true, before: first.body.before });
      expect(next.body).to.include({ count: 0, more: false, before: first.body.before });
    });

    it('takes no more than 250 in one request, and says that there are more', async () => {
      await world.rabbit.publishAll('', deadLetterQueue, Array<string>(251).fill('no JSON'));
      const first = await api('/dead-letters/discard', { all: true });
      expect(first.body).to.include({ count: 250, more: true });
      expect(await waiting()).to.equal(1);
      const second = await api('/dead-letters/discard', { all: true });
      expect(second.body).to.include({ count: 1, more: false });
    });
  });

  describe('npm run dead-letters', () => {
    const deadLetters = async (...parameters: string[]) => {
      const program = world.run('customer-service/dead-letters.main.ts', parameters, {
        settingsOf: 'customerWorker',
      });
      const { code } = await program.exited;
      return { code, text: program.logs() };
    };
    const waiting = () => world.rabbit.ready(deadLetterQueue);

    it('lists and shows them, and leaves them where they are', async () => {
      const event = envelope({ version: 99 });
      await send(event, { messageId: event.id });
      await send('no JSON');
      await eventually(async () => expect(await waiting()).to.equal(2));
      const list = await deadLetters('list');
      expect(list.code).to.equal(0);
      expect(list.text).to.match(
        new RegExp(`^${event.id}  unknown-version since 20.*\n.*\n.*  not-json since`),
      );
      const shown = await deadLetters('show', event.id);
      expect(shown.text).to.contain(JSON.stringify(event));
      expect((await deadLetters('show', 'nobody')).code).to.equal(1);
      await eventually(async () => expect(await waiting()).to.equal(2));
    });

    it('replays one by its id, which is applied, and no other', async () => {
      const event = envelope({ data: { order_id: 1, customer_id: 3 } });
      const other = envelope({ version: 99 });
      for (const each of [other, event]) await send(each, { messageId: each.id });
      await eventually(async () => expect(await waiting()).to.equal(2), { withinMs: 30_000 });
      await world.putCustomer(3);
      const replayed = await deadLetters('replay', '--id', event.id);
      expect(replayed).to.deep.equal({ code: 0, text: `${event.id}\n1 message put back into the queue.\n` });
      await eventually(async () => expect(await world.countOf(3)).to.equal(1));
      await eventually(async () => expect(await waiting()).to.equal(1));
      // It was applied: once more is dropped by its id.
      const dropped = await ended('duplicate');
      await send(event, { messageId: event.id });
      await eventually(async () => expect(await ended('duplicate')).to.equal(dropped + 1));
      expect(await world.countOf(3)).to.equal(1);
    });

    it('replays what is still wrong, and it is a dead letter again, once', async () => {
      const before = await ended('dead-letter');
      await send('no JSON');
      await send('nor this');
      await eventually(async () => expect(await ended('dead-letter')).to.equal(before + 2));
      expect((await deadLetters('replay', '--all')).text).to.contain('2 messages put back');
      await eventually(async () => expect(await ended('dead-letter')).to.equal(before + 4));
      await eventually(async () => expect(await waiting()).to.equal(2));
    });

    it('takes the id that a message was given, because it came without, for no id of an event', async () => {
      const legacy = JSON.stringify({ event: 'order_created', data: { order_id: 77 } });
      await send(legacy);
      await eventually(async () => expect(await waiting()).to.equal(1));
      const [given] = (await deadLetters('list')).text.split(' ') as [string];
      // As if a consumer that understands it had come: counted by its event and order, as always.
      expect((await deadLetters('replay', '--id', given)).code).to.equal(0);
      await eventually(async () => expect(await waiting()).to.equal(1));
      const [another] = (await deadLetters('list')).text.split(' ') as [string];
      expect(another).not.to.equal(given);
      const discarded = await deadLetters('discard', '--id', another, '--why', 'not ours');
      expect(discarded).to.deep.equal({ code: 0, text: `${another}\n1 message discarded.\n` });
      const noted = await world.customerDb.query('SELECT FROM discarded_events WHERE event_id = $1', [
        another,
      ]);
      expect(noted.rowCount).to.equal(0);
    });

    it('discards those with a reason, and says what is not there', async () => {
      const event = envelope({ version: 99 });
      await send(event, { messageId: event.id });
      await send('no JSON');
      await eventually(async () => expect(await waiting()).to.equal(2));
      expect((await deadLetters('discard', '--reason', 'not-json')).text).to.contain('1 message discarded.');
      await eventually(async () => expect(await waiting()).to.equal(1));
      const missing = await deadLetters('discard', '--id', event.id, '--id', 'nobody');
      expect(missing.code).to.equal(1);
      expect(missing.text).to.contain('nobody: there is no such dead letter.');
      expect(await waiting()).to.equal(0);
    });
  });

  it('declares a queue of its own again that somebody has deleted', async () => {
    await world.rabbit.declare((channel) => channel.deleteQueue(deadLetterQueue));
    await send('no JSON');
    const event = envelope();
    await send(event);
    await eventually(async () => expect(await world.rabbit.ready(deadLetterQueue)).to.equal(1));
    await eventually(async () => expect(await world.countOf(1)).to.equal(1));

    await world.rabbit.declare((channel) => channel.deleteQueue(orderEventsQueue));
    // With its binding: the event goes by the exchange.
    await eventually(async () => expect(await world.rabbit.consumers(orderEventsQueue)).to.equal(1));
    await send(envelope());
    await eventually(async () => expect(await world.countOf(1)).to.equal(2));
  });

  it('ignores a type of event that no handler knows, as the replaced system did', async () => {
    const before = await ended('ignored');
    await send(envelope({ event: 'order_cancelled' }));
    await eventually(async () => expect(await ended('ignored')).to.equal(before + 1));
    expect(await world.rabbit.ready(deadLetterQueue)).to.equal(0);
  });

  it('waits for a customer that does not exist yet', async () => {
    const event = envelope({ data: { order_id: 1, customer_id: 2 } });
    await send(event);
    await eventually(() => expect(worker.logs()).to.match(triedAgain(event.id)));
    await world.putCustomer(2);
    await eventually(async () => expect(await world.countOf(2)).to.equal(1));
    expect(await world.rabbit.ready(deadLetterQueue)).to.equal(0);
  });

  it('makes a dead letter of an event whose customer never comes, and applies it when it is replayed', async () => {
    const event = envelope({ data: { order_id: 1, customer_id: 3 } });
    await send(event);
    const [dead] = await eventually(
      async () => {
        const messages = await world.rabbit.drain(deadLetterQueue);
        expect(messages).to.have.length(1);
        return messages;
      },
      { withinMs: 30_000 },
    );
    expect(dead!.properties.headers![deadLetterHeaders.reason]).to.equal('customer-not-found');
    expect(dead!.properties.headers![deadLetterHeaders.attempts]).to.equal(5);
    expect(await world.rowsIn('inbox'), 'not applied, so not in the inbox').to.equal(0);
    await world.putCustomer(3);
    await send(dead!.content.toString());
    await eventually(async () => expect(await world.countOf(3)).to.equal(1));
  });

  it('evicts for a duplicate too', async () => {
    await world.cacheCustomer(1);
    const event = envelope();
    await send(event);
    await eventually(async () => expect(await world.countOf(1)).to.equal(1));
    await eventually(async () => expect(await world.redis.exists('customer:1')).to.equal(0));
    await world.redis.set('customer:1', JSON.stringify({ id: 1, orders_count: 0, version: '1' }));
    await send(event);
    await eventually(async () => expect(await world.redis.exists('customer:1')).to.equal(0));
  });

  it('forgets the ids of applied events when their retention is over, and not before', async () => {
    const [old, young] = [randomUUID(), randomUUID()];
    await world.customerDb.query(
      "INSERT INTO inbox VALUES ($1, now() - interval '25 hours'), ($2, now() - interval '23 hours')",
      [old, young],
    );
    const second = await world.startAnother('customerWorker', {
      INBOX_RETENTION_HOURS: '24',
      INBOX_HOUSEKEEPING_CRON: '* * * * * *',
    });
    await eventually(async () => {
      const { rows } = await world.customerDb.query<{ event_id: string }>('SELECT event_id FROM inbox');
      expect(rows).to.deep.equal([{ event_id: young }]);
    });
    expect(await second.stop()).to.equal(0);
  });

  it('waits until somebody mends the database, and makes no dead letter of what nothing is wrong with', async () => {
    await world.customerDb.query('ALTER TABLE inbox RENAME TO inbox_elsewhere');
    try {
      for (let order = 1; order <= 5; order++)
        await send(envelope({ data: { order_id: order, customer_id: 1 } }));
      await eventually(() => expect(worker.logs()).to.contain('until somebody mends the database'));
      await eventually(async () => {
        const { status, body } = await request(`${worker.url}/readyz`);
        expect(status).to.equal(503);
        expect(await world.metric(worker, 'events_stalled_seconds')).to.be.greaterThan(0);
        expect(body.dependencies.batch).to.match(/a batch of events waits for \d+ s: .*inbox/);
      });
    } finally {
      await world.customerDb.query('ALTER TABLE inbox_elsewhere RENAME TO inbox');
    }
    await eventually(async () => expect(await world.countOf(1)).to.equal(5));
    expect(await world.rabbit.ready(deadLetterQueue)).to.equal(0);
    await eventually(async () =>
      expect((await request(`${worker.url}/readyz`)).body.dependencies.batch).to.equal('ok'),
    );
  });

  it('halves a batch that takes longer than a statement may', async () => {
    await world.customerDb.query(`
      CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.2); RETURN NEW; END $$;
      CREATE TRIGGER slow BEFORE INSERT ON inbox FOR EACH ROW EXECUTE FUNCTION slow()`);
    try {
      const events = Array.from({ length: 40 }, (_, index) =>
        JSON.stringify(envelope({ data: { order_id: index + 1, customer_id: 1 } })),
      );
      // While one is in hand: what comes meanwhile is one batch.
      const unlock = await lockTable(world.customerDb, 'customers');
      await send(envelope({ data: { order_id: 41, customer_id: 1 } }));
      await waitsForLock(world.customerDb, 'customer-worker');
      await world.rabbit.publishAll(eventsExchange, 'order.created', events);
      await eventually(async () => expect(await world.rabbit.ready(orderEventsQueue)).to.equal(0));
      await unlock();
      await eventually(async () => expect(await world.countOf(1)).to.equal(41), { withinMs: 50_000 });
      expect(worker.logs()).to.contain('a batch takes too long: trying its halves');
    } finally {
      await world.customerDb.query('DROP TRIGGER slow ON inbox; DROP FUNCTION slow()');
    }
    expect(await world.rabbit.ready(deadLetterQueue)).to.equal(0);
  });

  it('holds nothing of a lost connection while it cannot apply, so that its losses use up no deliveries', async () => {
    const redelivered = () => world.metric(worker, 'events_redelivered_total');
    const before = await redelivered();
    const unlock = await lockTable(world.customerDb, 'customers');
    try {
      const events = Array.from({ length: 250 }, (_, index) =>
        JSON.stringify(envelope({ data: { order_id: index + 1, customer_id: 1 } })),
      );
      await world.rabbit.publishAll(eventsExchange, 'order.created', events);
      await waitsForLock(world.customerDb, 'customer-worker');
      await world.rabbit.closeConsumingConnection(orderEventsQueue);
      await eventually(async () => expect(await world.rabbit.ready(orderEventsQueue)).to.equal(250));
      // Two more tries, of some seconds each: it could have connected again many times.
      const tries = new Set<string>();
      await eventually(async () => {
        for (const began of await lockWaits(world.customerDb, 'customer-worker')) tries.add(began);
        expect(tries.size, 'tries of the batch').to.be.greaterThan(2);
      });
      expect(await redelivered()).to.equal(before);
    } finally {
      await unlock();
    }
    await eventually(async () => expect(await world.countOf(1)).to.equal(250));
    await eventually(async () => expect(await world.rabbit.ready(orderEventsQueue)).to.equal(0));
    expect(await world.rowsIn('inbox')).to.equal(250);
  });

  it('puts many messages of one id aside, one at once after the other', async () => {
    for (let number = 0; number < 80; number++) await send('no JSON', { messageId: 'the same' });
    await eventually(async () => expect(await world.rabbit.ready(deadLetterQueue)).to.equal(80));
  });

  it('halves a batch until the one event that the database refuses stands alone, and applies the rest', async () => {
    const events = Array.from({ length: 40 }, (_, index) =>
      envelope({ data: { order_id: index + 1, customer_id: 1 } }),
    );
    const refused = events[17]!.id;
    await world.customerDb.query(`
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'not this one' USING ERRCODE = 'check_violation'; END $$;
      CREATE TRIGGER refuse BEFORE INSERT ON inbox FOR EACH ROW WHEN (NEW.event_id = '${refused}') EXECUTE FUNCTION refuse()`);
    try {
      const publish = events.map((event) => JSON.stringify(event));
      await world.rabbit.publishAll(eventsExchange, 'order.created', publish);
      await eventually(async () => expect(await world.countOf(1)).to.equal(39));
      await eventually(async () => expect(await world.rabbit.ready(deadLetterQueue)).to.equal(1));
    } finally {
      await world.customerDb.query('DROP TRIGGER refuse ON inbox; DROP FUNCTION refuse()');
    }
    const [{ content, properties }] = (await world.rabbit.drain(deadLetterQueue)) as [GetMessage];
    expect(JSON.parse(content.toString())).to.have.property('id', refused);
    expect(properties.headers![deadLetterHeaders.reason]).to.equal('refused-by-database');
    expect(properties.headers![deadLetterHeaders.explanation]).to.contain('not this one');
    expect(await world.rowsIn('inbox')).to.equal(39);
  });

  for (const workers of [2, 4]) {
    it(`counts right with ${workers} workers, the same customers, and every event twice, and none waits in a circle`, async () => {
      const customers = [1, 2, 3, 4, 5];
      for (const id of customers) await world.putCustomer(id);
      const others = await Promise.all(
        Array.from({ length: workers - 1 }, () => world.startAnother('customerWorker', smallBatches)),
      );
      await eventually(async () => expect(await world.rabbit.consumers(orderEventsQueue)).to.equal(workers));
      const before = await ended('duplicate');
      const deadlocks = async () => {
        const { rows } = await world.customerDb.query<{ deadlocks: string }>(
          'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()',
        );
        return rows[0]!.deadlocks;
      };
      const deadlocksBefore = await deadlocks();
      const events = Array.from({ length: 500 * workers }, (_, i) =>
        envelope({ data: { order_id: i + 1, customer_id: customers[i % customers.length] } }),
      );
      await world.rabbit.publishAll(
        eventsExchange,
        'order.created',
        [...events, ...events.toReversed()].map((event) => JSON.stringify(event)),
      );
      const ofOthers = (outcome: string) =>
        Promise.all(others.map((other) => world.metric(other, `events_consumed_total{outcome="${outcome}"`)));
      await eventually(async () => {
        const duplicates = (await ended('duplicate')) - before;
        const found = await ofOthers('duplicate');
        expect(found.reduce((sum, number) => sum + number, duplicates)).to.equal(events.length);
      });
      for (const id of customers) expect(await world.countOf(id)).to.equal(100 * workers);
      for (const applied of await ofOthers('applied')) expect(applied, 'all had work').to.be.above(0);
      for (const other of others) expect(await other.stop()).to.equal(0);
      for (const each of [...world.started, ...others])
        expect(each.logs()).not.to.contain('deadlock detected');
      expect(await deadlocks()).to.equal(deadlocksBefore);
    });
  }
});
