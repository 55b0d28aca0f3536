import type { Knex } from 'knex';
import { migrationSource, type DatabaseName } from './migrations.ts';
import { dropRoles, grantRights } from './rights/grant-rights.ts';

export type Direction = 'up' | 'down' | 'status';

/** Any number that no one else uses for an advisory lock in these databases. */
const advisoryLock = 7_104_001;

/**
 * Applies what is missing and grants the rights of the roles (`up`), takes everything back (`down`), or lists (`status`).
 *
 * Safe to run from any number of places at once: they queue up behind a lock of a transaction, which Postgres itself
 * releases if its holder dies. Knex's own lock is a row that a killed run leaves behind; under ours it can be reset.
 *
 * @param tell of what could not be granted, for people
 * @returns the names of the migrations that were applied, taken back, or (for `status`) that are missing.
 */
export async function migrate(
  knex: Knex,
  database: DatabaseName,
  direction: Direction,
  tell: (text: string) => void = () => {},
): Promise<string[]> {
  const config = { migrationSource: migrationSource(database), tableName: 'migrations' };
  const nameOf = (migration: { name: string } | string) =>
    typeof migration === 'string' ? migration : migration.name;
  if (direction === 'status') {
    const [, pending] = (await knex.migrate.list(config)) as [unknown, ({ name: string } | string)[]];
    return pending.map(nameOf);
  }
  if (direction === 'up') await expectUtf8(knex);
  return knex.transaction(async (holder) => {
    // Waiting for another run, and for the migrations themselves, is what this transaction is for: no limit may end it.
    for (const limit of ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout']) {
      await holder.raw('SELECT set_config(?, ?, true)', [limit, '0']);
    }
    await holder.raw('SELECT pg_advisory_xact_lock(?)', [advisoryLock]);
    // On other connections of the pool: the transaction above only holds the lock.
    await knex.migrate.forceFreeMigrationsLock(config);
    const [, names] = (await (direction === 'up'
      ? knex.migrate.latest(config)
      : knex.migrate.rollback(config, true))) as [number, string[]];
    if (direction === 'up') (await grantRights(knex, database)).forEach(tell);
    else await dropRoles(knex, database);
    return names.map(nameOf);
  });
}

/** In another encoding Postgres would count the bytes of a name instead of its characters, or could not store it. */
async function expectUtf8(knex: Knex): Promise<void> {
  const { rows } = await knex.raw<{ rows: { encoding: string; name: string }[] }>(
    "SELECT current_setting('server_encoding') AS encoding, current_database() AS name",
  );
  const { encoding, name } = rows[0]!;
  if (encoding === 'UTF8') return;
  throw new Error(
    `the database ${name} has the encoding ${encoding}, and UTF8 is needed: make it anew with CREATE DATABASE ${name} ENCODING 'UTF8' TEMPLATE template0`,
  );
}
