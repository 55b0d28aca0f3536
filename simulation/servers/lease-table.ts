import { partitionCount } from '@event-sync/outbox/migrations/0001-outbox.ts';
import type { Leases } from '@event-sync/outbox-relay/ownership/leases.ts';
import type { Journal } from '../world/journal.ts';
import type { Server } from './server.ts';

/** `outbox_partition` and `outbox_relay`: the statements of `outbox-relay/ownership/leases.ts`, on the server's clock. */
export class LeaseTable {
  readonly #server: Server;
  readonly #journal: Journal;
  readonly #partitions = Array.from({ length: partitionCount }, () => ({
    owner: undefined as string | undefined,
    ownedUntil: -Infinity,
  }));
  readonly #aliveUntil = new Map<string, number>();

  constructor(server: Server, journal: Journal) {
    this.#journal = journal;
    this.#server = server;
  }

  isOwned(partition: number, relayId: string): boolean {
    const { owner, ownedUntil } = this.#partitions[partition]!;
    return owner === relayId && ownedUntil > this.#server.now;
  }

  readonly leases: Leases = {
    heartbeat: (relayId, ttlMs) =>
      this.#server.call('heartbeat', () => {
        const { now } = this.#server;
        this.#aliveUntil.set(relayId, now + ttlMs);
        for (const [relay, until] of this.#aliveUntil)
          if (until > now + 2 * ttlMs) this.#aliveUntil.delete(relay);
        return [...this.#aliveUntil.values()].filter((until) => until > now).length;
      }),
    renew: (relayId, ttlMs) =>
      this.#server.call('renew', () =>
        this.#own('renews', relayId, ttlMs, Infinity, ({ owner }) => owner === relayId),
      ),
    take: (relayId, ttlMs, limit) =>
      this.#server.call('take', () => {
        const { now } = this.#server;
        for (const partition of this.#partitions)
          if (partition.ownedUntil > now + 2 * ttlMs) partition.ownedUntil = now + ttlMs;
        return this.#own(
          'takes',
          relayId,
          ttlMs,
          limit,
          ({ owner, ownedUntil }) => owner === undefined || (ownedUntil < now && owner !== relayId),
        );
      }),
    release: (relayId, partitions) =>
      this.#server.call('release', () => {
        this.#journal.note(() => `${relayId} gives back partitions ${partitions.join(' ')}`);
        for (const number of partitions) {
          const partition = this.#partitions[number]!;
          if (partition.owner !== relayId) continue;
          partition.owner = undefined;
          partition.ownedUntil = -Infinity;
        }
      }),
    leave: (relayId) => this.#server.call('leave', () => void this.#aliveUntil.delete(relayId)),
  };

  #own(
    verb: string,
    relayId: string,
    ttlMs: number,
    limit: number,
    eligible: (partition: { owner: string | undefined; ownedUntil: number }) => boolean,
  ): number[] {
    const owned: number[] = [];
    for (const [number, partition] of this.#partitions.entries()) {
      if (owned.length >= limit) break;
      if (!eligible(partition)) continue;
      partition.owner = relayId;
      partition.ownedUntil = this.#server.now + ttlMs;
      owned.push(number);
    }
    this.#journal.note(() => `${relayId} ${verb} partitions ${owned.join(' ')}`);
    return owned;
  }
}
