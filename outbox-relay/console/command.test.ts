import { WrongCommand } from '@event-sync/platform/console.ts';
import { expect } from 'chai';
import { parseCommand } from './command.ts';

const id = '01936f3e-7c1a-7c60-8a66-000000000001';

const me = () => 'me';
const nobody = (): string => {
  throw new Error('A system error occurred: uv_os_get_passwd returned ENOENT');
};

describe('npm run outbox', () => {
  it('understands its commands', () => {
    expect(parseCommand(['list'], nobody)).to.deep.equal({ kind: 'list', limit: 50, after: undefined });
    expect(parseCommand(['show', id], me)).to.deep.equal({ kind: 'show', id });
    expect(parseCommand(['replay', '--id', id, '--id', id, '--why', 'x'], me)).to.deep.equal({
      kind: 'replay',
      selection: { ids: [id, id] },
      operator: { who: 'me', why: 'x' },
    });
    expect(parseCommand(['discard', '--parked', '--why', 'x', '--who', 'you'], me)).to.deep.equal({
      kind: 'discard',
      selection: { parked: 'all' },
      operator: { who: 'you', why: 'x' },
    });
  });

  for (const wrong of [
    [],
    ['forget'],
    ['list', 'all'],
    ['list', '--limit', '0'],
    ['list', '--after', 'abc'],
    ['show'],
    ['show', '1'],
    ['replay', '--why', 'x'],
    ['replay', '--id', id],
    ['replay', '--id', id, '--why', ' '],
    ['replay', '--id', id, '--parked', '--why', 'x'],
    ['replay', '--from', '2026-01-01T00:00:00Z', '--why', 'x'],
    ['replay', '--from', 'yesterday', '--to', 'today', '--why', 'x'],
    ['replay', '--from', '0000-01-01T00:00:00Z', '--to', '2026-01-02T00:00:00Z', '--why', 'x'],
    ['replay', '--from', '2026-01-01T00:00:00+20:00', '--to', '2026-01-02T00:00:00Z', '--why', 'x'],
    ['replay', '--from', '2026-01-01T00:00:00Z', '--to', '9999-12-31T23:59:59-01:00', '--why', 'x'],
    ['discard', '--why', 'x'],
    ['discard', '--from', '2026-01-01T00:00:00Z', '--to', '2026-01-02T00:00:00Z', '--why', 'x'],
    ['replay', '--everything'],
  ]) {
    it(`refuses "${wrong.join(' ')}"`, () => {
      expect(() => parseCommand(wrong, me)).to.throw(WrongCommand);
    });
  }
});
