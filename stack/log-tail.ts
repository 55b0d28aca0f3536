import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** The last lines of a log, for a message; an empty text when there is none. */
export function tailOf(file: string, lines = 20): string {
  return lastBytes(file, 64 * 1024)
    .trimEnd()
    .split('\n')
    .slice(-lines)
    .join('\n');
}

/** @returns what the file holds from its last `limit` bytes on, however large it is */
export function lastBytes(file: string, limit: number): string {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch {
    return '';
  }
  try {
    const { size } = fstatSync(descriptor);
    const buffer = Buffer.alloc(Math.min(size, limit));
    readSync(descriptor, buffer, 0, buffer.length, size - buffer.length);
    return buffer.toString();
  } finally {
    closeSync(descriptor);
  }
}
