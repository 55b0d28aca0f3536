import type { customer } from '@event-sync/contracts/customer.ts';
import type { Logger } from '@event-sync/platform/logger.ts';
import type { VersionedCache } from '@event-sync/platform/versioned-cache.ts';
import type { Knex } from 'knex';
import type { z } from 'zod';
import { readCached, resourceOf } from './customer-cache.ts';
import type { AppliedEvents } from './applied-events.ts';
import { findCustomer, findCustomerAfter } from './customer-store.ts';

export type ShownCustomer = {
  readonly resource: z.input<typeof customer>;
  readonly version: string;
};

/** Through the cache; while Redis is away, from Postgres. */
export async function showCustomer(
  { knex, cache, log }: { knex: Knex; cache: Pick<VersionedCache, 'get' | 'fill'>; log: Logger },
  id: string,
): Promise<ShownCustomer | undefined> {
  let reachable = true;
  try {
    const cached = await readCached(cache, id);
    if (cached) return cached;
  } catch (error) {
    reachable = false; // and not asked again below: each question can take as long as Redis is given to answer
    log.debug({ err: error, customer_id: id }, 'redis did not answer: reading from postgres');
  }
  const row = await findCustomer(knex, id);
  if (!row) return undefined;
  const resource = resourceOf(row);
  // Refused by the cache if a later change has evicted this customer since the row was read.
  if (reachable) await cache.fill(id, resource, row.version).catch(() => {});
  return { resource, version: row.version };
}

/** The longest that a request is held for an event, in seconds, whatever it asks for. */
export const longestWaitSeconds = 10;

/**
 * The customer after an event was applied to it, or after `waitSeconds` as it is then. Always from Postgres: what is
 * cached may be of before until the worker has evicted it.
 */
export async function showCustomerAfter(
  { knex, appliedEvents, signal }: { knex: Knex; appliedEvents: AppliedEvents; signal: AbortSignal },
  id: string,
  eventId: string,
  waitSeconds: number,
): Promise<(ShownCustomer & { applied: boolean; waited: boolean }) | undefined> {
  const waited = waitSeconds === 0 || (await appliedEvents.wait(eventId, waitSeconds * 1_000, signal));
  const found = await findCustomerAfter(knex, id, eventId);
  if (!found) return undefined;
  return { resource: resourceOf(found.row), version: found.row.version, applied: found.applied, waited };
}
