import { execFileSync } from 'node:child_process';
import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { checkoutId, localFolder } from '../folders.ts';

export interface ServerUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/**
 * The user that the servers run as when we are root: PostgreSQL refuses to run as root, and the others need not.
 * @returns undefined when we are not root: the servers then run as we do
 */
export function serverUser(): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', 'nobody']) {
    try {
      const id = (flag: string) =>
        Number(execFileSync('id', [flag, name], { stdio: ['ignore', 'pipe', 'ignore'] }));
      return { name, uid: id('-u'), gid: id('-g') };
    } catch {
      // No such user: the next one.
    }
  }
  throw new Error(
    'PostgreSQL does not run as root, and this machine has neither a user `postgres` nor `nobody` to run it as.' +
      ' Run this as another user than root.',
  );
}

/**
 * The folder that the servers' data go into: `.local/` in the checkout, unless the servers' user cannot get there (a
 * checkout under /root) or its path would break RabbitMQ's shell scripts. Then it is a folder in /var/tmp.
 */
export function serversFolder(user: ServerUser | undefined): string {
  if (isReachable(localFolder, user) && /^[\w./+-]+$/.test(localFolder)) return localFolder;
  const outside = join('/var/tmp', `event-sync-${checkoutId}`);
  mkdirSync(outside, { recursive: true, mode: 0o755 });
  // Anybody can make folders in /var/tmp: one that is not ours must not be written into.
  const facts = lstatSync(outside);
  if (!facts.isDirectory() || facts.uid !== process.getuid?.()) {
    throw new Error(
      `${outside} belongs to somebody else: remove it, or move this checkout to where ${user?.name ?? 'you'} can read it.`,
    );
  }
  // Deleting .local/ means to begin anew, so the data that it cannot hold go with the note that it holds instead.
  const note = join(localFolder, 'data-folder');
  if (!existsSync(note)) rmSync(join(outside, 'data'), { recursive: true, force: true });
  mkdirSync(localFolder, { recursive: true });
  writeFileSync(note, `${join(outside, 'data')}\n`);
  return outside;
}

/** Whether the user may enter the folder, by the mode bits of every folder above it. */
export function isReachable(folder: string, user: ServerUser | undefined): boolean {
  if (user === undefined) return true;
  for (let path = folder; ; path = dirname(path)) {
    const facts = statSync(path, { throwIfNoEntry: false });
    // What does not exist yet will be made by us.
    if (facts !== undefined) {
      const enter = facts.uid === user.uid ? 0o100 : facts.gid === user.gid ? 0o010 : 0o001;
      if ((facts.mode & enter) === 0) return false;
    }
    if (path === dirname(path)) return true;
  }
}

/** Where temporary folders go that the user must get into: not all that are named as TMPDIR can be entered by others. */
export function temporaryFolderFor(user: ServerUser | undefined): string {
  const usual = realpathSync(tmpdir());
  return (
    [usual, '/var/tmp', '/tmp'].find((folder) => existsSync(folder) && isReachable(folder, user)) ?? usual
  );
}

/** Makes a folder that only the servers' user can read. */
export function makePrivateFolder(path: string, user: ServerUser | undefined): void {
  mkdirSync(dirname(path), { recursive: true });
  mkdirSync(path, { recursive: true, mode: 0o700 });
  if (user) chownSync(path, user.uid, user.gid);
}
