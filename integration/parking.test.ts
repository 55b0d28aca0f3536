import { freePort } from '@event-sync/stack/ports.ts';
import type { Service } from '@event-sync/stack/services.ts';
import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { eventually } from './world/eventually.ts';
import { request } from './world/http.ts';
import { World } from './world/world.ts';

describe('parking', () => {
  let world: World;
  let arrived: { id: string; text: string }[];
  let stopConsuming: () => Promise<void>;
  beforeEach(async () => {
    world = await World.create();
    arrived = [];
    await world.rabbit.declare(async (channel) => {
      await channel.assertExchange('events', 'topic', { durable: true });
      await channel.assertQueue('all', { durable: true, arguments: { 'x-queue-type': 'quorum' } });
      await channel.bindQueue('all', 'events', 'text');
    });
    stopConsuming = await world.rabbit.consume('all', ({ content, properties }) => {
      arrived.push({
        id: String(properties.messageId),
        text: JSON.parse(content.toString()).text.slice(0, 20),
      });
    });
  });
  afterEach(async () => {
    await stopConsuming().catch(() => {});
    await world.destroy();
  });

  /** Past `appendEvent`, as another program could write it. @returns the event's id. */
  async function insert(key: string, text: string, columns: Record<string, string> = {}): Promise<string> {
    const { rows } = await world.orderDb.query<{ event_id: string }>(
      `INSERT INTO outbox (event_id, ordering_key, type, version, exchange, routing_key, body)
       VALUES (gen_random_uuid(), $1, 'text', 1, $2, $3, json_build_object('text', $4::text)) RETURNING event_id`,
      [key, columns.exchange ?? 'events', columns.routing_key ?? 'text', text],
    );
    return rows[0]!.event_id;
  }
  const parked = async () =>
    (
      await world.orderDb.query<{ event_id: string; reason: string; attempts: number; parked_at: Date }>(
        'SELECT event_id, reason, attempts, parked_at FROM outbox_parked WHERE discarded_at IS NULL ORDER BY position',
      )
    ).rows;
  const texts = () => arrived.map(({ text }) => text);
  const outbox = (...parameters: string[]): Service => world.run('outbox-relay/outbox.main.ts', parameters);

  it('parks what no broker would take, holds back its own key, and lets the others go', async () => {
    await world.start('outboxRelay', { OUTBOX_MAX_MESSAGE_BYTES: '1000' });
    const large = await insert('a', 'x'.repeat(2_000));
    await insert('a', 'behind it');
    const unnameable = await insert('b', 'no such route', { routing_key: 'r'.repeat(256) });
    await insert('c', 'free');
    await eventually(async () => expect(await parked()).to.have.length(2));
    await eventually(() => expect(texts()).to.deep.equal(['free']));
    const rows = await parked();
    expect(rows.map(({ event_id }) => event_id)).to.deep.equal([large, unnameable]);
    expect(rows[0]!.reason).to.match(/the body has 20\d\d bytes, and the broker takes 1000/);
    expect(rows[1]!.reason).to.contain('routing_key has 256 bytes');
    await eventually(async () => expect(await world.rowsIn('outbox'), 'what waits behind it').to.equal(1));
  });

  it('finds the one message over which the broker closes the channel, among many', async () => {
    await world.rabbit.declare((channel) => channel.assertExchange('inner', 'topic', { internal: true }));
    await world.orderDb.query(
      `INSERT INTO outbox (event_id, ordering_key, type, version, exchange, routing_key, body)
       SELECT gen_random_uuid(), 'key-' || i, 'text', 1, CASE i WHEN 50 THEN 'inner' ELSE 'events' END, 'text',
              json_build_object('text', 'text ' || i)
       FROM generate_series(1, 100) AS i`,
    );
    const relay = await world.start('outboxRelay');
    await eventually(async () => expect(await parked()).to.have.length(1));
    await eventually(() => expect(new Set(texts()).size).to.equal(99));
    expect((await parked())[0]!.reason).to.contain("internal exchange 'inner'");
    await eventually(async () => expect(await world.metric(relay, 'outbox_parked_total')).to.equal(1));
  });

  it('lets events wait for an exchange that is not there, and takes them up when it is', async () => {
    const relay = await world.start('outboxRelay');
    await insert('a', 'one', { exchange: 'later' });
    await insert('b', 'two');
    await eventually(() => expect(texts()).to.deep.equal(['two']));
    await eventually(async () => expect(await world.metric(relay, 'outbox_suspended_routes')).to.equal(1));
    expect(await parked()).to.deep.equal([]);
    await world.rabbit.declare(async (channel) => {
      await channel.assertExchange('later', 'topic', { durable: true });
      await channel.bindQueue('all', 'later', 'text');
    });
    await eventually(() => expect(texts()).to.include('one'));
  });

  it('lets others go on undisturbed beside an event for an exchange that is not there', async () => {
    const relay = await world.start('outboxRelay');
    await insert('a', 'waiting', { exchange: 'later' });
    await eventually(async () => expect(await world.metric(relay, 'outbox_suspended_routes')).to.equal(1));
    await insert('b', 'first');
    await eventually(() => expect(texts()).to.deep.equal(['first']));
    const interruptions = () => relay.logs().match(/publishing was interrupted/g)!.length;
    const before = interruptions();
    // In this time it is looked for more than once.
    const end = performance.now() + 4_000;
    let inserted = 1;
    for (; performance.now() < end; inserted++) await insert(`key-${inserted % 20}`, `text ${inserted}`);
    await eventually(() => expect(arrived.length).to.be.at.least(inserted));
    expect(arrived, 'each came once').to.have.length(inserted);
    expect(interruptions()).to.equal(before);
    await world.rabbit.declare(async (channel) => {
      await channel.assertExchange('later', 'topic', { durable: true });
      await channel.bindQueue('all', 'later', 'text');
    });
    await eventually(() => expect(texts()).to.include('waiting'));
  });

  it('parks what the broker has refused too often, and goes on in order once it is replayed', async () => {
    await world.rabbit.routeToFullQueue('text', { instead: 'all', maxLength: 1 });
    await world.start('outboxRelay', { OUTBOX_MAX_ATTEMPTS: '3' });
    for (const text of ['one', 'two', 'three']) await insert('a', text);
    await eventually(async () => expect(await parked()).to.have.length(1));
    const [two] = await parked();
    expect(two).to.include({ attempts: 3 });
    expect(two!.reason).to.match(/refused by the broker.*3 times/);
    await eventually(async () => expect(await world.rowsIn('outbox')).to.equal(1));

    await stopConsuming();
    stopConsuming = await world.rabbit.consume('full', ({ content }) =>
      arrived.push({ id: '', text: JSON.parse(content.toString()).text }),
    );
    const replay = outbox('replay', '--id', two!.event_id, '--who', 'tester', '--why', 'there is room again');
    expect((await replay.exited).code, replay.logs()).to.equal(0);
    await eventually(() => expect(texts()).to.deep.equal(['one', 'two', 'three']));
  });

  it('discards a parked event, so that its key goes on without it, and replays it later all the same', async () => {
    await world.start('outboxRelay', { OUTBOX_MAX_MESSAGE_BYTES: '100' });
    const large = await insert('a', 'x'.repeat(200));
    await insert('a', 'behind it');
    await eventually(async () => expect(await parked()).to.have.length(1));
    const discard = outbox('discard', '--id', large, '--who', 'tester', '--why', 'nobody needs it');
    expect((await discard.exited).code, discard.logs()).to.equal(0);
    await eventually(() => expect(texts()).to.deep.equal(['behind it']));
    const replay = outbox('replay', '--id', large, '--who', 'tester', '--why', 'somebody does');
    expect((await replay.exited).code, replay.logs()).to.equal(0);
    await eventually(async () => expect(await parked()).to.have.length(1));
    const { rows } = await world.orderDb.query(
      'SELECT who, action, why, event_ids FROM outbox_audit ORDER BY id',
    );
    expect(rows).to.deep.equal([
      { who: 'tester', action: 'discard', why: 'nobody needs it', event_ids: [large] },
      { who: 'tester', action: 'replay', why: 'somebody does', event_ids: [large] },
    ]);
  });

  it('replays what was published in a window of time, in its old order and with its old ids', async () => {
    await world.start('outboxRelay');
    const ids = [await insert('a', 'one'), await insert('a', 'two'), await insert('b', 'three')];
    await eventually(async () => expect(await world.rowsIn('outbox_published')).to.equal(3));
    await world.orderDb.query(
      "UPDATE outbox_published SET published_at = now() - interval '2 hours' WHERE event_id <> $1",
      [ids[2]],
    );
    const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString();
    const replay = outbox(
      ...['replay', '--from', hoursAgo(3), '--to', hoursAgo(1)],
      ...['--who', 'tester', '--why', 'restored from an old dump'],
    );
    expect((await replay.exited).code, replay.logs()).to.equal(0);
    expect(replay.logs()).to.contain('2 events');
    await eventually(() => expect(arrived).to.have.length(5));
    expect(arrived.slice(3).map(({ id }) => id)).to.deep.equal(ids.slice(0, 2));
  });

  describe('a window of more than one statement has time for', () => {
    const count = 25_000;
    /** Of these the last ten are the first ten once more: somebody replayed them at half past. */
    const distinct = count - 10;
    const window = { from: '', to: '2100-01-01T00:00:00Z' };
    const eventIds = async (query: string) =>
      (await world.orderDb.query<{ event_id: string }>(query)).rows.map(({ event_id }) => event_id);
    const putBack = () =>
      eventIds('SELECT event_id FROM outbox_published WHERE position >= 1000000 ORDER BY position');
    let ids: string[];

    beforeEach(async () => {
      const { rows } = await world.orderDb.query<{ hour_ago: Date }>(
        "SELECT date_trunc('hour', now() - interval '1 hour') AS hour_ago",
      );
      window.from = rows[0]!.hour_ago.toISOString();
      // In the order of time, 500 at an instant, as the relay settles them.
      await world.orderDb.query(
        `INSERT INTO outbox_published
           (position, event_id, ordering_key, type, version, exchange, routing_key, body, created_at, published_at)
         SELECT i, ('01936f3e-7c1a-7c60-8a66-' || lpad(to_hex(CASE WHEN i > $2 THEN i - $2 ELSE i END), 12, '0'))::uuid, 'key-' || i, 'text', 1, 'events', 'text',
                '{}', now(), $3::timestamptz + i / 500 * interval '1 second'
         FROM generate_series(1, $1) AS i`,
        [count, distinct, window.from],
      );
      ids = await eventIds(
        `SELECT event_id FROM outbox_published WHERE position <= ${distinct} ORDER BY position`,
      );
      await world.orderDb.query(
        `INSERT INTO outbox_audit (at, who, action, why, selection, event_ids)
         VALUES ($1::timestamptz + interval '30 minutes', 'tester', 'replay', 'a test', '{}', $2)`,
        [window.from, ids.slice(0, 10)],
      );
      // A relay that is quicker than anybody: what is put back is published by the next statement.
      await world.orderDb.query(`
        ALTER TABLE outbox ALTER COLUMN position RESTART WITH 1000000;
        CREATE FUNCTION publish_at_once() RETURNS trigger SECURITY DEFINER SET search_path = public LANGUAGE plpgsql AS $$
        BEGIN
          IF (SELECT count(*) FROM appended) > 12000 THEN RAISE EXCEPTION 'more than there is time for'; END IF;
          WITH taken AS (DELETE FROM outbox RETURNING *)
          INSERT INTO outbox_published
            (position, event_id, ordering_key, type, version, exchange, routing_key, body, created_at, published_at)
          SELECT position, event_id, ordering_key, type, version, exchange, routing_key, body, created_at, clock_timestamp()
          FROM taken;
          RETURN NULL;
        END $$;
        CREATE TRIGGER publish_at_once AFTER INSERT ON outbox REFERENCING NEW TABLE AS appended
          FOR EACH STATEMENT EXECUTE FUNCTION publish_at_once()`);
    });

    it('is replayed in pieces, each event once and in the old order, and each piece is written down', async () => {
      const replay = outbox(
        ...['replay', '--from', window.from, '--to', window.to],
        ...['--who', 'tester', '--why', 'restored from an old dump'],
      );
      expect((await replay.exited).code, replay.logs().slice(-1_000)).to.equal(0);
      expect(replay.logs()).to.contain(`${distinct} events put back`);
      expect(replay.logs()).to.match(/ events so far, all that were published before 20/);
      expect(await putBack()).to.deep.equal(ids);
      const { rows } = await world.orderDb.query<{ event_ids: string[] }>(
        "SELECT event_ids FROM outbox_audit WHERE why <> 'a test' ORDER BY id",
      );
      expect(rows).to.have.length(3);
      expect(rows.flatMap(({ event_ids }) => event_ids)).to.have.members(ids);
    });

    it('is replayed over the admin API in several calls, which say what is left', async () => {
      const [token, port] = ['a-token-of-some-length', String(await freePort())];
      await world.start('outboxRelay', { ADMIN_TOKEN: token, ADMIN_PORT: port });
      const answered: string[][] = [];
      let rest: object | undefined = { published_from: window.from, published_to: window.to };
      while (rest) {
        const { body } = await request(`http://127.0.0.1:${port}/outbox/replay`, {
          json: { ...rest, who: 'tester', why: 'restored from an old dump' },
          headers: { authorization: `Bearer ${token}` },
        });
        answered.push(body.event_ids);
        rest = body.rest;
      }
      expect(answered).to.have.length(3);
      expect(answered.flat()).to.have.members([...ids, ...ids.slice(0, 10)]);
    });
  });

  it('lists and shows events on the command line, and says what is wrong with a command', async () => {
    await world.start('outboxRelay', { OUTBOX_MAX_MESSAGE_BYTES: '100' });
    const large = await insert('a', 'x'.repeat(200));
    await eventually(async () => expect(await parked()).to.have.length(1));
    const list = outbox('list');
    expect((await list.exited).code).to.equal(0);
    expect(list.logs()).to.contain(large).and.to.contain('the broker takes 100');
    const show = outbox('show', large);
    expect((await show.exited).code).to.equal(0);
    expect(show.logs()).to.contain('parked').and.to.contain('xxxx');
    for (const wrong of [
      [],
      ['replay'],
      ['replay', '--id', large],
      ['replay', '--id', 'x', '--why', 'y'],
      ['replay', '--from', '2026-01-01T00:00:00Z', '--why', 'y'],
      ['discard', '--from', 'yesterday', '--to', 'today', '--why', 'y'],
      ['forget'],
    ]) {
      const command = outbox(...wrong);
      expect((await command.exited).code, wrong.join(' ')).to.equal(2);
      expect(command.logs(), wrong.join(' ')).to.contain('npm run outbox');
    }
    const unknown = outbox('show', '01936f3e-7c1a-7c60-8a66-000000000001');
    expect((await unknown.exited).code).to.equal(1);
  });

  it('does the same over the admin API, for those who have the token', async () => {
    const token = 'a-token-of-some-length';
    const port = String(await freePort());
    await world.start('outboxRelay', {
      OUTBOX_MAX_MESSAGE_BYTES: '100',
      ADMIN_TOKEN: token,
      ADMIN_PORT: port,
    });
    const api = (path: string, json?: unknown, authorization = `Bearer ${token}`) =>
      request(`http://127.0.0.1:${port}${path}`, { ...(json ? { json } : {}), headers: { authorization } });
    const large = await insert('a', 'x'.repeat(200));
    await insert('a', 'behind it');
    await eventually(async () => expect((await api('/outbox/parked')).body).to.have.length(1));

    for (const authorization of ['', 'Bearer', 'Bearer wrong', `Basic ${token}`]) {
      for (const path of ['/outbox/parked', '/api-docs/', '/openapi.json', '/nothing']) {
        expect((await api(path, undefined, authorization)).status, `${path} ${authorization}`).to.equal(401);
      }
    }
    expect((await request(`http://127.0.0.1:${port}/up`)).status).to.equal(200);
    expect((await api(`/outbox/events/${large}`)).body[0]).to.include({ state: 'parked', event_id: large });
    expect((await api('/outbox/events/01936f3e-7c1a-7c60-8a66-000000000001')).status).to.equal(404);
    expect((await api('/outbox/discard', { ids: [large], who: 'tester' })).status, 'without why').to.equal(
      422,
    );
    expect((await api('/outbox/discard', { ids: ['1'], who: 'tester', why: 'x' })).status).to.equal(422);

    const discarded = await api('/outbox/discard', { ids: [large], who: 'tester', why: 'nobody needs it' });
    expect(discarded.body).to.deep.equal({ event_ids: [large] });
    await eventually(() => expect(texts()).to.deep.equal(['behind it']));
    const replayed = await api('/outbox/replay', { ids: [large], who: 'tester', why: 'somebody does' });
    expect(replayed.body).to.deep.equal({ event_ids: [large] });
    await eventually(async () => expect((await api('/outbox/parked')).body).to.have.length(1));
    const { rows } = await world.orderDb.query('SELECT count(*)::int AS count FROM outbox_audit');
    expect(rows[0]!.count).to.equal(2);

    const ids = [...Array.from({ length: 9_999 }, () => randomUUID()), large];
    const long = '😀'.repeat(200);
    const all = await api('/outbox/discard', { ids, who: long, why: long.repeat(10) });
    expect(all.body, 'as many as may be').to.deep.equal({ event_ids: [large] });
    const more = await api('/outbox/discard', { ids: [...ids, randomUUID()], who: 'x', why: 'x' });
    expect(more.status).to.equal(422);
  });
});
