import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';

export const usage = `Usage: npm run simulate -- [options]

Plays made-up schedules of orders, failures and waits against the relay's and the consumer's own code, on simulated
servers and simulated clocks, and audits each of them. One that breaks a promise is made as short as possible and shown.

  --minutes N     how long; a fraction is fine (1)
  --seed N        where chance begins (drawn): the same seed makes the same schedules, whatever the number of threads
  --threads N     (as many as there are processors)
  --path P --replay R
                  with the seed: plays one counterexample again, as printed with it`;

export interface Options {
  readonly minutes: number;
  readonly seed: number;
  readonly threads: number;
  readonly path: string | undefined;
  readonly replay: string | undefined;
}

/** @throws {Error} with a sentence for people */
export function parseOptions(parameters: readonly string[]): Options | 'help' {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...parameters],
    options: {
      ...{ minutes: text, seed: text, threads: text, path: text, replay: text },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  const { path, replay } = values;
  return {
    minutes: number('--minutes', values.minutes ?? '1', 1_440),
    seed: whole('--seed', values.seed ?? String(Math.trunc(Math.random() * largestSeed)), largestSeed),
    threads: whole('--threads', values.threads ?? String(availableParallelism()), 64),
    path,
    replay,
  };
}

/** What fast-check takes. */
export const largestSeed = 2 ** 31 - 1;

function number(name: string, text: string, most: number): number {
  const value = Number(text);
  if (text.trim() !== '' && value > 0 && value <= most) return value;
  throw new Error(`${name} must be a number above 0, up to ${most}, and "${text}" is not.`);
}

function whole(name: string, text: string, most: number): number {
  const value = number(name, text, most);
  if (Number.isInteger(value)) return value;
  throw new Error(`${name} must be a whole number, and "${text}" is not.`);
}
