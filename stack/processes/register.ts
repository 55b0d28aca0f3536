import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { runFolder } from '../folders.ts';
import { endTree } from './end.ts';
import { inspectProcess, isSameProcess } from './inspect.ts';

/**
 * A process that we started, as it is written down in `.local/run/`. Whoever starts next looks here for what a crashed
 * starter left behind. A pid alone proves nothing, it may be anybody's by now: the process must have been started at
 * the same time and must have `marker` in its command line, or it is not touched.
 */
export interface StartedProcess {
  readonly name: string;
  readonly pid: number;
  readonly startedAt: string;
  readonly marker: string;
  readonly stopSignal: NodeJS.Signals;
  readonly owner: Owner;
}

/** The host's name is part of it because a checkout can be mounted into a container, which numbers pids by itself. */
export interface Owner {
  readonly host: string;
  readonly pid: number;
  readonly startedAt: string;
}

/** Our own process. */
export const self: Owner = {
  host: hostname(),
  pid: process.pid,
  startedAt: inspectProcess(process.pid)?.startedAt ?? '',
};

/** Writes the process down. Call it right after the spawn, before anything is awaited. */
export function recordProcess(
  started: Pick<StartedProcess, 'name' | 'pid' | 'marker' | 'stopSignal'>,
  folder = runFolder,
): void {
  const startedAt = inspectProcess(started.pid)?.startedAt;
  if (startedAt === undefined) return;
  writeRecord(folder, `${started.pid}.json`, { ...started, startedAt, owner: self });
}

export function forgetProcess(pid: number, folder = runFolder): void {
  rmSync(join(folder, `${pid}.json`), { force: true });
}

/** Writes down a folder that is to be deleted when its owner is gone. */
export function recordFolder(path: string, folder = runFolder): void {
  writeRecord(folder, `${folderFile(path)}`, { folder: path, owner: self });
}

export function forgetFolder(path: string, folder = runFolder): void {
  rmSync(join(folder, folderFile(path)), { force: true });
}

/**
 * Ends what starters that are gone have left running, and deletes their temporary folders. What belongs to a starter
 * that still lives is left alone.
 * @returns a name and pid for each process that was ended
 */
export async function endLeftovers(folder = runFolder): Promise<string[]> {
  const records = readRecords(folder).filter(({ record }) => isGone(record.owner));
  const ended = await Promise.all(
    records.map(async ({ record }) => {
      if (!('pid' in record)) return undefined;
      const facts = inspectProcess(record.pid);
      if (facts?.startedAt !== record.startedAt || !facts.command.includes(record.marker)) return undefined;
      await endTree(record.pid, record.stopSignal, 10_000);
      return `${record.name} (pid ${record.pid})`;
    }),
  );
  // Folders last: a server that still runs would write into them.
  for (const { record, file } of records) {
    if ('folder' in record) rmSync(record.folder, { recursive: true, force: true });
    rmSync(join(folder, file), { force: true });
  }
  return ended.filter((name) => name !== undefined);
}

/** Of a starter in another container nothing is known, so it is never held to be gone. */
export const isGone = (owner: Owner) => owner.host === self.host && !isSameProcess(owner);

type RecordedFolder = { readonly folder: string; readonly owner: Owner };

const folderFile = (path: string) => `folder-${path.replaceAll(/[^\w-]+/g, '-')}.json`;

function writeRecord(folder: string, file: string, record: StartedProcess | RecordedFolder): void {
  mkdirSync(folder, { recursive: true });
  // Written beside and renamed: another starter must not read half a file.
  writeFileSync(join(folder, `${file}.new`), `${JSON.stringify(record)}\n`);
  renameSync(join(folder, `${file}.new`), join(folder, file));
}

function readRecords(folder: string): { file: string; record: StartedProcess | RecordedFolder }[] {
  let files: string[];
  try {
    files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  } catch {
    return [];
  }
  return files.flatMap((file) => {
    try {
      const record = JSON.parse(readFileSync(join(folder, file), 'utf8')) as StartedProcess | RecordedFolder;
      return 'owner' in record ? [{ file, record }] : [];
    } catch {
      // Another starter has just removed it.
      return [];
    }
  });
}
