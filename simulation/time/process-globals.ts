import { syncBuiltinESMExports } from 'node:module';
import timersPromises from 'node:timers/promises';
import { Happening } from './clock.ts';
import { SimulatedProcess } from './simulated-process.ts';

type Work = (...parameters: unknown[]) => void;

let installed = false;

/**
 * Puts clocks, timers and chance under the simulation, for code that runs in a simulated process. All other code (the
 * test runner, fast-check) keeps the real ones.
 *
 * Not @sinonjs/fake-timers: one clock for the whole of Node cannot pause one of several processes, nor let the clocks
 * of two machines differ, which is what leases are about.
 */
export function installProcessGlobals(): void {
  if (installed) return;
  installed = true;
  const real = {
    setTimeout: globalThis.setTimeout,
    setInterval: globalThis.setInterval,
    setImmediate: globalThis.setImmediate,
    clear: globalThis.clearTimeout,
    now: performance.now.bind(performance),
    date: Date.now,
    random: Math.random,
    delay: timersPromises.setTimeout,
  };

  const globals: Record<string, unknown> = globalThis;
  globals.setTimeout = Object.assign(
    (work: Work, ms?: number, ...rest: unknown[]) => {
      const process = SimulatedProcess.current;
      if (!process) return real.setTimeout(work, ms, ...rest);
      return process.after(Math.max(1, ms ?? 1), () => work(...rest));
    },
    // Node's own modules look for util.promisify.custom and the like.
    real.setTimeout,
  );
  globals.setInterval = (work: Work, ms?: number, ...rest: unknown[]) => {
    const process = SimulatedProcess.current;
    return process
      ? new Interval(process, ms ?? 1, () => work(...rest))
      : real.setInterval(work, ms, ...rest);
  };
  globals.setImmediate = Object.assign((work: Work, ...rest: unknown[]) => {
    const process = SimulatedProcess.current;
    return process ? process.after(0, () => work(...rest)) : real.setImmediate(work, ...rest);
  }, real.setImmediate);
  const clear = (timer: unknown) => {
    if (timer instanceof Happening) timer.cancelled = true;
    else if (timer instanceof Interval) timer.clear();
    else real.clear(timer as NodeJS.Timeout);
  };
  globals.clearTimeout = clear;
  globals.clearInterval = clear;

  performance.now = () => SimulatedProcess.current?.monotonic ?? real.now();
  Date.now = () => SimulatedProcess.current?.wall ?? real.date();
  Math.random = () => (SimulatedProcess.current?.random ?? real.random)();

  timersPromises.setTimeout = function delay<T>(
    ms?: number,
    value?: T,
    options?: { signal?: AbortSignal },
  ): Promise<T> {
    const process = SimulatedProcess.current;
    return process
      ? simulatedDelay(process, ms ?? 1, value, options?.signal)
      : real.delay(ms, value, options);
  } as typeof timersPromises.setTimeout;
  syncBuiltinESMExports();
}

class Interval {
  #next: Happening;

  constructor(process: SimulatedProcess, ms: number, work: () => void) {
    // As in Node: however long the process was paused, it is called once.
    const call = () => {
      this.#next = process.after(ms, call);
      work();
    };
    this.#next = process.after(ms, call);
  }

  clear(): void {
    this.#next.cancelled = true;
  }

  unref(): this {
    return this;
  }
}

function simulatedDelay<T>(
  process: SimulatedProcess,
  ms: number,
  value: T | undefined,
  signal: AbortSignal | undefined,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const aborted = () => {
      timer.cancelled = true;
      reject(
        Object.assign(new Error('The operation was aborted'), { name: 'AbortError', code: 'ABORT_ERR' }),
      );
    };
    const timer = process.after(Math.max(1, ms), () => {
      signal?.removeEventListener('abort', aborted);
      resolve(value as T);
    });
    if (signal?.aborted) aborted();
    else signal?.addEventListener('abort', aborted, { once: true });
  });
}
