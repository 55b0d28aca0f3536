import { migrate } from '@event-sync/migrations/migrate.ts';
import { migrations, type DatabaseName } from '@event-sync/migrations/migrations.ts';
import { publishByDay, publishInOneTable } from '@event-sync/outbox/migrations/0002-published-by-day.ts';
import { expect } from 'chai';
import { World, withKnex } from './world/world.ts';

describe('migrations', () => {
  let world: World;
  before(async () => {
    world = await World.create();
  });
  after(() => world.destroy());

  for (const database of Object.keys(migrations) as DatabaseName[]) {
    const names = migrations[database].map(({ name }) => name);
    const address = () =>
      database === 'order' ? world.addresses.postgresOrder : world.addresses.postgresCustomer;

    it(`of the ${database} database go down to nothing and up again`, async () => {
      await withKnex(address(), async (knex) => {
        expect(await migrate(knex, database, 'down')).to.deep.equal(names.toReversed());
        const { rows } = await knex.raw<{ rows: { tablename: string }[] }>(
          "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE 'migrations%'",
        );
        expect(rows).to.deep.equal([]);
        expect(await migrate(knex, database, 'status')).to.deep.equal(names);
        expect(await migrate(knex, database, 'up')).to.deep.equal(names);
        expect(await migrate(knex, database, 'status')).to.deep.equal([]);
      });
    });

    it(`of the ${database} database are applied once when they are started from four places at once`, async () => {
      await withKnex(address(), (knex) => migrate(knex, database, 'down'));
      const results = await Promise.all(
        Array.from({ length: 4 }, () => withKnex(address(), (knex) => migrate(knex, database, 'up'))),
      );
      expect(results.flat().toSorted()).to.deep.equal(names);
    });

    it(`of the ${database} database go on after a run that was killed with the lock`, async () => {
      await withKnex(address(), async (knex) => {
        await migrate(knex, database, 'down');
        await knex('migrations_lock').update({ is_locked: 1 });
        expect(await migrate(knex, database, 'up')).to.deep.equal(names);
      });
    });
  }

  it('to days keeps what was published before, in both directions', async () => {
    await withKnex(world.addresses.postgresOrder, async (knex) => {
      await migrate(knex, 'order', 'up');
      await knex.raw(`
        INSERT INTO outbox_published (position, event_id, ordering_key, type, version, exchange, routing_key, body, created_at)
        SELECT i, gen_random_uuid(), 'a', 'text', 1, 'events', 'text', '{}', now() FROM generate_series(1, 3) AS i`);
      const places = async () => {
        const { rows } = await knex.raw<{ rows: { place: string; count: number }[] }>(
          'SELECT tableoid::regclass::text AS place, count(*)::int AS count FROM outbox_published GROUP BY 1',
        );
        return rows;
      };
      expect((await places())[0]!.place).to.match(/^outbox_published_[0-9]{8}$/);
      await knex.transaction((trx) => publishInOneTable(trx));
      expect(await places()).to.deep.equal([{ place: 'outbox_published', count: 3 }]);
      await knex.transaction((trx) => publishByDay(trx));
      // Today's table would have to take them over: from tomorrow on there is one.
      expect(await places()).to.deep.equal([{ place: 'outbox_published_rest', count: 3 }]);
    });
  });

  it('refuse a database that is not in UTF-8, and say how to make one', async () => {
    const address = world.addresses.postgresOrder;
    const database = `${address.database}_ascii`;
    await withKnex(address, (knex) =>
      knex.raw(`CREATE DATABASE ${database} ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0`),
    );
    try {
      const refusal = await withKnex({ ...address, database }, (knex) => migrate(knex, 'order', 'up')).catch(
        (error: Error) => error.message,
      );
      expect(refusal).to.contain('has the encoding SQL_ASCII').and.to.contain("ENCODING 'UTF8'");
    } finally {
      await withKnex(address, (knex) => knex.raw(`DROP DATABASE ${database}`));
    }
  });
});
