import { eventsExchange, orderEventsQueue } from '@event-sync/contracts/topology.ts';
import { orderCreated } from '@event-sync/contracts/events/order-created.ts';
import { services } from '@event-sync/stack/services-environment.ts';
import type { PostgresAddress } from '@event-sync/stack/servers.ts';
import type { Service } from '@event-sync/stack/services.ts';
import amqp from 'amqplib';
import { settleDown, withClient, type Databases } from '../databases.ts';
import { installOutbox } from '../install.ts';
import { nothingPending, startContender, timed } from '../relay/run-contender.ts';
import { outboxPending } from '../relay/contenders.ts';
import { bodyOf, idOf } from './messages.ts';
import { counted, createCustomers, startWorker, type ConsumerStage } from './run-scenario.ts';

/** Events per second in one round. */
export interface EndToEnd {
  /** From the outbox into the queue, confirmed and settled, with nobody consuming. */
  readonly relay: number;
  /** From the queue into the counts, with nothing published. */
  readonly worker: number;
  /** Both at once: from the outbox into the counts. */
  readonly both: number;
}

const customers = 1_000;

/** The same orders three times: the relay alone, then the worker alone on what it published, then both at once. */
export async function measureEndToEnd(
  stage: ConsumerStage,
  orderDatabases: Databases,
  orders: number,
): Promise<EndToEnd> {
  await bindQueue(stage.rabbitmqUrl);
  await stage.queue.purge();
  const relay = await withOutbox(stage, orderDatabases, orders, async (service, outbox) => {
    const queue = { count: () => stage.queue.ready() };
    return timed({ queue, signal: stage.signal }, orders, [service], () =>
      withClient(outbox, (client) => nothingPending(client, outboxPending)),
    );
  });
  const worker = await withWorker(stage, (service, customersOf) => timedUntilCounted([service], customersOf));
  const both = await withWorker(stage, async (service, customersOf) => {
    await service.ready({ signal: stage.signal });
    return withOutbox(stage, orderDatabases, orders, (other) =>
      timedUntilCounted([service, other], customersOf),
    );
  });
  return { relay, worker, both };

  function timedUntilCounted(running: readonly Service[], address: PostgresAddress): Promise<number> {
    return withClient(address, (client) =>
      timed({ queue: { count: () => counted(client) }, signal: stage.signal }, orders, running),
    );
  }
}

async function withWorker(
  stage: ConsumerStage,
  work: (service: Service, customersOf: PostgresAddress) => Promise<number>,
): Promise<number> {
  const address = await createCustomers(stage.databases);
  await settleDown(address);
  const service = await startWorker({ ...services.customerWorker, name: 'end-to-end' }, stage, address);
  try {
    return await work(service, address);
  } finally {
    await service.stop();
    await stage.databases.drop(address);
  }
}

async function withOutbox(
  stage: ConsumerStage,
  databases: Databases,
  orders: number,
  work: (service: Service, outbox: PostgresAddress) => Promise<number>,
): Promise<number> {
  const address = await databases.create('orders', installOutbox);
  await fillOutbox(address, orders);
  await settleDown(address);
  const service = await startContender({ ...services.outboxRelay, name: 'relay' }, stage, address);
  try {
    return await work(service, address);
  } finally {
    await service.stop();
    await databases.drop(address);
  }
}

async function fillOutbox(address: PostgresAddress, orders: number): Promise<void> {
  const chunk = 10_000;
  await withClient(address, async (client) => {
    for (let from = 0; from < orders; from += chunk) {
      const events = Array.from({ length: Math.min(chunk, orders - from) }, (_, i) => from + i);
      await client.query(
        `INSERT INTO outbox (event_id, ordering_key, type, version, exchange, routing_key, body)
         SELECT event_id, key, $1, $2, $3, $4, body
         FROM unnest($5::uuid[], $6::text[], $7::json[]) AS events (event_id, key, body)`,
        [
          orderCreated.event,
          orderCreated.version,
          orderCreated.exchange,
          orderCreated.routingKey,
          events.map(idOf),
          events.map((event) => `customer:${(event % customers) + 1}`),
          events.map((event) => bodyOf(event, { customers, messages: orders })),
        ],
      );
    }
  });
}

/** As the worker does at its start: here the relay publishes before there is one. */
async function bindQueue(url: string): Promise<void> {
  const connection = await amqp.connect(url);
  const channel = await connection.createChannel();
  await channel.assertExchange(eventsExchange, 'topic', { durable: true });
  await channel.bindQueue(orderEventsQueue, eventsExchange, orderCreated.routingKey);
  await connection.close();
}
