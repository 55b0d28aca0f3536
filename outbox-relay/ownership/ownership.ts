import type { Component } from '@event-sync/platform/lifecycle.ts';
import type { Logger } from '@event-sync/platform/logger.ts';
import { partitionCount } from '@event-sync/outbox/migrations/0001-outbox.ts';
import { probe } from '@event-sync/platform/probe.ts';
import type { Leases } from './leases.ts';

/** How long a lease lasts without renewal: with the tick below, a killed relay's work is taken over within 8 s. */
const ttlMs = 6_000;
const tickMs = 2_000;
/** A relay without a connection for so long stands aside. Longer than a broker that is restarted is missed. */
const patienceMs = 10_000;

/**
 * The partitions that this relay may publish. A fair share of all: `ceil(partitions / living relays)`. More relays
 * come: the excess is drained, then given back. One dies: its leases run out and the others take them. One cannot
 * publish, because of its password or its network: it stands aside, with no share, so that its partitions do not stand
 * still beside others that could publish them.
 */
export class Ownership implements Component {
  readonly name = 'ownership';
  readonly #leases: Leases;
  readonly #relayId: string;
  readonly #logger: Logger;
  readonly #drain: (partitions: readonly number[]) => Promise<void>;
  readonly #onChange: () => void;
  readonly #canPublish: () => boolean;
  readonly #draining = new Set<number>();
  /** Drained: what a pass under way still brings of them must not be published, another relay may have them already. */
  readonly #leaving = new Set<number>();
  /** Given back since the tick under way has asked which are ours. */
  readonly #givenBack = new Set<number>();
  #owned = new Set<number>();
  #validUntil = { monotonic: 0, wall: 0 };
  #timer: NodeJS.Timeout | undefined;
  #ticking: Promise<void> | undefined;
  #stopped = false;
  #failing = false;
  #couldPublishAt = performance.now();
  #aside = false;

  constructor(options: {
    leases: Leases;
    relayId: string;
    logger: Logger;
    /** Called before partitions are given back: must resolve when none of their rows is in hand any more. */
    drain: (partitions: readonly number[]) => Promise<void>;
    onChange: () => void;
    /** Whether there is a connection; one that is blocked is there. */
    canPublish: () => boolean;
  }) {
    this.#leases = options.leases;
    this.#relayId = options.relayId;
    this.#logger = options.logger;
    this.#drain = options.drain;
    this.#onChange = options.onChange;
    this.#canPublish = options.canPublish;
  }

  /** Partitions to claim from now. */
  get claimable(): number[] {
    return this.#valid() ? [...this.#owned].filter((partition) => !this.#draining.has(partition)) : [];
  }

  get owned(): number {
    return this.#valid() ? this.#owned.size : 0;
  }

  /** Whether a row of this partition may still be published. Asked right before each publish. */
  holds(partition: number): boolean {
    return this.#owned.has(partition) && !this.#leaving.has(partition) && this.#valid();
  }

  async start(): Promise<void> {
    if (this.#timer || this.#stopped) return;
    this.#timer = setInterval(() => this.#tick(), tickMs);
    this.#tick();
  }

  /** Something may have changed, the connection for example: look at once. */
  wake(): void {
    if (this.#timer && !this.#stopped) this.#tick();
  }

  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    clearInterval(this.#timer);
    await this.#ticking;
    try {
      await this.#leases.release(this.#relayId, [...this.#owned]);
      await this.#leases.leave(this.#relayId);
    } catch (error) {
      this.#logger.warn(
        { err: error },
        'could not give the partitions back: another relay takes them in seconds',
      );
    }
    this.#owned.clear();
  }

  /**
   * Counted from before the renewal was sent, so it ends before the lease does. By two clocks: the monotonic one does
   * not run while a machine is suspended, the other can be set back.
   */
  #valid(): boolean {
    const { monotonic, wall } = this.#validUntil;
    const now = Date.now();
    // Before the time of the renewal: the clock was set back since, and would call a lease valid that has long run out.
    return performance.now() < monotonic && now < wall && now >= wall - ttlMs;
  }

  #tick(): void {
    this.#ticking ??= this.#renewAndBalance()
      .then(() => {
        if (this.#failing) this.#logger.info('partitions are renewed again');
        this.#failing = false;
      })
      .catch((error: unknown) => {
        if (!this.#failing) this.#logger.warn({ err: error }, 'cannot renew partitions: trying again');
        this.#failing = true;
      })
      .finally(() => (this.#ticking = undefined));
  }

  async #renewAndBalance(): Promise<void> {
    const sent = { monotonic: performance.now(), wall: Date.now() };
    const aside = this.#standsAside(sent.monotonic);
    if (aside) await this.#leases.leave(this.#relayId);
    const alive = aside ? 0 : await this.#leases.heartbeat(this.#relayId, ttlMs);
    probe('ownership.alive');
    const before = this.#owned;
    this.#givenBack.clear();
    const owned = new Set(await this.#leases.renew(this.#relayId, ttlMs));
    const share = aside ? 0 : Math.ceil(partitionCount / alive);
    if (owned.size < share && !this.#stopped) {
      for (const partition of await this.#leases.take(this.#relayId, ttlMs, share - owned.size))
        owned.add(partition);
      probe('ownership.taken');
    }
    for (const partition of this.#givenBack) owned.delete(partition);
    this.#owned = owned;
    this.#validUntil = { monotonic: sent.monotonic + ttlMs, wall: sent.wall + ttlMs };
    if (owned.size !== before.size || [...owned].some((partition) => !before.has(partition))) {
      this.#logger.info({ partitions: owned.size, relays: alive }, 'partitions changed');
      this.#onChange();
    }
    if (owned.size > share) this.#giveBack([...owned].slice(share));
  }

  #standsAside(now: number): boolean {
    if (this.#canPublish()) this.#couldPublishAt = now;
    const aside = now - this.#couldPublishAt > patienceMs;
    if (aside && !this.#aside)
      this.#logger.warn(
        'cannot publish: leaving the partitions to relays that can, until there is a connection',
      );
    this.#aside = aside;
    return aside;
  }

  /** Not awaited by the tick: draining can take as long as a confirm, and leases must be renewed meanwhile. */
  #giveBack(partitions: number[]): void {
    const fresh = partitions.filter((partition) => !this.#draining.has(partition));
    if (fresh.length === 0) return;
    for (const partition of fresh) this.#draining.add(partition);
    this.#drain(fresh)
      .then(() => {
        probe('ownership.drained');
        for (const partition of fresh) this.#leaving.add(partition);
        return this.#leases.release(this.#relayId, fresh);
      })
      .then(() => probe('ownership.given-back'))
      .catch((error: unknown) =>
        this.#logger.warn({ err: error }, 'could not give partitions back: trying again'),
      )
      .finally(() => {
        for (const partition of fresh) {
          // Also when it failed: whether they were given back the next renewal tells.
          this.#owned.delete(partition);
          this.#givenBack.add(partition);
          this.#leaving.delete(partition);
          this.#draining.delete(partition);
        }
      });
  }
}
