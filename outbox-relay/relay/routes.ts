/** How long a route that leads to no queue is left alone before one row tries it again. */
const probeIntervalMs = 1_000;

const routeOf = (row: { exchange: string; routing_key: string }) => `${row.exchange} ${row.routing_key}`;

/**
 * Exchange and routing key pairs from which the broker returned a message. Rows for them wait without using up
 * attempts; once a second one of them tries, and the first that is confirmed lets all the others go.
 */
export class Routes {
  readonly #suspended = new Map<string, { since: number; tryAt: number }>();

  /** @returns whether this is news, so that one alarm is raised and not thousands. */
  returned(row: { exchange: string; routing_key: string }, now: number): boolean {
    const known = this.#suspended.get(routeOf(row));
    this.#suspended.set(routeOf(row), { since: known?.since ?? now, tryAt: now + probeIntervalMs });
    return known === undefined;
  }

  /** @returns whether the route had been suspended. */
  confirmed(row: { exchange: string; routing_key: string }): boolean {
    return this.#suspended.size > 0 && this.#suspended.delete(routeOf(row));
  }

  suspended(row: { exchange: string; routing_key: string }): boolean {
    return this.#suspended.size > 0 && this.#suspended.has(routeOf(row));
  }

  /** Whether a row of this route may be published now. For a suspended route: one row each interval. */
  admits(row: { exchange: string; routing_key: string }, now: number): boolean {
    if (this.#suspended.size === 0) return true;
    const route = this.#suspended.get(routeOf(row));
    if (!route) return true;
    if (now < route.tryAt) return false;
    route.tryAt = now + probeIntervalMs;
    return true;
  }

  get size(): number {
    return this.#suspended.size;
  }
}
