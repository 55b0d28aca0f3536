/** Writes times as `Date.toISOString` does, and remembers the second of the last one: rows come in the order of their writing. */
export class IsoTime {
  #second = NaN;
  /** Up to the milliseconds: `2026-11-24T14:58:42.` */
  #beginning = '';

  /**
   * @param milliseconds since 1970; fractions are cut off
   * @throws {RangeError} for what is no time, or none that a Date can hold
   */
  of(milliseconds: number): string {
    const whole = Math.trunc(milliseconds);
    const second = Math.floor(whole / 1_000);
    if (second !== this.#second) {
      this.#beginning = new Date(second * 1_000).toISOString().slice(0, -4);
      this.#second = second;
    }
    return `${this.#beginning}${String(whole - second * 1_000).padStart(3, '0')}Z`;
  }
}
