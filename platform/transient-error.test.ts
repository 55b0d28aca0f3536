import { expect } from 'chai';
import { isTooSlow, isTransient, needsMending } from './transient-error.ts';

const withCode = (code: string, message = 'x') => Object.assign(new Error(message), { code });

describe('isTransient', () => {
  const cases: [string, unknown, boolean][] = [
    ['a serialization failure', withCode('40001'), true],
    ['a deadlock', withCode('40P01'), true],
    ['a lock timeout', withCode('55P03'), true],
    ['a statement timeout', withCode('57014'), true],
    ['a server that shuts down', withCode('57P01'), true],
    ['a server that starts up', withCode('57P03'), true],
    ['a broken connection', withCode('08006'), true],
    ['too many connections', withCode('53300'), true],
    ['a full disk', withCode('53100'), true],
    ['a refused connection', withCode('ECONNREFUSED'), true],
    ['a reset connection', withCode('ECONNRESET'), true],
    ['a socket file that is not there', Object.assign(withCode('ENOENT'), { syscall: 'connect' }), true],
    ['both addresses of a name refused', new AggregateError([withCode('ECONNREFUSED')]), true],
    ['a connection that ended without a code', new Error('Connection terminated unexpectedly'), true],
    [
      'the rollback that failed in its place',
      new Error('ROLLBACK - Client has encountered a connection error and is not queryable'),
      true,
    ],
    ['an exhausted pool', Object.assign(new Error('x'), { name: 'KnexTimeoutError' }), true],
    ['a unique violation', withCode('23505'), false],
    ['a check violation', withCode('23514'), false],
    ['a number out of range', withCode('22003'), false],
    ['an undefined table', withCode('42P01'), false],
    ['a refused permission', withCode('42501'), false],
    ['a wrong password', withCode('28P01'), false],
    ['a programming error', new TypeError('x is not a function'), false],
    ['something that is no error', 'ECONNRESET', false],
  ];
  for (const [name, error, expected] of cases) {
    it(`says that ${name} is ${expected ? '' : 'not '}worth another try`, () => {
      expect(isTransient(error)).to.equal(expected);
    });
  }
});

describe('needsMending', () => {
  for (const [what, code] of [
    ['a wrong password', '28P01'],
    ['a refused permission', '42501'],
    ['a table that is not there', '42P01'],
    ['a database that is not there', '3D000'],
    ['a broken index', 'XX002'],
  ] as const)
    it(`says so of ${what}`, () => expect(needsMending(withCode(code))).to.equal(true));

  for (const [what, error] of [
    ['a number out of range', withCode('22003')],
    ['a violated constraint', withCode('23514')],
    ['a row that a trigger refuses', withCode('P0001')],
    ['a row that a trigger refuses by a code of its own', withCode('45000')],
    ['what passes by itself', withCode('40P01')],
    ['a broken pipe', withCode('EPIPE')],
    ['a programming error', new TypeError('x is not a function')],
    ['something that is no error', undefined],
  ] as const)
    it(`does not say so of ${what}`, () => expect(needsMending(error)).to.equal(false));
});

describe('isTooSlow', () => {
  for (const [what, error, expected] of [
    ['a statement timeout', withCode('57014'), true],
    ['an answer that does not come', new Error('Query read timeout'), true],
    ["a wait for somebody else's lock", withCode('55P03'), false],
    ['a deadlock', withCode('40P01'), false],
  ] as const)
    it(`says that ${what} is ${expected ? '' : 'not '}made shorter by less work`, () =>
      expect(isTooSlow(error)).to.equal(expected));
});
