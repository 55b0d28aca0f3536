import { execFile } from 'node:child_process';
import { existsSync, globSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { ServerControl } from '../control.ts';
import { freePort } from '../ports.ts';
import { accepts, rabbitmqAnswers } from '../probes.ts';
import type { NativeServerOptions } from './postgres.ts';
import { findProgram, foldersInPath, isProgram } from './search-path.ts';
import { ServerProcess } from './server-process.ts';
import { makePrivateFolder } from './unprivileged-user.ts';

export interface RabbitmqBinaries {
  readonly server: string;
  readonly epmd: string;
  /** `3.10.8`, or undefined where the installation's folder does not tell. */
  readonly version: string | undefined;
}

/** @returns undefined when RabbitMQ or Erlang's port mapper is missing */
export function findRabbitmq(): RabbitmqBinaries | undefined {
  const server = [
    // Not /usr/sbin/rabbitmq-server, which in Debian and Fedora is a wrapper that insists on the user `rabbitmq`.
    '/usr/lib/rabbitmq/bin/rabbitmq-server',
    '/opt/homebrew/opt/rabbitmq/sbin/rabbitmq-server',
    '/usr/local/opt/rabbitmq/sbin/rabbitmq-server',
    '/opt/rabbitmq/sbin/rabbitmq-server',
    ...foldersInPath().map((folder) => join(folder, 'rabbitmq-server')),
  ].find((path) => isProgram(path) && !isWrapper(path));
  const epmd = findProgram('epmd') ?? epmdBesideErlang();
  if (server === undefined || epmd === undefined) return undefined;
  const version = /rabbitmq(?:_server-|\/)(\d+\.\d+\.\d+)/.exec(realpathSync(server))?.[1];
  return { server, epmd, version };
}

export interface RabbitmqAddress {
  readonly host: string;
  readonly port: number;
  readonly managementPort: number;
  readonly url: string;
  readonly managementUrl: string;
}

export interface NativeRabbitmq extends ServerControl {
  abandon(): void;
  /** See `Servers.rabbitmqctl`. */
  ctl(parameters: readonly string[]): Promise<string>;
}

/** A private node: its own name, port mapper, cookie, plugins, configuration and data, none shared with the system's. */
export async function startRabbitmq(
  binaries: RabbitmqBinaries,
  address: RabbitmqAddress,
  { name, folder, user, signal }: NativeServerOptions,
  onCreated: (server: NativeRabbitmq) => void,
): Promise<void> {
  refuseOldVersion(binaries);
  makePrivateFolder(folder, user);
  const file = (subject: string, content: string) => {
    const path = join(folder, subject);
    writeFileSync(path, content);
    return path;
  };
  const data = join(folder, 'data');
  const cameUp = join(folder, 'came-up');
  // A first start that was broken off may have left half of a database: nobody has put anything into it yet.
  if (!existsSync(cameUp)) rmSync(data, { recursive: true, force: true });
  const [epmdPort, distributionPort] = [await freePort(), await freePort()];
  const environment = {
    ...process.env,
    // The cookie is made in here.
    HOME: folder,
    ERL_EPMD_PORT: String(epmdPort),
    ERL_EPMD_ADDRESS: address.host,
    RABBITMQ_NODENAME: 'event-sync@localhost',
    RABBITMQ_DIST_PORT: String(distributionPort),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
    RABBITMQ_MNESIA_BASE: data,
    RABBITMQ_LOG_BASE: join(folder, 'log.d'),
    RABBITMQ_LOGS: '-',
    RABBITMQ_PLUGINS_EXPAND_DIR: join(folder, 'plugins-expand'),
    RABBITMQ_GENERATED_CONFIG_DIR: join(folder, 'config'),
    RABBITMQ_SCHEMA_DIR: join(folder, 'schema'),
    RABBITMQ_PID_FILE: join(folder, 'pid'),
    RABBITMQ_ENABLED_PLUGINS_FILE: file('enabled_plugins', '[rabbitmq_management].\n'),
    // The system's own must not be read.
    RABBITMQ_CONF_ENV_FILE: file('rabbitmq-env.conf', ''),
    RABBITMQ_ADVANCED_CONFIG_FILE: file('advanced.config', '[].\n'),
    RABBITMQ_CONFIG_FILE: file('rabbitmq.conf', configuration(address)),
    // Makes the start script become the Erlang machine, with no shell left in between that would pass signals on.
    RUNNING_UNDER_SYSTEMD: 'true',
  };
  const epmd = new ServerProcess({
    name: `${name} (Erlang's port mapper)`,
    command: binaries.epmd,
    arguments: ['-port', String(epmdPort), '-address', address.host],
    environment,
    folder,
    logFile: join(folder, 'log'),
    user,
    marker: 'epmd',
    stopSignal: 'SIGTERM',
    answers: () => accepts(address.host, epmdPort),
  });
  const server = new ServerProcess({
    name,
    command: binaries.server,
    arguments: [],
    environment,
    folder,
    logFile: join(folder, 'log'),
    user,
    marker: 'rabbit',
    stopSignal: 'SIGTERM',
    answers: () => rabbitmqAnswers(address),
  });
  const ctl = async (parameters: readonly string[]) => {
    const { stdout } = await promisify(execFile)(
      join(dirname(binaries.server), 'rabbitmqctl'),
      ['--quiet', ...parameters],
      { env: environment, cwd: folder, ...(user ? { uid: user.uid, gid: user.gid } : {}) },
    );
    return stdout;
  };
  onCreated({ ...withPortMapper(server, epmd), ctl });
  await epmd.start(signal);
  await server.start(signal);
  file('came-up', `${new Date().toISOString()}\n`);
}

/**
 * The port mapper lives as long as the node is not stopped for good: were it missing, the node would start another, in
 * the background, that nobody ends.
 */
function withPortMapper(server: ServerProcess, epmd: ServerProcess): ServerControl & { abandon(): void } {
  return {
    async start() {
      await epmd.start();
      await server.start();
    },
    async stop() {
      await server.stop();
      await epmd.stop();
    },
    async kill() {
      await server.kill();
      await epmd.kill();
    },
    pause: () => server.pause(),
    resume: () => server.resume(),
    abandon() {
      server.abandon();
      epmd.abandon();
    },
  };
}

function configuration({ host, port, managementPort }: RabbitmqAddress): string {
  return [
    `listeners.tcp.1 = ${host}:${port}`,
    `management.tcp.ip = ${host}`,
    `management.tcp.port = ${managementPort}`,
    // The default stops all publishers when less than 50 MB, or in 4.x a share of the memory, is free: say it here.
    'disk_free_limit.absolute = 50MB',
    '',
  ].join('\n');
}

function refuseOldVersion({ server, version }: RabbitmqBinaries): void {
  const [major = 0, minor = 0] = version?.split('.').map(Number) ?? [];
  if (version === undefined || major > 3 || (major === 3 && minor >= 10)) return;
  throw new Error(
    `RabbitMQ ${version} (${server}) is too old: quorum queues dead-letter without loss from 3.10 on.` +
      ' Install a newer one, or start Docker, which is then used instead.',
  );
}

function isWrapper(path: string): boolean {
  return /su rabbitmq|runuser .*rabbitmq/.test(readFileSync(path, 'utf8'));
}

function epmdBesideErlang(): string | undefined {
  const erl = findProgram('erl');
  if (erl === undefined) return undefined;
  // .../erlang/bin/erl -> .../erlang/erts-14.2/bin/epmd
  const root = dirname(dirname(realpathSync(erl)));
  return globSync(join(root, 'erts-*/bin/epmd')).find((path) => existsSync(path));
}
