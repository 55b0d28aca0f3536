import { orderEventsQueue } from '@event-sync/contracts/topology.ts';
import { request } from '../../world/http.ts';
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
] as const;

/** Adds up counters that begin at 0 with each new process, by looking at them again and again. */
export class Traces {
  readonly #ground: Ground;
  /** The last that was seen, by process and counter. */
  readonly #last = new Map<string, { counter: keyof Counts; value: number }>();
  #redelivered = { before: 0, now: 0 };
  #looking: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  start(): void {
    this.#timer = setInterval(() => (this.#looking = this.#looking.then(() => this.look())), 300);
  }

  async stop(): Promise<Counts> {
    clearInterval(this.#timer);
    await this.#looking;
    await this.look();
    const counts: Counts = {
      redelivered: this.#redelivered.before + this.#redelivered.now,
      duplicates: 0,
      returned: 0,
      unknown: 0,
    };
    for (const { counter, value } of this.#last.values()) counts[counter] += value;
    return counts;
  }

  /** What does not answer now has been looked at before, or is looked at again. */
  async look(): Promise<void> {
    await Promise.allSettled([
      ...[...this.#ground.running].map(async ([role, { url, pid }]) => {
        const { body } = await request(`${url}/metrics`);
        for (const [process, sample, counter] of samples) {
          if (roles[role] !== process) continue;
          const line = (body as string).split('\n').find((text) => text.startsWith(sample));
          if (line) {
            const value = Number(line.slice(line.lastIndexOf(' ') + 1));
            this.#last.set(`${pid} ${counter}`, { counter, value });
          }
        }
      }),
      this.#lookIntoQueue(),
    ]);
  }

  /** The broker's own count, which it begins anew when it is started. */
  async #lookIntoQueue(): Promise<void> {
    const queue = await this.#ground.world.rabbit.describe(orderEventsQueue);
    const { redeliver = 0 } = queue.message_stats ?? {};
    if (redeliver < this.#redelivered.now) this.#redelivered.before += this.#redelivered.now;
    this.#redelivered.now = redeliver;
  }
}
