import { parseArgs } from 'node:util';

interface Bounds {
  readonly min: number;
  readonly max: number;
}

/**
 * What every benchmark understands: `--quick`, `--json`, `--help`, and whole numbers of its own.
 *
 * @throws {Error} with a sentence for people
 */
export function parseOptions<Name extends string>(
  parameters: string[],
  numbers: Readonly<Record<Name, Bounds>>,
): { quick: boolean; json: boolean; numbers: Partial<Record<Name, number>> } | 'help' {
  const names = Object.keys(numbers) as Name[];
  const { values } = parseArgs({
    args: parameters,
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
      ...Object.fromEntries(names.map((name) => [name, { type: 'string' } as const])),
    },
  });
  if (values.help) return 'help';
  const given = values as Partial<Record<Name, string>>;
  const chosen: Partial<Record<Name, number>> = {};
  for (const name of names) {
    const text = given[name];
    if (text !== undefined) chosen[name] = whole(`--${name}`, text, numbers[name]);
  }
  return { quick: values.quick, json: values.json, numbers: chosen };
}

function whole(name: string, text: string, { min, max }: Bounds): number {
  const number = Number(text);
  if (/^[0-9]+$/.test(text) && number >= min && number <= max) return number;
  throw new Error(`${name} must be a whole number from ${min} to ${max}, and "${text}" is not.`);
}
