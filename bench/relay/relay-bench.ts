import { startServers, type Servers } from '@event-sync/stack/servers.ts';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeCommit, describeMachine, packageVersions } from '../machine.ts';
import { barChart } from './chart.ts';
import { contenders, type ContenderName } from './contenders.ts';
import * as settings from './contenders/settings.ts';
import { Databases } from './databases.ts';
import { bodyBytes, keys } from './events.ts';
import type { ArrivalOrder } from './inversions.ts';
import { measureLatency } from './latency.ts';
import { parseOptions, usage, type RelayBenchOptions } from './options.ts';
import { Queue } from './queue.ts';
import { runReplicas } from './replicas.ts';
import { perSecond, report } from './report.ts';
import { jsonLine, medianRate, medianRatio, type RelayResult, type Round } from './result.ts';
import { runContender, type Stage } from './run-contender.ts';

const resultsFolder = join(import.meta.dirname, '..', 'results');

/** How long the runs of the fast contenders should last, in seconds: long enough that a start does not count. */
const runSeconds = 3.5;
const calibrationRows = 20_000;
const replicaCounts = [2, 4];

/** @returns the exit code */
export async function run(parameters: string[]): Promise<number> {
  let options: RelayBenchOptions | 'help';
  try {
    options = parseOptions(parameters);
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    return 2;
  }
  if (options === 'help') {
    console.log(usage);
    return 0;
  }
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (stopping.signal.aborted) process.exit(130);
      console.log(`\nStopping (${signal}), and everything that was started; once more kills.`);
      stopping.abort(new Error(`stopped by ${signal}`));
    });
  }
  const began = performance.now();
  const progress = (text: string) =>
    console.log(`[${((performance.now() - began) / 1_000).toFixed(0).padStart(4)} s] ${text}`);
  let servers: Servers | undefined;
  try {
    const { signal } = stopping;
    servers = await startServers({ ports: 'free', data: 'fresh', onProgress: progress, signal });
    const result = await measure(servers, options, signal, progress);
    const { json, svg } = save(result);
    console.log(`\n${report(result)}\n\nRaw figures: ${json}\nChart: ${svg}`);
    await servers.stop();
    if (options.json) console.log(jsonLine(result));
    return 0;
  } catch (error) {
    if (stopping.signal.aborted) return 130;
    console.error(`The benchmark failed: ${(error as Error).message}`);
    return 1;
  } finally {
    await servers?.stop();
  }
}

async function measure(
  servers: Servers,
  options: RelayBenchOptions,
  signal: AbortSignal,
  progress: (text: string) => void,
): Promise<RelayResult> {
  const machine = describeMachine();
  const { rabbitmqUrl, postgresOrder } = servers.addresses;
  const databases = new Databases(postgresOrder);
  const queue = await Queue.declare(rabbitmqUrl);
  const stage: Stage = { databases, queue, rabbitmqUrl, signal };
  try {
    const rows = rowsOfEach(options.rows ?? (await calibrate(stage)));
    progress(`${rows.limit} messages in a run of the fastest, ${options.rounds} rounds`);

    const rounds: Round[] = [];
    const order: ArrivalOrder[] = [];
    for (let round = 0; round < options.rounds; round++) {
      const rates: Partial<Round> = {};
      for (const contender of rotated(contenders, round)) {
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
    progress(
      `latency p50 ${latency.commit_to_confirm_ms.p50} ms, p99 ${latency.commit_to_confirm_ms.p99} ms`,
    );

    const replicas: Record<string, number> = {};
    for (const count of options.quick ? [] : replicaCounts) {
      replicas[count] = await runReplicas(count, stage, rows.ours);
      progress(`${count} relays ${perSecond(replicas[count])}/s`);
    }
    return {
      bench: 'relay',
      date: new Date().toISOString(),
      commit: describeCommit(),
      machine,
      servers: servers.how,
      versions: {
        node: process.versions.node,
        postgres: await databases.version(),
        rabbitmq: queue.brokerVersion,
        ...packageVersions([
          'amqplib',
          'rascal',
          'pg',
          'graphile-worker',
          'pg-boss',
          'pg-transactional-outbox',
        ]),
      },
      settings: { queue: 'classic, durable', body_bytes: bodyBytes, keys, ...settings },
      rows,
      rounds,
      order,
      replicas,
      latency,
      idle,
    };
  } finally {
    await queue.close();
    await databases.dropTemplates().catch(() => {});
  }
}

/** So that a run lasts as long on a fast machine as on a slow one. It warms the broker up, too. */
async function calibrate(stage: Stage): Promise<number> {
  const rate = await runContender(contenders[0]!, stage, calibrationRows);
  return Math.min(1_000_000, Math.max(10_000, Math.round((rate * runSeconds) / 1_000) * 1_000));
}

function rowsOfEach(fastest: number): Record<ContenderName, number> {
  return Object.fromEntries(
    contenders.map(({ name, share }) => [name, Math.max(500, Math.round(fastest * share))]),
  ) as Record<ContenderName, number>;
}

/** Each round begins with another one: what is first or last in a round is so only once in a while. */
function rotated<T>(list: readonly T[], by: number): T[] {
  const start = by % list.length;
  return [...list.slice(start), ...list.slice(0, start)];
}

async function orderOf(queue: Queue, rows: number): Promise<ArrivalOrder> {
  const order = await queue.drain();
  if (order.distinct !== rows)
    throw new Error(`${rows - order.distinct} of ${rows} events are not in the queue`);
  return order;
}

function save(result: RelayResult): { json: string; svg: string } {
  mkdirSync(resultsFolder, { recursive: true });
  const json = join(resultsFolder, `relay-${result.date.slice(0, 19).replaceAll(':', '')}.json`);
  const svg = join(resultsFolder, 'relay.svg');
  writeFileSync(json, `${JSON.stringify(result, undefined, 2)}\n`);
  const { machine, versions, rounds } = result;
  const chart = barChart({
    title: 'Events per second from the outbox into RabbitMQ, confirmed and settled',
    subtitle: `Median of ${rounds.length} interleaved rounds; ${machine.cpus} cores shared by all, PostgreSQL ${versions.postgres}, RabbitMQ ${versions.rabbitmq}, ${bodyBytes} bytes, persistent`,
    bars: contenders.map(({ name, title }) => ({
      title,
      value: medianRate(rounds, name),
      label: `${perSecond(medianRate(rounds, name))}  (${medianRatio(rounds, name, 'limit').toFixed(2)})`,
      emphasised: name === 'ours',
    })),
  });
  writeFileSync(svg, chart);
  return { json, svg };
}
