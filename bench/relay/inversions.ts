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

/** What a consumer that drops duplicates sees of the order within each key. */
export function arrivalOrder(arrivals: Iterable<Arrival>): ArrivalOrder {
  const keys = new Map<number, { highest: number; seen: Set<number> }>();
  const order: ArrivalOrder = { inversions: 0, duplicates: 0, distinct: 0 };
  for (const { key, sequence } of arrivals) {
    let known = keys.get(key);
    if (!known) keys.set(key, (known = { highest: -1, seen: new Set() }));
    if (known.seen.has(sequence)) {
      order.duplicates++;
      continue;
    }
    known.seen.add(sequence);
    order.distinct++;
    if (sequence < known.highest) order.inversions++;
    else known.highest = sequence;
  }
  return order;
}
