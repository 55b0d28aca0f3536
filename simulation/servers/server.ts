import type { Clock } from '../time/clock.ts';
import { SimulatedProcess } from '../time/simulated-process.ts';

/** What befalls the next statement: the connection breaks before the server has done it, or before it has said so. */
export interface StatementFault {
  readonly when: 'before' | 'after';
  /** The next one of this name; else the next one, whichever it is. */
  readonly name?: string | undefined;
}

/** The way to a server that answers questions, one at a time: a database, Redis. */
export class Server {
  readonly #clock: Clock;
  #faults: StatementFault[] = [];
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

  failNext(fault: StatementFault): void {
    this.#faults.push(fault);
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
    this.#faults = [];
  }

  after(delayMs: number, run: () => void): void {
    this.#clock.after(delayMs, run);
  }

  /**
   * Sends a question of the process that asks; `work` is done when it arrives, in one step as a statement is, and may
   * answer with a promise where it has to wait.
   *
   * @param name by which a fault can befall it
   * @param broken called when the connection broke over it
   */
  call<T>(name: string, work: () => T | Promise<T>, broken: () => void = () => {}): Promise<T> {
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
        const fault = this.#faultOf(name);
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

  #faultOf(name: string): StatementFault['when'] | undefined {
    if (this.#faults.length === 0) return undefined;
    const index = this.#faults.findIndex((fault) => fault.name === undefined || fault.name === name);
    return index < 0 ? undefined : this.#faults.splice(index, 1)[0]!.when;
  }
}

const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
const terminated = new Error('Connection terminated unexpectedly');
