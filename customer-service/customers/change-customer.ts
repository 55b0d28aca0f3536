import type { Logger } from '@event-sync/platform/logger.ts';
import { probe } from '@event-sync/platform/probe.ts';
import type { VersionedCache } from '@event-sync/platform/versioned-cache.ts';
import type { Knex } from 'knex';
import { insertCustomer, insertCustomerWithId, putCustomer, updateCustomer } from './customer-store.ts';
import type { CustomerDetails, CustomerRow } from './customer.ts';
import { notePendingEvictions, settlePendingEvictions } from './pending-evictions.ts';

type RunInTransaction = (work: (trx: Knex.Transaction) => Promise<CustomerRow>) => Promise<CustomerRow>;

interface Dependencies {
  readonly knex: Knex;
  readonly cache: Pick<VersionedCache, 'evict'>;
  readonly log: Logger;
}

/** What must hold for a customer to be replaced: the versions that it may have, or that it is not there yet. */
export interface ReplaceCondition {
  readonly versions?: 'any' | readonly string[] | undefined;
  readonly absent?: boolean | undefined;
}

export type ReplaceOutcome =
  | { readonly kind: 'created' | 'updated'; readonly row: CustomerRow }
  /** Nothing was changed. */
  | { readonly kind: 'condition-failed' };

/** Creates the customer with this id, or changes the one that has it. */
export async function replaceCustomer(
  dependencies: Dependencies,
  id: string,
  details: CustomerDetails,
  condition: ReplaceCondition = {},
): Promise<ReplaceOutcome> {
  const outcome = await dependencies.knex.transaction(async (trx) => {
    const put = await putOn(condition, trx, id, details);
    if (put.kind !== 'condition-failed') await notePendingEvictions(trx, [{ id, version: put.row.version }]);
    probe('customer.commit-before');
    return put;
  });
  probe('customer.committed');
  if (outcome.kind !== 'condition-failed') await evict(dependencies, id);
  return outcome;
}

/** Each in one statement, so that nobody can come between the look and the change. */
async function putOn(
  { versions, absent }: ReplaceCondition,
  trx: Knex.Transaction,
  id: string,
  details: CustomerDetails,
): Promise<ReplaceOutcome> {
  if (versions === undefined && !absent) {
    const { row, created } = await putCustomer(trx, id, details);
    return { kind: created ? 'created' : 'updated', row };
  }
  if (versions === undefined) {
    const row = await insertCustomerWithId(trx, id, details);
    return row ? { kind: 'created', row } : { kind: 'condition-failed' };
  }
  // Asked to be there and not to be there: it cannot be.
  const row = absent ? undefined : await updateCustomer(trx, id, details, versions);
  return row ? { kind: 'updated', row } : { kind: 'condition-failed' };
}

/**
 * Creates a customer with the next free id.
 *
 * @param transaction runs what it is given in a transaction; by default, in one that does nothing else.
 */
export async function createCustomer(
  dependencies: Dependencies,
  details: CustomerDetails,
  transaction: RunInTransaction = (work) => dependencies.knex.transaction(work),
): Promise<CustomerRow> {
  const row = await transaction(async (trx) => {
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
