import { expect } from 'chai';
import { parseRelayOptions } from './options.ts';

describe('options of the relay benchmark', () => {
  it('are five rounds by default, and three when it has to be quick', () => {
    expect(parseRelayOptions([])).to.deep.equal({ quick: false, json: false, rounds: 5, rows: undefined });
    expect(parseRelayOptions(['--quick', '--json'])).to.include({ quick: true, json: true, rounds: 3 });
  });

  it('let rounds and rows be chosen, also with --quick', () => {
    expect(parseRelayOptions(['--quick', '--rounds', '7', '--rows=20000'])).to.include({
      rounds: 7,
      rows: 20_000,
    });
  });
});
