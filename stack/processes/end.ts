import { waitUntil } from '../wait-until.ts';
import { isSameProcess, processTree, type ProcessFacts } from './inspect.ts';

/** Sends the signal to each of these processes that is still the same one. */
export function signalAll(processes: readonly ProcessFacts[], signal: NodeJS.Signals): void {
  for (const known of processes) {
    if (!isSameProcess(known)) continue;
    try {
      process.kill(known.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

/** Ends the process and all that descends from it the hard way, and returns when none of them is left. */
export async function killTree(pid: number): Promise<void> {
  const tree = processTree(pid);
  // Stopped first, so that no member can start another child, or a replacement, between the look and the kill.
  signalAll(tree, 'SIGSTOP');
  const complete = [
    ...tree,
    ...processTree(pid).filter((late) => !tree.some((known) => known.pid === late.pid)),
  ];
  signalAll(complete, 'SIGKILL');
  await waitUntilGone(complete, 10_000);
}

/**
 * Asks the process to end, with its own signal; what is left of it and its descendants after `graceMs` is killed.
 * @returns whether it ended by itself
 */
export async function endTree(pid: number, signal: NodeJS.Signals, graceMs: number): Promise<boolean> {
  const tree = processTree(pid);
  const root = tree.filter((known) => known.pid === pid);
  signalAll(root, signal);
  signalAll(tree, 'SIGCONT');
  try {
    await waitUntilGone(root, graceMs);
    // Helpers of a server that ended well go by themselves, a moment later.
    await waitUntilGone(tree, 2_000);
    return true;
  } catch {
    await killTree(pid);
    signalAll(tree, 'SIGKILL');
    await waitUntilGone(tree, 10_000);
    return false;
  }
}

async function waitUntilGone(processes: readonly ProcessFacts[], deadlineMs: number): Promise<void> {
  const left = () => processes.filter(isSameProcess);
  await waitUntil(() => left().length === 0, {
    deadlineMs,
    otherwise: () =>
      `These processes do not end: ${left()
        .map((known) => `${known.pid} (${known.command})`)
        .join(', ')}`,
  });
}
