import { expect } from 'chai';
import { parseOptions } from './options.ts';

const numbers = { rows: { min: 1_000, max: 2_000_000 }, rounds: { min: 1, max: 100 } };

describe('options of a benchmark', () => {
  it('are neither quick nor JSON, and no number, unless they are given', () => {
    expect(parseOptions([], numbers)).to.deep.equal({ quick: false, json: false, numbers: {} });
    expect(parseOptions(['--quick', '--json', '--rows=20000'], numbers)).to.deep.equal({
      quick: true,
      json: true,
      numbers: { rows: 20_000 },
    });
  });

  it('ask for help before anything else is looked at', () => {
    expect(parseOptions(['--rounds', 'many', '--help'], numbers)).to.equal('help');
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
      expect(() => parseOptions(wrong, numbers)).to.throw(`${wrong[0]} must be a whole number from`);
    });
  }

  it('refuse what they do not know', () => {
    expect(() => parseOptions(['--fast'], numbers)).to.throw("Unknown option '--fast'");
    expect(() => parseOptions(['quick'], numbers)).to.throw('quick');
  });
});
