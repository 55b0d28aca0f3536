import { expect } from 'chai';
import { parseOptions } from './options.ts';

describe('options of the relay benchmark', () => {
  it('are five rounds by default, and three when it has to be quick', () => {
    expect(parseOptions([])).to.deep.equal({ quick: false, json: false, rounds: 5, rows: undefined });
    expect(parseOptions(['--quick', '--json'])).to.include({ quick: true, json: true, rounds: 3 });
  });

  it('let rounds and rows be chosen, also with --quick', () => {
    expect(parseOptions(['--quick', '--rounds', '7', '--rows=20000'])).to.include({
      rounds: 7,
      rows: 20_000,
    });
  });

  it('ask for help before anything else is looked at', () => {
    expect(parseOptions(['--rounds', 'many', '--help'])).to.equal('help');
  });

  for (const wrong of [
    ['--rounds', '0'],
    ['--rounds', '1.5'],
    ['--rounds', 'many'],
    ['--rounds', ''],
    ['--rows', '999'],
    ['--rows', '1e6'],
  ]) {
    it(`refuse ${wrong.join(' ')}, and say what is allowed`, () => {
      expect(() => parseOptions(wrong)).to.throw(`${wrong[0]} must be a whole number from`);
    });
  }

  it('refuse what they do not know', () => {
    expect(() => parseOptions(['--fast'])).to.throw("Unknown option '--fast'");
    expect(() => parseOptions(['quick'])).to.throw('quick');
  });
});
