import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { getContainerRuntimeClient } from 'testcontainers';
import type { ServerName } from '../control.ts';
import { checkoutId, localFolder } from '../folders.ts';

const folder = join(localFolder, 'docker');

/**
 * The volume in which a server's data stay from one start to the next. One whose server has never come up, because its
 * first start was broken off, is deleted first: the images take a half initialised database for a whole one. Of which
 * ones came up there is a note in `.local/`, so that deleting `.local/` begins anew here too.
 *
 * @returns undefined for Redis, which keeps nothing: why, see Servers.control
 */
export async function keptVolume(name: ServerName): Promise<string | undefined> {
  if (name === 'redis') return undefined;
  const volume = `event-sync-${checkoutId}-${kebab(name)}`;
  if (existsSync(note(volume))) return volume;
  const { dockerode } = (await getContainerRuntimeClient()).container;
  try {
    await dockerode.getVolume(volume).remove();
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode !== 404) throw error;
  }
  return volume;
}

export function noteThatItCameUp(volume: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(note(volume), `${new Date().toISOString()}\n`);
}

const note = (volume: string) => join(folder, volume);
const kebab = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
