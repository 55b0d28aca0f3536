import type { ResultHead } from '../results.ts';
import { table } from '../table.ts';
import { faultPlan, planned, type Fault } from './faults.ts';
import type { OrderRun } from './run.ts';

export interface OrderResult extends ResultHead {
  readonly settings: Record<string, unknown>;
  readonly runs: readonly OrderRun[];
}

const occurred = (run: OrderRun, fault: Fault) =>
  run.faults.filter((each) => each.fault === fault && each.occurred).length;
/** Until the other relay, or the one that was started again, publishes what the killed one has left. */
const takeOverMs = (run: OrderRun) =>
  Math.max(0, ...run.faults.map(({ longest_wait_ms = 0 }) => longest_wait_ms));

export function passed(runs: readonly OrderRun[]): boolean {
  return runs.every(
    (run) =>
      run.inversions === 0 &&
      run.lost === 0 &&
      occurred(run, 'cut') === planned('cut') &&
      occurred(run, 'kill') === planned('kill'),
  );
}

/** For programs: the last line with `--json`. */
export function forPrograms(runs: readonly OrderRun[]) {
  const sum = (of: (run: OrderRun) => number) => runs.reduce((total, run) => total + of(run), 0);
  return {
    bench: 'order',
    messages: sum(({ messages }) => messages),
    inversions: sum(({ inversions }) => inversions),
    lost: sum(({ lost }) => lost),
    duplicates: sum(({ duplicates }) => duplicates),
    passed: passed(runs),
    runs: runs.map((run) => ({
      keys: run.keys,
      messages: run.messages,
      inversions: run.inversions,
      lost: run.lost,
      duplicates: run.duplicates,
      cuts: occurred(run, 'cut'),
      kills: occurred(run, 'kill'),
      take_over_ms: takeOverMs(run),
    })),
  };
}

/** For people. */
export function report(runs: readonly OrderRun[]): string {
  return [
    table([
      ['', ...runs.map(({ keys }) => `${keys} keys`)],
      ['messages', ...runs.map(({ messages }) => String(messages))],
      ['came after a later one of their key', ...runs.map(({ inversions }) => String(inversions))],
      ['never came', ...runs.map(({ lost }) => String(lost))],
      ['came twice', ...runs.map(({ duplicates }) => String(duplicates))],
      ['connections cut', ...runs.map((run) => `${occurred(run, 'cut')} of ${planned('cut')} times`)],
      ['relay killed', ...runs.map((run) => `${occurred(run, 'kill')} of ${planned('kill')} times`)],
      ['longest wait after a kill', ...runs.map((run) => `${(takeOverMs(run) / 1_000).toFixed(1)} s`)],
      ['took', ...runs.map(({ seconds }) => `${seconds.toFixed(0)} s`)],
    ]),
    '',
    passed(runs)
      ? `No inversion and nothing lost, through ${faultPlan.length} faults in each run.`
      : 'FAILED: see the rows above.',
  ].join('\n');
}
