import { measured, runBenchmark, type Bench } from '../benchmark.ts';
import { barChart } from '../chart/bar-chart.ts';
import { Databases } from '../databases.ts';
import { balanced } from '../balanced.ts';
import { medianRate, medianRatio } from '../statistics.ts';
import { perSecond } from '../table.ts';
import { measureEndToEnd, type EndToEnd } from './end-to-end.ts';
import { parseConsumerOptions, usage, type ConsumerBenchOptions } from './options.ts';
import { messagesInBlocks } from './messages.ts';
import { OrdersQueue } from './orders-queue.ts';
import { report } from './report.ts';
import { forPrograms, type ConsumerResult, type Round } from './result.ts';
import { runScenario, type ConsumerStage } from './run-scenario.ts';
import { scenarios, scenariosOfTwo, type Scenario, type ScenarioName } from './scenarios.ts';

/** How long the fastest run should last, in seconds: long enough that a start, and compiling, hardly counts. */
const runSeconds = 6;
const quickRunSeconds = 3;
const calibrationMessages = 20_000;
const endToEndOrders = 100_000;
const endToEndRounds = 3;

const measuredWith = ({ quick }: ConsumerBenchOptions): readonly Scenario[] =>
  quick ? scenarios : [...scenarios, ...scenariosOfTwo];

/** @returns the exit code */
export const run = (parameters: string[]): Promise<number> =>
  runBenchmark(
    {
      name: 'consumer',
      usage,
      packages: ['ioredis', 'knex'],
      parse: parseConsumerOptions,
      measure: async (bench) => {
        const result = await measure(bench);
        return measured(result, {
          report: report(result, measuredWith(bench.options)),
          chart: chartOf(result),
          json: forPrograms(result),
        });
      },
    },
    parameters,
  );

async function measure(bench: Bench<ConsumerBenchOptions>): Promise<ConsumerResult> {
  const { rabbitmqUrl, redisUrl, postgresCustomer } = bench.servers.addresses;
  const databases = new Databases(postgresCustomer);
  const queue = await OrdersQueue.declare(rabbitmqUrl);
  try {
    return await measureOn(bench, { databases, queue, rabbitmqUrl, redisUrl, signal: bench.signal });
  } finally {
    await queue.close();
    await databases.dropTemplates().catch(() => {});
  }
}

async function measureOn(
  { options, databases, head, progress }: Bench<ConsumerBenchOptions>,
  stage: ConsumerStage,
): Promise<ConsumerResult> {
  const scenariosToRun = measuredWith(options);
  const most = options.messages ?? (await calibrate(stage, options.quick ? quickRunSeconds : runSeconds));
  // In whole blocks, so that every event can be there twice.
  const messages = Object.fromEntries(
    scenariosToRun.map(({ name, share }) => [name, messagesInBlocks(most * share)]),
  ) as Record<ScenarioName, number>;
  progress(`${messages.limit} messages in a run of the fastest, ${options.rounds} rounds`);

  const rounds: Round[] = [];
  for (let round = 0; round < options.rounds; round++) {
    const rates: Partial<Record<ScenarioName, number>> = {};
    for (const scenario of balanced(scenariosToRun, round)) {
      const rate = await runScenario(scenario, stage, messages[scenario.name]);
      rates[scenario.name] = rate;
      progress(
        `round ${round + 1}/${options.rounds}  ${scenario.name.padEnd(14)} ${perSecond(rate).padStart(7)}/s`,
      );
    }
    rounds.push(rates as Round);
  }

  const endToEnd: EndToEnd[] = [];
  for (let round = 0; round < (options.quick ? 0 : endToEndRounds); round++) {
    const rates = await measureEndToEnd(stage, databases, endToEndOrders);
    endToEnd.push(rates);
    const { relay, worker, both } = rates;
    progress(
      `end to end ${round + 1}/${endToEndRounds}  relay ${perSecond(relay)}/s, worker ${perSecond(worker)}/s, both ${perSecond(both)}/s`,
    );
  }
  return {
    ...head,
    settings: { queue: 'quorum, as in service', prefetch: { limit: 4_000, textbook: 10 } },
    messages,
    rounds,
    end_to_end: endToEnd,
  };
}

/** So that a run lasts as long on a fast machine as on a slow one. It warms the broker up, too. */
async function calibrate(stage: ConsumerStage, seconds: number): Promise<number> {
  const rate = await runScenario(scenarios[0]!, stage, calibrationMessages);
  return Math.min(1_000_000, Math.max(10_000, Math.round((rate * seconds) / 1_000) * 1_000));
}

function chartOf({ machine, versions, rounds }: ConsumerResult): string {
  return barChart({
    title: 'Events per second from RabbitMQ into the counts of the customers',
    subtitle: `Median of ${rounds.length} interleaved rounds; ${machine.cpus} cores shared by all, PostgreSQL ${versions.postgres}, RabbitMQ ${versions.rabbitmq}, quorum queue, 400 bytes`,
    bars: scenarios.map(({ name, title }) => ({
      title,
      value: medianRate(rounds, name),
      label: `${perSecond(medianRate(rounds, name))}  (${medianRatio(rounds, name, 'limit').toFixed(2)})`,
      emphasised: name.startsWith('ours'),
    })),
  });
}
