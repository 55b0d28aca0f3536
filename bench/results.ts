import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine } from './machine.ts';

/** What stands at the head of every result: without it no figure can be compared with another. */
export interface ResultHead {
  /** The benchmark's name. */
  readonly bench: string;
  readonly date: string;
  readonly commit: string;
  readonly machine: Machine;
  readonly servers: 'environment' | 'docker' | 'native';
  readonly versions: Record<string, string>;
}

const folder = join(import.meta.dirname, 'results');

/** Writes `bench/results/<bench>-<date>.json`. @returns its path */
export function saveResult(result: ResultHead): string {
  return save(`${nameOf(result)}.json`, `${JSON.stringify(result, undefined, 2)}\n`);
}

/** Writes `bench/results/<bench>.svg`: the last chart, the one that documents show. @returns its path */
export function saveChart({ bench }: Pick<ResultHead, 'bench'>, svg: string): string {
  return save(`${bench}.svg`, svg);
}

/** Writes `bench/results/<bench>-<date>.log`, for whoever looks for a fault. @returns its path */
export function saveLog(head: ResultHead, text: string): string {
  return save(`${nameOf(head)}.log`, text);
}

/** With the time as `T085945`: a colon is no character for a file name everywhere. */
const nameOf = ({ bench, date }: ResultHead) => `${bench}-${date.slice(0, 19).replaceAll(':', '')}`;

function save(name: string, content: string): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}
