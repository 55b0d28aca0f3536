import { freePort } from '@event-sync/stack/ports.ts';
import { startService, type Service } from '@event-sync/stack/services.ts';
import { waitUntil } from '@event-sync/stack/wait-until.ts';
import autocannon from 'autocannon';
import { settleDown, withClient, type Databases } from '../databases.ts';
import { installOutbox } from '../install.ts';
import { contenderEnvironment } from '../contender-environment.ts';
import type { IngestContender } from './contenders.ts';

export interface IngestStage {
  /** For the order service's tables. */
  readonly databases: Databases;
  readonly rabbitmqUrl: string;
  readonly redisUrl: string;
  /** One that runs: the order services ask it for customers that are not cached. */
  readonly customerServiceUrl: string;
  readonly signal: AbortSignal;
}

/** Orders are spread over so many customers: those that `installCustomers` makes. */
const customers = 1_000;

const bodyFor = (customer: number) =>
  JSON.stringify({
    order: { customer_id: customer, product_name: 'A product with a name', quantity: 2, price: '999.99' },
  });

/**
 * Starts it on a new database, places an order for every customer, so that all are cached and everything is compiled,
 * and then measures.
 *
 * @returns for each number of connections: orders per second that were answered with 201
 */
export async function runIngest(
  contender: IngestContender,
  stage: IngestStage,
  { connections, seconds }: { connections: readonly number[]; seconds: number },
): Promise<number[]> {
  const address = await stage.databases.create('outbox', installOutbox);
  await settleDown(address);
  const port = await freePort();
  const service = startService({
    name: `bench-${contender.name}`,
    script: contender.script,
    nodeOptions: contender.nodeOptions,
    env: {
      ...contenderEnvironment(address, stage.rabbitmqUrl),
      REDIS_URL: stage.redisUrl,
      CUSTOMER_SERVICE_URL: stage.customerServiceUrl,
      PORT: String(port),
      NODE_ENV: 'benchmark',
      LOG_FORMAT: 'json',
      ...contender.env,
    },
  });
  try {
    const url = `http://127.0.0.1:${port}/orders`;
    await waitUntil(async () => (await placed(url)) === 201, {
      deadlineMs: 30_000,
      signal: stage.signal,
      otherwise: () => `${contender.name} takes no order. The end of its log:\n${lastLines(service)}`,
    });
    let accepted = 1;
    accepted += (await shoot(url, { connections: 20, amount: 3 * customers })).accepted;
    const rates: number[] = [];
    for (const number of connections) {
      stage.signal.throwIfAborted();
      const run = await shoot(url, { connections: number, duration: seconds });
      accepted += run.accepted;
      rates.push(run.rate);
    }
    await expectStored(contender, address, accepted);
    return rates;
  } finally {
    await service.stop();
    await stage.databases.drop(address);
  }
}

async function placed(url: string): Promise<number> {
  try {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(url, { method: 'POST', headers, body: bodyFor(1) });
    await answer.text();
    return answer.status;
  } catch {
    return 0;
  }
}

async function shoot(
  url: string,
  load: { connections: number; duration?: number; amount?: number },
): Promise<{ accepted: number; rate: number }> {
  let next = 0;
  const result = await autocannon({
    url,
    ...load,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    requests: [
      {
        setupRequest: (request) => ({ ...request, body: bodyFor((next++ % customers) + 1) }),
      },
    ],
  });
  const accepted = result['2xx'];
  if (result.errors > 0 || result.non2xx > 0)
    throw new Error(`${result.non2xx} answers were not 201, and ${result.errors} requests failed`);
  return { accepted, rate: accepted / result.duration };
}

/** A figure for orders that were not stored is none. What was under way at the end may be stored, and not counted. */
async function expectStored(
  { name, stores }: IngestContender,
  address: Parameters<typeof withClient>[0],
  accepted: number,
): Promise<void> {
  const { orders, outbox } = await withClient(address, async (client) => {
    const { rows } = await client.query<{ orders: number; outbox: number }>(
      'SELECT (SELECT count(*)::int FROM orders) AS orders, (SELECT count(*)::int FROM outbox) AS outbox',
    );
    return rows[0]!;
  });
  const wrong = (rows: number, each: 0 | 1) => rows < accepted * each || rows > (accepted + 1_000) * each;
  if (wrong(orders, stores.orders) || wrong(outbox, stores.outbox))
    throw new Error(`${name}: ${accepted} orders were accepted, ${orders} and ${outbox} events stored`);
}

const lastLines = (service: Service) => service.logs().trimEnd().split('\n').slice(-15).join('\n');
