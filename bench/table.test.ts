import { expect } from 'chai';
import { table } from './table.ts';

describe('table', () => {
  it('puts names to the left and figures to the right', () => {
    expect(
      table([
        ['', 'rate'],
        ['a long name', '5'],
        ['b', '12,000'],
      ]),
    ).to.equal(['                rate', 'a long name        5', 'b             12,000'].join('\n'));
  });
});
