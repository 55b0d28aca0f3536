import type { Knex } from 'knex';
import * as customers from './customer/0001-customers.ts';
import * as inbox from './customer/0002-inbox.ts';
import * as customerIdempotencyKeys from './customer/0003-idempotency-keys.ts';
import * as discardedEvents from './customer/0004-discarded-events.ts';
import * as roomForCounts from './customer/0005-room-for-counts.ts';
import * as orders from './order/0001-orders.ts';
import * as outbox from './order/0002-outbox.ts';
import * as publishedByDay from './order/0003-published-by-day.ts';
import * as orderIdempotencyKeys from './order/0004-idempotency-keys.ts';
import * as daysByFunction from './order/0005-days-by-function.ts';

interface NamedMigration extends Knex.Migration {
  name: string;
}

/** In the order in which they are applied. A migration that was released is never edited: add the next one. */
export const migrations = {
  order: [
    { name: '0001-orders', ...orders },
    { name: '0002-outbox', ...outbox },
    { name: '0003-published-by-day', ...publishedByDay },
    { name: '0004-idempotency-keys', ...orderIdempotencyKeys },
    { name: '0005-days-by-function', ...daysByFunction },
  ],
  customer: [
    { name: '0001-customers', ...customers },
    { name: '0002-inbox', ...inbox },
    { name: '0003-idempotency-keys', ...customerIdempotencyKeys },
    { name: '0004-discarded-events', ...discardedEvents },
    { name: '0005-room-for-counts', ...roomForCounts },
  ],
} satisfies Record<string, NamedMigration[]>;

export type DatabaseName = keyof typeof migrations;

/** Static imports in place of knex's look into a folder: checked by the compiler and the same in every working folder. */
export function migrationSource(database: DatabaseName): Knex.MigrationSource<NamedMigration> {
  return {
    getMigrations: async () => migrations[database],
    getMigrationName: (migration) => migration.name,
    getMigration: async (migration) => migration,
  };
}
