import { Events } from '../invariants/events.ts';
import { Promises } from '../invariants/promises.ts';
import { mayBeAcknowledged } from '../invariants/acknowledged.ts';
import { RelayProcess } from '../processes/relay-process.ts';
import { WebProcess } from '../processes/web-process.ts';
import { WorkerProcess } from '../processes/worker-process.ts';
import { Broker } from '../servers/broker.ts';
import { SimulatedCache } from '../servers/cache.ts';
import { CustomerDatabase } from '../servers/customer-database.ts';
import { LeaseTable } from '../servers/lease-table.ts';
import { OrderDatabase } from '../servers/order-database.ts';
import { Server } from '../servers/server.ts';
import { chance } from '../time/chance.ts';
import { Clock } from '../time/clock.ts';
import { SimulatedProcess } from '../time/simulated-process.ts';
import { installProcessGlobals } from '../time/process-globals.ts';
import { Journal } from './journal.ts';

/** Customers; the last one is not there before somebody puts it. */
export const customers = ['1', '2', '3'] as const;
export const relaySlots = 3;
export const workerSlots = 2;
const customersAtFirst = customers.slice(0, -1);

/** One system: its servers, its processes, and what is known of each event. A schedule is played on a new one. */
export class World {
  readonly clock = new Clock();
  readonly promises = new Promises();
  readonly journal: Journal;
  readonly events: Events;
  readonly orders: OrderDatabase;
  readonly leases: LeaseTable;
  readonly broker: Broker;
  readonly customers: CustomerDatabase;
  readonly cache: SimulatedCache;
  readonly #seed: number;
  /** By slot: at most so many at a time, and a new one where one was killed. */
  readonly relays: (RelayProcess | undefined)[] = [];
  readonly workers: (WorkerProcess | undefined)[] = [];
  web: WebProcess;
  /** Whether commits are told to the relays. */
  hintsArrive = true;
  /** How often a process of a name was started. */
  readonly #started = new Map<string, number>();

  constructor(seed: number, options: { journal?: boolean } = {}) {
    installProcessGlobals();
    this.#seed = seed;
    const { clock } = this;
    this.journal = new Journal(clock, options.journal ?? false);
    const events = (this.events = new Events(this.promises, this.journal));
    const ordersServer = new Server(clock);
    this.orders = new OrderDatabase(ordersServer, events);
    this.leases = new LeaseTable(ordersServer, this.journal);
    this.customers = new CustomerDatabase(new Server(clock), events, customersAtFirst);
    this.cache = new SimulatedCache(new Server(clock));
    this.broker = new Broker({
      ...{ clock, events },
      onAcknowledged: ({ properties }) => mayBeAcknowledged(this, properties.messageId),
    });
    this.web = this.#newWeb();
  }

  async advance(ms: number): Promise<void> {
    await this.clock.advance(ms);
    this.promises.areKept();
  }

  startRelay(slot: number): void {
    const process = this.#process(`relay ${slot + 1}`);
    const { orders, leases, broker, events } = this;
    const onlooker = {
      publishes: (eventId: string) => {
        const leased = leases.isOwned(orders.partitionOf(events.get(eventId)), process.name);
        events.published(eventId, process.name, leased);
      },
      isConfirmed: (eventId: string) => events.confirmed(eventId, process.name),
    };
    this.relays[slot] = new RelayProcess(process, { orders, leases, broker, onlooker }, this.#defect);
  }

  startWorker(slot: number): void {
    const { customers, broker, cache } = this;
    this.workers[slot] = new WorkerProcess(
      this.#process(`worker ${slot + 1}`),
      { customers, broker, cache },
      this.#defect,
    );
  }

  killWeb(): void {
    this.web.process.kill();
    this.web = this.#newWeb();
  }

  /** All processes that live. */
  get processes(): SimulatedProcess[] {
    return [...this.relays, ...this.workers, this.web].flatMap((owner) =>
      owner?.process.alive ? [owner.process] : [],
    );
  }

  /** The end of it: nothing happens in it any more. */
  end(): void {
    for (const process of this.processes) process.kill({ lastWordsArrive: false });
  }

  #newWeb(): WebProcess {
    const { customers, cache } = this;
    return new WebProcess(this.#process('web'), { customers, cache }, this.#defect);
  }

  #process(place: string): SimulatedProcess {
    const number = (this.#started.get(place) ?? 0) + 1;
    this.#started.set(place, number);
    const name = `${place}, number ${number}`;
    return new SimulatedProcess(name, this.clock, chance(this.#seed, name));
  }

  readonly #defect = (message: string): never => this.promises.broken(message);
}
