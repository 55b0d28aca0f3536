import { expect } from 'chai';
import { rateRatio, schedule, type Size } from './schedule.ts';

describe('the schedule of the backlog benchmark', () => {
  it('has three small backlogs at least, and each large one between two of them', () => {
    expect(schedule(1)).to.deep.equal(['small', 'small', 'large', 'small']);
    expect(schedule(2)).to.deep.equal(['small', 'large', 'small', 'large', 'small']);
    expect(schedule(3).filter((size) => size === 'small')).to.have.length(4);
  });
});

describe('rateRatio', () => {
  const run = (size: Size, rate: number) => ({ size, rate });

  it('compares a large backlog with the small ones beside it and with no other', () => {
    const runs = [run('small', 1), run('small', 800), run('large', 900), run('small', 1_000)];
    expect(rateRatio(runs)).to.equal(1);
  });

  it('is the median of several', () => {
    const large = [500, 1_000, 950].flatMap((rate) => [run('large', rate), run('small', 1_000)]);
    expect(rateRatio([run('small', 1_000), ...large])).to.equal(0.95);
  });
});
