import { waitUntil } from '@event-sync/stack/wait-until.ts';

/**
 * Asks until the assertions in `check` hold, and returns what it returned. In place of a sleep: it ends as soon as the
 * condition does, and when it never does, with the last thing that was wrong.
 */
export async function eventually<T>(check: () => Promise<T> | T, { withinMs = 20_000 } = {}): Promise<T> {
  let last: unknown = new Error('it was never asked');
  let result: { value: T } | undefined;
  await waitUntil(
    async () => {
      try {
        result = { value: await check() };
        return true;
      } catch (error) {
        last = error;
        return false;
      }
    },
    {
      deadlineMs: withinMs,
      intervalMs: 50,
      otherwise: () => `not within ${withinMs} ms: ${last instanceof Error ? last.message : String(last)}`,
    },
  );
  return result!.value;
}
