import type { Component } from '@event-sync/platform/lifecycle.ts';
import type { Logger } from '@event-sync/platform/logger.ts';
import type { Knex } from 'knex';

/** Waiting at once at the most: each holds a connection of a client, none holds one of Postgres. */
const maxWaiting = 1_000;

/**
 * Lets requests wait for events that the worker, another process, has yet to apply. Whoever hears that some were applied
 * calls `look`: one question to the inbox for all who wait, and the next only after its answer.
 */
export class AppliedEvents implements Component {
  readonly name = 'applied-events';
  readonly #knex: Knex;
  readonly #logger: Logger;
  readonly #waiting = new Map<string, Set<() => void>>();
  #count = 0;
  #looking = false;
  #again = false;
  #stopped = false;

  constructor({ knex, logger }: { knex: Knex; logger: Logger }) {
    this.#knex = knex;
    this.#logger = logger;
  }

  async start(): Promise<void> {}

  /** Lets everybody go who waits. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const wakes of [...this.#waiting.values()]) for (const wake of [...wakes]) wake();
  }

  /**
   * Resolves when the event is in the inbox, after `timeoutMs`, or when the signal says that nobody waits any more: ask
   * the inbox what it was.
   *
   * @returns false if it did not wait: the process stops, or too many wait already
   */
  async wait(eventId: string, timeoutMs: number, signal: AbortSignal): Promise<boolean> {
    if (this.#stopped || signal.aborted || this.#count >= maxWaiting) return false;
    await new Promise<void>((resolve) => {
      const wakes = this.#waiting.get(eventId) ?? new Set();
      const wake = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', wake);
        if (wakes.delete(wake)) this.#count -= 1;
        if (wakes.size === 0 && this.#waiting.get(eventId) === wakes) this.#waiting.delete(eventId);
        resolve();
      };
      const timer = setTimeout(wake, timeoutMs);
      signal.addEventListener('abort', wake, { once: true });
      wakes.add(wake);
      this.#waiting.set(eventId, wakes);
      this.#count += 1;
      // After it was noted as waiting: what is applied between the look and the note would be missed.
      this.look();
    });
    return true;
  }

  /** Wakes those whose event is in the inbox. Asked again meanwhile, it looks once more. */
  look(): void {
    if (this.#looking) {
      this.#again = true;
      return;
    }
    if (this.#count === 0) return;
    this.#looking = true;
    void this.#wakeApplied()
      .catch((error: unknown) => {
        this.#logger.debug({ err: error }, 'the inbox could not be asked: who waits for an event waits on');
      })
      .then(() => {
        this.#looking = false;
        if (!this.#again) return;
        this.#again = false;
        this.look();
      });
  }

  async #wakeApplied(): Promise<void> {
    const { rows } = await this.#knex.raw<{ rows: { event_id: string }[] }>(
      'SELECT event_id FROM inbox WHERE event_id = ANY(:ids::uuid[])',
      { ids: [...this.#waiting.keys()] },
    );
    for (const { event_id } of rows) for (const wake of [...(this.#waiting.get(event_id) ?? [])]) wake();
  }
}
