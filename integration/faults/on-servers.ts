import { startSharedServers, stopSharedServers } from '../world/servers.ts';

/**
 * Runs what a command does on servers of its own, and ends the process: with 0 if `work` says that every promise held.
 * However it ends, by Ctrl-C too, the servers end first.
 */
export async function onServers(work: () => Promise<boolean>): Promise<void> {
  let ending: Promise<void> | undefined;
  const stop = async (code: number) => {
    await stopSharedServers();
    process.exit(code);
  };
  // Not `once`: a library of testcontainers (signal-exit) ends the process by the signal when it sees no listener left.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void (ending ??= stop(1)));
  await startSharedServers((text) => console.log(`  ${text}`));
  let held = false;
  try {
    held = await work();
  } catch (error) {
    console.log(`\nNot clean: ${(error as Error).message}`);
  }
  await stop(held ? 0 : 1);
}
