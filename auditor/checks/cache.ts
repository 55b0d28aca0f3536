import { customerTtlSeconds } from '@event-sync/contracts/customer.ts';
import type { Redis } from '@event-sync/platform/redis.ts';
import type pg from 'pg';
import { cachedKeys, read, type CachedKey } from '../cache/cached-customers.ts';
import { differences, type Row } from '../cache/row-as-cached.ts';
import type { Findings } from '../findings.ts';

/**
 * Lays each cached customer beside its row as it is now, not as it was when the snapshot was taken: the cache goes with
 * the time. A value that is not its row is looked at once more, since it may have been evicted between the two reads.
 */
export async function checkCache(options: {
  redis: Redis;
  customers: pg.Client;
  /** A row that was changed within these seconds may not be evicted yet. */
  horizonSeconds: number;
  findings: Findings;
}): Promise<{ cached: number }> {
  let cached = 0;
  const named = new Set<string>();
  for await (const page of cachedKeys(options.redis)) {
    if (page.length === 0) continue;
    const rows = await rowsOf(options.customers, page, options.horizonSeconds);
    cached += page.filter(({ fence }) => !fence).length;
    for (const key of page) {
      if (named.has(key.key)) continue;
      const wrong = wrongTtl(key) ?? (await wrongValue(key, rows.get(key.customerId), options.redis));
      if (!wrong) continue;
      named.add(key.key);
      options.findings.add({
        kind: wrong.kind,
        of: { customer: key.customerId, key: key.key },
        what: wrong.what,
        advice: '--repair evicts it; the next reader puts there what the row has.',
        repair: {
          do: 'evict',
          customerId: key.customerId,
          version: rows.get(key.customerId)?.version ?? '0',
        },
      });
    }
  }
  return { cached };
}

interface Wrong {
  readonly kind: 'cache-differs' | 'cache-ttl';
  readonly what: string;
}

function wrongTtl({ ttlMs, fence }: CachedKey): Wrong | undefined {
  if (ttlMs === -1) return { kind: 'cache-ttl', what: 'The key has no end: it would stay for ever.' };
  if (fence || ttlMs <= customerTtlSeconds * 1_000) return undefined;
  return {
    kind: 'cache-ttl',
    what: `The key ends in ${Math.round(ttlMs / 1_000)} s, and ${customerTtlSeconds} are the most.`,
  };
}

async function wrongValue(
  key: CachedKey,
  row: (Row & { young: boolean }) | undefined,
  redis: Redis,
): Promise<Wrong | undefined> {
  if (key.fence || row?.young) return undefined;
  const found = row ? differences(key.value, row) : ['there is no such customer'];
  if (found.length === 0) return undefined;
  const [again] = await read(redis, [key.key]);
  if (again?.value !== key.value) return undefined;
  return { kind: 'cache-differs', what: `Cached: ${found.join('; ')}.` };
}

async function rowsOf(
  customers: pg.Client,
  page: readonly CachedKey[],
  horizonSeconds: number,
): Promise<Map<string, Row & { young: boolean }>> {
  const { rows } = await customers.query<Row & { young: boolean }>(
    `SELECT id, name, address, orders_count, version, created_at, updated_at,
            $2::float8 > 0 AND updated_at > clock_timestamp() - $2::float8 * interval '1 second' AS young
     FROM customers WHERE id = ANY($1::bigint[])`,
    [[...new Set(page.map(({ customerId }) => customerId))], horizonSeconds],
  );
  return new Map(rows.map((row) => [row.id, row]));
}
