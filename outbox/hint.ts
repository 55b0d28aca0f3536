/** The channel on which relays listen. */
export const hintChannel = 'outbox';

/**
 * Tells relays that there is something in the outbox, so that they need not wait for their next poll. Raised after the
 * commit, never in the transaction: a NOTIFY inside serialises the commits (it cost 39% of the write rate), and one that
 * is lost costs nothing but the wait for the poll.
 *
 * Coalesced: while one hint is on its way, any number of others become one.
 */
export class OutboxHint {
  readonly #send: () => Promise<unknown>;
  #sending = false;
  #again = false;

  /** @param send e.g. `() => knex.raw(`NOTIFY ${hintChannel}`)`. Its failure is nobody's concern. */
  constructor(send: () => Promise<unknown>) {
    this.#send = send;
  }

  raise(): void {
    if (this.#sending) {
      this.#again = true;
      return;
    }
    this.#sending = true;
    void this.#send()
      .catch(() => {})
      .then(() => {
        this.#sending = false;
        if (!this.#again) return;
        this.#again = false;
        this.raise();
      });
  }
}
