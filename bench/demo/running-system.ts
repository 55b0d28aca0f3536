import { metricsOf } from '../metrics-of.ts';

/** A system that somebody has started: where it is, and what the demo asks of it. */
export class RunningSystem {
  readonly orderUrl: string;
  readonly customerUrl: string;
  readonly relayUrl: string;
  /** Where a worker may be: with Compose each takes a free port of a range. */
  readonly workerUrls: readonly string[];

  private constructor(ports: { order: string; customer: string; relay: string; workers: string[] }) {
    const at = (port: string) => `http://127.0.0.1:${port}`;
    this.orderUrl = at(ports.order);
    this.customerUrl = at(ports.customer);
    this.relayUrl = at(ports.relay);
    this.workerUrls = ports.workers.map(at);
  }

  static fromEnvironment(environment: NodeJS.ProcessEnv): RunningSystem {
    return new RunningSystem({
      order: environment.ORDER_PORT ?? '3001',
      customer: environment.CUSTOMER_PORT ?? '3002',
      relay: environment.RELAY_PORT ?? '3003',
      workers: portRange(environment.WORKER_PORT ?? environment.WORKER_PORTS ?? '3004-3013'),
    });
  }

  /** @returns what keeps the demo from running, for people. */
  async problem(): Promise<string | undefined> {
    for (const [name, url] of [
      ['order service', this.orderUrl],
      ['customer service', this.customerUrl],
    ] as const) {
      try {
        const response = await fetch(`${url}/up`, { signal: AbortSignal.timeout(5_000) });
        await response.body?.cancel();
        if (response.status !== 200) return `The ${name} at ${url} answers ${response.status}.`;
      } catch {
        return `The ${name} does not answer at ${url}.`;
      }
    }
    return undefined;
  }

  async createCustomer(name: string): Promise<number> {
    const response = await post(`${this.customerUrl}/customers`, {
      customer: { name, address: 'Calle 123, Ciudad' },
    });
    const body = (await response.json()) as { customer?: { id: number }; message?: string };
    if (response.status !== 201 || !body.customer) {
      throw new Error(`A customer could not be created: ${response.status} ${body.message ?? ''}`);
    }
    return body.customer.id;
  }

  /** @returns the status, or the reason why there was no answer. */
  async placeOrder(customerId: number): Promise<number | string> {
    try {
      const response = await post(`${this.orderUrl}/orders`, {
        order: { customer_id: customerId, product_name: 'Demo product', quantity: 1, price: '9.99' },
      });
      await response.arrayBuffer();
      return response.status;
    } catch (error) {
      return (error as Error).message;
    }
  }

  async ordersCount(customerId: number): Promise<number | undefined> {
    try {
      const response = await fetch(`${this.customerUrl}/customers/${customerId}`, {
        signal: AbortSignal.timeout(5_000),
      });
      const body = (await response.json()) as { orders_count?: number };
      return body.orders_count;
    } catch {
      return undefined;
    }
  }

  /** Waits a moment for the last settling. @returns whether the outbox is empty. */
  async relayCaughtUp(): Promise<boolean> {
    const deadline = performance.now() + 5_000;
    do {
      if ((await metricsOf(this.relayUrl)).get('outbox_backlog_rows') === 0) return true;
      await new Promise((resolve) => setTimeout(resolve, 50));
    } while (performance.now() < deadline);
    return false;
  }
}

/** `3004` or `3004-3013`. */
function portRange(text: string): string[] {
  const [first, last = first] = text.split('-').map(Number) as [number, number?];
  return Array.from({ length: last - first + 1 }, (_, i) => String(first + i));
}

const post = (url: string, body: object) =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(20_000),
  });
