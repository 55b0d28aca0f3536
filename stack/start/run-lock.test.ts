import { expect } from 'chai';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { self } from '../processes/register.ts';
import { lockStart } from './run-lock.ts';

describe('One npm start at a time', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'event-sync-lock-'));
    file = join(folder, 'start.lock');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is refused a second time, naming the process that runs', () => {
    const release = lockStart(file);
    expect(() => lockStart(file)).to.throw(
      new RegExp(`already, by process ${process.pid}\\. .*kill ${process.pid}`),
    );
    release();
    expect(existsSync(file)).to.equal(false);
  });

  it('is possible after the one before was killed, or has left half a file', () => {
    writeFileSync(file, JSON.stringify({ ...self, startedAt: 'before' }));
    lockStart(file)();
    writeFileSync(file, '{"host"');
    lockStart(file)();
  });
});
