import type { OutboxRow } from '../outbox/row.ts';

/**
 * The rows in the relay's hands, one lane for each ordering key. Pure bookkeeping: no clock, no I/O.
 *
 * Within a lane one row is in flight at a time. Only that keeps the order when the broker refuses a row (a full queue,
 * a binding that is gone for a moment) and takes the one after it. Between lanes there is no limit but the window's.
 *
 * A row is in hand from the pass that finds it until it is settled or given up. A pass sees the table as it was when
 * the pass began, so a row that was in hand at that time can turn up in it after it was settled; `beginPass` remembers
 * those.
 */
export class Lanes {
  readonly #lanes = new Map<string, OutboxRow[]>();
  readonly #busy = new Set<string>();
  readonly #held = new Map<string, number>();
  readonly #runnable: string[] = [];
  readonly #inHand = new Map<string, OutboxRow>();
  #bytes = 0;
  #carried = new Set<string>();
  #heldInPass = new Set<string>();
  #readInVain = 0;

  /** Rows in hand: queued, in flight, or confirmed or refused and that not yet written. */
  get size(): number {
    return this.#inHand.size;
  }

  /** Of the bodies of the rows in hand, in UTF-16 code units. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Rows of this pass that were left for another. */
  get readInVain(): number {
    return this.#readInVain;
  }

  /**
   * A hold ends only here. Within a pass a lane that was held stays so: the pass may be beyond the row that the hold
   * is about, and its successors would overtake it.
   */
  beginPass(now: number): void {
    this.#carried = new Set(this.#inHand.keys());
    for (const [key, until] of this.#held) if (until <= now) this.#held.delete(key);
    this.#heldInPass = new Set(this.#held.keys());
    this.#readInVain = 0;
  }

  /** `admit` false, or a row whose time has not come: it and its successors are left for another pass. */
  add(row: OutboxRow, admit: boolean): void {
    const key = row.ordering_key;
    if (this.#carried.has(row.position)) return;
    if (!admit || (row.wait_ms ?? 0) > 0) this.#heldInPass.add(key);
    if (this.#heldInPass.has(key)) {
      this.#readInVain++;
      return;
    }
    this.#inHand.set(row.position, row);
    this.#bytes += row.body.length;
    const lane = this.#lanes.get(key);
    if (lane) {
      lane.push(row);
    } else {
      this.#lanes.set(key, [row]);
      if (!this.#busy.has(key)) this.#runnable.push(key);
    }
  }

  /** The next row to publish; it is in flight from now on. */
  next(): OutboxRow | undefined {
    for (;;) {
      const key = this.#runnable.shift();
      if (key === undefined) return undefined;
      // Runnable once and given up since, and runnable again: its row is in flight already.
      if (this.#busy.has(key)) continue;
      const lane = this.#lanes.get(key);
      const row = lane?.shift();
      if (lane?.length === 0) this.#lanes.delete(key);
      if (!row) continue;
      this.#busy.add(key);
      return row;
    }
  }

  /** The broker has the row: its lane goes on. The row stays in hand until `settled`. */
  confirmed(row: OutboxRow): void {
    this.#busy.delete(row.ordering_key);
    if (this.#lanes.has(row.ordering_key)) this.#runnable.push(row.ordering_key);
  }

  settled(positions: readonly string[]): void {
    for (const position of positions) this.#release(position);
  }

  /** The row was not delivered: it and all that wait behind it are given up, to be found again after the hold. */
  failed(row: OutboxRow, until: number): void {
    this.refused(row);
    this.#release(row.position);
    this.#held.set(row.ordering_key, until);
  }

  /** The row was not delivered, and that has to be written down: until `failed` it stays in hand and holds its lane. */
  refused(row: OutboxRow): void {
    const key = row.ordering_key;
    this.#busy.delete(key);
    this.#held.set(key, Infinity);
    this.#heldInPass.add(key);
    this.#forgetLane(key);
  }

  /** Gives up what is queued, of some partitions or of all. What is in flight stays in hand. */
  giveUpQueued(partitions?: ReadonlySet<number>): void {
    for (const [key, lane] of this.#lanes) {
      // A lane has one key, and so one partition.
      if (partitions && !partitions.has(lane[0]!.partition)) continue;
      this.#forgetLane(key);
      // Not in this pass again: it may be past the rows just given up.
      this.#heldInPass.add(key);
    }
  }

  has(partitions: ReadonlySet<number>): boolean {
    for (const row of this.#inHand.values()) if (partitions.has(row.partition)) return true;
    return false;
  }

  #forgetLane(key: string): void {
    for (const row of this.#lanes.get(key) ?? []) this.#release(row.position);
    this.#lanes.delete(key);
  }

  #release(position: string): void {
    const row = this.#inHand.get(position);
    if (!row) return;
    this.#bytes -= row.body.length;
    this.#inHand.delete(position);
  }
}
