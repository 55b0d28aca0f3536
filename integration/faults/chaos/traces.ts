import { sampleIn } from '../../world/metrics.ts';
import { roles, type Ground } from './ground.ts';

/** What must have happened, or nothing was tried: each is counted over all processes that ever ran. */
export interface Counts {
  /** Messages that a queue handed over a second time. */
  redelivered: number;
  /** Events that a worker knew already. */
  duplicates: number;
  /** Messages that no queue was bound for. */
  returned: number;
  /** Messages of which no confirm came, or not in time. */
  unknown: number;
}

const samples = [
  ['outboxRelay', 'outbox_publish_total{outcome="returned"', 'returned'],
  ['outboxRelay', 'outbox_publish_total{outcome="unknown"', 'unknown'],
  ['customerWorker', 'events_consumed_total{outcome="duplicate"', 'duplicates'],
  ['customerWorker', 'events_redelivered_total', 'redelivered'],
] as const;

/** Adds up counters that begin at 0 with each new process, by looking at them again and again. */
export class Traces {
  readonly #ground: Ground;
  /** The most that was seen, by process and counter. */
  readonly #most = new Map<string, { counter: keyof Counts; value: number }>();
  #looking: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  start(): void {
    let looking = false;
    this.#timer = setInterval(() => {
      // One that waits for a process that is paused must not be followed by a hundred others.
      if (looking) return;
      looking = true;
      this.#looking = this.look().finally(() => (looking = false));
    }, 300);
  }

  async stop(): Promise<Counts> {
    clearInterval(this.#timer);
    await this.#looking;
    await this.look();
    return this.counts();
  }

  /** What has been seen until now. */
  counts(): Counts {
    const counts: Counts = { redelivered: 0, duplicates: 0, returned: 0, unknown: 0 };
    for (const { counter, value } of this.#most.values()) counts[counter] += value;
    return counts;
  }

  /** What does not answer now has been looked at before, or is looked at again. */
  async look(): Promise<void> {
    await Promise.allSettled(
      [...this.#ground.running].map(async ([role, { url }]) => {
        const text = await (await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(1_000) })).text();
        // Not the pid that we know: the next process answers at the same port before we have heard that it is ready.
        const life = `${role} since ${sampleIn(text, 'process_start_time_seconds')}`;
        for (const [process, sample, counter] of samples) {
          if (roles[role] !== process) continue;
          const key = `${life}: ${counter}`;
          const value = Math.max(sampleIn(text, sample) ?? 0, this.#most.get(key)?.value ?? 0);
          this.#most.set(key, { counter, value });
        }
      }),
    );
  }
}
