import type { CustomerRow } from '@event-sync/customer-service/customers/customer.ts';

export interface Customer extends Omit<CustomerRow, 'version' | 'orders_count'> {
  readonly orders_count: number;
  readonly version: number;
}

/** What is committed. */
export interface Tables {
  readonly customers: Map<string, Customer>;
  readonly inbox: Set<string>;
  /** By customer: the version to evict. In the order in which they were noted. */
  readonly notes: Map<string, number>;
}

/**
 * A transaction: what it writes nobody else sees before the commit, and what it has locked nobody else writes before
 * its end. Read committed, as Postgres has it by default.
 */
export class Transaction {
  readonly #tables: Tables;
  readonly #locks: Map<string, Transaction>;
  readonly #mine = new Set<string>();
  readonly #customers = new Map<string, Customer>();
  readonly #inbox = new Set<string>();
  readonly #notes = new Map<string, number>();
  readonly #forgottenNotes = new Set<string>();
  #onEnd: (() => void)[] = [];
  state: 'open' | 'committed' | 'rolled-back' = 'open';

  constructor(tables: Tables, locks: Map<string, Transaction>) {
    this.#tables = tables;
    this.#locks = locks;
  }

  /** @returns who has one of these, if somebody has; else they are this one's now. */
  lock(names: readonly string[]): Transaction | undefined {
    for (const name of names) {
      const holder = this.#locks.get(name);
      if (holder && holder !== this) return holder;
    }
    for (const name of names) {
      this.#locks.set(name, this);
      this.#mine.add(name);
    }
    return undefined;
  }

  onEnd(tell: () => void): void {
    this.#onEnd.push(tell);
  }

  customer(id: string): Customer | undefined {
    return this.#customers.get(id) ?? this.#tables.customers.get(id);
  }

  putCustomer(customer: Customer): void {
    this.#customers.set(customer.id, customer);
  }

  /** @returns whether it is new. */
  addToInbox(eventId: string): boolean {
    if (this.#tables.inbox.has(eventId) || this.#inbox.has(eventId)) return false;
    this.#inbox.add(eventId);
    return true;
  }

  takeFromInbox(eventId: string): void {
    this.#inbox.delete(eventId);
  }

  note(customerId: string): number | undefined {
    if (this.#forgottenNotes.has(customerId)) return undefined;
    return this.#notes.get(customerId) ?? this.#tables.notes.get(customerId);
  }

  putNote(customerId: string, version: number): void {
    this.#forgottenNotes.delete(customerId);
    this.#notes.set(customerId, version);
  }

  forgetNote(customerId: string): void {
    this.#notes.delete(customerId);
    this.#forgottenNotes.add(customerId);
  }

  /** @returns the events that are in the inbox by this. */
  commit(): { events: readonly string[]; customers: ReadonlyMap<string, Customer> } {
    const { customers, inbox, notes } = this.#tables;
    for (const [id, customer] of this.#customers) customers.set(id, customer);
    for (const eventId of this.#inbox) inbox.add(eventId);
    for (const [id, version] of this.#notes) notes.set(id, version);
    for (const id of this.#forgottenNotes) notes.delete(id);
    this.#end('committed');
    return { events: [...this.#inbox], customers: this.#customers };
  }

  rollback(): void {
    if (this.state === 'open') this.#end('rolled-back');
  }

  #end(state: 'committed' | 'rolled-back'): void {
    this.state = state;
    for (const name of this.#mine) this.#locks.delete(name);
    const tell = this.#onEnd;
    this.#onEnd = [];
    for (const heard of tell) heard();
  }
}
