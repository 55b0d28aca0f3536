import { setTimeout as delay } from 'node:timers/promises';

/** So long each is tried, in milliseconds. */
const patienceMs = 120_000;

/** Orders at a rate, each with an Idempotency-Key, and sent until it is answered with 201, for two minutes. */
export class SteadyOrders {
  accepted = 0;
  /** Answers by status; 0 for none. */
  readonly statuses = new Map<number, number>();
  readonly #url: string;
  readonly #customers: number;
  readonly #rate: number;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;

  /** @param options.customers how many there are, with ids from 1 */
  constructor(options: { url: string; customers: number; rate: number }) {
    this.#url = options.url;
    this.#customers = options.customers;
    this.#rate = options.rate;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Resolves when every order that was begun is accepted, or given up. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    const underWay: Promise<void>[] = [];
    for (let number = 1; !signal.aborted; number++) {
      underWay.push(this.#order(number));
      await delay(1_000 / this.#rate, undefined, { signal }).catch(() => {});
    }
    await Promise.all(underWay);
  }

  async #order(number: number): Promise<void> {
    const order = {
      customer_id: 1 + (number % this.#customers),
      product_name: `Laptop ${number}`,
      quantity: 1,
      price: 9.99,
    };
    const end = performance.now() + patienceMs;
    while (performance.now() < end) {
      const status = await fetch(this.#url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'Idempotency-Key': `steady-${number}` },
        body: JSON.stringify({ order }),
        signal: AbortSignal.timeout(20_000),
      }).then(
        async (answer) => {
          await answer.arrayBuffer();
          return answer.status;
        },
        () => 0,
      );
      this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
      if (status === 201) {
        this.accepted++;
        return;
      }
      await delay(200);
    }
  }
}
