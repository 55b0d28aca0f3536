import { startSharedServers, stopSharedServers } from '../world/servers.ts';

/**
 * Runs what a command does on servers of its own, and ends the process: with 0 if `work` says that every promise held.
 * However it ends, by Ctrl-C too, the servers end first.
 */
export async function onServers(work: () => Promise<boolean>): Promise<void> {
  const stop = async (code: number) => {
    await stopSharedServers();
    process.exit(code);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop(1));
  await startSharedServers((text) => console.log(`  ${text}`));
  let held = false;
  try {
    held = await work();
  } catch (error) {
    console.log(`\nNot clean: ${(error as Error).message}`);
  }
  await stop(held ? 0 : 1);
}
