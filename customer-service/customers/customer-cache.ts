import { customer, customerKey, customerTtlSeconds, type Customer } from '@event-sync/contracts/customer.ts';
import { jsonIdentifier } from '@event-sync/contracts/identifiers.ts';
import type { Breaker } from '@event-sync/platform/breaker.ts';
import type { Redis } from '@event-sync/platform/redis.ts';
import { VersionedCache } from '@event-sync/platform/versioned-cache.ts';
import type { z } from 'zod';
import type { CustomerRow } from './customer.ts';

export const createCustomerCache = (redis: { redis: Redis; breaker: Breaker }) =>
  new VersionedCache(redis, { key: customerKey, ttlSeconds: customerTtlSeconds });

/** A customer as the API answers it and as Redis holds it. */
export const resourceOf = (row: CustomerRow): z.input<typeof customer> => ({
  id: jsonIdentifier(row.id),
  name: row.name,
  address: row.address,
  orders_count: jsonIdentifier(row.orders_count),
  has_orders: row.orders_count !== '0',
  created_at: row.created_at.toISOString(),
  updated_at: row.updated_at.toISOString(),
});

/** What Redis holds, if it is a customer; anything else counts as not cached, and is overwritten. */
export async function readCached(
  cache: Pick<VersionedCache, 'get'>,
  id: string,
): Promise<{ resource: z.input<typeof customer>; version: string } | undefined> {
  const cached = await cache.get(id);
  // The id is the one asked for: the cached number may have lost digits on the way through `JSON.parse`.
  const parsed = customer.safeParse({ ...cached?.value, id });
  if (!cached || !parsed.success) return undefined;
  const resource = { ...parsed.data, id: jsonIdentifier(id) } satisfies Record<keyof Customer, unknown>;
  return { resource, version: cached.version };
}
