import { expect } from 'chai';
import { endToEndRatio, forPrograms, type Round } from './result.ts';

const round = (limit: number, ours: number) =>
  ({
    limit,
    ours,
    textbook: ours / 10,
    'ours-hot': ours * 1.1,
    'textbook-hot': ours / 20,
    'ours-twice': ours,
  }) as Round;

describe('the result of the consumer benchmark', () => {
  it('has exactly the members that programs rely on', () => {
    const rounds = [round(1_000, 900), round(500, 400), round(2_000, 1_000.4)];
    expect(forPrograms({ rounds })).to.deep.equal({
      bench: 'consumer',
      rounds: 3,
      limit_per_s: 1_000,
      ours_per_s: 900,
      ratio_to_limit: 0.8,
      ratio_to: { textbook: 10 },
      hot: { ratio_to_limit: 0.88, ratio_to: { textbook: 22 } },
    });
  });

  it('compares both at once with the slower of the two', () => {
    expect(endToEndRatio([{ relay: 300, worker: 220, both: 200 }])).to.be.closeTo(1.1, 1e-9);
  });
});
