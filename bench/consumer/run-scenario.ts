import type { PostgresAddress } from '@event-sync/stack/servers.ts';
import type { Service } from '@event-sync/stack/services.ts';
import type pg from 'pg';
import { settleDown, withClient, type Databases } from '../databases.ts';
import { installCustomers } from '../install.ts';
import { startContender, timed } from '../relay/run-contender.ts';
import { distinctEvents } from './messages.ts';
import type { OrdersQueue } from './orders-queue.ts';
import type { Scenario } from './scenarios.ts';

export interface ConsumerStage {
  /** For the customers' tables. */
  readonly databases: Databases;
  readonly queue: OrdersQueue;
  readonly rabbitmqUrl: string;
  readonly redisUrl: string;
  readonly signal: AbortSignal;
}

export const createCustomers = (databases: Databases) => databases.create('customers', installCustomers);

/**
 * One run: the messages lie in the queue, the workers start, and from the first event that is seen to be counted it is
 * timed until all are.
 *
 * @returns messages per second
 */
export async function runScenario(
  scenario: Scenario,
  stage: ConsumerStage,
  messages: number,
): Promise<number> {
  const load = { ...scenario, messages };
  await stage.queue.purge();
  await stage.queue.fill(load, stage.signal);
  const address = await createCustomers(stage.databases);
  await settleDown(address);
  const workers: Service[] = [];
  try {
    for (let i = 0; i < scenario.workers; i++) workers.push(await startWorker(scenario, stage, address));
    return await withClient(address, async (client) => {
      const events = distinctEvents(load);
      // The limit counts nothing: what is gone from the queue is done there, but for the few that are under way.
      const queue = scenario.counts
        ? { count: async () => ((await counted(client)) / events) * messages }
        : { count: async () => messages - (await stage.queue.ready()) };
      const rate = await timed({ queue, signal: stage.signal }, messages, workers);
      for (const worker of workers.splice(0)) await worker.stop();
      await expectNothingLeft(stage, scenario, client, events);
      return rate;
    });
  } catch (error) {
    throw new Error(`${scenario.name}: ${(error as Error).message}\n${workers.map(lastLines).join('\n')}`, {
      cause: error,
    });
  } finally {
    for (const worker of workers) await worker.stop();
    await stage.databases.drop(address);
  }
}

export const startWorker = (
  { name, script, nodeOptions }: Pick<Scenario, 'script' | 'nodeOptions'> & { name: string },
  { rabbitmqUrl, redisUrl }: Pick<ConsumerStage, 'rabbitmqUrl' | 'redisUrl'>,
  address: PostgresAddress,
): Promise<Service> =>
  startContender({ name: `consumer-${name}`, script, nodeOptions }, { rabbitmqUrl }, address, {
    REDIS_URL: redisUrl,
  });

/** Of all customers together. */
export async function counted(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ counted: string }>(
    'SELECT sum(orders_count) AS counted FROM customers',
  );
  return Number(rows[0]!.counted);
}

/** A figure for messages that were not all consumed, or counted twice, is none. */
async function expectNothingLeft(
  { queue }: ConsumerStage,
  { counts }: Scenario,
  client: pg.Client,
  events: number,
): Promise<void> {
  // It is asked to stop when the last message has been delivered, which may be before it has said so.
  if (!counts) return;
  const [ready, dead] = [await queue.ready(), await queue.deadLetters()];
  if (ready + dead > 0)
    throw new Error(`${ready} messages were not acknowledged, ${dead} became dead letters`);
  const count = await counted(client);
  if (count !== events) throw new Error(`${events} events were counted as ${count}`);
}

const lastLines = (service: Service) => service.logs().trimEnd().split('\n').slice(-15).join('\n');
