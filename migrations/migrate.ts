import type { Knex } from 'knex';
import { migrationSource, type DatabaseName } from './migrations.ts';

export type Direction = 'up' | 'down' | 'status';

/** Any number that no one else uses for an advisory lock in these databases. */
const advisoryLock = 7_104_001;

/**
 * Applies what is missing (`up`), takes everything back (`down`), or lists (`status`).
 *
 * Safe to run from any number of places at once: they queue up behind a lock of the session, which Postgres itself
 * releases if its holder dies. Knex's own lock is a row that a killed run leaves behind; under ours it can be reset.
 *
 * @returns the names of the migrations that were applied, taken back, or (for `status`) that are missing.
 */
export async function migrate(knex: Knex, database: DatabaseName, direction: Direction): Promise<string[]> {
  const config = { migrationSource: migrationSource(database), tableName: 'migrations' };
  const nameOf = (migration: { name: string } | string) =>
    typeof migration === 'string' ? migration : migration.name;
  if (direction === 'status') {
    const [, pending] = (await knex.migrate.list(config)) as [unknown, ({ name: string } | string)[]];
    return pending.map(nameOf);
  }
  const holder = (await knex.client.acquireConnection()) as {
    query(sql: string, values: unknown[]): Promise<unknown>;
  };
  try {
    // Waiting for another run is what this is for: neither limit of the connection may end it.
    await holder.query(
      "SELECT set_config('statement_timeout', '0', false), set_config('lock_timeout', '0', false)",
      [],
    );
    await holder.query('SELECT pg_advisory_lock($1)', [advisoryLock]);
    await knex.migrate.forceFreeMigrationsLock(config);
    const [, names] = (await (direction === 'up'
      ? knex.migrate.latest(config)
      : knex.migrate.rollback(config, true))) as [number, string[]];
    return names.map(nameOf);
  } finally {
    await holder.query('SELECT pg_advisory_unlock($1)', [advisoryLock]).catch(() => {});
    await knex.client.releaseConnection(holder);
  }
}
