import type { Clock } from '../time/clock.ts';
import { SimulatedProcess } from '../time/simulated-process.ts';

/** What befalls the next statement: the connection breaks before the server has done it, or before it has said so. */
export type StatementFault = 'before' | 'after';

/** The way to a server that answers questions, one at a time: a database, Redis. */
export class Server {
  readonly #clock: Clock;
  readonly #faults: StatementFault[] = [];
  #downUntil = 0;
  #slowUntil = 0;
  #slowMs = 0;
  readonly #onDown: (() => void)[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get now(): number {
    return this.#clock.now;
  }

  get up(): boolean {
    return this.#clock.now >= this.#downUntil;
  }

  fail(fault: StatementFault, times: number): void {
    for (let time = 0; time < times; time++) this.#faults.push(fault);
  }

  goDown(forMs: number): void {
    this.#downUntil = Math.max(this.#downUntil, this.#clock.now + forMs);
    for (const tell of this.#onDown) tell();
  }

  onDown(tell: () => void): void {
    this.#onDown.push(tell);
  }

  slowDown(forMs: number, byMs: number): void {
    this.#slowUntil = this.#clock.now + forMs;
    this.#slowMs = byMs;
  }

  heal(): void {
    this.#downUntil = 0;
    this.#slowUntil = 0;
    this.#faults.length = 0;
  }

  after(delayMs: number, run: () => void): void {
    this.#clock.after(delayMs, run);
  }

  /**
   * Sends a question of the process that asks; `work` is done when it arrives, in one step as a statement is, and may
   * answer with a promise where it has to wait.
   *
   * @param broken called when the connection broke over it
   */
  call<T>(work: () => T | Promise<T>, broken: () => void = () => {}): Promise<T> {
    const process = SimulatedProcess.mine();
    const slow = this.#clock.now < this.#slowUntil ? this.#slowMs : 0;
    return new Promise<T>((resolve, reject) => {
      const answer = (settle: () => void) =>
        this.#clock.after(process.latency(), () => process.deliver(settle));
      const fail = (error: Error) => {
        broken();
        answer(() => reject(error));
      };
      this.#clock.after(slow + process.latency(), () => {
        if (!process.heard) return broken();
        if (!this.up) return fail(refused);
        const fault = this.#faults.shift();
        if (fault === 'before') return fail(terminated);
        const done = (value: T) => {
          if (fault === 'after') fail(terminated);
          else answer(() => resolve(value));
        };
        const failed = (error: Error) => answer(() => reject(error));
        try {
          const value = work();
          if (value instanceof Promise) void value.then(done, failed);
          else done(value);
        } catch (error) {
          failed(error as Error);
        }
      });
    });
  }
}

const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
const terminated = new Error('Connection terminated unexpectedly');
