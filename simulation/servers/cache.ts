import type { VersionedCache } from '@event-sync/platform/versioned-cache.ts';
import type { Server } from './server.ts';

/** Redis with `VersionedCache`'s two scripts: values, and beside each the fence below which nothing is filled. */
export class SimulatedCache implements Pick<VersionedCache, 'get' | 'fill' | 'evict'> {
  readonly server: Server;
  readonly values = new Map<string, { value: Record<string, unknown>; version: string }>();
  readonly #fences = new Map<string, number>();
  /** How long the next value that a reader brings is under way. */
  #nextFillMs = 0;

  constructor(server: Server) {
    this.server = server;
  }

  /** Nobody is given something older than this any more. */
  fenceOf(id: string): number {
    return this.#fences.get(id) ?? 0;
  }

  stallNextFill(ms: number): void {
    this.#nextFillMs = ms;
  }

  get(id: string): ReturnType<VersionedCache['get']> {
    return this.server.call('get', () => this.values.get(id));
  }

  async fill(id: string, value: object, version: string): Promise<'filled' | 'stale'> {
    const stall = this.#nextFillMs;
    this.#nextFillMs = 0;
    if (stall > 0) await new Promise((resolve) => setTimeout(resolve, stall));
    return this.server.call('fill', () => {
      if (this.fenceOf(id) > Number(version)) return 'stale';
      this.values.set(id, { value: value as Record<string, unknown>, version });
      this.#fences.set(id, Number(version));
      return 'filled';
    });
  }

  evict(entries: readonly { id: string; version: string }[]): Promise<void> {
    return this.server.call('evict', () => {
      for (const { id, version } of entries) {
        this.#fences.set(id, Math.max(this.fenceOf(id), Number(version)));
        this.values.delete(id);
      }
    });
  }
}
