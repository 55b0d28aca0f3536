/** A promise of the system that was not kept: what the schedules are searched for. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

/** Remembers the first promise that was broken: code of the system that catches errors must not hide it. */
export class Promises {
  #violation: Violation | undefined;

  broken(what: string): never {
    this.#violation ??= new Violation(what);
    throw this.#violation;
  }

  /** @throws what was broken before. */
  areKept(): void {
    if (this.#violation) throw this.#violation;
  }
}
