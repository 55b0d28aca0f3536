import { expect } from 'chai';
import { chmodSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isReachable, temporaryFolderFor } from './unprivileged-user.ts';

describe('The user that servers run as when we are root', () => {
  // Whoever we are, it is somebody else.
  const other = { name: 'other', uid: process.getuid!() + 1, gid: process.getgid!() + 1 };
  let folder: string;
  const before = process.env.TMPDIR;
  beforeEach(() => (folder = mkdtempSync(join(temporaryFolderFor(other), 'event-sync-reach-'))));
  afterEach(() => {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
    rmSync(folder, { recursive: true, force: true });
  });

  it('reaches a folder only when it may enter all that are above it', () => {
    chmodSync(folder, 0o711);
    expect(isReachable(join(folder, 'not', 'made', 'yet'), other)).to.equal(true);
    chmodSync(folder, 0o700);
    expect(isReachable(join(folder, 'not', 'made', 'yet'), other)).to.equal(false);
  });

  it('has its temporary folders elsewhere when ours cannot be entered by others', () => {
    chmodSync(folder, 0o700);
    process.env.TMPDIR = folder;
    expect(temporaryFolderFor(undefined)).to.equal(realpathSync(folder));
    expect(isReachable(temporaryFolderFor(other), other)).to.equal(true);
  });

  it('is ourselves when we are not root, and reaches what we reach', () => {
    chmodSync(folder, 0o700);
    expect(isReachable(folder, undefined)).to.equal(true);
  });
});
