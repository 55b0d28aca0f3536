import { WrongCommand } from '@event-sync/platform/console.ts';
import { expect } from 'chai';
import { parseCommand } from './command.ts';

describe('npm run dead-letters', () => {
  it('understands its commands', () => {
    expect(parseCommand(['list'])).to.deep.equal({ kind: 'list', limit: 50 });
    expect(parseCommand(['show', 'a'])).to.deep.equal({ kind: 'show', id: 'a' });
    expect(parseCommand(['replay', '--id', 'a', '--id', 'b'])).to.deep.equal({
      kind: 'replay',
      selection: { ids: ['a', 'b'] },
    });
    expect(parseCommand(['discard', '--reason', 'not-json'])).to.deep.equal({
      kind: 'discard',
      selection: { reason: 'not-json' },
    });
    expect(parseCommand(['replay', '--all'])).to.deep.equal({ kind: 'replay', selection: { all: true } });
    expect(parseCommand(['--help'])).to.deep.equal({ kind: 'help' });
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
    ['list', '--loud'],
  ]) {
    it(`refuses: ${wrong.join(' ')}`, () => expect(() => parseCommand(wrong)).to.throw(WrongCommand));
  }
});
