import type { Clock } from '../time/clock.ts';

/** What happened, for people, of the one schedule that they look at. Of all the others nothing is written down. */
export class Journal {
  readonly #clock: Clock;
  readonly #lines: string[] | undefined;

  constructor(clock: Clock, kept: boolean) {
    this.#clock = clock;
    this.#lines = kept ? [] : undefined;
  }

  get lines(): readonly string[] {
    return this.#lines ?? [];
  }

  note(what: () => string): void {
    this.#lines?.push(`${this.#clock.now.toFixed(1).padStart(9)} ms  ${what()}`);
  }
}
