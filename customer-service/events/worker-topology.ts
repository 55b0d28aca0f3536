import { asideExchange, orderEventsQueue, queueArguments } from '@event-sync/contracts/topology.ts';
import type { Topology } from '@event-sync/platform/broker/rascal-broker.ts';
import { handlers } from './handlers.ts';

const handled = [...handlers.keys()];

/**
 * What the worker declares at RabbitMQ: its queue is bound to every event that has a handler. In Docker Compose RabbitMQ
 * has it from deploy/rabbitmq/definitions.json, because there the worker may not declare anything.
 */
export const workerTopology: Topology = {
  exchanges: {
    ...Object.fromEntries(handled.map(({ exchange }) => [exchange, { type: 'topic' }])),
    [asideExchange]: { type: 'direct' },
  },
  queues: Object.fromEntries(
    Object.entries(queueArguments).map(([queue, ofQueue]) => [queue, { arguments: ofQueue }]),
  ),
  bindings: [
    ...handled.map(({ exchange, routingKey }) => ({ exchange, queue: orderEventsQueue, routingKey })),
    ...Object.keys(queueArguments).map((queue) => ({
      exchange: asideExchange,
      queue,
      routingKey: queue,
    })),
  ],
};
