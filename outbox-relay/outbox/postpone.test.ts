import { expect } from 'chai';
import { backoff } from './postpone.ts';

describe('backoff', () => {
  it('doubles with every attempt, up to half a minute', () => {
    expect([0, 1, 2, 20].map((attempts) => backoff(attempts, () => 1))).to.deep.equal([
      250, 500, 1_000, 30_000,
    ]);
  });

  it('is spread over the upper half of its time, so that rows that failed together do not return together', () => {
    expect(backoff(3, () => 0)).to.equal(1_000);
    expect(backoff(3, () => 0.5)).to.equal(1_500);
  });
});
