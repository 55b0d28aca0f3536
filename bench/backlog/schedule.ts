import { median } from '../statistics.ts';

export type Size = 'small' | 'large';

const leastSmall = 3;

/** Each large one stands between two small ones. What is missing of three small ones comes first: the servers warm up. */
export function schedule(rounds: number): Size[] {
  const runs: Size[] = ['small', ...Array.from({ length: rounds }, () => ['large', 'small'] as const).flat()];
  const missing = Math.max(0, leastSmall - (rounds + 1));
  return [...Array.from({ length: missing }, (): Size => 'small'), ...runs];
}

/**
 * The rate of a large backlog as a ratio to that of a small one: of each large one to the mean of its two neighbours,
 * and the median of those. What slows the machine down for a while slows the neighbours down, too.
 */
export function rateRatio(runs: readonly { readonly size: Size; readonly rate: number }[]): number {
  return median(
    runs.flatMap(({ size, rate }, i) =>
      size === 'large' ? [rate / ((runs[i - 1]!.rate + runs[i + 1]!.rate) / 2)] : [],
    ),
  );
}
