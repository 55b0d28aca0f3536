import { parseOptions } from '../options.ts';

export interface RetentionBenchOptions {
  json: boolean;
  rows: number;
}

/** Rows that wait in the outbox at the most. */
export const maxWaiting = 20_000;

export const usage = `Usage: npm run bench -- retention [options]

Whether the outbox stays as small and as fast as it was: rows are written steadily, so that up to ${maxWaiting} wait and the
relay always has something to do. Meanwhile: how many are settled a second, the size of the tables, and the dead rows.
Then how long it takes to delete all that was published, as the relay's housekeeping does when the retention is over.

  --rows N   that go through the relay (default 1000000, with --quick 200000)
  --quick    about a minute
  --json     the last line of the output is one JSON object
  --help

The raw figures go to bench/results/retention-<date>.json, and the chart to bench/results/retention.svg.
STACK=docker|native|environment forces the way in which the servers are started.`;

export function parseRetentionOptions(parameters: string[]): RetentionBenchOptions | 'help' {
  const parsed = parseOptions(parameters, { rows: { min: 50_000, max: 100_000_000 } });
  if (parsed === 'help') return 'help';
  const { quick, json, numbers } = parsed;
  return { json, rows: numbers.rows ?? (quick ? 200_000 : 1_000_000) };
}
