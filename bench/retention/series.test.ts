import { expect } from 'chai';
import { lastToFirstThird, rates, thinned } from './series.ts';

const series = (...looks: [seconds: number, settled: number][]) =>
  looks.map(([seconds, settled]) => ({
    seconds,
    settled,
    outbox_bytes: 0,
    outbox_dead_rows: 0,
    published_bytes: 0,
  }));

describe('rates', () => {
  it('are those from one look to the next, and there is none before the first', () => {
    expect(rates(series([0, 0], [2, 2_000], [4, 6_000])).map(({ perSecond }) => perSecond)).to.deep.equal([
      1_000, 2_000,
    ]);
  });
});

describe('lastToFirstThird', () => {
  it('is 1 when the rate stays, wherever the looks fall', () => {
    expect(lastToFirstThird(series([0, 0], [2, 2_000], [7, 7_000], [10, 10_000]))).to.be.closeTo(1, 1e-9);
  });

  it('is a half when the last third takes twice as long', () => {
    expect(lastToFirstThird(series([0, 0], [1, 1_000], [2, 2_000], [4, 3_000]))).to.be.closeTo(0.5, 1e-9);
  });

  it('goes by rows: a pause in the midst of it is no slow end', () => {
    expect(lastToFirstThird(series([0, 0], [1, 1_000], [9, 2_000], [10, 3_000]))).to.be.closeTo(1, 1e-9);
  });
});

describe('thinned', () => {
  it('takes no more than it may, evenly, and always the last', () => {
    const list = Array.from({ length: 50 }, (_, i) => i);
    expect(thinned(list, 10)).to.deep.equal([4, 9, 14, 19, 24, 29, 34, 39, 44, 49]);
    expect(thinned([1, 2, 3], 10)).to.deep.equal([1, 2, 3]);
    for (const most of [1, 3, 7]) {
      expect(thinned(list, most).length).to.be.at.most(most);
      expect(thinned(list, most).at(-1)).to.equal(49);
    }
  });
});
