import { join } from 'node:path';
import { redisAnswers } from '../probes.ts';
import type { NativeServerOptions } from './postgres.ts';
import { findProgram } from './search-path.ts';
import { ServerProcess } from './server-process.ts';
import { makePrivateFolder } from './unprivileged-user.ts';

/** Valkey is Redis under its free name; Fedora ships only that. */
export const findRedis = () => findProgram('redis-server', 'valkey-server');

export async function startRedis(
  program: string,
  { host, port }: { host: string; port: number },
  { name, folder, user, signal }: NativeServerOptions,
  onCreated: (server: ServerProcess) => void,
): Promise<void> {
  makePrivateFolder(folder, user);
  const server = new ServerProcess({
    name,
    command: program,
    arguments: [
      ...['--port', String(port), '--bind', host, '--dir', folder],
      // Nothing on disk: why, see Servers.control.
      ...['--save', '', '--appendonly', 'no'],
    ],
    environment: { ...process.env, HOME: folder },
    folder,
    logFile: join(folder, 'log'),
    user,
    // It rewrites its command line, to: redis-server 127.0.0.1:6379
    marker: '-server',
    stopSignal: 'SIGTERM',
    answers: () => redisAnswers(host, port),
  });
  onCreated(server);
  await server.start(signal);
}
