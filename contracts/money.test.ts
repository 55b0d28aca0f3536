import { expect } from 'chai';
import { decimalString, hundredths } from './money.ts';

describe('money', () => {
  const amounts: [string, bigint, string][] = [
    ['0', 0n, '0.00'],
    ['0.01', 1n, '0.01'],
    ['0.1', 10n, '0.10'],
    ['1', 100n, '1.00'],
    ['999.99', 99999n, '999.99'],
    ['1.500', 150n, '1.50'],
    ['-0.05', -5n, '-0.05'],
    ['-12.34', -1234n, '-12.34'],
    ['9999999999.99', 999999999999n, '9999999999.99'],
    ['21474836469978525163.53', 2147483646997852516353n, '21474836469978525163.53'],
  ];
  for (const [text, value, canonical] of amounts) {
    it(`reads ${text} as ${value} hundredths and writes them as ${canonical}`, () => {
      expect(hundredths(text)).to.equal(value);
      expect(decimalString(value)).to.equal(canonical);
    });
  }

  for (const text of [
    '1.234',
    '0.001',
    '1.',
    '.5',
    '',
    '-',
    '1e3',
    '+1',
    ' 1',
    '1,5',
    '0x10',
    'NaN',
    '1.5\n',
  ]) {
    it(`does not read ${JSON.stringify(text)}`, () => expect(hundredths(text)).to.equal(undefined));
  }
});
