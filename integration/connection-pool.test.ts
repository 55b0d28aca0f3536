import { createLogger } from '@event-sync/platform/logger.ts';
import { createKnex } from '@event-sync/platform/postgres.ts';
import { expect } from 'chai';
import { eventually } from './world/eventually.ts';
import { lockTable } from './world/locks.ts';
import { World } from './world/world.ts';

describe('the pool of connections to Postgres', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.create();
  });
  afterEach(() => world.destroy());

  it('does not hand on a connection whose transaction was given up', async () => {
    const { host, port, user, password, database } = world.addresses.postgresOrder;
    const applicationName = 'given-up';
    const knex = createKnex(
      {
        DATABASE_HOST: host,
        DATABASE_PORT: port,
        DATABASE_USER: user,
        DATABASE_PASSWORD: password,
        DATABASE_NAME: database,
      },
      {
        applicationName,
        poolMax: 1,
        logger: createLogger({ name: 'test', LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }),
      },
    );
    await world.orderDb.query('CREATE TABLE numbers (number integer); CREATE TABLE held ()');
    const release = await lockTable(world.orderDb, 'held');
    try {
      // As on a server that is frozen: its own limits end nothing.
      const refusal = await knex
        .transaction(async (trx) => {
          await trx.raw('SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0');
          await trx.raw('INSERT INTO numbers VALUES (1)');
          await trx.raw('INSERT INTO held DEFAULT VALUES');
        })
        .catch((error: unknown) => error);
      expect(String(refusal)).to.match(/timeout|terminated|connection error/);
      // The only place in the pool, and the given-up statement still waits.
      await knex.transaction((trx) => trx.raw('INSERT INTO numbers VALUES (2)'));
      await release();
      // The server rolls back as soon as it notices that nobody is there any more.
      await eventually(async () => {
        const { rowCount } = await world.orderDb.query(
          "SELECT 1 FROM pg_stat_activity WHERE application_name = $1 AND state <> 'idle'",
          [applicationName],
        );
        expect(rowCount).to.equal(0);
      });
      const { rows } = await world.orderDb.query('SELECT number FROM numbers');
      expect(rows).to.deep.equal([{ number: 2 }]);
    } finally {
      await release();
      await knex.destroy();
    }
  });
});
