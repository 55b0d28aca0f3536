import type { Journal } from '../world/journal.ts';
import type { Promises } from './promises.ts';

/** What the simulation knows of an event, whatever the system believes. */
export interface EventRecord {
  readonly number: number;
  readonly id: string;
  readonly position: string;
  readonly customer: string;
  state: 'open' | 'committed' | 'rolled-back';
  /** Which commit it was, counted from 1. */
  committedAs: number;
  /** In the orders' queue at least once. */
  arrived: boolean;
  /** Some relay was told so. */
  confirmed: boolean;
  /** The last relay that was told so, since the event was replayed. */
  confirmedTo: string | undefined;
  settled: number;
  /** The customer's version once it was counted. */
  countedAs: number | undefined;
}

/** Holds each step of the system against what was promised, at the moment of the step. */
export class Events {
  readonly promises: Promises;
  readonly #journal: Journal;
  readonly byId = new Map<string, EventRecord>();
  #commits = 0;
  readonly #ofCustomer = new Map<string, EventRecord[]>();

  constructor(promises: Promises, journal: Journal) {
    this.promises = promises;
    this.#journal = journal;
  }

  add(customer: string, position: string): EventRecord {
    const number = this.byId.size + 1;
    const id = `00000000-0000-7000-8000-${String(number).padStart(12, '0')}`;
    const event: EventRecord = {
      ...{ number, id, position, customer, state: 'open', committedAs: 0 },
      ...{ arrived: false, confirmed: false, confirmedTo: undefined, settled: 0, countedAs: undefined },
    };
    this.byId.set(id, event);
    const others = this.#ofCustomer.get(customer);
    if (others) others.push(event);
    else this.#ofCustomer.set(customer, [event]);
    return event;
  }

  of(customer: string): readonly EventRecord[] {
    return this.#ofCustomer.get(customer) ?? [];
  }

  get(id: string): EventRecord {
    const event = this.byId.get(id);
    return event ?? this.promises.broken(`nobody has written an event ${id}`);
  }

  ended(event: EventRecord, how: 'committed' | 'rolled-back'): void {
    event.state = how;
    if (how === 'committed') event.committedAs = ++this.#commits;
  }

  /** A relay sends it, and `leased` says whether it has the lease of the event's partition at this instant. */
  published(id: string, relay: string, leased: boolean): void {
    const event = this.get(id);
    this.#journal.note(() => `${relay} publishes ${tell(event)}`);
    if (event.state !== 'committed')
      this.promises.broken(`${relay} published ${tell(event)}, which is ${event.state}`);
    if (!leased) this.promises.broken(`${relay} published ${tell(event)} without the lease of its partition`);
    if (event.confirmedTo === relay)
      this.promises.broken(`${relay} published ${tell(event)} again, having heard that it is confirmed`);
  }

  /**
   * The first arrivals of the events of a key are in the order of their commits; a second arrival of one may come at
   * any time.
   */
  arrived(id: string): void {
    const event = this.get(id);
    this.#journal.note(() => `${tell(event)} arrives in the queue`);
    if (event.arrived) return;
    for (const earlier of this.of(event.customer)) {
      const wasBefore = earlier.state === 'committed' && earlier.committedAs < event.committedAs;
      if (wasBefore && !earlier.arrived)
        this.promises.broken(`${tell(event)} arrived before ${tell(earlier)}`);
    }
    event.arrived = true;
  }

  confirmed(id: string, relay: string): void {
    const event = this.get(id);
    event.confirmed = true;
    event.confirmedTo = relay;
    this.#journal.note(() => `${relay} hears that ${tell(event)} is confirmed`);
  }

  /**
   * By an operator, from what was parked: it is published once more. Unless a relay that had heard of its confirm before
   * another one parked it comes to settle it.
   */
  replayed(id: string): void {
    this.get(id).confirmedTo = undefined;
  }

  settled(id: string): void {
    const event = this.get(id);
    this.#journal.note(() => `${tell(event)} is settled`);
    if (!event.confirmed) this.promises.broken(`${tell(event)} was settled and never confirmed`);
    event.settled++;
    if (event.settled > 1) this.promises.broken(`${tell(event)} was settled twice`);
  }

  counted(id: string, version: number): void {
    const event = this.get(id);
    this.#journal.note(() => `${tell(event)} is counted, customer ${event.customer} has version ${version}`);
    if (event.countedAs !== undefined) this.promises.broken(`${tell(event)} was counted twice`);
    if (event.state !== 'committed')
      this.promises.broken(`${tell(event)} was counted, and it is ${event.state}`);
    event.countedAs = version;
  }
}

export const tell = ({ number, customer }: EventRecord) => `event ${number} (customer ${customer})`;
