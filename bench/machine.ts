import { checkout } from '@event-sync/stack/folders.ts';
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { existsSync, readFileSync } from 'node:fs';

/** What figures depend on, and what makes them comparable with others. */
export interface Machine {
  readonly cpus: number;
  readonly model: string;
  readonly memory_gib: number;
  readonly system: string;
  /** Of the last minute, before we began: others on this machine make figures worse. */
  readonly load_before: number;
}

export function describeMachine(): Machine {
  return {
    cpus: cpus().length,
    model: cpus()[0]?.model.trim() ?? 'unknown',
    memory_gib: Number((totalmem() / 1024 ** 3).toFixed(1)),
    system: `${platform()} ${arch()} ${release()}`,
    load_before: Number(loadavg()[0]!.toFixed(2)),
  };
}

/** @returns the commit that is measured, with `-dirty` behind it if the tree differs from it. */
export function describeCommit(): string {
  const git = (...parameters: string[]) =>
    execFileSync('git', parameters, {
      cwd: checkout,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  try {
    return git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain') === '' ? '' : '-dirty');
  } catch {
    return 'unknown';
  }
}

/** @returns the installed version of each package. */
export function packageVersions(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, versionOf(name)]));
}

/** Not by importing `name/package.json`: many packages do not export it. */
function versionOf(name: string): string {
  let folder = dirname(createRequire(import.meta.url).resolve(name));
  for (; folder !== dirname(folder); folder = dirname(folder)) {
    const file = join(folder, 'package.json');
    if (!existsSync(file)) continue;
    const found = JSON.parse(readFileSync(file, 'utf8')) as { name?: string; version?: string };
    if (found.name === name && found.version !== undefined) return found.version;
  }
  return 'unknown';
}
