import type { ServiceName, World } from '../world/world.ts';
import { TcpProxy } from './tcp-proxy.ts';

/** What a process has connections to. */
export type Peer = 'postgres' | 'rabbitmq' | 'redis' | 'customerWeb';

const peersOf: Record<ServiceName, readonly Peer[]> = {
  orderService: ['postgres', 'redis', 'customerWeb'],
  outboxRelay: ['postgres', 'rabbitmq'],
  customerWorker: ['postgres', 'rabbitmq', 'redis'],
  customerWeb: ['postgres', 'redis'],
};
const urlOf = {
  rabbitmq: 'RABBITMQ_URL',
  redis: 'REDIS_URL',
  customerWeb: 'CUSTOMER_SERVICE_URL',
} as const;

/** A proxy between every process and everything that it has connections to. */
export class Network {
  readonly #links = new Map<string, TcpProxy>();
  readonly #environments = new Map<ServiceName, Record<string, string>>();

  private constructor() {}

  static async around(world: World): Promise<Network> {
    const network = new Network();
    for (const [process, peers] of Object.entries(peersOf) as [ServiceName, Peer[]][]) {
      const settings = world.environment(process);
      const environment: Record<string, string> = {};
      for (const peer of peers) {
        if (peer === 'postgres') {
          const link = await TcpProxy.open({
            host: settings.DATABASE_HOST!,
            port: Number(settings.DATABASE_PORT),
          });
          environment.DATABASE_HOST = '127.0.0.1';
          environment.DATABASE_PORT = String(link.port);
          network.#links.set(`${process}/${peer}`, link);
        } else {
          const url = new URL(settings[urlOf[peer]]!);
          const link = await TcpProxy.open({ host: url.hostname, port: Number(url.port) });
          url.hostname = '127.0.0.1';
          url.port = String(link.port);
          environment[urlOf[peer]] = url.href;
          network.#links.set(`${process}/${peer}`, link);
        }
      }
      network.#environments.set(process, environment);
    }
    return network;
  }

  /** Settings with which the process goes through the proxies. */
  environment(process: ServiceName): Record<string, string> {
    return this.#environments.get(process)!;
  }

  link(process: ServiceName, peer: Peer): TcpProxy {
    const link = this.#links.get(`${process}/${peer}`);
    if (!link) throw new Error(`${process} has no connection to ${peer}`);
    return link;
  }

  peers(process: ServiceName): readonly Peer[] {
    return peersOf[process];
  }

  async close(): Promise<void> {
    await Promise.all([...this.#links.values()].map((link) => link.close()));
  }
}
