import { WrongCommand } from '@event-sync/platform/console.ts';
import { expect } from 'chai';
import { kindNames, kinds } from '../findings.ts';
import { parseCommand, usage } from './command.ts';

describe('The command line of the audit', () => {
  it('reads only, and of a system at rest, unless told otherwise', () => {
    expect(parseCommand([])).to.deep.equal({
      kind: 'audit',
      horizonSeconds: 0,
      repair: false,
      json: false,
      limit: undefined,
    });
    expect(parseCommand(['--horizon', '60', '--repair', '--json', '--limit', '5'])).to.deep.equal({
      kind: 'audit',
      horizonSeconds: 60,
      repair: true,
      json: true,
      limit: 5,
    });
  });

  it('refuses what it does not understand, with a sentence', () => {
    for (const parameters of [
      ['--horizon', '-1'],
      ['--horizon', 'soon'],
      ['--horizon', '1.5'],
      ['--limit', '0'],
      ['--fix'],
      ['repair'],
      ['--watch', '--repair'],
      ['--watch', '--horizon', '5'],
    ])
      expect(() => parseCommand(parameters), parameters.join(' ')).to.throw(WrongCommand);
  });

  it('explains every kind of difference', () => {
    expect(parseCommand(['--help'])).to.deep.equal({ kind: 'help' });
    for (const kind of kindNames) expect(usage).to.contain(kind).and.to.contain(kinds[kind]);
  });
});
