import { replaceCustomer } from '@event-sync/customer-service/customers/change-customer.ts';
import { showCustomer } from '@event-sync/customer-service/customers/show-customer.ts';
import type { SimulatedCache } from '../servers/cache.ts';
import type { CustomerDatabase } from '../servers/customer-database.ts';
import { simulatedKnex } from '../servers/simulated-knex.ts';
import type { SimulatedProcess } from '../time/simulated-process.ts';
import { listeningLogger } from './listening-logger.ts';

/** What the customer service's REST processes do with the database and the cache. */
export class WebProcess {
  readonly process: SimulatedProcess;
  readonly #dependencies: Parameters<typeof replaceCustomer>[0] & Parameters<typeof showCustomer>[0];
  #requests = 0;

  constructor(
    process: SimulatedProcess,
    { customers, cache }: { customers: CustomerDatabase; cache: SimulatedCache },
    onDefect: (message: string) => void,
  ) {
    this.process = process;
    this.#dependencies = { knex: simulatedKnex(customers), cache, log: listeningLogger(onDefect) };
  }

  /** Nobody waits for an answer any more. */
  get idle(): boolean {
    return this.#requests === 0 || !this.process.alive;
  }

  /** `GET /customers/:id` */
  show(id: string): void {
    this.#request(() => showCustomer(this.#dependencies, id));
  }

  /** `PUT /customers/:id` */
  put(id: string): void {
    const details = { name: 'María Pérez', address: 'Avenida 5, Ciudad' };
    this.#request(() => replaceCustomer(this.#dependencies, id, details));
  }

  #request(work: () => Promise<unknown>): void {
    this.process.deliver(() => {
      this.#requests++;
      // A request that fails is its client's to send again.
      void work()
        .catch(() => {})
        .finally(() => this.#requests--);
    });
  }
}
