import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/**
 * What the operating system says of a process. `startedAt` is opaque: together with the pid it names one process for
 * as long as the machine is up, also after the pid has been given to another.
 */
export interface ProcessFacts {
  readonly pid: number;
  readonly parent: number;
  readonly startedAt: string;
  readonly command: string;
}

// Slim containers have no `ps`; macOS has no /proc.
const procfs = existsSync('/proc/self/stat');

/** @returns undefined when there is no such process, or when it has ended and only its exit code is left (a zombie). */
export function inspectProcess(pid: number): ProcessFacts | undefined {
  return procfs ? fromProcfs(pid) : fromPs(['-p', String(pid)])[0];
}

export function allProcesses(): ProcessFacts[] {
  if (!procfs) return fromPs(['-ax']);
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => fromProcfs(Number(name)))
    .filter((facts) => facts !== undefined);
}

/** The process and everything that descends from it. Empty when it is gone. */
export function processTree(pid: number): ProcessFacts[] {
  const all = allProcesses();
  const tree = all.filter((facts) => facts.pid === pid);
  // The list grows while it is walked: children of children are appended and looked at in turn.
  for (const { pid: parent } of tree) tree.push(...all.filter((facts) => facts.parent === parent));
  return tree;
}

export function isSameProcess(known: { pid: number; startedAt: string }): boolean {
  return inspectProcess(known.pid)?.startedAt === known.startedAt;
}

function fromProcfs(pid: number): ProcessFacts | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in brackets, and may itself hold spaces and brackets: see proc_pid_stat(5).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, parent] = fields;
    const startedAt = fields[19];
    if (state === 'Z' || state === 'X' || startedAt === undefined) return undefined;
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    return { pid, parent: Number(parent), startedAt, command: command || stat.slice(stat.indexOf('(')) };
  } catch {
    return undefined;
  }
}

function fromPs(selection: string[]): ProcessFacts[] {
  try {
    const output = execFileSync('ps', [...selection, '-o', 'pid=,ppid=,stat=,lstart=,command='], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 64 * 1024 * 1024,
    });
    return output.split('\n').flatMap((line) => {
      // lstart is five words: Mon Nov 24 04:04:05 2025
      const match = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(\S+\s+\S+\s+\S+\s+\S+\s+\S+)\s+(.*)$/.exec(line);
      if (!match || match[3]?.startsWith('Z')) return [];
      const [, pid, parent, , startedAt = '', command = ''] = match;
      return [{ pid: Number(pid), parent: Number(parent), startedAt, command }];
    });
  } catch {
    return [];
  }
}
