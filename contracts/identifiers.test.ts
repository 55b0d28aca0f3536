import { expect } from 'chai';
import { identifier, jsonIdentifier } from './identifiers.ts';

describe('an identifier', () => {
  const good: [unknown, string][] = [
    [1, '1'],
    ['1', '1'],
    ['007', '7'],
    [Number.MAX_SAFE_INTEGER, '9007199254740991'],
    [9007199254740993n, '9007199254740993'],
    ['9007199254740993', '9007199254740993'],
    [9223372036854775807n, '9223372036854775807'],
    ['9223372036854775807', '9223372036854775807'],
  ];
  for (const [value, id] of good) {
    it(`is ${id} for the ${typeof value} ${String(value)}`, () =>
      expect(identifier.parse(value)).to.equal(id));
  }

  const bad = [
    0,
    -1,
    -0,
    1.5,
    NaN,
    Infinity,
    2 ** 53,
    1e21,
    0n,
    -1n,
    2n ** 63n,
    '',
    '0',
    '-1',
    '+1',
    '1.0',
    ' 1',
    '1e3',
    '0x1',
    '١',
    '9223372036854775808',
    '1'.repeat(20),
    null,
    true,
    [],
    {},
  ];
  for (const value of bad) {
    it(`is refused for the ${typeof value} ${JSON.stringify(value, (_, v: unknown) => (typeof v === 'bigint' ? `${v}n` : v))}`, () => {
      expect(identifier.safeParse(value).error?.issues[0]?.message).to.equal(
        'must be a whole number from 1 to 9223372036854775807',
      );
    });
  }

  it('keeps every digit as a JSON number', () => {
    expect(JSON.stringify({ id: jsonIdentifier('1') })).to.equal('{"id":1}');
    expect(JSON.stringify({ id: jsonIdentifier('9223372036854775807') })).to.equal(
      '{"id":9223372036854775807}',
    );
  });
});
