import type fc from 'fast-check';
import type { World } from '../world/world.ts';

/** A system, and the commands that were given so far. */
export interface Playing {
  readonly world: World;
  readonly played: Command[];
}

/** One step of a schedule: something that befalls the system, or that somebody asks of it. */
export class Command implements fc.AsyncCommand<Playing, Playing> {
  /** What the statistics count it as. */
  readonly kind: string;
  readonly #told: string;
  readonly #possible: (world: World) => boolean;
  readonly #run: (world: World) => void | Promise<void>;

  constructor(options: {
    kind: string;
    /** For people: with what. */
    details?: string;
    possible?: (world: World) => boolean;
    run: (world: World) => void | Promise<void>;
  }) {
    this.kind = options.kind;
    this.#told = options.details ? `${options.kind} (${options.details})` : options.kind;
    this.#possible = options.possible ?? (() => true);
    this.#run = options.run;
  }

  check({ world }: Playing): boolean {
    return this.#possible(world);
  }

  async run({ world, played }: Playing): Promise<void> {
    played.push(this);
    world.journal.note(() => `— ${this.toString()}`);
    await this.#run(world);
    world.promises.areKept();
  }

  toString(): string {
    return this.#told;
  }
}
