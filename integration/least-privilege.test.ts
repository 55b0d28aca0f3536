import {
  asideExchange,
  deadLetterQueue,
  orderEventsQueue,
  retryQueue,
} from '@event-sync/contracts/topology.ts';
import { migrate } from '@event-sync/migrations/migrate.ts';
import { freePort } from '@event-sync/stack/ports.ts';
import type { Service } from '@event-sync/stack/services.ts';
import { expect } from 'chai';
import { eventually } from './world/eventually.ts';
import { request } from './world/http.ts';
import { administer } from './world/logins.ts';
import { World, withKnex } from './world/world.ts';

const token = 'a-token-for-this-test';

describe('with least privilege everywhere', () => {
  let world: World;
  let worker: Service;
  let adminUrl: string;
  const missing = new Date(Date.now() + 3 * 86_400_000).toISOString().slice(0, 10).replaceAll('-', '');
  before(async () => {
    world = await World.create({ restricted: true });
    // Of a day that is over, for the relay's housekeeping to drop.
    await world.orderDb.query(`
      CREATE TABLE outbox_published_20200101 PARTITION OF outbox_published
      FOR VALUES FROM ('2020-01-01 00:00+00') TO ('2020-01-02 00:00+00')`);
    // And one to come, for it to make.
    await world.orderDb.query(`DROP TABLE outbox_published_${missing}`);
    const adminPort = String(await freePort());
    adminUrl = `http://127.0.0.1:${adminPort}`;
    await Promise.all([world.start('customerWeb'), world.start('orderService')]);
    worker = await world.start('customerWorker', { ADMIN_TOKEN: token, ADMIN_PORT: adminPort });
    await world.start('outboxRelay', { OUTBOX_MAX_MESSAGE_BYTES: '5000' });
    await world.putCustomer(1);
  });
  after(() => world.destroy());

  const event = (customerId: number) =>
    JSON.stringify({ event: 'order_created', data: { order_id: customerId, customer_id: customerId } });
  const letters = (path: string, json?: object) =>
    request(`${adminUrl}${path}`, { ...(json && { json }), headers: { authorization: `Bearer ${token}` } });

  it('an order is placed, published, settled, counted, and its customer is evicted', async () => {
    await world.cacheCustomer(1);
    expect((await world.customer(1)).body.orders_count).to.equal(0);
    const { status, body } = await world.placeOrder({ customer_id: 1 });
    expect(status).to.equal(201);
    await eventually(async () => expect((await world.customer(1)).body.orders_count).to.equal(1));
    await eventually(async () => expect(await world.rowsIn('outbox_published')).to.equal(1));
    expect((await request(world.url('orderService', `/orders/${body.id}`))).status).to.equal(200);
    await eventually(async () => expect(await world.rowsIn('pending_evictions')).to.equal(0));
  });

  it('a customer gets the next free id, past those that were put', async () => {
    const post = () =>
      request(world.url('customerWeb', '/customers'), {
        json: { customer: { name: 'Somebody', address: 'Calle 123, Ciudad' } },
      });
    for (let created = 0; created < 3; created++) expect((await post()).status).to.equal(201);
    expect((await world.putCustomer(1)).status).to.equal(200);
  });

  it('an event whose customer comes late is put aside and counted', async () => {
    await world.rabbit.publish('events', 'order.created', event(70));
    await eventually(async () => expect(await world.rabbit.ready(retryQueue)).to.equal(1));
    await world.putCustomer(70);
    await eventually(async () => expect(await world.countOf(70)).to.equal(1));
  });

  it('a dead letter is listed, replayed and discarded', async () => {
    await world.rabbit.publish('events', 'order.created', 'no JSON');
    await eventually(async () => expect(await world.rabbit.ready(deadLetterQueue)).to.equal(1));
    expect((await letters('/dead-letters/replay', { all: true })).body.count).to.equal(1);
    await eventually(async () => expect(await world.rabbit.ready(deadLetterQueue)).to.equal(1));
    expect((await letters('/dead-letters')).body).to.have.length(1);
    await world.rabbit.publish('', deadLetterQueue, event(71));
    const discarded = await letters('/dead-letters/discard', { all: true, why: 'a test' });
    expect(discarded.body.count).to.equal(2);
    const { rows } = await world.customerDb.query('SELECT customer_id, why FROM discarded_events');
    expect(rows).to.deep.include({ customer_id: '71', why: 'a test' });
  });

  it('an event is parked, replayed, discarded and found by the relay’s console', async () => {
    const { rows } = await world.orderDb.query<{ id: string }>(
      `INSERT INTO outbox (event_id, ordering_key, type, version, exchange, routing_key, body)
       VALUES (gen_random_uuid(), 'a', 'text', 1, 'events', 'text', json_build_object('text', repeat('x', 6000)))
       RETURNING event_id AS id`,
    );
    const { id } = rows[0]!;
    const isParked = () =>
      eventually(async () => {
        const { rowCount } = await world.orderDb.query('SELECT FROM outbox_parked WHERE event_id = $1', [id]);
        expect(rowCount).to.equal(1);
      });
    const console = async (...parameters: string[]) => {
      const program = world.run('outbox-relay/outbox.main.ts', parameters);
      expect((await program.exited).code, program.logs()).to.equal(0);
    };
    await isParked();
    await console('list');
    await console('replay', '--id', id, '--who', 'tester', '--why', 'once more');
    await isParked();
    await console('discard', '--id', id, '--who', 'tester', '--why', 'enough');
    await console('show', id);
  });

  it('an event for an exchange that the relay may not write to is parked, and holds up no other', async () => {
    await world.orderDb.query(
      `INSERT INTO outbox (event_id, ordering_key, type, version, exchange, routing_key, body)
       VALUES (gen_random_uuid(), 'b', 'text', 1, $1, $2, '{}')`,
      [asideExchange, deadLetterQueue],
    );
    await eventually(async () => {
      const { rows } = await world.orderDb.query("SELECT reason FROM outbox_parked WHERE ordering_key = 'b'");
      expect(rows[0]?.reason).to.match(/ACCESS_REFUSED/);
    });
    await world.placeOrder({ customer_id: 1 });
    await eventually(async () => expect(await world.countOf(1)).to.equal(2));
  });

  it('the relay drops the table of a day that is over and makes those of the days to come', async () => {
    await eventually(async () => {
      const { rows } = await world.orderDb.query<{ name: string }>(
        "SELECT relname AS name FROM pg_class WHERE relname ~ '^outbox_published_[0-9]{8}$'",
      );
      const days = rows.map(({ name }) => name.slice(-8));
      expect(days).to.include(missing).and.not.to.include('20200101');
    });
  });

  it('a worker whose queue was deleted waits for the definitions, and goes on', async () => {
    await world.rabbit.declare((channel) => channel.deleteQueue(orderEventsQueue));
    await eventually(() => expect(worker.logs()).to.include('Waiting until the definitions are imported'));
    await world.logins.importTopology();
    await world.placeOrder({ customer_id: 1 });
    await eventually(async () => expect(await world.countOf(1)).to.equal(3));
  });

  it('nothing was refused to anybody that any of this needed', () => {
    for (const service of world.started) {
      // The one of the event that was parked for it.
      const lines = service
        .logs()
        .split('\n')
        .filter((line) => !line.includes(asideExchange));
      const refused = lines.filter((line) => /42501|permission denied|ACCESS_REFUSED|NOPERM/.test(line));
      expect(refused, service.name).to.deep.equal([]);
    }
  });
});

describe('migrations by a user who may not create roles', () => {
  let world: World;
  const user = 'owner_without_createrole';
  before(async () => {
    world = await World.create();
    const { database } = world.addresses.postgresOrder;
    await administer(world.addresses.postgresOrder, `CREATE ROLE ${user} LOGIN PASSWORD 'password'`);
    await withKnex(world.addresses.postgresOrder, (knex) => migrate(knex, 'order', 'down'));
    // The others are there: processes of this world log in as members of them.
    await administer(
      world.addresses.postgresOrder,
      'DO $$ BEGIN CREATE ROLE event_sync_auditor NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$',
    );
    await administer(world.addresses.postgresOrder, `ALTER DATABASE ${database} OWNER TO ${user}`);
    await administer(world.addresses.postgresOrder, `DROP TABLE migrations, migrations_lock`);
  });
  after(async () => {
    await world.destroy();
    await administer(world.servers.addresses.postgresOrder, `DROP ROLE ${user}`);
  });

  it('grant to the roles that an administrator has made', async () => {
    const told: string[] = [];
    const address = { ...world.addresses.postgresOrder, user, password: 'password' };
    await withKnex(address, (knex) => migrate(knex, 'order', 'up', (text) => told.push(text)));
    expect(told).to.deep.equal([]);
    const { rows } = await world.orderDb.query(
      "SELECT has_table_privilege('event_sync_relay', 'outbox', 'SELECT') AS may",
    );
    expect(rows[0].may).to.equal(true);
  });

  it('say that roles are missing, and are applied all the same', async () => {
    const told: string[] = [];
    const address = { ...world.addresses.postgresOrder, user, password: 'password' };
    await withKnex(address, async (knex) => {
      await migrate(knex, 'order', 'down');
      await world.logins.drop();
      await withKnex(world.addresses.postgresOrder, (admin) => migrate(admin, 'order', 'down'));
      await migrate(knex, 'order', 'up', (text) => told.push(text));
      expect(await migrate(knex, 'order', 'status')).to.deep.equal([]);
    });
    expect(told.join()).to.match(
      /no rights: there is no such role, and owner_without_createrole may not create/,
    );
  });
});
