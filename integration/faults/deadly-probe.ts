import { writeSync } from 'node:fs';

const point = process.env.CRASH_AT;
let hitsLeft = Number(process.env.CRASH_ON_HIT);

/** Takes the place of platform/probe.ts, see crash.preload.ts: dies at the n-th time that the point is passed. */
export function probe(passed: string): void {
  if (passed !== point || --hitsLeft !== 0) return;
  writeSync(2, `killed at ${point}\n`);
  process.kill(process.pid, 'SIGKILL');
  // Not one more step, should the signal take a moment.
  for (;;);
}
