import { expect } from 'chai';
import { medianRatio } from '../statistics.ts';
import { forPrograms, type Round } from './result.ts';

const round = (limit: number, ours: number): Round => ({
  limit,
  ours,
  'graphile-worker': ours / 2,
  'pg-boss': ours / 4,
  textbook: ours / 8,
  'pg-transactional-outbox': ours / 20,
});
const rounds = [round(1_000, 900), round(500, 400), round(2_000, 1_000.4)];

describe('medianRatio', () => {
  it('compares within each round first: a round in which all were slow counts like the others', () => {
    expect(medianRatio(rounds, 'ours', 'limit')).to.equal(0.8);
  });
});

describe('the JSON object', () => {
  it('has exactly the members that programs rely on', () => {
    const object = forPrograms({
      rounds,
      order: [
        { inversions: 1, duplicates: 0, distinct: 10 },
        { inversions: 2, duplicates: 5, distinct: 10 },
      ],
      latency: {
        orders: 10,
        orders_per_s: 200,
        commit_to_confirm_ms: { p50: 2.61, p99: 11.5 },
        commit_to_consumer_ms: { p50: 2, p99: 9 },
      },
    });
    expect(object).to.deep.equal({
      bench: 'relay',
      rounds: 3,
      limit_per_s: 1_000,
      ours_per_s: 900,
      ratio_to_limit: 0.8,
      ratio_to: { 'graphile-worker': 2, 'pg-boss': 4, 'pg-transactional-outbox': 20, textbook: 8 },
      inversions: 3,
      latency_ms: { p50: 2.61, p99: 11.5 },
    });
  });
});
