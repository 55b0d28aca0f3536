/** Rows of the first fetch of a pass: of the largest that a broker takes by default, 16 MiB, they fill 256 MiB. */
const firstRows = 16;
const growth = 4;

/**
 * How many rows the next fetch of a pass asks for. They are counted before anybody knows how large they are, so it
 * begins small, grows while they are, and goes by the size of those that came last: a backlog of large events must not
 * end a relay for lack of memory, again at each start.
 */
export class FetchSize {
  readonly #most: number;
  readonly #bytes: number;
  #rows: number;

  /** @param bytes of bodies in one fetch, about */
  constructor({ rows, bytes }: { rows: number; bytes: number }) {
    this.#most = rows;
    this.#bytes = bytes;
    this.#rows = Math.min(rows, firstRows);
  }

  get rows(): number {
    return this.#rows;
  }

  fetched(rows: readonly { body: string }[]): void {
    const bytes = rows.reduce((sum, { body }) => sum + body.length, 0);
    const fitting = Math.floor((this.#bytes * rows.length) / Math.max(1, bytes));
    this.#rows = Math.max(1, Math.min(this.#most, this.#rows * growth, fitting));
  }
}
