import { createHash } from 'node:crypto';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';

/** Random numbers that a seed repeats: what a run did can be done again. */
export class Seeded {
  readonly #generator: RandomGenerator;

  /** @param parts what the numbers depend on, e.g. the seed and the name of the point */
  constructor(...parts: (string | number)[]) {
    this.#generator = xoroshiro128plus(createHash('sha256').update(parts.join('/')).digest().readInt32LE());
  }

  /** A whole number, both ends included. */
  between(from: number, to: number): number {
    return uniformInt(this.#generator, from, to);
  }

  pick<T>(from: readonly T[]): T {
    return from[this.between(0, from.length - 1)]!;
  }
}
