import { outboxChannel } from '@event-sync/outbox/hint.ts';
import type { VersionedCache } from '@event-sync/platform/versioned-cache.ts';
import type { Knex } from 'knex';
import type { Finding } from '../findings.ts';
import { appendForOrder } from './append-for-order.ts';
import { noteReplay, replayPublished } from './replay-published.ts';

/** What became of each finding; one that is not in it was left to a person. */
export type Repaired = Map<Finding, string>;

/**
 * Does what can be done without anybody's judgement: events that were lost go through the outbox once more, and so
 * through relay, queue and inbox like every other; what is wrong in the cache is evicted. Counts are never written.
 */
export async function repair(
  findings: readonly Finding[],
  { knex, cache, who }: { knex: Knex; cache: VersionedCache; who: string },
): Promise<Repaired> {
  const repaired: Repaired = new Map();
  const evictions: { id: string; version: string }[] = [];
  await knex.transaction(async (trx) => {
    // The auditor's own login reads only, if it is set up as docs/operations.md says.
    await trx.raw('SET TRANSACTION READ WRITE');
    const eventIds: string[] = [];
    for (const finding of findings) {
      const { repair: action } = finding;
      if (action?.do === 'evict') {
        evictions.push({ id: action.customerId, version: action.version });
        repaired.set(finding, 'evicted');
      } else if (action?.do === 'replay') {
        if (await replayPublished(trx, action)) {
          eventIds.push(action.eventId);
          repaired.set(finding, 'put back into the outbox');
        }
      } else if (action) {
        const id = await appendForOrder(trx, action.orderId);
        if (id === undefined) continue;
        eventIds.push(id);
        repaired.set(finding, `event ${id} appended to the outbox`);
      }
    }
    if (eventIds.length > 0) await noteReplay(trx, { who, eventIds });
  });
  if ([...repaired.keys()].some(({ repair: action }) => action?.do !== 'evict'))
    // After the commit, and only a hint: the relay polls all the same.
    await knex.raw(`NOTIFY ${outboxChannel}`).catch(() => {});
  await cache.evict(evictions);
  return repaired;
}
