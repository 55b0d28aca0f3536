/** On which relays hear that there is something in the outbox, and need not wait for their next poll. */
export const outboxChannel = 'outbox';
/** On which whoever waits for an event hears that some were applied. */
export const inboxChannel = 'inbox';

/**
 * Tells others that a table has something new. Raised after the commit, never in the transaction: a NOTIFY inside
 * serialises the commits (it cost 39% of the write rate of orders). It may be lost: who hears it has another way, such as
 * a poll.
 *
 * Coalesced: while one hint is on its way, any number of others become one.
 */
export class Hint {
  readonly #send: () => Promise<unknown>;
  #sending = false;
  #again = false;

  /** @param send e.g. `() => knex.raw(`NOTIFY ${outboxChannel}`)`. Its failure is nobody's concern. */
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
