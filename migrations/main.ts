import { ConfigError, databasesWithPrefix, type DatabaseSettings } from '@event-sync/platform/config.ts';
import { isTransient } from '@event-sync/platform/transient-error.ts';
import knexFactory from 'knex';
import { setTimeout as delay } from 'node:timers/promises';
import { migrate, type Direction } from './migrate.ts';
import { migrations, type DatabaseName } from './migrations.ts';

const usage = `Usage: npm run migrate -- <up | down | status> [order | customer]

Applies, takes back or lists the migrations of both databases, or of the one named. Safe to run from several places.
"up" also grants the rights of the processes' roles (migrations/rights/rights.ts).
"down" takes back every migration: all data of that database is gone.

Environment, for each database that is meant:
  ORDER_DATABASE_HOST     ORDER_DATABASE_PORT (5432)     ORDER_DATABASE_USER     ORDER_DATABASE_PASSWORD     ORDER_DATABASE_NAME
  CUSTOMER_DATABASE_HOST  CUSTOMER_DATABASE_PORT (5432)  CUSTOMER_DATABASE_USER  CUSTOMER_DATABASE_PASSWORD  CUSTOMER_DATABASE_NAME
Each can also be given as a file: NAME_FILE.`;

/** How long to wait for a database that is still starting. */
const patienceMs = 60_000;

const prefixOf = (database: DatabaseName) => `${database.toUpperCase()}_`;

async function run(database: DatabaseName, direction: Direction, settings: DatabaseSettings): Promise<void> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const knex = knexFactory({
      client: 'pg',
      connection: {
        host: settings.DATABASE_HOST,
        port: settings.DATABASE_PORT,
        user: settings.DATABASE_USER,
        password: settings.DATABASE_PASSWORD,
        database: settings.DATABASE_NAME,
        application_name: 'migrations',
      },
      pool: { min: 0, max: 2 },
      acquireConnectionTimeout: 10_000,
    });
    try {
      const tell = (text: string) => console.log(`${database} database: ${text}`);
      const names = await migrate(knex, database, direction, tell);
      const verb = { up: 'applied', down: 'taken back', status: 'missing' }[direction];
      console.log(`${database} database: ${names.length === 0 ? 'nothing' : names.join(', ')} ${verb}`);
      return;
    } catch (error) {
      if (!isTransient(error) || Date.now() > deadline) throw error;
      console.log(`${database} database: not ready yet (${(error as Error).message}), trying again`);
      await delay(1_000);
    } finally {
      await knex.destroy();
    }
  }
}

const [direction, only, ...rest] = process.argv.slice(2);
const known = Object.keys(migrations) as DatabaseName[];
if (direction === '--help' || direction === '-h') {
  console.log(usage);
} else if (
  !['up', 'down', 'status'].includes(direction ?? '') ||
  (only !== undefined && !known.includes(only as DatabaseName)) ||
  rest.length > 0
) {
  console.error(usage);
  process.exitCode = 2;
} else {
  try {
    const databases = only === undefined ? known : [only as DatabaseName];
    const settings = databasesWithPrefix(databases.map(prefixOf), process.env);
    for (const database of databases)
      await run(database, direction as Direction, settings[prefixOf(database)]!);
  } catch (error) {
    console.error(
      error instanceof ConfigError ? error.message : `Migration failed: ${(error as Error).message}`,
    );
    process.exitCode = 1;
  }
}
