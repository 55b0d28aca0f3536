import { barChart } from '../chart/bar-chart.ts';
import { measured, runBenchmark, type Bench } from '../benchmark.ts';
import { balanced } from '../balanced.ts';
import { medianRate, medianRatio } from '../statistics.ts';
import { perSecond } from '../table.ts';
import { contenders, type ContenderName } from './contenders.ts';
import * as settings from './contenders/settings.ts';
import { bodyBytes, keys } from './events.ts';
import type { ArrivalOrder } from './inversions.ts';
import { measureLatency } from './latency.ts';
import { parseRelayOptions, usage, type RelayBenchOptions } from './options.ts';
import type { Queue } from './queue.ts';
import { runReplicas } from './replicas.ts';
import { report } from './report.ts';
import { forPrograms, type RelayResult, type Round } from './result.ts';
import { runContender, type Stage } from './run-contender.ts';

/**
 * How long the fastest run should last, in seconds: long enough that a start, compiling and the end hardly count. At
 * the end is the last settling, and a look for what is pending over rows that are dead by then; whatever the rate, it
 * takes as long. All contenders get the same rows but the two that are far slower.
 */
const runSeconds = 12;
const quickRunSeconds = 3.5;
const calibrationRows = 20_000;
const replicaCounts = [2, 4];

/** @returns the exit code */
export const run = (parameters: string[]): Promise<number> =>
  runBenchmark(
    {
      name: 'relay',
      usage,
      packages: ['graphile-worker', 'pg-boss', 'pg-transactional-outbox'],
      parse: parseRelayOptions,
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

async function measure(bench: Bench<RelayBenchOptions>): Promise<RelayResult> {
  const { options, servers, databases, head, signal, progress } = bench;
  const queue = await bench.declareQueue();
  const stage: Stage = { databases, queue, rabbitmqUrl: servers.addresses.rabbitmqUrl, signal };
  const rows = rowsOfEach(
    options.rows ?? (await calibrate(stage, options.quick ? quickRunSeconds : runSeconds)),
  );
  progress(`${rows.limit} messages in a run of the fastest, ${options.rounds} rounds`);

  const rounds: Round[] = [];
  const order: ArrivalOrder[] = [];
  for (let round = 0; round < options.rounds; round++) {
    const rates: Partial<Round> = {};
    for (const contender of balanced(contenders, round)) {
      const rate = await runContender(contender, stage, rows[contender.name]);
      rates[contender.name] = rate;
      progress(
        `round ${round + 1}/${options.rounds}  ${contender.name.padEnd(24)} ${perSecond(rate).padStart(7)}/s`,
      );
      if (contender.name === 'ours') order.push(await orderOf(queue, rows.ours));
    }
    rounds.push(rates as Round);
  }

  const { latency, idle } = await measureLatency(stage, {
    seconds: options.quick ? 10 : 20,
    idleSeconds: options.quick ? 5 : 10,
  });
  progress(`latency p50 ${latency.commit_to_confirm_ms.p50} ms, p99 ${latency.commit_to_confirm_ms.p99} ms`);

  const replicas: Record<string, number> = {};
  for (const count of options.quick ? [] : replicaCounts) {
    replicas[count] = await runReplicas(count, stage, rows.ours);
    progress(`${count} relays ${perSecond(replicas[count])}/s`);
  }
  return {
    ...head,
    settings: { queue: 'classic, durable', body_bytes: bodyBytes, keys, ...settings },
    rows,
    rounds,
    order,
    replicas,
    latency,
    idle,
  };
}

/** So that a run lasts as long on a fast machine as on a slow one. It warms the broker up, too. */
async function calibrate(stage: Stage, seconds: number): Promise<number> {
  const rate = await runContender(contenders[0]!, stage, calibrationRows);
  return Math.min(1_000_000, Math.max(10_000, Math.round((rate * seconds) / 1_000) * 1_000));
}

function rowsOfEach(fastest: number): Record<ContenderName, number> {
  return Object.fromEntries(
    contenders.map(({ name, share }) => [name, Math.max(500, Math.round(fastest * share))]),
  ) as Record<ContenderName, number>;
}

async function orderOf(queue: Queue, rows: number): Promise<ArrivalOrder> {
  const order = await queue.drain();
  if (order.distinct !== rows)
    throw new Error(`${rows - order.distinct} of ${rows} events are not in the queue`);
  return order;
}

function chartOf({ machine, versions, rounds }: RelayResult): string {
  return barChart({
    title: 'Events per second from the outbox into RabbitMQ, confirmed and settled',
    subtitle: `Median of ${rounds.length} interleaved rounds; ${machine.cpus} cores shared by all, PostgreSQL ${versions.postgres}, RabbitMQ ${versions.rabbitmq}, ${bodyBytes} bytes, persistent`,
    bars: contenders.map(({ name, title }) => ({
      title,
      value: medianRate(rounds, name),
      label: `${perSecond(medianRate(rounds, name))}  (${medianRatio(rounds, name, 'limit').toFixed(2)})`,
      emphasised: name === 'ours',
    })),
  });
}
