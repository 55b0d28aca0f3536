import { setTimeout as delay } from 'node:timers/promises';
import type { World } from '../world/world.ts';
import type { Seeded } from './seeded.ts';

/** What a client knows of an order that it asked for. */
export interface Asked {
  /** The product's name: by it the order is found again. */
  readonly token: string;
  readonly customer: number;
  /** Sent with an Idempotency-Key, and again until it was answered. */
  readonly keyed: boolean;
  /** `unknown`: not answered, or by a 5xx; without a key nobody can tell whether it was stored. */
  answer: 'unknown' | 'accepted' | 'refused';
}

/**
 * Customers of the shop, at a bounded rate: they place orders, with an Idempotency-Key and without, change their
 * address, and look at their count. Each keeps its own log of what it was answered.
 */
export class Clients {
  readonly log: Asked[] = [];
  /** Answers by status, for people. */
  readonly statuses = new Map<string, number>();
  readonly #world: World;
  readonly #random: Seeded;
  readonly #customers: readonly number[];
  readonly #pauseMs: number;
  readonly #rate: number | undefined;
  readonly #underWay = new Set<Promise<void>>();
  readonly #name: string;
  readonly #stopping = new AbortController();
  #running: Promise<unknown> | undefined;
  #count = 0;

  /**
   * @param options.pauseMs between two requests of one client; three of them place orders
   * @param options.rate orders a second, all with an Idempotency-Key, in place of those three: they come whether the
   *   earlier ones have been answered or not
   */
  constructor(options: {
    world: World;
    random: Seeded;
    customers: readonly number[];
    name: string;
    pauseMs?: number;
    rate?: number;
  }) {
    this.#world = options.world;
    this.#random = options.random;
    this.#customers = options.customers;
    this.#name = options.name;
    this.#pauseMs = options.pauseMs ?? (options.rate === undefined ? 5 : 50);
    this.#rate = options.rate;
  }

  start(): void {
    const { signal } = this.#stopping;
    const loop = async (work: () => Promise<void>, pauseMs: number) => {
      while (!signal.aborted) {
        await work();
        await delay(pauseMs, undefined, { signal }).catch(() => {});
      }
    };
    this.#running ??= Promise.all([
      ...(this.#rate === undefined
        ? [1, 2, 3].map(() => loop(() => this.#order(), this.#pauseMs))
        : [this.#orderAtRate(this.#rate, signal)]),
      loop(() => this.#look(), this.#pauseMs * 2),
      loop(() => this.#move(), this.#pauseMs * 10),
    ]);
  }

  /** Those that were sent with a key are sent until they are answered. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #orderAtRate(rate: number, signal: AbortSignal): Promise<void> {
    const startedAt = performance.now();
    for (let sent = 0; !signal.aborted; sent++) {
      const dueInMs = startedAt + (sent / rate) * 1_000 - performance.now();
      if (dueInMs > 0) await delay(dueInMs, undefined, { signal }).catch(() => {});
      // Clients that wait have sockets; more than these a machine would not have.
      while (this.#underWay.size >= 500) await Promise.race(this.#underWay);
      const order = this.#order(true).finally(() => this.#underWay.delete(order));
      this.#underWay.add(order);
    }
    await Promise.all(this.#underWay);
  }

  async #order(withKey = false): Promise<void> {
    const number = ++this.#count;
    const asked: Asked = {
      token: `${this.#name}-${number}`,
      customer: this.#random.pick(this.#customers),
      keyed: withKey || number % 2 === 0,
      answer: 'unknown',
    };
    this.log.push(asked);
    const giveUpAt = performance.now() + 60_000;
    // Hundreds wait through a longer outage: without a pause that grows, they would be the next one.
    for (let pauseMs = 100; asked.answer === 'unknown'; pauseMs = Math.min(pauseMs * 2, 2_000)) {
      const status = await this.#send('orderService', 'POST', '/orders', {
        headers: asked.keyed ? { 'Idempotency-Key': asked.token } : {},
        json: {
          order: { customer_id: asked.customer, product_name: asked.token, quantity: 1, price: 9.99 },
        },
      });
      if (status === 201) asked.answer = 'accepted';
      else if (status >= 400 && status < 500 && status !== 409) asked.answer = 'refused';
      else if (!asked.keyed || performance.now() > giveUpAt) return;
      else await delay(pauseMs * (0.5 + Math.random() / 2));
    }
  }

  async #look(): Promise<void> {
    await this.#send('customerWeb', 'GET', `/customers/${this.#random.pick(this.#customers)}`);
  }

  async #move(): Promise<void> {
    const id = this.#random.pick(this.#customers);
    const address = `Calle ${this.#random.between(1, 999)}, Ciudad`;
    await this.#send('customerWeb', 'PUT', `/customers/${id}`, {
      json: { customer: { name: `Customer ${id}`, address } },
    });
  }

  /** @returns the status; 0 if there was no answer */
  async #send(
    service: 'orderService' | 'customerWeb',
    method: string,
    path: string,
    { headers = {}, json }: { headers?: Record<string, string>; json?: object } = {},
  ): Promise<number> {
    let status = 0;
    try {
      const answer = await fetch(this.#world.url(service, path), {
        method,
        headers: { ...headers, ...(json ? { 'Content-Type': 'application/json' } : {}) },
        ...(json ? { body: JSON.stringify(json) } : {}),
        signal: AbortSignal.timeout(20_000),
      });
      status = answer.status;
      await answer.arrayBuffer();
    } catch {
      // Refused, reset, or no answer in time: as a client sees a server that dies.
    }
    const what = `${method} ${status === 0 ? 'unanswered' : status}`;
    this.statuses.set(what, (this.statuses.get(what) ?? 0) + 1);
    return status;
  }
}
