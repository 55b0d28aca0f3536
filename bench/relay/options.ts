import { parseOptions } from '../options.ts';

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

  --quick      3 shorter rounds, and no run with several relays: under 5 minutes
  --rounds N   (default 5, with --quick 3)
  --rows N     messages in one run (default: 12 s of what the broker confirms, with --quick 3.5 s); the textbook relay and
               pg-transactional-outbox get fewer
  --json       the last line of the output is one JSON object
  --help

The raw figures go to bench/results/relay-<date>.json, and the chart to bench/results/relay.svg.
STACK=docker|native|environment forces the way in which the servers are started.`;

export function parseRelayOptions(parameters: string[]): RelayBenchOptions | 'help' {
  const parsed = parseOptions(parameters, {
    rounds: { min: 1, max: 100 },
    rows: { min: 1_000, max: 2_000_000 },
  });
  if (parsed === 'help') return 'help';
  const { quick, json, numbers } = parsed;
  return { quick, json, rounds: numbers.rounds ?? (quick ? 3 : 5), rows: numbers.rows };
}
