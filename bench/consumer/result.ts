import type { ResultHead } from '../results.ts';
import { median, medianRate, medianRatio, rounded } from '../statistics.ts';
import type { EndToEnd } from './end-to-end.ts';
import type { ScenarioName } from './scenarios.ts';

/** Messages per second in one round; those of two workers only where they were measured. */
export type Round = Readonly<Record<ScenarioName, number>>;

/** What is written to `bench/results/`. */
export interface ConsumerResult extends ResultHead {
  readonly settings: Record<string, unknown>;
  readonly messages: Partial<Record<ScenarioName, number>>;
  readonly rounds: readonly Round[];
  readonly end_to_end: readonly EndToEnd[];
}

/** How much longer both at once take than the slower of the two alone: 1 if the worker keeps up. */
export const endToEndRatio = (rounds: readonly EndToEnd[]) =>
  median(rounds.map(({ relay, worker, both }) => Math.min(relay, worker) / both));

/** For programs: the last line with `--json`. */
export function forPrograms({ rounds }: Pick<ConsumerResult, 'rounds'>) {
  const ratios = (ours: ScenarioName, textbook: ScenarioName) => ({
    ratio_to_limit: rounded(medianRatio(rounds, ours, 'limit'), 3),
    ratio_to: { textbook: rounded(medianRatio(rounds, ours, textbook), 2) },
  });
  return {
    bench: 'consumer',
    rounds: rounds.length,
    limit_per_s: rounded(medianRate(rounds, 'limit'), 0),
    ours_per_s: rounded(medianRate(rounds, 'ours'), 0),
    ...ratios('ours', 'textbook'),
    hot: ratios('ours-hot', 'textbook-hot'),
  };
}
