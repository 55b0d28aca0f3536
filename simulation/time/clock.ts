/** Something that happens at a simulated time. Also what a simulated `setTimeout` returns, so it has a timer's methods. */
export class Happening {
  readonly at: number;
  readonly sequence: number;
  readonly run: () => void;
  cancelled = false;

  constructor(at: number, sequence: number, run: () => void) {
    this.at = at;
    this.sequence = sequence;
    this.run = run;
  }

  unref(): this {
    return this;
  }

  ref(): this {
    return this;
  }
}

/**
 * Simulated time, in milliseconds. What is scheduled for the same time happens in the order in which it was scheduled,
 * and everything that it sets going in promises ends before the next: so one seed is one history.
 */
export class Clock {
  #now = 0;
  #sequence = 0;
  #happened = 0;
  /** A binary heap: the next is the first. */
  readonly #heap: Happening[] = [];

  get now(): number {
    return this.#now;
  }

  /** How much has happened, for statistics. */
  get happened(): number {
    return this.#happened;
  }

  after(delayMs: number, run: () => void): Happening {
    const happening = new Happening(this.#now + Math.max(0, delayMs), this.#sequence++, run);
    const heap = this.#heap;
    heap.push(happening);
    for (let child = heap.length - 1; child > 0;) {
      const parent = (child - 1) >> 1;
      if (!isBefore(heap[child]!, heap[parent]!)) break;
      swap(heap, child, parent);
      child = parent;
    }
    return happening;
  }

  /** Lets everything happen that is due within this time. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    for (;;) {
      await drained();
      const next = this.#heap[0];
      if (!next || next.at > until) break;
      this.#takeFirst();
      if (next.cancelled) continue;
      this.#now = next.at;
      this.#happened++;
      next.run();
    }
    this.#now = until;
  }

  #takeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    heap[0] = last;
    for (let parent = 0; ;) {
      const left = 2 * parent + 1;
      if (left >= heap.length) return;
      const right = left + 1;
      const least = right < heap.length && isBefore(heap[right]!, heap[left]!) ? right : left;
      if (!isBefore(heap[least]!, heap[parent]!)) return;
      swap(heap, least, parent);
      parent = least;
    }
  }
}

/** Node runs a tick that was asked for in a microtask after all microtasks, those included that they bring. */
const drained = () => new Promise<void>((resolve) => process.nextTick(resolve));

const isBefore = (one: Happening, other: Happening) =>
  one.at < other.at || (one.at === other.at && one.sequence < other.sequence);

function swap(heap: Happening[], one: number, other: number): void {
  [heap[one], heap[other]] = [heap[other]!, heap[one]!];
}
