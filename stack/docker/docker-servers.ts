import type { Container } from 'dockerode';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { getContainerRuntimeClient } from 'testcontainers';
import { addressesAt, type ServerAddresses, type ServerPorts } from '../addresses.ts';
import { serverNames, serverTitles, type ServerControl, type ServerName, type Servers } from '../control.ts';
import { postgresAnswers, rabbitmqAnswers, redisAnswers } from '../probes.ts';
import { self } from '../processes/register.ts';
import type { StartOptions } from '../start-options.ts';
import { containerControl } from './container-control.ts';
import { describeContainer } from './containers.ts';
import { fetchImages, images } from './images.ts';
import { keptVolume, noteThatItCameUp } from './kept-volumes.ts';
import { containerName, ownLabels, removeContainersOfStart } from './owned-containers.ts';

export { ImageUnavailable } from './images.ts';
export { removeLeftoverContainers } from './owned-containers.ts';

export async function engineAnswers(): Promise<boolean> {
  try {
    await getContainerRuntimeClient();
    return true;
  } catch {
    return false;
  }
}

/** One container for each server, published on fixed ports, so that a container that is started again is found. */
export async function startDockerServers(options: StartOptions & { chosen: ServerPorts }): Promise<Servers> {
  const { chosen: ports, data, onProgress, signal } = options;
  await fetchImages(onProgress, signal);

  const client = await getContainerRuntimeClient();
  const engineHost = client.info.containerRuntime.host;
  // An engine on another machine, or seen from inside a container, is not reached through loopback.
  const local = engineHost === 'localhost' || engineHost === '127.0.0.1';
  const addresses = addressesAt(local ? '127.0.0.1' : engineHost, ports);
  const controls = new Map<ServerName, ReturnType<typeof containerControl>>();
  const containers = new Map<ServerName, Container>();
  const removals: ((onStopped: (text: string) => void) => Promise<unknown>)[] = [];
  const startId = randomUUID();
  process.on('exit', removeInBackground);

  const startOne = async (name: ServerName) => {
    const began = performance.now();
    const volume = data === 'keep' ? await keptVolume(name) : undefined;
    const description = describeContainer(name, ports, local ? '127.0.0.1' : '', volume);
    const started = await description.withName(containerName(name)).withLabels(ownLabels(startId)).start();
    const container = client.container.getById(started.getId());
    const control = containerControl(serverTitles[name], container, probes(addresses)[name]);
    controls.set(name, control);
    containers.set(name, container);
    removals.push(async (onStopped) => {
      // Data that are deleted anyway need no orderly end.
      await (data === 'keep' ? control.stop() : container.remove({ force: true, v: true }));
      onStopped(`${serverTitles[name]}: stopped`);
    });
    await control.waitUntilItAnswers(signal);
    if (volume) noteThatItCameUp(volume);
    onProgress(
      `${serverTitles[name]}: accepts connections (${((performance.now() - began) / 1000).toFixed(1)} s)`,
    );
  };

  const run = async (name: ServerName, command: string[]) => {
    const { exitCode, stdout, stderr } = await client.container.exec(containers.get(name)!, command);
    if (exitCode !== 0) throw new Error(`${command.join(' ')} ended with ${exitCode}: ${stderr}`);
    return stdout;
  };

  let stopped: Promise<void> | undefined;
  const stop = async (onStopped: (text: string) => void = onProgress) => {
    const failed = (await Promise.allSettled(removals.map((remove) => remove(onStopped)))).find(
      (end) => end.status === 'rejected',
    );
    await removeContainersOfStart(startId);
    process.off('exit', removeInBackground);
    if (failed) throw failed.reason;
  };

  onProgress(`Starting ${[...new Set(Object.values(images))].join(', ')} in Docker`);
  const starts = await Promise.allSettled(serverNames.map(startOne));
  const failed = starts.find((start) => start.status === 'rejected');
  if (failed || signal?.aborted) {
    await stop();
    throw failed?.reason ?? signal?.reason;
  }
  const control = Object.fromEntries(controls) as Record<string, ServerControl> as Servers['control'];
  return {
    how: 'docker',
    addresses,
    control,
    rabbitmqctl: (parameters) => run('rabbitmq', ['rabbitmqctl', '--quiet', ...parameters]),
    stop: (onStopped) => (stopped ??= stop(onStopped)),
  };
}

function probes(addresses: ServerAddresses): Record<ServerName, () => Promise<boolean>> {
  const redis = new URL(addresses.redisUrl);
  return {
    postgresOrder: () => postgresAnswers(addresses.postgresOrder),
    postgresCustomer: () => postgresAnswers(addresses.postgresCustomer),
    rabbitmq: () =>
      rabbitmqAnswers({ url: addresses.rabbitmqUrl, managementUrl: addresses.rabbitmqManagementUrl }),
    redis: () => redisAnswers(redis.hostname, Number(redis.port)),
  };
}

/** When our process ends without having called `stop`, another one removes the containers: nothing is waited for here. */
function removeInBackground(): void {
  const program = join(import.meta.dirname, 'remove-containers.main.ts');
  spawn(process.execPath, [program, JSON.stringify(self)], { detached: true, stdio: 'ignore' }).unref();
}
