import { startServers, type Servers } from '@event-sync/stack/servers.ts';

/**
 * One set of real servers for the whole run: by Docker where an engine answers, else native. A test's isolation comes
 * from its own databases, virtual host and Redis database, see `createWorld`.
 */
let running: Servers | undefined;

export async function startSharedServers(
  onProgress: (text: string) => void,
  signal?: AbortSignal,
): Promise<Servers> {
  running = await startServers({ ports: 'free', data: 'fresh', onProgress, signal });
  return running;
}

export async function stopSharedServers(): Promise<void> {
  await running?.stop();
  running = undefined;
}

export function sharedServers(): Servers {
  if (!running) throw new Error('The servers are not running: start the tests with `npm test`.');
  return running;
}
