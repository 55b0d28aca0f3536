import { expect } from 'chai';
import { faultPlan } from './faults.ts';
import { forPrograms, passed } from './result.ts';
import type { OrderRun } from './run.ts';

const run: OrderRun = {
  keys: 10,
  messages: 2_000,
  seconds: 1,
  inversions: 0,
  duplicates: 7,
  lost: 0,
  inverted: [],
  faults: faultPlan.map((fault, number) => ({
    fault,
    occurred: true,
    arrived: 0,
    waiting: 0,
    ...(fault === 'kill' ? { longest_wait_ms: 100 * number } : {}),
  })),
};

describe('the result of the order benchmark', () => {
  it('is passed with duplicates: a consumer drops them', () => {
    expect(passed([run, run])).to.equal(true);
  });

  it('is not passed when an event came too late or never, or a fault did not happen', () => {
    const [first, ...others] = run.faults;
    expect(passed([run, { ...run, inversions: 1 }])).to.equal(false);
    expect(passed([run, { ...run, lost: 1 }])).to.equal(false);
    expect(passed([run, { ...run, faults: [{ ...first!, occurred: false }, ...others] }])).to.equal(false);
    expect(passed([run, { ...run, faults: others }])).to.equal(false);
  });

  it('has exactly the members that programs rely on', () => {
    const figures = { messages: 2_000, inversions: 0, lost: 0, duplicates: 7 };
    const one = { keys: 10, ...figures, cuts: 10, kills: 5, take_over_ms: 1_300 };
    expect(forPrograms([run, run])).to.deep.equal({
      bench: 'order',
      messages: 4_000,
      inversions: 0,
      lost: 0,
      duplicates: 14,
      passed: true,
      runs: [one, one],
    });
  });
});
