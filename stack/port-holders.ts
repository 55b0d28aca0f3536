import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { inspectProcess } from './processes/inspect.ts';

/**
 * Which processes listen on the port, as far as this user may see: `redis-server 127.0.0.1:6379 (pid 812)`. Empty when
 * that cannot be told, as for a process of another user or in another container.
 */
export function portHolders(port: number): string[] {
  const pids = pidsFromProcfs(port) ?? pidsFromLsof(port);
  return pids.map((pid) => `${shorten(inspectProcess(pid)?.command ?? 'a process')} (pid ${pid})`);
}

function shorten(command: string): string {
  return command.length > 100 ? `${command.slice(0, 99)}…` : command;
}

/** Linux: the socket's inode from /proc/net, then whoever has that socket open. */
function pidsFromProcfs(port: number): number[] | undefined {
  let lines: string[];
  try {
    lines = ['tcp', 'tcp6'].flatMap((table) =>
      readFileSync(`/proc/net/${table}`, 'utf8').split('\n').slice(1),
    );
  } catch {
    return undefined;
  }
  const inodes = listeningInodes(lines, port);
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readdirSync(`/proc/${pid}/fd`).some((fd) => {
          const target = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`));
          return target !== null && inodes.has(target[1] ?? '');
        });
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** @param lines of /proc/net/tcp and /proc/net/tcp6, without their headings: see proc_net(5) */
export function listeningInodes(lines: readonly string[], port: number): Set<string> {
  const hexadecimal = port.toString(16).toUpperCase().padStart(4, '0');
  const listening = '0A';
  return new Set(
    lines
      .map((line) => line.trim().split(/\s+/))
      .filter(([, local, , state]) => state === listening && local?.endsWith(`:${hexadecimal}`))
      .map((fields) => fields[9] ?? ''),
  );
}

function pidsFromLsof(port: number): number[] {
  try {
    const output = execFileSync('lsof', ['-nP', '-t', `-iTCP:${port}`, '-sTCP:LISTEN'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return output.split('\n').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}
