import type { ResultHead } from '../results.ts';
import { medianRate, medianRatio, rounded } from '../statistics.ts';
import { perSecond, table } from '../table.ts';
import { contenders, type ContenderName } from './contenders.ts';

/** Orders per second in one round, for one number of connections. */
export type IngestRound = Readonly<Record<ContenderName, number>>;

/** What is written to `bench/results/`. */
export interface IngestResult extends ResultHead {
  /** By the number of connections. */
  readonly rounds: Readonly<Record<string, readonly IngestRound[]>>;
}

/** The number of connections that the targets are for. */
export const usualConnections = '50';

const others = contenders.map(({ name }) => name).filter((name) => name !== 'ours');

/** For programs: the last line with `--json`. */
export function forPrograms({ rounds }: Pick<IngestResult, 'rounds'>) {
  const usual = rounds[usualConnections]!;
  return {
    bench: 'ingest',
    rounds: usual.length,
    ours_per_s: rounded(medianRate(usual, 'ours'), 0),
    ratio_to: Object.fromEntries(others.map((name) => [name, rounded(medianRatio(usual, 'ours', name), 3)])),
  };
}

/** For people. */
export function report({ rounds }: Pick<IngestResult, 'rounds'>): string {
  const numbers = Object.keys(rounds);
  return table([
    ['', ...numbers.flatMap((number) => [`${number} connections`, 'this to it'])],
    ...contenders.map(({ name, title }) => [
      title,
      ...numbers.flatMap((number) => [
        `${perSecond(medianRate(rounds[number]!, name))}/s`,
        medianRatio(rounds[number]!, 'ours', name).toFixed(2),
      ]),
    ]),
  ]);
}
