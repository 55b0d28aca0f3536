import { runBenchmark } from '../benchmark.ts';
import { saveLog, saveResult } from '../results.ts';
import { parseOrderOptions, usage } from './options.ts';
import { forPrograms, passed, report, type OrderResult } from './result.ts';
import { runOrder, type OrderRun } from './run.ts';

const keyCounts = [10, 1_000];

/** @returns the exit code */
export const run = (parameters: string[]): Promise<number> =>
  runBenchmark(
    {
      name: 'order',
      usage,
      parse: parseOrderOptions,
      measure: async (bench) => {
        const { messages } = bench.options;
        const queue = await bench.declareQueue();
        const runs: OrderRun[] = [];
        let logs = '';
        for (const keys of keyCounts)
          runs.push(
            await runOrder(bench, queue, { keys, messages }, (text) => (logs += `${keys} keys\n${text}\n`)),
          );
        const result: OrderResult = {
          ...bench.head,
          settings: { relays: 2, queue: 'classic, durable' },
          runs,
        };
        const files = [`Raw figures: ${saveResult(result)}`];
        if (logs !== '') files.push(`Logs of the relays: ${saveLog(result, logs)}`);
        return {
          report: `${report(runs)}\n\n${files.join('\n')}`,
          json: forPrograms(runs),
          passed: passed(runs),
        };
      },
    },
    parameters,
  );
