import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { logsFolder } from '../folders.ts';
import { startServers, type Servers } from '../servers.ts';
import { startService, type Service, type ServiceOptions } from '../services.ts';
import { migrations, services, servicesEnvironment, type ServiceName } from '../services-environment.ts';
import type { ChosenPorts } from './chosen-ports.ts';

/** Everything that `npm start` has started, in the order in which it did. */
export class System {
  readonly #ports: ChosenPorts;
  readonly #running: Service[] = [];
  readonly #onDeath: (service: Service, how: string) => void;
  #servers: Servers | undefined;
  #stopping = false;
  readonly #dead = new Set<Service>();

  constructor(ports: ChosenPorts, onDeath: (service: Service, how: string) => void) {
    this.#ports = ports;
    this.#onDeath = onDeath;
  }

  get servers(): Servers {
    if (!this.#servers) throw new Error('The servers have not been started yet.');
    return this.#servers;
  }

  async startServers(onProgress: (text: string) => void, signal: AbortSignal): Promise<void> {
    this.#servers = await startServers({ ports: this.#ports.servers, data: 'keep', onProgress, signal });
  }

  async migrate(signal: AbortSignal): Promise<string> {
    const run = this.#start({ ...migrations, env: this.#environments().migrations });
    const broken = () => void run.stop();
    signal.addEventListener('abort', broken);
    const { code } = await run.exited;
    signal.removeEventListener('abort', broken);
    signal.throwIfAborted();
    if (code !== 0) throw new Error(`The migrations failed with exit code ${code}:\n${run.logs().trim()}`);
    return run.logs().trim();
  }

  async startService(name: ServiceName, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const service = this.#start({ ...services[name], env: this.#environments()[name] });
    this.#running.push(service);
    let wasReady = false;
    void service.exited.then(({ code, signal: by }) => {
      if (this.#stopping) return;
      this.#dead.add(service);
      // Before, whoever waits for it to be ready is told.
      if (wasReady) this.#onDeath(service, by ?? `exit code ${code}`);
    });
    await service.ready({ signal });
    wasReady = true;
  }

  /** In reverse order: first what lets work in and does it, then what it needs. @returns whether all ended well */
  async stop(onProgress: (text: string) => void): Promise<boolean> {
    this.#stopping = true;
    let well = true;
    for (const service of this.#running.toReversed()) {
      if (this.#dead.has(service)) continue;
      await service.stop();
      const { code, signal } = await service.exited;
      // One that was still starting has not learned to end in order yet: SIGTERM ends it, and that is well.
      if (code !== 0 && signal !== 'SIGTERM') well = false;
      const how = signal === 'SIGKILL' ? 'killed: it did not end in time' : (signal ?? `exit code ${code}`);
      onProgress(`${service.name}: stopped${code === 0 ? '' : ` (${how})`}`);
    }
    await this.#servers?.stop(onProgress);
    return well;
  }

  #environments() {
    return servicesEnvironment(this.servers.addresses, this.#ports.services);
  }

  #start(options: Omit<ServiceOptions, 'logTo'>): Service {
    mkdirSync(logsFolder, { recursive: true });
    return startService({ ...options, logTo: join(logsFolder, `${options.name}.log`) });
  }
}
