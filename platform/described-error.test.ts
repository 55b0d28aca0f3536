import { expect } from 'chai';
import { describeError } from './described-error.ts';

describe('An error in a log line', () => {
  it('has its type, its message and its code, and no stack', () => {
    const error = Object.assign(new TypeError('it broke'), { code: 'EPIPE', detail: 'Key (id)=(secret)' });
    expect(describeError(error)).to.deep.equal({ type: 'TypeError', message: 'it broke', code: 'EPIPE' });
  });

  it('has the calls of a defect, and not the message in them again', () => {
    const { stack } = describeError(new Error('insert into "orders" values ($1) - it broke'), {
      stack: true,
    });
    expect(stack)
      .to.match(/^ {4}at /)
      .and.not.to.contain('orders"');
  });

  for (const [message, said] of [
    ['insert into "orders" ("price" - 1) values ($1)\n returning * - lock timeout', 'lock timeout'],
    ['\n  WITH asked AS (SELECT 1)\n SELECT 2 - canceling statement', 'canceling statement'],
    [
      'ROLLBACK - Client has encountered a connection error and is not queryable',
      'Client has encountered a connection error and is not queryable',
    ],
    ["NOT_FOUND - no exchange 'a' in vhost '/'", "NOT_FOUND - no exchange 'a' in vhost '/'"],
    ['select something else', 'select something else'],
  ] as const)
    it(`says of "${message.slice(0, 30).trim()}…" no statement: ${said}`, () => {
      expect(describeError(new Error(message)).message).to.equal(said);
    });

  it('says of several addresses what each of them answered', () => {
    const error = new AggregateError(
      [new Error('connect ECONNREFUSED ::1'), new Error('connect ECONNREFUSED 127.0.0.1')],
      '',
    );
    expect(describeError(error).message).to.match(/::1.*127\.0\.0\.1/);
  });

  it('has its cause, and takes what is no error', () => {
    expect(describeError(new Error('outer', { cause: new Error('inner') })).cause?.message).to.equal('inner');
    expect(describeError('text')).to.deep.equal({ type: 'string', message: 'text' });
  });
});
