/** Every kind of difference, with what it means. The words are stable: they are the labels of `audit_drift`. */
export const kinds = {
  'order-without-event': 'an order that no event in the history tells of',
  'order-with-several-events': 'an order that more than one event tells of: it is counted more than once',
  'event-without-order': 'an event whose order is not there',
  'event-of-another-customer': 'an event that names another customer than its order',
  'event-waiting': 'an event that the relay has not published yet',
  'event-parked': 'an event that could not be published and waits for a person',
  'event-not-applied': 'an event that was published and that nobody has counted',
  'event-in-two-places': 'an event that was applied, and waits for a person as well',
  'applied-without-inbox-id': 'an event that was counted, and whose id is not in the inbox',
  'inbox-id-without-event': 'an applied id that the history does not know',
  'dead-letter': 'a message that could not be applied and waits for a person',
  'count-differs': 'a customer whose orders_count is not the number of applied events',
  'queue-not-empty': 'a queue that still holds messages',
  'queue-missing': 'a queue that does not exist',
  'cache-differs': 'a cached customer that is not its row',
  'cache-ttl': 'a key of the cache that ends too late, or never',
} as const;
export type Kind = keyof typeof kinds;
export const kindNames = Object.keys(kinds) as Kind[];

/** What `--repair` can do about a difference. */
export type Repair =
  | { readonly do: 'replay'; readonly eventId: string; readonly publishedAtMs: number }
  | { readonly do: 'append'; readonly orderId: string }
  | { readonly do: 'evict'; readonly customerId: string; readonly version: string };

export interface Finding {
  readonly kind: Kind;
  /** To what it belongs; what is not known is left out. */
  readonly of: {
    readonly event?: string;
    readonly order?: string;
    readonly customer?: string;
    readonly queue?: string;
    readonly key?: string;
  };
  /** A sentence: what is different. */
  readonly what: string;
  /** A sentence: what to do about it. */
  readonly advice: string;
  readonly repair?: Repair;
}

/** Findings that are kept of one kind; the rest is only counted, so that no drift, however large, fills the memory. */
export const kept = 1_000;

export class Findings {
  readonly #counts = new Map<Kind, number>();
  readonly #kept: Finding[] = [];

  add(finding: Finding): void {
    const count = this.more(finding.kind, 1);
    if (count <= kept) this.#kept.push(finding);
  }

  /** Counts differences that nobody needs to see one by one. @returns how many of the kind there are now. */
  more(kind: Kind, number: number): number {
    const count = this.of(kind) + number;
    if (count > 0) this.#counts.set(kind, count);
    return count;
  }

  of(kind: Kind): number {
    return this.#counts.get(kind) ?? 0;
  }

  get total(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  get list(): readonly Finding[] {
    return this.#kept;
  }

  get counts(): Partial<Record<Kind, number>> {
    return Object.fromEntries(this.#counts);
  }
}
