/**
 * Collects items into batches: a batch goes when it is full, or `waitMs` after its first item. One batch is worked on
 * at a time; what arrives meanwhile waits for the next one, so under load the batches fill by themselves.
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
    if (!this.#working) this.#flush();
    while (this.#working) await this.#working;
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const items = this.#items.splice(0, this.#maxItems);
    if (items.length === 0) return;
    this.#working = this.#work(items).finally(() => {
      this.#working = undefined;
      if (this.#items.length > 0) this.#flush();
    });
  }
}
