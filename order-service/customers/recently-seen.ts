/** Seconds and number: a customer that was there a moment ago, and so many of them that it costs next to no memory. */
const rememberedMs = 2_000;
const maxRemembered = 10_000;

/**
 * Ids that existed within the last two seconds, so that the orders of a busy customer do not all ask Redis. Only what
 * exists is remembered: no call of the API takes a customer away. Without it the question took a quarter of the rate of
 * orders, see docs/decisions/0012.
 */
export class RecentlySeen {
  /** When it is forgotten, by the id; in the order in which they were seen. */
  readonly #until = new Map<string, number>();

  has(id: string): boolean {
    const until = this.#until.get(id);
    if (until === undefined) return false;
    if (performance.now() < until) return true;
    this.#until.delete(id);
    return false;
  }

  add(id: string): void {
    this.#until.delete(id);
    this.#until.set(id, performance.now() + rememberedMs);
    if (this.#until.size <= maxRemembered) return;
    const [oldest] = this.#until.keys();
    this.#until.delete(oldest!);
  }
}
