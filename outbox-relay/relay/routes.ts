import type { HeldBack } from '../outbox/held-back.ts';

/** How long a route that leads to no queue, or an exchange that is not there, is left alone before it is tried again. */
const trialIntervalMs = 1_000;
/** An exchange for which no row was seen for so long is not asked for any more. */
const unwantedMs = 60_000;

interface Route {
  readonly exchange: string;
  readonly routing_key: string;
}
interface RouteOfRow extends Route {
  readonly position: string;
}

/** Neither has a zero byte in it: Postgres takes none. */
const nameOf = ({ exchange, routing_key }: Route) => `${exchange}\0${routing_key}`;

/**
 * Where nothing can be published to. Exchange and routing key pairs from which the broker returned a message: their rows
 * wait without using up attempts; once a second the one that came back last is tried, and when it is confirmed the others
 * go. And exchanges that are not there: the broker closes the channel over each message for one of them, so no row is
 * tried, and whether it is there is asked instead.
 */
export class Routes {
  readonly #suspended = new Map<string, { route: Route; trial: string; tryAt: number }>();
  /** When to ask for it, and when there was a row for it last. */
  readonly #missing = new Map<string, { askAt: number; wantedAt: number }>();

  /** @returns whether this is news, so that one alarm is raised and not thousands. */
  returned(row: RouteOfRow, now: number): boolean {
    const { exchange, routing_key, position: trial } = row;
    const news = !this.#suspended.has(nameOf(row));
    const route = { exchange, routing_key };
    this.#suspended.set(nameOf(row), { route, trial, tryAt: now + trialIntervalMs });
    return news;
  }

  /** The broker has given a row to a queue, or tried to. @returns whether the route had been suspended. */
  ledToQueue(row: Route): boolean {
    return this.#suspended.size > 0 && this.#suspended.delete(nameOf(row));
  }

  /** There is no such exchange. */
  missing(exchange: string, now: number): void {
    this.#missing.set(exchange, { askAt: now + trialIntervalMs, wantedAt: now });
  }

  /** Exchanges to ask for now: each once in an interval, as long as there are rows for it. */
  toAskFor(now: number): string[] {
    const due: string[] = [];
    for (const [exchange, asked] of this.#missing) {
      if (now - asked.wantedAt > unwantedMs) this.#missing.delete(exchange);
      else if (asked.askAt <= now) {
        asked.askAt = now + trialIntervalMs;
        due.push(exchange);
      }
    }
    return due;
  }

  /** The exchange is there. */
  found(exchange: string): void {
    this.#missing.delete(exchange);
  }

  /** Whether this row may be published now. */
  admits(row: RouteOfRow, now: number): boolean {
    if (this.size === 0) return true;
    const missing = this.#missing.get(row.exchange);
    if (missing) {
      missing.wantedAt = now;
      return false;
    }
    const suspended = this.#suspended.get(nameOf(row));
    if (!suspended) return true;
    if (row.position !== suspended.trial || now < suspended.tryAt) return false;
    suspended.tryAt = now + trialIntervalMs;
    return true;
  }

  /** What a pass that begins now need not read. */
  heldBack(now: number): HeldBack {
    const suspended = [...this.#suspended.values()];
    return {
      routes: [
        ...[...this.#missing.keys()].map((exchange) => ({ exchange })),
        ...suspended.map(({ route }) => route),
      ],
      trials: suspended.filter(({ tryAt }) => tryAt <= now).map(({ trial }) => trial),
    };
  }

  /**
   * A route whose turn it was by then, and whose row has not come since, has lost it: it was parked, or belongs to another
   * relay now. Forgotten, the route is tried with any row, and suspended by it again.
   */
  forgetOverdue(turnedBy: number): void {
    for (const [name, { tryAt }] of this.#suspended) if (tryAt <= turnedBy) this.#suspended.delete(name);
  }

  get size(): number {
    return this.#suspended.size + this.#missing.size;
  }
}
