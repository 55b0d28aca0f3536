export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  if (sorted.length % 2 === 1) return sorted[middle]!;
  return (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The smallest value that at least this share of all values does not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}

/** Rounded for people: a JSON with fifteen digits claims a precision that nothing here has. */
export function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

/** Rates of one round, by name. */
type Rates<Name extends string> = Readonly<Record<Name, number>>;

/**
 * Of each round and then the median of those, and not a ratio of medians: what slows a machine down for a while slows
 * the whole round down.
 */
export function medianRatio<Name extends string>(rounds: readonly Rates<Name>[], of: Name, to: Name): number {
  return median(rounds.map((round) => round[of] / round[to]));
}

export function medianRate<Name extends string>(rounds: readonly Rates<Name>[], of: Name): number {
  return median(rounds.map((round) => round[of]));
}
