import { setTimeout as delay } from 'node:timers/promises';
import { runBenchmark, type Bench } from '../benchmark.ts';
import { ours } from '../relay/contenders.ts';
import { EmptiedQueue, emptiedQueueSetting } from '../relay/emptied-queue.ts';
import { runContender, startContender, type Stage } from '../relay/run-contender.ts';
import { saveResult } from '../results.ts';
import { perSecond } from '../table.ts';
import { parseBacklogOptions, smallRows, usage, type BacklogBenchOptions } from './options.ts';
import { MemoryWatch, type Memory } from './resident-memory.ts';
import { forPrograms, report, type BacklogResult, type BacklogRun } from './result.ts';
import { schedule } from './schedule.ts';

const idleSeconds = { upFor: 10, watched: 5 };

/** @returns the exit code */
export const run = (parameters: string[]): Promise<number> =>
  runBenchmark(
    {
      name: 'backlog',
      usage,
      parse: parseBacklogOptions,
      measure: async (bench) => {
        const result = await measure(bench);
        return {
          report: `${report(result)}\n\nRaw figures: ${saveResult(result)}`,
          json: forPrograms(result),
          passed: true,
        };
      },
    },
    parameters,
  );

async function measure(bench: Bench<BacklogBenchOptions>): Promise<BacklogResult> {
  const { options, servers, databases, head, signal, progress } = bench;
  const queue = await bench.declareQueue();
  const stage: Stage = {
    databases,
    queue: new EmptiedQueue(queue),
    rabbitmqUrl: servers.addresses.rabbitmqUrl,
    signal,
  };
  const idle = await idleMemory(stage);
  progress(`idle relay: ${idle.median_mib.toFixed(0)} MiB`);
  const runs: BacklogRun[] = [];
  const sizes = schedule(options.rounds);
  for (const [number, size] of sizes.entries()) {
    const rows = size === 'large' ? options.rows : smallRows;
    progress(`run ${number + 1}/${sizes.length}: writing ${rows} rows, then one relay drains them`);
    let watch: MemoryWatch | undefined;
    const rate = await runContender(ours, stage, rows, {}, (service) => {
      watch = new MemoryWatch(service);
    });
    const memory = watch!.stop();
    runs.push({ size, rows, rate, memory });
    progress(
      `run ${number + 1}/${sizes.length}: ${perSecond(rate)}/s, ${memory.median_mib.toFixed(0)} MiB, at the most ${memory.peak_mib.toFixed(0)} MiB`,
    );
  }
  return { ...head, settings: { queue: emptiedQueueSetting }, idle, runs };
}

/** Of a relay that has nothing to do, past what its start costs. */
async function idleMemory(stage: Stage): Promise<Memory> {
  const address = await stage.databases.create('ours', ours.database.install);
  const service = await startContender(ours, stage, address);
  try {
    await service.ready({ signal: stage.signal });
    await delay(idleSeconds.upFor * 1_000, undefined, { signal: stage.signal });
    const watch = new MemoryWatch(service);
    await delay(idleSeconds.watched * 1_000, undefined, { signal: stage.signal });
    return watch.stop();
  } finally {
    await service.stop();
    await stage.databases.drop(address);
  }
}
