import { setTimeout as delay } from 'node:timers/promises';

/**
 * Waits until the condition holds: it is asked at once, and again every `intervalMs`. A condition that throws ends the
 * wait with its error.
 *
 * @throws {Error} with the text of `otherwise()` when the deadline passes; the signal's reason when it is aborted.
 */
export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  options: {
    deadlineMs: number;
    otherwise: () => string;
    intervalMs?: number | undefined;
    signal?: AbortSignal | undefined;
  },
): Promise<void> {
  const deadline = performance.now() + options.deadlineMs;
  for (;;) {
    options.signal?.throwIfAborted();
    if (await condition()) return;
    if (performance.now() > deadline) throw new Error(options.otherwise());
    await delay(options.intervalMs ?? 25);
  }
}
