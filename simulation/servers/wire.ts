import type { Clock } from '../time/clock.ts';

/** One direction of a connection: what is sent arrives later, and in the order in which it was sent. */
export class Wire {
  readonly #clock: Clock;
  readonly #latency: () => number;
  /** Sent and not yet arrived, oldest first. */
  readonly #underWay: (() => void)[] = [];
  #lastArrival = 0;
  #stall = 0;
  #cut = false;

  constructor(clock: Clock, latency: () => number) {
    this.#clock = clock;
    this.#latency = latency;
  }

  get empty(): boolean {
    return this.#underWay.length === 0;
  }

  /** What is sent from now on takes longer by this. */
  stall(ms: number): void {
    this.#stall = ms;
  }

  send(arrive: () => void): void {
    if (this.#cut) return;
    const { now } = this.#clock;
    this.#lastArrival = Math.max(this.#lastArrival, now + this.#stall + this.#latency());
    this.#underWay.push(arrive);
    this.#clock.after(this.#lastArrival - now, () => {
      // Nothing overtakes: whichever arrival this is, it is that of the oldest. After a cut there is none.
      this.#underWay.shift()?.();
    });
  }

  /** Ends it: of what is under way, the first so many arrive at once, and the rest never. */
  cut(arriving = 0): void {
    if (this.#cut) return;
    this.#cut = true;
    for (const arrive of this.#underWay.splice(0).slice(0, arriving)) arrive();
  }
}
