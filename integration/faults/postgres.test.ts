import { expect } from 'chai';
import { eventually } from '../world/eventually.ts';
import { connectBeside, waitsForLock } from '../world/locks.ts';
import { failStatements, type Failure } from './failing-statements.ts';
import { UnderLoad } from './under-load.ts';

/** Where our processes write, and who does it. */
const places = [
  { what: 'the order service stores an order', db: 'orderDb', table: 'orders', event: 'INSERT' },
  { what: 'the order service appends an event', db: 'orderDb', table: 'outbox', event: 'INSERT' },
  { what: 'the relay settles', db: 'orderDb', table: 'outbox_published', event: 'INSERT' },
  { what: 'the relay renews its leases', db: 'orderDb', table: 'outbox_partition', event: 'UPDATE' },
  { what: 'the worker writes down ids', db: 'customerDb', table: 'inbox', event: 'INSERT' },
  { what: 'customers are counted and changed', db: 'customerDb', table: 'customers', event: 'UPDATE' },
] as const;

describe('Postgres, when it takes back what was asked of it', () => {
  let loaded: UnderLoad;
  before(async () => {
    loaded = await UnderLoad.start('postgres');
  });
  after(() => loaded.world.destroy());

  /** Until as many statements have failed as were to. */
  const happened = (pool: UnderLoad['world']['orderDb'], table: string, times: number) =>
    eventually(
      async () => {
        const { rows } = await pool.query<{ last_value: string }>(`SELECT last_value FROM failing_${table}`);
        expect(Number(rows[0]!.last_value), `statements on ${table}`).to.be.greaterThan(times);
      },
      { withinMs: 40_000 },
    );

  for (const { what, db, table, event } of places) {
    it(`while ${what}, by deadlock, serialization failure and cancellation: it is done later, and once`, async () => {
      const failures: Failure[] = ['40P01', '40001', '57014'];
      await loaded.suffer(async () => {
        const pool = loaded.world[db];
        const heal = await failStatements(pool, { table, event, failures });
        await happened(pool, table, failures.length);
        expect(await heal()).to.equal(failures.length);
      });
    });
  }

  it('everywhere at once, because a statement takes too long: it is done later, and once', async () => {
    const failures: Failure[] = ['slow', 'slow'];
    const { statuses } = await loaded.suffer(async () => {
      const heals = await Promise.all(
        places.map(({ db, table, event }) => failStatements(loaded.world[db], { table, event, failures })),
      );
      await Promise.all(places.map(({ db, table }) => happened(loaded.world[db], table, failures.length)));
      for (const heal of heals) expect(await heal()).to.equal(failures.length);
    });
    expect(statuses.get('POST 503'), 'orders that were refused').to.be.greaterThan(0);
  });

  it('because it found the order service in a circle of locks: the order is refused, and stored once when it comes again', async () => {
    const { world } = loaded;
    const deadlocks = async () => {
      const { rows } = await world.orderDb.query<{ deadlocks: string }>(
        'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()',
      );
      return Number(rows[0]!.deadlocks);
    };
    const before = await deadlocks();
    await loaded.suffer(async () => {
      const other = await connectBeside(world.orderDb);
      await other.query('BEGIN; LOCK TABLE outbox IN SHARE MODE');
      await waitsForLock(world.orderDb, 'order-service');
      // This closes the circle: orders that are being stored hold this lock and wait for the other.
      await other.query('LOCK TABLE orders IN SHARE MODE; COMMIT').catch(() => other.query('ROLLBACK'));
      await other.end();
      await eventually(async () => expect(await deadlocks()).to.be.greaterThan(before));
    });
  });
});
