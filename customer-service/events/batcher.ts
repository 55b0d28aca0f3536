/** So many that came during the work on one batch are a load: then it pays to let more join them. */
const loadItems = 32;
/** For how long, in milliseconds. */
const joinMs = 50;

/**
 * Collects items into batches: a batch goes when it is full, or `waitMs` after its first item. One batch is worked on
 * at a time; what arrives meanwhile waits for the next one, so under load the batches fill by themselves. There it waits
 * a little longer, because a transaction, an eviction and an acknowledgement cost much the same for few as for many.
 */
export class Batcher<Item> {
  readonly #work: (items: Item[]) => Promise<void>;
  readonly #maxItems: number;
  readonly #waitMs: number;
  #items: Item[] = [];
  #timer: NodeJS.Timeout | undefined;
  #working: Promise<void> | undefined;

  /** @param work must not reject. */
  constructor(
    work: (items: Item[]) => Promise<void>,
    { maxItems, waitMs }: { maxItems: number; waitMs: number },
  ) {
    this.#work = work;
    this.#maxItems = maxItems;
    this.#waitMs = waitMs;
  }

  add(item: Item): void {
    this.#items.push(item);
    if (this.#working) return;
    if (this.#items.length >= this.#maxItems) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), this.#waitMs);
  }

  /** Works off what is there without waiting for more. */
  async drain(): Promise<void> {
    for (;;) {
      if (!this.#working) this.#flush();
      if (!this.#working) return;
      await this.#working;
    }
  }

  /** Drops what waits. @returns what resolves when the batch at work, if there is one, is done. */
  async discard(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#items = [];
    await this.#working;
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const items = this.#items.splice(0, this.#maxItems);
    if (items.length === 0) return;
    this.#working = this.#work(items).finally(() => {
      this.#working = undefined;
      const waiting = this.#items.length;
      if (waiting >= loadItems && waiting < this.#maxItems) {
        this.#timer = setTimeout(() => this.#flush(), joinMs);
      } else if (waiting > 0) this.#flush();
    });
  }
}
