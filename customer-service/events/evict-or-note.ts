import type { Logger } from '@event-sync/platform/logger.ts';
import type { VersionedCache } from '@event-sync/platform/versioned-cache.ts';
import type { Knex } from 'knex';
import { notePendingEviction } from '../customers/pending-evictions.ts';
import type { AppliedBatch } from './apply-batch.ts';

/**
 * Evicts after the commit. With Redis away the evictions are written down in Postgres and the events acknowledged:
 * counting goes on, and the sweep evicts when Redis is back. A process that dies before either is sent the events
 * again, as duplicates, and comes here once more.
 *
 * @throws when neither Redis nor Postgres is there: the batch is then tried again as a whole.
 */
export function evictOrNote({ knex, cache, logger }: { knex: Knex; cache: VersionedCache; logger: Logger }) {
  return async (evictions: AppliedBatch['evictions']): Promise<void> => {
    try {
      await cache.evict(evictions);
    } catch (error) {
      logger.warn(
        { err: error, customers: evictions.length },
        'could not evict: noted down for when redis is back',
      );
      const inOrder = evictions.toSorted((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1));
      await knex.transaction(async (trx) => {
        for (const { id, version } of inOrder) await notePendingEviction(trx, id, version);
      });
    }
  };
}
