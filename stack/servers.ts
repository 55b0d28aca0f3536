import { seedPorts, type ServerPorts } from './addresses.ts';
import { serverNames, type Servers } from './control.ts';
import { addressesFromEnvironment, useServersFromEnvironment } from './from-environment.ts';
import { freePort } from './ports.ts';
import type { StartOptions } from './start-options.ts';
import { endLeftovers as endLeftoverProcesses } from './processes/register.ts';

export type { PostgresAddress, ServerAddresses, ServerPorts } from './addresses.ts';
export type { StartOptions } from './start-options.ts';
export type { ServerControl, ServerName, Servers } from './control.ts';

const ways = ['environment', 'docker', 'native'] as const;

/**
 * Brings up both PostgreSQL servers, RabbitMQ and Redis by the first way that applies: URLs in the environment, a
 * Docker engine that answers, binaries of this machine. `STACK=docker|native|environment` forces one.
 *
 * When it rejects, nothing that it started is left running.
 */
export async function startServers(options: StartOptions): Promise<Servers> {
  const { onProgress, signal } = options;
  const forced = forcedWay(process.env);
  for (const name of await endLeftovers()) onProgress(`Ended what an earlier run left behind: ${name}`);
  signal?.throwIfAborted();

  if (forced === undefined || forced === 'environment') {
    const addresses = addressesFromEnvironment(process.env);
    if (addresses) return useServersFromEnvironment(addresses, options);
    if (forced)
      throw new Error(
        'STACK=environment needs ORDER_DATABASE_URL and the other URLs: see `npm start -- --help`.',
      );
  }

  const started = { ...options, chosen: await choosePorts(options.ports) };
  // Loaded only when needed: the Docker client takes half a second to load.
  if (forced !== 'native') {
    const docker = await import('./docker/docker-servers.ts');
    if (await docker.engineAnswers()) {
      try {
        return await docker.startDockerServers(started);
      } catch (error) {
        // A missing image is a reason to go on to the next way; a server that does not start is not.
        if (forced || signal?.aborted || !(error instanceof docker.ImageUnavailable)) throw error;
        onProgress(`${error.message} Going on without Docker.`);
      }
    } else if (forced) {
      throw new Error(
        'STACK=docker, but no Docker engine answers: start it, or unset STACK to use binaries of this machine.',
      );
    }
  }
  const { startNativeServers } = await import('./native-servers.ts');
  return startNativeServers(started);
}

/**
 * Ends the processes and removes the containers that crashed runs of this checkout have left, and nothing else.
 * @returns a name for each, for people
 */
export async function endLeftovers(): Promise<string[]> {
  const processes = await endLeftoverProcesses();
  if (forcedWay(process.env) === 'native' || serversAreGiven(process.env)) return processes;
  const docker = await import('./docker/docker-servers.ts');
  return (await docker.engineAnswers())
    ? [...processes, ...(await docker.removeLeftoverContainers())]
    : processes;
}

/** Whether the servers are somebody else's, so that none of our ports is needed. */
export function serversAreGiven(environment: NodeJS.ProcessEnv): boolean {
  const forced = forcedWay(environment);
  return (forced ?? 'environment') === 'environment' && addressesFromEnvironment(environment) !== undefined;
}

function forcedWay(environment: NodeJS.ProcessEnv): (typeof ways)[number] | undefined {
  const value = environment.STACK;
  if (!value) return undefined;
  const way = ways.find((known) => known === value);
  if (!way) throw new Error(`STACK=${value} is none of ${ways.join(', ')}: unset it to have the way chosen.`);
  return way;
}

async function choosePorts(ports: StartOptions['ports']): Promise<ServerPorts> {
  if (ports === 'seed') return seedPorts;
  if (ports !== 'free') return ports;
  const [postgresOrder = 0, postgresCustomer = 0, rabbitmq = 0, redis = 0] = await Promise.all(
    serverNames.map(freePort),
  );
  return { postgresOrder, postgresCustomer, rabbitmq, redis, rabbitmqManagement: await freePort() };
}
