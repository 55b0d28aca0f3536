import type { ResultHead } from '../results.ts';
import { median, rounded } from '../statistics.ts';
import { perSecond, table } from '../table.ts';
import type { Memory } from './resident-memory.ts';
import { rateRatio, type Size } from './schedule.ts';

export interface BacklogRun {
  readonly size: Size;
  readonly rows: number;
  /** Rows per second. */
  readonly rate: number;
  /** Of the relay, from its start to its end. */
  readonly memory: Memory;
}

export interface BacklogResult extends ResultHead {
  readonly settings: Record<string, unknown>;
  /** Of a relay that has been up for ten seconds, without a row. */
  readonly idle: Memory;
  readonly runs: readonly BacklogRun[];
}

type Figures = Pick<BacklogResult, 'idle' | 'runs'>;

const large = ({ runs }: Figures) => runs.filter(({ size }) => size === 'large');
const rateOf = ({ runs }: Figures, size: Size) =>
  median(runs.filter((run) => run.size === size).map(({ rate }) => rate));
/** Of all large backlogs. */
const peak = (result: Figures) => Math.max(...large(result).map(({ memory }) => memory.peak_mib));
const steady = (result: Figures) => median(large(result).map(({ memory }) => memory.median_mib));

/** For programs: the last line with `--json`. */
export function forPrograms(result: Figures) {
  const idle = result.idle.median_mib;
  return {
    bench: 'backlog',
    rows: large(result)[0]!.rows,
    rate_per_s: rounded(rateOf(result, 'large'), 0),
    small_rate_per_s: rounded(rateOf(result, 'small'), 0),
    rate_ratio: rounded(rateRatio(result.runs), 3),
    idle_rss_mib: idle,
    rss_over_idle_mib: { median: rounded(steady(result) - idle, 1), peak: rounded(peak(result) - idle, 1) },
  };
}

/** For people. */
export function report(result: Figures): string {
  const { rate_ratio, idle_rss_mib, rss_over_idle_mib } = forPrograms(result);
  return [
    table([
      ['rows waiting', 'rows/s', 'RSS median', 'RSS peak'],
      ...result.runs.map(({ rows, rate, memory }) => [
        rows.toLocaleString('en'),
        perSecond(rate),
        `${memory.median_mib.toFixed(0)} MiB`,
        `${memory.peak_mib.toFixed(0)} MiB`,
      ]),
      ['idle relay', '', `${idle_rss_mib.toFixed(0)} MiB`, `${result.idle.peak_mib.toFixed(0)} MiB`],
    ]),
    '',
    `Rate of the large backlog: ${rate_ratio.toFixed(2)} of the small one's (target: 0.9 or more).`,
    `Memory over the idle relay's: median ${rss_over_idle_mib.median.toFixed(0)} MiB, peak ${rss_over_idle_mib.peak.toFixed(0)} MiB (target: 64 or less).`,
  ].join('\n');
}
