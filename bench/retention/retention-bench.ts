import { measured, runBenchmark, type Bench } from '../benchmark.ts';
import { ours } from '../relay/contenders.ts';
import { EmptiedQueue, emptiedQueueSetting } from '../relay/emptied-queue.ts';
import { startContender, type Stage } from '../relay/run-contender.ts';
import { maxWaiting, parseRetentionOptions, usage, type RetentionBenchOptions } from './options.ts';
import { pruneAll } from './prune-all.ts';
import { chartOf, forPrograms, report, type RetentionResult } from './result.ts';
import { steadyLoad } from './steady-load.ts';

/** @returns the exit code */
export const run = (parameters: string[]): Promise<number> =>
  runBenchmark(
    {
      name: 'retention',
      usage,
      parse: parseRetentionOptions,
      measure: async (bench) => {
        const result = await measure(bench);
        return measured(result, {
          report: report(result),
          chart: chartOf(result),
          json: forPrograms(result),
        });
      },
    },
    parameters,
  );

async function measure(bench: Bench<RetentionBenchOptions>): Promise<RetentionResult> {
  const { options, servers, databases, head, signal, progress } = bench;
  const queue = await bench.declareQueue();
  const { rows } = options;
  const emptied = new EmptiedQueue(queue);
  const stage: Stage = { databases, queue: emptied, rabbitmqUrl: servers.addresses.rabbitmqUrl, signal };
  await emptied.purge();
  const address = await databases.create('ours', ours.database.install);
  try {
    const relay = await startContender(ours, stage, address);
    let load;
    try {
      await relay.ready({ signal });
      let shown = 0;
      load = await steadyLoad(stage, {
        address,
        relay,
        rows,
        onSample: ({ settled }) => {
          if (settled - shown < rows / 10 && settled < rows) return;
          shown = settled;
          progress(`${settled} of ${rows} rows settled`);
        },
      });
    } finally {
      await relay.stop();
    }
    signal.throwIfAborted();
    progress('pruning all of them');
    const pruned = await pruneAll(address);
    const settings = {
      rows_waiting_at_most: maxWaiting,
      queue: emptiedQueueSetting,
    };
    return { ...head, settings, rows, ...load, pruned };
  } finally {
    await databases.drop(address);
  }
}
