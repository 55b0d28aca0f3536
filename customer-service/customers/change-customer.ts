import type { Logger } from '@event-sync/platform/logger.ts';
import type { VersionedCache } from '@event-sync/platform/versioned-cache.ts';
import type { Knex } from 'knex';
import { insertCustomer, putCustomer } from './customer-store.ts';
import type { CustomerDetails, CustomerRow } from './customer.ts';
import { notePendingEvictions, settlePendingEvictions } from './pending-evictions.ts';

interface Dependencies {
  readonly knex: Knex;
  readonly cache: VersionedCache;
  readonly log: Logger;
}

/** Creates the customer with this id, or changes the one that has it. */
export async function replaceCustomer(
  dependencies: Dependencies,
  id: string,
  details: CustomerDetails,
): Promise<{ kind: 'created' | 'updated'; row: CustomerRow }> {
  const { row, created } = await dependencies.knex.transaction(async (trx) => {
    const put = await putCustomer(trx, id, details);
    await notePendingEvictions(trx, [{ id, version: put.row.version }]);
    return put;
  });
  await evict(dependencies, id);
  return { kind: created ? 'created' : 'updated', row };
}

/** Creates a customer with the next free id. */
export async function createCustomer(
  dependencies: Dependencies,
  details: CustomerDetails,
): Promise<CustomerRow> {
  const row = await dependencies.knex.transaction(async (trx) => {
    const inserted = await insertCustomer(trx, details);
    // A new customer can be cached already where Redis outlived the database: in development, and after a restore.
    await notePendingEvictions(trx, [inserted]);
    return inserted;
  });
  await evict(dependencies, row.id);
  return row;
}

/** After the commit. The change stands whatever comes of this; the worker's sweep does what is left here. */
async function evict({ knex, cache, log }: Dependencies, id: string): Promise<void> {
  try {
    await settlePendingEvictions(knex, cache, [id]);
  } catch (error) {
    log.warn(
      { err: error, customer_id: id },
      'a changed customer is still cached: its eviction was noted for later',
    );
  }
}
