const width = 30;

/** One line that is drawn anew on a terminal, and a line every few seconds where there is none. */
export class Progress {
  readonly #total: number;
  readonly #look: () => { accepted: number; counted: number; note: string };
  #timer: NodeJS.Timeout | undefined;

  constructor(total: number, look: () => { accepted: number; counted: number; note: string }) {
    this.#total = total;
    this.#look = look;
  }

  start(): void {
    this.#timer = setInterval(() => this.#draw(), process.stdout.isTTY ? 100 : 2_000);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#draw();
    if (process.stdout.isTTY) process.stdout.write('\n');
  }

  #draw(): void {
    const { accepted, counted, note } = this.#look();
    // Full: counted. Half: accepted, and still on its way.
    const full = Math.floor((counted / this.#total) * width);
    const half = Math.floor((accepted / this.#total) * width) - full;
    const bar =
      '█'.repeat(full) + '▒'.repeat(Math.max(0, half)) + ' '.repeat(Math.max(0, width - full - half));
    const line = `[${bar}] accepted ${accepted}/${this.#total}  counted ${counted}  ${note}`;
    process.stdout.write(process.stdout.isTTY ? `\r${line}\u001b[K` : `${line}\n`);
  }
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

export function table(rows: readonly (readonly [string, string])[]): string {
  const left = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `  ${name.padEnd(left)}  ${value}`).join('\n');
}
