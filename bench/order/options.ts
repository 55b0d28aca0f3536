import { parseOptions } from '../options.ts';
import { planned } from './faults.ts';

export interface OrderBenchOptions {
  json: boolean;
  /** Of each run. */
  messages: number;
}

export const usage = `Usage: npm run bench -- order [options]

Whether events of one key stay in order and none is lost while the broker connections of two relays are cut and the
relays are killed, evenly over the run. One run with 10 keys, then one with 1,000. The exit code is 1 if an event came
too late or never, or if there were fewer cuts (${planned('cut')}) or kills (${planned('kill')}) than that.

  --messages N   of each run (default 100000, with --quick 10000)
  --quick        about two minutes: most of the time one relay waits for the leases of another that was killed
  --json         the last line of the output is one JSON object
  --help

The raw figures go to bench/results/order-<date>.json.
STACK=docker|native|environment forces the way in which the servers are started.`;

export function parseOrderOptions(parameters: string[]): OrderBenchOptions | 'help' {
  const parsed = parseOptions(parameters, { messages: { min: 2_000, max: 10_000_000 } });
  if (parsed === 'help') return 'help';
  const { quick, json, numbers } = parsed;
  return { json, messages: numbers.messages ?? (quick ? 10_000 : 100_000) };
}
