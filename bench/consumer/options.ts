import { parseOptions } from '../options.ts';

export interface ConsumerBenchOptions {
  quick: boolean;
  json: boolean;
  rounds: number;
  /** Messages of the fastest in one run; undefined: as many as are consumed without work in some seconds. */
  messages: number | undefined;
}

export const usage = `Usage: npm run bench -- consumer [options]

How fast events get from the queue into the counts of the customers: the customer worker, a rascal subscription that only
acknowledges (the limit), and the textbook consumer (one transaction a message). 1,000 customers and 10; one worker and
two; and with every event delivered twice. Each is a process of its own, one after the other in every round, with the
same messages, on the same servers, which are started for it.

  --quick        3 shorter rounds, one worker only, and nothing end to end: under 5 minutes
  --rounds N     (default 5, with --quick 3)
  --messages N   in one run (default: 6 s of the limit, with --quick 3 s); the textbook consumer gets fewer
  --json         the last line of the output is one JSON object
  --help

The raw figures go to bench/results/consumer-<date>.json, and the chart to bench/results/consumer.svg.
STACK=docker|native|environment forces the way in which the servers are started.`;

export function parseConsumerOptions(parameters: string[]): ConsumerBenchOptions | 'help' {
  const parsed = parseOptions(parameters, {
    rounds: { min: 1, max: 100 },
    messages: { min: 1_000, max: 2_000_000 },
  });
  if (parsed === 'help') return 'help';
  const { quick, json, numbers } = parsed;
  return { quick, json, rounds: numbers.rounds ?? (quick ? 3 : 5), messages: numbers.messages };
}
