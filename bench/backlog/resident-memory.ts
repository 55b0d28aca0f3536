import type { Service } from '@event-sync/stack/services.ts';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { median, rounded } from '../statistics.ts';

/** Resident memory of a process, in MiB: by `/proc`, and by `ps` where there is none. Neither costs the process anything. */
async function residentMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const text =
    /^VmRSS:\s+([0-9]+) kB$/m.exec(status)?.[1] ??
    (await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(pid)])).stdout;
  return Number(text) / 1024;
}

export interface Memory {
  readonly median_mib: number;
  readonly peak_mib: number;
}

/** Looks at a process again and again until it has ended or `stop` is called. */
export class MemoryWatch {
  readonly #samples: number[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor({ pid, exited }: Pick<Service, 'pid' | 'exited'>, { everyMs = 250 } = {}) {
    this.#timer = setInterval(() => {
      residentMiB(pid).then(
        (mib) => this.#samples.push(mib),
        // It ends just now.
        () => {},
      );
    }, everyMs);
    void exited.then(() => clearInterval(this.#timer));
  }

  /** @returns what was seen since the beginning */
  stop(): Memory {
    clearInterval(this.#timer);
    const seen = this.#samples.filter((mib) => mib > 0);
    return { median_mib: rounded(median(seen), 1), peak_mib: rounded(Math.max(...seen), 1) };
  }
}
