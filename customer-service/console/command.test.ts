import { WrongCommand } from '@event-sync/platform/console.ts';
import { expect } from 'chai';
import { parseCommand } from './command.ts';

const me = () => 'me';
const nobody = (): string => {
  throw new Error('A system error occurred: uv_os_get_passwd returned ENOENT');
};

describe('npm run dead-letters', () => {
  it('understands its commands', () => {
    expect(parseCommand(['list'], nobody)).to.deep.equal({ kind: 'list', limit: 50 });
    expect(parseCommand(['show', 'a'], me)).to.deep.equal({ kind: 'show', id: 'a' });
    expect(parseCommand(['replay', '--id', 'a', '--id', 'b'], me)).to.deep.equal({
      kind: 'replay',
      selection: { ids: ['a', 'b'] },
    });
    expect(parseCommand(['discard', '--reason', 'not-json'], me)).to.deep.equal({
      kind: 'discard',
      selection: { reason: 'not-json' },
      by: { who: 'me', why: undefined },
    });
    expect(parseCommand(['discard', '--all', '--who', 'you', '--why', 'a test'], me)).to.deep.equal({
      kind: 'discard',
      selection: { all: true },
      by: { who: 'you', why: 'a test' },
    });
    expect(parseCommand(['replay', '--all'], me)).to.deep.equal({
      kind: 'replay',
      selection: { all: true },
    });
    expect(parseCommand(['--help'], me)).to.deep.equal({ kind: 'help' });
  });

  for (const wrong of [
    [],
    ['forget'],
    ['list', 'all'],
    ['list', '--limit', '0'],
    ['show'],
    ['show', 'a', 'b'],
    ['replay'],
    ['replay', 'a'],
    ['discard', '--all', '--id', 'a'],
    ['replay', '--all', '--why', 'a test'],
    ['list', '--loud'],
  ]) {
    it(`refuses: ${wrong.join(' ')}`, () => expect(() => parseCommand(wrong, me)).to.throw(WrongCommand));
  }
});
