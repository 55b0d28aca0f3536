import type { EventEmitter } from 'node:events';
import rascal from 'rascal';
import { required } from '../../contender-environment.ts';

interface Broker extends EventEmitter {
  subscribe(name: string): Promise<EventEmitter>;
  shutdown(): Promise<void>;
}

/** Consumes a queue that is there, as rascal's README shows it. */
export async function subscribe(
  { queue, prefetch }: { queue: string; prefetch: number },
  onMessage: (content: unknown, acknowledge: () => void) => void,
): Promise<void> {
  const broker = (await rascal.BrokerAsPromised.create({
    vhosts: {
      '/': {
        connection: { url: required('RABBITMQ_URL') },
        queues: { [queue]: { assert: false, check: true } },
      },
    },
    subscriptions: { orders: { vhost: '/', queue, prefetch } },
  })) as Broker;
  const fail = (error: Error) => {
    throw error;
  };
  broker.on('error', fail);
  // Waits for what it has in hand.
  process.once('SIGTERM', () => void broker.shutdown().then(() => process.exit(0)));
  const subscription = await broker.subscribe('orders');
  subscription.on('error', fail);
  subscription.on('message', (_message: unknown, content: unknown, ackOrNack: () => void) =>
    onMessage(content, ackOrNack),
  );
}
