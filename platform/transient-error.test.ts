import { expect } from 'chai';
import { isTransient } from './transient-error.ts';

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
