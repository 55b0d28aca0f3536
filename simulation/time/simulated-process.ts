import { AsyncLocalStorage } from 'node:async_hooks';
import type { Clock, Happening } from './clock.ts';

const context = new AsyncLocalStorage<SimulatedProcess>();

/** Simulated time begins here, so that dates look like dates. */
const epoch = Date.UTC(2026, 0, 1);

/**
 * A process of the system under test: what runs in it sees its clocks, and gets its timers and answers only while it
 * lives and is not paused. Which process a piece of code belongs to goes with the async context.
 */
export class SimulatedProcess {
  readonly name: string;
  readonly random: () => number;
  readonly #clock: Clock;
  #state: 'running' | 'paused' | 'dead' = 'running';
  #held: (() => void)[] = [];
  #pausedAt = 0;
  #machineSuspended = false;
  #monotonicLost = 0;
  #wallOffset = 0;
  readonly #onKilled: (() => void)[] = [];
  readonly #onPaused: (() => void)[] = [];
  /** Whether what it had sent when it was killed still reaches the servers. */
  #lastWordsArrive = true;

  constructor(name: string, clock: Clock, random: () => number) {
    this.name = name;
    this.#clock = clock;
    this.random = random;
  }

  static get current(): SimulatedProcess | undefined {
    return context.getStore();
  }

  /** The process whose code is running. @throws where none is: a server was called from outside. */
  static mine(): SimulatedProcess {
    const process = context.getStore();
    if (!process) throw new Error('a simulated server was called from outside of a simulated process');
    return process;
  }

  /** Milliseconds to a server, or back: mostly one, now and then many. */
  readonly latency = (): number => {
    const drawn = this.random();
    return drawn < 0.95 ? drawn * 2 : (drawn - 0.95) * 1_000;
  };

  get alive(): boolean {
    return this.#state !== 'dead';
  }

  get running(): boolean {
    return this.#state === 'running';
  }

  get paused(): boolean {
    return this.#state === 'paused';
  }

  /** Whether what it has sent is processed: always, unless it was killed before the packets left the machine. */
  get heard(): boolean {
    return this.alive || this.#lastWordsArrive;
  }

  /** Milliseconds of the clock that cannot be set; it stands still while the machine is suspended. */
  get monotonic(): number {
    return this.#clock.now - this.#monotonicLost;
  }

  get wall(): number {
    return epoch + this.#clock.now + this.#wallOffset;
  }

  /** One of the two may be wrong at a time: nobody can tell the time by two clocks that both are. */
  get monotonicIsRight(): boolean {
    return this.#monotonicLost === 0 && !(this.paused && this.#machineSuspended);
  }

  get wallIsRight(): boolean {
    return this.#wallOffset === 0;
  }

  setWallClock(offsetMs: number): void {
    this.#wallOffset += offsetMs;
  }

  run<T>(work: () => T): T {
    return context.run(this, work);
  }

  /** A timer of it ends, or an answer reaches it. */
  deliver(work: () => void): void {
    if (this.#state === 'running' && this.#held.length === 0) context.run(this, work);
    else if (this.#state !== 'dead') this.#held.push(work);
  }

  after(delayMs: number, work: () => void): Happening {
    const happening: Happening = this.#clock.after(delayMs, () =>
      this.deliver(() => {
        if (!happening.cancelled) work();
      }),
    );
    return happening;
  }

  /** Stops it as SIGSTOP does, or with the whole machine: then its monotonic clock stands, too. */
  pause({ machine = false } = {}): void {
    if (this.#state !== 'running') return;
    this.#state = 'paused';
    this.#pausedAt = this.#clock.now;
    this.#machineSuspended = machine;
    for (const tell of this.#onPaused) tell();
  }

  resume(): void {
    if (this.#state !== 'paused') return;
    this.#state = 'running';
    if (this.#machineSuspended) this.#monotonicLost += this.#clock.now - this.#pausedAt;
    this.#catchUp();
  }

  /** One after the other, as they came; what comes meanwhile waits behind them. */
  #catchUp(): void {
    if (this.#held.length === 0) return;
    this.#clock.after(0, () => {
      if (this.#state !== 'running') return;
      const work = this.#held.shift();
      if (work) context.run(this, work);
      this.#catchUp();
    });
  }

  kill({ lastWordsArrive = true } = {}): void {
    if (this.#state === 'dead') return;
    this.#state = 'dead';
    this.#lastWordsArrive = lastWordsArrive;
    this.#held = [];
    for (const tell of this.#onKilled) tell();
  }

  /** For the servers: they see its connections end. */
  onKilled(tell: () => void): void {
    this.#onKilled.push(tell);
  }

  onPaused(tell: () => void): void {
    this.#onPaused.push(tell);
  }
}
