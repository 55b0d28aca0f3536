import { probe } from '@event-sync/platform/probe.ts';
import type { VersionedCache } from '@event-sync/platform/versioned-cache.ts';
import type { Knex } from 'knex';

/** A customer, and the version that its cached copy must not fall behind. */
export interface Eviction {
  readonly id: string;
  readonly version: string;
}

/**
 * A change of a customer and the duty to evict its cached copy are committed together, so that a crash or a Redis that
 * is away between the commit and the eviction delays the eviction but never loses it.
 */
export async function notePendingEvictions(trx: Knex, evictions: readonly Eviction[]): Promise<void> {
  // In the order of the ids: two that note the same customers wait for each other and never in a circle.
  await trx.raw(
    `INSERT INTO pending_evictions AS noted (customer_id, version)
     SELECT id, version FROM unnest(:ids::bigint[], :versions::bigint[]) AS changed (id, version) ORDER BY id
     ON CONFLICT (customer_id) DO UPDATE SET version = greatest(noted.version, excluded.version)`,
    { ids: evictions.map(({ id }) => id), versions: evictions.map(({ version }) => version) },
  );
}

/**
 * Evicts what is noted for these customers and takes the notes away. Call it after the commit.
 *
 * @throws when Redis or Postgres is away: the notes stay, and the sweep settles them.
 */
export async function settlePendingEvictions(
  knex: Knex,
  cache: Pick<VersionedCache, 'evict'>,
  customerIds: readonly string[],
): Promise<void> {
  if (customerIds.length === 0) return;
  const noted = await knex<Note>('pending_evictions')
    .whereIn('customer_id', customerIds)
    .select('customer_id', 'version');
  await evictAndForget(knex, cache, noted);
}

/** Notes that a sweep takes at once: one round trip to Redis. */
const sweepLimit = 500;

/**
 * Settles what was left, oldest first, until nothing is or the signal asks it to end. Two sweeps at once only evict twice.
 *
 * @returns how many notes were settled
 * @throws when Redis or Postgres is away: what was not evicted stays noted.
 */
export async function sweepPendingEvictions(
  knex: Knex,
  cache: Pick<VersionedCache, 'evict'>,
  signal?: AbortSignal,
): Promise<number> {
  for (let settled = 0; ;) {
    const noted = await knex<Note>('pending_evictions')
      .orderBy('noted_at')
      .limit(sweepLimit)
      .select('customer_id', 'version');
    await evictAndForget(knex, cache, noted);
    settled += noted.length;
    if (noted.length < sweepLimit || signal?.aborted) return settled;
  }
}

interface Note {
  readonly customer_id: string;
  readonly version: string;
}

async function evictAndForget(
  knex: Knex,
  cache: Pick<VersionedCache, 'evict'>,
  noted: readonly Note[],
): Promise<void> {
  if (noted.length === 0) return;
  await cache.evict(noted.map(({ customer_id: id, version }) => ({ id, version })));
  probe('evictions.evicted');
  // A note that a later change raised meanwhile stays: that version is not evicted yet. Locked in the order of the ids,
  // as they are noted, and not as a plan finds them.
  await knex.raw(
    `WITH done AS (
       SELECT noted.customer_id
       FROM pending_evictions AS noted
         JOIN unnest(:ids::bigint[], :versions::bigint[]) AS evicted (customer_id, version) USING (customer_id)
       WHERE noted.version <= evicted.version
       ORDER BY noted.customer_id FOR UPDATE OF noted
     )
     DELETE FROM pending_evictions USING done WHERE pending_evictions.customer_id = done.customer_id`,
    { ids: noted.map(({ customer_id }) => customer_id), versions: noted.map(({ version }) => version) },
  );
}
