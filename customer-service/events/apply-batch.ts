import { probe } from '@event-sync/platform/probe.ts';
import type { Eviction } from '../customers/pending-evictions.ts';
import { dedupe, forget } from '@event-sync/outbox/dedupe.ts';
import type { Knex } from 'knex';
import type { ReceivedEvent } from './event-handler.ts';

/** What became of one event of a batch. */
export type EventOutcome = 'applied' | 'duplicate' | 'customer-not-found';

export interface AppliedBatch {
  readonly outcomes: Readonly<Record<EventOutcome, readonly ReceivedEvent[]>>;
  /**
   * Customers to evict, with the version that the cache must not fall behind. Those of duplicates too: a crash between
   * the commit and the eviction comes back as a duplicate, and nobody else would evict for it.
   */
  readonly evictions: readonly Eviction[];
}

/** Dedupes and applies in one transaction: an event is in the inbox if, and only if, its effect is in the tables. */
export async function applyBatch(knex: Knex, events: readonly ReceivedEvent[]): Promise<AppliedBatch> {
  return knex.transaction(async (trx) => {
    const fresh = await dedupe(
      trx,
      events.map(({ id }) => id),
    );
    probe('inbox.deduped');
    const toApply: ReceivedEvent[] = [];
    const seenBefore: ReceivedEvent[] = [];
    // Deleting here drops the second of two with one id in the same batch.
    for (const event of events) (fresh.delete(event.id) ? toApply : seenBefore).push(event);

    const outcomes = {
      applied: [] as ReceivedEvent[],
      duplicate: [] as ReceivedEvent[],
      'customer-not-found': [] as ReceivedEvent[],
    };
    const versions = new Map<string, string>();
    for (const [{ subjectOf, apply }, group] of Map.groupBy(toApply, ({ handler }) => handler)) {
      const changed = await apply(trx, group);
      for (const event of group)
        outcomes[changed.has(subjectOf(event.data)) ? 'applied' : 'customer-not-found'].push(event);
      for (const [id, version] of changed) versions.set(id, version);
    }
    probe('inbox.applied');
    const missing = new Set(outcomes['customer-not-found'].map(({ id }) => id));
    // Not applied, so not in the inbox: the next delivery must find them new.
    await forget(trx, [...missing]);

    const others = new Set<string>();
    for (const event of seenBefore) {
      // The twin, in the same batch, of one that was not applied is no duplicate either.
      if (missing.has(event.id)) {
        outcomes['customer-not-found'].push(event);
        continue;
      }
      outcomes.duplicate.push(event);
      const subject = event.handler.subjectOf(event.data);
      if (!versions.has(subject)) others.add(subject);
    }
    for (const [id, version] of await currentVersions(trx, [...others])) versions.set(id, version);
    probe('inbox.commit-before');
    return { outcomes, evictions: [...versions].map(([id, version]) => ({ id, version })) };
  });
}

async function currentVersions(trx: Knex.Transaction, ids: readonly string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const { rows } = await trx.raw<{ rows: { id: string; version: string }[] }>(
    'SELECT id, version FROM customers WHERE id = ANY(:ids::bigint[])',
    { ids: [...ids] },
  );
  return new Map(rows.map(({ id, version }) => [id, version]));
}
