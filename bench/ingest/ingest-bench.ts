import { services } from '@event-sync/stack/services-environment.ts';
import { measured, runBenchmark, type Bench } from '../benchmark.ts';
import { barChart } from '../chart/bar-chart.ts';
import { Databases } from '../databases.ts';
import { installCustomers } from '../install.ts';
import { startContender } from '../relay/run-contender.ts';
import { balanced } from '../balanced.ts';
import { medianRate, medianRatio } from '../statistics.ts';
import { perSecond } from '../table.ts';
import { contenders, type ContenderName } from './contenders.ts';
import { parseIngestOptions, usage, type IngestBenchOptions } from './options.ts';
import { forPrograms, report, usualConnections, type IngestResult, type IngestRound } from './result.ts';
import { runIngest, type IngestStage } from './run-ingest.ts';

/** @returns the exit code */
export const run = (parameters: string[]): Promise<number> =>
  runBenchmark(
    {
      name: 'ingest',
      usage,
      packages: ['autocannon', 'express', 'knex'],
      parse: parseIngestOptions,
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

/** With a customer service beside it, which every order service asks for customers that are not cached. */
async function measure(bench: Bench<IngestBenchOptions>): Promise<IngestResult> {
  const { rabbitmqUrl, redisUrl, postgresCustomer } = bench.servers.addresses;
  const customerDatabases = new Databases(postgresCustomer);
  const customers = await customerDatabases.create('customers', installCustomers);
  const web = await startContender(
    { ...services.customerWeb, name: 'customers' },
    { rabbitmqUrl },
    customers,
    { REDIS_URL: redisUrl },
  );
  try {
    await web.ready({ signal: bench.signal });
    const customerServiceUrl = web.url!;
    const { databases, signal } = bench;
    return await measureOn(bench, { databases, rabbitmqUrl, redisUrl, customerServiceUrl, signal });
  } finally {
    await web.stop();
    await customerDatabases.drop(customers);
    await customerDatabases.dropTemplates();
  }
}

async function measureOn(
  { options, head, progress }: Bench<IngestBenchOptions>,
  stage: IngestStage,
): Promise<IngestResult> {
  const { quick, seconds } = options;
  const connections = quick ? [50] : [10, 50, 200];
  const rounds: Record<string, IngestRound[]> = Object.fromEntries(connections.map((number) => [number, []]));
  for (let round = 0; round < options.rounds; round++) {
    const rates = connections.map((): Partial<Record<ContenderName, number>> => ({}));
    for (const contender of balanced(contenders, round)) {
      const figures = await runIngest(contender, stage, { connections, seconds });
      figures.forEach((rate, at) => (rates[at]![contender.name] = rate));
      const told = figures.map((rate, at) => `${connections[at]}: ${perSecond(rate)}/s`).join('  ');
      progress(`round ${round + 1}/${options.rounds}  ${contender.name.padEnd(22)} ${told}`);
    }
    connections.forEach((number, at) => rounds[number]!.push(rates[at] as IngestRound));
  }
  return { ...head, rounds };
}

function chartOf({ machine, versions, rounds }: IngestResult): string {
  const usual = rounds[usualConnections]!;
  return barChart({
    title: 'Orders per second over HTTP',
    subtitle: `Median of ${usual.length} interleaved rounds, 50 connections; ${machine.cpus} cores shared with the load, PostgreSQL ${versions.postgres}. In brackets: this service to it`,
    bars: contenders.map(({ name, title }) => ({
      title,
      value: medianRate(usual, name),
      label: `${perSecond(medianRate(usual, name))}  (${medianRatio(usual, 'ours', name).toFixed(2)})`,
      emphasised: name === 'ours',
    })),
  });
}
