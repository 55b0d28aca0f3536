import type { Service } from '@event-sync/stack/services.ts';
import { freePort } from '@event-sync/stack/ports.ts';
import type { ServiceName, World } from '../../world/world.ts';
import { Network } from '../network.ts';
import { installTap } from '../tap.ts';

/** Our processes: two relays, so that one can take over from the other, and one of each of the others. */
export const roles = {
  orderService: 'orderService',
  customerWeb: 'customerWeb',
  customerWorker: 'customerWorker',
  relayA: 'outboxRelay',
  relayB: 'outboxRelay',
} as const satisfies Record<string, ServiceName>;
export type Role = keyof typeof roles;

/** A system to be hurt: its processes, each behind a proxy for each server, and its servers. */
export class Ground {
  readonly world: World;
  readonly network: Network;
  readonly #running = new Map<Role, Service>();
  readonly #ports = new Map<Role, string>();

  private constructor(world: World, network: Network) {
    this.world = world;
    this.network = network;
  }

  static async prepare(world: World, customers: readonly number[]): Promise<Ground> {
    await installTap(world);
    const ground = new Ground(world, await Network.around(world));
    ground.#ports.set('relayB', String(await freePort()));
    await ground.start('customerWeb');
    for (const id of customers) await world.putCustomer(id);
    for (const role of ['orderService', 'customerWorker', 'relayA', 'relayB'] as const)
      await ground.start(role);
    return ground;
  }

  get running(): ReadonlyMap<Role, Service> {
    return this.#running;
  }

  async start(role: Role): Promise<void> {
    const name = roles[role];
    const port = this.#ports.get(role);
    this.#running.set(
      role,
      await this.world.start(name, {
        ...this.network.environment(name),
        // Thousands of orders: their lines would cost more than they do.
        LOG_LEVEL: 'info',
        OUTBOX_CONFIRM_TIMEOUT_MS: '3000',
        ...(port === undefined ? {} : { PORT: port }),
      }),
    );
  }

  service(role: Role): Service {
    return this.#running.get(role)!;
  }

  signal(role: Role, signal: 'SIGSTOP' | 'SIGCONT'): void {
    process.kill(this.service(role).pid, signal);
  }

  async end(): Promise<void> {
    await this.world.destroy();
    await this.network.close();
  }
}
