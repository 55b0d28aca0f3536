import { Arrivals } from '../relay/inversions.ts';

/** The first arrival of an event. */
export interface FirstArrival {
  /** Milliseconds of the wall clock. */
  readonly at: number;
  /** Milliseconds since it was written: since before the commit, so a little too long and never too short. */
  readonly waited: number;
}

interface Body {
  readonly timestamp: string;
  readonly data: { readonly key: number; readonly sequence: number };
}

/** Inversions that are kept in detail. */
const detailed = 20;

/** Everything that came out of the queue, in its order. */
export class ArrivalLog {
  readonly order = new Arrivals();
  readonly firsts: FirstArrival[] = [];
  /** On the clock of `performance`. */
  lastFirstAt = performance.now();
  /** The events that came too late, to look them up in the logs of the relays. */
  readonly inverted: { key: number; sequence: number; at: string }[] = [];

  take(content: Buffer): void {
    const { timestamp, data } = JSON.parse(content.toString()) as Body;
    const { inversions } = this.order;
    if (!this.order.take(data)) return;
    const at = Date.now();
    this.lastFirstAt = performance.now();
    this.firsts.push({ at, waited: at - Date.parse(timestamp) });
    if (this.order.inversions > inversions && this.inverted.length < detailed)
      this.inverted.push({ key: data.key, sequence: data.sequence, at: new Date(at).toISOString() });
  }
}

/** The longest that any event had waited that arrived from one moment to another; 0 if none did. */
export function longestWait(firsts: readonly FirstArrival[], from: number, until: number): number {
  return firsts.reduce(
    (longest, { at, waited }) => (at >= from && at < until ? Math.max(longest, waited) : longest),
    0,
  );
}
