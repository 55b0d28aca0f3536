import type { Logger } from '@event-sync/platform/logger.ts';
import type { VersionedCache } from '@event-sync/platform/versioned-cache.ts';
import type { Knex } from 'knex';
import { notePendingEvictions, type Eviction } from '../customers/pending-evictions.ts';

/**
 * Evicts after the commit. With Redis away the evictions are written down in Postgres and the events acknowledged:
 * counting goes on, and the sweep evicts when Redis is back. A process that dies before either is sent the events
 * again, as duplicates, and comes here once more.
 *
 * @throws when neither Redis nor Postgres is there: the consumer then tries this again, and acknowledges nothing.
 */
export function evictOrNote({
  knex,
  cache,
  logger,
}: {
  knex: Knex;
  cache: Pick<VersionedCache, 'evict'>;
  logger: Logger;
}) {
  return async (evictions: readonly Eviction[]): Promise<void> => {
    try {
      await cache.evict(evictions);
    } catch (error) {
      // That Redis is away was said once, by its client or by the breaker; this comes with every batch.
      logger.debug(
        { err: error, customers: evictions.length },
        'could not evict: noted down for when redis is back',
      );
      await notePendingEvictions(knex, evictions);
    }
  };
}
