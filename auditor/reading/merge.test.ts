import { expect } from 'chai';
import { byNumber, byText, merge } from './merge.ts';

async function* stream<T>(...values: T[]): AsyncGenerator<T> {
  yield* values;
}

describe('The merge of two ordered streams', () => {
  const merged = async (left: string[], right: string[]) => {
    const found: unknown[] = [];
    for await (const pair of merge(stream(...left), stream(...right), byText)) found.push(pair);
    return found;
  };

  it('tells what stands on one side only, wherever it stands', async () => {
    expect(await merged(['a', 'b', 'd'], ['b', 'c'])).to.deep.equal([
      ['a', undefined],
      ['b', 'b'],
      [undefined, 'c'],
      ['d', undefined],
    ]);
    expect(await merged([], ['a', 'b'])).to.deep.equal([
      [undefined, 'a'],
      [undefined, 'b'],
    ]);
    expect(await merged(['a', 'b'], [])).to.deep.equal([
      ['a', undefined],
      ['b', undefined],
    ]);
    expect(await merged([], [])).to.deep.equal([]);
  });

  it('orders numbers as numbers, also those that JavaScript cannot hold', () => {
    const ids = ['10', '9', '9223372036854775807', '9223372036854775806', '1'];
    expect(ids.sort(byNumber)).to.deep.equal(['1', '9', '10', '9223372036854775806', '9223372036854775807']);
  });
});
