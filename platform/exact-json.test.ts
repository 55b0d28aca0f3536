import { expect } from 'chai';
import { parseExactJson } from './exact-json.ts';

const parse = (text: string | Buffer) => parseExactJson(Buffer.from(text));
const valueOf = (text: string) => {
  const parsed = parse(text);
  if (!parsed.ok) throw new Error(parsed.fault);
  return parsed.value;
};
const faultOf = (text: string | Buffer) => {
  const parsed = parse(text);
  return parsed.ok ? undefined : parsed.fault;
};

describe('exact JSON', () => {
  it('reads what JSON.parse reads', () => {
    const value = { a: [1, -2.5, 1e3, 0.1, true, null, 'Pérez 💻'], '': {}, constructor: 'c' };
    expect(valueOf(JSON.stringify(value))).to.deep.equal(value);
    expect(valueOf('\ufeff{"a":1}')).to.deep.equal({ a: 1 });
  });

  const numbers: [string, unknown][] = [
    ['9007199254740991', 9007199254740991],
    ['9007199254740992', 9007199254740992n],
    ['9007199254740993', 9007199254740993n],
    ['-9223372036854775809', -9223372036854775809n],
    ['999.99', 999.99],
    ['1.10', 1.1],
    ['1.0', 1],
    ['0.000', 0],
    ['15e-1', 1.5],
    ['0.15E+1', 1.5],
    ['1e3', 1000],
    ['9999999999.99', 9999999999.99],
  ];
  for (const [literal, value] of numbers) {
    it(`reads the number ${literal} exactly`, () => expect(valueOf(literal)).to.equal(value));
  }

  for (const literal of [
    '0.1000000000000000055',
    '9007199254740993.0',
    '9999999999.990000000000001',
    '1e400',
    '-1e400',
    '1e-400',
  ]) {
    it(`refuses the number ${literal}, which a double cannot hold`, () =>
      expect(faultOf(`{"price":${literal}}`)).to.contain('"price" cannot be kept exactly'));
  }

  it('reads a text without anything special in it, which takes a shorter way, as it reads any other', () => {
    const literals = [
      ...numbers.map(([literal]) => literal),
      ...['0', '-0', '-1.5', '0.1', '123456789012345', '1234567.89012345', '0.00000000000001', '1E5', '1e-7'],
      ...['"1e400"', '"99999999999999999999"', '"x"', '""', 'true', 'false', 'null', '{"e1":[1]}'],
    ];
    for (const literal of literals) {
      // The escape sends the same literal the longer way.
      const [short, long] = [valueOf(`[${literal}, "n"]`), valueOf(`[${literal}, "\\u006e"]`)];
      expect(short, literal).to.deep.equal(long);
    }
    expect(faultOf(`["${'\\\\'.repeat(1_000)}", ${'['.repeat(40)}`)).to.contain('nested deeper');
    expect(faultOf(`["${'\\\\'.repeat(1_000)}\\", ${'['.repeat(40)}`)).to.contain('not JSON');
  });

  it('refuses a number of more digits than any of ours', () => {
    expect(faultOf(`{"id":${'9'.repeat(65)}}`)).to.equal('the number in the member "id" has too many digits');
  });

  it('refuses NUL and lone surrogates, in texts and in names', () => {
    expect(faultOf('{"a":"x\\u0000"}')).to.equal('the member "a" contains a NUL character');
    expect(faultOf('{"a":["\\ud800"]}')).to.contain('half of a surrogate pair');
    expect(faultOf('{"x\\u0000":1}')).to.contain('the name of the member "x\\u0000" contains a NUL');
    expect(faultOf('{"\\udc00":1}')).to.contain('the name of the member "\\udc00" contains half');
    expect(faultOf('{"a":"\\ud83d\\ude00"}')).to.equal(undefined);
  });

  it('refuses a member that is named __proto__, at any depth', () => {
    expect(faultOf('{"a":{"__proto__":{"admin":true}}}')).to.contain('__proto__');
    expect(faultOf('{"a":{"\\u005f_proto__":1}}')).to.contain('__proto__');
  });

  it('refuses what is nested too deep, and is not misled by brackets in texts', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    expect(faultOf(nested(32))).to.equal(undefined);
    expect(faultOf(nested(33))).to.contain('nested deeper than 32 levels');
    expect(faultOf(nested(50_000))).to.contain('nested deeper');
    expect(faultOf(JSON.stringify({ a: '\\"[[['.repeat(50) }))).to.equal(undefined);
  });

  it('refuses bytes that are not UTF-8', () => {
    expect(faultOf(Buffer.from('{"a":"\xe9"}', 'latin1'))).to.equal('it is not valid UTF-8');
    expect(faultOf(Buffer.from('{"a":"\xed\xa0\x80"}', 'latin1'))).to.equal('it is not valid UTF-8');
  });

  it('says where it stops being JSON, without quoting it', () => {
    expect(faultOf('{"password":"secret",}')).to.match(/^it is not JSON from character [0-9]+ on$/);
    for (const text of ['', ' \n', '{', '{"a"', "{'a':1}", 'nul', '{"a":1} x', 'undefined', '"abc']) {
      expect(faultOf(text), text).to.match(/^it (is|ends) /);
    }
  });

  it('lets the last of two members with one name win', () => {
    expect(valueOf('{"a":1,"a":2}')).to.deep.equal({ a: 2 });
  });
});
