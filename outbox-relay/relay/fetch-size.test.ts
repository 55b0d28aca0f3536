import { expect } from 'chai';
import { FetchSize } from './fetch-size.ts';

const rows = (count: number, bytes: number) =>
  Array.from({ length: count }, () => ({ body: 'x'.repeat(bytes) }));

describe('the size of a fetch', () => {
  it('grows to the batch while the rows are small', () => {
    const size = new FetchSize({ rows: 1_000, bytes: 8_000_000 });
    const asked: number[] = [];
    for (let i = 0; i < 5; i++) {
      asked.push(size.rows);
      size.fetched(rows(size.rows, 400));
    }
    expect(asked).to.deep.equal([16, 64, 256, 1_000, 1_000]);
  });

  it('goes by the size of the rows when they are large, and is never nothing', () => {
    const size = new FetchSize({ rows: 1_000, bytes: 1_000_000 });
    size.fetched(rows(16, 100_000));
    expect(size.rows).to.equal(10);
    size.fetched(rows(10, 5_000_000));
    expect(size.rows).to.equal(1);
    size.fetched(rows(1, 0));
    expect(size.rows).to.equal(4);
  });

  it('is never more than the batch', () => {
    expect(new FetchSize({ rows: 5, bytes: 1_000 }).rows).to.equal(5);
  });
});
