import {
  asideExchange,
  deadLetterQueue,
  eventsExchange,
  orderEventsQueue,
  retryQueue,
} from '@event-sync/contracts/topology.ts';
import type { ServiceName } from '@event-sync/stack/services-environment.ts';
import type { ConfirmChannel } from 'amqplib';

type Attempt = (channel: ConfirmChannel) => Promise<unknown>;

/** Waited for: that a publish was refused is said only by the end of the channel. */
const publish =
  (exchange: string, key: string): Attempt =>
  (channel) => {
    channel.publish(exchange, key, Buffer.from('{}'));
    return channel.waitForConfirms();
  };

/** What RabbitMQ must refuse to each process, with 403. */
export const forbiddenCalls: Partial<Record<ServiceName, Record<string, Attempt>>> = {
  outboxRelay: {
    'to consume the events': (channel) => channel.consume(orderEventsQueue, () => {}),
    'to get an event': (channel) => channel.get(orderEventsQueue),
    'to get a dead letter': (channel) => channel.get(deadLetterQueue),
    'to empty the queue of the events': (channel) => channel.purgeQueue(orderEventsQueue),
    'to delete the queue of the events': (channel) => channel.deleteQueue(orderEventsQueue),
    'to delete its exchange': (channel) => channel.deleteExchange(eventsExchange),
    'to declare a queue': (channel) => channel.assertQueue('mine'),
    'to declare an exchange': (channel) => channel.assertExchange('mine', 'topic'),
    'to bind a queue': (channel) => channel.bindQueue(retryQueue, eventsExchange, '#'),
    'to take away a binding': (channel) =>
      channel.unbindQueue(orderEventsQueue, eventsExchange, 'order.created'),
    'to put messages aside': publish(asideExchange, deadLetterQueue),
    'to write to a queue past every exchange': publish('', orderEventsQueue),
  },
  customerWorker: {
    'to publish events': publish(eventsExchange, 'order.created'),
    'to write to a queue past every exchange': publish('', orderEventsQueue),
    'to write to an exchange of others': publish('amq.topic', 'order.created'),
    'to take from the retry queue what waits in it': (channel) => channel.get(retryQueue),
    'to delete its queue': (channel) => channel.deleteQueue(orderEventsQueue),
    'to delete the dead letters with their queue': (channel) => channel.deleteQueue(deadLetterQueue),
    'to declare a queue': (channel) => channel.assertQueue('mine'),
    'to declare an exchange': (channel) => channel.assertExchange('mine', 'topic'),
    'to bind its queue to more events': (channel) => channel.bindQueue(orderEventsQueue, eventsExchange, '#'),
    'to take away a binding': (channel) =>
      channel.unbindQueue(orderEventsQueue, eventsExchange, 'order.created'),
  },
};
