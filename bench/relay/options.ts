import { parseArgs } from 'node:util';

export interface RelayBenchOptions {
  quick: boolean;
  json: boolean;
  rounds: number;
  /** Messages of the fastest contenders in one run; undefined: as many as the broker confirms in some seconds. */
  rows: number | undefined;
}

export const usage = `Usage: npm run bench -- relay [options]

How fast events get from the outbox into RabbitMQ: this relay, what the broker confirms at all over one channel, the
textbook relay, and graphile-worker, pg-boss and pg-transactional-outbox at their best settings. Each is a process of
its own, one after the other in every round, with the same events, on the same servers, which are started for it.

  --quick      3 rounds, and no run with several relays: under 5 minutes
  --rounds N   (default 5, with --quick 3)
  --rows N     messages of the fastest in one run (default: 3.5 s of what the broker confirms); the slower get fewer
  --json       the last line of the output is one JSON object
  --help

The raw figures go to bench/results/relay-<date>.json, and the chart to bench/results/relay.svg.
STACK=docker|native|environment forces the way in which the servers are started.`;

/** @throws {Error} with a sentence for people */
export function parseOptions(parameters: string[]): RelayBenchOptions | 'help' {
  const { values } = parseArgs({
    args: parameters,
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      rows: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  return {
    quick: values.quick,
    json: values.json,
    rounds: whole('--rounds', values.rounds, { min: 1, max: 100 }) ?? (values.quick ? 3 : 5),
    rows: whole('--rows', values.rows, { min: 1_000, max: 2_000_000 }),
  };
}

function whole(name: string, text: string | undefined, { min, max }: { min: number; max: number }) {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (/^[0-9]+$/.test(text) && number >= min && number <= max) return number;
  throw new Error(`${name} must be a whole number from ${min} to ${max}, and "${text}" is not.`);
}
