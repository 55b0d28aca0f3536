import { startServers, type Servers } from '@event-sync/stack/servers.ts';
import { describeCommit, describeMachine, packageVersions } from './machine.ts';
import { Databases } from './databases.ts';
import { brokerVersion, Queue } from './relay/queue.ts';
import { saveChart, saveResult, type ResultHead } from './results.ts';

/** What a benchmark is given: servers of its own, and nothing in them yet. */
export interface Bench<Options> {
  readonly options: Options;
  readonly servers: Servers;
  readonly databases: Databases;
  /** A queue for all events. Not there unless asked for: a second copy of each event would be measured with it. */
  readonly declareQueue: () => Promise<Queue>;
  readonly head: ResultHead;
  /** Aborted on Ctrl-C. */
  readonly signal: AbortSignal;
  readonly progress: (text: string) => void;
}

export interface Measured {
  /** For people. */
  readonly report: string;
  /** For programs: the last line with `--json`. */
  readonly json: object;
  /** Whether the exit code is to be 0. */
  readonly passed: boolean;
}

/** Writes the figures and the chart, and says in the report where they are. For a benchmark that cannot fail by its figures. */
export function measured(
  result: ResultHead,
  { report, chart, json }: { report: string; chart: string; json: object },
): Measured {
  const [figures, svg] = [saveResult(result), saveChart(result, chart)];
  return { report: `${report}\n\nRaw figures: ${figures}\nChart: ${svg}`, json, passed: true };
}

export interface BenchmarkDefinition<Options> {
  readonly name: string;
  readonly usage: string;
  /** Packages whose versions the result names, besides those that every benchmark depends on. */
  readonly packages?: readonly string[];
  /** @throws {Error} with a sentence for people */
  readonly parse: (parameters: string[]) => Options | 'help';
  readonly measure: (bench: Bench<Options>) => Promise<Measured>;
}

/** Starts the servers, has it measured, prints what came out and stops everything. @returns the exit code */
export async function runBenchmark<Options extends { readonly json: boolean }>(
  definition: BenchmarkDefinition<Options>,
  parameters: string[],
): Promise<number> {
  let options: Options | 'help';
  try {
    options = definition.parse(parameters);
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${definition.usage}`);
    return 2;
  }
  if (options === 'help') {
    console.log(definition.usage);
    return 0;
  }
  const signal = stopOnSignals();
  const began = performance.now();
  const progress = (text: string) =>
    console.log(`[${((performance.now() - began) / 1_000).toFixed(0).padStart(4)} s] ${text}`);
  let servers: Servers | undefined;
  try {
    servers = await startServers({ ports: 'free', data: 'fresh', onProgress: progress, signal });
    const { report, json, passed } = await measureOn(servers, definition, options, signal, progress);
    console.log(`\n${report}`);
    await servers.stop();
    if (options.json) console.log(JSON.stringify(json));
    return passed ? 0 : 1;
  } catch (error) {
    if (signal.aborted) return 130;
    console.error(`The benchmark failed: ${(error as Error).message}`);
    return 1;
  } finally {
    await servers?.stop();
  }
}

async function measureOn<Options>(
  servers: Servers,
  definition: BenchmarkDefinition<Options>,
  options: Options,
  signal: AbortSignal,
  progress: (text: string) => void,
): Promise<Measured> {
  // Before anything of ours makes a load.
  const machine = describeMachine();
  const databases = new Databases(servers.addresses.postgresOrder);
  const { rabbitmqUrl } = servers.addresses;
  const queues: Queue[] = [];
  const declareQueue = async () => {
    const queue = await Queue.declare(rabbitmqUrl);
    queues.push(queue);
    return queue;
  };
  try {
    const head: ResultHead = {
      bench: definition.name,
      date: new Date().toISOString(),
      commit: describeCommit(),
      machine,
      servers: servers.how,
      versions: {
        node: process.versions.node,
        postgres: await databases.version(),
        rabbitmq: await brokerVersion(rabbitmqUrl),
        ...packageVersions(['amqplib', 'rascal', 'pg', ...(definition.packages ?? [])]),
      },
    };
    return await definition.measure({ options, servers, databases, declareQueue, head, signal, progress });
  } finally {
    for (const queue of queues) await queue.close();
    await databases.dropTemplates().catch(() => {});
  }
}

function stopOnSignals(): AbortSignal {
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (stopping.signal.aborted) process.exit(130);
      console.log(`\nStopping (${signal}), and everything that was started; once more kills.`);
      stopping.abort(new Error(`stopped by ${signal}`));
    });
  }
  return stopping.signal;
}
