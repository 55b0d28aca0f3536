/** One look at the outbox under load. */
export interface Sample {
  /** Since the first look. */
  readonly seconds: number;
  /** Rows that the relay has settled so far. */
  readonly settled: number;
  readonly outbox_bytes: number;
  readonly outbox_dead_rows: number;
  readonly published_bytes: number;
}

/** @returns rows settled per second between each look and the one before it; none for the first */
export function rates(samples: readonly Sample[]): { sample: Sample; perSecond: number }[] {
  return samples.flatMap((sample, i) => {
    const before = samples[i - 1];
    if (!before || sample.seconds === before.seconds) return [];
    return [{ sample, perSecond: (sample.settled - before.settled) / (sample.seconds - before.seconds) }];
  });
}

/**
 * The settle rate of the last third of the rows as a ratio to that of the first third: 1 is flat. By thirds of the rows
 * and not of the time, as what slows a table down is what went through it.
 */
export function lastToFirstThird(samples: readonly Sample[]): number {
  const total = samples.at(-1)!.settled;
  const took = (from: number, to: number) => secondsAt(samples, to) - secondsAt(samples, from);
  return took(0, total / 3) / took((2 * total) / 3, total);
}

/** When so many rows were settled, on a straight line between two looks. */
function secondsAt(samples: readonly Sample[], settled: number): number {
  const i = samples.findIndex((sample) => sample.settled >= settled);
  const after = samples[i]!;
  const before = samples[i - 1];
  if (!before) return after.seconds;
  const share = (settled - before.settled) / (after.settled - before.settled);
  return before.seconds + share * (after.seconds - before.seconds);
}

/** At the most so many of a list, evenly, the last among them. */
export function thinned<T>(list: readonly T[], most: number): T[] {
  const step = Math.max(1, Math.ceil(list.length / most));
  return list.filter((_, i) => (list.length - 1 - i) % step === 0);
}
