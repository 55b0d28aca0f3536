import { parseOptions } from '../options.ts';

export interface BacklogBenchOptions {
  json: boolean;
  /** Rows of a large backlog. */
  rows: number;
  /** Runs with a large backlog. */
  rounds: number;
}

/** Rows of a small backlog, which the large one is compared with. */
export const smallRows = 50_000;

export const usage = `Usage: npm run bench -- backlog [options]

Whether the length of the backlog matters: how fast one relay drains a large one and, before and after it, one of
${smallRows} rows; and how much memory it takes meanwhile, in comparison with an idle relay.

  --rows N     of the large backlog (default 1000000, with --quick 200000)
  --rounds N   runs with the large one (default 2, with --quick 1), between runs with the small one: 3 at least
  --quick      under three minutes
  --json       the last line of the output is one JSON object
  --help

The raw figures go to bench/results/backlog-<date>.json.
STACK=docker|native|environment forces the way in which the servers are started.`;

export function parseBacklogOptions(parameters: string[]): BacklogBenchOptions | 'help' {
  const parsed = parseOptions(parameters, {
    rows: { min: 2 * smallRows, max: 10_000_000 },
    rounds: { min: 1, max: 20 },
  });
  if (parsed === 'help') return 'help';
  const { quick, json, numbers } = parsed;
  return {
    json,
    rows: numbers.rows ?? (quick ? 200_000 : 1_000_000),
    rounds: numbers.rounds ?? (quick ? 1 : 2),
  };
}
