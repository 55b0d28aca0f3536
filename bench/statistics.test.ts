import { expect } from 'chai';
import { median, percentile, rounded } from './statistics.ts';

describe('median', () => {
  it('is the middle one of an odd number of values, in whatever order they come', () => {
    expect(median([9, 1, 5])).to.equal(5);
  });

  it('lies between the two in the middle of an even number', () => {
    expect(median([4, 1, 3, 2])).to.equal(2.5);
  });

  it('leaves the values in their order', () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).to.deep.equal([3, 1, 2]);
  });
});

describe('percentile', () => {
  const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);

  it('is the smallest value that the share of all does not exceed', () => {
    expect(percentile(hundred, 0.5)).to.equal(50);
    expect(percentile(hundred, 0.99)).to.equal(99);
    expect(percentile(hundred, 1)).to.equal(100);
  });

  it('of one value is that value', () => {
    expect(percentile([7], 0.01)).to.equal(7);
    expect(percentile([7], 0.99)).to.equal(7);
  });
});

describe('rounded', () => {
  it('keeps as many digits as it is told', () => {
    expect(rounded(0.76543, 3)).to.equal(0.765);
    expect(rounded(12345.6, 0)).to.equal(12346);
  });
});
