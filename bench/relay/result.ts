import type { ResultHead } from '../results.ts';
import { medianRate, medianRatio, rounded } from '../statistics.ts';
import type { ContenderName } from './contenders.ts';
import type { ArrivalOrder } from './inversions.ts';
import type { Idle, Latency } from './latency.ts';

/** Messages per second of each contender in one round. */
export type Round = Record<ContenderName, number>;

/** What is written to `bench/results/`. */
export interface RelayResult extends ResultHead {
  readonly settings: Record<string, unknown>;
  /** Rows of each contender in one run. */
  readonly rows: Record<ContenderName, number>;
  readonly rounds: readonly Round[];
  /** Of our relay: of each round. */
  readonly order: readonly ArrivalOrder[];
  /** Messages per second of several relays together, by their number. */
  readonly replicas: Record<string, number>;
  readonly latency: Latency;
  readonly idle: Idle;
}

export const peers = ['graphile-worker', 'pg-boss', 'pg-transactional-outbox', 'textbook'] as const;

/** For programs: the last line with `--json`. */
export function forPrograms({ rounds, order, latency }: Pick<RelayResult, 'rounds' | 'order' | 'latency'>) {
  return {
    bench: 'relay',
    rounds: rounds.length,
    limit_per_s: rounded(medianRate(rounds, 'limit'), 0),
    ours_per_s: rounded(medianRate(rounds, 'ours'), 0),
    ratio_to_limit: rounded(medianRatio(rounds, 'ours', 'limit'), 3),
    ratio_to: Object.fromEntries(peers.map((peer) => [peer, rounded(medianRatio(rounds, 'ours', peer), 2)])),
    inversions: order.reduce((sum, { inversions }) => sum + inversions, 0),
    latency_ms: latency.commit_to_confirm_ms,
  };
}
