import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The folders of PATH, and those where servers are put that a user's PATH often lacks. */
export function foldersInPath(): string[] {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  return [
    ...new Set([
      ...folders,
      '/usr/local/sbin',
      '/usr/sbin',
      '/usr/local/bin',
      '/opt/homebrew/bin',
      '/usr/bin',
    ]),
  ];
}

export function findProgram(...names: readonly string[]): string | undefined {
  return names.flatMap((name) => foldersInPath().map((folder) => join(folder, name))).find(isProgram);
}

export function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
