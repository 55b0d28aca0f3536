import { freePort } from '@event-sync/stack/ports.ts';
import type { Service } from '@event-sync/stack/services.ts';
import { expect } from 'chai';
import { audit, expectDrift, order } from './world/audit.ts';
import { eventually } from './world/eventually.ts';
import { request } from './world/http.ts';
import { World } from './world/world.ts';

describe('the audit', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.create();
  });
  afterEach(() => world.destroy());

  it('finds no drift on a system at work, whatever is on its way', async () => {
    await world.startAll();
    const customers = [1, 2, 3, 4, 5];
    for (const id of customers) await world.putCustomer(id);
    const stopped = new AbortController();
    let placed = 0;
    const clients = customers.map(async (id) => {
      while (!stopped.signal.aborted) {
        await order(world, id);
        await world.customer(id);
        placed++;
      }
    });
    let younger = 0;
    try {
      for (let run = 0; run < 3; run++) {
        younger += (await expectDrift(world, [], ['--horizon', '30'])).unchecked.younger!;
      }
    } finally {
      stopped.abort();
    }
    await Promise.all(clients);
    expect(placed).to.be.greaterThan(20);
    expect(younger, 'events that were on their way').to.be.greaterThan(0);
    await eventually(async () => expect(await world.rowsIn('inbox')).to.equal(placed));
    await eventually(async () => expect(await world.rowsIn('pending_evictions')).to.equal(0));
    const { checked } = await expectDrift(world, [], ['--horizon', '1']);
    expect(checked).to.include({ orders: placed, events: placed, appliedIds: placed });
  });

  it('needs no more than to read, as docs/operations.md says, and could not write with more', async () => {
    const { customerWorker, outboxRelay } = await world.startAll();
    await world.putCustomer(1);
    await order(world, 1);
    await eventually(async () => expect(await world.countOf(1)).to.equal(1));
    await eventually(async () => expect(await world.rowsIn('outbox')).to.equal(0));
    await customerWorker.stop();
    await outboxRelay.stop();
    const role = `auditor_of_${world.addresses.postgresOrder.database}`;
    const login = { user: role, password: 'reads-only' };
    const dbs = [
      [world.orderDb, 'orders, outbox, outbox_published, outbox_parked'],
      [world.customerDb, 'customers, inbox, discarded_events'],
    ] as const;
    for (const [db, tables] of dbs) {
      await db.query(`CREATE ROLE ${role} LOGIN PASSWORD '${login.password}'`);
      await db.query(`ALTER ROLE ${role} SET default_transaction_read_only = on`);
      await db.query(`GRANT SELECT ON ${tables} TO ${role}`);
    }
    try {
      const env = Object.fromEntries(
        ['ORDER', 'CUSTOMER'].flatMap((prefix) => [
          [`${prefix}_DATABASE_USER`, login.user],
          [`${prefix}_DATABASE_PASSWORD`, login.password],
        ]),
      );
      await expectDrift(world, [], [], env);
      // With more than it needs: the audit's own connection refuses, and --repair says what it lacks.
      await world.orderDb.query('DELETE FROM outbox_published');
      await world.customerDb.query('DELETE FROM inbox; UPDATE customers SET orders_count = 0');
      const refused = world.run('auditor/main.ts', ['--repair'], { settingsOf: 'auditor', env });
      expect((await refused.exited).code, refused.logs()).to.equal(2);
      expect(refused.logs()).to.contain('permission denied for table outbox');
      expect(await world.rowsIn('outbox')).to.equal(0);
      await world.orderDb.query(`GRANT INSERT ON outbox, outbox_audit TO ${role}`);
      const { repaired } = await audit(world, ['--repair'], env);
      expect(repaired).to.have.length(1);
      expect(await world.rowsIn('outbox'), 'the event of the order, made anew').to.equal(1);
    } finally {
      for (const [db] of dbs) await db.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    }
  });

  it('tells by its exit code what went wrong, and in a sentence what', async () => {
    await world.start('customerWorker');
    const ended = async (parameters: string[], env: Record<string, string> = {}) => {
      const run = world.run('auditor/main.ts', parameters, { settingsOf: 'auditor', env });
      return { code: (await run.exited).code, text: run.logs() };
    };
    expect(await ended(['--help'])).to.have.property('code', 0);
    expect(await ended([]))
      .to.have.property('text')
      .that.contains('No drift.');
    expect(await ended(['--fix'])).to.have.property('code', 2);
    expect(await ended([], { OUTBOX_RETENTION_HOURS: 'long' })).to.have.property('code', 2);
    const nowhere = String(await freePort());
    for (const [server, env] of [
      ['The database of the orders', { ORDER_DATABASE_PORT: nowhere }],
      [
        'The database of the customers',
        { CUSTOMER_DATABASE_HOST: 'localhost', CUSTOMER_DATABASE_PORT: nowhere },
      ],
      ['RabbitMQ', { RABBITMQ_URL: `amqp://127.0.0.1:${nowhere}` }],
      ['Redis', { REDIS_URL: `redis://127.0.0.1:${nowhere}` }],
    ] as const) {
      const { code, text } = await ended([], env);
      expect(code, text).to.equal(2);
      expect(text).to.match(new RegExp(`^The audit could not be made: ${server} cannot be reached: .+\n$`));
    }
    await world.customerDb.query(
      "INSERT INTO customers (name, address, orders_count) VALUES ('Ana', 'Calle 1', 7)",
    );
    const { code, text } = await ended([]);
    expect(code).to.equal(1);
    expect(text).to.contain('count-differs (1)').and.to.contain('customer 1').and.to.contain('1 difference.');
  });

  it('goes on by the clock, and shows what it has found in /metrics', async () => {
    await world.start('customerWorker');
    await world.start('customerWeb');
    await world.putCustomer(1);
    const port = String(await freePort());
    const auditor: Service = world.run('auditor/main.ts', ['--watch'], {
      settingsOf: 'auditor',
      env: { PORT: port, AUDIT_CRON: '* * * * * *', AUDIT_HORIZON_SECONDS: '1', LOG_FORMAT: 'json' },
    });
    await auditor.ready();
    expect((await request(`${auditor.url}/up`)).status).to.equal(200);
    const drift = () => world.metric(auditor, 'audit_drift{kind="count-differs"');
    const last = () => world.metric(auditor, 'audit_last_success_timestamp_seconds');
    expect(await drift()).to.equal(0);
    const before = await last();
    expect(before).to.be.greaterThan(Date.now() / 1_000 - 60);
    await world.customerDb.query('UPDATE customers SET orders_count = 7');
    await eventually(async () => expect(await drift()).to.equal(1));
    expect(await last()).to.be.greaterThan(before);
    expect(auditor.logs()).to.contain('drift: npm run audit names it');
    await world.customerDb.query('UPDATE customers SET orders_count = 0');
    await eventually(async () => expect(await drift()).to.equal(0));
    // What cannot be audited is no success, and says so.
    await world.rabbit.deleteVhost();
    await eventually(async () => {
      expect((await request(`${auditor.url}/readyz`)).status).to.equal(503);
    });
    await world.rabbit.createVhost();
    expect(await auditor.stop()).to.equal(0);
    await audit(world);
  });
});
