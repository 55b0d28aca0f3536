import { customerKey } from '@event-sync/contracts/customer.ts';
import { identifier } from '@event-sync/contracts/identifiers.ts';
import type { Redis } from '@event-sync/platform/redis.ts';

/** A key of ours: a cached customer, or the fence beside it. */
export interface CachedKey {
  readonly key: string;
  readonly customerId: string;
  readonly fence: boolean;
  readonly value: string;
  /** Milliseconds; -1 for a key that never ends. */
  readonly ttlMs: number;
}

const pageSize = 500;
const ours = new RegExp(`^${customerKey('([1-9][0-9]{0,18})')}(:fence)?$`);

/** Every key of ours, by pages. SCAN and not KEYS, which stops Redis for everybody; a key may come more than once. */
export async function* cachedKeys(redis: Redis): AsyncGenerator<CachedKey[]> {
  let cursor = '0';
  do {
    const [next, keys] = await redis.scan(cursor, 'MATCH', customerKey('*'), 'COUNT', pageSize);
    cursor = next;
    yield await read(redis, keys);
  } while (cursor !== '0');
}

/** What stands at these keys now; those that are gone are left out. */
export async function read(redis: Redis, keys: readonly string[]): Promise<CachedKey[]> {
  const mine = keys.flatMap((key) => {
    const [, customerId, fence] = ours.exec(key) ?? [];
    // Other digits than those of an id are not ours either: no customer can have them.
    if (!identifier.safeParse(customerId).success) return [];
    return [{ key, customerId: customerId!, fence: fence !== undefined }];
  });
  const pipeline = redis.pipeline();
  for (const { key } of mine) pipeline.get(key).pttl(key);
  const answers = (await pipeline.exec()) ?? [];
  return mine.flatMap((entry, index) => {
    const [[, value], [error, ttlMs]] = [answers[index * 2]!, answers[index * 2 + 1]!];
    if (error) throw error;
    // Not a string: somebody has put another type of value there.
    if (ttlMs === -2 || value === null) return [];
    return [{ ...entry, value: typeof value === 'string' ? value : '', ttlMs: Number(ttlMs) }];
  });
}
