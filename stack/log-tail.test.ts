import { expect } from 'chai';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lastBytes, tailOf } from './log-tail.ts';

describe('The end of a log', () => {
  const folder = mkdtempSync(join(tmpdir(), 'event-sync-tail-'));
  const file = join(folder, 'log');
  after(() => rmSync(folder, { recursive: true }));

  it('is its last lines, however long it is', () => {
    writeFileSync(
      file,
      `${'x'.repeat(200_000)}\n${Array.from({ length: 30 }, (_, line) => `line ${line}`).join('\n')}\n`,
    );
    expect(tailOf(file, 2)).to.equal('line 28\nline 29');
    expect(lastBytes(file, 8)).to.equal('line 29\n');
  });

  it('is empty when there is none', () => {
    expect(tailOf(join(folder, 'missing'))).to.equal('');
  });
});
