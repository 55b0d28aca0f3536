import { migrate } from '@event-sync/migrations/migrate.ts';
import type { PostgresAddress } from '@event-sync/stack/servers.ts';
import knexFactory from 'knex';

/** The tables of the order service, the outbox among them. */
export async function installOutbox(address: PostgresAddress): Promise<void> {
  const knex = knexFactory({ client: 'pg', connection: { ...address } });
  try {
    await migrate(knex, 'order', 'up');
  } finally {
    await knex.destroy();
  }
}

/** The tables of the customer service, with so many customers as the benchmarks need. */
export async function installCustomers(address: PostgresAddress): Promise<void> {
  const knex = knexFactory({ client: 'pg', connection: { ...address } });
  try {
    await migrate(knex, 'customer', 'up');
    await knex.raw(
      `INSERT INTO customers (id, name, address) SELECT id, 'Customer ' || id, 'Calle 123, Ciudad' FROM generate_series(1, 1000) AS id`,
    );
  } finally {
    await knex.destroy();
  }
}
