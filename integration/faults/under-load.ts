import type { Service } from '@event-sync/stack/services.ts';
import { expect } from 'chai';
import { eventually } from '../world/eventually.ts';
import { World, type ServiceName } from '../world/world.ts';
import { Clients } from './clients.ts';
import { Seeded } from './seeded.ts';
import { installTap } from './tap.ts';
import { judge, quiesce, type Verdict } from './verdict.ts';

const customers = [1, 2, 3, 4, 5, 6];

export interface Suffered extends Verdict {
  /** Answers, by method and status. */
  readonly statuses: ReadonlyMap<string, number>;
}

/** A system of all four processes, at work while something is done to its servers. */
export class UnderLoad {
  readonly world: World;
  readonly services: Record<ServiceName, Service>;
  readonly #name: string;
  #clients: Clients | undefined;
  #runs = 0;

  private constructor(name: string, world: World, services: Record<ServiceName, Service>) {
    this.#name = name;
    this.world = world;
    this.services = services;
  }

  static async start(name: string): Promise<UnderLoad> {
    const world = await World.create();
    await installTap(world);
    const [customerWeb, orderService, customerWorker] = await Promise.all([
      world.start('customerWeb'),
      world.start('orderService'),
      world.start('customerWorker'),
    ]);
    for (const id of customers) await world.putCustomer(id);
    // Last: while only the tap is bound, what is published arrives there alone.
    const outboxRelay = await world.start('outboxRelay');
    return new UnderLoad(name, world, { customerWeb, orderService, customerWorker, outboxRelay });
  }

  /**
   * Does this while clients are at work, waits until everything goes on, and expects that nothing came of it: no order
   * was lost or doubled, the audit finds nothing, and no answer was another error than 503.
   */
  async suffer(fault: () => Promise<unknown>): Promise<Suffered> {
    this.#clients = new Clients({
      world: this.world,
      random: new Seeded(this.#name, ++this.#runs),
      customers,
      name: `${this.#name}-${this.#runs}`,
      pauseMs: 40,
    });
    this.#clients.start();
    try {
      await this.ordersAreAccepted();
      await fault();
      await this.ordersAreAccepted();
    } finally {
      await this.#clients.stop();
    }
    await quiesce(this.world);
    const { log, statuses } = this.#clients;
    const verdict = await judge(this.world, log);
    for (const status of statuses.keys()) expect(status).not.to.match(/50[0124]/);
    return { ...verdict, statuses };
  }

  /** One that was stopped. */
  async startAgain(name: ServiceName): Promise<void> {
    this.services[name] = await this.world.start(name);
  }

  get accepted(): number {
    return this.#clients!.log.filter(({ answer }) => answer === 'accepted').length;
  }

  /** So many more from now on. */
  async ordersAreAccepted(number = 20): Promise<void> {
    const before = this.accepted;
    await eventually(() => expect(this.accepted, 'orders accepted').to.be.at.least(before + number), {
      withinMs: 60_000,
    });
  }
}
