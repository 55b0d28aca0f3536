import { expect } from 'chai';
import { arrivalOrder } from './inversions.ts';

const arrivals = (...pairs: [key: number, sequence: number][]) =>
  pairs.map(([key, sequence]) => ({ key, sequence }));

describe('arrivalOrder', () => {
  it('counts nothing when every key comes in order, however the keys are mixed', () => {
    expect(arrivalOrder(arrivals([1, 0], [2, 0], [2, 1], [1, 1], [2, 2]))).to.deep.equal({
      inversions: 0,
      duplicates: 0,
      distinct: 5,
    });
  });

  it('counts every event that comes after a later one of its key', () => {
    expect(arrivalOrder(arrivals([1, 2], [1, 0], [1, 1], [1, 3])).inversions).to.equal(2);
  });

  it('does not take a second arrival for an inversion: a consumer drops it', () => {
    expect(arrivalOrder(arrivals([1, 0], [1, 1], [1, 0], [1, 1], [1, 2]))).to.deep.equal({
      inversions: 0,
      duplicates: 2,
      distinct: 3,
    });
  });

  it('is all zero for an empty queue', () => {
    expect(arrivalOrder([])).to.deep.equal({ inversions: 0, duplicates: 0, distinct: 0 });
  });
});
