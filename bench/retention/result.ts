import { lineChart } from '../chart/line-chart.ts';
import type { ResultHead } from '../results.ts';
import { rounded } from '../statistics.ts';
import { perSecond, table } from '../table.ts';
import { lastToFirstThird, rates, thinned, type Sample } from './series.ts';

export interface Pruned {
  readonly rows: number;
  readonly seconds: number;
  /** Of `outbox_published`. */
  readonly bytes_before: number;
  readonly bytes_after: number;
}

export interface RetentionResult extends ResultHead {
  readonly settings: Record<string, unknown>;
  readonly rows: number;
  /** Rows settled per second over the whole run. */
  readonly rate: number;
  readonly samples: readonly Sample[];
  readonly pruned: Pruned;
}

type Figures = Pick<RetentionResult, 'rows' | 'rate' | 'samples' | 'pruned'>;

const mib = (bytes: number) => `${(bytes / 1024 ** 2).toFixed(bytes < 100 * 1024 ** 2 ? 1 : 0)} MiB`;
const largestOutbox = (samples: readonly Sample[]) =>
  Math.max(...samples.map(({ outbox_bytes }) => outbox_bytes));

/** For programs: the last line with `--json`. */
export function forPrograms({ rows, rate, samples, pruned }: Figures) {
  return {
    bench: 'retention',
    rows,
    settled_per_s: rounded(rate, 0),
    rate_ratio_last_to_first_third: rounded(lastToFirstThird(samples), 3),
    outbox_bytes_max: largestOutbox(samples),
    published_bytes: samples.at(-1)!.published_bytes,
    pruned: { rows: pruned.rows, seconds: pruned.seconds },
  };
}

/** For people. */
export function report(result: Figures): string {
  const { samples, pruned } = result;
  return [
    table([
      ['rows settled', 'settled/s', 'outbox', 'dead rows', 'outbox_published'],
      ...thinned(rates(samples), 15).map(({ sample, perSecond: rate }) => [
        sample.settled.toLocaleString('en'),
        perSecond(rate),
        mib(sample.outbox_bytes),
        sample.outbox_dead_rows.toLocaleString('en'),
        mib(sample.published_bytes),
      ]),
    ]),
    '',
    `Settle rate: ${perSecond(result.rate)}/s; of the last third ${lastToFirstThird(samples).toFixed(2)} of the first third's.`,
    `The outbox was never larger than ${mib(largestOutbox(samples))}, indexes included.`,
    `Pruning ${pruned.rows.toLocaleString('en')} published rows took ${pruned.seconds.toFixed(1)} s (${mib(pruned.bytes_before)} before, ${mib(pruned.bytes_after)} after).`,
  ].join('\n');
}

/** Over the rows and not over the time: what counts is what has gone through the table. */
export function chartOf({ rows, samples, machine, versions }: RetentionResult): string {
  return lineChart({
    title: `The outbox while ${rows.toLocaleString('en')} rows go through it`,
    subtitle: `One relay, ${machine.cpus} cores shared by all, PostgreSQL ${versions.postgres}, RabbitMQ ${versions.rabbitmq}`,
    xTitle: 'rows settled',
    xLabel: (x) => x.toLocaleString('en'),
    panels: [
      {
        title: 'Rows settled per second',
        points: rates(samples).map(({ sample, perSecond: y }) => ({ x: sample.settled, y })),
        label: perSecond,
      },
      {
        title: 'Size of the outbox, with its indexes',
        points: samples.map(({ settled, outbox_bytes }) => ({ x: settled, y: outbox_bytes / 1024 ** 2 })),
        label: (y) => `${rounded(y, 1)} MiB`,
      },
    ],
  });
}
