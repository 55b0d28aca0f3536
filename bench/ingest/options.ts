import { parseOptions } from '../options.ts';

export interface IngestBenchOptions {
  quick: boolean;
  json: boolean;
  rounds: number;
  /** Of one run. */
  seconds: number;
}

export const usage = `Usage: npm run bench -- ingest [options]

How many orders a second the order service takes over HTTP, beside: an Express that only echoes the body; the same
service with the textbook transaction of knex (begin, order, outbox row, commit); the same without the outbox row; and
the same without the question whether the customer exists. 10, 50 and 200 connections of autocannon. Each is a process
of its own, one after the other in every round, on the same servers, which are started for it; the load is made on the
same machine.

  --quick        3 rounds of shorter runs, 50 connections only: about 2 minutes
  --rounds N     (default 5, with --quick 3)
  --seconds N    of one run (default 6, with --quick 4)
  --json         the last line of the output is one JSON object
  --help

The raw figures go to bench/results/ingest-<date>.json, and the chart to bench/results/ingest.svg.
STACK=docker|native|environment forces the way in which the servers are started.`;

export function parseIngestOptions(parameters: string[]): IngestBenchOptions | 'help' {
  const parsed = parseOptions(parameters, {
    rounds: { min: 1, max: 100 },
    seconds: { min: 1, max: 60 },
  });
  if (parsed === 'help') return 'help';
  const { quick, json, numbers } = parsed;
  return {
    quick,
    json,
    rounds: numbers.rounds ?? (quick ? 3 : 5),
    seconds: numbers.seconds ?? (quick ? 4 : 6),
  };
}
