import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { localFolder } from '../folders.ts';
import { isGone, self, type Owner } from '../processes/register.ts';

/**
 * One `npm start` in a checkout at a time: they would share data folders.
 * @returns what releases it
 * @throws {Error} that says which process holds it
 */
export function lockStart(file = join(localFolder, 'start.lock')): () => void {
  mkdirSync(dirname(file), { recursive: true });
  for (;;) {
    try {
      writeFileSync(file, JSON.stringify(self), { flag: 'wx' });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = readHolder(file);
    if (holder && !isGone(holder)) {
      const where = holder.host === self.host ? '' : ` on ${holder.host}`;
      throw new Error(
        `Event Sync has been started from this checkout already, by process ${holder.pid}${where}. Use that one,` +
          ` or stop it first: Ctrl-C where it runs, or \`kill ${holder.pid}\`. (${file})`,
      );
    }
    // Its holder was killed, or has just released it.
    rmSync(file, { force: true });
  }
}

function readHolder(file: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Owner;
  } catch {
    return undefined;
  }
}
