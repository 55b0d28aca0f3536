/** Something to wait for that others raise; raised while nobody waits, it ends the next wait at once. */
export class Signal {
  #raised = false;
  readonly #waiters = new Set<() => void>();

  raise(): void {
    if (this.#waiters.size === 0) {
      this.#raised = true;
      return;
    }
    for (const wake of [...this.#waiters]) wake();
  }

  /** Resolves when it is raised, or after `timeoutMs`. */
  async wait(timeoutMs: number): Promise<void> {
    if (this.#raised) {
      this.#raised = false;
      return;
    }
    await new Promise<void>((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#waiters.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, timeoutMs);
      this.#waiters.add(wake);
    });
  }
}
