/** One dependency of a process: resolves when it can be used, rejects with the reason when not. */
export interface Check {
  readonly name: string;
  readonly check: () => Promise<void>;
}

export interface Readiness {
  readonly ready: boolean;
  /** By the name of each dependency: `ok`, or a sentence that says what is wrong. */
  readonly dependencies: Record<string, string>;
}

/** Asks every dependency at once; one that does not answer within `timeoutMs` counts as away. */
export async function readiness(checks: readonly Check[], timeoutMs = 2_000): Promise<Readiness> {
  const states = await Promise.all(
    checks.map(async ({ name, check }) => {
      let timer: NodeJS.Timeout | undefined;
      const deadline = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
      });
      try {
        await Promise.race([check(), deadline]);
        return [name, 'ok'] as const;
      } catch (error) {
        // The kind of fault, not the driver's message: that can carry addresses and user names.
        const { code, message } = error as { code?: string; message: string };
        const missing = code === '42P01' ? 'its tables are missing: run the migrations' : undefined;
        return [name, missing ?? code ?? message] as const;
      } finally {
        clearTimeout(timer);
      }
    }),
  );
  return { ready: states.every(([, state]) => state === 'ok'), dependencies: Object.fromEntries(states) };
}
