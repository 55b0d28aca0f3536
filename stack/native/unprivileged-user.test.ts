import { expect } from 'chai';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isReachable } from './unprivileged-user.ts';

describe('The user that servers run as when we are root', () => {
  const nobody = { name: 'nobody', uid: 65_534, gid: 65_534 };
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'event-sync-reach-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('reaches a folder only when it may enter all that are above it', () => {
    chmodSync(folder, 0o711);
    expect(isReachable(join(folder, 'not', 'made', 'yet'), nobody)).to.equal(true);
    chmodSync(folder, 0o700);
    expect(isReachable(join(folder, 'not', 'made', 'yet'), nobody)).to.equal(false);
  });

  it('is ourselves when we are not root, and reaches what we reach', () => {
    chmodSync(folder, 0o700);
    expect(isReachable(folder, undefined)).to.equal(true);
  });
});
