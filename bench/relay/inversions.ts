/** An event as it came out of the queue: the how-manieth it is of its ordering key, from 0. */
export interface Arrival {
  readonly key: number;
  readonly sequence: number;
}

export interface ArrivalOrder {
  /** Events whose first arrival came after that of a later event of their key. */
  inversions: number;
  /** Arrivals of an event that had arrived before. */
  duplicates: number;
  distinct: number;
}

/** Counts while they come. */
export class Arrivals implements ArrivalOrder {
  inversions = 0;
  duplicates = 0;
  distinct = 0;
  readonly #keys = new Map<number, { highest: number; seen: Set<number> }>();

  /** @returns whether it is the first of this event: those after it a consumer drops. */
  take({ key, sequence }: Arrival): boolean {
    let known = this.#keys.get(key);
    if (!known) this.#keys.set(key, (known = { highest: -1, seen: new Set() }));
    if (known.seen.has(sequence)) {
      this.duplicates++;
      return false;
    }
    known.seen.add(sequence);
    this.distinct++;
    if (sequence < known.highest) this.inversions++;
    else known.highest = sequence;
    return true;
  }
}

/** What a consumer that drops duplicates sees of the order within each key. */
export function arrivalOrder(list: Iterable<Arrival>): ArrivalOrder {
  const arrivals = new Arrivals();
  for (const arrival of list) arrivals.take(arrival);
  const { inversions, duplicates, distinct } = arrivals;
  return { inversions, duplicates, distinct };
}
