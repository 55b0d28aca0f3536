import { mkdtempSync, rmSync, chmodSync } from 'node:fs';
import { join } from 'node:path';
import { addressesAt, type ServerPorts } from './addresses.ts';
import { serverNames, serverTitles, type ServerControl, type ServerName, type Servers } from './control.ts';
import { findBinaries, type Binaries } from './native/binaries.ts';
import { startPostgres } from './native/postgres.ts';
import { startRabbitmq, type NativeRabbitmq } from './native/rabbitmq.ts';
import { startRedis } from './native/redis.ts';
import {
  serversFolder,
  serverUser,
  temporaryFolderFor,
  type ServerUser,
} from './native/unprivileged-user.ts';
import { forgetFolder, recordFolder } from './processes/register.ts';
import type { StartOptions } from './start-options.ts';

const host = '127.0.0.1';

type Startable = ServerControl & { abandon(): void };

/** Private instances of server binaries on this machine, on loopback, none of them shared with the system's own. */
export async function startNativeServers(options: StartOptions & { chosen: ServerPorts }): Promise<Servers> {
  const { chosen: ports, data, onProgress, signal } = options;
  const user = serverUser();
  const binaries = await findBinaries({ user, folder: serversFolder(user), onProgress, signal });
  signal?.throwIfAborted();
  const folder = data === 'keep' ? join(serversFolder(user), 'data') : temporaryFolder(user);
  const addresses = addressesAt(host, ports);
  const servers = new Map<ServerName, Startable>();
  let rabbitmq: NativeRabbitmq | undefined;
  // Whatever ends our own process, short of SIGKILL, ends the servers too.
  const abandonAll = () => [...servers.values()].forEach((server) => server.abandon());
  process.on('exit', abandonAll);

  const starts: Record<ServerName, (server: StartOne) => Promise<void>> = {
    postgresOrder: (one) => startPostgres(binaries.postgres, addresses.postgresOrder, one, one.onCreated),
    postgresCustomer: (one) =>
      startPostgres(binaries.postgres, addresses.postgresCustomer, one, one.onCreated),
    redis: (one) => startRedis(binaries.redis, { host, port: ports.redis }, one, one.onCreated),
    rabbitmq: (one) =>
      startRabbitmq(
        binaries.rabbitmq,
        {
          host,
          port: ports.rabbitmq,
          managementPort: ports.rabbitmqManagement,
          url: addresses.rabbitmqUrl,
          managementUrl: addresses.rabbitmqManagementUrl,
        },
        one,
        (server) => one.onCreated((rabbitmq = server)),
      ),
  };

  let stopped: Promise<void> | undefined;
  const stop = async (onStopped: (text: string) => void = onProgress) => {
    const ending = serverNames.toReversed().map(async (name) => {
      const server = servers.get(name);
      // Data that are deleted anyway need no orderly end.
      await (data === 'keep' ? server?.stop() : server?.kill());
      if (server) onStopped(`${serverTitles[name]}: stopped`);
    });
    const failures = (await Promise.allSettled(ending)).filter((end) => end.status === 'rejected');
    process.off('exit', abandonAll);
    if (failures[0]) throw failures[0].reason;
    if (data === 'fresh') {
      rmSync(folder, { recursive: true, force: true });
      forgetFolder(folder);
    }
  };

  onProgress(
    `Starting ${describe(binaries)} on this machine${user ? ` as user ${user.name}` : ''}, data in ${folder}`,
  );
  const started = await Promise.allSettled(
    serverNames.map(async (name) => {
      const began = performance.now();
      await starts[name]({
        name: serverTitles[name],
        folder: join(folder, name),
        user,
        signal,
        onCreated: (server) => servers.set(name, server),
      });
      onProgress(
        `${serverTitles[name]}: accepts connections (${((performance.now() - began) / 1000).toFixed(1)} s)`,
      );
    }),
  );
  const failed = started.find((start) => start.status === 'rejected');
  if (failed) {
    await stop();
    throw failed.reason;
  }
  const control = Object.fromEntries(servers) as unknown as Servers['control'];
  return {
    how: 'native',
    addresses,
    control,
    rabbitmqctl: (parameters) => rabbitmq!.ctl(parameters),
    stop: (onStopped) => (stopped ??= stop(onStopped)),
  };
}

interface StartOne {
  name: string;
  folder: string;
  user: ReturnType<typeof serverUser>;
  signal: AbortSignal | undefined;
  onCreated: (server: Startable) => void;
}

function temporaryFolder(user: ServerUser | undefined): string {
  const folder = mkdtempSync(join(temporaryFolderFor(user), 'event-sync-'));
  recordFolder(folder);
  // The servers' user has to get through to its own folders, which nobody else can read.
  chmodSync(folder, 0o711);
  return folder;
}

function describe({ postgres, rabbitmq }: Binaries): string {
  return `PostgreSQL ${postgres.version}, RabbitMQ${rabbitmq.version ? ` ${rabbitmq.version}` : ''} and Redis`;
}
